/** As much of a `WheelEvent` as tells how far it turned. */
export interface WheelTurn {
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  /** 120 per notch where the browser has it. */
  readonly wheelDeltaX?: number;
  readonly wheelDeltaY?: number;
}

/** Pixels of a touchpad that make a notch. */
const PIXELS = 50;
/** A wheel's notch is at least this many pixels in one event. */
const NOTCH_PIXELS = 100;
/** Lines and pages per notch (DOM_DELTA_LINE, DOM_DELTA_PAGE). */
const LINES = 3;
const NOTCHES_PER_PAGE = 5;
const DETENT = 120;

/** Gathers wheel turns of every unit into whole notches. */
export class Wheel {
  #restX = 0;
  #restY = 0;

  turn(event: WheelTurn): { across: number; down: number } {
    const across = this.#restX + notches(event.deltaX, event.deltaMode, event.wheelDeltaX, this.#restX);
    const down = this.#restY + notches(event.deltaY, event.deltaMode, event.wheelDeltaY, this.#restY);
    this.#restX = across - Math.trunc(across);
    this.#restY = down - Math.trunc(down);
    return { across: Math.trunc(across), down: Math.trunc(down) };
  }
}

function notches(delta: number, mode: number, detents: number | undefined, rest: number): number {
  if (delta === 0) return 0;
  // A turn the other way starts afresh: the rest of the last one would swallow its beginning.
  const start = rest * delta < 0 ? -rest : 0;
  if (mode === 1) return start + delta / LINES;
  if (mode === 2) return start + delta * NOTCHES_PER_PAGE;
  const stepped = detents !== undefined && detents !== 0 && detents % DETENT === 0 && detents !== -3 * delta;
  if (stepped) return -rest + (Math.sign(delta) * Math.abs(detents)) / DETENT;
  if (Math.abs(delta) >= NOTCH_PIXELS) return -rest + Math.sign(delta) * Math.max(1, Math.round(Math.abs(delta) / 110));
  return start + delta / PIXELS;
}
