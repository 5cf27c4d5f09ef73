import type { Client } from '../client.ts';
import { button, h, icon } from './dom.ts';
import { words } from './words.ts';

const text = words.clipboard;

/** Short words at the edge about what is copied, while they matter. */
export function makeToasts({ clipboard }: Client): { element: HTMLElement; update(): void } {
  const element = h('div', { class: 'toasts', role: 'status' });
  let drawn = '';
  const toast = (kind: string, sign: string, what: string, act?: HTMLElement): void => {
    const span = h('span', { class: 'grow' }, what);
    element.replaceChildren(h('div', { class: `toast ${kind}`.trim() }, icon(sign), span, act));
  };
  return {
    element,
    update() {
      const { refused, sending, offered, copied } = clipboard;
      const now = refused ?? (sending === undefined ? (offered ? 'offer' : '') : `sending ${sending}`);
      if (now === drawn) return;
      drawn = now;
      if (refused) toast('toast--warn', 'warn', text.refused[refused]);
      else if (sending !== undefined) toast('', 'clipboard', text.sending(words.bytes(sending)));
      else if (offered) {
        const copy = button(text.copy, 'btn--s btn--main', () => {
          if (copied) void clipboard.copyHere(copied);
        });
        // The keyboard stays with the desktop.
        copy.addEventListener('pointerdown', (event) => event.preventDefault());
        copy.addEventListener('mousedown', (event) => event.preventDefault());
        toast('', 'clipboard', text.offer, copy);
      } else element.replaceChildren();
    },
  };
}
