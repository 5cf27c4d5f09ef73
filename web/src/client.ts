import type { Audio } from './audio/audio.ts';
import { DesktopAudio } from './audio/audio.ts';
import { listensAtFirst } from './audio/sound.ts';
import { Stage } from './client/stage.ts';
import type { Clipboard } from './clipboard/clipboard.ts';
import { DesktopClipboard } from './clipboard/clipboard.ts';
import { DesktopCursor } from './cursor/cursor.ts';
import type { Engine } from './engine/engine.ts';
import { startEngine } from './engine/engine.ts';
import type { Heard, Second } from './engine/messages.ts';
import { Following } from './input/following.ts';
import type { Gamepads } from './input/gamepads.ts';
import { DesktopGamepads } from './input/gamepads.ts';
import type { Shortcut } from './input/host.ts';
import type { Keyboard } from './input/keyboard.ts';
import type { Input } from './input/listen.ts';
import { listen } from './input/listen.ts';
import { systemOf } from './input/system.ts';
import { encode } from './proto/encode.ts';
import { LIMIT } from './proto/generated.ts';
import type { ClientMessage, CursorShape } from './proto/messages.ts';
import { Scope } from './scope.ts';
import { mayReload, parseTimes } from './session/reconnect.ts';
import type { Effect, Event } from './session/reduce.ts';
import { reduce, wakeup } from './session/reduce.ts';
import { Silence } from './session/silence.ts';
import type { Placement } from './session/size.ts';
import type { Ability, Role, State } from './session/state.ts';
import { initial, parseSizing, stateName } from './session/state.ts';
import { entryOf, parsePicks } from './settings/rules.ts';
import { Store } from './store.ts';
import type { Report } from './trace/tracer.ts';
import { knock, socketUrl, status } from './transport/probe.ts';
import { ability } from './video/pipelines.ts';

/** What a page gives to have a desktop shown in one of its elements. */
export interface Options {
  /** Filled by the client, which needs it positioned and with a size. */
  readonly container: HTMLElement;
  /** Where the server is; the page's own address when absent. */
  readonly base?: string;
  readonly role?: Role;
  /** A viewer that plays along: its number, 2 to 4. */
  readonly player?: number | undefined;
  /** One of the keys the desktop does not get. */
  onShortcut?(name: Shortcut): void;
  /** A press on the picture; true keeps it from the desktop. */
  onPress?(press: { touch: boolean }): boolean;
  /** Stand-ins for tests. */
  readonly parts?: Partial<Parts>;
}

/** What of the outside may be replaced. */
export interface Parts {
  startEngine: typeof startEngine;
  ability(): Promise<Ability>;
  status: typeof status;
  knock: typeof knock;
  reload(): void;
}

/** The last minute, newest last. */
export type History = readonly Second[];

/** A desktop on a page. */
export interface Client {
  readonly state: State;
  readonly history: History;
  readonly pointerLocked: boolean;
  /** Of this browser and this desktop. */
  readonly store: Store;
  readonly keyboard: Keyboard;
  readonly clipboard: Clipboard;
  readonly gamepads: Gamepads;
  /** The desktop's slots for gamepads that are this page's. */
  readonly slots: readonly number[];
  readonly audio: Audio;
  /** Where the picture lies in the container. */
  readonly placement: Placement | undefined;
  /** Calls back when something above has changed; the result ends it. */
  subscribe(listener: () => void): () => void;
  /** A person's decision. */
  decide(event: Event): void;
  /** Who has the keyboard: the desktop, or the page's own controls. */
  giveKeyboard(to: 'desktop' | 'page'): void;
  /** Shows or hides the on-screen keyboard of a touch device. */
  showKeyboard(on: boolean): void;
  /** A click at a point of the page. */
  tap(x: number, y: number): void;
  /** Full screen with the pointer and every key for the desktop. */
  readonly gaming: boolean;
  setGaming(on: boolean): void;
  /** Fingers move the pointer as on a trackpad, rather than being it. */
  readonly trackpad: boolean;
  setTrackpad(on: boolean): void;
  /** The browser gives even Esc to the desktop, and the person holds it to get out. */
  readonly keepsKeys: boolean;
  /** Whether full screen takes the keys of the system as well. */
  keepKeys(on: boolean): void;
  flipFullscreen(): Promise<void>;
  /** Something covers the page below this line: moves the picture so that what is typed stays in sight. */
  uncovered(above: number | undefined): void;
  /** Where the time went, of the latest pictures and inputs on this link; nothing before the first. */
  readonly trace: Report | undefined;
  dispose(): void;
}

const MINUTE = 60;
const ALL_SLOTS: readonly number[] = Array.from({ length: LIMIT.gamepads }, (_, slot) => slot);

/** Shows a desktop in the container, from now until `dispose`. */
export function connect(options: Options): Client {
  return new Desktop(options);
}

class Desktop implements Client {
  readonly store: Store;
  readonly #scope = new Scope();
  readonly #options: Options;
  readonly #parts: Parts;
  readonly #base: string;
  readonly #stage: Stage;
  readonly #listeners = new Set<() => void>();
  readonly #input: Input;
  readonly clipboard: DesktopClipboard;
  readonly gamepads: DesktopGamepads;
  readonly audio: DesktopAudio;
  #engine: Engine | undefined;
  #state: State;
  #link = 0;
  readonly #follow = new Following();
  #history: Second[] = [];
  #trace: Report | undefined;
  readonly #cursor: DesktopCursor;
  #owner: 'desktop' | 'page' = 'desktop';
  #stopTimer: (() => void) | undefined;
  readonly #silence: Silence;

  constructor(options: Options) {
    this.#options = options;
    this.#parts = { ...PARTS, ...options.parts };
    this.#base = new URL('.', options.base ?? location.href).href;
    this.store = new Store(this.#base);
    this.#state = initial(
      {
        role: options.role ?? 'controller',
        ability: { h264: false, jpeg: false, secure: true },
        picks: parsePicks(this.store.get('picks')),
        sizing: parseSizing(this.store.get('size')),
        everyPixel: this.store.get('every-pixel') === 'yes',
        hidden: document.visibilityState === 'hidden',
        listens: listensAtFirst(this.store),
      },
      performance.now(),
    );
    this.#silence = new Silence({
      link: () => (this.#state.link.name === 'ready' && !this.#state.hidden ? this.#link : undefined),
      asks: async () => (await this.#parts.status(this.#base)) !== undefined,
      lost: () => this.decide({ type: 'unreachable' }),
    });
    this.#stage = new Stage(this.#scope, {
      container: options.container,
      stream: () => this.#state.stream,
      resized: (size, ratio) => this.decide({ type: 'window', size, ratio }),
      anchor: () => this.#input.anchor.y,
    });
    this.clipboard = new DesktopClipboard(this.#scope, {
      field: this.#stage.field,
      store: this.store,
      apple: systemOf(navigator.platform) === 'mac',
      state: () => this.#state,
      drives: () => this.#owner === 'desktop' && this.#drives(),
      held: () => this.#input.keyboard.held,
      type: (text) => this.#input.keyboard.type(text),
      tell: (message) => this.#engine?.tell(message),
      sendInput: (message, happened) => this.#sendInput(message, happened),
      changed: () => this.#changed(),
    });
    this.audio = new DesktopAudio(this.#scope, {
      store: this.store,
      state: () => this.#state,
      decide: (event) => this.decide(event),
      tell: (message, gives) => this.#engine?.tell(message, gives),
      changed: () => this.#changed(),
    });
    this.#input = listen(this.#scope, {
      surface: this.#stage.picture,
      container: options.container,
      field: this.#stage.field,
      system: systemOf(navigator.platform),
      send: (message, happened) => this.clipboard.gate.pass(message, happened),
      toStream: (x, y) => this.#stage.toStream(x, y),
      bounds: () => this.#stage.bounds,
      scale: () => this.#stage.scale,
      drives: () => this.#drives(),
      typing: () => this.#owner === 'desktop',
      pastes: (event) => this.clipboard.pastes(event),
      pressed: (press) => options.onPress?.(press) ?? false,
      shortcut: (name) => options.onShortcut?.(name),
      everyKey: () => this.store.get('every-key') !== 'no',
      // What the desktop draws itself is not drawn twice.
      pointAt: (at) => this.#stage.pointAt(this.#wantsCursorDrawn() ? undefined : at),
      pointed: () => this.#stage.pan(),
      changed: () => this.#changed(),
    });
    this.gamepads = new DesktopGamepads(this.#scope, {
      slots: () => this.slots,
      open: () => this.#state.link.name === 'ready',
      send: (message) => this.#send(message),
      changed: () => this.#changed(),
    });
    this.#cursor = new DesktopCursor({
      surface: this.#stage.picture,
      send: (message) => this.#send(message),
      scale: () => this.#stage.scale,
      drives: () => this.#drives(),
      wantsDrawn: () => this.#wantsCursorDrawn(),
      look: (look) => this.#stage.arrow.look(look),
    });
    this.#watch();
    this.#show();
    void this.#begin();
  }

  get state(): State {
    return this.#state;
  }

  get history(): History {
    return this.#history;
  }

  get trace(): Report | undefined {
    return this.#trace;
  }

  get pointerLocked(): boolean {
    return this.#input.grab.locked;
  }

  get gaming(): boolean {
    return this.#input.grab.gaming;
  }

  get keepsKeys(): boolean {
    return this.#input.grab.keys;
  }

  get trackpad(): boolean {
    return this.#input.trackpad.on;
  }

  get keyboard(): Keyboard {
    return this.#input.keyboard;
  }

  get slots(): readonly number[] {
    const enabled = entryOf(this.#state.settings ?? {}, 'gamepad_enabled');
    if (enabled?.kind !== 'toggle' || !enabled.value) return [];
    const { player } = this.#options;
    if (this.#state.role === 'controller') return ALL_SLOTS;
    return player === undefined ? [] : [player - 1];
  }

  get placement(): Placement | undefined {
    return this.#stage.placement;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  decide(event: Event): void {
    if (this.#scope.over) return;
    const { state, effects } = reduce(this.#state, event, performance.now());
    const before = this.#state;
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    this.#arm();
    if (before.stream !== state.stream) this.#stage.layout();
    if (before === state) return;
    this.clipboard.update();
    this.gamepads.update();
    this.audio.update();
    this.#changed();
  }

  giveKeyboard(to: 'desktop' | 'page'): void {
    this.#owner = to;
    if (to === 'page') this.#input.release();
    else this.#input.focus();
  }

  showKeyboard(on: boolean): void {
    this.#stage.showKeyboard(on);
    this.#input.focus();
  }

  tap(x: number, y: number): void {
    this.#input.tap(x, y);
  }

  setGaming(on: boolean): void {
    this.#input.grab.setGaming(on);
  }

  setTrackpad(on: boolean): void {
    this.#input.trackpad.set(on);
  }

  keepKeys(on: boolean): void {
    this.store.set('every-key', on ? 'yes' : 'no');
    this.#input.grab.keepKeys();
  }

  flipFullscreen(): Promise<void> {
    return this.#input.grab.flipFullscreen();
  }

  uncovered(above: number | undefined): void {
    this.#stage.uncovered(above);
  }

  dispose(): void {
    this.#engine?.tell({ do: 'close' });
    this.#scope.dispose();
    this.#listeners.clear();
    delete this.#options.container.dataset.state;
    delete this.#options.container.dataset.frames;
    delete this.#options.container.dataset.sink;
  }

  #watch(): void {
    this.#scope.listen(document, 'visibilitychange', () => this.#hidden(document.visibilityState === 'hidden'));
    this.#scope.listen(window, 'online', () => this.decide({ type: 'online' }));
    this.#scope.listen(window, 'focus', () => {
      if (this.#owner === 'desktop') this.#input.focus();
    });
    this.#stage.watch(this.#scope);
  }

  #hidden(hidden: boolean): void {
    this.#engine?.tell({ do: 'visible', on: !hidden });
    this.decide({ type: 'hidden', hidden });
  }

  async #begin(): Promise<void> {
    const able = await this.#parts.ability();
    if (this.#scope.over) return;
    this.#state = { ...this.#state, ability: able };
    if (able.h264 || able.jpeg) {
      const asked = new URLSearchParams(location.search).get('sink');
      const { canvas, video } = this.#stage;
      const screens = { canvas, video };
      this.#engine = this.#parts.startEngine(screens, asked, (message) => this.#heard(message));
      this.#scope.add(() => this.#engine?.dispose());
    }
    this.decide({ type: 'start' });
    const answer = await this.#parts.status(this.#base);
    if (answer?.mode !== undefined && answer.mode !== 'websockets') this.decide({ type: 'other-mode' });
  }

  #heard(message: Heard): void {
    if (message.is === 'stats') {
      this.#history = [...this.#history.slice(1 - MINUTE), message.second];
      this.#options.container.dataset.frames = String(message.second.total);
      this.#options.container.dataset.sink = message.second.way;
      this.#trace = message.second.trace ?? this.#trace;
      this.audio.second(message.second);
      this.#silence.second(message.second);
      if (!this.#state.hidden) this.#changed();
      return;
    }
    if (message.is === 'shown') return this.#stage.shows(message.on);
    if (message.is === 'sounds' || message.is === 'speechless') return this.audio.heard(message);
    // Words of a connection that was given up arrive late.
    if (message.link !== this.#link) return;
    switch (message.is) {
      case 'opened':
        this.#cursor.begin();
        return this.decide({ type: 'opened' });
      case 'closed':
        return this.decide({ type: 'closed', code: message.code, reason: message.reason, opened: message.opened });
      case 'message':
        if (message.message.type === 'clip_refused') return this.clipboard.refuse(message.message.why);
        if (message.message.type === 'microphone_disabled') return this.audio.microphone.refuse();
        if (message.message.type === 'rumble') return this.gamepads.rumble(message.message);
        if (message.message.type === 'cursor') return this.#shape(message.message);
        return this.decide({ type: 'message', message: message.message });
      case 'clip':
      case 'clip-gone':
        return this.clipboard.heard(message);
      case 'chunk':
        return this.decide({ type: 'chunk' });
      case 'painted':
        return this.decide({ type: 'painted', size: { width: message.width, height: message.height } });
      case 'refused':
        return this.decide({ type: 'codec-refused' });
      case 'silent':
        return this.decide({ type: 'unreachable' });
    }
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'open':
        this.#link += 1;
        this.#trace = undefined;
        return this.#engine?.tell({
          do: 'open',
          link: this.#link,
          url: socketUrl(this.#base, this.#state.role, this.#options.player),
          viewer: this.#state.role === 'viewer',
        });
      case 'close':
        this.#link += 1;
        return this.#engine?.tell({ do: 'close' });
      case 'send':
        return this.#send(effect.message);
      case 'release-keys':
        return this.#input.release();
      case 'store':
        return this.store.set('picks', JSON.stringify(this.#state.picks));
      case 'reload':
        return this.#reload();
      case 'probe':
        void this.#parts.knock(this.#base).then((verdict) => this.decide({ type: 'probed', verdict }));
        return undefined;
    }
  }

  #arm(): void {
    this.#stopTimer?.();
    const at = wakeup(this.#state);
    if (at === undefined || this.#scope.over) return;
    this.#stopTimer = this.#scope.after(Math.max(0, at - performance.now()), () => this.decide({ type: 'tick' }));
  }

  #send(message: ClientMessage): void {
    this.#engine?.tell({ do: 'send', text: encode(message) });
  }

  /** Input is followed on its way to the picture. */
  #sendInput(message: ClientMessage, happened: number): void {
    const text = encode(message);
    if (this.#follow.picks(message, performance.now())) this.#engine?.tell({ do: 'send', text, happened });
    else this.#engine?.tell({ do: 'send', text, moves: 'notches' in message && message.notches === 0 });
  }

  #drives(): boolean {
    const { role, link, phase } = this.#state;
    return role === 'controller' && link.name === 'ready' && phase.name === 'streaming';
  }

  #reload(): void {
    const now = Date.now();
    const times = parseTimes(sessionStorage.getItem('selkies reloads'));
    if (!mayReload(times, now)) return;
    sessionStorage.setItem('selkies reloads', JSON.stringify([...times.slice(-8), now]));
    this.#parts.reload();
  }

  #shape({ png, width, height, hot_x: hotX, hot_y: hotY }: CursorShape): void {
    this.#cursor.set({ png, width, height, hotX, hotY });
  }

  /** Under pointer lock the page does not know where the pointer is; and the operator may want it so. */
  #wantsCursorDrawn(): boolean {
    const own = entryOf(this.#state.settings ?? {}, 'use_browser_cursors');
    return this.pointerLocked || (own?.kind === 'toggle' && !own.value);
  }

  #show(): void {
    this.#options.container.dataset.state = stateName(this.#state);
  }

  #changed(): void {
    this.#show();
    this.#cursor.update();
    for (const listener of this.#listeners) listener();
  }
}

const PARTS: Parts = {
  startEngine,
  ability: async () => ({
    ...(await ability({
      VideoDecoder: globalThis.VideoDecoder,
      ImageDecoder: globalThis.ImageDecoder,
      createImageBitmap: globalThis.createImageBitmap,
      OffscreenCanvas: globalThis.OffscreenCanvas,
    })),
    secure: isSecureContext,
  }),
  status,
  knock,
  reload: () => location.reload(),
};
