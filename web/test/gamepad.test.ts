import { describe, expect, test } from 'vitest';
import type { Controls, Source } from '../src/input/gamepad.ts';
import { BUTTON, changes, isAtRest, layoutOf, merged, REST, Reader } from '../src/input/gamepad.ts';
import { crossAt, Fingers, facesAt, stickAt } from '../src/input/gamepad-touch.ts';
import { encode } from '../src/proto/encode.ts';

function source(mapping: string, axes: number[], buttons: number[]): Source {
  return { mapping, axes, buttons: buttons.map((value) => ({ pressed: value > 0.1, value })) };
}

function at(change: { buttons?: Record<number, number>; axes?: Record<number, number> }): Controls {
  return {
    buttons: REST.buttons.map((value, index) => change.buttons?.[index] ?? value),
    axes: REST.axes.map((value, index) => change.axes?.[index] ?? value),
  };
}

const said = (before: Controls, now: Controls): string[] => changes(2, before, now).messages.map(encode);

describe('what is said of a gamepad', () => {
  test('is only what has changed', () => {
    expect(said(REST, REST)).toEqual([]);
    expect(said(REST, at({ buttons: { 0: 1 }, axes: { 1: -0.5 } }))).toEqual(['js,b,2,0,1', 'js,a,2,1,-0.5']);
    const held = at({ buttons: { 0: 1, 7: 0.25 } });
    expect(said(held, at({ buttons: { 7: 0.25 } }))).toEqual(['js,b,2,0,0']);
  });

  test('leaves out trembling, but never rest or an end', () => {
    let now = REST;
    const step = (value: number): number => {
      const next = changes(0, now, at({ axes: { 0: value } }));
      now = next.said;
      return next.messages.length;
    };
    expect(step(0.5)).toBe(1);
    expect(step(0.502)).toBe(0);
    expect(step(0.5035)).toBe(0);
    // It adds up: what was said last counts, not what was seen last.
    expect(step(0.505)).toBe(1);
    expect(step(0.999)).toBe(1);
    expect(step(1)).toBe(1);
    expect(step(-0.001)).toBe(1);
    expect(step(0)).toBe(1);
    expect(isAtRest(now)).toBe(true);
  });
});

describe('what a browser says of a gamepad', () => {
  test('is taken as it is in the standard mapping', () => {
    const now = new Reader().read(source('standard', [0.5, -1, 0, 0.25], [1, 0, 0, 0, 0, 0, 0.5]));
    expect(now).toEqual(at({ buttons: { 0: 1, 6: 0.5 }, axes: { 0: 0.5, 1: -1, 3: 0.25 } }));
  });

  test('has sticks that stand still', () => {
    const pad = source('standard', [0.03, -0.049, 0.001, Number.NaN], [0.01]);
    expect(isAtRest(new Reader().read(pad))).toBe(true);
  });

  test('has buttons that are only pressed or not', () => {
    const pad = { mapping: 'standard', axes: [], buttons: [{ pressed: true, value: 0 }] };
    expect(new Reader().read(pad).buttons[0]).toBe(1);
  });

  test('may have the triggers as axes, which say nothing until they have been moved', () => {
    const reader = new Reader();
    expect(isAtRest(reader.read(source('standard', [0, 0, 0, 0, 0, 0], [])))).toBe(true);
    const pulled = reader.read(source('standard', [0, 0, 0, 0, 0.5, -1], []));
    expect(pulled).toEqual(at({ buttons: { [BUTTON.l2]: 0.75 } }));
    expect(reader.read(source('standard', [0, 0, 0, 0, 0, -1], [])).buttons[BUTTON.l2]).toBe(0.5);
  });

  test('is put in order when it is as the Linux driver has it', () => {
    const axes = [0.5, 0, -1, 0, -0.5, 1, -1, 1];
    const pad = source('', axes, [0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1]);
    expect(layoutOf(pad)).toBe('xpad');
    const expected = { select: 1, home: 1, r3: 1, r2: 1, left: 1, down: 1 };
    const buttons = Object.fromEntries(
      Object.entries(expected).map(([name, value]) => [BUTTON[name as keyof typeof expected], value]),
    );
    expect(new Reader().read(pad)).toEqual(at({ buttons, axes: { 0: 0.5, 3: -0.5 } }));
  });

  test('is taken in its own order when nobody knows it', () => {
    const pad = source('', [0.5, 0, 0, 0, 0.7], Array(30).fill(1));
    expect(layoutOf(pad)).toBe('raw');
    expect(new Reader().read(pad)).toEqual({ buttons: Array(17).fill(1), axes: [0.5, 0, 0, 0] });
  });
});

test('of two hands on one gamepad the one that does more counts', () => {
  const one = at({ buttons: { 0: 1, 6: 0.25 }, axes: { 0: -0.5 } });
  const other = at({ buttons: { 6: 0.5, 1: 1 }, axes: { 0: 0.25, 1: 1 } });
  expect(merged(one, other)).toEqual(at({ buttons: { 0: 1, 1: 1, 6: 0.5 }, axes: { 0: -0.5, 1: 1 } }));
});

describe('the touch gamepad', () => {
  test('has sticks with a still middle and a round edge', () => {
    expect(stickAt({ x: 0.1, y: -0.09 })).toEqual({ x: 0, y: 0 });
    expect(stickAt({ x: 1, y: 0 })).toEqual({ x: 1, y: 0 });
    expect(stickAt({ x: -7, y: 0 })).toEqual({ x: -1, y: 0 });
    const slant = stickAt({ x: 3, y: 3 });
    expect(slant.x).toBeCloseTo(Math.SQRT1_2, 2);
    expect(slant.y).toBeCloseTo(Math.SQRT1_2, 2);
    // It begins where the middle ends, without a jump.
    expect(stickAt({ x: 0.15, y: 0 }).x).toBeLessThan(0.02);
  });

  test('has a cross with eight directions', () => {
    const { up, down, left, right } = BUTTON;
    const directions = [[right], [down, right], [down], [down, left], [left], [up, left], [up], [up, right]];
    for (const [eighth, pressed] of directions.entries()) {
      for (const off of [-0.35, 0, 0.35]) {
        const angle = (eighth * Math.PI) / 4 + off;
        const found = crossAt({ x: Math.cos(angle), y: Math.sin(angle) });
        expect(new Set(found), `${eighth} ${off}`).toEqual(new Set(pressed));
      }
    }
    expect(crossAt({ x: 0, y: 0.1 })).toEqual([]);
  });

  test('has four buttons, two of which a thumb can press at once', () => {
    const { a, b, x, y } = BUTTON;
    expect(facesAt({ x: 0, y: 0.63 })).toEqual([a]);
    expect(facesAt({ x: 0.63, y: 0 })).toEqual([b]);
    expect(facesAt({ x: -0.63, y: 0 })).toEqual([x]);
    expect(facesAt({ x: 0, y: -0.63 })).toEqual([y]);
    expect(facesAt({ x: 0.32, y: 0.32 })).toEqual([a, b]);
    expect(facesAt({ x: 0, y: 0 })).toEqual([]);
    expect(facesAt({ x: 3, y: 3 })).toEqual([]);
  });

  test('knows each finger by itself', () => {
    const fingers = new Fingers();
    const stick = { kind: 'stick', axis: 0, click: BUTTON.l3 } as const;
    fingers.down(1, stick, { x: 1, y: 0 }, 0);
    fingers.down(2, { kind: 'faces' }, { x: 0, y: 0.63 }, 1);
    fingers.down(3, { kind: 'button', index: BUTTON.r1 }, { x: 0, y: 0 }, 2);
    expect(fingers.controls).toEqual(at({ buttons: { 0: 1, [BUTTON.r1]: 1 }, axes: { 0: 1 } }));
    // A thumb slides from A to B, the stick elsewhere.
    fingers.move(2, { x: 0.63, y: 0 });
    fingers.move(1, { x: 0, y: -1 });
    expect(fingers.controls).toEqual(at({ buttons: { 1: 1, [BUTTON.r1]: 1 }, axes: { 1: -1 } }));
    expect(fingers.stick(0)).toEqual({ x: 0, y: -1 });
    fingers.up(1, 3);
    fingers.up(3, 3);
    fingers.move(9, { x: 1, y: 1 });
    expect(fingers.controls).toEqual(at({ buttons: { 1: 1 } }));
    fingers.clear();
    expect(isAtRest(fingers.controls)).toBe(true);
  });

  test('clicks a stick that is tapped and held', () => {
    const fingers = new Fingers();
    const stick = { kind: 'stick', axis: 2, click: BUTTON.r3 } as const;
    const touch = (now: number): number => {
      fingers.down(1, stick, { x: 0, y: 0 }, now);
      const click = fingers.controls.buttons[BUTTON.r3] ?? 0;
      fingers.up(1, now + 50);
      return click;
    };
    expect([touch(0), touch(200), touch(2000)]).toEqual([0, 1, 0]);
  });
});
