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

  received(bytes: number): void {
    this.#bytes += bytes;
  }

  skipped(): void {
    this.#skipped += 1;
  }

  drawn(delay: number, drawing: number): void {
    if (this.#frames < SAMPLES) this.#delays[this.#frames] = delay;
    this.#frames += 1;
    this.#total += 1;
    this.#drawing += drawing;
  }

  /** The second that ends now; the next begins empty. */
  take(queue: number): Second {
    const delays = this.#delays.subarray(0, Math.min(this.#frames, SAMPLES)).sort();
    const at = (part: number): number => delays[Math.min(delays.length - 1, Math.floor(delays.length * part))] ?? 0;
    const second: Second = {
      total: this.#total,
      frames: this.#frames,
      bytes: this.#bytes,
      skipped: this.#skipped,
      queue,
      delay: delays.length > 0 ? { middle: at(0.5), worst: at(0.95) } : undefined,
      draw: this.#frames > 0 ? this.#drawing / this.#frames : undefined,
    };
    this.#frames = this.#bytes = this.#skipped = this.#drawing = 0;
    return second;
  }
}
