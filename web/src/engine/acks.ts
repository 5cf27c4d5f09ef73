import { LIMIT } from '../proto/generated.ts';

/** A still screen repeats its last word this often, so that the server knows the page lives. */
const REPEAT = 1000;

/** Acknowledges frames: every 50 ms while they come, once a second while they do not. */
export class Acks {
  readonly #send: (id: number) => void;
  #id: number | undefined;
  #fresh = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #slow = false;

  constructor(send: (id: number) => void) {
    this.#send = send;
  }

  received(id: number): void {
    this.#id = id;
    this.#fresh = true;
    if (this.#timer === undefined || this.#slow) this.#wait(LIMIT.ackInterval);
  }

  /** Says nothing until the next frame. */
  reset(): void {
    clearTimeout(this.#timer);
    this.#timer = this.#id = undefined;
    this.#fresh = false;
  }

  #wait(ms: number): void {
    clearTimeout(this.#timer);
    this.#slow = ms === REPEAT;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#id === undefined) return;
      this.#send(this.#id);
      const next = this.#fresh ? LIMIT.ackInterval : REPEAT;
      this.#fresh = false;
      this.#wait(next);
    }, ms);
  }
}
