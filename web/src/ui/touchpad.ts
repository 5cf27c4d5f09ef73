import type { Client } from '../client.ts';
import { BUTTON } from '../input/gamepad.ts';
import type { At, Part } from '../input/gamepad-touch.ts';
import { Fingers } from '../input/gamepad-touch.ts';
import type { Child } from './dom.ts';
import { h, icon } from './dom.ts';
import { words } from './words.ts';

/** Sticks and buttons drawn on the picture, for thumbs. */
export function makeTouchpad(client: Client): { element: HTMLElement; end(): void } {
  const fingers = new Fingers();
  const shown: { show(): void }[] = [];
  const lit: [HTMLElement, number][] = [];

  const tell = (): void => {
    const { controls } = fingers;
    client.gamepads.touch(controls);
    for (const [element, index] of lit) element.classList.toggle('on', controls.buttons[index] !== 0);
    for (const { show } of shown) show();
  };
  /** A part that fingers act on, from when they come down until they leave the screen. */
  const zone = (name: string, part: Part, ...children: Child[]): HTMLElement => {
    const at = (event: PointerEvent): At => {
      const { left, top, width, height } = element.getBoundingClientRect();
      const radius = Math.min(width, height) / 2;
      return { x: (event.clientX - left - width / 2) / radius, y: (event.clientY - top - height / 2) / radius };
    };
    const up = (event: PointerEvent): void => {
      fingers.up(event.pointerId, event.timeStamp);
      tell();
    };
    const element = h(
      'div',
      {
        class: name,
        onpointerdown: (event: PointerEvent) => {
          event.preventDefault();
          element.setPointerCapture(event.pointerId);
          fingers.down(event.pointerId, part, at(event), event.timeStamp);
          tell();
        },
        onpointermove: (event: PointerEvent) => {
          if (!element.hasPointerCapture(event.pointerId)) return;
          fingers.move(event.pointerId, at(event));
          tell();
        },
        onpointerup: up,
        onpointercancel: up,
        oncontextmenu: (event: Event) => event.preventDefault(),
      },
      ...children,
    );
    if (part.kind === 'button') lit.push([element, part.index]);
    return element;
  };
  const key = (name: string, index: number, ...children: Child[]): HTMLElement => {
    const element = h('i', { class: name }, ...children);
    lit.push([element, index]);
    return element;
  };
  const stick = (side: string, axis: 0 | 2, click: number): HTMLElement => {
    const knob = h('i', { class: 'knob' });
    const element = zone(`stick ${side}`, { kind: 'stick', axis, click }, knob);
    lit.push([knob, click]);
    const show = (): void => {
      const { x, y } = fingers.stick(axis);
      element.style.setProperty('--x', String(x));
      element.style.setProperty('--y', String(y));
      element.classList.toggle('pushed', x !== 0 || y !== 0);
    };
    shown.push({ show });
    return element;
  };
  const button = (name: string, index: number, child: Child): HTMLElement =>
    zone(name, { kind: 'button', index }, child);
  const arrow = (name: 'up' | 'down' | 'left' | 'right'): HTMLElement =>
    key(name, BUTTON[name], icon(`${name}-arrow`, 'ic--s'));

  const element = h(
    'div',
    { class: 'touchpad', role: 'group', 'aria-label': words.gamepads.touch, dir: 'ltr' },
    button('p l2', BUTTON.l2, 'L2'),
    button('p l1', BUTTON.l1, 'L1'),
    button('p r2', BUTTON.r2, 'R2'),
    button('p r1', BUTTON.r1, 'R1'),
    button('mid select', BUTTON.select, icon('select', 'ic--s')),
    button('mid start', BUTTON.start, icon('start', 'ic--s')),
    stick('left-stick', 0, BUTTON.l3),
    stick('right-stick', 2, BUTTON.r3),
    zone('dpad', { kind: 'dpad' }, arrow('up'), arrow('down'), arrow('left'), arrow('right')),
    zone(
      'faces',
      { kind: 'faces' },
      key('a', BUTTON.a, 'A'),
      key('b', BUTTON.b, 'B'),
      key('x', BUTTON.x, 'X'),
      key('y', BUTTON.y, 'Y'),
    ),
  );
  // Fingers whose end nobody hears of, as when the page goes to the background.
  const forget = (): void => {
    fingers.clear();
    tell();
  };
  window.addEventListener('blur', forget);
  document.addEventListener('visibilitychange', forget);
  tell();
  return {
    element,
    end() {
      window.removeEventListener('blur', forget);
      document.removeEventListener('visibilitychange', forget);
      fingers.clear();
      client.gamepads.touch(undefined);
      element.remove();
    },
  };
}
