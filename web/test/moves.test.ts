import { describe, expect, test } from 'vitest';
import { Moves } from '../src/engine/moves.ts';

function moves() {
  const sent: string[] = [];
  const waiting: (() => void)[] = [];
  const line = { buffered: 0 };
  const all = new Moves({
    buffered: () => line.buffered,
    send: (text) => sent.push(text),
    soon: (run) => {
      waiting.push(run);
      return () => waiting.splice(waiting.indexOf(run), 1);
    },
  });
  return { all, sent, line, later: () => waiting.splice(0).map((run) => run()), waiting };
}

describe('movements of the pointer', () => {
  test('go out as they come while the network takes them', () => {
    const { all, sent, waiting } = moves();
    for (let x = 0; x < 3; x += 1) expect(all.move(`m,${x},0,0,0`)).toBe(true);
    expect(sent).toEqual(['m,0,0,0,0', 'm,1,0,0,0', 'm,2,0,0,0']);
    expect(waiting).toEqual([]);
  });

  test('become the latest place while it does not', () => {
    const { all, sent, line, later } = moves();
    line.buffered = 10_000;
    for (let x = 0; x < 100; x += 1) expect(all.move(`m,${x},0,0,0`)).toBe(false);
    later();
    expect(sent).toEqual([]);
    line.buffered = 0;
    later();
    expect(sent).toEqual(['m,99,0,0,0']);
    expect(all.move('m,100,0,0,0')).toBe(true);
  });

  test('become the sum of the ways, and lose nothing', () => {
    const { all, sent, line } = moves();
    line.buffered = 10_000;
    for (const text of ['m2,3,-1,0,0', 'm2,4,-1,0,0', 'm2,-10,5,0,0']) all.move(text);
    all.settle();
    expect(sent).toEqual(['m2,-3,3,0,0']);
  });

  test('keep their order with each other and with what is pressed', () => {
    const { all, sent, line, waiting } = moves();
    line.buffered = 10_000;
    all.move('m,1,1,0,0');
    all.move('m2,3,0,0,0');
    all.settle();
    expect(sent).toEqual(['m,1,1,0,0', 'm2,3,0,0,0']);
    expect(waiting).toEqual([]);
  });

  test('are forgotten with their connection', () => {
    const { all, sent, line, waiting } = moves();
    line.buffered = 10_000;
    all.move('m,1,1,0,0');
    all.reset();
    all.settle();
    expect(sent).toEqual([]);
    expect(waiting).toEqual([]);
  });
});
