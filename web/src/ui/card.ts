import { shows } from '../settings/rules.ts';
import { button, h, icon, iconButton, keys, setText } from './dom.ts';
import type { HomeHost } from './home.ts';
import { makeHome } from './home.ts';
import { clipboardPanel } from './panels/clipboard.ts';
import { gamepadsPanel } from './panels/gamepads.ts';
import { keysPanel } from './panels/keys.ts';
import type { Panel, Place } from './panels/panel.ts';
import { picturePanel } from './panels/picture.ts';
import { screenPanel } from './panels/screen.ts';
import { shortcutsPanel } from './panels/shortcuts.ts';
import { soundPanel } from './panels/sound.ts';
import { statsPanel } from './panels/stats.ts';
import type { Colours } from './theme.ts';
import { words } from './words.ts';

export interface CardHost extends Omit<HomeHost, 'go'> {
  readonly colours: Colours;
  /** Where the card is put. */
  readonly layer: HTMLElement;
  title(): string;
  /** The card came or went. */
  toggled(open: boolean): void;
}

/** The last panel is where the card opens again within this time. */
const REMEMBERED = 30_000;
/** A sheet dragged down by so much closes; up by so much, it fills the window. */
const FLICK = 60;

/** The one place everything opens from: home, and one panel behind it. */
export class Card {
  readonly #host: CardHost;
  readonly #home: HomeHost;
  #element: HTMLElement | undefined;
  #update: (() => void) | undefined;
  #place: Place | 'home' = 'home';
  #leftAt = Number.NEGATIVE_INFINITY;
  #full = false;
  pinned = false;

  constructor(host: CardHost) {
    this.#host = host;
    this.#home = { ...host, go: (place) => this.#show(place, 'next') };
  }

  get isOpen(): boolean {
    return this.#element !== undefined;
  }

  open(): void {
    if (this.#element) return;
    const recent = performance.now() - this.#leftAt < REMEMBERED;
    if (!recent) this.#place = 'home';
    this.#full = false;
    this.#show(this.#place, 'open');
    this.#host.toggled(true);
  }

  close(): void {
    if (!this.#element) return;
    this.#leftAt = performance.now();
    this.#element.remove();
    this.#element = this.#update = undefined;
    this.#host.toggled(false);
  }

  update(): void {
    this.#update?.();
  }

  #show(place: Place | 'home', how: 'open' | 'next' | 'back'): void {
    this.#place = place;
    const { head, body, foot, update, label } = place === 'home' ? this.#homePage() : this.#panelPage(place);
    const grip = h('div', { class: 'card__grip', 'aria-hidden': 'true' });
    const half = place === 'home' && !this.#full;
    const card = h(
      'section',
      {
        class: `card ${half ? 'card--half' : ''} ${how === 'open' ? '' : `card--${how}`}`,
        role: 'dialog',
        'aria-label': label,
        tabindex: -1,
        onkeydown: (event: KeyboardEvent) => this.key(event),
      },
      grip,
      head,
      body,
      foot,
    );
    this.#dragging(card, grip);
    this.#dragging(card, head);
    if (this.#element) this.#element.replaceWith(card);
    else this.#host.layer.append(card);
    this.#element = card;
    this.#update = update;
    update();
    (how === 'open' ? card : (body.querySelector<HTMLElement>('button:not([disabled]),input,select') ?? card)).focus({
      preventScroll: true,
    });
  }

  #homePage(): Page {
    const { client, colours } = this.#host;
    const title = h('h2', { class: 'grow clip' });
    const logo = icon('mark', 'mark');
    const pin = iconButton('pin', words.pin, () => {
      this.pinned = !this.pinned;
      update();
    });
    const head = h(
      'header',
      { class: 'head' },
      logo,
      title,
      h('span', { class: 'wide-only' }, pin),
      iconButton('close', words.close, () => this.close()),
    );
    const theme = iconButton('moon', words.themeShort, () => {
      colours.next();
      update();
    });
    const leave = (): void => {
      this.close();
      client.decide({ type: 'leave' });
    };
    const themeText = button(words.themeShort, 'btn--quiet', () => theme.click());
    themeText.prepend(icon('moon', 'ic--s'));
    const leaveText = button(words.leave, 'btn--quiet', leave);
    leaveText.prepend(icon('leave', 'ic--s'));
    const home = makeHome(this.#home, h('div', { class: 'tail' }, themeText, leaveText));
    const foot = h(
      'footer',
      { class: 'foot' },
      h('span', { class: 'cap grow' }, keys('Esc'), ` ${words.escape}`),
      theme,
      iconButton('leave', words.leave, leave),
    );
    const update = (): void => {
      setText(title, this.#host.title());
      logo.toggleAttribute('hidden', !shows(client.state.settings, 'ui_show_logo'));
      pin.setAttribute('aria-pressed', String(this.pinned));
      const name = words.theme[colours.theme];
      theme.setAttribute('aria-label', name);
      theme.title = name;
      const sign = `#i-${colours.theme === 'light' ? 'sun' : colours.theme === 'dark' ? 'moon' : 'auto'}`;
      for (const button of [theme, themeText]) button.querySelector('use')?.setAttribute('href', sign);
      home.update();
    };
    return { head, body: h('div', { class: 'body' }, home.body), foot, update, label: this.#host.title() };
  }

  #panelPage(place: Place): Page {
    const panel = PANELS[place](this.#home);
    const head = h(
      'header',
      { class: 'head head--page' },
      iconButton('back', words.back, () => this.#show('home', 'back')),
      h('h2', { class: 'grow' }, panel.title),
      ...panel.actions,
      iconButton('close', words.close, () => this.close()),
    );
    return { head, body: h('div', { class: 'body' }, panel.body), update: () => panel.update(), label: panel.title };
  }

  /** Esc goes back, then closes. */
  key(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.#element) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.#place === 'home') this.close();
    else this.#show('home', 'back');
  }

  /** On narrow boxes the card is a sheet that is pulled by its head. */
  #dragging(card: HTMLElement, handle: HTMLElement): void {
    let from: number | undefined;
    handle.addEventListener('pointerdown', (event) => {
      if (!isSheet(card) || (event.target as Element).closest('button')) return;
      from = event.clientY;
      handle.setPointerCapture(event.pointerId);
    });
    handle.addEventListener('pointermove', (event) => {
      if (from === undefined) return;
      const by = Math.max(0, event.clientY - from);
      card.style.setProperty('transform', `translateY(${by}px)`);
    });
    const end = (event: PointerEvent): void => {
      if (from === undefined) return;
      const by = event.clientY - from;
      from = undefined;
      card.style.removeProperty('transform');
      if (by > FLICK) this.close();
      else if (by < -FLICK / 2) {
        this.#full = true;
        card.classList.remove('card--half');
      }
    };
    handle.addEventListener('pointerup', end);
    handle.addEventListener('pointercancel', end);
  }
}

interface Page {
  head: HTMLElement;
  body: HTMLElement;
  foot?: HTMLElement;
  label: string;
  update(): void;
}

const PANELS: Readonly<Record<Place, (host: HomeHost) => Panel>> = {
  picture: picturePanel,
  screen: screenPanel,
  sound: soundPanel,
  clipboard: clipboardPanel,
  gamepads: gamepadsPanel,
  keys: keysPanel,
  shortcuts: shortcutsPanel,
  stats: statsPanel,
};

function isSheet(card: HTMLElement): boolean {
  return (card.parentElement?.parentElement?.clientWidth ?? innerWidth) <= 640;
}
