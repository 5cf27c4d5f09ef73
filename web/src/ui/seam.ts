import type { Scope } from '../scope.ts';
import { button, h, icon, keys } from './dom.ts';
import { words } from './words.ts';

export interface SeamHost {
  /** What the pointer moves over. */
  readonly root: HTMLElement;
  readonly layer: HTMLElement;
  open(): void;
  /** A tap that was not meant for the seam. */
  tap(x: number, y: number): void;
}

const EDGE = 3;
const REACH = 90;
const NEAR = 60;
const REST = 350;
const LEAVE = 400;
const BRIGHT = 4000;
const SPOKEN = 6000;
const HINT = 12_000;
const PULL = 24;

/** The only thing on the picture at rest: a line at its edge, which becomes a tab when the pointer rests there. */
export class Seam {
  readonly #host: SeamHost;
  readonly #scope: Scope;
  readonly #line = h('div', { class: 'seam' });
  readonly #tab: HTMLButtonElement;
  readonly #strip = h('div', { class: 'strip' });
  #shown = false;
  #tabbed = false;
  #stopRest: (() => void) | undefined;
  #stopLeave: (() => void) | undefined;
  #stopFade: (() => void) | undefined;
  #say: HTMLElement | undefined;
  #hint: HTMLElement | undefined;

  constructor(scope: Scope, host: SeamHost) {
    this.#scope = scope;
    this.#host = host;
    this.#tab = h(
      'button',
      {
        type: 'button',
        class: 'tab on-picture',
        'aria-label': words.open,
        title: words.open,
        onclick: () => host.open(),
      },
      icon('mark'),
    );
    scope.listen<PointerEvent>(host.root, 'pointermove', (event) => this.#move(event), {
      capture: true,
      passive: true,
    });
    scope.listen<PointerEvent>(document.documentElement, 'pointerleave', (event) => this.#leave(event));
    this.#pull();
    scope.add(() => this.show(false));
  }

  /** Draws the line, or takes it away with all it says. */
  show(on: boolean): void {
    if (on === this.#shown) return;
    this.#shown = on;
    if (on) {
      this.#host.layer.append(this.#line, this.#strip);
      this.#brighten();
    } else {
      this.#untab();
      this.unhint();
      this.say(undefined);
      this.#line.remove();
      this.#strip.remove();
    }
  }

  /** One sentence out of the line, with at most one button; it draws back unless it stays. */
  say(text: string | undefined, act?: { label: string; run: () => void }, sign?: string): void {
    this.#say?.remove();
    this.#say = undefined;
    if (text === undefined || !this.#shown) return;
    const button_ = act && button(act.label, 'btn--s btn--main', act.run);
    const said = h('div', { class: act ? 'say' : 'say say--plain', role: 'status' }, h('span', {}, text), button_);
    if (sign !== undefined) said.prepend(icon(sign));
    this.#say = said;
    this.#host.layer.append(said);
    if (!act) this.#scope.after(SPOKEN, () => said.remove());
  }

  /** The first and only lesson. */
  hint(done: () => void): void {
    const touch = matchMedia('(pointer: coarse)').matches;
    const how = touch
      ? h('p', {}, words.hint.touch)
      : h('p', {}, words.hint.before, keys('Ctrl', 'Shift', 'M'), words.hint.after);
    const end = (): void => {
      this.unhint();
      done();
    };
    this.#hint = h(
      'div',
      { class: 'hint', role: 'note' },
      h('h2', {}, words.hint.title),
      how,
      h('div', {}, h('span', { class: 'cap' }, words.hint.once), button(words.hint.ok, 'btn--s btn--main', end)),
    );
    this.#host.layer.append(this.#hint);
    this.#scope.after(HINT, end);
  }

  unhint(): void {
    this.#hint?.remove();
    this.#hint = undefined;
  }

  #move(event: PointerEvent): void {
    if (!this.#shown || event.pointerType === 'touch') return;
    const box = this.#host.root.getBoundingClientRect();
    const rtl = document.documentElement.dir === 'rtl';
    const across = rtl ? box.right - event.clientX : event.clientX - box.left;
    const along = Math.abs(event.clientY - box.top - box.height / 2);
    if (across < NEAR && along < REACH * 2) this.#brighten();
    const rests = across <= EDGE && along <= REACH && event.buttons === 0;
    const over = this.#tabbed && (event.target as Element | null)?.closest?.('.tab') !== null;
    this.#rest(rests, over);
  }

  /** In a window the pointer that leaves over the edge is resting against it. */
  #leave(event: PointerEvent): void {
    if (!this.#shown || event.pointerType === 'touch' || event.buttons !== 0) return;
    const box = this.#host.root.getBoundingClientRect();
    const along = Math.abs(event.clientY - box.top - box.height / 2);
    this.#rest(event.clientX <= box.left && along <= REACH, false);
  }

  #rest(rests: boolean, over: boolean): void {
    if (rests || over) {
      this.#stopLeave?.();
      this.#stopLeave = undefined;
      if (!this.#tabbed && rests) this.#stopRest ??= this.#scope.after(REST, () => this.#tabUp());
      return;
    }
    this.#stopRest?.();
    this.#stopRest = undefined;
    if (this.#tabbed) this.#stopLeave ??= this.#scope.after(LEAVE, () => this.#untab());
  }

  #tabUp(): void {
    this.#stopRest = undefined;
    this.#tabbed = true;
    this.#line.remove();
    this.#host.layer.append(this.#tab);
  }

  #untab(): void {
    this.#stopRest?.();
    this.#stopLeave?.();
    this.#stopRest = this.#stopLeave = undefined;
    if (!this.#tabbed) return;
    this.#tabbed = false;
    this.#tab.remove();
    if (this.#shown) this.#host.layer.append(this.#line);
    this.#brighten();
  }

  #brighten(): void {
    this.#line.classList.remove('seam--faint');
    this.#stopFade?.();
    this.#stopFade = this.#scope.after(BRIGHT, () => this.#line.classList.add('seam--faint'));
  }

  /** A finger pulls the card out by the line; a tap there is for the desktop. */
  #pull(): void {
    let from: { x: number; y: number } | undefined;
    const strip = this.#strip;
    strip.addEventListener('pointerdown', (event) => {
      from = { x: event.clientX, y: event.clientY };
      strip.setPointerCapture(event.pointerId);
    });
    strip.addEventListener('pointermove', (event) => {
      if (!from || Math.abs(event.clientX - from.x) < PULL) return;
      from = undefined;
      this.#host.open();
    });
    strip.addEventListener('pointerup', () => {
      if (from) this.#host.tap(from.x, from.y);
      from = undefined;
    });
    strip.addEventListener('pointercancel', () => {
      from = undefined;
    });
  }
}
