import type { SettingsEntries } from '../proto/messages.ts';
import type { Picks } from '../settings/rules.ts';
import { entryOf } from '../settings/rules.ts';
import type { Size } from './size.ts';

/** A controller drives the desktop and decides its size; a viewer looks on. */
export type Role = 'controller' | 'viewer';

/** What the person in front of the page should know. Times are milliseconds of one monotonic clock. */
export type Phase =
  | { name: 'connecting'; step: 'reach' | 'enter' | 'picture'; since: number }
  | { name: 'streaming' }
  | { name: 'lost'; since: number }
  | { name: 'stopped' }
  | { name: 'taken' }
  | { name: 'refused'; reason?: string }
  | { name: 'unsupported'; why: 'insecure' | 'codec' | 'mode'; jpeg: boolean }
  | { name: 'left' };

/** What this browser can show: decided once, before the first connection. */
export interface Ability {
  readonly h264: boolean;
  readonly jpeg: boolean;
  readonly secure: boolean;
}

/** How large the remote screen should be. */
export type Sizing = { kind: 'window' } | { kind: 'fixed'; size: Size };

/** What encodes, in words of the server. */
export interface StreamInfo {
  readonly encoder: string;
  readonly fallback?: string;
}

/** Everything the page knows of its session. Only `reduce` makes a new one. */
export interface State {
  readonly phase: Phase;
  readonly role: Role;
  readonly ability: Ability;
  /** JPEG was asked for because this browser cannot show more. */
  readonly simple: boolean;
  readonly link: { name: 'none' } | { name: 'opening' | 'open'; since: number } | { name: 'ready' };
  readonly retry: { tries: number; at: number | undefined };
  readonly settings: SettingsEntries | undefined;
  readonly info: StreamInfo | undefined;
  readonly picks: Picks;
  readonly stream: Size | undefined;
  /** Device pixels there are to draw on. */
  readonly window: Size | undefined;
  readonly ratio: number;
  readonly sizing: Sizing;
  /** Device pixels are asked for, not CSS pixels. */
  readonly everyPixel: boolean;
  readonly desktop: 'well' | 'lost' | 'restarted';
  readonly paused: boolean;
  readonly hidden: boolean;
  /** The server was told to send no video. */
  readonly videoOff: boolean;
  /** A picture is due: what to ask for, when, and how often still. */
  readonly due: { ask: 'request_keyframe' | 'start_video'; at: number; left: number } | undefined;
  readonly resizeAt: number | undefined;
  readonly settingsAt: number | undefined;
  readonly settingsSent: number;
  readonly hideAt: number | undefined;
  readonly asked: Size | undefined;
  readonly seenPicture: boolean;
  /** The person wants to hear the desktop, and this browser can play it. */
  readonly listens: boolean;
  /** The server plays no sound to this page. */
  readonly mute: boolean;
}

/** What a page starts with. */
export interface Start {
  role: Role;
  ability: Ability;
  picks: Picks;
  sizing: Sizing;
  everyPixel: boolean;
  hidden: boolean;
  listens: boolean;
}

export function initial(start: Start, now: number): State {
  return {
    phase: { name: 'connecting', step: 'reach', since: now },
    role: start.role,
    ability: start.ability,
    simple: false,
    link: { name: 'none' },
    retry: { tries: 0, at: undefined },
    settings: undefined,
    info: undefined,
    picks: start.picks,
    stream: undefined,
    window: undefined,
    ratio: 1,
    sizing: start.sizing,
    everyPixel: start.everyPixel,
    desktop: 'well',
    paused: false,
    hidden: start.hidden,
    videoOff: false,
    due: undefined,
    resizeAt: undefined,
    settingsAt: undefined,
    settingsSent: Number.NEGATIVE_INFINITY,
    hideAt: undefined,
    asked: undefined,
    seenPicture: false,
    listens: start.listens,
    mute: false,
  };
}

/** The server decided on a size; the window has no say. */
export function sizeIsFixed(state: State): boolean {
  const manual = state.settings && entryOf(state.settings, 'is_manual_resolution_mode');
  const resize = state.settings && entryOf(state.settings, 'enable_resize');
  return (manual?.kind === 'toggle' && manual.value) || (resize?.kind === 'toggle' && !resize.value);
}

/** One word for the whole: what `data-state` says. */
export function stateName(state: State): string {
  if (state.phase.name === 'streaming' && state.desktop !== 'well') return `desktop-${state.desktop}`;
  return state.phase.name;
}

/** The size as it was stored. */
export function parseSizing(text: string | null): Sizing {
  const [, width, height] = /^(\d{1,5})x(\d{1,5})$/.exec(text ?? '') ?? [];
  if (width === undefined || height === undefined) return { kind: 'window' };
  return { kind: 'fixed', size: { width: Number(width), height: Number(height) } };
}
