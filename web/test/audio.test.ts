import { describe, expect, test } from 'vitest';
import { lacksMicrophone, lacksSound } from '../src/audio/able.ts';
import { decoderConfig, RATE, samplesOf } from '../src/audio/opus.ts';
import { Packets } from '../src/audio/packets.ts';
import { Gate, Pieces } from '../src/audio/pieces.ts';
import { Player } from '../src/audio/player.ts';
import { Ring } from '../src/audio/ring.ts';
import { gainOf } from '../src/audio/sound.ts';
import type { AudioMessage } from '../src/proto/messages.ts';

const QUANTUM = 128;
const PACKET = 480;

/** A listener and a talker whose clocks differ, and a network between them. */
class Hall {
  readonly ring: Ring;
  readonly player: Player;
  readonly heard: number[] = [];
  records = true;
  /** Seconds of the listener's clock. */
  now = 0;
  #sent = 0;
  #next = 0;
  readonly #tone: (frame: number) => number;
  readonly #drift: number;
  readonly #late: () => number;
  #waiting: { at: number; from: number }[] = [];

  constructor({
    drift = 0,
    late = () => 0,
    tone = sine(1000),
  }: { drift?: number; late?: () => number; tone?: (frame: number) => number } = {}) {
    this.ring = new Ring(Ring.memory(1, 32_768, true));
    this.player = new Player(this.ring);
    this.#tone = tone;
    this.#drift = drift;
    this.#late = late;
  }

  /** Both sides go on for so long; the talker speaks or is silent. */
  run(seconds: number, talks = true): this {
    const out = [new Float32Array(QUANTUM)];
    for (const end = this.now + seconds; this.now < end; this.now += QUANTUM / RATE) {
      if (!talks) this.#next = this.now;
      for (; talks && this.#next <= this.now; this.#next += PACKET / (RATE * (1 + this.#drift))) {
        // What is sent in order arrives in order.
        const earliest = this.#waiting.at(-1)?.at ?? 0;
        this.#waiting.push({ at: Math.max(earliest, this.#next + this.#late()), from: this.#sent });
        this.#sent += PACKET;
      }
      this.#deliver();
      this.player.pull(out);
      if (this.records) for (const value of out[0] ?? []) this.heard.push(value);
    }
    return this;
  }

  /** What was heard in the last seconds. */
  last(seconds: number): number[] {
    return this.heard.slice(-seconds * RATE);
  }

  #deliver(): void {
    for (let first = this.#waiting[0]; first && first.at <= this.now; first = this.#waiting[0]) {
      this.#waiting.shift();
      const { from } = first;
      const samples = Float32Array.from({ length: PACKET }, (_, frame) => this.#tone(from + frame));
      this.ring.write([samples], PACKET);
    }
  }
}

const sine =
  (hertz: number, level = 0.5) =>
  (frame: number): number =>
    level * Math.sin((2 * Math.PI * hertz * frame) / RATE);

/** How much of it is not a tone of about that frequency, in dB below the tone; the best fit of each 20 ms counts. */
function purity(heard: readonly number[], hertz: number): number {
  let worst = Number.NEGATIVE_INFINITY;
  for (let from = 0; from + 960 <= heard.length; from += 960) {
    const piece = heard.slice(from, from + 960);
    const off = (by: number): number => residue(piece, (2 * Math.PI * hertz * (1 + by)) / RATE);
    // The pitch may be off by what the pace corrects.
    let [low, high] = [-0.0052, 0.0052];
    for (let turn = 0; turn < 20; turn += 1) {
      const third = (high - low) / 3;
      if (off(low + third) < off(high - third)) high -= third;
      else low += third;
    }
    worst = Math.max(worst, off(low));
  }
  return 10 * Math.log10(worst);
}

/** The part of the energy that the best sine of this frequency leaves over. */
function residue(piece: readonly number[], step: number): number {
  let [cc, ss, cs, xc, xs, xx] = [0, 0, 0, 0, 0, 0];
  for (const [at, x] of piece.entries()) {
    const c = Math.cos(step * at);
    const s = Math.sin(step * at);
    cc += c * c;
    ss += s * s;
    cs += c * s;
    xc += x * c;
    xs += x * s;
    xx += x * x;
  }
  const whole = cc * ss - cs * cs;
  const a = (xc * ss - xs * cs) / whole;
  const b = (xs * cc - xc * cs) / whole;
  return Math.max(1e-12, (xx - a * xc - b * xs) / xx);
}

/** The largest change from one frame to the next. */
const steepest = (heard: readonly number[]): number =>
  heard.reduce((most, value, at) => Math.max(most, Math.abs(value - (heard[at - 1] ?? value))), 0);

const SLOPE = 0.5 * 2 * Math.PI * (1000 / RATE);

/** Always the same numbers between 0 and 1. */
function dice(): () => number {
  let state = 12345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the player', { timeout: 30_000 }, () => {
  test.each([200, -200])('corrects a clock that is wrong by %i ppm, and nothing of it is heard', (ppm) => {
    const hall = new Hall({ drift: ppm / 1e6 }).run(60);
    const { store, ratio, gaps, skips } = hall.player.report;
    expect(gaps + skips).toBe(0);
    expect((ratio - 1) * 1e6).toBeCloseTo(ppm, -2);
    expect(store).toBeGreaterThan(0.015 * RATE);
    expect(store).toBeLessThan(0.025 * RATE);
    const late = hall.last(5);
    expect(steepest(late)).toBeLessThan(SLOPE * 1.01);
    expect(purity(late, 1000)).toBeLessThan(-70);
  });

  test('keeps 20 ms in store on an even network, and within 40 on an uneven one', () => {
    const even = new Hall().run(30);
    expect(even.player.report.store / RATE).toBeGreaterThan(0.0185);
    expect(even.player.report.store / RATE).toBeLessThan(0.0215);
    const random = dice();
    const hall = new Hall({ late: () => 0.02 * random() }).run(60);
    const { store, gaps } = hall.player.report;
    expect(store / RATE).toBeLessThan(0.04);
    hall.run(60);
    expect(hall.player.report.gaps).toBe(gaps);
    expect(gaps).toBeLessThan(3);
    expect(steepest(hall.heard.slice(RATE))).toBeLessThan(SLOPE * 1.5);
  });

  test('learns from a network that stalls, forgets it again, and never clicks', () => {
    let stall = 0;
    const hall = new Hall({ late: () => stall }).run(10);
    stall = 0.08;
    hall.run(0.1);
    stall = 0;
    hall.run(5);
    expect(hall.player.report.gaps).toBe(1);
    expect(hall.player.report.target).toBeGreaterThan(0.08 * RATE);
    stall = 0.08;
    hall.run(0.1);
    stall = 0;
    hall.run(5);
    expect(hall.player.report.gaps).toBe(1);
    expect(steepest(hall.heard)).toBeLessThan(SLOPE * 1.5);
    hall.records = false;
    hall.run(180);
    expect(hall.player.report.store / RATE).toBeLessThan(0.03);
  });

  test('skips what is far too much, without a click', () => {
    const hall = new Hall().run(5);
    const flood = Float32Array.from({ length: 24_000 }, (_, frame) => sine(1000)(frame));
    hall.ring.write([flood], flood.length);
    hall.run(3);
    expect(hall.player.report.skips).toBe(1);
    expect(hall.player.report.store / RATE).toBeLessThan(0.045);
    expect(steepest(hall.heard)).toBeLessThan(SLOPE * 2.2);
  });

  test('silence is no gap, and the sound after it loses nothing of its beginning', () => {
    const tone = sine(440);
    const hall = new Hall({
      tone: (frame) => (frame % RATE > 0.1 * RATE && frame % RATE < 0.6 * RATE ? tone(frame) : 0),
    });
    hall.run(1).run(4, false).run(1).run(0.5, false).run(0.2);
    expect(hall.player.report.gaps).toBe(0);
    const began = hall.heard.findIndex((value, at) => at > 4 * RATE && Math.abs(value) > 0.01);
    expect(began / RATE).toBeLessThan(5.14);
    const loud = hall.heard.slice(began, began + RATE).filter((value) => Math.abs(value) > 0.01).length;
    expect(loud / RATE).toBeGreaterThan(0.47);
  });

  test('a sound shorter than the store is played all the same', () => {
    const hall = new Hall().run(1, false);
    hall.ring.write([Float32Array.from({ length: PACKET }, (_, at) => sine(1000)(at))], PACKET);
    hall.run(0.1, false);
    expect(hall.last(0.1).filter((value) => value !== 0).length).toBeGreaterThan(PACKET - 40);
    expect(steepest(hall.heard)).toBeLessThan(SLOPE * 1.5);
  });

  test('what breaks off for good is no gap either', () => {
    const hall = new Hall().run(2).run(3, false).run(1);
    expect(hall.player.report.gaps).toBe(0);
    expect(steepest(hall.heard)).toBeLessThan(SLOPE * 1.5);
  });
});

describe('the ring', () => {
  test('hands everything over in order, also across its end and when the counts wrap', () => {
    const ring = new Ring(Ring.memory(2, 256, false));
    let sent = 0;
    let read = 0;
    for (let turn = 0; turn < 100; turn += 1) {
      const frames = 100;
      const plane = Float32Array.from({ length: frames }, (_, at) => sent + at);
      expect(ring.write([plane, plane.map((value) => -value)], frames)).toBe(true);
      sent += frames;
      for (; read < sent; read += 1) {
        expect(ring.planes[0]?.[read & ring.mask]).toBe(read);
        expect(ring.planes[1]?.[read & ring.mask]).toBe(-read);
      }
      ring.free(read);
    }
    expect(ring.written).toBe(10_000);
  });

  test('takes nothing when it is full', () => {
    const ring = new Ring(Ring.memory(1, 256, false));
    expect(ring.write([new Float32Array(200)], 200)).toBe(true);
    expect(ring.write([new Float32Array(57)], 57)).toBe(false);
    expect(ring.written).toBe(200);
    expect(ring.write([new Float32Array(56)], 56)).toBe(true);
  });
});

describe('packets', () => {
  const bytes = (value: number): Uint8Array => Uint8Array.of(value);
  const message = (pts: number, payload: number, ...earlier: [number, number][]): AudioMessage => ({
    type: 'audio',
    pts: pts >>> 0,
    redundant: earlier.map(([offset, value]) => ({ offset, payload: bytes(value) })),
    payload: bytes(payload),
  });
  const taken = (packets: Packets, from: AudioMessage): number[] => packets.take(from).map(([value = -1]) => value);

  test('of plain messages are taken as they come', () => {
    const packets = new Packets();
    expect(taken(packets, { type: 'audio', redundant: [], payload: bytes(7) })).toEqual([7]);
  });

  test('that were repeated are taken only when they never came, also where the time wraps', () => {
    const packets = new Packets();
    expect(taken(packets, message(-480, 2, [480, 1]))).toEqual([2]);
    expect(taken(packets, message(0, 3, [960, 1], [480, 2]))).toEqual([3]);
    expect(taken(packets, message(1440, 6, [960, 4], [480, 5]))).toEqual([4, 5, 6]);
    expect(taken(packets, message(2400, 8, [960, 6], [480, 7]))).toEqual([7, 8]);
  });

  test('of a stream that begins anew count from its beginning', () => {
    const packets = new Packets();
    taken(packets, message(48_000, 1));
    packets.reset();
    expect(taken(packets, message(480, 3, [480, 2]))).toEqual([3]);
  });
});

describe('Opus', () => {
  test('tells its length', () => {
    // RFC 6716, table 2: configuration, frames.
    expect(samplesOf(Uint8Array.of((31 << 3) | 0))).toBe(960);
    expect(samplesOf(Uint8Array.of((30 << 3) | 1))).toBe(960);
    expect(samplesOf(Uint8Array.of((28 << 3) | 2))).toBe(240);
    expect(samplesOf(Uint8Array.of((13 << 3) | 3, 3))).toBe(2880);
    expect(samplesOf(Uint8Array.of((3 << 3) | 0))).toBe(2880);
    expect(samplesOf(Uint8Array.of())).toBe(0);
  });

  test('of more than two channels is described to the decoder', () => {
    expect(decoderConfig(2)).toEqual({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 });
    const { description } = decoderConfig(6) ?? {};
    const hex = Buffer.from(description as Uint8Array).toString('hex');
    expect(hex).toBe('4f707573486561640106000080bb0000000001040200040102030'.concat('5'));
    expect(decoderConfig(3)).toBeUndefined();
  });
});

describe('the microphone', () => {
  test('is cut into pieces of one length, each with its loudest value', () => {
    const pieces: { first: number | undefined; length: number; peak: number }[] = [];
    const cutter = new Pieces(480, (piece, peak) => pieces.push({ first: piece[0], length: piece.length, peak }));
    const all = Float32Array.from({ length: 1280 }, (_, at) => -at / 2048);
    for (let from = 0; from < all.length; from += 128) cutter.add(all.subarray(from, from + 128));
    expect(pieces).toEqual([
      { first: -0, length: 480, peak: 479 / 2048 },
      { first: -480 / 2048, length: 480, peak: 959 / 2048 },
    ]);
  });

  test('is sent no more after a long silence, and at once when somebody speaks', () => {
    const gate = new Gate();
    const said = (peak: number, pieces: number): number =>
      Array.from({ length: pieces }, () => gate.opens(peak)).filter(Boolean).length;
    expect(said(0.1, 10)).toBe(10);
    expect(said(0.0001, 500)).toBe(80);
    expect(said(0.1, 1)).toBe(1);
    expect(said(0, 40)).toBe(40);
  });
});

test('what is missing is said: a secure address, or the browser', () => {
  const whole = {
    isSecureContext: true,
    AudioContext: Object,
    AudioWorkletNode: Object,
    AudioEncoder: Object,
    AudioDecoder: {
      isConfigSupported: async () => ({
        supported: true,
        config: { codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 },
      }),
    },
  };
  expect(lacksSound(whole)).toBeUndefined();
  expect(lacksMicrophone(whole)).toBeUndefined();
  // Over http the decoder is missing as well: the address is what can be changed.
  expect(lacksSound({ ...whole, isSecureContext: false, AudioDecoder: undefined })).toBe('insecure');
  expect(lacksSound({ ...whole, AudioDecoder: undefined })).toBe('browser');
  expect(lacksMicrophone({ ...whole, AudioEncoder: undefined })).toBe('browser');
});

test('the volume goes from nothing to everything', () => {
  expect([0, 50, 100].map(gainOf)).toEqual([0, 0.25, 1]);
});
