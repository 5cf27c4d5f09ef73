import type { Client } from '../client.ts';
import { SILENT_FOR } from '../session/reconnect.ts';
import type { Phase, State } from '../session/state.ts';
import { button, h, icon, iconButton, setText, svg } from './dom.ts';
import { words } from './words.ts';

/** What covers the picture, if anything: the same key means the same elements. */
export interface Cover {
  readonly key: string;
  readonly element: HTMLElement;
  /** Shows how far it is; called once a second and at each change. */
  tick(now: number): void;
}

/** Nothing is shown before this. */
const QUIET = 250;
/** A wait of this length needs a word. */
const LONG = 8000;

/** Which cover a state needs now. */
export function coverKey(state: State, now: number): string | undefined {
  const { phase } = state;
  switch (phase.name) {
    case 'streaming':
      return state.desktop === 'well' ? undefined : `desktop-${state.desktop}`;
    case 'connecting':
      return now - phase.since >= QUIET ? 'connecting' : undefined;
    case 'lost':
      return now - phase.since >= SILENT_FOR ? 'lost' : undefined;
    case 'unsupported':
      return `unsupported-${phase.why}`;
    case 'refused':
      return phase.reason === undefined ? 'refused' : 'ended';
    default:
      return phase.name;
  }
}

/** When a cover would change by time alone, if it would. */
export function coverChangesAt(phase: Phase, now: number): number | undefined {
  const times =
    phase.name === 'connecting'
      ? [phase.since + QUIET, phase.since + LONG]
      : phase.name === 'lost'
        ? [phase.since + SILENT_FOR]
        : [];
  return times.find((time) => time > now);
}

/** Builds the cover of that key. */
export function makeCover(key: string, client: Client, title: string): Cover {
  const build = COVERS[key] ?? COVERS.left;
  const made = build ? build(client, title) : { element: h('div', {}) };
  return { key, element: made.element, tick: made.tick ?? (() => {}) };
}

type Build = (client: Client, title: string) => { element: HTMLElement; tick?: (now: number) => void };

const COVERS: Readonly<Record<string, Build>> = {
  connecting,
  lost: (client) => {
    const text = words.lost;
    const count = ring();
    const sentence = h('span', { 'aria-hidden': 'true' });
    const more = h('p', { class: 'more num', 'aria-hidden': 'true' });
    const lostAt = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
    const element = veiled(
      card({
        head: count.element,
        title: text.title,
        text: h('p', {}, text.text, sentence),
        acts: [button(text.action, 'btn--main', () => client.decide({ type: 'try-now' }))],
        more,
      }),
    );
    let whole = 1;
    return {
      element,
      tick(now) {
        const { at, tries } = client.state.retry;
        const left = at === undefined ? 0 : Math.max(0, at - now);
        const seconds = Math.ceil(left / 1000);
        whole = left > whole ? left : at === undefined ? 1 : whole;
        count.show(at === undefined ? '…' : String(Math.max(1, seconds)), at === undefined ? 1 : left / whole);
        setText(sentence, at === undefined ? text.now : text.again(Math.max(1, seconds)));
        setText(more, text.more(Math.max(1, tries), lostAt));
      },
    };
  },
  stopped: (client) => {
    const text = words.stopped;
    const more = h('p', { class: 'more num', 'aria-hidden': 'true' });
    const acts = [button(text.action, 'btn--main', () => client.decide({ type: 'try-now' }))];
    return {
      element: veiled(card({ icon: 'plug', title: text.title, text: h('p', {}, text.text), acts, more })),
      tick(now) {
        const { at } = client.state.retry;
        setText(more, text.more(at === undefined ? 0 : Math.ceil((at - now) / 1000)));
      },
    };
  },
  taken: (client) => {
    const text = words.taken;
    const acts = [
      button(text.watch, '', () => client.decide({ type: 'watch' })),
      button(text.back, 'btn--main', () => client.decide({ type: 'take-back' })),
    ];
    return { element: veiled(card({ icon: 'screens', title: text.title, text: h('p', {}, text.text), acts })) };
  },
  refused: () => {
    const text = words.refused;
    const acts = [button(text.action, 'btn--main', () => location.reload())];
    return {
      element: bare(card({ icon: 'lock', kind: 'warn', title: text.title, text: h('p', {}, text.text), acts })),
    };
  },
  ended: (client) => {
    const text = words.refused;
    const { phase } = client.state;
    const reason = phase.name === 'refused' ? (phase.reason ?? '') : '';
    const acts = [button(text.again, 'btn--main', () => client.decide({ type: 'try-now' }))];
    return {
      element: veiled(card({ icon: 'plug', kind: 'warn', title: text.reason, text: h('p', {}, reason), acts })),
    };
  },
  left: (client) => {
    const text = words.left;
    const acts = [button(text.action, 'btn--main', () => client.decide({ type: 'try-now' }))];
    return { element: veiled(card({ icon: 'power', title: text.title, text: h('p', {}, text.text), acts })) };
  },
  'desktop-lost': () => {
    const text = words.desktopLost;
    return {
      element: veiled(card({ icon: 'broken', kind: 'warn', title: text.title, text: h('p', {}, text.text), acts: [] })),
    };
  },
  'desktop-restarted': (client) => {
    const text = words.restarted;
    const at = new Date().toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
    const acts = [button(text.action, 'btn--main', () => client.decide({ type: 'continue' }))];
    const more = h('p', { class: 'more num' }, text.more(at));
    return { element: veiled(card({ icon: 'retry', title: text.title, text: h('p', {}, text.text), acts, more })) };
  },
  'unsupported-insecure': () => {
    const text = words.insecure;
    const secure = secureAddress();
    const shown = h('div', { class: 'endpoint' }, h('bdi', { class: 'mono grow clip' }, secure), selectButton(secure));
    const acts = [button(text.action, 'btn--main', () => location.assign(secure))];
    const more = h('p', { class: 'more' }, text.more);
    return {
      element: bare(
        card({
          icon: 'shield',
          kind: 'warn',
          title: text.title,
          text: h('p', {}, text.text),
          extra: shown,
          acts,
          more,
        }),
      ),
    };
  },
  'unsupported-codec': (client) => {
    const text = words.codec;
    const { phase } = client.state;
    const jpeg = phase.name === 'unsupported' && phase.jpeg;
    const acts = jpeg ? [button(text.action, 'btn--main', () => client.decide({ type: 'use-jpeg' }))] : [];
    const more = jpeg ? h('p', { class: 'more' }, text.more) : undefined;
    return {
      element: bare(card({ icon: 'video', kind: 'warn', title: text.title, text: h('p', {}, text.text), acts, more })),
    };
  },
  'unsupported-mode': (client) => {
    const text = words.mode;
    const acts = [button(text.again, 'btn--main', () => client.decide({ type: 'try-now' }))];
    return {
      element: bare(card({ icon: 'plug', kind: 'warn', title: text.title, text: h('p', {}, text.text), acts })),
    };
  },
};

function connecting(client: Client, title: string): { element: HTMLElement; tick(now: number): void } {
  const text = words.connecting;
  const bar = h('i', {});
  const what = h('p', { class: 'what' });
  const small = h('small', {});
  const element = h(
    'div',
    { class: 'start', role: 'status' },
    h(
      'div',
      { class: 'start__in' },
      icon('mark', 'mark'),
      h('h1', {}, title),
      h('div', { class: 'line' }, bar),
      what,
      small,
    ),
  );
  return {
    element,
    tick(now) {
      const { phase } = client.state;
      if (phase.name !== 'connecting') return;
      const step = { reach: 1, enter: 2, picture: 3 }[phase.step];
      bar.style.setProperty('--v', String(step / 3));
      const waited = now - phase.since;
      const long = waited >= LONG;
      const seconds = Math.round(waited / 1000);
      bar.classList.toggle('is-long', waited >= 1000);
      if (!long) {
        setText(what, text[phase.step]);
        setText(small, text.step(step));
        return;
      }
      setText(what, phase.step === 'reach' ? text.still : text.slow);
      setText(small, phase.step === 'reach' ? text.stillHelp(seconds) : text.slowHelp(seconds));
    },
  };
}

interface CardParts {
  head?: HTMLElement;
  icon?: string;
  kind?: 'warn' | 'bad' | 'good';
  title: string;
  text: HTMLElement;
  extra?: HTMLElement;
  acts: readonly HTMLElement[];
  more?: HTMLElement | undefined;
}

function card(parts: CardParts): HTMLElement {
  const bubble = h(
    'div',
    { class: `bub ${parts.kind ? `bub--${parts.kind}` : ''}` },
    icon(parts.icon ?? 'info', 'ic--l'),
  );
  parts.text.id = 'state-text';
  return h(
    'div',
    {
      class: 'state__card',
      role: 'alertdialog',
      'aria-modal': 'true',
      'aria-labelledby': 'state-title',
      'aria-describedby': 'state-text',
    },
    parts.head ?? bubble,
    h('h1', { id: 'state-title' }, parts.title),
    parts.text,
    parts.extra,
    parts.acts.length > 0 && h('div', { class: 'acts' }, ...parts.acts),
    parts.more,
  );
}

/** Over the last picture, which stays. */
function veiled(inside: HTMLElement): HTMLElement {
  return h('div', { class: 'cover' }, h('div', { class: 'veil' }), h('div', { class: 'state' }, inside));
}

/** Where there was no picture yet. */
function bare(inside: HTMLElement): HTMLElement {
  return h('div', { class: 'cover' }, h('div', { class: 'start' }), h('div', { class: 'state' }, inside));
}

function ring(): { element: HTMLElement; show(text: string, part: number): void } {
  const round = 2 * Math.PI * 28;
  const circle = (kind: string): SVGElement => svg('circle', { class: kind, cx: 32, cy: 32, r: 28 });
  const go = circle('go');
  const number = h('b', {});
  const drawing = svg('svg', { viewBox: '0 0 64 64', 'aria-hidden': 'true' }, circle('rest'), go);
  const element = h('div', { class: 'ring', 'aria-hidden': 'true' });
  element.append(drawing, number);
  return {
    element,
    show(text, part) {
      setText(number, text);
      go.setAttribute('stroke-dasharray', `${(round * Math.min(1, Math.max(0, part))).toFixed(1)} ${round.toFixed(1)}`);
    },
  };
}

function secureAddress(): string {
  const url = new URL(location.href);
  url.protocol = 'https:';
  return url.href;
}

/** An insecure page has no clipboard: the address is selected, ready for Ctrl C. */
function selectButton(address: string): HTMLElement {
  const copy = iconButton('copy', words.insecure.copy, () => {
    const text = copy.parentElement?.querySelector('.mono');
    if (text) getSelection()?.selectAllChildren(text);
    void navigator.clipboard?.writeText(address);
  });
  return copy;
}
