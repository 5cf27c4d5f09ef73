import type { Notches } from './wheel.ts';
import { whole } from './wheel.ts';

/** CSS pixels that make a notch. */
const NOTCH = 28;
/** What the fingers did within this time is how fast they were. */
const MEASURED = 100;
/** A scroll slows down to a third in this time. */
const SLOWING = 325;
/** Pixels a millisecond below which it stands, and which it takes to run on at all. */
const STANDS = 0.05;
const RUNS = 0.3;

/** Turns a scroll of fingers into notches, and lets it run out when they leave. Time is an argument. */
export class Coast {
  #rest = { x: 0, y: 0 };
  #moves: { dx: number; dy: number; at: number }[] = [];
  #speed = { x: 0, y: 0 };
  #at = 0;

  /** The fingers moved the content by so many pixels. */
  move(dx: number, dy: number, now: number): Notches {
    this.stop();
    this.#moves = [...this.#moves.filter(({ at }) => now - at < MEASURED), { dx, dy, at: now }];
    return this.#gather(dx, dy);
  }

  /** The fingers left. True when the scroll goes on. */
  leave(now: number): boolean {
    const recent = this.#moves.filter(({ at }) => now - at < MEASURED);
    const sum = (of: (move: { dx: number; dy: number }) => number): number =>
      recent.reduce((all, move) => all + of(move), 0) / MEASURED;
    this.#moves = [];
    this.#speed = { x: sum(({ dx }) => dx), y: sum(({ dy }) => dy) };
    this.#at = now;
    if (Math.hypot(this.#speed.x, this.#speed.y) < RUNS) this.stop();
    return this.running;
  }

  get running(): boolean {
    return this.#speed.x !== 0 || this.#speed.y !== 0;
  }

  /** How far it went since the last step. */
  step(now: number): Notches {
    const left = Math.exp(-(now - this.#at) / SLOWING);
    this.#at = now;
    const { x, y } = this.#speed;
    const went = (1 - left) * SLOWING;
    this.#speed = { x: x * left, y: y * left };
    if (Math.hypot(x, y) * left < STANDS) this.stop();
    return this.#gather(x * went, y * went);
  }

  stop(): void {
    this.#speed = { x: 0, y: 0 };
  }

  #gather(dx: number, dy: number): Notches {
    const x = this.#rest.x + dx / NOTCH;
    const y = this.#rest.y + dy / NOTCH;
    const across = whole(x);
    const down = whole(y);
    this.#rest = { x: x - across, y: y - down };
    return { across, down };
  }
}

/** How far the pointer goes for a finger that moved by so much: slowly to the pixel, quickly across the screen. */
export function gain(dx: number, dy: number, ms: number): number {
  const speed = Math.hypot(dx, dy) / Math.max(1, ms);
  return 1 + Math.min(2, Math.max(0, speed - 0.15) * 1.6);
}
