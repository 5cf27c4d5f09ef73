// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Client } from '../src/client.ts';
import { repeating } from '../src/ui/keybar.ts';

let taps: number;
let key: HTMLElement;

beforeEach(() => {
  vi.useFakeTimers();
  taps = 0;
  const keyboard = { tap: () => (taps += 1) };
  key = repeating({ keyboard } as unknown as Client, 'left', 0xff51);
  document.body.append(key);
});

afterEach(() => {
  key.remove();
  vi.useRealTimers();
});

function point(type: string): void {
  key.dispatchEvent(new Event(type));
}

/** How often the key is struck within two seconds from now. */
function strikes(): number {
  const before = taps;
  vi.advanceTimersByTime(2000);
  return taps - before;
}

describe('the arrows of the bar', () => {
  test('repeat while a finger is on them', () => {
    point('pointerdown');
    expect(strikes()).toBeGreaterThan(20);
    point('pointerup');
    expect(strikes()).toBe(0);
  });

  test('stop when the bar goes while a finger is on them', () => {
    point('pointerdown');
    vi.advanceTimersByTime(500);
    key.remove();
    expect(strikes()).toBe(0);
  });

  test('stop when two fingers were on them', () => {
    point('pointerdown');
    point('pointerdown');
    point('pointerup');
    point('pointerup');
    expect(strikes()).toBe(0);
  });
});
