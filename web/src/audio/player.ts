import { HALF, valueAt } from './kernel.ts';
import { RATE } from './opus.ts';
import { Pace } from './pace.ts';
import type { Ring } from './ring.ts';

/** Frames over which sound comes and goes, so that it does not click. */
const FADE = 240;
/** Frames of a skip's transition. */
const CROSS = 480;
/** After a rest no beginning of a sound is cut off for being so much late. */
const LATE = 0.03 * RATE;
/** What ends this quietly was over. */
const QUIET = 0.0005;
/** How much of a peak counts a moment later: low tones are near nothing now and then. */
const FADING = 0.9;
/** What goes on after so long is not the same sound. */
const SAME = RATE;

/** How the sound goes. Times in frames. */
export interface PlayerReport {
  /** In store, on average, while something plays. */
  readonly store: number;
  readonly target: number;
  readonly ratio: number;
  /** How often sound broke off because none was in store. */
  readonly gaps: number;
  readonly skips: number;
}

/** Plays what is in the ring, at the pace of the one who listens. */
export class Player {
  readonly #ring: Ring;
  readonly #pace = new Pace();
  readonly #last: Float32Array;
  /** The next frame to play is `#at` + `#part`. */
  #at: number;
  #part = 0;
  #playing = false;
  /** Frames of the present rest: in all, and since there is something to play again. */
  #rested = SAME;
  #waited = 0;
  #broke = false;
  #peak = 0;
  #fadeIn = 0;
  #fadeOut = 0;
  /** Where a skip leaves, until its transition is over. */
  #left: { at: number; part: number; frames: number } | undefined;
  #gaps = 0;
  #skips = 0;

  constructor(ring: Ring) {
    this.#ring = ring;
    this.#at = ring.written;
    this.#last = new Float32Array(ring.planes.length);
  }

  get playing(): boolean {
    return this.#playing;
  }

  get report(): PlayerReport {
    const { smoothed, target, ratio } = this.#pace;
    return { store: smoothed, target, ratio, gaps: this.#gaps, skips: this.#skips };
  }

  /** Fills `out` with what comes next, or silence. */
  pull(out: readonly Float32Array[]): void {
    const frames = out[0]?.length ?? 0;
    const written = this.#ring.written;
    const fill = (written - this.#at) | 0;
    const done = this.#playing || this.#begins(fill, written, frames) ? this.#play(out, frames, written) : 0;
    if (done < frames) this.#trail(out, done, frames);
    // What lies before it still weighs on the next value.
    this.#ring.free((Math.min(this.#at, this.#left?.at ?? this.#at) - 2 * HALF) | 0);
  }

  #begins(fill: number, written: number, frames: number): boolean {
    if (fill <= HALF + 1) {
      this.#rested += frames;
      return false;
    }
    if (this.#waited === 0) this.#resumed();
    this.#waited += frames;
    const { target } = this.#pace;
    // A sound may be shorter than the store: it is not kept waiting for more.
    if ((fill < target && this.#waited < target) || this.#fadeOut > 0) return false;
    const kept = Math.min(fill, Math.ceil(target + (this.#rested >= SAME ? LATE : 0)));
    this.#at = (written - kept) | 0;
    this.#part = 0;
    this.#pace.began(kept);
    this.#playing = true;
    this.#fadeIn = FADE;
    return true;
  }

  /** There is something again. Sound that broke off in the middle was missed by a listener. */
  #resumed(): void {
    if (!this.#broke || this.#rested >= SAME) return;
    this.#gaps += 1;
    this.#pace.missed(this.#rested);
  }

  /** Plays what is there; the result is how many frames that was. */
  #play(out: readonly Float32Array[], frames: number, written: number): number {
    const skip = this.#pace.read((written - this.#at) | 0, frames);
    if (skip > 0) this.#skip(skip);
    const { ratio } = this.#pace;
    let peak = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      if (((written - this.#at) | 0) <= HALF) {
        this.#dry(Math.max(peak, this.#peak));
        return frame;
      }
      const gain = this.#fadeIn > 0 ? 1 - this.#fadeIn / FADE : 1;
      if (this.#fadeIn > 0) this.#fadeIn -= 1;
      peak = Math.max(peak, this.#render(out, frame, gain));
      this.#part += ratio;
      while (this.#part >= 1) {
        this.#part -= 1;
        this.#at = (this.#at + 1) | 0;
      }
    }
    this.#peak = Math.max(peak, this.#peak * FADING);
    return frames;
  }

  /** Writes one frame; the result is its largest value. */
  #render(out: readonly Float32Array[], frame: number, gain: number): number {
    const { planes, mask } = this.#ring;
    const left = this.#left;
    const old = left ? left.frames / CROSS : 0;
    let peak = 0;
    for (let channel = 0; channel < out.length; channel += 1) {
      const from = planes[channel];
      const to = out[channel];
      if (!from || !to) continue;
      let value = valueAt(from, mask, this.#at, this.#part);
      if (left) value += (valueAt(from, mask, left.at, left.part) - value) * old;
      value *= gain;
      to[frame] = this.#last[channel] = value;
      peak = Math.max(peak, Math.abs(value));
    }
    if (!left) return peak;
    left.at = (left.at + 1) | 0;
    left.frames -= 1;
    if (left.frames === 0) this.#left = undefined;
    return peak;
  }

  #skip(frames: number): void {
    this.#skips += 1;
    this.#left = { at: this.#at, part: this.#part, frames: CROSS };
    this.#at = (this.#at + frames) | 0;
  }

  #dry(peak: number): void {
    this.#playing = false;
    this.#left = undefined;
    this.#rested = this.#waited = 0;
    this.#broke = peak > QUIET;
    this.#peak = 0;
    this.#fadeOut = FADE;
  }

  /** Lets the last value die away: a step to nothing would click. */
  #trail(out: readonly Float32Array[], from: number, frames: number): void {
    for (let frame = from; frame < frames; frame += 1) {
      const gain = this.#fadeOut > 0 ? 0.5 - 0.5 * Math.cos((Math.PI * this.#fadeOut) / FADE) : 0;
      if (this.#fadeOut > 0) this.#fadeOut -= 1;
      for (const [channel, plane] of out.entries()) plane[frame] = (this.#last[channel] ?? 0) * gain;
    }
  }
}
