import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const css = readFileSync(new URL('../src/ui/tokens.css', import.meta.url), 'utf8');

/** The declarations of the first block behind `selector`, in order. */
function declarations(selector: string): string[] {
  const start = css.indexOf(`${selector} {`);
  expect(start, selector).toBeGreaterThanOrEqual(0);
  const block = css.slice(css.indexOf('{', start) + 1, css.indexOf('}', start));
  return block
    .split(';')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

it('looks the same in the dark, whether the person or the system has chosen it', () => {
  const chosen = declarations('[data-theme="dark"]');
  expect(chosen.length).toBeGreaterThan(10);
  expect(declarations(':root:not([data-theme="light"])')).toEqual(chosen);
});
