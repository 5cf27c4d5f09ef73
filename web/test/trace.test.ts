import { describe, expect, test } from 'vitest';
import { Following } from '../src/input/following.ts';
import { ServerClock } from '../src/trace/offset.ts';
import { INPUT_STAGES, STAGES, STEPS } from '../src/trace/stages.ts';
import { Tracer } from '../src/trace/tracer.ts';
import { Window } from '../src/trace/window.ts';

/** The server's clock shows this much more, in milliseconds. */
const AHEAD = 1_234_567;
const CALM = 1.5;

/** Random numbers that are the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Plays inputs and their pictures with stages of a known length. */
class Play {
  readonly tracer = new Tracer();
  now = 10_000;
  frame: number;

  constructor(first = 0) {
    this.frame = first;
    this.tracer.linked();
    const number = this.tracer.ping(this.now - 1);
    this.tracer.pong(number, (this.now + AHEAD) * 1000, this.now + 1);
  }

  /** One input and the picture it caused. `how` may lose or repeat the server's word about it. */
  picture(spans: readonly number[], how: { traces?: number; traceFirst?: boolean; input?: boolean } = {}): void {
    const { traces = 1, traceFirst = false, input = true } = how;
    const times = [this.now];
    for (const span of spans) times.push((times.at(-1) ?? 0) + span);
    const at = (index: number): number => times[index] ?? 0;
    const server = (index: number): number => Math.round((at(index) + AHEAD) * 1000);
    const { tracer, frame } = this;
    const id = input ? tracer.input(at(0), at(1)) : 0;
    const answers = input ? [{ id, received: server(2), injected: server(3) }] : [];
    const trace = (): void => {
      for (let count = 0; count < traces; count += 1) {
        tracer.traced({
          type: 'trace',
          frame,
          damaged: server(4),
          captured: server(5),
          encode_started: server(6),
          encoded: server(7),
          taken: server(8),
          sent: server(9),
          answers,
        });
      }
    };
    tracer.arrived(frame, at(10));
    if (traceFirst) trace();
    tracer.decoded(frame, at(11));
    tracer.settled(frame);
    tracer.presented(at(11) + 0.1, at(12));
    if (!traceFirst) trace();
    this.now = at(12) + 5;
    this.frame = (frame + 1) % 65_536;
  }
}

const calm = (): number[] => STAGES.map(() => CALM);

describe('the stages', () => {
  for (const [slow, { name }] of STAGES.entries()) {
    test(`show a delay of 20 ms in ${name}, and there alone`, () => {
      const play = new Play();
      for (let count = 0; count < 100; count += 1)
        play.picture(calm().map((span, index) => (index === slow ? span + 20 : span)));
      const { stages, steps, total, owners } = play.tracer.report(play.now);
      for (const [index, stage] of STAGES.entries()) {
        const expected = index === slow ? CALM + 20 : CALM;
        for (const part of ['p50', 'p95', 'p99'] as const) expect(stages[stage.name]?.[part]).toBeCloseTo(expected, 2);
      }
      for (const step of STEPS) {
        const has = (step.stages as readonly string[]).includes(name);
        expect(steps[step.name]?.p50).toBeCloseTo(step.stages.length * CALM + (has ? 20 : 0), 2);
      }
      expect(total?.p50).toBeCloseTo(STAGES.length * CALM + 20, 2);
      const owner = STAGES[slow]?.owner ?? 'here';
      for (const other of ['network', 'server', 'here'] as const) {
        const count = STAGES.filter((stage) => stage.owner === other).length;
        expect(owners?.[other]).toBeCloseTo(count * CALM + (other === owner ? 20 : 0), 2);
      }
    });
  }

  test('of the latest inputs are known one by one, by the time the page gives them', () => {
    const play = new Play();
    const shift = 4000;
    const began: number[] = [];
    for (let count = 0; count < 20; count += 1) {
      began.push(play.now);
      play.picture(calm().map((span, index) => span + (STAGES[index]?.name === 'app' ? count : 0)));
    }
    const { journeys } = play.tracer.report(play.now, shift);
    expect(journeys).toHaveLength(16);
    for (const [index, { happened, total, stages }] of journeys.entries()) {
      const count = index + 4;
      expect(happened).toBeCloseTo((began[count] ?? 0) - shift, 2);
      expect(total).toBeCloseTo(STAGES.length * CALM + count, 2);
      expect(stages.app).toBeCloseTo(CALM + count, 2);
      expect(stages.show).toBeCloseTo(CALM, 2);
    }
  });

  test('of pictures without an input are known without it', () => {
    const play = new Play();
    for (let count = 0; count < 10; count += 1) play.picture(calm(), { input: false });
    const report = play.tracer.report(play.now);
    expect(report.total).toBeUndefined();
    expect(report.picture?.p50).toBeCloseTo((STAGES.length - INPUT_STAGES) * CALM, 2);
    expect(report.stages.app).toBeUndefined();
    expect(report).toMatchObject({ pictures: 10, inputs: 0 });
  });

  test('survive lost, late and repeated words, and numbers that begin again', () => {
    const play = new Play(65_500);
    const roll = dice(7);
    let told = 0;
    for (let count = 0; count < 200; count += 1) {
      const traces = Math.floor(roll() * 3);
      if (traces > 0) told += 1;
      play.picture(calm(), { traces, traceFirst: roll() < 0.5 });
    }
    const report = play.tracer.report(play.now);
    expect(report.pictures).toBe(told);
    expect(report.inputs).toBe(told);
    for (const { name } of STAGES) expect(report.stages[name]?.p99).toBeCloseTo(CALM, 2);
  });

  test('of inputs are not those of another time than the pictures’', () => {
    const play = new Play();
    play.picture(calm());
    for (let count = 0; count < 290; count += 1) play.picture(calm(), { input: false });
    expect(play.tracer.report(play.now)).toMatchObject({ inputs: 1 });
    for (let count = 0; count < 200; count += 1) play.picture(calm(), { input: false });
    expect(play.tracer.report(play.now)).toMatchObject({ inputs: 0, pictures: 300, total: undefined });
    play.picture(calm());
    // A desktop at rest keeps what it has.
    expect(play.tracer.report(play.now + 1e6)).toMatchObject({ inputs: 1 });
  });

  test('do not mix a picture with one of the same number before a reset', () => {
    const play = new Play();
    const { tracer } = play;
    tracer.arrived(0, play.now);
    tracer.restarted();
    play.picture(calm());
    expect(tracer.report(play.now)).toMatchObject({ pictures: 1 });
    expect(tracer.report(play.now).stages.decode?.p50).toBeCloseTo(CALM, 2);
  });

  test('ignore words about pictures and inputs that were never seen', () => {
    const { tracer, now } = new Play();
    const word = { damaged: 1, captured: 1, encode_started: 1, encoded: 1, taken: 1, sent: 1 };
    tracer.traced({ type: 'trace', frame: 9, ...word, answers: [{ id: 5, received: 1, injected: 1 }] });
    tracer.decoded(9, now);
    tracer.settled(9);
    tracer.presented(now, now);
    expect(tracer.report(now)).toMatchObject({ pictures: 0, inputs: 0 });
  });

  test('count an input that a dropped picture answered up to the picture that shows it', () => {
    const play = new Play();
    const { tracer } = play;
    const id = tracer.input(0, 0);
    const word = { encode_started: 0, encoded: 0, taken: 0, sent: 0, captured: 0 };
    const micros = (at: number): number => (at + AHEAD) * 1000;
    const trace = { type: 'trace' as const, ...word, damaged: micros(3) };
    for (const key of Object.keys(word) as (keyof typeof word)[]) trace[key] = micros(4);
    tracer.arrived(1, 10);
    tracer.traced({ ...trace, frame: 1, answers: [{ id, received: micros(1), injected: micros(2) }] });
    tracer.decoded(1, 11);
    tracer.settled(1);
    tracer.presented(10.5, 12);
    expect(tracer.report(12).inputs).toBe(0);
    tracer.presented(40, 50);
    expect(tracer.report(50).total?.p50).toBeCloseTo(50);
  });

  test('of the server keep their length, and all are there, however wrong the clocks are', () => {
    for (const wrong of [-300, -40, 40, 300]) {
      const play = new Play();
      play.tracer.linked();
      play.tracer.pong(play.tracer.ping(play.now - 1000), (play.now - 500 + AHEAD + wrong) * 1000, play.now);
      play.picture(calm());
      const { stages, total } = play.tracer.report(play.now);
      for (const name of ['inject', 'app', 'capture', 'wait', 'encode', 'queue'] as const)
        expect(stages[name]?.p50).toBeCloseTo(CALM, 2);
      for (const { name } of STAGES) expect(stages[name]?.p50).toBeGreaterThanOrEqual(0);
      expect(total?.p50).toBeCloseTo(STAGES.length * CALM, 2);
    }
  });

  test('are never negative, whatever a server says', () => {
    const roll = dice(5);
    const { tracer } = new Play();
    const any = (): number => Math.floor(roll() * 2 ** 53);
    for (let frame = 0; frame < 500; frame += 1) {
      const id = tracer.input(frame, frame);
      tracer.arrived(frame, frame + 1);
      tracer.decoded(frame, frame + 2);
      tracer.settled(frame);
      const answers = [{ id, received: any(), injected: any() }];
      const [damaged, captured, encode_started] = [any(), any(), any()];
      tracer.traced({
        type: 'trace',
        frame,
        damaged,
        captured,
        encode_started,
        encoded: any(),
        taken: any(),
        sent: any(),
        answers,
      });
      tracer.presented(frame + 2, frame + 3);
    }
    const report = tracer.report(500);
    expect(report.inputs).toBe(300);
    for (const spread of Object.values(report.stages)) {
      expect(spread.p50).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(spread.p99)).toBe(true);
    }
  });

  test('are forgotten with the inputs that never had an answer', () => {
    const play = new Play();
    for (let count = 0; count < 1000; count += 1) play.tracer.input(play.now, play.now);
    play.picture(calm());
    expect(play.tracer.report(play.now)).toMatchObject({ inputs: 1 });
  });
});

describe('the server’s clock', () => {
  test('is believed where the way was shortest, however lopsided the others were', () => {
    const roll = dice(42);
    const clock = new ServerClock();
    const way = 5;
    let now = 0;
    for (let count = 0; count < 200; count += 1) {
      now += 1000;
      // Waits up to 80 ms, nearly always on the way back; one in ten is not disturbed.
      const there = way + (roll() < 0.9 ? roll() * 4 : 0);
      const back = way + (roll() < 0.9 ? roll() * 80 : 0);
      const number = clock.asked(now);
      clock.answered(number, (now + there + AHEAD) * 1000, now + there + back);
      if (count < 40) continue;
      const { offset = 0, error = 0, rtt = 0 } = clock.best ?? {};
      expect(Math.abs(offset - AHEAD)).toBeLessThanOrEqual(error);
      expect(rtt).toBeGreaterThanOrEqual(2 * way);
      expect(error).toBeLessThan(25);
    }
  });

  test('follows a clock that drifts', () => {
    const clock = new ServerClock();
    for (let now = 0; now < 600_000; now += 5000) {
      const drift = now * 0.0001;
      const number = clock.asked(now);
      clock.answered(number, (now + 2 + AHEAD + drift) * 1000, now + 4);
    }
    expect(clock.best?.offset).toBeGreaterThan(AHEAD + 60 - 6.1);
  });

  test('is not set by answers to questions that were not asked, or asked long ago', () => {
    const clock = new ServerClock();
    clock.answered(0, 5, 1);
    expect(clock.best).toBeUndefined();
    const first = clock.asked(0);
    for (let count = 0; count < 8; count += 1) clock.asked(count);
    clock.answered(first, 5, 9);
    expect(clock.best).toBeUndefined();
    const last = clock.asked(10);
    clock.answered(last, 12_000, 14);
    clock.answered(last, 99_000, 14.5);
    expect(clock.best).toEqual({ offset: 0, rtt: 4, error: 2 });
  });
});

describe('a window', () => {
  const row = (value: number): Float64Array => Float64Array.of(value, value * 10);

  test('counts by rank: the middle of a hundred is the fiftieth', () => {
    const window = new Window(300, 2);
    for (let value = 100; value >= 1; value -= 1) window.add(0, row(value));
    expect(window.spread(0)).toEqual({ p50: 50, p95: 95, p99: 99 });
    expect(window.spread(0, 1)).toEqual({ p50: 550, p95: 1045, p99: 1089 });
    expect(new Window(3, 2).spread(0)).toBeUndefined();
  });

  test('divides its middle into parts that add up', () => {
    const window = new Window(300, 3);
    for (let value = 1; value <= 99; value += 1) {
      const part = value % 2 === 0 ? 0.9 : 0.1;
      window.add(0, Float64Array.of(value * part, value * (1 - part), value));
    }
    const [a = 0, b = 0] = window.shares(2, [0, 1]) ?? [];
    expect(a + b).toBeCloseTo(50);
    expect(a).toBeGreaterThan(20);
    expect(b).toBeGreaterThan(20);
    expect(new Window(3, 3).shares(2, [0, 1])).toBeUndefined();
  });

  test('forgets what is beyond its rows, and what is half a minute older than the newest', () => {
    const window = new Window(4, 2);
    for (let value = 1; value <= 6; value += 1) window.add(value, row(value));
    expect(window.spread(0)).toEqual({ p50: 4, p95: 6, p99: 6 });
    window.add(30_005.5, row(7));
    expect(window.size).toBe(2);
    expect(window.spread(0)?.p50).toBe(6);
    expect(window.spread(0, 0, 30_000)?.p50).toBe(7);
    expect(window.spread(0, 0, 40_000)).toBeUndefined();
  });
});

describe('followed inputs', () => {
  const at = (x: number, mask = 0) => ({ type: 'pointer_at', x, y: 0, mask, notches: 0 }) as const;

  test('are all buttons and keys that go down, and of movements one in 50 ms', () => {
    const following = new Following();
    let now = 0;
    let moves = 0;
    for (; now < 1000; now += 8) if (following.picks(at(now), now)) moves += 1;
    expect(moves).toBeGreaterThanOrEqual(17);
    expect(moves).toBeLessThanOrEqual(20);
    expect(following.picks(at(1, 1), now)).toBe(true);
    expect(following.picks(at(1, 0), now)).toBe(true);
    expect(following.picks({ type: 'key_down', keysym: 97 }, now)).toBe(true);
    expect(following.picks({ type: 'key_up', keysym: 97 }, now)).toBe(false);
    expect(following.picks({ type: 'keys_held', keysyms: [97] }, now)).toBe(false);
    expect(following.picks({ type: 'release_keys' }, now)).toBe(false);
  });

  test('are one of the three messages of a turning wheel', () => {
    const following = new Following();
    const turn = (mask: number) => ({ type: 'pointer_moved', dx: 0, dy: 0, mask, notches: 1 }) as const;
    expect([0, 8, 0, 0, 8, 0].map((mask) => following.picks(turn(mask), 0))).toEqual([
      false,
      true,
      false,
      false,
      true,
      false,
    ]);
  });
});
