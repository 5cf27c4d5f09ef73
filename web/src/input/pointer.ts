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

/** Sends where the pointer is and what it holds, each as it happens. */
export class Pointer {
  readonly #send: Send;
  #at = { x: 0, y: 0 };
  /** The pointer over there is where it was last said to be. */
  #sure = false;
  #by = { x: 0, y: 0 };
  #mask = 0;

  constructor(send: Send) {
    this.#send = send;
  }

  get mask(): number {
    return this.#mask;
  }

  /** The pointer is at a pixel with these buttons. */
  at(x: number, y: number, mask: number): void {
    if (this.#sure && x === this.#at.x && y === this.#at.y && mask === this.#mask) return;
    this.#at = { x, y };
    this.#mask = mask;
    this.#sure = true;
    this.#send({ type: 'pointer_at', x, y, mask, notches: 0 });
  }

  /** The locked pointer moved by an amount. */
  by(dx: number, dy: number, mask: number): void {
    this.#sure = false;
    const x = this.#by.x + dx;
    const y = this.#by.y + dy;
    const sent = { dx: whole(x), dy: whole(y) };
    // What is less than a pixel waits for more.
    this.#by = { x: x - sent.dx, y: y - sent.dy };
    if (sent.dx === 0 && sent.dy === 0 && mask === this.#mask) return;
    this.#mask = mask;
    this.#send({ type: 'pointer_moved', ...sent, mask, notches: 0 });
  }

  /** Turns the wheel by whole notches; positive is right and down. */
  wheel(across: number, down: number): void {
    this.#pulse(down, WHEEL_DOWN, WHEEL_UP);
    this.#pulse(across, WHEEL_RIGHT, WHEEL_LEFT);
  }

  /** Lets every button go where the pointer is. */
  releaseAll(): void {
    this.#by = { x: 0, y: 0 };
    if (this.#mask === 0) return;
    this.#mask = 0;
    if (this.#sure) this.#send({ type: 'pointer_at', ...this.#at, mask: 0, notches: 0 });
    else this.#send({ type: 'pointer_moved', dx: 0, dy: 0, mask: 0, notches: 0 });
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

/** Keeps a pointer that leaves the surface with a button down. */
export function capture(surface: HTMLElement, { pointerId }: PointerEvent): void {
  try {
    surface.setPointerCapture(pointerId);
  } catch {
    // It is gone already.
  }
}

function whole(value: number): number {
  return Math.max(-LIMIT.relative, Math.min(LIMIT.relative, Math.trunc(value)));
}
