/** Fingers on the glass, in CSS pixels. */
export interface Finger {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What a gesture does on the desktop; `at` where the fingers are the pointer, none where they move it. */
export type Gesture =
  | { do: 'move'; at: Point }
  | { do: 'steer'; dx: number; dy: number }
  | { do: 'press' | 'release' }
  | { do: 'click'; button: 'left' | 'right'; at?: Point }
  | { do: 'scroll'; dx: number; dy: number; at?: Point }
  /** The fingers left while scrolling: it runs out. */
  | { do: 'coast'; at?: Point }
  | { do: 'zoom'; notches: number; at?: Point }
  | { do: 'menu' };

/** A finger that stays within this of where it came down does not move. */
const SLOP = 10;
const LONG_PRESS = 500;
const TAP = 300;
/** The second tap of two lands where the first did, else it would be no double click. */
const SAME_PLACE = 24;
const DOUBLE = 450;
/** Two fingers that part or near by so much pinch. */
const PINCH = 24;
/** Each notch of a pinch, as a factor. */
const STEP = 1.12;

/** Reads taps, drags, scrolls and pinches out of fingers. Time is an argument. */
export class Touch {
  #fingers = new Map<number, Finger>();
  #mode: 'idle' | 'waiting' | 'drag' | 'steer' | 'two' | 'scroll' | 'pinch' | 'done' = 'idle';
  #start: Point = { x: 0, y: 0 };
  #began = 0;
  #most = 0;
  #centre: Point = { x: 0, y: 0 };
  #spread = 0;
  #last: Point = { x: 0, y: 0 };
  #tapped = { x: 0, y: 0, at: Number.NEGATIVE_INFINITY };
  readonly #trackpad: () => boolean;

  /** `trackpad`: fingers move the pointer, rather than being it. */
  constructor(trackpad: () => boolean = () => false) {
    this.#trackpad = trackpad;
  }

  /** When {@link hold} wants to be called, if at all. */
  get holdAt(): number | undefined {
    return this.#mode === 'waiting' ? this.#began + LONG_PRESS : undefined;
  }

  down(finger: Finger, now: number): Gesture[] {
    const first = this.#fingers.size === 0;
    this.#fingers.set(finger.id, finger);
    if (first) {
      this.#mode = 'waiting';
      this.#start = this.#last = { x: finger.x, y: finger.y };
      this.#began = now;
      this.#most = 1;
      return [];
    }
    this.#most = Math.max(this.#most, this.#fingers.size);
    const dragged = this.#mode === 'drag';
    if (this.#mode !== 'done') this.#mode = 'two';
    this.#measure();
    return dragged ? [{ do: 'release' }] : [];
  }

  move(finger: Finger, now: number): Gesture[] {
    if (!this.#fingers.has(finger.id)) return [];
    this.#fingers.set(finger.id, finger);
    switch (this.#mode) {
      case 'waiting':
        return this.#maybeMove(finger, now);
      case 'drag':
        return this.#trackpad() ? this.#steer(finger) : [{ do: 'move', at: { x: finger.x, y: finger.y } }];
      case 'steer':
        return this.#steer(finger);
      case 'two':
        return this.#choose();
      case 'scroll':
        return this.#scroll();
      case 'pinch':
        return this.#pinch();
      default:
        return [];
    }
  }

  up(id: number, now: number): Gesture[] {
    if (!this.#fingers.delete(id)) return [];
    const mode = this.#mode;
    switch (mode) {
      case 'drag':
        this.#mode = 'done';
        return [{ do: 'release' }];
      case 'waiting':
        this.#mode = 'idle';
        return [this.#tap(now)];
      case 'two':
        if (this.#fingers.size === 0) return this.#tapOfMany(now);
        // The middle of those that are left is elsewhere, and has not moved there.
        this.#measure();
        return [];
      case 'scroll':
        this.#mode = 'done';
        return [{ do: 'coast', ...this.#place() }];
      default:
        // The finger that is left of a pinch does nothing more.
        this.#mode = this.#fingers.size === 0 ? 'idle' : 'done';
        return [];
    }
  }

  /** The finger stayed: a long press is the other button; on a trackpad it takes hold. */
  hold(now: number): Gesture[] {
    if (this.#mode !== 'waiting' || now < this.#began + LONG_PRESS) return [];
    this.#mode = this.#trackpad() ? 'drag' : 'done';
    return this.#trackpad() ? [{ do: 'press' }] : [{ do: 'click', button: 'right', at: this.#start }];
  }

  /** The system took the fingers away. */
  cancel(): Gesture[] {
    const dragged = this.#mode === 'drag';
    this.#fingers.clear();
    this.#mode = 'idle';
    return dragged ? [{ do: 'release' }] : [];
  }

  #maybeMove(finger: Finger, now: number): Gesture[] {
    if (distance(finger, this.#start) <= SLOP) return [];
    const again = this.#again(now);
    if (this.#trackpad()) {
      // Tap, then slide: the second touch drags.
      this.#mode = again ? 'drag' : 'steer';
      this.#last = { x: finger.x, y: finger.y };
      return again ? [{ do: 'press' }] : [];
    }
    this.#mode = 'drag';
    const at = again ?? this.#start;
    return [{ do: 'move', at }, { do: 'press' }, { do: 'move', at: { x: finger.x, y: finger.y } }];
  }

  #steer({ x, y }: Finger): Gesture[] {
    const { x: fromX, y: fromY } = this.#last;
    this.#last = { x, y };
    return [{ do: 'steer', dx: x - fromX, dy: y - fromY }];
  }

  #tap(now: number): Gesture {
    const at = this.#again(now) ?? this.#start;
    this.#tapped = { ...at, at: now };
    return { do: 'click', button: 'left', ...(this.#trackpad() ? {} : { at }) };
  }

  /** Where the tap before was, if this touch belongs to it. */
  #again(now: number): Point | undefined {
    const { at, x, y } = this.#tapped;
    return now - at < DOUBLE && distance({ x, y }, this.#start) < SAME_PLACE ? { x, y } : undefined;
  }

  #tapOfMany(now: number): Gesture[] {
    this.#mode = 'idle';
    if (now - this.#began >= TAP) return [];
    if (this.#most === 3) return [{ do: 'menu' }];
    return this.#most === 2 ? [{ do: 'click', button: 'right', ...this.#place() }] : [];
  }

  /** Two fingers either scroll or pinch; which, shows in what they do first. */
  #choose(): Gesture[] {
    if (this.#fingers.size === 2 && Math.abs(this.#apart() - this.#spread) > PINCH) {
      this.#mode = 'pinch';
      return this.#pinch();
    }
    if (distance(this.#middle(), this.#centre) <= SLOP) return [];
    this.#mode = 'scroll';
    return this.#scroll();
  }

  #scroll(): Gesture[] {
    const { x, y } = this.#centre;
    this.#centre = this.#middle();
    return [{ do: 'scroll', dx: x - this.#centre.x, dy: y - this.#centre.y, ...this.#place() }];
  }

  #pinch(): Gesture[] {
    if (this.#fingers.size !== 2 || this.#spread === 0) return [];
    const notches = Math.trunc(Math.log(this.#apart() / this.#spread) / Math.log(STEP));
    if (notches === 0) return [];
    this.#spread *= STEP ** notches;
    return [{ do: 'zoom', notches, ...this.#place() }];
  }

  #measure(): void {
    this.#centre = this.#middle();
    this.#spread = this.#apart();
  }

  /** Where a gesture of several fingers happens. */
  #place(): { at?: Point } {
    return this.#trackpad() ? {} : { at: this.#start };
  }

  #middle(): Point {
    const all = [...this.#fingers.values()];
    const count = Math.max(1, all.length);
    return {
      x: all.reduce((sum, { x }) => sum + x, 0) / count,
      y: all.reduce((sum, { y }) => sum + y, 0) / count,
    };
  }

  #apart(): number {
    const [one, other] = [...this.#fingers.values()];
    return one && other ? distance(one, other) : 0;
  }
}

function distance(one: Point, other: Point): number {
  return Math.hypot(one.x - other.x, one.y - other.y);
}
