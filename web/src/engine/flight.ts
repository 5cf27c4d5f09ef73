/** What {@link Flight} needs of the outside. */
export interface FlightHost {
  /** Milliseconds, monotonic. */
  now(): number;
  /** This picture, and every one before it, is decoded. In order, once each. */
  settled(frame: number): void;
  /** Said again while nothing comes, for servers that wait to hear the last word repeated. */
  repeat(frame: number): void;
}

/** Pictures that may be under way; servers hold back long before. */
const MOST = 64;
/**
 * A picture that does not come out of its decoder for so long counts as decoded: some keep one back until
 * the next goes in, and the server sends no next one before it has heard of this one.
 */
const PATIENCE = 250;
const REPEAT = 1000;

/**
 * Follows pictures through the decoders and says when each is done, so that the server can be told.
 * A picture may come in several parts. Which was the last is known from the server's word after it
 * ({@link complete}) or from a part of the next; until the first such word every part is taken for the last.
 */
export class Flight {
  readonly #host: FlightHost;
  readonly #frames = new Int32Array(MOST);
  readonly #parts = new Int32Array(MOST);
  readonly #since = new Float64Array(MOST);
  readonly #whole = new Uint8Array(MOST);
  /** Pictures are numbered from the beginning; those in `[#first, #end)` are under way. */
  #first = 0;
  #end = 0;
  #announced = false;
  #last: number | undefined;
  #overdue: ReturnType<typeof setTimeout> | undefined;
  #repeats: ReturnType<typeof setTimeout> | undefined;

  constructor(host: FlightHost) {
    this.#host = host;
  }

  /** Pictures that are not decoded. */
  get size(): number {
    return this.#end - this.#first;
  }

  /** A part of a picture went to a decoder. */
  arrived(frame: number): void {
    let slot = this.#slotOf(frame);
    if (slot < 0) {
      if (this.size > 0) this.#whole[(this.#end - 1) % MOST] = 1;
      if (this.size === MOST) this.#settleFirst();
      slot = this.#end % MOST;
      this.#end += 1;
      this.#frames[slot] = frame;
      this.#parts[slot] = 0;
      this.#since[slot] = this.#host.now();
      this.#whole[slot] = this.#announced ? 0 : 1;
    }
    this.#parts[slot] = (this.#parts[slot] ?? 0) + 1;
    this.#watch();
    this.#settle();
  }

  /** A part came out of its decoder, or never will. */
  done(frame: number): void {
    const slot = this.#slotOf(frame);
    if (slot < 0) return;
    this.#parts[slot] = Math.max(0, (this.#parts[slot] ?? 0) - 1);
    this.#settle();
  }

  /** The server says that the picture has no more parts. */
  complete(frame: number): void {
    this.#announced = true;
    clearTimeout(this.#repeats);
    this.#repeats = undefined;
    const slot = this.#slotOf(frame);
    if (slot < 0) return;
    this.#whole[slot] = 1;
    this.#settle();
  }

  /** Forgets all: numbers begin anew. */
  reset(): void {
    clearTimeout(this.#overdue);
    clearTimeout(this.#repeats);
    this.#overdue = this.#repeats = this.#last = undefined;
    this.#first = this.#end = 0;
  }

  /** Another link: this server may be of another kind. */
  linked(): void {
    this.reset();
    this.#announced = false;
  }

  #slotOf(frame: number): number {
    for (let at = this.#end - 1; at >= this.#first; at -= 1) {
      if (this.#frames[at % MOST] === frame) return at % MOST;
    }
    return -1;
  }

  #settle(): void {
    while (this.size > 0) {
      const slot = this.#first % MOST;
      if (this.#whole[slot] !== 1 || (this.#parts[slot] ?? 0) > 0) return;
      this.#settleFirst();
    }
  }

  #settleFirst(): void {
    const frame = this.#frames[this.#first % MOST] ?? 0;
    this.#first += 1;
    this.#last = frame;
    this.#host.settled(frame);
    if (!this.#announced) this.#repeatLater();
  }

  /** One timer for all: it looks again when the oldest could be overdue. */
  #watch(): void {
    this.#overdue ??= setTimeout(() => {
      this.#overdue = undefined;
      const now = this.#host.now();
      while (this.size > 0 && now - (this.#since[this.#first % MOST] ?? now) >= PATIENCE) this.#settleFirst();
      if (this.size > 0) this.#watch();
    }, PATIENCE);
  }

  #repeatLater(): void {
    if (this.#repeats !== undefined) return;
    const again = (): void => {
      this.#repeats = setTimeout(again, REPEAT);
      if (this.#last !== undefined) this.#host.repeat(this.#last);
    };
    this.#repeats = setTimeout(again, REPEAT);
  }
}
