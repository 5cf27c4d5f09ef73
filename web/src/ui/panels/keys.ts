import { canKeepKeys } from '../../input/grab.ts';
import * as sym from '../../input/keysyms.ts';
import { h } from '../dom.ts';
import { group, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

/** Keys a browser or its system keeps, with what is sent for them. */
const CHORDS: readonly (readonly [label: string, keysyms: readonly number[]])[] = [
  ['Ctrl Alt Del', [sym.CONTROL_L, sym.ALT_L, sym.DELETE]],
  ['Alt Tab', [sym.ALT_L, sym.TAB]],
  ['Super', [sym.SUPER_L]],
  ['Esc', [sym.ESCAPE]],
  ['Tab', [sym.TAB]],
  ['Alt F4', [sym.ALT_L, sym.F4]],
  ['Ctrl W', [sym.CONTROL_L, 0x77]],
  ['Ctrl T', [sym.CONTROL_L, 0x74]],
  ['Ctrl N', [sym.CONTROL_L, 0x6e]],
  ['Print', [sym.PRINT]],
  ['Menu', [sym.MENU]],
  ['Ctrl Alt T', [sym.CONTROL_L, sym.ALT_L, 0x74]],
];

const HELD: readonly (readonly [label: string, keysym: number])[] = [
  ['Ctrl', sym.CONTROL_L],
  ['Alt', sym.ALT_L],
  ['Shift', sym.SHIFT_L],
  ['Super', sym.SUPER_L],
];

/** Sends keys that this page never gets to see. */
export function keysPanel({ client }: PanelHost): Panel {
  const chord = (label: string, keysyms: readonly number[]): HTMLElement =>
    h('button', { type: 'button', onclick: () => client.keyboard.chord(keysyms) }, label);
  const holds = HELD.map(([label, keysym]) => {
    const key = `held ${label}`;
    const button = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => flip() }, label);
    const flip = (): void => {
      if (client.keyboard.holds(key)) client.keyboard.letGo(key);
      else client.keyboard.hold(key, keysym);
      show();
    };
    const show = (): void => button.setAttribute('aria-pressed', String(client.keyboard.holds(key)));
    return { button, show };
  });
  const functions = Array.from({ length: 12 }, (_, index) => chord(`F${index + 1}`, [sym.F1 + index]));
  const everyKey = toggle(words.everyKey, words.everyKeyHelp, (on) => client.keepKeys(on));
  const body = h(
    'div',
    { class: 'stack' },
    h('p', { class: 'cap' }, words.keysHelp),
    h('div', { class: 'keysgrid' }, ...CHORDS.map(([label, keysyms]) => chord(label, keysyms))),
    section(
      words.hold,
      'keysgrid keysgrid--4',
      holds.map(({ button }) => button),
    ),
    section(words.functionKeys, 'keysgrid keysgrid--4', functions),
    h('p', { class: 'cap' }, words.holdHelp),
    canKeepKeys() && group([everyKey.element]),
  );
  const update = (): void => {
    for (const { show } of holds) show();
    everyKey.set(client.store.get('every-key') !== 'no');
  };
  return { title: words.places.keys, body, actions: [], update };
}

function section(title: string, kind: string, children: HTMLElement[]): HTMLElement {
  return h('div', {}, h('div', { class: 'lead' }, h('h3', {}, title)), h('div', { class: kind }, ...children));
}
