import { canKeepKeys } from '../../input/grab.ts';
import { systemOf } from '../../input/system.ts';
import { h, keys } from '../dom.ts';
import { group } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel } from './panel.ts';

/** What keys and fingers do. */
export function shortcutsPanel(): Panel {
  const text = words.shortcuts;
  const row = (label: string, how: HTMLElement | string): HTMLElement =>
    h('div', { class: 'row' }, h('span', { class: 'row__name' }, label), h('span', { class: 'row__val' }, how));
  const mac = systemOf(navigator.platform) === 'mac';
  const byKeys = [
    group([
      row(text.menu, keys('Ctrl', 'Shift', 'M')),
      row(text.fullscreen, keys('Ctrl', 'Shift', 'F')),
      row(text.touchpad, keys('Ctrl', 'Shift', 'G')),
      row(text.lock, keys('Ctrl', 'Shift', text.click)),
      row(text.free, keys('Esc')),
      ...(canKeepKeys() ? [row(text.leave, h('span', {}, `${text.esc} `, keys('Esc')))] : []),
    ]),
    group(
      [row(text.move, keys('↑', '↓', '←', '→')), row(text.next, keys('Tab')), row(text.escape, keys('Esc'))],
      text.while,
    ),
  ];
  const byTouch = group(
    [
      row(text.right, text.rightHow),
      row(text.drag, text.dragHow),
      row(text.scroll, text.scrollHow),
      row(text.zoom, text.zoomHow),
      row(text.menu, text.menuHow),
    ],
    text.touch,
  );
  const byTrackpad = group(
    [row(text.point, text.dragHow), row(text.drag, text.padDragHow), row(text.right, text.padRightHow)],
    text.trackpad,
  );
  // What the hand is on comes first.
  const groups = matchMedia('(pointer: coarse)').matches ? [byTouch, byTrackpad, ...byKeys] : [...byKeys, byTouch];
  const body = h(
    'div',
    { class: 'stack' },
    ...groups,
    h('p', { class: 'cap' }, mac ? `${text.rest} ${text.mac}` : text.rest),
  );
  return { title: words.places.shortcuts, body, actions: [], update: () => {} };
}
