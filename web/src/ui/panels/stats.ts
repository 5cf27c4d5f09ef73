import type { Client } from '../../client.ts';
import type { Second } from '../../engine/messages.ts';
import type { Report } from '../../trace/tracer.ts';
import { button, h, icon, iconButton, setText } from '../dom.ts';
import { scaleFor, spark } from '../spark.ts';
import type { Verdict } from '../verdict.ts';
import { blamed, verdictTitle, wholeOf } from '../verdict.ts';
import { waterfall } from '../waterfall.ts';
import { words } from '../words.ts';
import type { Panel, PanelHost, Place } from './panel.ts';

const text = words.stats;
/** Seconds after which it is worth saying for how long. */
const WORTH_SAYING = 10;

/** One curve of the last minute. */
interface Curve {
  readonly label: string;
  readonly least: number;
  /** Nothing where there was nothing to measure. */
  of(second: Second): number | undefined;
  say(value: number): string;
}

const CURVES: readonly Curve[] = [
  {
    label: text.delay,
    least: 30,
    of: (second) => second.trace?.latest ?? second.delay?.middle,
    say: words.msFine,
  },
  { label: text.frames, least: 30, of: (second) => second.frames, say: words.fps },
  { label: text.data, least: 1e6, of: (second) => second.bytes * 8, say: words.rate },
  { label: text.drawing, least: 5, of: (second) => second.draw, say: words.msFine },
  { label: text.waiting, least: 4, of: (second) => second.queue, say: words.pictures },
  { label: text.left, least: 4, of: (second) => second.skipped, say: words.pictures },
];

/** A sentence, a number, where the time goes, and the curves that prove it. */
export function statsPanel(host: PanelHost): Panel {
  const { client } = host;
  const verdict = note(host);
  const total = h('b', {});
  const what = h('span', { class: 'cap' });
  const worst = h('span', { class: 'cap num' });
  const shares = { network: share(text.network), server: share(text.server), here: share(text.here) };
  const fall = waterfall();
  const accuracy = h('p', { class: 'cap' });
  const heard = h('p', { class: 'cap num' });
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
    h(
      'div',
      {},
      h('div', { class: 'total' }, total, what, worst),
      h('div', { class: 'share3' }, shares.network.element, shares.server.element, shares.here.element),
    ),
    fall.element,
    h(
      'div',
      {},
      h('div', { class: 'lead' }, h('h3', {}, text.minute)),
      h('div', { class: 'graphs' }, ...curves.map(({ element }) => element)),
    ),
    accuracy,
    heard,
  );
  const pin = iconButton('pin', text.pin, () => {
    host.pinHud(!host.hudPinned());
    update();
  });
  const copy = iconButton('copy', text.copy, () => {
    const json = JSON.stringify({ trace: client.trace, sound: soundOf(client), seconds: client.history }, null, 1);
    void navigator.clipboard.writeText(json).then(
      () => copy.replaceChildren(icon('check')),
      () => undefined,
    );
  });

  const update = (): void => {
    const { history, trace } = client;
    const now = host.verdict();
    verdict.show(now, trace);
    const whole = trace?.total ?? trace?.picture;
    setText(total, whole ? words.ms(whole.p50) : '–');
    setText(what, trace && !trace.total ? text.change : text.total);
    setText(worst, whole ? text.worst(words.ms(whole.p95)) : '');
    const owner = blamed(now);
    for (const name of ['network', 'server', 'here'] as const) shares[name].show(trace?.owners?.[name], name === owner);
    fall.show(trace, now.kind === 'step' ? now.step : undefined);
    for (const { curve, value, graph } of curves) {
      const last = history.at(-1);
      const now = last && curve.of(last);
      const samples = history.map((second) => curve.of(second) ?? 0);
      setText(value, now === undefined ? '–' : curve.say(now));
      graph.draw(samples, scaleFor(samples, curve.least));
    }
    accuracy.hidden = trace?.clock === undefined;
    setText(accuracy, text.note(words.msFine(trace?.clock?.error ?? 0)));
    const lines = sides(client);
    heard.hidden = lines === undefined;
    setText(heard, lines ?? '');
    pin.setAttribute('aria-pressed', String(host.hudPinned()));
  };
  update();
  // Without a secure address there is no clipboard to copy to.
  const actions = isSecureContext ? [copy, pin] : [pin];
  return { title: words.places.stats, body, actions, update };
}

/** What sound and picture take on this page, in milliseconds. */
function soundOf({ audio, trace, history }: Client): { sound: number; picture: number | undefined } | undefined {
  const sound = audio.sound.delay;
  if (sound === undefined) return undefined;
  const { decode, show } = trace?.steps ?? {};
  const picture = decode && show ? decode.p50 + show.p50 : history.at(-1)?.delay?.middle;
  return { sound, picture };
}

/** How far sound and picture of one moment lie apart here. */
function sides(client: Client): string | undefined {
  const both = soundOf(client);
  if (both?.picture === undefined) return undefined;
  const apart = both.sound - both.picture;
  const how = Math.abs(apart) < 1 ? text.together : (apart > 0 ? text.after : text.before)(words.ms(Math.abs(apart)));
  return `${text.sound(words.ms(both.sound), words.ms(both.picture))} ${how}`;
}

function note(host: PanelHost): { element: HTMLElement; show(now: Verdict, trace: Report | undefined): void } {
  const title = h('b', {});
  const rest = h('span', {});
  const place = h('span', {});
  const act = h('div', {});
  const element = h('div', { class: 'note' }, place, h('div', {}, title, ' ', rest, act));
  let drawn = '';
  return {
    element,
    show(now, trace) {
      setText(title, `${verdictTitle(now)}.`);
      setText(rest, explanation(now, trace));
      const way = remedy(now);
      const shape = `${blamed(now) ?? 'good'} ${way ?? ''}`;
      if (shape === drawn) return;
      drawn = shape;
      element.className = blamed(now) ? 'note note--warn' : 'note note--good';
      place.replaceChildren(icon(blamed(now) ? 'warn' : 'done'));
      const label = way === 'screen' ? text.toScreen : text.toPicture;
      act.replaceChildren(...(way ? [button(label, 'btn--s', () => host.go(way))] : []));
    },
  };
}

function explanation(now: Verdict, trace: Report | undefined): string {
  switch (now.kind) {
    case 'good': {
      const whole = wholeOf(trace);
      if (whole === undefined) return text.goodUnknown;
      return trace?.total ? text.good(words.ms(whole)) : text.goodPicture(words.ms(whole));
    }
    case 'still':
      return text.still;
    case 'strained':
      return text.strained(now.seconds);
    case 'far':
      return text.far(words.ms(now.rtt));
    case 'step': {
      const [part, whole] = [words.ms(now.part), words.ms(now.whole)];
      return now.since < WORTH_SAYING ? text.part(part, whole) : text.partSince(part, whole, now.since);
    }
    case 'wait':
      return '';
  }
}

/** Where something can be done about it. */
function remedy(now: Verdict): Place | undefined {
  if (now.kind === 'step' && now.step === 'app') return undefined;
  const owner = blamed(now);
  if (owner === 'here') return 'screen';
  return owner && 'picture';
}

function share(label: string): { element: HTMLElement; show(value: number | undefined, slow: boolean): void } {
  const value = h('b', {});
  const element = h('div', {}, h('i', {}), value, h('span', { class: 'clip' }, label));
  return {
    element,
    show(ms, slow) {
      setText(value, ms === undefined ? '–' : words.ms(ms));
      element.style.setProperty('--w', Math.max(0.1, ms ?? 1).toFixed(1));
      element.classList.toggle('is-slow', slow);
    },
  };
}
