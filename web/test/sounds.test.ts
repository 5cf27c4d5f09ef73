import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decoderConfig } from '../src/audio/opus.ts';
import { Ring } from '../src/audio/ring.ts';
import type { FromSounds } from '../src/audio/sounds.ts';
import { Sounds } from '../src/audio/sounds.ts';
import type { AudioMessage } from '../src/proto/messages.ts';

/** A decoder whose packets of one byte become 480 frames of that value, channel by channel a tenth more. */
class FakeDecoder {
  static all: FakeDecoder[] = [];
  static open = 0;
  state = 'unconfigured';
  config: AudioDecoderConfig | undefined;
  times: number[] = [];
  readonly init: AudioDecoderInit;
  constructor(init: AudioDecoderInit) {
    this.init = init;
    FakeDecoder.all.push(this);
  }
  configure(config: AudioDecoderConfig): void {
    this.state = 'configured';
    this.config = config;
  }
  decode({ timestamp, data }: { timestamp: number; data: Uint8Array }): void {
    this.times.push(timestamp);
    const numberOfChannels = this.config?.numberOfChannels ?? 0;
    FakeDecoder.open += 1;
    const close = (): void => {
      FakeDecoder.open -= 1;
    };
    const copyTo = (plane: Float32Array, { planeIndex }: AudioDataCopyToOptions): void => {
      plane.fill((data[1] ?? 0) + planeIndex / 10);
    };
    const out = { numberOfFrames: 480, numberOfChannels, copyTo, close };
    this.init.output(out as unknown as AudioData);
  }
  close(): void {
    this.state = 'closed';
  }
}

class FakeEncoder {
  static made: AudioEncoderConfig[] = [];
  state = 'configured';
  readonly init: AudioEncoderInit;
  constructor(init: AudioEncoderInit) {
    this.init = init;
  }
  configure(config: AudioEncoderConfig): void {
    FakeEncoder.made.push(config);
  }
  encode({ timestamp }: { timestamp: number }): void {
    const bytes = Uint8Array.of(0xf8, timestamp / 20_000);
    const copyTo = (to: Uint8Array): void => to.set(bytes);
    this.init.output({ byteLength: 2, copyTo } as unknown as EncodedAudioChunk, {});
  }
  close(): void {
    this.state = 'closed';
  }
}

beforeEach(() => {
  FakeDecoder.all = [];
  FakeDecoder.open = 0;
  FakeEncoder.made = [];
  vi.stubGlobal(
    'EncodedAudioChunk',
    Object.assign(function Chunk(this: object, init: object) {
      Object.assign(this, init);
    }),
  );
  vi.stubGlobal('AudioData', function Data(this: object, init: object) {
    Object.assign(this, init, { close: () => {} });
  });
});
afterEach(() => vi.unstubAllGlobals());

function bench() {
  const posted: FromSounds[] = [];
  const sent: number[][] = [];
  let now = 0;
  let buffered = 0;
  const sounds = new Sounds(
    { Decoder: FakeDecoder as unknown as typeof AudioDecoder, Encoder: FakeEncoder as unknown as typeof AudioEncoder },
    {
      now: () => now,
      line: () => ({
        send: (message) => sent.push(typeof message === 'string' ? [] : [...message]),
        get buffered() {
          return buffered;
        },
        close: () => {},
      }),
      post: (message) => posted.push(message),
    },
  );
  const pass = (ms: number): void => {
    now += ms;
    sounds.second();
  };
  const clog = (bytes: number): void => {
    buffered = bytes;
  };
  return { sounds, posted, sent, pass, clog };
}

/** 10 ms of CELT, stereo: the first byte says so (RFC 6716, 3.1). */
const packet = (value: number): AudioMessage => ({ type: 'audio', redundant: [], payload: Uint8Array.of(0xf4, value) });

test('packets become samples in the player’s store, one after the other', () => {
  const { sounds } = bench();
  const memory = Ring.memory(2, 2048, true);
  sounds.handle({ do: 'hear', outlet: { to: memory, channels: 2, speakers: 2 } });
  for (const value of [1, 2, 3]) sounds.heard(packet(value));
  const ring = new Ring(memory);
  expect(ring.written).toBe(1440);
  expect([0, 480, 960].map((at) => ring.planes[0]?.[at])).toEqual([1, 2, 3]);
  expect(ring.planes[1]?.[960]).toBeCloseTo(3.1);
  expect(FakeDecoder.all.map(({ config, times }) => ({ config, times }))).toEqual([
    { config: decoderConfig(2), times: [0, 10_000, 20_000] },
  ]);
  expect(FakeDecoder.open).toBe(0);
});

test('without shared memory they go through a port, as many channels as are played', () => {
  const { sounds } = bench();
  const pieces: Float32Array[] = [];
  const port = { postMessage: (piece: Float32Array) => pieces.push(piece) } as unknown as MessagePort;
  sounds.handle({ do: 'hear', outlet: { to: port, channels: 8, speakers: 6 } });
  sounds.heard(packet(1));
  expect(pieces.map((piece) => piece.length)).toEqual([6 * 480]);
  const channels = [0, 1, 2, 3, 4, 5].map((channel) => pieces[0]?.[channel * 480] ?? 0);
  // What would come from the sides comes from behind.
  const wanted = [1, 1.1, 1.2, 1.3, (1.4 + 1.6) * Math.SQRT1_2, (1.5 + 1.7) * Math.SQRT1_2];
  for (const [channel, value] of channels.entries()) expect(value).toBeCloseTo(wanted[channel] ?? 0, 5);
});

test('while nobody listens nothing is decoded, and that there is sound is told once', () => {
  const { sounds, posted, pass } = bench();
  for (let count = 0; count < 5; count += 1) sounds.heard(packet(1));
  expect(FakeDecoder.all).toEqual([]);
  expect(posted).toEqual([{ is: 'sounds', on: true }]);
  pass(2900);
  expect(posted.length).toBe(1);
  pass(200);
  expect(posted.at(-1)).toEqual({ is: 'sounds', on: false });
  pass(9000);
  expect(posted.length).toBe(2);
});

test('a decoder that breaks is replaced with the next packet, and a lost link ends it', () => {
  const { sounds, posted } = bench();
  const memory = Ring.memory(2, 2048, true);
  sounds.handle({ do: 'hear', outlet: { to: memory, channels: 2, speakers: 2 } });
  sounds.heard(packet(1));
  FakeDecoder.all[0]?.init.error(new DOMException('broken', 'EncodingError'));
  sounds.heard(packet(2));
  expect(FakeDecoder.all.map(({ state }) => state)).toEqual(['closed', 'configured']);
  expect(new Ring(memory).written).toBe(960);
  sounds.reset();
  expect(FakeDecoder.all[1]?.state).toBe('closed');
  expect(posted.at(-1)).toEqual({ is: 'sounds', on: false });
});

test('what is no packet is not decoded', () => {
  const { sounds } = bench();
  sounds.handle({ do: 'hear', outlet: { to: Ring.memory(2, 2048, true), channels: 2, speakers: 2 } });
  sounds.heard({ type: 'audio', redundant: [], payload: Uint8Array.of(0xf7) });
  expect(FakeDecoder.all).toEqual([]);
});

test('a voice becomes packets of the wire, not while the network lags, and none after its end', async () => {
  const { sounds, sent, clog } = bench();
  const { port1, port2 } = new MessageChannel();
  sounds.handle({ do: 'speak', from: { pieces: port2 as unknown as globalThis.MessagePort, rate: 24_000 } });
  expect(FakeEncoder.made).toMatchObject([
    { codec: 'opus', sampleRate: 24_000, numberOfChannels: 1, bitrate: 32_000, opus: { frameDuration: 20_000 } },
  ]);
  const say = async (): Promise<void> => {
    port1.postMessage(new Float32Array(480).fill(0.5));
    await new Promise((done) => setImmediate(done));
    await new Promise((done) => setImmediate(done));
  };
  await say();
  expect(sent).toEqual([[2, 0xf8, 1]]);
  clog(100_000);
  await say();
  clog(0);
  await say();
  expect(sent).toEqual([
    [2, 0xf8, 1],
    [2, 0xf8, 3],
  ]);
  sounds.reset();
  await say();
  expect(sent.length).toBe(2);
  port1.close();
});
