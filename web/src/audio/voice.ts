import { Gate } from './pieces.ts';

/** How the microphone's sound is encoded. */
const BITRATE = 32_000;
/** Length of a piece, in microseconds. */
const PIECE = 20_000;
/** More than so many bytes waiting for the network: what is said now would come too late. */
const BACKLOG = 32_768;

/** The encoder's options for Opus, which the DOM types do not know yet (WebCodecs Opus registration). */
interface OpusConfig extends AudioEncoderConfig {
  opus: { application: 'voip'; signal: 'voice'; frameDuration: number };
}

/** How to encode sound that was recorded at `rate`. */
export function voiceConfig(rate: number): OpusConfig {
  const opus = { application: 'voip', signal: 'voice', frameDuration: PIECE } as const;
  return { codec: 'opus', sampleRate: rate, numberOfChannels: 1, bitrate: BITRATE, opus };
}

/** Frames of a piece at `rate`. */
export function pieceOf(rate: number): number {
  return Math.round((rate * PIECE) / 1e6);
}

/** What the voice needs of its worker. */
export interface VoiceHost {
  readonly Encoder: typeof AudioEncoder | undefined;
  /** Bytes the network has not taken yet. */
  backlog(): number;
  packet(bytes: Uint8Array<ArrayBuffer>): void;
  /** It cannot go on. */
  failed(): void;
}

/** The microphone's way from the recorder to packets. */
export class Voice {
  readonly #host: VoiceHost;
  #encoder: AudioEncoder | undefined;
  #pieces: MessagePort | undefined;
  #gate = new Gate();
  #time = 0;

  constructor(host: VoiceHost) {
    this.#host = host;
  }

  /** Encodes what comes out of `pieces` from now on. */
  begin(pieces: MessagePort, rate: number): void {
    this.end();
    const { Encoder } = this.#host;
    if (!Encoder) return this.#host.failed();
    const encoder = new Encoder({
      output: (chunk) => {
        const bytes = new Uint8Array(chunk.byteLength);
        chunk.copyTo(bytes);
        if (this.#encoder === encoder) this.#host.packet(bytes);
      },
      error: () => {
        if (this.#encoder !== encoder) return;
        this.end();
        this.#host.failed();
      },
    });
    encoder.configure(voiceConfig(rate));
    this.#encoder = encoder;
    this.#gate = new Gate();
    this.#pieces = pieces;
    pieces.onmessage = ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => this.#encode(data, rate);
    return undefined;
  }

  end(): void {
    this.#pieces?.close();
    if (this.#encoder && this.#encoder.state !== 'closed') this.#encoder.close();
    this.#pieces = this.#encoder = undefined;
  }

  #encode(piece: Float32Array<ArrayBuffer>, rate: number): void {
    this.#time += PIECE;
    const peak = piece.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (!this.#gate.opens(peak) || !this.#encoder || this.#host.backlog() > BACKLOG) return;
    const data = new AudioData({
      format: 'f32-planar',
      sampleRate: rate,
      numberOfFrames: piece.length,
      numberOfChannels: 1,
      timestamp: this.#time,
      data: piece,
    });
    this.#encoder.encode(data);
    data.close();
  }
}
