import { describe, expect, test } from 'vitest';
import { Coast, gain } from '../src/input/coast.ts';
import type { Gesture } from '../src/input/touch.ts';
import { Touch } from '../src/input/touch.ts';

type Step = [what: 'down' | 'move' | 'up' | 'hold', id: number, x: number, y: number, at: number];

function gestures(trackpad: boolean, ...steps: Step[]): Gesture[] {
  const touch = new Touch(() => trackpad);
  return steps.flatMap(([what, id, x, y, at]) => {
    if (what === 'down') return touch.down({ id, x, y }, at);
    if (what === 'move') return touch.move({ id, x, y }, at);
    return what === 'up' ? touch.up(id, at) : touch.hold(at);
  });
}
const run = (...steps: Step[]): Gesture[] => gestures(false, ...steps);
const pad = (...steps: Step[]): Gesture[] => gestures(true, ...steps);
const names = (all: Gesture[]): string[] => all.map((gesture) => gesture.do);

describe('fingers that are the pointer', () => {
  test('a tap is a click', () =>
    expect(run(['down', 1, 10, 10, 0], ['move', 1, 13, 10, 20], ['up', 1, 13, 10, 80])).toEqual([
      { do: 'click', button: 'left', at: { x: 10, y: 10 } },
    ]));

  test('a long press is the other button, and its end is nothing', () =>
    expect(run(['down', 1, 10, 10, 0], ['hold', 1, 0, 0, 500], ['up', 1, 10, 10, 700])).toEqual([
      { do: 'click', button: 'right', at: { x: 10, y: 10 } },
    ]));

  test('a drag presses where it began', () =>
    expect(run(['down', 1, 10, 10, 0], ['move', 1, 40, 10, 50], ['up', 1, 40, 10, 90])).toEqual([
      { do: 'move', at: { x: 10, y: 10 } },
      { do: 'press' },
      { do: 'move', at: { x: 40, y: 10 } },
      { do: 'release' },
    ]));

  test('the second tap of two lands where the first did', () => {
    const taps = run(['down', 1, 10, 10, 0], ['up', 1, 10, 10, 60], ['down', 2, 18, 14, 200], ['up', 2, 18, 14, 260]);
    expect(taps[1]).toEqual({ do: 'click', button: 'left', at: { x: 10, y: 10 } });
  });

  test('a tap, then a drag from there, is a double click that is held', () => {
    const all = run(['down', 1, 10, 10, 0], ['up', 1, 10, 10, 60], ['down', 2, 14, 12, 200], ['move', 2, 60, 12, 240]);
    expect(all[1]).toEqual({ do: 'move', at: { x: 10, y: 10 } });
    expect(names(all)).toEqual(['click', 'move', 'press', 'move']);
  });

  test('two fingers scroll by what they move', () => {
    const all = run(
      ['down', 1, 10, 100, 0],
      ['down', 2, 50, 100, 10],
      ['move', 1, 10, 60, 30],
      ['move', 2, 50, 60, 30],
    );
    expect(all).toEqual([
      { do: 'scroll', dx: 0, dy: 20, at: { x: 10, y: 100 } },
      { do: 'scroll', dx: 0, dy: 20, at: { x: 10, y: 100 } },
    ]);
  });

  test('a scroll runs out once, when the first finger leaves', () =>
    expect(
      names(
        run(
          ['down', 1, 10, 100, 0],
          ['down', 2, 50, 100, 10],
          ['move', 1, 10, 60, 30],
          ['up', 1, 10, 60, 40],
          ['move', 2, 50, 20, 45],
          ['up', 2, 50, 60, 50],
        ),
      ),
    ).toEqual(['scroll', 'coast']));

  test('two fingers that part zoom, by the same steps wherever they began', () => {
    const all = run(
      ['down', 1, 100, 100, 0],
      ['down', 2, 200, 100, 10],
      ['move', 2, 260, 100, 30],
      ['move', 1, 60, 100, 40],
      ['up', 1, 60, 100, 50],
      ['up', 2, 260, 100, 60],
    );
    expect(names(all)).toEqual(['zoom', 'zoom']);
    expect(all.reduce((sum, gesture) => sum + (gesture.do === 'zoom' ? gesture.notches : 0), 0)).toBe(6);
  });

  test('fingers that near zoom out', () => {
    const [zoom] = run(['down', 1, 100, 100, 0], ['down', 2, 300, 100, 10], ['move', 2, 200, 100, 30]);
    expect(zoom).toEqual({ do: 'zoom', notches: -6, at: { x: 100, y: 100 } });
  });

  test('a second finger ends a drag', () =>
    expect(run(['down', 1, 10, 10, 0], ['move', 1, 60, 10, 50], ['down', 2, 90, 90, 60]).at(-1)).toEqual({
      do: 'release',
    }));

  test('two and three fingers that tap are the other button and the menu', () => {
    expect(run(['down', 1, 9, 9, 0], ['down', 2, 40, 9, 10], ['up', 1, 9, 9, 90], ['up', 2, 40, 9, 95])).toEqual([
      { do: 'click', button: 'right', at: { x: 9, y: 9 } },
    ]);
    const three = run(
      ['down', 1, 9, 9, 0],
      ['down', 2, 40, 9, 5],
      ['down', 3, 80, 9, 9],
      ['up', 1, 9, 9, 90],
      ['up', 2, 0, 0, 91],
      ['up', 3, 0, 0, 92],
    );
    expect(three).toEqual([{ do: 'menu' }]);
  });

  test('fingers the system takes away let go', () => {
    const touch = new Touch();
    touch.down({ id: 1, x: 0, y: 0 }, 0);
    touch.move({ id: 1, x: 50, y: 0 }, 10);
    expect(touch.cancel()).toEqual([{ do: 'release' }]);
    expect(touch.cancel()).toEqual([]);
  });
});

describe('fingers that move the pointer', () => {
  test('a slide moves it by as much, and presses nothing', () =>
    expect(
      pad(['down', 1, 10, 10, 0], ['move', 1, 30, 10, 20], ['move', 1, 35, 12, 30], ['up', 1, 35, 12, 40]),
    ).toEqual([{ do: 'steer', dx: 5, dy: 2 }]));

  test('a tap clicks where the pointer is', () =>
    expect(pad(['down', 1, 10, 10, 0], ['up', 1, 10, 10, 50])).toEqual([{ do: 'click', button: 'left' }]));

  test('two fingers click right, and scroll where the pointer is', () => {
    expect(pad(['down', 1, 9, 9, 0], ['down', 2, 40, 9, 10], ['up', 1, 9, 9, 90], ['up', 2, 40, 9, 95])).toEqual([
      { do: 'click', button: 'right' },
    ]);
    expect(pad(['down', 1, 9, 9, 0], ['down', 2, 40, 9, 10], ['move', 2, 40, 49, 50])).toEqual([
      { do: 'scroll', dx: 0, dy: -20 },
    ]);
  });

  test('a tap and a slide drag, and so does a press that stays', () => {
    expect(
      names(
        pad(
          ['down', 1, 10, 10, 0],
          ['up', 1, 10, 10, 50],
          ['down', 1, 12, 10, 150],
          ['move', 1, 40, 10, 180],
          ['move', 1, 50, 10, 190],
          ['up', 1, 50, 10, 200],
        ),
      ),
    ).toEqual(['click', 'press', 'steer', 'release']);
    expect(
      names(pad(['down', 1, 10, 10, 0], ['hold', 1, 0, 0, 500], ['move', 1, 40, 10, 600], ['up', 1, 40, 10, 700])),
    ).toEqual(['press', 'steer', 'release']);
  });

  test('slow fingers are exact, quick ones go far', () => {
    expect(gain(1, 0, 16)).toBe(1);
    expect(gain(30, 0, 16)).toBe(3);
    expect(gain(8, 0, 16)).toBeGreaterThan(1);
  });
});

describe('coasting', () => {
  test('what is less than a notch waits', () => {
    const coast = new Coast();
    const all = Array.from({ length: 7 }, (_, at) => coast.move(0, 8, at * 16).down);
    expect(all).toEqual([0, 0, 0, 1, 0, 0, 1]);
  });

  test('a quick scroll goes on, ever more slowly, and comes to an end', () => {
    const coast = new Coast();
    for (let at = 0; at < 10; at += 1) coast.move(0, 16, at * 10);
    expect(coast.leave(100)).toBe(true);
    const steps: number[] = [];
    for (let now = 116; coast.running; now += 16) steps.push(coast.step(now).down);
    const half = Math.floor(steps.length / 2);
    const sum = (all: number[]): number => all.reduce((one, other) => one + other, 0);
    expect(sum(steps)).toBeGreaterThan(5);
    expect(sum(steps.slice(0, half))).toBeGreaterThan(sum(steps.slice(half)));
    expect(steps.length).toBeLessThan(200);
  });

  test('how far it goes does not depend on how often it is asked', () => {
    const went = (every: number): number => {
      const coast = new Coast();
      for (let at = 0; at < 10; at += 1) coast.move(0, 16, at * 10);
      coast.leave(100);
      let all = 0;
      for (let now = 100 + every; coast.running; now += every) all += coast.step(now).down;
      return all;
    };
    expect(Math.abs(went(8) - went(33))).toBeLessThanOrEqual(1);
  });

  test('fingers that rested before they left leave nothing running', () => {
    const coast = new Coast();
    coast.move(0, 40, 0);
    expect(coast.leave(200)).toBe(false);
  });

  test('a touch stops it', () => {
    const coast = new Coast();
    for (let at = 0; at < 10; at += 1) coast.move(30, 0, at * 10);
    coast.leave(100);
    coast.stop();
    expect(coast.running).toBe(false);
  });
});
