import { CLIENT_VERB } from '../proto/generated.ts';

export interface MovesHost {
  /** Bytes that wait for the network. */
  buffered(): number;
  send(text: string): void;
  /** Calls back in a moment; the result cancels. */
  soon(run: () => void): () => void;
}

/** With more than this waiting, what is new would only wait behind what is old. */
const WAITING = 512;

/**
 * Lets the pointer's movements through as they come, while the network takes them. When it does not, they become one:
 * the latest place, or the sum of the ways.
 */
export class Moves {
  readonly #host: MovesHost;
  #kept: string | undefined;
  #cancel: (() => void) | undefined;

  constructor(host: MovesHost) {
    this.#host = host;
  }

  /** A movement without a button or a wheel in it. Whether it went out now. */
  move(text: string): boolean {
    if (this.#kept === undefined && this.#host.buffered() <= WAITING) {
      this.#host.send(text);
      return true;
    }
    const joined = this.#kept === undefined ? text : join(this.#kept, text);
    if (joined === undefined) this.settle();
    this.#kept = joined ?? text;
    this.#cancel ??= this.#host.soon(() => this.#again());
    return false;
  }

  /** Something else is about to be sent: what was kept goes before it. */
  settle(): void {
    const kept = this.#kept;
    this.reset();
    if (kept !== undefined) this.#host.send(kept);
  }

  reset(): void {
    this.#cancel?.();
    this.#cancel = this.#kept = undefined;
  }

  #again(): void {
    this.#cancel = undefined;
    if (this.#host.buffered() <= WAITING) this.settle();
    else this.#cancel = this.#host.soon(() => this.#again());
  }
}

/** One movement for two, if there is one. */
function join(before: string, after: string): string | undefined {
  const way = (text: string): number[] | undefined =>
    text.startsWith(CLIENT_VERB.pointerMoved)
      ? text.slice(CLIENT_VERB.pointerMoved.length).split(',').map(Number)
      : undefined;
  const [one, other] = [way(before), way(after)];
  if (!one !== !other) return undefined;
  if (!one || !other) return after;
  const [dx = 0, dy = 0] = one;
  const [ddx = 0, ddy = 0, ...rest] = other;
  return CLIENT_VERB.pointerMoved + [dx + ddx, dy + ddy, ...rest].join(',');
}
