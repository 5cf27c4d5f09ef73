/** How a quantity spreads: the middle, one in twenty is above, one in a hundred is above. */
export interface Spread {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What happened so much before the newest row does not count. */
const SPAN = 30_000;

/**
 * The latest rows of a table of numbers, for percentiles of its columns. Nothing is allocated after the
 * beginning. The newest rows stay however old they get: a desktop at rest keeps its last numbers.
 */
export class Window {
  readonly #rows: number;
  readonly #columns: number;
  readonly #values: Float64Array;
  readonly #at: Float64Array;
  readonly #sorted: Float64Array;
  #count = 0;

  constructor(rows: number, columns: number) {
    this.#rows = rows;
    this.#columns = columns;
    this.#values = new Float64Array(rows * columns);
    this.#at = new Float64Array(rows);
    this.#sorted = new Float64Array(rows);
  }

  /** Rows that count. */
  get size(): number {
    return this.sizeSince(Number.NEGATIVE_INFINITY);
  }

  /** When the newest row happened. */
  get newest(): number {
    return this.#count === 0 ? Number.NEGATIVE_INFINITY : (this.#at[(this.#count - 1) % this.#rows] ?? 0);
  }

  /** When the oldest row that counts happened. */
  get oldest(): number {
    const { size } = this;
    return size === 0 ? Number.NEGATIVE_INFINITY : (this.#at[(this.#count - size) % this.#rows] ?? 0);
  }

  /** Rows that count and are not older than `since`. */
  sizeSince(since: number): number {
    const limit = Math.max(since, this.newest - SPAN);
    const most = Math.min(this.#count, this.#rows);
    let size = 0;
    while (size < most && (this.#at[(this.#count - 1 - size) % this.#rows] ?? 0) >= limit) size += 1;
    return size;
  }

  /** Rows since the beginning. */
  get total(): number {
    return this.#count;
  }

  /** Adds a row; `row` is copied. */
  add(now: number, row: Float64Array): void {
    const slot = this.#count % this.#rows;
    this.#values.set(row, slot * this.#columns);
    this.#at[slot] = now;
    this.#count += 1;
  }

  /** At most so many of the newest rows that count, the oldest first: when each was added, and its values. */
  latest(most: number): { at: number; row: Float64Array }[] {
    const size = Math.min(this.size, most);
    return Array.from({ length: size }, (_, index) => {
      const slot = (this.#count - size + index) % this.#rows;
      return { at: this.#at[slot] ?? 0, row: this.#values.slice(slot * this.#columns, (slot + 1) * this.#columns) };
    });
  }

  clear(): void {
    this.#count = 0;
  }

  /** The spread of the sum of some neighbouring columns, of rows not older than `since`; nothing without rows. */
  spread(first: number, last = first, since = Number.NEGATIVE_INFINITY): Spread | undefined {
    const size = this.sizeSince(since);
    if (size === 0) return undefined;
    for (let back = 0; back < size; back += 1) {
      const row = ((this.#count - 1 - back) % this.#rows) * this.#columns;
      let sum = 0;
      for (let column = first; column <= last; column += 1) sum += this.#values[row + column] ?? 0;
      this.#sorted[back] = sum;
    }
    const sorted = this.#sorted.subarray(0, size).sort();
    return { p50: at(sorted, 0.5), p95: at(sorted, 0.95), p99: at(sorted, 0.99) };
  }

  /**
   * How the middle of a column divides among others that add up to it: those of rows around the middle, for
   * middles of their own would not add up.
   */
  shares(whole: number, parts: readonly number[], since = Number.NEGATIVE_INFINITY): number[] | undefined {
    const size = this.sizeSince(since);
    const middle = this.spread(whole, whole, since)?.p50;
    if (middle === undefined) return undefined;
    const low = at(this.#sorted.subarray(0, size), 0.4);
    const high = at(this.#sorted.subarray(0, size), 0.6);
    const sums = parts.map(() => 0);
    let all = 0;
    for (let back = 0; back < size; back += 1) {
      const row = ((this.#count - 1 - back) % this.#rows) * this.#columns;
      const value = this.#values[row + whole] ?? 0;
      if (value < low || value > high) continue;
      all += value;
      for (const [index, part] of parts.entries()) sums[index] = (sums[index] ?? 0) + (this.#values[row + part] ?? 0);
    }
    return sums.map((sum) => (all > 0 ? (sum / all) * middle : 0));
  }
}

/** The smallest value that is not below this part of all. */
function at(sorted: Float64Array, part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}
