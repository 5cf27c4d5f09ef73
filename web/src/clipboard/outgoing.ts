import { encode, PLAIN } from '../proto/encode.ts';
import type { ClipTransfer } from '../proto/messages.ts';
import type { Form } from './clip.ts';

/** As much of a connection as sending takes. */
export interface Line {
  send(text: string): void;
  /** Bytes that wait in this browser. */
  readonly buffered: number;
}

export interface OutgoingHost {
  line(): Line | undefined;
  after(ms: number, run: () => void): void;
}

/** No further part while so many bytes wait here: a key pressed meanwhile is to go soon. */
const ENOUGH = 96 << 10;
/** Milliseconds until the line is looked at again. */
const PAUSE = 5;

/** Sends things piece by piece beside everything else; a newer thing ends an older one. */
export class Outgoing {
  readonly #host: OutgoingHost;
  #pieces: Iterator<ClipTransfer> | undefined;
  #done: ((sent: boolean) => void) | undefined;
  #id = 0;

  constructor(host: OutgoingHost) {
    this.#host = host;
  }

  /** Calls back when all of it was given to the line, or will not be. `part`: bytes of one message. */
  give(forms: readonly Form[], part: number, done: (sent: boolean) => void): void {
    this.stop();
    this.#pieces = pieces(forms, part, () => {
      this.#id += 1;
      return this.#id;
    });
    this.#done = done;
    this.#pump(this.#pieces);
  }

  stop(): void {
    this.#finish(false);
  }

  #pump(mine: Iterator<ClipTransfer>): void {
    if (this.#pieces !== mine) return;
    const line = this.#host.line();
    if (!line) return this.#finish(false);
    while (line.buffered < ENOUGH) {
      const { value, done } = mine.next();
      if (done) return this.#finish(true);
      line.send(encode(value));
    }
    this.#host.after(PAUSE, () => this.#pump(mine));
  }

  #finish(sent: boolean): void {
    const done = this.#done;
    this.#pieces = this.#done = undefined;
    done?.(sent);
  }
}

/** The messages of one thing. Each part is a multiple of three bytes, but for the last. */
export function* pieces(forms: readonly Form[], part: number, id: () => number): Generator<ClipTransfer> {
  yield { type: 'clip_forms', count: forms.length };
  for (const { mime, bytes } of forms) {
    if (bytes.length < part) {
      yield { type: 'clip_whole', mime, payload: bytes };
      continue;
    }
    const binary = mime !== PLAIN;
    const transfer = id();
    yield { type: 'clip_start', id: transfer, mime, bytes: bytes.length };
    for (let at = 0; at < bytes.length; at += part)
      yield { type: 'clip_part', id: transfer, binary, payload: bytes.subarray(at, at + part) };
    yield { type: 'clip_end', id: transfer, binary };
  }
}
