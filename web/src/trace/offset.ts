/** What is known of the server's clock. Milliseconds. */
export interface Offset {
  /** To be added to a time of ours to make it a time of the server. */
  readonly offset: number;
  /** There and back, at its shortest. */
  readonly rtt: number;
  /** The offset is wrong by this much at most: the whole way may have been in one direction. */
  readonly error: number;
}

/** Older samples say where the clocks were, which drift apart. */
const MEMORY = 60_000;
const SAMPLES = 16;
/** Pings that were not answered while so many others were sent are lost. */
const ASKED = 8;

/**
 * Learns the server's clock from pings. A ping that took long waited somewhere, on one of its ways; the
 * one that took the shortest did so the least, and it alone is believed.
 */
export class ServerClock {
  readonly #asked = new Float64Array(ASKED).fill(Number.NaN);
  readonly #numbers = new Float64Array(ASKED).fill(-1);
  readonly #at = new Float64Array(SAMPLES).fill(Number.NEGATIVE_INFINITY);
  readonly #rtt = new Float64Array(SAMPLES);
  readonly #offset = new Float64Array(SAMPLES);
  #next = 0;
  #samples = 0;
  #best: Offset | undefined;

  get best(): Offset | undefined {
    return this.#best;
  }

  /** A ping leaves now: the number it carries. */
  asked(now: number): number {
    const number = this.#next;
    this.#next += 1;
    this.#asked[number % ASKED] = now;
    this.#numbers[number % ASKED] = number;
    return number;
  }

  /** Its answer is here, with the server's time in microseconds. Repeated and unknown answers say nothing. */
  answered(number: number, serverMicros: number, now: number): void {
    const slot = number % ASKED;
    if (this.#numbers[slot] !== number) return;
    this.#numbers[slot] = -1;
    const sent = this.#asked[slot] ?? now;
    const at = this.#samples % SAMPLES;
    this.#samples += 1;
    this.#at[at] = now;
    this.#rtt[at] = now - sent;
    this.#offset[at] = serverMicros / 1000 - (sent + now) / 2;
    this.#choose(now);
  }

  #choose(now: number): void {
    let best = -1;
    for (let at = 0; at < SAMPLES; at += 1) {
      if (now - (this.#at[at] ?? 0) > MEMORY) continue;
      if (best < 0 || (this.#rtt[at] ?? 0) < (this.#rtt[best] ?? 0)) best = at;
    }
    const rtt = this.#rtt[best] ?? 0;
    this.#best = { offset: this.#offset[best] ?? 0, rtt, error: rtt / 2 };
  }
}
