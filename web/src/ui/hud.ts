import type { Client } from '../client.ts';
import { h, setText } from './dom.ts';
import { scaleFor, spark } from './spark.ts';
import type { Verdict } from './verdict.ts';
import { blamed, wholeOf } from './verdict.ts';
import { words } from './words.ts';

/** The small line of statistics that stays on the picture. */
export function makeHud(client: Client, verdict: () => Verdict): { element: HTMLElement; update(): void } {
  const dot = h('i', { class: 'dot' });
  const delay = h('b', {});
  const graph = spark();
  const fps = h('span', {});
  const rate = h('span', {});
  const element = h('div', { class: 'hud', id: 'hud', role: 'img' }, dot, delay, graph.element, fps, rate);
  return {
    element,
    update() {
      const { history, trace } = client;
      const slow = blamed(verdict()) !== undefined;
      const whole = wholeOf(trace);
      const ms = whole === undefined ? '–' : words.ms(whole);
      const last = history.at(-1);
      dot.classList.toggle('dot--warn', slow);
      setText(delay, ms);
      setText(fps, words.fps(last?.frames ?? 0));
      setText(rate, words.rate((last?.bytes ?? 0) * 8));
      const samples = history.map((second) => second.frames);
      graph.draw(samples, scaleFor(samples, 30), slow);
      element.setAttribute('aria-label', words.stats.hud(ms, fps.textContent ?? '', rate.textContent ?? ''));
    },
  };
}
