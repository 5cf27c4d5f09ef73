import type { Client } from '../client.ts';
import * as sym from '../input/keysyms.ts';
import { h, icon } from './dom.ts';
import { words } from './words.ts';

const PLAIN: readonly (readonly [label: string, keysym: number])[] = [
  ['Esc', sym.ESCAPE],
  ['Tab', sym.TAB],
];
const MODIFIERS: readonly (readonly [label: string, keysym: number])[] = [
  ['Ctrl', sym.CONTROL_L],
  ['Alt', sym.ALT_L],
  ['Super', sym.SUPER_L],
];
const ARROWS: readonly (readonly [name: 'left' | 'down' | 'up' | 'right', keysym: number])[] = [
  ['left', sym.LEFT],
  ['down', sym.DOWN],
  ['up', sym.UP],
  ['right', sym.RIGHT],
];
const REPEAT_AFTER = 400;
const REPEAT = 60;

/** The keys a phone's keyboard lacks, above it while it is up. */
export function makeKeybar(
  client: Client,
  host: { menu(): void; hide(): void },
): { element: HTMLElement; end(): void } {
  const { keyboard } = client;
  const key = (label: string, keysym: number): HTMLElement =>
    h('button', { type: 'button', onclick: () => keyboard.tap(keysym) }, label);
  const modifiers = MODIFIERS.map(([label, keysym]) => modifier(client, label, keysym));
  const functions = h('div', { class: 'keybar__fn', hidden: true });
  for (const row of [0, 6]) {
    const six = Array.from({ length: 6 }, (_, index) => key(`F${row + index + 1}`, sym.F1 + row + index));
    functions.append(h('div', { class: 'keybar__row keybar__row--fn' }, ...six));
  }
  const more = h('button', { type: 'button', 'aria-expanded': 'false', 'aria-label': words.moreKeys }, 'Fn');
  more.addEventListener('click', () => {
    functions.hidden = !functions.hidden;
    more.setAttribute('aria-expanded', String(!functions.hidden));
    more.setAttribute('aria-label', functions.hidden ? words.moreKeys : words.fewerKeys);
  });
  const plain = (name: string, label: string, run: () => void): HTMLElement =>
    h('button', { type: 'button', class: 'plain', 'aria-label': label, onclick: run }, icon(name));
  const element = h(
    'div',
    {
      class: 'keybar',
      role: 'toolbar',
      'aria-label': words.onScreenKeys,
      // The field keeps the focus, or the keyboard would go away.
      onpointerdown: (event: PointerEvent) => event.preventDefault(),
    },
    functions,
    h(
      'div',
      { class: 'keybar__row' },
      ...PLAIN.map(([label, keysym]) => key(label, keysym)),
      ...modifiers.map((m) => m.element),
      more,
    ),
    h(
      'div',
      { class: 'keybar__row' },
      plain('mark', words.menu, host.menu),
      ...ARROWS.map(([name, keysym]) => repeating(client, name, keysym)),
      plain('keyboard-hide', words.hideKeyboard, host.hide),
    ),
  );
  return {
    element,
    end() {
      for (const { end } of modifiers) end();
      element.remove();
    },
  };
}

/** One tap: for the next key. Two: held. Once more: off. */
function modifier(client: Client, label: string, keysym: number): { element: HTMLElement; end(): void } {
  const name = `bar ${label}`;
  let mode: 'off' | 'once' | 'held' = 'off';
  const element = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => press() }, label);
  const stop = client.keyboard.afterKey(() => {
    if (mode === 'once') set('off');
  });
  const set = (next: typeof mode): void => {
    mode = next;
    element.className = mode === 'off' ? '' : mode;
    element.setAttribute('aria-pressed', String(mode !== 'off'));
    if (mode === 'off') client.keyboard.letGo(name);
    else client.keyboard.hold(name, keysym);
  };
  const press = (): void => set(mode === 'off' ? 'once' : mode === 'once' ? 'held' : 'off');
  return {
    element,
    end() {
      stop();
      set('off');
    },
  };
}

function repeating(client: Client, name: 'left' | 'down' | 'up' | 'right', keysym: number): HTMLElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => clearTimeout(timer);
  const again = (): void => {
    client.keyboard.tap(keysym);
    timer = setTimeout(again, REPEAT);
  };
  return h(
    'button',
    {
      type: 'button',
      'aria-label': words.directions[name],
      onpointerdown: () => {
        client.keyboard.tap(keysym);
        timer = setTimeout(again, REPEAT_AFTER);
      },
      onpointerup: end,
      onpointercancel: end,
      onpointerleave: end,
    },
    icon(`${name}-arrow`, 'ic--s'),
  );
}
