/** As much of a `WheelEvent` as tells how far it turned. */
export interface WheelTurn {
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  readonly timeStamp: number;
  /** 120 per notch where the browser has it. */
  readonly wheelDeltaX?: number;
  readonly wheelDeltaY?: number;
}

/** Whole notches; positive is right and down. */
export interface Notches {
  across: number;
  down: number;
}

/** The unit of `wheelDelta` (WHEEL_DELTA of Windows, and of every browser that has it). */
const DETENT = 120;
/** What a notch is by `deltaMode` (pixels, lines, pages) for a device whose own notch is not known. */
const USUAL = [50, 3, 1] as const;
/** Less than this in one event is no notch of a wheel but a touchpad's step; whole pixels, or parts of one. */
const SMALLEST = [24, 1, 1] as const;
const SMALLEST_PART = 3;
/** A wheel of plain pixels: so much at once, with nothing before it, is one notch and not several. */
const LEAP = 90;
/** Turns farther apart are single notches; a touchpad sends a run of them. */
const APART = 60;
/** Of a size: the rounding of a zoomed page is not another device. */
const CLOSE = 0.02;
/** Pixels of a pinch on a touchpad that make a notch. */
const PINCH = 10;

/** Gathers turns of every unit into whole notches, and keeps what is left over for the next. */
export class Wheel {
  readonly #across = new Axis();
  readonly #down = new Axis();
  #zoom = 0;

  turn(event: WheelTurn): Notches {
    return {
      across: this.#across.turn(event.deltaX, event.deltaMode, event.wheelDeltaX, event.timeStamp),
      down: this.#down.turn(event.deltaY, event.deltaMode, event.wheelDeltaY, event.timeStamp),
    };
  }

  /** Two fingers pinch on a touchpad, which browsers tell as a wheel with Ctrl. */
  pinch({ deltaY, deltaMode }: WheelTurn): number {
    if (this.#zoom * deltaY < 0) this.#zoom = 0;
    this.#zoom += deltaMode === 0 ? deltaY / PINCH : deltaY;
    const notches = whole(this.#zoom);
    this.#zoom -= notches;
    return notches;
  }
}

class Axis {
  #rest = 0;
  #at = Number.NEGATIVE_INFINITY;
  #mode = 0;
  /** How far the last turn went that stood alone. */
  #alone = 0;
  /** How far a notch of this device goes, once two have gone equally far. */
  #notch: number | undefined;

  turn(delta: number, mode: number, detents: number | undefined, now: number): number {
    if (delta === 0) return 0;
    // A turn the other way starts afresh: the rest of the last one would swallow its beginning.
    if (this.#rest * delta < 0) this.#rest = 0;
    const size = Math.abs(delta);
    const single = now - this.#at > APART;
    this.#at = now;
    if (mode !== this.#mode) {
      this.#mode = mode;
      this.#alone = 0;
      this.#notch = undefined;
    }
    const exact = inDetents(delta, mode, detents, single);
    if (exact === undefined && single) this.#learn(size);
    this.#rest += Math.sign(delta) * (exact ?? this.#measure(size, single));
    const notches = whole(this.#rest);
    this.#rest -= notches;
    return notches;
  }

  #learn(size: number): void {
    const part = this.#mode === 0 && !Number.isInteger(size);
    if (size < (part ? SMALLEST_PART : (SMALLEST[this.#mode] ?? 1))) return;
    if (close(size, this.#alone)) this.#notch = size;
    this.#alone = size;
  }

  #measure(size: number, single: boolean): number {
    const count = this.#notch === undefined ? 0 : Math.round(size / this.#notch);
    if (this.#notch !== undefined && count > 0 && close(size, count * this.#notch)) return count;
    if (this.#mode === 0 && single && size >= LEAP) return Math.max(1, Math.round(size / DETENT));
    return size / (USUAL[this.#mode] ?? 1);
  }
}

/**
 * Notches of a wheel that says how far it turned. Of a touchpad the browser makes that up, three times the pixels; the
 * same may be by chance on a zoomed page, but a touchpad's step hardly stands alone and makes whole notches.
 */
function inDetents(delta: number, mode: number, detents: number | undefined, single: boolean): number | undefined {
  if (mode !== 0 || detents === undefined || detents === 0) return undefined;
  const size = Math.abs(detents);
  const madeUp = Math.abs(size - 3 * Math.abs(delta)) <= 1.5;
  return madeUp && !(single && size % DETENT === 0) ? undefined : size / DETENT;
}

function close(one: number, other: number): boolean {
  return Math.abs(one - other) <= CLOSE * other;
}

/** The whole notches of a sum; what is missing by a binary fraction does not count. */
export function whole(value: number): number {
  return Math.trunc(value + Math.sign(value) * 1e-6) + 0;
}
