import type { ClientMessage } from '../proto/messages.ts';

/** Of movements alone, at most one within this time is followed. */
const PAUSE = 50;

/**
 * Chooses the input messages whose way to the picture is followed: keys, buttons and the wheel always. A key
 * that is let go seldom changes anything, and would be taken for the cause of what happens next.
 */
export class Following {
  #mask = 0;
  #movedAt = Number.NEGATIVE_INFINITY;

  picks(message: ClientMessage, now: number): boolean {
    switch (message.type) {
      case 'key_down':
        return true;
      case 'pointer_at':
      case 'pointer_moved': {
        const before = this.#mask;
        this.#mask = message.mask;
        // A turn of the wheel is a button that goes down and up again: the first of both is the turn.
        if (message.notches > 0) return message.mask > before;
        if (message.mask !== before) return true;
        if (now - this.#movedAt < PAUSE) return false;
        this.#movedAt = now;
        return true;
      }
      default:
        return false;
    }
  }
}
