import type { ClientMessage } from '../proto/messages.ts';
import type { Flags, Key } from './key.ts';
import { CARET, codeOf, commandLetter, flagOf, madeByOption } from './key.ts';
import * as sym from './keysyms.ts';
import type { System } from './system.ts';

type Send = (message: ClientMessage) => void;

/** Browsers on Windows report AltGr as Ctrl, then AltGr, within this time. */
const ALT_GR_PAIR = 50;
/** The `keyCode` of a key that an input method is using (UI Events, 8.3.2). */
const IN_COMPOSITION = 229;
/** Keys of an input method: what they do comes as text. */
const OF_TEXT = new Set(['', 'Dead', 'Process', 'Unidentified']);
/** Turns key events into keysyms, and knows what is held. */
export class Keyboard {
  readonly #send: Send;
  readonly #system: System;
  /** What each physical key pressed: its release has to name the same keysym. */
  readonly #held = new Map<string, number>();
  /** What the page's own buttons hold. */
  readonly #pinned = new Map<string, number>();
  /** Modifiers whose press said so in its flags too: without the flag they are up, whatever we heard. */
  readonly #flagged = new Set<string>();
  /** Something was pressed since everything was let go last. */
  #pressed = false;
  readonly #after = new Set<() => void>();
  /** A modifier that counts only when the next key is not what it makes of it. */
  #waiting: { code: string; keysym: number; since: number; used: boolean } | undefined;

  constructor(send: Send, system: System) {
    this.#send = send;
    this.#system = system;
  }

  get held(): readonly number[] {
    return [...new Set([...this.#held.values(), ...this.#pinned.values()])];
  }

  /** When {@link settle} is due, if at all. */
  get settleAt(): number | undefined {
    return this.#waiting && this.#system === 'windows' ? this.#waiting.since + ALT_GR_PAIR : undefined;
  }

  /** Whether the key was taken; what was not is left to the browser, for its text. */
  down(event: Key): boolean {
    if (event.isComposing || event.keyCode === IN_COMPOSITION || OF_TEXT.has(event.key)) {
      if (this.#waiting) this.#waiting.used = true;
      return false;
    }
    const code = codeOf(event);
    this.sync(event);
    const keysym = this.#keysymOf(event);
    if (keysym === undefined) return this.#unknown(event);
    const before = this.#held.get(code);
    // What is repeated here was let go on purpose, or is a key the desktop repeats by itself.
    if (event.repeat && before === undefined && !this.#repeatsHere()) return true;
    if (this.#waitsFor(event, code, keysym)) return true;
    if (this.#waiting && this.#resolve(event, keysym)) return true;
    if (before === keysym) return true;
    // The same key says something else now, as when Shift came between: end what it said.
    if (before !== undefined) this.#letGoOf(code);
    if (this.#commandHeld() && !sym.isModifier(keysym)) return this.#command(event, keysym);
    if (this.#system === 'mac' && event.key === 'Meta') this.#releaseKeys();
    this.#holdDown(code, keysym, event);
    return true;
  }

  /** Whether the release belonged to a key that was taken. */
  up(event: Key): boolean {
    const code = codeOf(event);
    if (this.#waiting?.code === code) {
      const { keysym, used } = this.#waiting;
      this.#waiting = undefined;
      if (!used) this.#strike(keysym);
      return true;
    }
    const keysym = this.#held.get(code);
    if (keysym !== undefined) this.#letGoOf(code);
    this.sync(event);
    if (keysym !== undefined && !sym.isModifier(keysym)) this.used();
    return keysym !== undefined;
  }

  /** Lets go of modifiers whose release went elsewhere, as when the system took it for itself. */
  sync(flags: Flags): void {
    for (const [code, keysym] of [...this.#held]) {
      if (!this.#flagged.has(code) || flagOf(code, keysym, flags) !== false) continue;
      this.#letGoOf(code);
    }
  }

  /** What waits counts: nothing came that explains it otherwise. */
  settle(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (!waiting) return;
    this.#press(waiting.keysym);
    this.#held.set(waiting.code, waiting.keysym);
  }

  /** Text that no single key made: each character is pressed and released. */
  type(text: string): void {
    for (const character of text) {
      const keysym = sym.keysymOfCodePoint(character.codePointAt(0) ?? 0);
      if (keysym !== undefined) this.tap(keysym);
    }
  }

  tap(keysym: number): void {
    this.#strike(keysym);
    this.used();
  }

  /** Calls back after each key and click, for modifiers that count for one of them; the result ends it. */
  afterKey(run: () => void): () => void {
    this.#after.add(run);
    return () => this.#after.delete(run);
  }

  /** Something was done that modifiers for one key were meant for. */
  used(): void {
    for (const run of [...this.#after]) run();
  }

  /** Presses all in order and releases them in the opposite one. */
  chord(keysyms: readonly number[]): void {
    const ours = keysyms.filter((keysym) => !this.#isDown(keysym));
    for (const keysym of ours) this.#press(keysym);
    for (const keysym of ours.reverse()) this.#release(keysym);
  }

  holds(name: string): boolean {
    return this.#pinned.has(name);
  }

  /** A button of the page holds a modifier. */
  get pins(): boolean {
    return this.#pinned.size > 0;
  }

  /** Holds a keysym that no key of this keyboard holds. */
  hold(name: string, keysym: number): void {
    if (this.#pinned.has(name)) return;
    this.#press(keysym);
    this.#pinned.set(name, keysym);
  }

  letGo(name: string): void {
    const keysym = this.#pinned.get(name);
    if (keysym === undefined) return;
    this.#pinned.delete(name);
    this.#release(keysym);
  }

  /** Runs with Ctrl down there, whoever holds it here. */
  withControl(run: () => void): void {
    const ours = !this.#isDown(sym.CONTROL_L) && !this.#isDown(sym.CONTROL_R);
    if (ours) this.#press(sym.CONTROL_L);
    run();
    if (ours) this.#release(sym.CONTROL_L);
  }

  get shiftHeld(): boolean {
    return this.#isDown(sym.SHIFT_L) || this.#isDown(sym.SHIFT_R);
  }

  get controlHeld(): boolean {
    return this.#isDown(sym.CONTROL_L) || this.#isDown(sym.CONTROL_R) || this.#waiting?.keysym === sym.CONTROL_L;
  }

  /** Lets go of everything, also of what only the server believes to be held. */
  releaseAll(): void {
    const held = [...this.held].reverse();
    this.#waiting = undefined;
    this.#held.clear();
    this.#flagged.clear();
    this.#pinned.clear();
    for (const keysym of held) this.#release(keysym);
    if (this.#pressed) this.#send({ type: 'release_keys' });
    this.#pressed = false;
  }

  /** The reminder that keys are still held; due every 100 ms. */
  heartbeat(): void {
    const keysyms = this.held;
    if (keysyms.length > 0) this.#send({ type: 'keys_held', keysyms });
  }

  #keysymOf(event: Key): number | undefined {
    // Command is what Ctrl is elsewhere: Command C copies in the remote desktop too.
    if (this.#system === 'mac' && event.key === 'Meta') return event.location === 2 ? sym.CONTROL_R : sym.CONTROL_L;
    // With Shift, Alt has another name on X11 keyboards.
    const key = event.key === 'Meta' && event.code.startsWith('Alt') ? 'Alt' : event.key;
    // What AltGr makes is a character, though Windows tells of it with Ctrl and Alt.
    const letter = this.#isDown(sym.ALT_GR) ? undefined : commandLetter(event, this.#system);
    return sym.keysymOf(letter ?? key, event.location);
  }

  /** Not a key with a keysym: text of several characters, or a key that stays here. */
  #unknown({ key }: Key): boolean {
    if (!/^[A-Z][A-Za-z0-9]+$/.test(key)) this.type(key);
    return true;
  }

  /** These have no release of their own, so they are not held; their repetitions come from here. */
  #repeatsHere(): boolean {
    return this.#commandHeld() || (this.#system === 'mac' && this.#waiting !== undefined);
  }

  #waitsFor(event: Key, code: string, keysym: number): boolean {
    if (this.#held.has(code)) return false;
    const windows = this.#system === 'windows' && event.code === 'ControlLeft' && event.key === 'Control';
    const mac = this.#system === 'mac' && event.key === 'Alt';
    if (!windows && !mac) return false;
    if (this.#waiting?.code !== code) {
      this.settle();
      this.#waiting = { code, keysym, since: event.timeStamp, used: false };
    }
    return true;
  }

  /** A key came while a modifier waits; true when that was all there is to do. */
  #resolve(event: Key, keysym: number): boolean {
    const waiting = this.#waiting;
    if (!waiting) return false;
    if (this.#system === 'windows') {
      const pair = event.timeStamp - waiting.since <= ALT_GR_PAIR && event.code === 'AltRight';
      if (!pair) this.settle();
      else {
        this.#waiting = undefined;
        this.#holdDown(codeOf(event), sym.ALT_GR, event);
      }
      return pair;
    }
    if (sym.isModifier(keysym)) return false;
    if (madeByOption(event) && !this.#commandHeld() && !event.ctrlKey) {
      waiting.used = true;
      this.tap(keysym);
      return true;
    }
    this.settle();
    return false;
  }

  /** macOS never reports the release of a key that was pressed while Command is down. */
  #command(event: Key, keysym: number): true {
    const [instead, control] = event.altKey ? [] : (CARET[event.key] ?? []);
    if (instead === undefined) {
      this.tap(keysym);
    } else if (control) {
      this.tap(instead);
    } else {
      const controls = this.held.filter((held) => held === sym.CONTROL_L || held === sym.CONTROL_R);
      for (const held of controls) this.#send({ type: 'key_up', keysym: held });
      this.tap(instead);
      for (const held of controls) this.#send({ type: 'key_down', keysym: held });
    }
    return true;
  }

  #commandHeld(): boolean {
    return this.#system === 'mac' && (this.#held.has('MetaLeft') || this.#held.has('MetaRight'));
  }

  /** Lets go of all but modifiers. */
  #releaseKeys(): void {
    for (const [code, keysym] of [...this.#held]) if (!sym.isModifier(keysym)) this.#letGoOf(code);
  }

  #holdDown(code: string, keysym: number, flags: Flags): void {
    this.#press(keysym);
    this.#held.set(code, keysym);
    if (flagOf(code, keysym, flags)) this.#flagged.add(code);
  }

  #letGoOf(code: string): void {
    const keysym = this.#held.get(code);
    this.#held.delete(code);
    this.#flagged.delete(code);
    if (keysym !== undefined) this.#release(keysym);
  }

  #strike(keysym: number): void {
    this.#press(keysym);
    this.#release(keysym);
  }

  #press(keysym: number): void {
    this.#pressed = true;
    this.#send({ type: 'key_down', keysym });
  }

  /** A key that something else here holds as well stays down. */
  #release(keysym: number): void {
    if (!this.#isDown(keysym)) this.#send({ type: 'key_up', keysym });
  }

  #isDown(keysym: number): boolean {
    return [...this.#held.values(), ...this.#pinned.values()].includes(keysym);
  }
}
