import { RATE } from './opus.ts';

const MS = RATE / 1000;
/** Never less is kept in store, and rarely more than twice as much. */
const LEAST = 20 * MS;
/** Where the network is so uneven that this does not do, a gap is better than the delay. */
const MOST = 200 * MS;
/** In store below the deepest dip that is expected: a reader may come late as well. */
const SAFETY = 8 * MS;
/** The dips expected of a network that is not known yet, and of a sound card that takes 10 ms at once. */
const FIRST = 20 * MS;
/** No listener hears the pitch change by so little, and a clock is never that wrong. */
const STRONGEST = 0.005;
/** So far from the target the correction is at its strongest. */
const FAR = 40 * MS;
/** The fill is smoothed over so long: packets come in steps. */
const SMOOTH = 0.5 * RATE;
/** From no correction to the strongest it takes so long at least. */
const GLIDE = 1 * RATE;
/** Dips are looked for in windows of this length, and forgotten over so many of them. */
const WINDOW = 0.5 * RATE;
const FORGET = 60;
/** So much more than wanted, all through a window, is not waited for but skipped. */
const EXCESS = 40 * MS;

/** Keeps the store of sound as small as the network allows, by reading a little faster or slower. Counts in frames. */
export class Pace {
  /** How much faster than its nominal rate the store is read. */
  ratio = 1;
  #smoothed = LEAST;
  /** The deepest dip below the average that is expected, and the deepest of this window. */
  #dip = FIRST;
  #deepest = 0;
  #least = Number.POSITIVE_INFINITY;
  #seen = 0;

  /** What is kept in store, on average. */
  get target(): number {
    return Math.min(MOST, Math.max(LEAST, this.#dip + SAFETY));
  }

  get smoothed(): number {
    return this.#smoothed;
  }

  /** Reading begins with so much in store. */
  began(fill: number): void {
    this.#smoothed = fill;
    this.#look();
  }

  /** `frames` are read next, with `fill` in store. What is returned has to be skipped. */
  read(fill: number, frames: number): number {
    this.#deepest = Math.max(this.#deepest, this.#smoothed - fill);
    this.#smoothed += (fill - this.#smoothed) * (frames / SMOOTH);
    this.#least = Math.min(this.#least, fill);
    this.#seen += frames;
    const skip = this.#seen >= WINDOW ? this.#judge() : 0;
    const wanted = ((this.#smoothed - this.target) / FAR) * STRONGEST;
    const ratio = 1 + Math.min(STRONGEST, Math.max(-STRONGEST, wanted));
    const step = (STRONGEST * frames) / GLIDE;
    this.ratio += Math.min(step, Math.max(-step, ratio - this.ratio));
    return skip;
  }

  /** The store ran dry and stayed so for that long: so much more was missing. */
  missed(frames: number): void {
    this.#dip = Math.min(MOST, Math.max(this.#dip, this.#smoothed + frames));
  }

  #judge(): number {
    const dip = this.#deepest;
    this.#dip = dip > this.#dip ? dip : this.#dip + (dip - this.#dip) / FORGET;
    const least = this.#least;
    this.#look();
    if (least <= this.target + EXCESS) return 0;
    this.#smoothed = this.target;
    return Math.floor(least + dip - this.target);
  }

  #look(): void {
    this.#least = Number.POSITIVE_INFINITY;
    this.#deepest = this.#seen = 0;
  }
}
