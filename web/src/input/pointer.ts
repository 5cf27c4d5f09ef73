import { LIMIT } from '../proto/generated.ts';
import type { ClientMessage } from '../proto/messages.ts';

type Send = (message: ClientMessage) => void;

/** Buttons on the wire. Bits 3 and 4 are the thumb buttons while no wheel turns. */
export const LEFT = 1;
export const MIDDLE = 2;
export const RIGHT = 4;

const WHEEL_DOWN = 1 << 3;
const WHEEL_UP = 1 << 4;
const WHEEL_LEFT = 1 << 6;
const WHEEL_RIGHT = 1 << 7;
const WHEEL_BITS = WHEEL_DOWN | WHEEL_UP | WHEEL_LEFT | WHEEL_RIGHT;

/** `MouseEvent.buttons` (UI Events 3.3) as the wire has it: right and middle trade places. */
export function maskOf(buttons: number): number {
  const middle = buttons & 4 ? MIDDLE : 0;
  const right = buttons & 2 ? RIGHT : 0;
  return (buttons & 0b11_1001) | middle | right;
}

/** Sends where the pointer is: moves once per frame, buttons at once. */
export class Pointer {
  readonly #send: Send;
  #at = { x: 0, y: 0 };
  #moved = false;
  #by = { x: 0, y: 0 };
  #mask = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  get mask(): number {
    return this.#mask;
  }

  /** True when something waits for {@link flush}. */
  get pending(): boolean {
    return this.#moved || this.#by.x !== 0 || this.#by.y !== 0;
  }

  /** The pointer is at a pixel with these buttons. */
  at(x: number, y: number, mask: number): void {
    if (x !== this.#at.x || y !== this.#at.y) {
      this.#at = { x, y };
      this.#moved = true;
    }
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#moved = true;
    this.flush();
  }

  /** The locked pointer moved by an amount. */
  by(dx: number, dy: number, mask: number): void {
    this.#by = { x: this.#by.x + dx, y: this.#by.y + dy };
    if (mask === this.#mask) return;
    this.#mask = mask;
    this.#sendRelative(true);
  }

  /** Sends what has gathered. */
  flush(): void {
    if (this.#moved) {
      this.#moved = false;
      this.#send({ type: 'pointer_at', ...this.#at, mask: this.#mask, notches: 0 });
    }
    this.#sendRelative(false);
  }

  /** Turns the wheel by whole notches; positive is right and down. */
  wheel(across: number, down: number): void {
    this.flush();
    this.#pulse(down, WHEEL_DOWN, WHEEL_UP);
    this.#pulse(across, WHEEL_RIGHT, WHEEL_LEFT);
  }

  /** Lets every button go where the pointer is. */
  releaseAll(): void {
    if (this.#mask === 0) return;
    this.#mask = 0;
    this.#moved = true;
    this.flush();
  }

  #sendRelative(anyway: boolean): void {
    const dx = whole(this.#by.x);
    const dy = whole(this.#by.y);
    if (dx === 0 && dy === 0 && !anyway) return;
    // What is less than a pixel waits for more.
    this.#by = { x: this.#by.x - dx, y: this.#by.y - dy };
    this.#send({ type: 'pointer_moved', dx, dy, mask: this.#mask, notches: 0 });
  }

  #pulse(count: number, positive: number, negative: number): void {
    const notches = Math.min(LIMIT.notches, Math.abs(Math.trunc(count)));
    if (notches === 0) return;
    // With a count the upper bits are the wheel, so thumb buttons have to stay out of it.
    const base = this.#mask & ~WHEEL_BITS;
    const turn = base | (count > 0 ? positive : negative);
    for (const mask of [base, turn, base]) this.#send({ type: 'pointer_moved', dx: 0, dy: 0, mask, notches });
  }
}

function whole(value: number): number {
  return Math.max(-LIMIT.relative, Math.min(LIMIT.relative, Math.trunc(value)));
}
