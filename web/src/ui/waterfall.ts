import type { Step } from '../trace/stages.ts';
import { STEPS } from '../trace/stages.ts';
import type { Report } from '../trace/tracer.ts';
import { h, setText } from './dom.ts';
import { words } from './words.ts';

const SCALES = [30, 60, 90, 150, 300, 600, 1200, 3000, 6000] as const;
/** A scale that was needed stays for so long; else the bars would jump. */
const STAYS = 10_000;

/** Chooses how many milliseconds the lane is wide: grows at once, shrinks late. */
export class LaneScale {
  #scale = 0;
  #neededAt = Number.NEGATIVE_INFINITY;

  fit(length: number, now: number): number {
    const needed = SCALES.find((scale) => scale >= length) ?? SCALES.at(-1) ?? 6000;
    if (needed >= this.#scale) this.#neededAt = now;
    if (needed > this.#scale || now - this.#neededAt >= STAYS) {
      this.#scale = needed;
      this.#neededAt = now;
    }
    return this.#scale;
  }
}

/** Every step as a bar where it begins and as long as it takes; the line goes on to what one in twenty takes. */
export function waterfall(): { element: HTMLElement; show(report: Report | undefined, slow: Step | undefined): void } {
  const scale = new LaneScale();
  const middle = h('span', {});
  const end = h('span', {});
  const rows = STEPS.map(({ name }) => {
    const bar = h('i', {});
    const whisker = h('s', {});
    const half = h('td', { class: 'val' });
    const worst = h('td', { class: 'p95' });
    const element = h(
      'tr',
      { title: words.stats.stepHelp[name] },
      h('th', { scope: 'row' }, words.stats.steps[name]),
      h('td', {}, h('div', { class: 'lane' }, bar, whisker)),
      half,
      worst,
    );
    return { name, element, bar, whisker, half, worst };
  });
  const axis = h('div', { class: 'axis num' }, h('span', {}, '0'), middle, end);
  const head = h(
    'tr',
    {},
    h('th', { scope: 'col' }, h('span', { class: 'vh' }, words.stats.step)),
    h('td', {}, axis),
    h('th', { scope: 'col', class: 'val' }, 'p50'),
    h('th', { scope: 'col', class: 'p95' }, 'p95'),
  );
  const body = h('tbody', {}, ...rows.map(({ element }) => element));
  const element = h('table', { class: 'fall' }, h('thead', {}, head), body);
  return {
    element,
    show(report, slow) {
      const spreads = rows.map(({ name }) => report?.steps[name]);
      const length = spreads.reduce((sum, spread) => sum + (spread?.p50 ?? 0), 0);
      const wide = scale.fit(length, performance.now());
      setText(middle, words.plain(wide / 2));
      setText(end, words.ms(wide));
      let from = 0;
      for (const [index, { name, element: row, bar, whisker, half, worst }] of rows.entries()) {
        const spread = spreads[index];
        const x = (from / wide) * 100;
        const w = ((spread?.p50 ?? 0) / wide) * 100;
        const p = spread ? Math.min(((spread.p95 - spread.p50) / wide) * 100, Math.max(0, 100 - x - w)) : 0;
        for (const part of [bar, whisker]) {
          part.style.setProperty('--x', x.toFixed(2));
          part.style.setProperty('--w', w.toFixed(2));
        }
        whisker.style.setProperty('--p', p.toFixed(2));
        bar.hidden = whisker.hidden = spread === undefined;
        setText(half, spread ? words.fine(spread.p50) : '–');
        setText(worst, spread ? words.fine(spread.p95) : '–');
        row.classList.toggle('is-slow', name === slow);
        from += spread?.p50 ?? 0;
      }
    },
  };
}
