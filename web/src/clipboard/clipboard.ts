import type { FromWorker, ToWorker } from '../engine/messages.ts';
import { CONTROL_L } from '../input/keysyms.ts';
import { encode } from '../proto/encode.ts';
import type { ClientMessage, ClipRefusal } from '../proto/messages.ts';
import type { Scope } from '../scope.ts';
import type { State } from '../session/state.ts';
import type { Store } from '../store.ts';
import type { Clip } from './clip.ts';
import { isEmpty, isKnown, sizeOf } from './clip.ts';
import type { Fate } from './exchange.ts';
import type { Chord } from './gate.ts';
import { Gate } from './gate.ts';
import { fromPaste, isCopy, isPaste, isTypable } from './gather.ts';
import type { Local } from './local.ts';
import { local } from './local.ts';
import type { Rules } from './rules.ts';
import { rulesOf } from './rules.ts';
import { Writer } from './writer.ts';

/** Something that is copied. */
export interface Copied {
  readonly clip: Clip;
  readonly bytes: number;
  /** Milliseconds since 1970; absent: it was there before this page. */
  readonly at?: number;
  readonly from: 'desktop' | 'here';
}

/** What the page may know of the clipboard, and do with it. */
export interface Clipboard {
  readonly rules: Rules;
  /** This browser's part in it is switched on. */
  readonly shared: boolean;
  /** On the desktop's clipboard. */
  readonly copied: Copied | undefined;
  /** Marked with the mouse on the desktop. */
  readonly marked: Copied | undefined;
  /** A copy from the desktop needs a click to be written here. */
  readonly offered: boolean;
  /** Bytes on their way that take longer than a moment. */
  readonly sending: number | undefined;
  /** Why the desktop did not get something. */
  readonly refused: ClipRefusal | undefined;
  share(on: boolean): void;
  /** Puts it on the clipboard here: within a gesture. Whether it is there. */
  copyHere(copied: Copied): Promise<boolean>;
  /** Puts it on the desktop's clipboard. */
  send(clip: Clip): Promise<Fate>;
}

export interface ClipboardHost {
  readonly field: HTMLElement;
  readonly store: Store;
  readonly apple: boolean;
  /** The browser's; tests have another. */
  readonly local?: Local;
  state(): State;
  /** The keyboard is the desktop's, and may act on it. */
  drives(): boolean;
  held(): readonly number[];
  type(text: string): void;
  tell(message: ToWorker): void;
  sendInput(message: ClientMessage, happened: number): void;
  changed(): void;
}

/** What waits for something that is on its way to the desktop. */
interface Errand {
  readonly clip: Clip;
  chord: Chord | undefined;
  done(fate: Fate): void;
}

/** A paste that takes longer lets other keys go first. */
const PATIENCE = 250;
/** So long is said that something was refused. */
const SAID = 8000;
const V = 0x76;

/** The page's half of the clipboard: gestures, the browser's clipboard, and what is shown of it. */
export class DesktopClipboard implements Clipboard {
  readonly gate: Gate;
  readonly #scope: Scope;
  readonly #host: ClipboardHost;
  readonly #local: Local;
  readonly #writer: Writer;
  readonly #errands = new Map<number, Errand>();
  #next = 0;
  #asked = false;
  #rules: Rules;
  #shared: boolean;
  #copied: Copied | undefined;
  #marked: Copied | undefined;
  /** What lay on the clipboard here when it was read last. */
  #here: Clip | undefined;
  #sending: { id: number; bytes: number } | undefined;
  #refused: ClipRefusal | undefined;
  #stopSaying: (() => void) | undefined;

  constructor(scope: Scope, host: ClipboardHost) {
    this.#scope = scope;
    this.#host = host;
    this.#local = host.local ?? local;
    this.#shared = host.store.get('clipboard') !== 'off';
    this.#rules = rulesOf(undefined, {});
    const after = (ms: number, run: () => void): (() => void) => scope.after(ms, run);
    this.gate = new Gate({ send: (...it) => host.sendInput(...it), held: () => host.held(), after });
    this.#writer = new Writer({
      now: () => performance.now(),
      inFront,
      isActive: () => navigator.userActivation?.isActive ?? true,
      canPromise: this.#local.canWrite,
      write: (clip) => this.#local.write(clip),
      writeSoon: (text) => this.#local.writeSoon(text),
      command: this.#local.canWrite ? undefined : (clip) => this.#local.command(clip),
      after,
      changed: () => host.changed(),
    });
    this.#watch();
  }

  get rules(): Rules {
    return this.#rules;
  }

  get shared(): boolean {
    return this.#shared;
  }

  get copied(): Copied | undefined {
    return this.#copied;
  }

  get marked(): Copied | undefined {
    return this.#marked;
  }

  get offered(): boolean {
    return this.#writer.offered;
  }

  get sending(): number | undefined {
    return this.#sending?.bytes;
  }

  get refused(): ClipRefusal | undefined {
    return this.#refused;
  }

  share(on: boolean): void {
    this.#shared = on;
    this.#host.store.set('clipboard', on ? 'on' : 'off');
    if (!on) this.#writer.drop();
    this.#host.changed();
  }

  copyHere({ clip }: Copied): Promise<boolean> {
    return this.#writer.writeNow(clip);
  }

  send(clip: Clip): Promise<Fate> {
    return new Promise((done) => {
      if (this.#mayDrive() && this.#rules.in && !isEmpty(clip)) this.#give(clip, done);
      else done('dropped');
    });
  }

  /** A key is pressed: whether it pastes what the browser is about to hand over. */
  pastes(event: KeyboardEvent): boolean {
    if (event.repeat || this.gate.isShut || !isPaste(event, this.#host.apple)) return false;
    if (!this.#shared || !this.#rules.in || !this.#mayDrive()) return false;
    this.gate.shut();
    return true;
  }

  /** The session has changed. */
  update(): void {
    const { settings, picks, link, role } = this.#host.state();
    this.#rules = rulesOf(settings, picks);
    if (link.name === 'none' || role !== 'controller') {
      this.#asked = false;
      this.#here = undefined;
      for (const id of [...this.#errands.keys()]) this.#gone(id, 'dropped');
      if (role !== 'controller') this.#forget();
      return;
    }
    if (this.#asked || link.name !== 'ready' || !settings) return;
    this.#asked = true;
    if (this.#rules.out) this.#host.tell({ do: 'send', text: encode({ type: 'fetch_clipboard' }) });
    this.#readAhead();
  }

  /** The worker says something about it. */
  heard(message: Extract<FromWorker, { is: 'clip' | 'clip-gone' }>): void {
    if (message.is === 'clip-gone') return this.#gone(message.id, message.fate);
    const { clip, primary, reply } = message.from;
    if (!this.#mayDrive() || !this.#rules.out) return;
    const copied: Copied | undefined = isEmpty(clip)
      ? undefined
      : { clip, bytes: sizeOf(clip), from: 'desktop', ...(reply ? {} : { at: Date.now() }) };
    if (primary) this.#marked = copied;
    else this.#copied = copied;
    if (copied && !primary && !reply && this.#shared) this.#writer.arrived(clip);
    this.#host.changed();
  }

  /** The server did not take what was sent. */
  refuse(why: ClipRefusal): void {
    this.#refused = why;
    this.#here = undefined;
    if (this.#copied?.from === 'here') this.#copied = undefined;
    this.#stopSaying?.();
    this.#stopSaying = this.#scope.after(SAID, () => {
      this.#refused = undefined;
      this.#host.changed();
    });
    this.#host.changed();
  }

  #watch(): void {
    this.#scope.listen<ClipboardEvent>(document, 'paste', (event) => this.#pasted(event), { capture: true });
    const capture = { capture: true, passive: true };
    this.#scope.listen<KeyboardEvent>(
      window,
      'keydown',
      (event) => {
        if (this.#shared && this.#rules.out && this.#host.drives() && isCopy(event, this.#host.apple))
          this.#writer.copying();
      },
      capture,
    );
    this.#scope.listen(window, 'pointerup', () => this.#writer.gesture(), capture);
    this.#scope.listen<KeyboardEvent>(
      window,
      'keyup',
      ({ key }) => {
        // Ctrl alone may be the beginning of a paste of something that lies here.
        if (!/^(Control|Meta|Shift|Alt)/.test(key)) this.#writer.gesture();
      },
      capture,
    );
    const front = (): void => {
      if (!inFront()) return;
      this.#writer.focused();
      this.#readAhead();
    };
    this.#scope.listen(window, 'focus', front);
    this.#scope.listen(document, 'visibilitychange', front);
    this.#scope.add(() => this.gate.open());
  }

  #pasted(event: ClipboardEvent): void {
    const { target } = event;
    const ours = target === this.#host.field || target === document.body || target === document.documentElement;
    if (!ours || !this.#host.drives()) return;
    const clip = fromPaste(event.clipboardData, this.#rules.binary);
    if (this.gate.isShut) {
      event.preventDefault();
      if (isEmpty(clip)) this.gate.open();
      else this.#paste(clip);
      return;
    }
    event.preventDefault();
    if (!this.#shared || !this.#rules.in || isEmpty(clip)) return;
    if (isTypable(clip)) return this.#host.type(clip.text ?? '');
    const id = this.#give(clip, () => {});
    const errand = this.#errands.get(id);
    if (errand) errand.chord = { modifiers: [CONTROL_L], key: V };
  }

  /** The key that pastes it waits at the gate. */
  #paste(clip: Clip): void {
    const id = this.#give(clip, () => this.gate.open());
    this.gate.keep(PATIENCE, () => {
      const chord = this.gate.openWithout();
      const errand = this.#errands.get(id);
      if (!errand) return;
      this.#errands.set(id, { clip, chord, done: () => {} });
      this.#sending = { id, bytes: sizeOf(clip) };
      this.#host.changed();
    });
  }

  #give(clip: Clip, done: (fate: Fate) => void): number {
    this.#next += 1;
    this.#errands.set(this.#next, { clip, chord: undefined, done });
    const { part, largest } = this.#rules;
    this.#host.tell({ do: 'clip', id: this.#next, clip, part, largest });
    return this.#next;
  }

  #gone(id: number, fate: Fate): void {
    const errand = this.#errands.get(id);
    if (!errand) return;
    this.#errands.delete(id);
    if (this.#sending?.id === id) this.#sending = undefined;
    if (fate === 'sent') {
      this.#copied = { clip: errand.clip, bytes: sizeOf(errand.clip), at: Date.now(), from: 'here' };
      // What is newer than a copy that waits here must not be overwritten by it.
      this.#writer.drop();
    }
    errand.done(fate);
    const there = fate === 'sent' || fate === 'known';
    if (errand.chord && there && this.#mayDrive()) this.gate.press(errand.chord, performance.now());
    if (fate === 'too_large') this.refuse('too_large');
    this.#host.changed();
  }

  /** Where reading is allowed already, a paste from a menu over there finds what lies here. */
  #readAhead(): void {
    // What was copied on the desktop and is not here yet must not be overwritten over there.
    const may = (): boolean => this.#shared && this.#rules.in && this.#mayDrive() && inFront() && !this.#writer.waits;
    if (!may()) return;
    const change = this.#copied;
    void this.#local.readIfAllowed(this.#rules.binary).then((clip) => {
      if (!clip || isEmpty(clip) || !may() || this.#copied !== change) return;
      // What was taken along once, and nobody has copied since, is no news.
      const before = this.#here;
      this.#here = clip;
      const known = before && isKnown(clip, before, clip.image?.size === before.image?.size);
      if (known) return;
      this.#give(clip, (fate) => {
        if (fate !== 'sent' && fate !== 'known') this.#here = undefined;
      });
    });
  }

  #mayDrive(): boolean {
    const { role, link } = this.#host.state();
    return role === 'controller' && link.name === 'ready';
  }

  #forget(): void {
    this.#copied = this.#marked = this.#refused = undefined;
    this.#writer.drop();
  }
}

function inFront(): boolean {
  return document.hasFocus() && document.visibilityState === 'visible';
}
