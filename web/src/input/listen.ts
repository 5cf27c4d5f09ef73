import type { Scope } from '../scope.ts';
import { listenToFingers } from './fingers.ts';
import { Grab } from './grab.ts';
import type { InputHost, Point } from './host.ts';
import { Keyboard } from './keyboard.ts';
import { listenToKeys } from './keys.ts';
import { listenToMouse } from './mouse.ts';
import { LEFT, Pointer } from './pointer.ts';
import { listenToText } from './text.ts';

/** What the rest of the page may ask of the input. */
export interface Input {
  readonly keyboard: Keyboard;
  readonly grab: Grab;
  /** Fingers move the pointer rather than being it. */
  readonly trackpad: { readonly on: boolean; set(on: boolean): void };
  /** Where on the surface the person pointed last, which is where they type. */
  readonly anchor: Point;
  /** Lets go of every key and button. */
  release(): void;
  focus(): void;
  /** A click of the left button at a point of the page. */
  tap(x: number, y: number): void;
}

const HEARTBEAT = 100;

/** Listens until the scope ends. */
export function listen(scope: Scope, host: InputHost): Input {
  const moment = new Moment(scope);
  const pointer = new Pointer((message) => host.send(message, moment.last));
  const keyboard = new Keyboard((message) => {
    host.send(message, moment.last);
    if (message.type === 'key_down') beat();
  }, host.system);

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

  let anchor: Point = { x: 0, y: 0 };
  const text = listenToText(scope, host, keyboard, () => anchor);
  const points = (x: number, y: number, press: boolean): void => {
    const { left, top } = host.surface.getBoundingClientRect();
    anchor = { x: x - left, y: y - top };
    if (press) text.forget();
    host.pointed();
  };
  const release = (): void => {
    keyboard.releaseAll();
    pointer.releaseAll();
  };
  const focus = (): void => host.field.focus({ preventScroll: true });
  const grab = new Grab(scope, host);
  listenToKeys(scope, host, keyboard);
  listenToMouse(scope, host, { pointer, keyboard, grab, focus, points });
  const trackpad = listenToFingers(scope, host, { pointer, keyboard, focus, points, now: () => moment.isNow() });

  for (const [target, type] of [
    [window, 'blur'],
    [window, 'pagehide'],
    [document, 'fullscreenchange'],
    [document, 'pointerlockchange'],
  ] as const)
    scope.listen(target, type, release);
  scope.listen(document, 'visibilitychange', () => {
    if (document.visibilityState === 'hidden') release();
  });
  scope.add(release);
  const tap = (x: number, y: number): void => {
    if (!host.drives()) return;
    const at = host.toStream(x, y);
    moment.isNow();
    points(x, y, true);
    for (const mask of [0, LEFT, 0]) pointer.at(at.x, at.y, mask);
  };
  return {
    keyboard,
    grab,
    trackpad,
    get anchor() {
      return anchor;
    },
    release,
    focus,
    tap,
  };
}

/** What a person does. Each of it reaches `window` before any other listener. */
const DEEDS = [
  'keydown',
  'keyup',
  'pointerdown',
  'pointermove',
  'pointerrawupdate',
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
