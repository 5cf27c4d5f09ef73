import type { ClientMessage } from '../proto/messages.ts';
import type { Scope } from '../scope.ts';
import { difference, REST } from './composition.ts';
import { Keyboard } from './keyboard.ts';
import { BACKSPACE } from './keysyms.ts';
import { LEFT, maskOf, Pointer, RIGHT } from './pointer.ts';
import type { Gesture } from './touch.ts';
import { Touch } from './touch.ts';
import { Wheel } from './wheel.ts';

/** The few keys the page keeps for itself. */
export type Shortcut = 'menu' | 'fullscreen';

export interface InputHost {
  /** What the pointer acts on. */
  readonly surface: HTMLElement;
  /** Everything of this client: keys pressed in its controls are not the desktop's. */
  readonly container: HTMLElement;
  /** The field that receives text. */
  readonly field: HTMLTextAreaElement;
  readonly mac: boolean;
  /** `happened`: the time of the event behind it. */
  send(message: ClientMessage, happened: number): void;
  /** The stream's pixel under a point of the page. */
  toStream(x: number, y: number): { x: number; y: number };
  /** Pixels of the stream per CSS pixel. */
  scale(): number;
  /** May this page drive the desktop, and does the keyboard belong to it? */
  drives(): boolean;
  typing(): boolean;
  /** A key is pressed: true when it pastes, and the browser has to see it as well. */
  pastes(event: KeyboardEvent): boolean;
  /** A press on the picture; true keeps it from the desktop. */
  pressed(event: { touch: boolean }): boolean;
  shortcut(name: Shortcut): void;
  locked(on: boolean): void;
}

/** What the rest of the page may ask of the input. */
export interface Input {
  readonly keyboard: Keyboard;
  /** Lets go of every key and button. */
  release(): void;
  focus(): void;
  /** A click of the left button at a point of the page. */
  tap(x: number, y: number): void;
}

const HEARTBEAT = 100;
/** The field is emptied when so much has gathered in it. */
const LONG_TEXT = 200;

/** Listens until the scope ends. */
export function listen(scope: Scope, host: InputHost): Input {
  const moment = new Moment(scope);
  const pointer = new Pointer((message) => host.send(message, moment.last));
  const keyboard = new Keyboard((message) => {
    host.send(message, moment.last);
    beat();
  }, host.mac);

  let stopBeat: (() => void) | undefined;
  const beat = (): void => {
    stopBeat ??= scope.every(HEARTBEAT, () => {
      if (keyboard.held.length > 0) {
        keyboard.heartbeat();
        return;
      }
      stopBeat?.();
      stopBeat = undefined;
    });
  };

  const release = (): void => {
    keyboard.releaseAll();
    pointer.releaseAll();
  };
  const focus = (): void => host.field.focus({ preventScroll: true });

  listenToKeys(scope, host, keyboard);
  listenToText(scope, host, keyboard);
  listenToMouse(scope, host, pointer, keyboard, focus);
  listenToFingers(scope, host, pointer, moment, focus);

  scope.listen(window, 'blur', release);
  scope.listen(document, 'fullscreenchange', release);
  scope.listen(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') release();
  });
  scope.add(release);
  const tap = (x: number, y: number): void => {
    if (!host.drives()) return;
    const at = host.toStream(x, y);
    moment.isNow();
    for (const mask of [0, LEFT, 0]) pointer.at(at.x, at.y, mask);
  };
  return { keyboard, release, focus, tap };
}

/** What a person does. Each of it reaches `window` before any other listener. */
const DEEDS = [
  'keydown',
  'keyup',
  'pointerdown',
  'pointermove',
  'pointerup',
  'wheel',
  'input',
  'compositionend',
] as const;

/** When the person last did something, by the browser's own word; handlers may run later. */
class Moment {
  #last = 0;

  constructor(scope: Scope) {
    for (const deed of DEEDS)
      scope.listen(
        window,
        deed,
        (event) => {
          this.#last = event.timeStamp;
        },
        { capture: true, passive: true },
      );
  }

  get last(): number {
    return this.#last;
  }

  /** Something happens that has no event of its own. */
  isNow(): void {
    this.#last = performance.now();
  }
}

function listenToKeys(scope: Scope, host: InputHost, keyboard: Keyboard): void {
  const ours = (target: EventTarget | null): boolean =>
    target === host.field || target === document.body || target === document.documentElement;
  scope.listen<KeyboardEvent>(
    window,
    'keydown',
    (event) => {
      const shortcut = shortcutOf(event);
      if (shortcut && (ours(event.target) || host.container.contains(event.target as Node))) {
        event.preventDefault();
        if (event.repeat) return;
        keyboard.releaseAll();
        host.shortcut(shortcut);
        return;
      }
      if (!ours(event.target) || !host.typing() || !host.drives()) return;
      const pastes = host.pastes(event);
      if (keyboard.down(event) && !pastes) event.preventDefault();
    },
    { capture: true },
  );
  scope.listen<KeyboardEvent>(
    window,
    'keyup',
    (event) => {
      if (keyboard.up(event)) event.preventDefault();
    },
    { capture: true },
  );
}

function shortcutOf(event: KeyboardEvent): Shortcut | undefined {
  if (!event.ctrlKey || !event.shiftKey || event.altKey || event.metaKey) return undefined;
  const is = (letter: string): boolean => event.key.toLowerCase() === letter;
  if (is('m')) return 'menu';
  return is('f') ? 'fullscreen' : undefined;
}

function listenToText(scope: Scope, host: InputHost, keyboard: Keyboard): void {
  const { field } = host;
  let known = REST;
  let composing = false;
  const reset = (): void => {
    field.value = known = REST;
    field.setSelectionRange(REST.length, REST.length);
  };
  const take = (): void => {
    const { deleted, typed } = difference(known, field.value);
    known = field.value;
    if (!host.drives()) return;
    for (let count = 0; count < deleted; count += 1) keyboard.tap(BACKSPACE);
    keyboard.type(typed.replaceAll('\u00a0', ' '));
  };
  scope.listen(field, 'compositionstart', () => {
    composing = true;
  });
  scope.listen(field, 'compositionend', () => {
    composing = false;
    take();
    reset();
  });
  scope.listen(field, 'input', () => {
    // On-screen keyboards compose every word, and its letters are wanted as they come.
    if (composing && !coarse()) return;
    take();
    if (!composing && (!coarse() || field.value.length < REST.length || field.value.length > LONG_TEXT)) reset();
  });
  reset();
}

function listenToMouse(scope: Scope, host: InputHost, pointer: Pointer, keyboard: Keyboard, focus: () => void): void {
  const { surface } = host;
  const wheel = new Wheel();
  let waiting = false;
  const later = (): void => {
    if (waiting) return;
    waiting = true;
    scope.frame(() => {
      waiting = false;
      pointer.flush();
    });
  };
  const isLocked = (): boolean => document.pointerLockElement === surface;
  const follow = (event: PointerEvent): void => {
    if (event.pointerType === 'touch' || !host.drives()) return;
    const mask = maskOf(event.buttons);
    if (isLocked()) {
      pointer.by(event.movementX * host.scale(), event.movementY * host.scale(), mask);
    } else {
      const { x, y } = host.toStream(event.clientX, event.clientY);
      pointer.at(x, y, mask);
    }
    if (pointer.pending) later();
  };
  let withheld = false;
  scope.listen<PointerEvent>(surface, 'pointerdown', (event) => {
    if (event.pointerType === 'touch') return;
    if (event.button === 0 && event.ctrlKey && event.shiftKey && host.drives()) {
      keyboard.releaseAll();
      withheld = true;
      void lock(surface);
      return;
    }
    withheld = host.pressed({ touch: false });
    focus();
    if (withheld) return;
    if (!isLocked()) surface.setPointerCapture(event.pointerId);
    follow(event);
  });
  scope.listen<PointerEvent>(surface, 'pointermove', (event) => {
    if (!withheld) follow(event);
  });
  scope.listen<PointerEvent>(surface, 'pointerup', (event) => {
    if (!withheld) follow(event);
    if (event.buttons === 0) withheld = false;
  });
  scope.listen<PointerEvent>(surface, 'pointercancel', (event) => {
    if (event.pointerType !== 'touch') pointer.releaseAll();
  });
  scope.listen<WheelEvent>(
    surface,
    'wheel',
    (event) => {
      event.preventDefault();
      if (!host.drives()) return;
      const { across, down } = wheel.turn(event);
      if (across !== 0 || down !== 0) pointer.wheel(across, down);
    },
    { passive: false },
  );
  // A browser's own menus, navigation by thumb buttons and text selection have no place on the picture.
  for (const type of ['contextmenu', 'mousedown', 'mouseup', 'auxclick', 'dragstart'])
    scope.listen(surface, type, (event) => event.preventDefault());
  scope.listen(document, 'pointerlockchange', () => {
    pointer.releaseAll();
    keyboard.releaseAll();
    host.locked(isLocked());
  });
}

async function lock(surface: HTMLElement): Promise<void> {
  try {
    // Raw movement where there is such a thing.
    await surface.requestPointerLock({ unadjustedMovement: true });
  } catch {
    await Promise.resolve(surface.requestPointerLock()).catch(() => undefined);
  }
}

function listenToFingers(scope: Scope, host: InputHost, pointer: Pointer, moment: Moment, focus: () => void): void {
  const { surface } = host;
  const touch = new Touch();
  let stopHold: (() => void) | undefined;
  const place = (x: number, y: number, mask: number): void => {
    const at = host.toStream(x, y);
    pointer.at(at.x, at.y, mask);
    pointer.flush();
  };
  let last = { x: 0, y: 0 };
  const act = (gesture: Gesture): void => {
    switch (gesture.do) {
      case 'move':
        last = gesture;
        return place(gesture.x, gesture.y, pointer.mask);
      case 'press':
        return place(last.x, last.y, LEFT);
      case 'release':
        return place(last.x, last.y, 0);
      case 'click': {
        place(gesture.x, gesture.y, 0);
        place(gesture.x, gesture.y, gesture.button === 'left' ? LEFT : RIGHT);
        return place(gesture.x, gesture.y, 0);
      }
      case 'scroll':
        place(gesture.x, gesture.y, 0);
        return pointer.wheel(gesture.across, gesture.down);
      case 'menu':
        return host.shortcut('menu');
    }
  };
  const run = (gestures: Gesture[]): void => {
    for (const gesture of gestures) if (host.drives() || gesture.do === 'menu') act(gesture);
    stopHold?.();
    stopHold = undefined;
    const at = touch.holdAt;
    if (at !== undefined)
      stopHold = scope.after(Math.max(0, at - performance.now()), () => {
        moment.isNow();
        run(touch.hold(performance.now()));
      });
  };
  const finger = ({ pointerId, clientX, clientY }: PointerEvent): { id: number; x: number; y: number } => ({
    id: pointerId,
    x: clientX,
    y: clientY,
  });
  const withheld = new Set<number>();
  const on = (type: string, then: (event: PointerEvent) => void): void => {
    scope.listen<PointerEvent>(surface, type, (event) => {
      if (event.pointerType === 'touch') then(event);
    });
  };
  on('pointerdown', (event) => {
    if (host.pressed({ touch: true })) {
      withheld.add(event.pointerId);
      return;
    }
    surface.setPointerCapture(event.pointerId);
    focus();
    run(touch.down(finger(event), performance.now()));
  });
  on('pointermove', (event) => {
    if (!withheld.has(event.pointerId)) run(touch.move(finger(event)));
  });
  on('pointerup', (event) => {
    if (!withheld.delete(event.pointerId)) run(touch.up(event.pointerId, performance.now()));
  });
  on('pointercancel', (event) => {
    if (!withheld.delete(event.pointerId)) run(touch.cancel());
  });
}

function coarse(): boolean {
  return matchMedia('(pointer: coarse)').matches;
}
