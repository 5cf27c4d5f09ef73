import { describe, expect, test } from 'vitest';
import type { Second } from '../src/engine/messages.ts';
import type { Step } from '../src/trace/stages.ts';
import { STEPS } from '../src/trace/stages.ts';
import type { Report } from '../src/trace/tracer.ts';
import { blamed, Judge } from '../src/ui/verdict.ts';
import { LaneScale } from '../src/ui/waterfall.ts';

const spread = (p50: number) => ({ p50, p95: p50 * 2, p99: p50 * 3 });

function report(more: Partial<Record<Step, number>> = {}, rtt = 2): Report {
  const steps = Object.fromEntries(STEPS.map(({ name }) => [name, spread(more[name] ?? 2)]));
  const total = STEPS.reduce((sum, { name }) => sum + (more[name] ?? 2), 0);
  return {
    pictures: 300,
    inputs: 100,
    clock: { offset: 0, rtt, error: rtt / 2 },
    stages: {},
    steps,
    total: spread(total),
    picture: spread(total),
    owners: undefined,
    latest: total,
    journeys: [],
  };
}

/** Lets seconds pass, all alike. */
class Bench {
  readonly judge = new Judge();
  readonly history: Second[] = [];

  pass(count: number, trace: Report | undefined, more: Partial<Second> = {}): this {
    for (let second = 0; second < count; second += 1) {
      this.history.push({
        total: 0,
        frames: 60,
        bytes: 10_000,
        skipped: 0,
        queue: 0,
        delay: undefined,
        draw: undefined,
        answers: true,
        way: 'draw',
        trace,
        ...more,
      });
      this.judge.second(this.history, trace);
    }
    return this;
  }

  get kind(): string {
    return this.judge.verdict.kind;
  }
}

describe('a verdict', () => {
  test('is good while nothing stands out, also on a desktop at rest', () => {
    const bench = new Bench();
    expect(bench.kind).toBe('wait');
    expect(bench.pass(10, report()).kind).toBe('good');
    expect(bench.pass(1, undefined, { frames: 0 }).kind).toBe('still');
    expect(bench.pass(1, report()).kind).toBe('good');
  });

  for (const { name } of STEPS) {
    test(`names ${name} when it stands out for five seconds, and how much of the whole it is`, () => {
      const bench = new Bench().pass(10, report()).pass(4, report({ [name]: 30 }));
      expect(bench.kind).toBe('good');
      bench.pass(1, report({ [name]: 30 }));
      expect(bench.judge.verdict).toEqual({ kind: 'step', step: name, part: 30, whole: 46, since: 5 });
      bench.pass(20, report({ [name]: 30 }));
      expect(bench.judge.verdict).toMatchObject({ since: 25 });
    });
  }

  test('does not name a step that was always like that, nor one that is a small part', () => {
    expect(new Bench().pass(20, report({ network: 40 })).kind).toBe('good');
    expect(new Bench().pass(10, report({ app: 100 })).pass(20, report({ app: 100, encode: 20 })).kind).toBe('good');
  });

  test('does not take the first few pictures for the calm', () => {
    const few = { ...report(), pictures: 5, inputs: 5 };
    expect(new Bench().pass(3, few).pass(20, report({ encode: 40 })).kind).toBe('good');
  });

  test('holds for five seconds, and then goes', () => {
    const bench = new Bench().pass(10, report()).pass(5, report({ decode: 40 }));
    expect(blamed(bench.judge.verdict)).toBe('here');
    bench.pass(4, report());
    expect(bench.kind).toBe('step');
    bench.pass(1, report());
    expect(bench.kind).toBe('good');
  });

  test('blames a long way, and a device that leaves pictures out', () => {
    expect(blamed(new Bench().pass(1, report({}, 400)).judge.verdict)).toBe('network');
    const bench = new Bench().pass(5, report()).pass(2, report(), { skipped: 1 });
    expect(bench.kind).toBe('good');
    expect(bench.pass(1, report(), { queue: 9 }).judge.verdict).toEqual({ kind: 'strained', seconds: 3 });
  });
});

test('the lane grows at once and shrinks after ten seconds', () => {
  const scale = new LaneScale();
  expect(scale.fit(20, 0)).toBe(30);
  expect(scale.fit(100, 1000)).toBe(150);
  expect(scale.fit(20, 10_999)).toBe(150);
  expect(scale.fit(20, 11_000)).toBe(30);
  expect(scale.fit(1e9, 12_000)).toBe(6000);
});
