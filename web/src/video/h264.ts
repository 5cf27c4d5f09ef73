import { codecOf } from './sps.ts';

/** One access unit, or one band of it that is a stream of its own. */
export interface Unit {
  readonly frame: number;
  readonly keyframe: boolean;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
  /** When its bytes came. */
  readonly arrived: number;
}

/** What decoders need of the outside. */
export interface H264Host {
  /** Milliseconds, monotonic. */
  now(): number;
  /** The frame is the receiver's to close. `arrived` is that of its unit. */
  decoded(frame: VideoFrame, y: number, arrived: number): void;
  /** The unit of this picture came out at `when`, or it is known since then that it never will. After `decoded`. */
  done(frame: number, when: number): void;
  /** Nothing can be decoded until a keyframe comes. */
  keyframeNeeded(): void;
  /** This browser refuses the codec. */
  unsupported(codec: string): void;
}

/** More pictures than this in the decoder, for longer than {@link PATIENCE}: it does not keep up. */
const QUEUE = 3;
/** A burst after a stall of the network is decoded in less; dropping it would cost a keyframe. */
const PATIENCE = 200;
/** No encoder of this wire cuts a picture into more bands. */
const MAX_BANDS = 64;
/** Pictures whose number is remembered while they are inside a decoder. */
const INSIDE = 64;

/** Decodes H.264 as it comes: one decoder per band, each gated until its keyframe. */
export class H264 {
  readonly #host: H264Host;
  readonly #bands = new Map<number, Band>();

  constructor(host: H264Host) {
    this.#host = host;
  }

  /** Pictures that went in and did not come out yet. */
  get queue(): number {
    let most = 0;
    for (const band of this.#bands.values()) most = Math.max(most, band.queue);
    return most;
  }

  /** The same for one band: so many of its pictures are still to come out. */
  queueAt(y: number): number {
    return this.#bands.get(y)?.queue ?? 0;
  }

  decode(unit: Unit): void {
    let band = this.#bands.get(unit.y);
    if (!band) {
      if (this.#bands.size >= MAX_BANDS) {
        this.#host.done(unit.frame, this.#host.now());
        return;
      }
      band = new Band(this.#host);
      this.#bands.set(unit.y, band);
    }
    band.decode(unit);
  }

  /** Forgets every stream: the next unit of each has to be a keyframe. */
  reset(): void {
    for (const band of this.#bands.values()) band.close();
    this.#bands.clear();
  }
}

class Band {
  readonly #host: H264Host;
  #decoder: VideoDecoder | undefined;
  #shape = '';
  #gated = true;
  #warm = false;
  #busySince: number | undefined;
  #last = 0;
  readonly #times = new Float64Array(INSIDE);
  readonly #frames = new Int32Array(INSIDE);
  /** Units are numbered from the beginning; those in `[#out, #in)` are inside the decoder. */
  #out = 0;
  #in = 0;

  constructor(host: H264Host) {
    this.#host = host;
  }

  get queue(): number {
    return this.#decoder?.decodeQueueSize ?? 0;
  }

  decode(unit: Unit): void {
    if (unit.keyframe) this.#open(unit);
    else if (!this.#gated && this.#overrun()) this.#gated = true;
    if (this.#gated || !this.#decoder) {
      this.#host.done(unit.frame, this.#host.now());
      this.#host.keyframeNeeded();
      return;
    }
    // The time of arrival travels through the decoder as the timestamp, which has to grow.
    this.#last = Math.max(this.#last + 1, Math.round(unit.arrived * 1000));
    const type = unit.keyframe ? 'key' : 'delta';
    this.#enter(unit.frame, this.#last);
    try {
      this.#decoder.decode(new EncodedVideoChunk({ type, timestamp: this.#last, data: unit.data }));
    } catch {
      this.#broken();
    }
  }

  close(): void {
    this.#leave(Number.POSITIVE_INFINITY);
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#gated = true;
    this.#shape = '';
  }

  #open(unit: Unit): void {
    const codec = codecOf(unit.data);
    if (!codec) return;
    const shape = `${codec} ${unit.width}x${unit.height}`;
    const overrun = this.#gated && this.#decoder !== undefined;
    if (shape !== this.#shape || this.#decoder?.state !== 'configured' || overrun) this.#start(codec, shape, unit);
    this.#gated = this.#decoder === undefined;
  }

  #start(codec: string, shape: string, unit: Unit): void {
    this.close();
    const host = this.#host;
    const decoder = new VideoDecoder({
      output: (frame) => {
        if (this.#decoder !== decoder) {
          frame.close();
          return;
        }
        this.#warm = true;
        const when = host.now();
        const { timestamp } = frame;
        host.decoded(frame, unit.y, timestamp / 1000);
        this.#leave(timestamp, when);
      },
      error: (error) => {
        if (this.#decoder !== decoder) return;
        if (error.name === 'NotSupportedError') host.unsupported(codec);
        this.#broken();
      },
    });
    this.#warm = false;
    this.#busySince = undefined;
    this.#decoder = decoder;
    this.#shape = shape;
    try {
      decoder.configure({ codec, optimizeForLatency: true });
    } catch {
      host.unsupported(codec);
      this.close();
    }
  }

  #enter(frame: number, timestamp: number): void {
    if (this.#in - this.#out === INSIDE) this.#leave(this.#times[this.#out % INSIDE] ?? 0);
    this.#times[this.#in % INSIDE] = timestamp;
    this.#frames[this.#in % INSIDE] = frame;
    this.#in += 1;
  }

  /** The unit with this timestamp came out; one before it that did not never will. */
  #leave(timestamp: number, when = this.#host.now()): void {
    while (this.#out < this.#in && (this.#times[this.#out % INSIDE] ?? 0) <= timestamp) {
      const frame = this.#frames[this.#out % INSIDE] ?? 0;
      this.#out += 1;
      this.#host.done(frame, when);
    }
  }

  #overrun(): boolean {
    // A decoder that is still being set up has a queue, and no problem.
    if (!this.#warm || this.queue <= QUEUE) {
      this.#busySince = undefined;
      return false;
    }
    this.#busySince ??= this.#host.now();
    return this.#host.now() - this.#busySince > PATIENCE;
  }

  #broken(): void {
    this.close();
    this.#host.keyframeNeeded();
  }
}
