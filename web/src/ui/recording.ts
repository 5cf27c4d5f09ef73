import type { Client } from '../client.ts';
import { h, icon } from './dom.ts';
import { words } from './words.ts';

/** Says on the picture, for as long as it is so, that the microphone is on; a press turns it off. */
export function makeRecording({ audio }: Client): { element: HTMLElement; update(): void } {
  const text = words.sound;
  const off = h(
    'button',
    { type: 'button', class: 'recording', title: text.turnOff, onclick: () => audio.microphone.turn(false) },
    icon('mic', 'ic--s'),
    h('span', {}, text.speaking),
  );
  // The keyboard stays with the desktop.
  for (const type of ['pointerdown', 'mousedown']) off.addEventListener(type, (event) => event.preventDefault());
  const element = h('div', { role: 'status' });
  return {
    element,
    update() {
      const on = audio.microphone.state === 'on';
      if (on === off.isConnected) return;
      if (on) element.append(off);
      else off.remove();
    },
  };
}
