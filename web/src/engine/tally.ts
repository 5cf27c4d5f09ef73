import type { Second } from './messages.ts';

/** No screen shows more pictures within a second. */
const SAMPLES = 512;

/** Counts pictures, second by second, without growing. */
export class Tally {
  readonly #delays = new Float64Array(SAMPLES);
  #total = 0;
  #frames = 0;
  #bytes = 0;
  #skipped = 0;
  #drawing = 0;
  #newest = Number.NEGATIVE_INFINITY;

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  skipped(): void {
    this.#skipped += 1;
  }

  /** All bands of a picture arrive at one time: together they count once, with the delay of the last. */
  drawn(arrived: number, began: number, done: number): void {
    this.#drawing += done - began;
    if (arrived > this.#newest) {
      this.#newest = arrived;
      this.#frames += 1;
      this.#total += 1;
    }
    const sample = this.#frames - 1;
    if (sample >= 0 && sample < SAMPLES && arrived === this.#newest) this.#delays[sample] = done - arrived;
  }

  /** The second that ends now; the next begins empty. */
  take(now: Pick<Second, 'queue' | 'answers' | 'way' | 'trace' | 'sound'>): Second {
    const delays = this.#delays.subarray(0, Math.min(this.#frames, SAMPLES)).sort();
    const at = (part: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? 0;
    const second: Second = {
      total: this.#total,
      frames: this.#frames,
      bytes: this.#bytes,
      skipped: this.#skipped,
      delay: delays.length > 0 ? { middle: at(0.5), worst: at(0.95) } : undefined,
      draw: this.#frames > 0 ? this.#drawing / this.#frames : undefined,
      ...now,
    };
    this.#frames = this.#bytes = this.#skipped = this.#drawing = 0;
    return second;
  }
}
