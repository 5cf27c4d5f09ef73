import type { Client } from '../client.ts';
import { h, setText } from './dom.ts';
import { scaleFor, spark } from './spark.ts';
import { judge } from './verdict.ts';
import { words } from './words.ts';

/** The small line of statistics that stays on the picture. */
export function makeHud(client: Client, network: () => number | undefined): { element: HTMLElement; update(): void } {
  const dot = h('i', { class: 'dot' });
  const delay = h('b', {});
  const graph = spark();
  const fps = h('span', {});
  const rate = h('span', {});
  const element = h('div', { class: 'hud', id: 'hud', role: 'img' }, dot, delay, graph.element, fps, rate);
  return {
    element,
    update() {
      const { history } = client;
      const now = judge(history, network());
      const slow = now.kind === 'slow-here' || now.kind === 'slow-network';
      const ms = (now.network ?? 0) + (now.here ?? 0);
      dot.classList.toggle('dot--warn', slow);
      setText(delay, now.network === undefined && now.here === undefined ? '–' : words.ms(ms));
      setText(fps, words.fps(now.fps));
      setText(rate, words.rate(now.bits));
      const samples = history.map((second) => second.frames);
      graph.draw(samples, scaleFor(samples, 30), slow);
      element.setAttribute('aria-label', words.stats.hud(words.ms(ms), words.fps(now.fps), words.rate(now.bits)));
    },
  };
}
