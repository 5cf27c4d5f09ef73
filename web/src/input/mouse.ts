import type { Scope } from '../scope.ts';
import type { Grab } from './grab.ts';
import type { InputHost } from './host.ts';
import type { Keyboard } from './keyboard.ts';
import type { Pointer } from './pointer.ts';
import { capture, maskOf } from './pointer.ts';
import { Wheel } from './wheel.ts';

export interface MouseParts {
  readonly pointer: Pointer;
  readonly keyboard: Keyboard;
  readonly grab: Grab;
  focus(): void;
  /** The person points at this place of the page, or presses there. */
  points(x: number, y: number, press: boolean): void;
}

/** Gives mouse and pen to the desktop. */
export function listenToMouse(scope: Scope, host: InputHost, parts: MouseParts): void {
  const { surface } = host;
  const { pointer, keyboard, grab } = parts;
  /** Movement comes as it is read from the device, not once per frame. */
  let raw = false;
  let withheld = false;
  const follow = (event: PointerEvent, moves: boolean): void => {
    if (event.pointerType === 'touch' || !host.drives() || withheld) return;
    const mask = maskOf(event.buttons);
    if (grab.locked) {
      const scale = moves ? host.scale() : 0;
      pointer.by(event.movementX * scale, event.movementY * scale, mask);
    } else {
      const { x, y } = host.toStream(event.clientX, event.clientY);
      pointer.at(x, y, mask);
    }
  };
  const locks = (event: PointerEvent): boolean => {
    if (event.button !== 0 || grab.locked || event.pointerType !== 'mouse' || !host.drives()) return false;
    return grab.gaming || (event.ctrlKey && event.shiftKey);
  };
  const on = (type: string, then: (event: PointerEvent) => void): void => {
    scope.listen<PointerEvent>(surface, type, (event) => {
      if (event.pointerType !== 'touch') then(event);
    });
  };
  on('pointerdown', (event) => {
    keyboard.settle();
    keyboard.sync(event);
    if (locks(event)) {
      keyboard.releaseAll();
      withheld = true;
      void grab.lock();
      return;
    }
    withheld = host.pressed({ touch: false });
    parts.focus();
    if (withheld) return;
    if (!grab.locked) {
      capture(surface, event);
      parts.points(event.clientX, event.clientY, true);
    }
    follow(event, false);
  });
  on('pointerrawupdate', (event) => {
    raw = true;
    follow(event, true);
  });
  // Buttons pressed while another is held come as movement too.
  on('pointermove', (event) => {
    if (event.buttons === 0) withheld = false;
    follow(event, !raw);
  });
  on('pointerup', (event) => {
    follow(event, false);
    if (event.buttons !== 0) return;
    withheld = false;
    keyboard.used();
  });
  on('pointercancel', () => pointer.releaseAll());
  listenToWheel(scope, host, parts);
  // A browser's own menus, navigation by thumb buttons and text selection have no place on the picture.
  for (const type of ['contextmenu', 'mousedown', 'mouseup', 'auxclick', 'dragstart'])
    scope.listen(surface, type, (event) => event.preventDefault());
}

function listenToWheel(scope: Scope, host: InputHost, { pointer, keyboard, grab }: MouseParts): void {
  const wheel = new Wheel();
  const turn = (event: WheelEvent): void => {
    event.preventDefault();
    if (!host.drives()) return;
    keyboard.settle();
    if (!grab.locked) {
      const { x, y } = host.toStream(event.clientX, event.clientY);
      pointer.at(x, y, pointer.mask);
    }
    if (event.ctrlKey && !keyboard.controlHeld) {
      const notches = wheel.pinch(event);
      if (notches !== 0) keyboard.withControl(() => pointer.wheel(0, notches));
      return;
    }
    const { across, down } = wheel.turn(event);
    // With Shift browsers turn the wheel sideways; the desktop has the Shift, and does so itself.
    if (event.shiftKey && event.deltaY === 0 && keyboard.shiftHeld) pointer.wheel(0, across);
    else pointer.wheel(across, down);
  };
  scope.listen(host.surface, 'wheel', turn, { passive: false });
}
