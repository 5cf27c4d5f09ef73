import type { Controls } from '../input/gamepad.ts';
import { BUTTON } from '../input/gamepad.ts';
import { svg } from './dom.ts';
import { words } from './words.ts';

const FACES: readonly (readonly [name: string, index: number, x: number, y: number])[] = [
  ['A', BUTTON.a, 262, 96],
  ['B', BUTTON.b, 286, 72],
  ['X', BUTTON.x, 238, 72],
  ['Y', BUTTON.y, 262, 48],
];
const SHELL =
  'M92 28h160c30 0 54 18 62 48l16 66c6 26-10 44-30 44-14 0-24-8-32-22l-6-10c-4-7-10-10-18-10H100c-8 0-14 3-18 10l-6 10c-8 14-18 22-32 22-20 0-36-18-30-44l16-66c8-30 32-48 62-48z';
/** One arm of the cross around its middle at 138, 112, the one that points up. */
const ARM = 'M131.5 107.5V93.5a2 2 0 0 1 2-2h9a2 2 0 0 1 2 2v14l-6.5 6.5z';
const ARMS: readonly (readonly [index: number, turn: number])[] = [
  [BUTTON.up, 0],
  [BUTTON.right, 90],
  [BUTTON.down, 180],
  [BUTTON.left, 270],
];
const STICKS: readonly (readonly [axis: number, click: number, x: number, y: number])[] = [
  [0, BUTTON.l3, 84, 72],
  [2, BUTTON.r3, 214, 112],
];
/** How far a stick moves on the drawing. */
const THROW = 11;

/** A gamepad that does what the one in the hand does. */
export function drawPad(): { element: SVGElement; show(controls: Controls): void } {
  const parts: ((controls: Controls) => void)[] = [];
  const lit = (index: number, ...elements: SVGElement[]): void => {
    parts.push(({ buttons }) => {
      for (const element of elements) element.classList.toggle('on', (buttons[index] ?? 0) > 0);
    });
  };
  const nodes: Node[] = [];
  const add = (tag: string, props: Readonly<Record<string, string | number>>): SVGElement => {
    const element = svg(tag, props);
    nodes.push(element);
    return element;
  };
  for (const [index, x] of [
    [BUTTON.l2, 66],
    [BUTTON.r2, 234],
  ] as const) {
    const box = { x, y: 1, width: 44, height: 8, rx: 4 };
    add('rect', { ...box, class: 'k' });
    const level = add('rect', { ...box, width: 0, class: 'on' });
    parts.push(({ buttons }) => {
      const value = buttons[index] ?? 0;
      level.setAttribute('width', String(44 * value));
      level.toggleAttribute('hidden', value === 0);
    });
  }
  lit(BUTTON.l1, add('rect', { x: 58, y: 14, width: 60, height: 9, rx: 4.5, class: 'k' }));
  lit(BUTTON.r1, add('rect', { x: 226, y: 14, width: 60, height: 9, rx: 4.5, class: 'k' }));
  add('path', { d: SHELL, class: 'shell' });
  for (const [index, turn] of ARMS)
    lit(index, add('path', { d: ARM, transform: `rotate(${turn} 138 114)`, class: 'k' }));
  lit(BUTTON.select, add('rect', { x: 138, y: 56, width: 20, height: 10, rx: 5, class: 'k' }));
  lit(BUTTON.start, add('rect', { x: 186, y: 56, width: 20, height: 10, rx: 5, class: 'k' }));
  lit(BUTTON.home, add('circle', { cx: 172, cy: 61, r: 9, class: 'k' }));
  for (const [name, index, x, y] of FACES) {
    const circle = add('circle', { cx: x, cy: y, r: 12, class: 'k' });
    const label = add('text', { x, y: y + 3.6 });
    label.textContent = name;
    lit(index, circle);
    parts.push(({ buttons }) => label.classList.toggle('ont', (buttons[index] ?? 0) > 0));
  }
  for (const [axis, click, x, y] of STICKS) {
    add('circle', { cx: x, cy: y, r: 23, class: 'k' });
    const knob = add('circle', { cx: x, cy: y, r: 12, class: 'shell' });
    const ring = add('circle', { cx: x, cy: y, r: 23, class: 'clicked' });
    parts.push(({ axes, buttons }) => {
      const [across = 0, along = 0] = axes.slice(axis);
      knob.setAttribute('cx', String(x + across * THROW));
      knob.setAttribute('cy', String(y + along * THROW));
      knob.classList.toggle('on', across !== 0 || along !== 0 || (buttons[click] ?? 0) > 0);
      ring.toggleAttribute('hidden', (buttons[click] ?? 0) === 0);
    });
  }
  const element = svg('svg', { viewBox: '0 0 344 196', role: 'img', 'aria-label': words.gamepads.drawing }, ...nodes);
  return {
    element,
    show(controls) {
      for (const part of parts) part(controls);
    },
  };
}
