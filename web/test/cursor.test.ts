// @vitest-environment happy-dom
import { beforeEach, describe, expect, test } from 'vitest';
import type { Look } from '../src/cursor/cursor.ts';
import { DesktopCursor } from '../src/cursor/cursor.ts';
import type { Shape } from '../src/cursor/shape.ts';
import { cursorValues } from '../src/cursor/shape.ts';
import type { ClientMessage } from '../src/proto/messages.ts';

const BEAM: Shape = { png: 'iVBORw0K', width: 9, height: 16, hotX: 4, hotY: 8 };
const URL = 'url("data:image/png;base64,iVBORw0K")';
const HIDDEN: Shape = { png: '', width: 0, height: 0, hotX: 0, hotY: 0 };

describe('the CSS cursor', () => {
  test('is the image and its hotspot where pixels are CSS pixels', () => {
    expect(cursorValues(BEAM, 1)).toEqual([`${URL} 4 8, default`]);
  });

  test('has as many pixels per CSS pixel as the picture', () => {
    expect(cursorValues(BEAM, 2).at(-1)).toBe(`image-set(${URL} 2x) 2 4, default`);
    expect(cursorValues(BEAM, 4 / 3).at(-1)).toBe(`image-set(${URL} 1.3333x) 3 6, default`);
    expect(cursorValues(BEAM, 0.5).at(-1)).toBe(`image-set(${URL} 0.5x) 8 16, default`);
  });

  test('falls back to the plain image in a browser that knows no densities', () => {
    expect(cursorValues(BEAM, 2)[0]).toBe(`${URL} 4 8, default`);
  });

  test('is made small enough for browsers to show it', () => {
    const large = { ...BEAM, width: 100, height: 64, hotX: 99, hotY: 63 };
    // Four times as large would be 400 CSS pixels.
    expect(cursorValues(large, 0.25).at(-1)).toBe(`image-set(${URL} 0.7813x) 127 81, default`);
    const huge = { ...large, width: 512 };
    expect(cursorValues(huge, 1)).toEqual(['default', `image-set(${URL} 4x) 25 15, default`]);
  });

  test('points at a pixel of itself, also where it is tiny', () => {
    const dot = { ...BEAM, width: 2, height: 1, hotX: 1, hotY: 0 };
    expect(cursorValues(dot, 2).at(-1)).toBe(`image-set(${URL} 2x) 0 0, default`);
  });

  test('is none when the desktop hides its pointer', () => {
    expect(cursorValues(HIDDEN, 2)).toEqual(['none']);
  });
});

describe('the pointer over the picture', () => {
  let surface: HTMLElement;
  let sent: ClientMessage[];
  let looks: (Look | undefined)[];
  let scale: number;
  let drives: boolean;
  let wants: boolean;
  let cursor: DesktopCursor;
  const shown = (): string => surface.style.getPropertyValue('cursor');

  beforeEach(() => {
    surface = document.createElement('div');
    sent = [];
    looks = [];
    scale = 1;
    drives = true;
    wants = false;
    cursor = new DesktopCursor({
      surface,
      send: (message) => sent.push(message),
      scale: () => scale,
      drives: () => drives,
      wantsDrawn: () => wants,
      look: (look) => looks.push(look),
    });
    cursor.begin();
  });

  test('is the own until the desktop says otherwise', () => {
    expect(shown()).toBe('');
    cursor.set(BEAM);
    expect(shown()).toBe(`${URL} 4 8, default`);
    cursor.set(HIDDEN);
    expect(shown()).toBe('none');
    cursor.begin();
    expect(shown()).toBe('');
  });

  test('stays the own of one who only looks on', () => {
    drives = false;
    cursor.set(BEAM);
    expect(shown()).toBe('');
    drives = true;
    cursor.update();
    expect(shown()).toContain(URL);
  });

  test('follows the size of the picture', () => {
    cursor.set(BEAM);
    scale = 2;
    cursor.update();
    expect(shown()).toContain('2x) 2 4');
    expect(looks.at(-1)).toMatchObject({ scale: 2, hotX: 4, hotY: 8 });
  });

  test('is hidden while the desktop draws it, which is asked for once per connection', () => {
    cursor.set(BEAM);
    wants = true;
    cursor.update();
    cursor.update();
    expect(shown()).toBe('none');
    cursor.begin();
    wants = false;
    cursor.update();
    cursor.set(BEAM);
    expect(shown()).toContain(URL);
    expect(sent).toEqual([
      { type: 'draw_cursor', on: true },
      { type: 'draw_cursor', on: true },
      { type: 'draw_cursor', on: false },
    ]);
  });

  test('is not asked for by one who only looks on', () => {
    drives = false;
    wants = true;
    cursor.update();
    expect(sent).toEqual([]);
    expect(shown()).toBe('');
  });

  test('has its look told once, and taken back', () => {
    cursor.set(BEAM);
    cursor.set({ ...BEAM });
    cursor.set(HIDDEN);
    expect(looks.map((look) => look?.image)).toEqual(['data:image/png;base64,iVBORw0K', undefined]);
  });
});
