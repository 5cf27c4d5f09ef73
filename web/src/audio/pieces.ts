/** Cuts a stream of samples into pieces of one length. */
export class Pieces {
  readonly #length: number;
  readonly #full: (piece: Float32Array<ArrayBuffer>, peak: number) => void;
  #piece: Float32Array<ArrayBuffer>;
  #filled = 0;

  constructor(length: number, full: (piece: Float32Array<ArrayBuffer>, peak: number) => void) {
    this.#length = length;
    this.#full = full;
    this.#piece = new Float32Array(length);
  }

  add(samples: Float32Array): void {
    for (let from = 0; from < samples.length; ) {
      const count = Math.min(samples.length - from, this.#length - this.#filled);
      this.#piece.set(samples.subarray(from, from + count), this.#filled);
      this.#filled += count;
      from += count;
      if (this.#filled === this.#length) this.#cut();
    }
  }

  #cut(): void {
    const piece = this.#piece;
    let peak = 0;
    for (const value of piece) peak = Math.max(peak, Math.abs(value));
    // The piece goes to another thread: it is not written to again.
    this.#piece = new Float32Array(this.#length);
    this.#filled = 0;
    this.#full(piece, peak);
  }
}

/** Pieces without a voice, 20 ms each, after which nothing is sent any more. */
const PATIENCE = 80;
/** The noise of a quiet room stays below it. */
const QUIET = 0.0008;

/** Decides which pieces are worth sending: after a long silence none, and from the first sound on all again. */
export class Gate {
  #silent = 0;

  /** Whether to send a piece with this largest value. */
  opens(peak: number): boolean {
    this.#silent = peak > QUIET ? 0 : this.#silent + 1;
    return this.#silent <= PATIENCE;
  }
}
