/** Samples per second of every Opus decoder here (RFC 7845, 5.1). */
export const RATE = 48_000;

/** Streams, coupled streams and mapping of surround sound, family 1 (RFC 7845, 5.1.1.2). */
const SURROUND: ReadonlyMap<number, readonly [streams: number, coupled: number, mapping: readonly number[]]> = new Map([
  [6, [4, 2, [0, 4, 1, 2, 3, 5]]],
  [8, [5, 3, [0, 6, 1, 2, 3, 4, 5, 7]]],
]);

/** How a decoder is set up for so many channels; nothing when there is no such sound. */
export function decoderConfig(channels: number): AudioDecoderConfig | undefined {
  const config = { codec: 'opus', sampleRate: RATE, numberOfChannels: channels };
  if (channels === 1 || channels === 2) return config;
  const surround = SURROUND.get(channels);
  return surround && { ...config, description: head(channels, ...surround) };
}

/** The identification header of Ogg Opus (RFC 7845, 5.1), which tells decoders how the channels lie. */
function head(channels: number, streams: number, coupled: number, mapping: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(21 + mapping.length);
  bytes.set(new TextEncoder().encode('OpusHead'));
  const view = new DataView(bytes.buffer);
  view.setUint8(8, 1);
  view.setUint8(9, channels);
  view.setUint32(12, RATE, true);
  view.setUint8(18, 1);
  view.setUint8(19, streams);
  view.setUint8(20, coupled);
  bytes.set(mapping, 21);
  return bytes;
}

/** Samples of one frame at 48 kHz, by the upper five bits of a packet's first byte (RFC 6716, 3.1). */
function frameLength(config: number): number {
  if (config < 12) return [480, 960, 1920, 2880][config % 4] ?? 0;
  if (config < 16) return config % 2 === 0 ? 480 : 960;
  return [120, 240, 480, 960][config % 4] ?? 0;
}

/** How many samples a packet holds, 0 when it is none. */
export function samplesOf(packet: Uint8Array): number {
  const [toc, counted = 0] = packet;
  if (toc === undefined) return 0;
  const frames = [1, 2, 2, counted & 0x3f][toc & 3] ?? 0;
  return frames * frameLength(toc >> 3);
}
