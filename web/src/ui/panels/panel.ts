import type { Client } from '../../client.ts';

/** What a panel is shown in. */
export interface PanelHost {
  readonly client: Client;
  /** Milliseconds there and back, as measured last. */
  networkDelay(): number | undefined;
  hudPinned(): boolean;
  pinHud(on: boolean): void;
}

/** One page of the card. `update` is called when the session or the statistics have changed. */
export interface Panel {
  readonly title: string;
  readonly body: HTMLElement;
  readonly actions: readonly HTMLElement[];
  update(): void;
}
