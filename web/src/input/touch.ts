/** Fingers on the glass, in CSS pixels. */
export interface Finger {
  readonly id: number;
  readonly x: number;
  readonly y: number;
}

/** What a gesture does on the desktop. */
export type Gesture =
  | { do: 'move'; x: number; y: number }
  | { do: 'press' }
  | { do: 'release' }
  | { do: 'click'; button: 'left' | 'right'; x: number; y: number }
  | { do: 'scroll'; across: number; down: number; x: number; y: number }
  | { do: 'menu' };

/** A finger that stays within this of where it came down does not move. */
const SLOP = 10;
const LONG_PRESS = 500;
const TAP = 300;
/** CSS pixels of two fingers that make a notch. */
const NOTCH = 28;
/** The second tap of two lands where the first did, else it would be no double click. */
const SAME_PLACE = 24;
const DOUBLE = 450;

/** Reads taps, drags and scrolls out of fingers. Time is an argument. */
export class Touch {
  #fingers = new Map<number, Finger>();
  #mode: 'idle' | 'waiting' | 'drag' | 'many' | 'done' = 'idle';
  #start = { x: 0, y: 0 };
  #began = 0;
  #most = 0;
  #moved = false;
  #centre = { x: 0, y: 0 };
  #rest = { x: 0, y: 0 };
  #tapped = { x: 0, y: 0, at: Number.NEGATIVE_INFINITY };

  /** When {@link hold} wants to be called, if at all. */
  get holdAt(): number | undefined {
    return this.#mode === 'waiting' ? this.#began + LONG_PRESS : undefined;
  }

  down(finger: Finger, now: number): Gesture[] {
    const first = this.#fingers.size === 0;
    this.#fingers.set(finger.id, finger);
    if (first) {
      this.#mode = 'waiting';
      this.#start = { x: finger.x, y: finger.y };
      this.#began = now;
      this.#most = 1;
      this.#moved = false;
      return [];
    }
    this.#most = Math.max(this.#most, this.#fingers.size);
    const dragged = this.#mode === 'drag';
    if (this.#mode !== 'done') this.#mode = 'many';
    this.#centre = this.#middle();
    this.#rest = { x: 0, y: 0 };
    return dragged ? [{ do: 'release' }] : [];
  }

  move(finger: Finger): Gesture[] {
    if (!this.#fingers.has(finger.id)) return [];
    this.#fingers.set(finger.id, finger);
    if (this.#mode === 'waiting') return this.#maybeDrag(finger);
    if (this.#mode === 'drag') return [{ do: 'move', x: finger.x, y: finger.y }];
    return this.#mode === 'many' ? this.#scroll() : [];
  }

  up(id: number, now: number): Gesture[] {
    const finger = this.#fingers.get(id);
    if (!finger) return [];
    this.#fingers.delete(id);
    const mode = this.#mode;
    this.#centre = this.#middle();
    if (mode === 'drag') {
      this.#mode = 'done';
      return [{ do: 'release' }];
    }
    if (this.#fingers.size > 0) return [];
    this.#mode = 'idle';
    if (mode === 'waiting') return [this.#tap(now)];
    const short = mode === 'many' && !this.#moved && now - this.#began < TAP;
    if (!short) return [];
    if (this.#most === 3) return [{ do: 'menu' }];
    return this.#most === 2 ? [{ do: 'click', button: 'right', ...this.#start }] : [];
  }

  /** The finger stayed: a long press is the other button. */
  hold(now: number): Gesture[] {
    if (this.#mode !== 'waiting' || now < this.#began + LONG_PRESS) return [];
    this.#mode = 'done';
    return [{ do: 'click', button: 'right', ...this.#start }];
  }

  /** The system took the fingers away. */
  cancel(): Gesture[] {
    const dragged = this.#mode === 'drag';
    this.#fingers.clear();
    this.#mode = 'idle';
    return dragged ? [{ do: 'release' }] : [];
  }

  #maybeDrag(finger: Finger): Gesture[] {
    if (Math.hypot(finger.x - this.#start.x, finger.y - this.#start.y) <= SLOP) return [];
    this.#mode = 'drag';
    return [{ do: 'move', ...this.#start }, { do: 'press' }, { do: 'move', x: finger.x, y: finger.y }];
  }

  #tap(now: number): Gesture {
    const { x, y, at } = this.#tapped;
    const again = now - at < DOUBLE && Math.hypot(x - this.#start.x, y - this.#start.y) < SAME_PLACE;
    const place = again ? { x, y } : this.#start;
    this.#tapped = { ...place, at: now };
    return { do: 'click', button: 'left', ...place };
  }

  #scroll(): Gesture[] {
    const centre = this.#middle();
    const rest = {
      x: this.#rest.x + (this.#centre.x - centre.x) / NOTCH,
      y: this.#rest.y + (this.#centre.y - centre.y) / NOTCH,
    };
    this.#centre = centre;
    const across = Math.trunc(rest.x);
    const down = Math.trunc(rest.y);
    this.#rest = { x: rest.x - across, y: rest.y - down };
    if (Math.abs(rest.x) > SLOP / NOTCH || Math.abs(rest.y) > SLOP / NOTCH) this.#moved = true;
    return across !== 0 || down !== 0 ? [{ do: 'scroll', across, down, ...this.#start }] : [];
  }

  #middle(): { x: number; y: number } {
    const all = [...this.#fingers.values()];
    const count = Math.max(1, all.length);
    return {
      x: all.reduce((sum, { x }) => sum + x, 0) / count,
      y: all.reduce((sum, { y }) => sum + y, 0) / count,
    };
  }
}
