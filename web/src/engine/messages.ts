import type { ServerMessage } from '../proto/messages.ts';

/** What the page tells its worker. */
export type ToWorker =
  | { do: 'canvas'; canvas: OffscreenCanvas }
  /** Connects; an earlier connection ends without a word. Viewers acknowledge nothing. */
  | { do: 'open'; link: number; url: string; viewer: boolean }
  | { do: 'send'; text: string }
  | { do: 'close' };

/** What the worker tells its page. `link` says which connection it is about. */
export type FromWorker =
  | { is: 'opened'; link: number }
  | { is: 'closed'; link: number; code: number; reason: string; opened: boolean }
  | { is: 'message'; link: number; message: ServerMessage }
  /** The first video bytes since the link opened, video was started or the pipeline was reset. */
  | { is: 'chunk'; link: number }
  /** A picture is on the canvas: the first of the link, or the first of another size. */
  | { is: 'painted'; link: number; width: number; height: number }
  /** This browser's decoder refuses the stream. */
  | { is: 'refused'; link: number; codec: string }
  | { is: 'stats'; second: Second };

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
}
