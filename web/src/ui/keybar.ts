import type { Client } from '../client.ts';
import * as sym from '../input/keysyms.ts';
import { h, icon } from './dom.ts';
import { words } from './words.ts';

type Named = readonly [label: string, keysym: number];

const PLAIN: readonly Named[] = [
  ['Esc', sym.ESCAPE],
  ['Tab', sym.TAB],
];
const MODIFIERS: readonly Named[] = [
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
const FUNCTIONS = Array.from({ length: 12 }, (_, index): Named => [`F${index + 1}`, sym.F1 + index]);
const EDITING: readonly Named[] = [
  ['Home', sym.HOME],
  ['End', sym.END],
  ['PgUp', sym.PAGE_UP],
  ['PgDn', sym.PAGE_DOWN],
  ['Ins', sym.INSERT],
  ['Del', sym.DELETE],
];
const REPEAT_AFTER = 400;
const REPEAT = 60;
/** What covers less than this is a bar of the browser and no keyboard. */
const KEYBOARD = 120;

export interface KeybarHost {
  menu(): void;
  hide(): void;
}

/** The keys a phone's keyboard lacks, above it while it is up. */
export function makeKeybar(client: Client, host: KeybarHost): { element: HTMLElement; end(): void } {
  const { keyboard } = client;
  const key = ([label, keysym]: Named): HTMLElement =>
    h('button', { type: 'button', onclick: () => keyboard.tap(keysym) }, label);
  const modifiers = MODIFIERS.map((named) => modifier(client, named));
  const functions = h('div', { class: 'keybar__fn', hidden: true });
  for (const row of [FUNCTIONS.slice(0, 6), FUNCTIONS.slice(6), EDITING])
    functions.append(h('div', { class: 'keybar__row keybar__row--fn' }, ...row.map(key)));
  const more = h('button', { type: 'button', 'aria-expanded': 'false', 'aria-label': words.moreKeys }, 'Fn');
  const plain = (name: string, label: string, run: () => void): HTMLElement =>
    h('button', { type: 'button', class: 'plain', 'aria-label': label, title: label, onclick: run }, icon(name));
  const trackpad = plain('trackpad', words.switches.trackpad, () => {
    client.setTrackpad(!client.trackpad);
    show();
  });
  const show = (): void => trackpad.setAttribute('aria-pressed', String(client.trackpad));
  show();
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
    h('div', { class: 'keybar__row' }, ...PLAIN.map(key), ...modifiers.map((m) => m.element), more),
    h(
      'div',
      { class: 'keybar__row' },
      plain('mark', words.menu, host.menu),
      ...ARROWS.map(([name, keysym]) => repeating(client, name, keysym)),
      trackpad,
      plain('keyboard-hide', words.hideKeyboard, host.hide),
    ),
  );
  const viewport = followKeyboard(client, element, host.hide);
  more.addEventListener('click', () => {
    functions.hidden = !functions.hidden;
    more.setAttribute('aria-expanded', String(!functions.hidden));
    more.setAttribute('aria-label', functions.hidden ? words.moreKeys : words.fewerKeys);
    more.replaceChildren(functions.hidden ? 'Fn' : icon('down', 'ic--s'));
    viewport.update();
  });
  return {
    element,
    end() {
      for (const { end } of modifiers) end();
      viewport.end();
      element.remove();
    },
  };
}

/** Keeps the bar above the keyboard of the system, and the picture's part that is typed in above the bar. */
function followKeyboard(client: Client, bar: HTMLElement, gone: () => void): { update(): void; end(): void } {
  const seen = globalThis.visualViewport;
  let was = false;
  const update = (): void => {
    if (!bar.isConnected) return;
    const bottom = seen ? seen.offsetTop + seen.height : innerHeight;
    const covered = Math.max(0, Math.round(innerHeight - bottom));
    // The person put it away by the system's own button.
    if (was && covered < KEYBOARD) {
      gone();
      return;
    }
    was = covered >= KEYBOARD;
    bar.style.setProperty('--kb', `${covered}px`);
    client.uncovered(bar.getBoundingClientRect().top);
  };
  seen?.addEventListener('resize', update);
  seen?.addEventListener('scroll', update);
  const frame = requestAnimationFrame(update);
  return {
    update,
    end() {
      cancelAnimationFrame(frame);
      seen?.removeEventListener('resize', update);
      seen?.removeEventListener('scroll', update);
      client.uncovered(undefined);
    },
  };
}

/** One tap: for the next key. Two: held. Once more: off. */
function modifier(client: Client, [label, keysym]: Named): { element: HTMLElement; end(): void } {
  const name = `bar ${label}`;
  let mode: 'off' | 'once' | 'held' = 'off';
  const element = h('button', { type: 'button', 'aria-pressed': 'false', onclick: () => press() }, label);
  const stop = client.keyboard.afterKey(() => {
    if (mode === 'once') set('off');
  });
  const show = (): void => {
    element.className = mode === 'off' ? '' : mode;
    element.setAttribute('aria-pressed', String(mode !== 'off'));
    if (mode === 'off') element.removeAttribute('aria-description');
    else element.setAttribute('aria-description', words.modifier[mode]);
  };
  const set = (next: typeof mode): void => {
    mode = next;
    show();
    if (mode === 'off') client.keyboard.letGo(name);
    else client.keyboard.hold(name, keysym);
  };
  const press = (): void => {
    // The page lost the focus meanwhile, and with it everything that was held.
    if (!client.keyboard.holds(name)) mode = 'off';
    set(mode === 'off' ? 'once' : mode === 'once' ? 'held' : 'off');
  };
  const stopShowing = client.subscribe(() => {
    if (mode === 'off' || client.keyboard.holds(name)) return;
    mode = 'off';
    show();
  });
  return {
    element,
    end() {
      stop();
      stopShowing();
      set('off');
    },
  };
}

export function repeating(client: Client, name: 'left' | 'down' | 'up' | 'right', keysym: number): HTMLElement {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const end = (): void => clearTimeout(timer);
  const strike = (next: number): void => {
    client.keyboard.tap(keysym);
    // A second finger on the key is no second key.
    end();
    timer = setTimeout(again, next);
  };
  const again = (): void => {
    // A bar that has gone hears of no finger that leaves it.
    if (key.isConnected) strike(REPEAT);
  };
  const key = h(
    'button',
    {
      type: 'button',
      'aria-label': words.directions[name],
      onpointerdown: () => strike(REPEAT_AFTER),
      onpointerup: end,
      onpointercancel: end,
      onpointerleave: end,
      // Of no pointer: a switch, or a screen reader.
      onclick: (event: MouseEvent) => event.detail === 0 && client.keyboard.tap(keysym),
    },
    icon(`${name}-arrow`, 'ic--s'),
  );
  return key;
}
