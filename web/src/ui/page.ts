import type { Client } from '../client.ts';
import type { Second } from '../engine/messages.ts';
import type { Shortcut } from '../input/host.ts';
import { Scope } from '../scope.ts';
import { shows, textOf } from '../settings/rules.ts';
import { Card } from './card.ts';
import { button, h, icon } from './dom.ts';
import { makeHud } from './hud.ts';
import sprite from './icons.svg?raw';
import { makeKeybar } from './keybar.ts';
import { makeRecording } from './recording.ts';
import { Seam } from './seam.ts';
import type { Cover } from './states.ts';
import { coverChangesAt, coverKey, makeCover } from './states.ts';
import { Colours } from './theme.ts';
import { makeToasts } from './toasts.ts';
import { makeTouchpad } from './touchpad.ts';
import { Judge } from './verdict.ts';
import { words } from './words.ts';

const DAY = 86_400_000;

/** Everything around the picture: the seam, the card, the words when something is wrong. */
export class Page {
  readonly #scope = new Scope();
  readonly #root: HTMLElement;
  readonly #client: Client;
  readonly #layer = h('aside', { class: 'layer' });
  readonly #seam: Seam;
  readonly #card: Card;
  readonly #colours: Colours;
  readonly #hud: ReturnType<typeof makeHud>;
  readonly #toasts: ReturnType<typeof makeToasts>;
  readonly #recording: ReturnType<typeof makeRecording>;
  #keybar: ReturnType<typeof makeKeybar> | undefined;
  #hideKeyboard: (() => void) | undefined;
  #touchpad: ReturnType<typeof makeTouchpad> | undefined;
  #cover: Cover | undefined;
  #stopCover: (() => void) | undefined;
  #stopNotice: (() => void) | undefined;
  readonly #judge = new Judge();
  #judged: Second | undefined;
  #said = '';
  #hinted: boolean;
  #title = '';

  constructor(root: HTMLElement, client: Client) {
    this.#root = root;
    this.#client = client;
    this.#hinted = client.store.get('hint') === 'seen';
    this.#layer.setAttribute('aria-label', words.name);
    root.append(this.#layer);
    this.#scope.add(() => this.#layer.remove());
    this.#colours = new Colours(this.#scope, client.store);
    this.#addSprite();
    this.#seam = new Seam(this.#scope, {
      root,
      layer: this.#layer,
      open: () => this.#card.open(),
      tap: (x, y) => client.tap(x, y),
    });
    this.#card = new Card({
      client,
      colours: this.#colours,
      layer: this.#layer,
      title: () => this.#title,
      toggled: (open) => this.#toggled(open),
      verdict: () => this.#judge.verdict,
      hudPinned: () => this.#hud.element.isConnected,
      pinHud: (on) => this.#pinHud(on),
      fullscreen: () => void client.flipFullscreen(),
      gaming: () => {
        const on = !client.gaming;
        if (on) this.#card.close();
        client.setGaming(on);
      },
      canFullscreen: () => document.fullscreenEnabled,
      showKeyboard: () => this.#showKeyboard(),
      touchpadShown: () => this.#touchpad !== undefined,
      showTouchpad: (on) => this.#showTouchpad(on),
    });
    this.#hud = makeHud(client, () => this.#judge.verdict);
    this.#toasts = makeToasts(client);
    this.#recording = makeRecording(client);
    this.#layer.append(this.#toasts.element, this.#recording.element);
    this.#scope.add(() => {
      this.#card.close();
      this.#keybar?.end();
      this.#touchpad?.end();
      this.#hud.element.remove();
    });
    if (client.store.get('hud') === 'pinned') this.#pinHud(true);
    this.#scope.listen(document, 'fullscreenchange', () => this.#card.update());
    // The focus may have gone with a control that is no longer there: Esc works all the same.
    this.#scope.listen<KeyboardEvent>(window, 'keydown', (event) => {
      if (event.target === document.body) this.#card.key(event);
    });
    this.#scope.add(client.subscribe(() => this.#update()));
    this.#update();
    // Text, from an input method or a phone, arrives only where the focus is.
    if (!this.#cover) client.giveKeyboard('desktop');
  }

  /** One of the keys that are not the desktop's. */
  shortcut(name: Shortcut): void {
    if (name === 'fullscreen') {
      void this.#client.flipFullscreen();
      return;
    }
    if (name === 'gamepad') {
      this.#showTouchpad(!this.#touchpad);
      return;
    }
    if (this.#card.isOpen) this.#card.close();
    else if (this.#seamAllowed()) this.#card.open();
  }

  /** A press on the picture closes the card; true keeps it from the desktop. */
  pressed({ touch }: { touch: boolean }): boolean {
    this.#seam.unhint();
    if (!this.#card.isOpen) return false;
    if (this.#card.pinned && !touch) {
      this.#client.giveKeyboard('desktop');
      return false;
    }
    this.#card.close();
    return touch;
  }

  dispose(): void {
    this.#scope.dispose();
  }

  #addSprite(): void {
    const parsed = new DOMParser().parseFromString(sprite, 'image/svg+xml').documentElement;
    const icons = document.importNode(parsed, true);
    icons.setAttribute('class', 'sprite');
    icons.setAttribute('aria-hidden', 'true');
    this.#layer.append(icons);
  }

  #seamAllowed(): boolean {
    const { phase, settings } = this.#client.state;
    return phase.name === 'streaming' && shows(settings, 'ui_show_sidebar');
  }

  #toggled(open: boolean): void {
    if (open) {
      this.#seam.show(false);
      this.#hinted = true;
      this.#client.store.set('hint', 'seen');
      this.#client.giveKeyboard('page');
    } else {
      this.#client.giveKeyboard('desktop');
      this.#said = '';
    }
    if (!open) this.#update();
  }

  #update(): void {
    const { state } = this.#client;
    const title = textOf(state.settings, 'ui_title') ?? words.name;
    if (title !== this.#title) {
      this.#title = title;
      document.title = title;
      const screen = this.#root.querySelector('#screen');
      screen?.setAttribute('aria-label', words.screenLabel(title));
      screen?.setAttribute('aria-description', words.screenHelp);
    }
    this.#updateCover();
    this.#look();
    const allowed = this.#seamAllowed() && !this.#cover;
    if (!allowed && this.#card.isOpen) this.#card.close();
    this.#seam.show(allowed && !this.#card.isOpen);
    if (this.#touchpad && !this.#touchpadAllowed()) this.#showTouchpad(false);
    this.#speak();
    this.#card.update();
    this.#toasts.update();
    this.#recording.update();
    if (this.#hud.element.isConnected) this.#hud.update();
    if (state.phase.name === 'streaming' && state.simple && !state.ability.secure) this.#notice();
  }

  #look(): void {
    const { history, trace } = this.#client;
    if (history.at(-1) === this.#judged) return;
    this.#judged = history.at(-1);
    this.#judge.second(history, trace);
  }

  #updateCover(): void {
    const { state } = this.#client;
    const now = performance.now();
    const key = coverKey(state, now);
    if (key !== this.#cover?.key) {
      this.#cover?.element.remove();
      this.#cover = key === undefined ? undefined : makeCover(key, this.#client, this.#title);
      if (this.#cover) this.#coverWith(this.#cover);
      else this.#client.giveKeyboard(this.#card.isOpen ? 'page' : 'desktop');
    }
    this.#cover?.tick(now);
    this.#stopCover?.();
    const next = coverChangesAt(state.phase, now);
    const second = this.#cover ? 1000 - (now % 1000) : undefined;
    const wait = Math.min(
      next === undefined ? Number.POSITIVE_INFINITY : next - now,
      second ?? Number.POSITIVE_INFINITY,
    );
    this.#stopCover = Number.isFinite(wait) ? this.#scope.after(wait + 1, () => this.#update()) : undefined;
  }

  #coverWith(cover: Cover): void {
    this.#layer.append(cover.element);
    if (!cover.element.querySelector('[role="alertdialog"]')) return;
    this.#client.giveKeyboard('page');
    cover.element.querySelector<HTMLElement>('.btn--main')?.focus({ preventScroll: true });
  }

  /** What the seam has to say about how things are, said once per change. */
  #speak(): void {
    const { state, pointerLocked, gaming, keepsKeys, audio } = this.#client;
    this.#layer.toggleAttribute('data-locked', pointerLocked);
    if (!this.#seamAllowed() || this.#card.isOpen || this.#cover) return;
    const wait = matchMedia('(pointer: coarse)').matches ? 'soundTouch' : 'sound';
    const locked = keepsKeys ? 'lockedHeld' : 'locked';
    const what = pointerLocked
      ? locked
      : gaming
        ? 'lockNext'
        : state.paused
          ? 'paused'
          : audio.sound.waits
            ? wait
            : state.role === 'viewer'
              ? 'watching'
              : 'nothing';
    if (what !== this.#said) {
      this.#said = what;
      const resume = { label: words.say.resume, run: () => this.#client.decide({ type: 'pause', paused: false }) };
      if (what === 'nothing') this.#seam.say(undefined);
      else
        this.#seam.say(
          words.say[what],
          what === 'paused' ? resume : undefined,
          what === wait ? 'sound-off' : undefined,
        );
    }
    if (this.#hinted || what !== 'nothing') return;
    this.#hinted = true;
    this.#seam.hint(() => this.#client.store.set('hint', 'seen'));
  }

  #pinHud(on: boolean): void {
    this.#client.store.set('hud', on ? 'pinned' : 'no');
    if (on) this.#layer.append(this.#hud.element);
    else this.#hud.element.remove();
    if (on) this.#hud.update();
  }

  #touchpadAllowed(): boolean {
    return this.#client.state.phase.name === 'streaming' && this.#client.gamepads.allowed;
  }

  #showTouchpad(on: boolean): void {
    if (on === (this.#touchpad !== undefined) || (on && !this.#touchpadAllowed())) return;
    const before = this.#touchpad;
    this.#touchpad = undefined;
    before?.end();
    if (on) {
      // Both want the lower part of the screen.
      this.#hideKeyboard?.();
      this.#touchpad = makeTouchpad(this.#client);
      this.#layer.append(this.#touchpad.element);
    }
    this.#card.update();
  }

  #showKeyboard(): void {
    this.#card.close();
    this.#showTouchpad(false);
    this.#client.showKeyboard(true);
    this.#keybar?.end();
    const hide = (): void => {
      this.#hideKeyboard = undefined;
      this.#keybar?.end();
      this.#keybar = undefined;
      this.#client.showKeyboard(false);
    };
    this.#hideKeyboard = hide;
    this.#keybar = makeKeybar(this.#client, {
      hide,
      menu: () => {
        hide();
        this.#card.open();
      },
    });
    this.#layer.append(this.#keybar.element);
  }

  /** Once a day: this works, and would work better at another address. */
  #notice(): void {
    if (this.#stopNotice) return;
    this.#stopNotice = () => {};
    const seen = Number(this.#client.store.get('simple') ?? 0);
    if (Date.now() - seen < DAY) return;
    this.#client.store.set('simple', String(Date.now()));
    const text = words.insecure;
    const secure = new URL(location.href);
    secure.protocol = 'https:';
    const notice = h(
      'section',
      { class: 'notice', role: 'status' },
      icon('shield'),
      h(
        'div',
        { class: 'grow' },
        h('h2', {}, text.simple),
        h('p', {}, text.simpleText),
        h(
          'div',
          { class: 'acts' },
          button(text.action, 'btn--main btn--s', () => location.assign(secure.href)),
          button(text.stay, 'btn--s btn--quiet', () => notice.remove()),
        ),
      ),
    );
    this.#layer.append(notice);
  }
}
