import type { ClientMessage } from '../proto/messages.ts';
import { ALT_L, ALT_R, CONTROL_L, isModifier, keysymOf, keysymOfCodePoint } from './keysyms.ts';

/** As much of a `KeyboardEvent` as decides what is sent. */
export interface Key {
  readonly key: string;
  readonly code: string;
  readonly location: number;
  readonly timeStamp: number;
  readonly isComposing: boolean;
  readonly keyCode: number;
}

type Send = (message: ClientMessage) => void;

/** Browsers on Windows report AltGr as Ctrl, then AltGr, within this time. */
const ALT_GR_PAIR = 50;
/** The `keyCode` of a key that an input method is using (UI Events, 8.3.2). */
const IN_COMPOSITION = 229;

/** Turns key events into keysyms, and knows what is held. */
export class Keyboard {
  readonly #send: Send;
  readonly #mac: boolean;
  /** What each physical key pressed: its release has to name the same keysym. */
  readonly #held = new Map<string, number>();
  readonly #after = new Set<() => void>();
  #controlAt = Number.NEGATIVE_INFINITY;

  constructor(send: Send, mac: boolean) {
    this.#send = send;
    this.#mac = mac;
  }

  get held(): readonly number[] {
    return [...this.#held.values()];
  }

  /** Whether the key was taken; what was not is left to the browser, for its text. */
  down(event: Key): boolean {
    if (event.isComposing || event.keyCode === IN_COMPOSITION || event.key === 'Dead' || event.key === 'Process')
      return false;
    const keysym = this.#keysym(event);
    if (keysym === undefined) return !/^(Unidentified)?$/.test(event.key) && event.key.length > 1;
    if (event.key === 'AltGraph') this.#dropAltGrControl(event.timeStamp);
    if (event.code === 'ControlLeft' && !this.#held.has(event.code)) this.#controlAt = event.timeStamp;
    const code = event.code || event.key;
    const before = this.#held.get(code);
    // The same key says something else now, as when Shift came between: end what it said.
    if (before !== undefined && before !== keysym) this.#send({ type: 'key_up', keysym: before });
    // While a key is held the desktop repeats it.
    if (before === keysym) return true;
    if (this.#mac && this.#printsWithOption(event)) return this.#tapWithoutOption(keysym);
    this.#send({ type: 'key_down', keysym });
    if (this.#mac && this.#commandHeld() && !isModifier(keysym)) {
      // macOS never reports this key's release while Command is down.
      this.#send({ type: 'key_up', keysym });
      return true;
    }
    this.#held.set(code, keysym);
    return true;
  }

  /** Whether the release belonged to a key that was taken. */
  up(event: Key): boolean {
    const code = event.code || event.key;
    const keysym = this.#held.get(code);
    if (keysym === undefined) return false;
    this.#held.delete(code);
    this.#send({ type: 'key_up', keysym });
    return true;
  }

  /** Text that no single key made: each character is pressed and released. */
  type(text: string): void {
    for (const character of text) {
      const keysym = keysymOfCodePoint(character.codePointAt(0) ?? 0);
      if (keysym !== undefined) this.tap(keysym);
    }
  }

  tap(keysym: number): void {
    this.#send({ type: 'key_down', keysym });
    this.#send({ type: 'key_up', keysym });
    for (const after of [...this.#after]) after();
  }

  /** Calls back after each tap, for modifiers that count for one key; the result ends it. */
  afterKey(run: () => void): () => void {
    this.#after.add(run);
    return () => this.#after.delete(run);
  }

  /** Presses all in order and releases them in the opposite one. */
  chord(keysyms: readonly number[]): void {
    for (const keysym of keysyms) this.#send({ type: 'key_down', keysym });
    for (const keysym of [...keysyms].reverse()) this.#send({ type: 'key_up', keysym });
  }

  holds(name: string): boolean {
    return this.#held.has(name);
  }

  /** Holds a keysym that no key of this keyboard holds. */
  hold(name: string, keysym: number): void {
    if (this.#held.has(name)) return;
    this.#held.set(name, keysym);
    this.#send({ type: 'key_down', keysym });
  }

  letGo(name: string): void {
    const keysym = this.#held.get(name);
    if (keysym === undefined) return;
    this.#held.delete(name);
    this.#send({ type: 'key_up', keysym });
  }

  releaseAll(): void {
    for (const keysym of [...this.#held.values()].reverse()) this.#send({ type: 'key_up', keysym });
    this.#held.clear();
  }

  /** The reminder that keys are still held; due every 100 ms. */
  heartbeat(): void {
    if (this.#held.size > 0) this.#send({ type: 'keys_held', keysyms: this.held });
  }

  #keysym(event: Key): number | undefined {
    // Command is what Ctrl is elsewhere: Command C copies in the remote desktop too.
    if (this.#mac && event.key === 'Meta') return CONTROL_L + (event.location === 2 ? 1 : 0);
    return keysymOf(event.key, event.location);
  }

  #dropAltGrControl(now: number): void {
    const control = this.#held.get('ControlLeft');
    if (control === undefined || now - this.#controlAt > ALT_GR_PAIR) return;
    this.#held.delete('ControlLeft');
    this.#send({ type: 'key_up', keysym: control });
  }

  #commandHeld(): boolean {
    return this.#held.has('MetaLeft') || this.#held.has('MetaRight');
  }

  #printsWithOption(event: Key): boolean {
    const option = this.#held.has('AltLeft') || this.#held.has('AltRight');
    if (!option || [...event.key].length !== 1) return false;
    const plain = /^(?:Key|Digit)(.)$/.exec(event.code)?.[1];
    return plain === undefined || plain.toLowerCase() !== event.key.toLowerCase();
  }

  /** Option made the character here; over there Alt would make a command of it. */
  #tapWithoutOption(keysym: number): boolean {
    const options = [...this.#held.values()].filter((held) => held === ALT_L || held === ALT_R);
    for (const option of options) this.#send({ type: 'key_up', keysym: option });
    this.tap(keysym);
    for (const option of options) this.#send({ type: 'key_down', keysym: option });
    return true;
  }
}
