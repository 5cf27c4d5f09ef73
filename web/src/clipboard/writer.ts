import type { Clip } from './clip.ts';

export interface WriterHost {
  now(): number;
  /** The page is what the person looks at and types into. */
  inFront(): boolean;
  /** The person has just done something with the page. */
  isActive(): boolean;
  /** Whether {@link writeSoon} can be used. */
  readonly canPromise: boolean;
  write(clip: Clip): Promise<void>;
  /** As `write`, of text that comes later: for browsers that want to be asked within the gesture. */
  writeSoon(text: Promise<string>): Promise<void>;
  /** Without the asynchronous clipboard: within a gesture only; whether it worked. */
  command: ((clip: Clip) => boolean) | undefined;
  after(ms: number, run: () => void): () => void;
  changed(): void;
}

/** Later than this, something else may lie on the clipboard here that the person wants to keep. */
const FRESH = 10_000;
/** So long a copy is offered that needs a click. */
const OFFERED = 12_000;
/** The desktop answers a key that copies within this time, if it does. */
const ANSWERED = 1000;

/** Brings what is copied on the desktop to the clipboard here, as soon as the browser lets it. */
export class Writer {
  readonly #host: WriterHost;
  #wanted: { clip: Clip; at: number; asks: boolean } | undefined;
  #offered = false;
  #stopOffer: (() => void) | undefined;
  #promised: ((text: string) => void) | undefined;
  /** This browser does not write outside a gesture, however short ago it was. */
  #strict = false;

  constructor(host: WriterHost) {
    this.#host = host;
  }

  /** A copy waits for a click. */
  get offered(): boolean {
    return this.#offered;
  }

  /** What came from the desktop is not here yet, and newer than what is. */
  get waits(): boolean {
    return this.#wanted !== undefined;
  }

  arrived(clip: Clip): void {
    this.#offer(false);
    this.#wanted = { clip, at: this.#host.now(), asks: false };
    if (clip.text !== undefined) this.#promised?.(clip.text);
    this.#promised = undefined;
    this.#try();
  }

  /** The page has come to the front. */
  focused(): void {
    if (!this.#wanted) return;
    if (this.#isFresh()) return this.#try();
    // What was copied here meanwhile is not overwritten without a word.
    this.#wanted.asks = true;
    this.#offer(true);
  }

  /** The person did something: within the event. */
  gesture(): void {
    if (this.#wanted && !this.#wanted.asks && this.#isFresh()) this.#try();
  }

  /** The person pressed a key that copies: within the event. */
  copying(): void {
    if (!this.#strict || !this.#host.canPromise) return;
    const text = new Promise<string>((resolve, reject) => {
      this.#promised = resolve;
      this.#host.after(ANSWERED, () => reject(new Error('nothing was copied')));
    });
    // Silence is an answer: nothing was copied, and nothing is written.
    this.#host.writeSoon(text).then(
      () => this.#promisedWasWritten(),
      () => undefined,
    );
  }

  /** The person asks for it: within the event. Whether it is written. */
  async writeNow(clip: Clip): Promise<boolean> {
    const { command } = this.#host;
    const written = command
      ? command(clip)
      : await this.#host.write(clip).then(
          () => true,
          () => false,
        );
    if (written && this.#wanted?.clip === clip) this.drop();
    return written;
  }

  /** No longer wanted. */
  drop(): void {
    this.#wanted = undefined;
    this.#offer(false);
  }

  #isFresh(): boolean {
    return this.#wanted !== undefined && this.#host.now() - this.#wanted.at <= FRESH;
  }

  #try(): void {
    const mine = this.#wanted;
    if (!mine || !this.#host.inFront()) return;
    const { command } = this.#host;
    if (command) {
      if (this.#host.isActive() && command(mine.clip)) this.drop();
      else this.#offer(true);
      return;
    }
    const active = this.#host.isActive();
    this.#host.write(mine.clip).then(
      () => {
        if (this.#wanted === mine) this.drop();
      },
      () => {
        if (this.#wanted !== mine) return;
        if (active) this.#strict = true;
        if (this.#host.inFront()) this.#offer(true);
      },
    );
  }

  #promisedWasWritten(): void {
    const { html, image } = this.#wanted?.clip ?? {};
    if (html === undefined && !image) this.drop();
  }

  #offer(on: boolean): void {
    this.#stopOffer?.();
    this.#stopOffer = on
      ? this.#host.after(OFFERED, () => {
          this.drop();
        })
      : undefined;
    if (this.#offered === on) return;
    this.#offered = on;
    this.#host.changed();
  }
}
