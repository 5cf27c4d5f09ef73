/** Right after the beginning so many, one after the other: the first numbers should be good ones. */
const BURST = 5;
/** Seconds between pings after that. */
const PAUSE = 5;
/** So many without an answer, by a server that answered before, mean that the network is gone. */
const UNANSWERED = 2;

/** Decides when the server is pinged. Not every server answers; those that never did are asked no more. */
export class Pings {
  readonly #ping: () => void;
  #on = false;
  #burst = 0;
  #seconds = 0;
  #unanswered = 0;
  #answers = 0;

  constructor(ping: () => void) {
    this.#ping = ping;
  }

  /** This server answers. */
  get work(): boolean {
    return this.#on && this.#answers > 0;
  }

  /** The link is good for words. */
  began(): void {
    this.#on = true;
    this.#burst = BURST;
    this.#seconds = this.#unanswered = this.#answers = 0;
    this.#next();
  }

  /** The page was away; clocks drift apart meanwhile. */
  again(): void {
    if (!this.work) return;
    this.#burst = BURST;
    this.#seconds = this.#unanswered = 0;
    this.#next();
  }

  ended(): void {
    this.#on = false;
  }

  answered(): void {
    this.#answers += 1;
    this.#unanswered = 0;
    if (this.#burst > 0) this.#next();
  }

  /** A second has passed in sight of a person. */
  second(): 'silent' | undefined {
    this.#seconds += 1;
    if (!this.work || this.#seconds < PAUSE) return undefined;
    this.#seconds = 0;
    if (this.#unanswered >= UNANSWERED) return 'silent';
    this.#unanswered += 1;
    this.#ping();
    return undefined;
  }

  #next(): void {
    this.#burst -= 1;
    this.#ping();
  }
}
