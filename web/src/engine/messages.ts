import type { FromSounds, ToSounds } from '../audio/sounds.ts';
import type { Clip } from '../clipboard/clip.ts';
import type { Fate, FromDesktop } from '../clipboard/exchange.ts';
import type { ServerMessage } from '../proto/messages.ts';
import type { Report } from '../trace/tracer.ts';
import type { Shown, Surface } from '../video/sink.ts';

/** What the page tells its worker. */
export type ToWorker =
  /** What to draw on. `origin` is the page's `performance.timeOrigin`: times of events count from there. */
  | { do: 'surface'; surface: Surface; origin: number }
  /** The video plays as it was asked to; or it does not. */
  | { do: 'plays'; does: boolean }
  /** Connects; an earlier connection ends without a word. */
  | { do: 'open'; link: number; url: string; viewer: boolean }
  /**
   * `happened`: the page's time of the event behind it; then its way to the picture is followed. `moves`: it is only a
   * movement of the pointer, which the next one may replace.
   */
  | { do: 'send'; text: string; happened?: number; moves?: boolean }
  /** Something was copied here; `clip-gone` tells what became of it. `part`: bytes of one message, `largest`: of one form. */
  | { do: 'clip'; id: number; clip: Clip; part: number; largest: number }
  | ToSounds
  | { do: 'visible'; on: boolean }
  | { do: 'close' };

/** What the worker tells its page. `link` says which connection it is about. */
export type FromWorker =
  | { is: 'opened'; link: number }
  | { is: 'closed'; link: number; code: number; reason: string; opened: boolean }
  | { is: 'message'; link: number; message: ServerMessage }
  /** Something was copied on the desktop. */
  | { is: 'clip'; link: number; from: FromDesktop }
  | { is: 'clip-gone'; link: number; id: number; fate: Fate }
  /** The first video bytes since the link opened, video was started or the pipeline was reset. */
  | { is: 'chunk'; link: number }
  /** A picture is on the canvas: the first of the link, or the first of another size. */
  | { is: 'painted'; link: number; width: number; height: number }
  /** Another element shows the picture from now on; the canvas does at first. */
  | { is: 'shown'; on: Shown }
  /** The video should play, or pause. */
  | { is: 'play'; on: boolean }
  /** This browser's decoder refuses the stream. */
  | { is: 'refused'; link: number; codec: string }
  /** A server that answered before does not any more. */
  | { is: 'silent'; link: number }
  | FromSounds
  | { is: 'stats'; second: Second };

/** The same without what concerns the elements only. */
export type Heard = Exclude<FromWorker, { is: 'play' }>;

/** What happened to pictures within one second. Times in milliseconds. */
export interface Second {
  /** Pictures drawn since the page began. */
  readonly total: number;
  readonly frames: number;
  readonly bytes: number;
  /** Decoded and not drawn, because a newer one was already there. */
  readonly skipped: number;
  /** Pictures inside the decoder now. */
  readonly queue: number;
  /** From the arrival of the bytes to the drawn picture; undefined when nothing was drawn. */
  readonly delay: { readonly middle: number; readonly worst: number } | undefined;
  /** Spent in drawing, per picture. */
  readonly draw: number | undefined;
  /** How pictures get onto the page. */
  readonly way: string;
  /** The server answers pings; the page need not ask it another way whether it is there. */
  readonly answers: boolean;
  /** Where the time goes; only when something was counted since the second before. */
  readonly trace: Report | undefined;
  /** From the arrival of a packet of sound until it is decoded; nothing while none is decoded. */
  readonly sound?: number | undefined;
}
