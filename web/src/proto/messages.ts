/** What the server says in text. Mirrors `crates/proto/src/server.rs`. */
export type ServerMessage =
  | { type: 'mode' }
  | { type: 'gzip_accepted' }
  | { type: 'displays'; displays: string[] }
  | { type: 'settings'; settings: SettingsEntries; display?: string }
  | { type: 'stream_resolution'; width: number; height: number; display: string }
  | { type: 'pipeline_resetting'; display: string }
  | { type: 'video_started' }
  | { type: 'video_stopped' }
  | { type: 'audio_started' }
  | { type: 'audio_stopped' }
  | { type: 'audio_disabled' }
  | { type: 'microphone_disabled' }
  | { type: 'kill'; reason: string }
  | { type: 'reload' }
  | CursorShape
  | { type: 'desktop_state'; state: 'lost' | 'restarted' }
  | { type: 'stream_info'; encoder: string; fallback?: string }
  | { type: 'pong'; echo: number; now: number }
  | Rumble
  | PictureTrace
  | ClipMessage;

/** What was copied on the desktop, piece by piece. Mirrors `crates/proto/src/clip.rs`. */
export type ClipMessage =
  /** The next transfers are forms of one thing; `primary`: it was marked with the mouse, not copied. */
  | { type: 'clip_forms'; count: number; primary: boolean }
  /** What comes next answers `fetch_clipboard`. */
  | { type: 'clip_reply' }
  | { type: 'clip_whole'; mime: string; payload: Bytes }
  | { type: 'clip_start'; mime: string; bytes: number }
  | { type: 'clip_part'; payload: Bytes }
  /** The transfer will not be whole; its end follows. */
  | { type: 'clip_void' }
  | { type: 'clip_end' }
  | { type: 'clip_refused'; why: ClipRefusal };

/** Why the desktop did not get what was copied here. */
export type ClipRefusal = 'too_large' | 'broken' | 'forbidden' | 'failed';

/** Bytes of our own, which can be put into a `Blob`. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** What the desktop's pointer looks like. */
export interface CursorShape {
  type: 'cursor';
  /** A PNG file in base64; empty when the desktop hides its pointer, and then the rest is 0. */
  png: string;
  width: number;
  height: number;
  hot_x: number;
  hot_y: number;
  /** Stands for pixels and hotspot. */
  handle: number;
}

/** A program shakes a gamepad; it replaces what the same one did before. */
export interface Rumble {
  type: 'rumble';
  /** Its slot. */
  pad: number;
  /** The heavy motor and the light one, 0 to 1. */
  strong: number;
  weak: number;
  ms: number;
}

/** When the steps of a picture happened, in microseconds of the server's clock. */
export interface PictureTrace {
  type: 'trace';
  frame: number;
  damaged: number;
  captured: number;
  encode_started: number;
  encoded: number;
  taken: number;
  sent: number;
  /** This page's inputs that it is the first answer to. */
  answers: { id: number; received: number; injected: number }[];
}

/** A settings entry before anyone has looked at it: `settings/rules.ts` does. */
export type SettingsEntries = Record<string, unknown>;

/** One binary frame. `payload` is a view, valid as long as the buffer it came in. */
export type VideoFrameMessage =
  | { type: 'h264'; keyframe: boolean; id: number; y: number; width: number; height: number; payload: Uint8Array }
  | { type: 'jpeg'; id: number; y: number; payload: Uint8Array }
  | { type: 'keep_alive' };

/** A packet of sound. Mirrors `crates/proto/src/sound.rs`. */
export interface AudioMessage {
  type: 'audio';
  /** Where the packet begins, in samples of 48 kHz; a plain message does not say. */
  pts?: number;
  /** Packets that were sent before, the oldest first: so many samples before `pts`. */
  redundant: readonly { offset: number; payload: Uint8Array }[];
  payload: Uint8Array;
}

/** Why a frame is not a message. */
export type DecodeError = 'unknown_verb' | 'malformed' | 'unknown_kind' | 'empty';

export type Decoded<T> = { message: T } | { error: DecodeError };

/** Values a page may propose; a key that is absent keeps what is. */
export type ProposedValue = boolean | number | string;

/** The content of `SETTINGS`. */
export interface Proposal {
  display?: string;
  initialSize?: readonly [number, number];
  manualResolution?: boolean;
  audioRedundancy?: boolean;
  values: Readonly<Record<string, ProposedValue>>;
}

/** What the page says. Mirrors `crates/proto/src/client.rs`, as far as this client speaks. */
export type ClientMessage =
  | { type: 'capabilities'; desktopState: boolean; eachAck: boolean; trace: boolean; clips: boolean; rumble: boolean }
  | { type: 'ping'; number: number }
  | { type: 'mark_input'; id: number }
  | { type: 'settings'; proposal: Proposal }
  | { type: 'frame_ack'; id: number }
  | { type: 'request_keyframe' }
  | { type: 'start_video' }
  | { type: 'stop_video' }
  | { type: 'start_audio' }
  | { type: 'stop_audio' }
  | { type: 'resize'; width: number; height: number; display: string }
  | { type: 'key_down'; keysym: number }
  | { type: 'key_up'; keysym: number }
  | { type: 'keys_held'; keysyms: readonly number[] }
  | { type: 'release_keys' }
  | { type: 'pointer_at'; x: number; y: number; mask: number; notches: number }
  | { type: 'pointer_moved'; dx: number; dy: number; mask: number; notches: number }
  | { type: 'draw_cursor'; on: boolean }
  | { type: 'fetch_clipboard' }
  | GamepadMessage
  | ClipTransfer;

/** What a gamepad in one of the desktop's slots does, in the standard mapping. */
export type GamepadMessage = { type: 'gamepad'; slot: number } & (
  | { event: 'connected'; name: string; axes: number; buttons: number }
  /** 0 to 1. */
  | { event: 'button'; index: number; value: number }
  /** -1 to 1. */
  | { event: 'axis'; index: number; value: number }
  /** Some of its controls are off rest. */
  | { event: 'held' }
  | { event: 'disconnected' }
);

/** What was copied here, piece by piece. */
export type ClipTransfer =
  | { type: 'clip_forms'; count: number }
  | { type: 'clip_whole'; mime: string; payload: Uint8Array }
  | { type: 'clip_start'; id: number; mime: string; bytes: number }
  | { type: 'clip_part'; id: number; binary: boolean; payload: Uint8Array }
  | { type: 'clip_end'; id: number; binary: boolean };
