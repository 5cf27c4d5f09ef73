/** Where a ring lies: memory that two threads share, or one thread's own. */
export interface RingMemory {
  readonly buffer: ArrayBufferLike;
  readonly channels: number;
  /** A power of two. */
  readonly frames: number;
}

/** Words before the samples: how many frames were written and read, both counts of 32 bits that wrap. */
const WORDS = 2;
const WRITTEN = 0;
const READ = 1;

/** Samples on their way from the one who writes to the one who reads. Neither ever waits. */
export class Ring {
  readonly planes: readonly Float32Array[];
  readonly #counts: Int32Array;
  readonly #mask: number;

  static memory(channels: number, frames: number, shared: boolean): RingMemory {
    const bytes = WORDS * 4 + channels * frames * 4;
    const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    return { buffer, channels, frames };
  }

  constructor({ buffer, channels, frames }: RingMemory) {
    this.#counts = new Int32Array(buffer, 0, WORDS);
    this.#mask = frames - 1;
    this.planes = Array.from(
      { length: channels },
      (_, channel) => new Float32Array(buffer, WORDS * 4 + channel * frames * 4, frames),
    );
  }

  /** What a count has to be cut with to be a place in a plane. */
  get mask(): number {
    return this.#mask;
  }

  get written(): number {
    return Atomics.load(this.#counts, WRITTEN);
  }

  /** Gives up everything before `count`. */
  free(count: number): void {
    Atomics.store(this.#counts, READ, count);
  }

  /** Takes as many frames of each plane; nothing of them when there is no room for all. */
  write(planes: readonly Float32Array[], frames: number): boolean {
    const written = this.written;
    const used = (written - Atomics.load(this.#counts, READ)) | 0;
    if (used + frames > this.#mask + 1) return false;
    const at = written & this.#mask;
    const first = Math.min(frames, this.#mask + 1 - at);
    for (const [channel, plane] of this.planes.entries()) {
      const from = planes[channel] ?? planes[0];
      if (!from) continue;
      plane.set(from.subarray(0, first), at);
      plane.set(from.subarray(first, frames), 0);
    }
    Atomics.store(this.#counts, WRITTEN, (written + frames) | 0);
    return true;
  }
}
