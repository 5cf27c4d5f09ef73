import type { Controls } from './gamepad.ts';
import { BUTTON, merged, REST } from './gamepad.ts';

/** Which part of the touch gamepad a finger is on. */
export type Part =
  | { kind: 'stick'; axis: 0 | 2; click: number }
  | { kind: 'dpad' }
  | { kind: 'faces' }
  | { kind: 'button'; index: number };

/** Where a finger is, from the middle of its part: 1 is the edge. Right and down are positive. */
export interface At {
  readonly x: number;
  readonly y: number;
}

/** So far from its middle a stick or a cross does nothing yet. */
const DEAD = 0.14;
/** Beyond this direction of a cross its neighbour is pressed as well: eight equal parts. */
const SLANT = Math.tan(Math.PI / 8);
/** Where the four buttons lie around their middle, and how far a finger presses each. */
const FACE_AWAY = 0.63;
const FACE_REACH = 0.56;
const FACES: readonly (readonly [index: number, x: number, y: number])[] = [
  [BUTTON.a, 0, FACE_AWAY],
  [BUTTON.b, FACE_AWAY, 0],
  [BUTTON.x, -FACE_AWAY, 0],
  [BUTTON.y, 0, -FACE_AWAY],
];
/** A stick touched again within this time is clicked. */
const CLICK_WITHIN = 250;

/** Where a stick stands: nothing near its middle, and never outside its circle. */
export function stickAt({ x, y }: At): At {
  const way = Math.hypot(x, y);
  if (way <= DEAD) return { x: 0, y: 0 };
  const length = Math.min(1, (way - DEAD) / (1 - DEAD));
  return { x: round((x / way) * length), y: round((y / way) * length) };
}

/** Which of the cross's four buttons are pressed: none, one, or two neighbours. */
export function crossAt({ x, y }: At): number[] {
  if (Math.hypot(x, y) <= DEAD * 1.5) return [];
  const pressed = [];
  if (Math.abs(y) >= Math.abs(x) * SLANT) pressed.push(y < 0 ? BUTTON.up : BUTTON.down);
  if (Math.abs(x) >= Math.abs(y) * SLANT) pressed.push(x < 0 ? BUTTON.left : BUTTON.right);
  return pressed;
}

/** Which of A, B, X and Y are pressed: a thumb between two neighbours presses both. */
export function facesAt({ x, y }: At): number[] {
  const near = FACES.filter(([, fx, fy]) => Math.hypot(x - fx, y - fy) <= FACE_REACH);
  return near.map(([index]) => index);
}

/** All fingers on the touch gamepad. */
export class Fingers {
  readonly #down = new Map<number, { part: Part; at: At; click: boolean }>();
  readonly #left = new Map<number, number>();

  get controls(): Controls {
    return [...this.#down.values()].map(pressed).reduce(merged, REST);
  }

  /** Where the finger on a stick has pushed it. */
  stick(axis: 0 | 2): At {
    const { axes } = this.controls;
    return { x: axes[axis] ?? 0, y: axes[axis + 1] ?? 0 };
  }

  down(finger: number, part: Part, at: At, now: number): void {
    const before = part.kind === 'stick' ? this.#left.get(part.axis) : undefined;
    const click = before !== undefined && now - before <= CLICK_WITHIN;
    this.#down.set(finger, { part, at, click });
  }

  move(finger: number, at: At): void {
    const down = this.#down.get(finger);
    if (down) this.#down.set(finger, { ...down, at });
  }

  up(finger: number, now: number): void {
    const down = this.#down.get(finger);
    if (down?.part.kind === 'stick') this.#left.set(down.part.axis, now);
    this.#down.delete(finger);
  }

  /** All of them are taken off. */
  clear(): void {
    this.#down.clear();
    this.#left.clear();
  }
}

function pressed({ part, at, click }: { part: Part; at: At; click: boolean }): Controls {
  const buttons = [...REST.buttons];
  const axes = [...REST.axes];
  switch (part.kind) {
    case 'stick': {
      const { x, y } = stickAt(at);
      axes[part.axis] = x;
      axes[part.axis + 1] = y;
      if (click) buttons[part.click] = 1;
      break;
    }
    case 'dpad':
      for (const index of crossAt(at)) buttons[index] = 1;
      break;
    case 'faces':
      for (const index of facesAt(at)) buttons[index] = 1;
      break;
    case 'button':
      buttons[part.index] = 1;
  }
  return { buttons, axes };
}

function round(value: number): number {
  return Math.round(value * 1e3) / 1e3;
}
