import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Core } from '../src/engine/core.ts';
import type { FromWorker } from '../src/engine/messages.ts';
import type { TransportEvents } from '../src/transport/transport.ts';
import type { Surface } from '../src/video/sink.ts';

/** A decoder whose pictures come out when the test says so, and that counts what is open. */
class FakeDecoder {
  static all: FakeDecoder[] = [];
  static openFrames = 0;
  state = 'unconfigured';
  codec = '';
  waiting: { timestamp: number; type: string }[] = [];
  readonly init: VideoDecoderInit;

  constructor(init: VideoDecoderInit) {
    this.init = init;
    FakeDecoder.all.push(this);
  }
  get decodeQueueSize(): number {
    return this.waiting.length;
  }
  configure({ codec, optimizeForLatency }: VideoDecoderConfig): void {
    expect(optimizeForLatency).toBe(true);
    this.codec = codec;
    this.state = 'configured';
  }
  decode(chunk: { timestamp: number; type: string }): void {
    this.waiting.push(chunk);
  }
  close(): void {
    this.state = 'closed';
  }
  flush(): never {
    throw new Error('flushing costs a keyframe');
  }
  finish(count = this.waiting.length): void {
    for (const { timestamp } of this.waiting.splice(0, count)) {
      FakeDecoder.openFrames += 1;
      const close = (): void => {
        FakeDecoder.openFrames -= 1;
      };
      this.init.output({ timestamp, displayWidth: 64, displayHeight: 48, close } as unknown as VideoFrame);
    }
  }
  fail(name: string): void {
    this.state = 'closed';
    this.init.error(new DOMException('broken', name));
  }
}

function bench() {
  const posted: FromWorker[] = [];
  const sent: string[] = [];
  const drawn: number[] = [];
  const frames: ((began: number) => void)[] = [];
  let now = 1000;
  let events: TransportEvents | undefined;
  const core = new Core({
    now: () => now,
    origin: 0,
    nextFrame: (then) => frames.push(then),
    post: (message) => posted.push(message),
    connect: (_url, given) => {
      events = given;
      return { send: (message) => sent.push(String(message)), buffered: 0, close: () => {} };
    },
    sink: () => ({
      way: 'draw',
      rest: () => {},
      plays: () => {},
      resize: () => {},
      draw: (picture, y, then) => {
        drawn.push(y);
        picture.close();
        then();
      },
    }),
    audio: { Decoder: undefined, Encoder: undefined },
    pictures: { toPng: async () => undefined, same: async () => false },
    jpeg: async () => ({ width: 64, height: 16, close: () => {} }) as ImageBitmap,
  });
  core.handle({ do: 'surface', surface: {} as Surface, origin: 0 });
  const open = (viewer = false): void => {
    core.handle({ do: 'open', link: 1, url: 'ws://x', viewer });
    events?.opened();
  };
  let id = 0;
  const unit = (keyframe: boolean, profile = 0x42): void => {
    const sps = keyframe ? [0, 0, 1, 0x67, profile, 0xc0, 0x1f, 0xda, 1, 2, 3] : [0, 0, 1, 0x41, 9, 9];
    events?.binary(Uint8Array.of(4, keyframe ? 1 : 0, id >> 8, id & 255, 0, 0, 0, 64, 0, 48, ...sps));
    id += 1;
  };
  return {
    core,
    posted,
    sent,
    drawn,
    open,
    unit,
    text: (text: string) => events?.text(text),
    binary: (...bytes: number[]) => events?.binary(Uint8Array.from(bytes)),
    /** The page says who it is. */
    introduce: () => core.handle({ do: 'send', text: '_selkies,{}' }),
    /** The browser paints a frame that began now, or so much earlier. */
    paint(earlier = 0): void {
      for (const then of frames.splice(0)) then(now - earlier);
    },
    pass(ms: number) {
      now += ms;
      vi.advanceTimersByTime(ms);
    },
    decoder: () => FakeDecoder.all.at(-1) as FakeDecoder,
  };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeDecoder.all = [];
  FakeDecoder.openFrames = 0;
  vi.stubGlobal('VideoDecoder', FakeDecoder);
  vi.stubGlobal(
    'EncodedVideoChunk',
    class {
      constructor(init: object) {
        Object.assign(this, init);
      }
    },
  );
});

afterEach(() => {
  expect(FakeDecoder.openFrames).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('pictures', () => {
  test('go from the socket to the canvas', () => {
    const { open, unit, decoder, drawn, posted } = bench();
    open();
    unit(true);
    expect(decoder().codec).toBe('avc1.42C01F');
    decoder().finish();
    expect(drawn).toEqual([0]);
    expect(posted.map(({ is }) => is)).toEqual(['opened', 'chunk', 'painted']);
    expect(posted.at(-1)).toMatchObject({ width: 64, height: 48 });
  });

  test('without a keyframe wait for one, and it is asked for once', () => {
    const { open, unit, sent, pass } = bench();
    open();
    for (let count = 0; count < 10; count += 1) {
      unit(false);
      pass(20);
    }
    expect(sent.filter((text) => text === 'REQUEST_KEYFRAME')).toHaveLength(1);
    expect(FakeDecoder.all.flatMap((decoder) => decoder.waiting)).toEqual([]);
  });

  test('after a reset of the pipeline begin with a keyframe', () => {
    const { open, unit, text, decoder, sent } = bench();
    open();
    unit(true);
    decoder().finish();
    text('PIPELINE_RESETTING primary');
    unit(false);
    expect(decoder().waiting).toEqual([]);
    expect(sent).toContain('REQUEST_KEYFRAME');
    unit(true);
    expect(FakeDecoder.all).toHaveLength(2);
    decoder().finish();
  });

  test('keep their decoder over further keyframes of the same shape, and get another for another profile', () => {
    const { open, unit, decoder } = bench();
    open();
    unit(true);
    decoder().finish();
    unit(true);
    expect(FakeDecoder.all).toHaveLength(1);
    unit(true, 0xf4);
    expect(FakeDecoder.all).toHaveLength(2);
    expect(FakeDecoder.all[0]?.state).toBe('closed');
    FakeDecoder.all[0]?.finish();
    decoder().finish();
  });

  test('that pile up for long are dropped to the next keyframe; a burst is not', () => {
    const { open, unit, decoder, sent, pass } = bench();
    open();
    unit(true);
    decoder().finish();
    for (let count = 0; count < 12; count += 1) unit(false);
    expect(sent).not.toContain('REQUEST_KEYFRAME');
    expect(decoder().waiting).toHaveLength(12);
    pass(250);
    unit(false);
    expect(sent).toContain('REQUEST_KEYFRAME');
    expect(decoder().waiting).toHaveLength(12);
    const late = decoder();
    unit(true);
    expect(decoder()).not.toBe(late);
    expect(decoder().waiting).toHaveLength(1);
    late.finish();
    decoder().finish();
  });

  test('of a burst that are late already are not drawn', () => {
    const { open, unit, decoder, drawn } = bench();
    open();
    unit(true);
    decoder().finish();
    for (let count = 0; count < 10; count += 1) unit(false);
    const { waiting, init } = decoder();
    // The queue shrinks as each one leaves, as in a browser.
    while (waiting.length > 0) decoder().finish(1);
    expect(init).toBeDefined();
    expect(drawn.length).toBeLessThan(6);
    expect(drawn.length).toBeGreaterThan(1);
  });

  test('a decoder that breaks asks for a keyframe; one that refuses says so', () => {
    const { open, unit, decoder, sent, posted } = bench();
    open();
    unit(true);
    decoder().fail('EncodingError');
    expect(sent).toContain('REQUEST_KEYFRAME');
    expect(posted.some(({ is }) => is === 'refused')).toBe(false);
    unit(true);
    decoder().fail('NotSupportedError');
    expect(posted.at(-1)).toEqual({ is: 'refused', link: 1, codec: 'avc1.42C01F' });
  });

  test('in bands are a stream each: drawn at their row, gated and renewed on their own', () => {
    const { open, binary, drawn, sent, posted } = bench();
    open();
    const chunk = (id: number, y: number, height: number, keyframe: boolean): void => {
      const data = keyframe ? [0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0xda, 1, 2, 3] : [0, 0, 1, 0x41, 9, 9];
      binary(4, keyframe ? 1 : 0, 0, id, 0, y, 0, 64, 0, height, ...data);
    };
    const finish = (): void => {
      for (const decoder of FakeDecoder.all) if (decoder.state === 'configured') decoder.finish();
    };
    chunk(0, 0, 66, true);
    chunk(0, 66, 64, true);
    finish();
    expect(FakeDecoder.all).toHaveLength(2);
    expect(drawn).toEqual([0, 66]);
    // Only the lower one changed.
    chunk(1, 66, 64, false);
    expect(FakeDecoder.all.map(({ waiting }) => waiting.map(({ type }) => type))).toEqual([[], ['delta']]);
    finish();
    expect(drawn).toEqual([0, 66, 66]);
    // A band that was never seen waits for its keyframe; the others go on.
    chunk(2, 130, 64, false);
    chunk(2, 0, 66, false);
    expect(sent.filter((text) => text === 'REQUEST_KEYFRAME')).toHaveLength(1);
    expect(FakeDecoder.all).toHaveLength(2);
    finish();
    expect(drawn).toEqual([0, 66, 66, 0]);
    // Another height is another stream, of this band alone.
    chunk(3, 0, 66, true);
    chunk(3, 66, 80, true);
    expect(FakeDecoder.all.map(({ state }) => state)).toEqual(['configured', 'closed', 'configured']);
    finish();
    vi.advanceTimersByTime(1000);
    const second = posted.find((message) => message.is === 'stats')?.second;
    expect(second?.skipped).toBe(0);
  });

  test('of JPEG are drawn at their place, the newest of each band', async () => {
    const { open, binary, drawn } = bench();
    open();
    for (let id = 0; id < 5; id += 1) binary(3, 0, 0, id, 0, 16, 0xff, 0xd8);
    await vi.runOnlyPendingTimersAsync();
    expect(drawn).toEqual([16, 16]);
  });
});

describe('acknowledgements', () => {
  const acks = (sent: string[]): string[] => sent.filter((text) => text.startsWith('CLIENT_FRAME_ACK'));

  const trace = (frame: number): string => `_trace,${frame},1,2,3,4,5,6`;

  test('come with every picture, when it is decoded', () => {
    const { open, unit, text, sent, decoder } = bench();
    open();
    unit(true);
    text(trace(0));
    expect(acks(sent)).toEqual([]);
    decoder().finish();
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0']);
    for (const id of [1, 2, 3]) {
      unit(false);
      text(trace(id));
    }
    decoder().finish(2);
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0', 'CLIENT_FRAME_ACK 1', 'CLIENT_FRAME_ACK 2']);
    decoder().finish();
    expect(acks(sent)).toHaveLength(4);
  });

  test('of a picture in bands wait for the last of them', () => {
    const { open, binary, text, sent } = bench();
    open();
    const band = (id: number, y: number): void => {
      binary(4, 1, 0, id, 0, y, 0, 64, 0, 16, 0, 0, 1, 0x67, 0x42, 0xc0, 0x1f, 0xda, 1, 2, 3);
    };
    const finish = (): void => {
      for (const decoder of FakeDecoder.all) decoder.finish();
    };
    band(0, 0);
    text(trace(0));
    finish();
    band(1, 0);
    finish();
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0']);
    band(1, 16);
    text(trace(1));
    expect(acks(sent)).toHaveLength(1);
    finish();
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0', 'CLIENT_FRAME_ACK 1']);
    // The beginning of another picture is the end of this one, when the word about it was lost.
    band(2, 0);
    finish();
    expect(acks(sent)).toHaveLength(2);
    band(3, 0);
    expect(acks(sent)).toHaveLength(3);
    finish();
  });

  test('come for pictures that are dropped, too', () => {
    const { open, unit, sent, decoder, text } = bench();
    open();
    unit(false);
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0']);
    unit(true);
    text(trace(1));
    unit(false);
    text(trace(2));
    decoder().fail('EncodingError');
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0', 'CLIENT_FRAME_ACK 1', 'CLIENT_FRAME_ACK 2']);
  });

  test('do not wait for a decoder that keeps a picture back', () => {
    const { open, unit, text, sent, pass, decoder } = bench();
    open();
    unit(true);
    text(trace(0));
    pass(249);
    expect(acks(sent)).toEqual([]);
    pass(1);
    expect(acks(sent)).toEqual(['CLIENT_FRAME_ACK 0']);
    decoder().finish();
    expect(acks(sent)).toHaveLength(1);
  });

  test('are not said on a desktop at rest, except to servers that are of another kind', () => {
    const ours = bench();
    ours.open();
    ours.unit(true);
    ours.text(trace(0));
    ours.decoder().finish();
    ours.pass(60_000);
    expect(acks(ours.sent)).toHaveLength(1);
    ours.core.handle({ do: 'close' });
    const theirs = bench();
    theirs.open();
    theirs.unit(true);
    theirs.decoder().finish();
    theirs.pass(3000);
    expect(acks(theirs.sent)).toHaveLength(4);
  });

  test('stop at a reset until a new picture comes', () => {
    const { open, unit, text, sent, pass } = bench();
    open();
    unit(true);
    text('PIPELINE_RESETTING primary');
    pass(5000);
    expect(acks(sent)).toEqual([]);
  });
});

describe('pings', () => {
  const pings = (sent: string[]): string[] => sent.filter((text) => text.startsWith('_ping'));

  test('are five at the beginning, then one every five seconds', () => {
    const { open, text, sent, pass, core, introduce } = bench();
    open();
    introduce();
    for (let number = 0; number < 5; number += 1) text(`_pong,${number},1000000`);
    expect(pings(sent)).toEqual(['_ping,0', '_ping,1', '_ping,2', '_ping,3', '_ping,4']);
    for (let second = 0; second < 60; second += 1) {
      pass(1000);
      text(`_pong,${pings(sent).length - 1},1000000`);
    }
    expect(pings(sent)).toHaveLength(5 + 12);
    core.handle({ do: 'visible', on: false });
    pass(60_000);
    expect(pings(sent)).toHaveLength(5 + 12);
  });

  test('are not sent to who does not answer', () => {
    const { open, sent, pass, posted, introduce } = bench();
    open();
    introduce();
    pass(60_000);
    expect(pings(sent)).toHaveLength(1);
    expect(posted.some(({ is }) => is === 'silent')).toBe(false);
  });

  test('without an answer from a server that answered mean that it is gone', () => {
    const { open, text, pass, posted, introduce } = bench();
    open();
    introduce();
    for (let number = 0; number < 5; number += 1) text(`_pong,${number},1000000`);
    pass(14_000);
    expect(posted.some(({ is }) => is === 'silent')).toBe(false);
    pass(1000);
    expect(posted.some(({ is }) => is === 'silent')).toBe(true);
  });
});

describe('the trace', () => {
  test('follows a press to the picture that answers it', () => {
    const { core, open, unit, text, decoder, paint, pass, sent, posted, introduce } = bench();
    open();
    introduce();
    pass(4);
    // The server's clock is 9 s ahead.
    text('_pong,0,10002000');
    core.handle({ do: 'send', text: 'kd,97', happened: 1003 });
    expect(sent.slice(-2)).toEqual(['_input,0', 'kd,97']);
    pass(20);
    unit(true);
    text('_trace,0,10010000,10011000,10012000,10015000,10016000,10018000,0,10006000,10007000');
    pass(2);
    decoder().finish();
    pass(5);
    paint();
    pass(1000);
    const trace = posted.findLast((message) => message.is === 'stats')?.second.trace;
    const { stages = {} } = trace ?? {};
    const spans = Object.fromEntries(Object.entries(stages).map(([name, spread]) => [name, Math.round(spread.p50)]));
    expect(spans).toEqual({
      hand: 1,
      input: 2,
      inject: 1,
      app: 3,
      capture: 1,
      wait: 1,
      encode: 3,
      queue: 1,
      send: 2,
      network: 6,
      decode: 2,
      show: 5,
    });
    expect(trace?.total?.p50).toBeCloseTo(28);
    expect(posted.some((message) => message.is === 'message' && String(message.message.type).match(/trace|pong/))).toBe(
      false,
    );
  });

  test('ends with the first frame that began after the drawing', () => {
    const { open, unit, text, decoder, paint, pass, posted, introduce } = bench();
    open();
    introduce();
    text('_pong,0,10000000');
    unit(true);
    text('_trace,0,9000000,9000000,9000000,9000000,9000000,9000000');
    decoder().finish();
    pass(1);
    paint(3);
    pass(12);
    paint();
    pass(1000);
    const trace = posted.findLast((message) => message.is === 'stats')?.second.trace;
    expect(trace?.stages.show?.p50).toBeCloseTo(13);
  });

  test('says nothing of pictures nobody sees', () => {
    const { core, open, unit, text, decoder, paint, pass, posted, introduce } = bench();
    open();
    introduce();
    text('_pong,0,10000000');
    core.handle({ do: 'visible', on: false });
    unit(true);
    text('_trace,0,9000000,9000000,9000000,9000000,9000000,9000000');
    decoder().finish();
    paint();
    pass(2000);
    expect(posted.findLast((message) => message.is === 'stats')?.second.trace).toBeUndefined();
  });
});

test('text that means nothing to us is not passed on', () => {
  const { open, text, posted } = bench();
  open();
  text('WEATHER sunny');
  text('{"type":"stream_resolution","width":-1}');
  text('MODE websockets');
  expect(posted.filter(({ is }) => is === 'message')).toHaveLength(1);
});

test('closing leaves no timer behind', () => {
  const { core, open, unit } = bench();
  open();
  unit(true);
  core.handle({ do: 'close' });
  expect(vi.getTimerCount()).toBe(0);
});
