import type { Client } from '../../client.ts';
import type { Verdict } from '../verdict.ts';

/** The places the card leads to. */
export type Place = 'picture' | 'screen' | 'sound' | 'clipboard' | 'gamepads' | 'keys' | 'shortcuts' | 'stats';

/** What a panel is shown in. */
export interface PanelHost {
  readonly client: Client;
  /** How things go, judged once a second. */
  verdict(): Verdict;
  /** Shows another page of the card. */
  go(place: Place): void;
  hudPinned(): boolean;
  pinHud(on: boolean): void;
  touchpadShown(): boolean;
  showTouchpad(on: boolean): void;
}

/** One page of the card. `update` is called when the session or the statistics have changed. */
export interface Panel {
  readonly title: string;
  readonly body: HTMLElement;
  readonly actions: readonly HTMLElement[];
  update(): void;
}
