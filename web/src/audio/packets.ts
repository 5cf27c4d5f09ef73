import type { AudioMessage } from '../proto/messages.ts';

/**
 * Picks what to decode of each message: its own packet, and before it those it repeats that never came (RFC 2198). A
 * repeated packet is known by its time, in samples at 48 kHz.
 */
export class Packets {
  #last: number | undefined;

  take({ pts, redundant, payload }: AudioMessage): readonly Uint8Array[] {
    if (pts === undefined) {
      this.#last = undefined;
      return [payload];
    }
    const last = this.#last;
    this.#last = pts;
    // The first one only tells where the count stands.
    if (last === undefined) return [payload];
    const missed = redundant.filter(({ offset }) => after(pts - offset, last));
    return [...missed.map((block) => block.payload), payload];
  }

  reset(): void {
    this.#last = undefined;
  }
}

/** Whether `time` is later, in a count of 32 bits that wraps. */
function after(time: number, than: number): boolean {
  return ((time - than) | 0) > 0;
}
