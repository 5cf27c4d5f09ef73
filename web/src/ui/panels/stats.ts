import type { Second } from '../../engine/messages.ts';
import { h, icon, iconButton, setText } from '../dom.ts';
import { scaleFor, spark } from '../spark.ts';
import type { Verdict } from '../verdict.ts';
import { judge } from '../verdict.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost } from './panel.ts';

const text = words.stats;

/** One curve of the last minute. */
interface Curve {
  readonly label: string;
  readonly least: number;
  of(second: Second): number;
  say(value: number): string;
}

const CURVES: readonly Curve[] = [
  { label: text.frames, least: 30, of: (second) => second.frames, say: words.fps },
  { label: text.data, least: 1e6, of: (second) => second.bytes * 8, say: words.rate },
  { label: text.delay, least: 10, of: (second) => second.delay?.middle ?? 0, say: words.msFine },
  { label: text.drawing, least: 5, of: (second) => second.draw ?? 0, say: words.msFine },
  { label: text.waiting, least: 4, of: (second) => second.queue, say: words.pictures },
  { label: text.left, least: 4, of: (second) => second.skipped, say: words.pictures },
];

/** A sentence, a number, and the curves that prove them. */
export function statsPanel(host: PanelHost): Panel {
  const { client } = host;
  const verdict = note();
  const total = h('b', {});
  const worst = h('span', { class: 'cap num' });
  const totalLine = h('div', { class: 'total' }, total, h('span', { class: 'cap' }, text.total), worst);
  const network = share(text.network);
  const here = share(text.here);
  const shares = h('div', { class: 'share3' }, network.element, here.element);
  const curves = CURVES.map((curve) => {
    const value = h('b', {});
    const graph = spark();
    const element = h('div', { class: 'graph' }, h('div', {}, h('span', {}, curve.label), value), graph.element);
    return { curve, value, graph, element };
  });
  const body = h(
    'div',
    { class: 'stack' },
    verdict.element,
    h('div', {}, totalLine, shares),
    h(
      'div',
      {},
      h('div', { class: 'lead' }, h('h3', {}, text.minute)),
      h('div', { class: 'graphs' }, ...curves.map(({ element }) => element)),
    ),
    h('p', { class: 'cap' }, text.note),
  );
  const pin = iconButton('pin', text.pin, () => {
    host.pinHud(!host.hudPinned());
    update();
  });
  const copy = iconButton('copy', text.copy, () => {
    const json = JSON.stringify({ network: host.networkDelay(), seconds: client.history }, null, 1);
    void navigator.clipboard.writeText(json).then(
      () => copy.replaceChildren(icon('check')),
      () => undefined,
    );
  });

  const update = (): void => {
    const { history } = client;
    const now = judge(history, host.networkDelay());
    verdict.show(now);
    const sum = (now.network ?? 0) + (now.here ?? 0);
    const known = now.network !== undefined || now.here !== undefined;
    setText(total, known ? words.ms(sum) : '–');
    setText(worst, now.worstHere === undefined ? '' : text.worst(words.ms((now.network ?? 0) + now.worstHere)));
    network.show(now.network, now.kind === 'slow-network');
    here.show(now.here, now.kind === 'slow-here');
    for (const { curve, value, graph } of curves) {
      const samples = history.map((second) => curve.of(second));
      setText(value, curve.say(samples.at(-1) ?? 0));
      graph.draw(samples, scaleFor(samples, curve.least));
    }
    pin.setAttribute('aria-pressed', String(host.hudPinned()));
  };
  update();
  // Without a secure address there is no clipboard to copy to.
  const actions = isSecureContext ? [copy, pin] : [pin];
  return { title: words.places.stats, body, actions, update };
}

function note(): { element: HTMLElement; show(now: Verdict): void } {
  const title = h('b', {});
  const rest = h('span', {});
  const place = h('span', {});
  const element = h('div', { class: 'note' }, place, h('div', {}, title, ' ', rest));
  let drawn = '';
  return {
    element,
    show(now) {
      const [titleText, restText] = sentence(now);
      const slow = now.kind === 'slow-here' || now.kind === 'slow-network';
      setText(title, `${titleText}.`);
      setText(rest, restText);
      const kind = slow ? 'warn' : 'done';
      if (kind === drawn) return;
      drawn = kind;
      element.className = slow ? 'note note--warn' : 'note note--good';
      place.replaceChildren(icon(kind));
    },
  };
}

function sentence(now: Verdict): readonly [string, string] {
  const sum = words.ms((now.network ?? 0) + (now.here ?? 0));
  switch (now.kind) {
    case 'good':
      return [words.verdict.good, text.good(sum)];
    case 'still':
      return [words.verdict.good, text.still];
    case 'slow-here':
      return [words.verdict.slowHere, text.slowHere(String(now.strained))];
    case 'slow-network':
      return [words.verdict.slowNetwork, text.slowNetwork(words.ms(now.network ?? 0))];
    case 'wait':
      return [words.verdict.wait, ''];
  }
}

function share(label: string): { element: HTMLElement; show(value: number | undefined, slow: boolean): void } {
  const value = h('b', {});
  const element = h('div', {}, h('i', {}), value, h('span', { class: 'clip' }, label));
  return {
    element,
    show(ms, slow) {
      setText(value, ms === undefined ? '–' : words.ms(ms));
      element.style.setProperty('--w', String(Math.max(1, ms ?? 1)));
      element.classList.toggle('is-slow', slow);
    },
  };
}
