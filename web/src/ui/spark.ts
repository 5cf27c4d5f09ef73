import { svg } from './dom.ts';

/** Samples as a path in a box of 100 × 30, newest at the right; missing ones are at the ground. */
export function sparkPath(samples: readonly number[], top: number, length: number): { line: string; area: string } {
  const height = (value: number): number => 28 - 26 * Math.min(1, Math.max(0, top > 0 ? value / top : 0));
  const missing = Math.max(0, length - samples.length);
  const points = samples.slice(-length).map((value, index) => {
    const x = ((missing + index) / Math.max(1, length - 1)) * 100;
    return `${x.toFixed(1)} ${height(value).toFixed(1)}`;
  });
  if (points.length === 0) return { line: '', area: '' };
  const line = `M${points.join('L')}`;
  const first = (missing / Math.max(1, length - 1)) * 100;
  return { line, area: `${line}L100 30L${first.toFixed(1)} 30Z` };
}

/** A scale that leaves a fifth of air and never falls below `least`. */
export function scaleFor(samples: readonly number[], least: number): number {
  return Math.max(least, ...samples) * 1.2;
}

/** A small graph, redrawn by `draw`. */
export function spark(): { element: SVGElement; draw(samples: readonly number[], top: number, slow?: boolean): void } {
  const area = svg('path', { class: 'fill' });
  const line = svg('path');
  const element = svg(
    'svg',
    { class: 'spark', viewBox: '0 0 100 30', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    area,
    line,
  );
  return {
    element,
    draw(samples, top, slow = false) {
      // A young curve is drawn wide; it narrows until a minute is full.
      const path = sparkPath(samples, top, Math.min(60, Math.max(15, samples.length)));
      line.setAttribute('d', path.line);
      area.setAttribute('d', path.area);
      element.classList.toggle('is-slow', slow);
    },
  };
}
