import type { Second } from '../engine/messages.ts';

/** What is needed to find out about a silent server. */
export interface SilenceHost {
  /** The link that is listened to, if one is there and somebody looks. */
  link(): number | undefined;
  /** Asks the server another way; true when it answers. */
  asks(): Promise<boolean>;
  lost(): void;
}

/** Seconds without a picture after which the server is asked whether it is there. */
const QUIET = 5;
/** So many questions without an answer mean that the network is gone. */
const UNANSWERED = 2;

/**
 * A network that went away leaves its sockets open for minutes. A still desktop is silent too, so a server that does
 * not answer pings is asked another way now and then.
 */
export class Silence {
  readonly #host: SilenceHost;
  #quiet = 0;
  #unanswered = 0;

  constructor(host: SilenceHost) {
    this.#host = host;
  }

  second({ bytes, answers }: Pick<Second, 'bytes' | 'answers'>): void {
    this.#quiet = bytes > 0 || answers ? 0 : this.#quiet + 1;
    if (bytes > 0) this.#unanswered = 0;
    const link = this.#host.link();
    if (this.#quiet === 0 || this.#quiet % QUIET !== 0 || link === undefined) return;
    void this.#host.asks().then((answered) => {
      this.#unanswered = answered ? 0 : this.#unanswered + 1;
      if (this.#unanswered < UNANSWERED || link !== this.#host.link()) return;
      this.#unanswered = 0;
      this.#host.lost();
    });
  }
}
