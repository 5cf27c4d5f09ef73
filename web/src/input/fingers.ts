import type { Scope } from '../scope.ts';
import { Coast, gain } from './coast.ts';
import type { InputHost, Point } from './host.ts';
import type { Keyboard } from './keyboard.ts';
import type { Pointer } from './pointer.ts';
import { capture, LEFT, RIGHT } from './pointer.ts';
import type { Gesture } from './touch.ts';
import { Touch } from './touch.ts';

export interface FingerParts {
  readonly pointer: Pointer;
  readonly keyboard: Keyboard;
  focus(): void;
  /** The person points at this place of the page, or presses there. */
  points(x: number, y: number, press: boolean): void;
  /** Something happens that has no event of its own. */
  now(): void;
}

/** The trackpad that the whole picture can be. */
export interface Trackpad {
  readonly on: boolean;
  set(on: boolean): void;
}

/** Gives fingers to the desktop, as the pointer or as what moves it. */
export function listenToFingers(scope: Scope, host: InputHost, parts: FingerParts): Trackpad {
  const { surface } = host;
  const { pointer, keyboard } = parts;
  let trackpad = false;
  /** Where the pointer is in trackpad mode, within the picture. */
  let spot: Point | undefined;
  let last: Point = { x: 0, y: 0 };
  let steered = 0;
  let stopHold: (() => void) | undefined;
  let stopCoast: (() => void) | undefined;
  const touch = new Touch(() => trackpad);
  const coast = new Coast();

  const place = ({ x, y }: Point, mask: number): void => {
    last = { x, y };
    const at = host.toStream(x, y);
    pointer.at(at.x, at.y, mask);
  };
  /** The point of the page where the trackpad's pointer is, after moving it. */
  const steer = (dx: number, dy: number): Point => {
    const { left, top, width, height } = host.bounds();
    const { x, y } = spot ?? { x: width / 2, y: height / 2 };
    const within = (value: number, most: number): number => Math.max(0, Math.min(most - 1, value));
    spot = { x: within(x + dx, width), y: within(y + dy, height) };
    host.pointAt(spot);
    return { x: left + spot.x, y: top + spot.y };
  };
  const target = (at: Point | undefined): Point => at ?? steer(0, 0);
  const click = (at: Point, button: number): void => {
    parts.points(at.x, at.y, true);
    for (const mask of [0, button, 0]) place(at, mask);
    keyboard.used();
  };
  const runOut = (at: Point): void => {
    stopCoast = scope.frame(() => {
      parts.now();
      const { across, down } = coast.step(performance.now());
      place(at, pointer.mask);
      pointer.wheel(across, down);
      if (coast.running && host.drives()) runOut(at);
    });
  };
  const act = (gesture: Gesture, now: number): void => {
    switch (gesture.do) {
      case 'move':
        return place(gesture.at, pointer.mask);
      case 'steer': {
        const by = gain(gesture.dx, gesture.dy, now - steered);
        steered = now;
        const at = steer(gesture.dx * by, gesture.dy * by);
        parts.points(at.x, at.y, false);
        return place(at, pointer.mask);
      }
      case 'press':
        if (trackpad) last = target(undefined);
        parts.points(last.x, last.y, true);
        return place(last, LEFT);
      case 'release':
        place(last, 0);
        return keyboard.used();
      case 'click':
        return click(target(gesture.at), gesture.button === 'left' ? LEFT : RIGHT);
      case 'scroll': {
        const { across, down } = coast.move(gesture.dx, gesture.dy, now);
        place(target(gesture.at), pointer.mask);
        return pointer.wheel(across, down);
      }
      case 'coast':
        if (coast.leave(now)) runOut(target(gesture.at));
        return undefined;
      case 'zoom':
        place(target(gesture.at), pointer.mask);
        return keyboard.withControl(() => pointer.wheel(0, -gesture.notches));
      case 'menu':
        return host.shortcut('menu');
    }
  };
  const run = (gestures: Gesture[], now: number): void => {
    for (const gesture of gestures) if (host.drives() || gesture.do === 'menu') act(gesture, now);
    stopHold?.();
    const at = touch.holdAt;
    stopHold =
      at === undefined
        ? undefined
        : scope.after(Math.max(0, at - performance.now()), () => {
            parts.now();
            run(touch.hold(performance.now()), performance.now());
          });
  };
  const withheld = new Set<number>();
  const on = (type: string, then: (event: PointerEvent, now: number) => void): void => {
    scope.listen<PointerEvent>(surface, type, (event) => {
      if (event.pointerType === 'touch') then(event, performance.now());
    });
  };
  const finger = ({ pointerId, clientX, clientY }: PointerEvent) => ({ id: pointerId, x: clientX, y: clientY });
  on('pointerdown', (event, now) => {
    stopCoast?.();
    coast.stop();
    if (host.pressed({ touch: true })) {
      withheld.add(event.pointerId);
      return;
    }
    capture(surface, event);
    parts.focus();
    steered = now;
    run(touch.down(finger(event), now), now);
  });
  on('pointermove', (event, now) => {
    if (!withheld.has(event.pointerId)) run(touch.move(finger(event), now), now);
  });
  on('pointerup', (event, now) => {
    if (!withheld.delete(event.pointerId)) run(touch.up(event.pointerId, now), now);
  });
  on('pointercancel', (event, now) => {
    if (!withheld.delete(event.pointerId)) run(touch.cancel(), now);
  });
  return {
    get on() {
      return trackpad;
    },
    set(on_) {
      if (on_ === trackpad) return;
      run(touch.cancel(), performance.now());
      trackpad = on_;
      if (!on_) host.pointAt(undefined);
      else if (host.drives()) place(steer(0, 0), 0);
      host.changed();
    },
  };
}
