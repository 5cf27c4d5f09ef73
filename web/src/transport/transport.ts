import type { Bytes } from '../proto/messages.ts';

/** One connection to a server, whatever carries it. */
export interface Transport {
  send(message: string | Bytes): void;
  /** Bytes that were given to it and have not left this browser. */
  readonly buffered: number;
  /** Ends it; nothing is reported afterwards. */
  close(): void;
}

/** What a transport reports. `closed` comes once and last. */
export interface TransportEvents {
  opened(): void;
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  closed(how: { code: number; reason: string; opened: boolean }): void;
}
