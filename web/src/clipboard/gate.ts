import { isModifier } from '../input/keysyms.ts';
import type { ClientMessage } from '../proto/messages.ts';

export interface GateHost {
  /** Lets a message of the hands through. */
  send(message: ClientMessage, happened: number): void;
  /** Keysyms that are held now. */
  held(): readonly number[];
  /** The result cancels. */
  after(ms: number, run: () => void): () => void;
}

/** A key with the modifiers it was pressed with. */
export interface Chord {
  readonly modifiers: readonly number[];
  readonly key: number;
}

interface Waiting {
  readonly message: ClientMessage;
  readonly happened: number;
}

/** Browsers hand over what is pasted within this time, if they do. */
const SOON = 100;

/**
 * What the hands do waits here while a key that pastes has to come after what it pastes: so it stays in
 * order, and never for long.
 */
export class Gate {
  readonly #host: GateHost;
  #waiting: Waiting[] | undefined;
  #modifiers: readonly number[] = [];
  #cancel: (() => void) | undefined;

  constructor(host: GateHost) {
    this.#host = host;
  }

  get isShut(): boolean {
    return this.#waiting !== undefined;
  }

  pass(message: ClientMessage, happened: number): void {
    if (this.#waiting) this.#waiting.push({ message, happened });
    else this.#host.send(message, happened);
  }

  /** The next key pastes. Unless {@link keep} is called soon, it does so with what the desktop has. */
  shut(): void {
    if (this.#waiting) return;
    this.#waiting = [];
    this.#modifiers = this.#host.held().filter(isModifier);
    this.#cancel = this.#host.after(SOON, () => this.open());
  }

  /** Something is on its way to be pasted: `late` is called when it takes longer than `ms`. */
  keep(ms: number, late: () => void): void {
    if (!this.#waiting) return;
    this.#cancel?.();
    this.#cancel = this.#host.after(ms, late);
  }

  open(): void {
    this.#cancel?.();
    const waiting = this.#waiting ?? [];
    this.#waiting = this.#cancel = undefined;
    for (const { message, happened } of waiting) this.#host.send(message, happened);
  }

  /** Lets all through but the key that pastes, which is the result: it is pressed later, with {@link press}. */
  openWithout(): Chord | undefined {
    const waiting = this.#waiting ?? [];
    const isDown = ({ message }: Waiting): boolean => message.type === 'key_down' && !isModifier(message.keysym);
    const down = waiting.findIndex(isDown);
    const key = waiting[down]?.message;
    const before = waiting.slice(0, Math.max(0, down)).map(({ message }) => message);
    const modifiers = [...this.#modifiers];
    for (const message of before) if (message.type === 'key_down') modifiers.push(message.keysym);
    if (key?.type === 'key_down') {
      waiting.splice(down, 1);
      const up = waiting.findIndex(({ message }) => message.type === 'key_up' && message.keysym === key.keysym);
      if (up >= 0) waiting.splice(up, 1);
    }
    this.open();
    return key?.type === 'key_down' ? { modifiers, key: key.keysym } : undefined;
  }

  /** Presses the key as if nothing but its modifiers were held. */
  press({ modifiers, key }: Chord, happened: number): void {
    const held = this.#host.held().filter(isModifier);
    const lifted = held.filter((keysym) => !modifiers.includes(keysym));
    const missing = modifiers.filter((keysym) => !held.includes(keysym));
    const send = (type: 'key_down' | 'key_up', keysym: number): void => this.pass({ type, keysym }, happened);
    for (const keysym of lifted) send('key_up', keysym);
    for (const keysym of missing) send('key_down', keysym);
    send('key_down', key);
    send('key_up', key);
    for (const keysym of missing) send('key_up', keysym);
    for (const keysym of lifted) send('key_down', keysym);
  }
}
