import type { PlayerReport } from './player.ts';
import type { RingMemory } from './ring.ts';

/** The names under which the processors are known. */
export const PLAYER = 'selkies-player';
export const RECORDER = 'selkies-recorder';

/** What a player is made with. */
export interface PlayerOptions {
  /** Memory the decoder writes to; without it samples come through a port, as {@link RingMemory} of its own. */
  readonly memory: RingMemory | undefined;
  readonly channels: number;
  readonly frames: number;
}

/** What a player is told: where samples come from, all planes one after the other. */
export interface ToPlayer {
  readonly feed: MessagePort;
}

/** What a player says twice a second while it plays. */
export type FromPlayer = PlayerReport;

/** What a recorder is made with. */
export interface RecorderOptions {
  /** Frames of a piece. */
  readonly piece: number;
}

/** What a recorder is told: where its pieces go. */
export interface ToRecorder {
  readonly pieces: MessagePort;
}

/** What a recorder says of every piece: its largest value. */
export type FromRecorder = number;
