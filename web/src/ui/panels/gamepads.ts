import type { Client } from '../../client.ts';
import type { PadView } from '../../input/gamepads.ts';
import { button, h } from '../dom.ts';
import { drawPad } from '../paddrawing.ts';
import { fact, group, toggle } from '../rows.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

/** What the gamepads here do, and who they are over there. */
export function gamepadsPanel(host: PanelHost): Panel {
  const { client } = host;
  const text = words.gamepads;
  const pads = h('div', { class: 'stack' });
  const none = h('p', { class: 'cap' }, text.none);
  const touch = toggle(text.touch, text.touchHelp, (on) => host.showTouchpad(on));
  const who = fact(text.you, client.slots.length > 1 ? text.youHelp : undefined);
  const whole = h('div', { class: 'stack' }, pads, none, group([touch.element, who.element]));
  const off = h('p', { class: 'cap' }, text.off);
  const body = h('div', { class: 'stack' }, whole, off);
  let shown: { pad: PadView; element: HTMLElement; show(pad: PadView): void }[] = [];
  let shape = '';

  const build = (): void => {
    const now = client.gamepads.pads;
    const next = JSON.stringify(now.map(({ slot, name, layout, canRumble }) => [slot, name, layout, canRumble]));
    if (next === shape) return;
    shape = next;
    shown = now.map((pad) => ({ pad, ...section(pad) }));
    pads.replaceChildren(...shown.map(({ element }) => element));
  };
  const section = (pad: PadView): { element: HTMLElement; show(pad: PadView): void } => {
    const drawing = drawPad();
    const { slot } = pad;
    const title = slot === undefined ? text.full : text.player(slot + 1);
    const rumble =
      pad.canRumble && slot !== undefined ? button(text.test, 'btn--s', () => client.gamepads.test(slot)) : undefined;
    const element = h(
      'section',
      { 'aria-label': `${title}, ${pad.name}` },
      h('div', { class: 'lead' }, h('h3', {}, title), h('span', { class: 'cap' }, text.layouts[pad.layout])),
      h('div', { class: 'pad', dir: 'ltr' }, drawing.element),
      h('div', { class: 'pad__foot' }, h('bdi', { class: 'cap clip' }, pad.name), rumble),
    );
    return { element, show: ({ controls }) => drawing.show(controls) };
  };
  const show = (): void => {
    // Gone with the card: nobody looks any more.
    if (!body.isConnected && wasShown) {
      stop();
      return;
    }
    wasShown = body.isConnected;
    build();
    const now = client.gamepads.pads;
    for (const [index, { show }] of shown.entries()) {
      const pad = now[index];
      if (pad) show(pad);
    }
  };
  let wasShown = false;
  const stop = client.gamepads.watch(show);
  const update = (): void => {
    show();
    const { allowed } = client.gamepads;
    whole.hidden = !allowed;
    off.hidden = allowed;
    none.hidden = shown.length > 0;
    touch.set(host.touchpadShown());
    const slots = client.slots;
    who.set(text.player((slots[0] ?? 0) + 1));
  };
  return { title: words.places.gamepads, body, actions: [], update };
}

/** In a few words. */
export function gamepadsSummary({ gamepads }: Client): string {
  const { pads, allowed } = gamepads;
  return allowed ? words.gamepads.summary(pads.length) : words.off;
}
