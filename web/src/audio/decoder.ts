import type { AudioMessage } from '../proto/messages.ts';
import { decoderConfig, RATE, samplesOf } from './opus.ts';
import { Packets } from './packets.ts';
import type { RingMemory } from './ring.ts';
import { Ring } from './ring.ts';

/** Where decoded sound goes: to memory the player reads, or through a port to it. */
export interface SoundOutlet {
  readonly to: RingMemory | MessagePort;
  /** As on the wire. */
  readonly channels: number;
  /** As many as the player takes. */
  readonly speakers: number;
}

/** What the decoder needs of its worker. */
export interface SoundHost {
  now(): number;
  readonly Decoder: typeof AudioDecoder | undefined;
  /** Sound begins to come, or has not come for a while. */
  sounds(on: boolean): void;
}

/** So many milliseconds without a packet are silence. */
const SILENCE = 3000;
/** More packets than a decoder ever holds. */
const INSIDE = 32;
/** A side speaker's part in the rear one, where there is no side speaker. */
const FOLD = Math.SQRT1_2;

/** The road of sound from the message to the player's store. */
export class SoundDecoder {
  readonly #host: SoundHost;
  readonly #packets = new Packets();
  #outlet: SoundOutlet | undefined;
  #ring: Ring | undefined;
  #decoder: AudioDecoder | undefined;
  #sounds = false;
  #heardAt = 0;
  /** Microseconds of sound given to the decoder. */
  #time = 0;
  /** When the packets inside the decoder came. */
  #arrived: number[] = [];
  #work = 0;
  #worked = 0;

  constructor(host: SoundHost) {
    this.#host = host;
  }

  /** Where to from now on; nothing is decoded while nobody listens. */
  set outlet(outlet: SoundOutlet | undefined) {
    this.#stop();
    this.#outlet = outlet;
    this.#ring = outlet && 'buffer' in outlet.to ? new Ring(outlet.to) : undefined;
  }

  packet(message: AudioMessage): void {
    this.#heardAt = this.#host.now();
    if (!this.#sounds) {
      this.#sounds = true;
      this.#host.sounds(true);
    }
    const packets = this.#packets.take(message);
    if (!this.#outlet) return;
    for (const packet of packets) this.#decode(packet, this.#outlet);
  }

  /** Time has passed. */
  tick(): void {
    if (this.#sounds && this.#host.now() - this.#heardAt > SILENCE) this.#silent();
  }

  /** Another connection begins, or none. */
  reset(): void {
    this.#packets.reset();
    this.#stop();
    if (this.#sounds) this.#silent();
  }

  /** Milliseconds from a packet's arrival until it was in store, on average since the last call. */
  take(): number | undefined {
    const work = this.#worked > 0 ? this.#work / this.#worked : undefined;
    this.#work = this.#worked = 0;
    return work;
  }

  #silent(): void {
    this.#sounds = false;
    this.#host.sounds(false);
  }

  #decode(packet: Uint8Array, outlet: SoundOutlet): void {
    const samples = samplesOf(packet);
    const { Decoder } = this.#host;
    if (samples === 0 || !Decoder) return;
    this.#decoder ??= this.#open(Decoder, outlet);
    if (!this.#decoder) return;
    this.#arrived.push(this.#host.now());
    // A packet that nothing came of is not waited for.
    if (this.#arrived.length > INSIDE) this.#arrived.shift();
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.#time, data: packet }));
    this.#time += (samples * 1e6) / RATE;
  }

  #open(Decoder: typeof AudioDecoder, outlet: SoundOutlet): AudioDecoder | undefined {
    const config = decoderConfig(outlet.channels);
    if (!config) return undefined;
    const decoder = new Decoder({
      output: (data) => {
        if (this.#decoder === decoder) this.#decoded(data, outlet);
        data.close();
      },
      // The next packet gets a new one: every packet decodes on its own.
      error: () => {
        if (this.#decoder === decoder) this.#stop();
      },
    });
    decoder.configure(config);
    return decoder;
  }

  #stop(): void {
    if (this.#decoder && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = undefined;
    this.#arrived = [];
  }

  #decoded(data: AudioData, { to, speakers }: SoundOutlet): void {
    const arrived = this.#arrived.shift();
    if (arrived !== undefined) {
      this.#work += this.#host.now() - arrived;
      this.#worked += 1;
    }
    const { numberOfFrames: frames, numberOfChannels: channels } = data;
    const samples = new Float32Array(Math.max(channels, speakers) * frames);
    const planes = Array.from({ length: channels }, (_, planeIndex) => {
      const plane = samples.subarray(planeIndex * frames, (planeIndex + 1) * frames);
      data.copyTo(plane, { planeIndex, format: 'f32-planar' });
      return plane;
    });
    if (channels === 8 && speakers === 6) fold(planes);
    if (this.#ring) this.#ring.write(planes, frames);
    else if (!('buffer' in to)) {
      const cut = samples.slice(0, speakers * frames);
      to.postMessage(cut, [cut.buffer]);
    }
  }
}

/** Makes 5.1 of 7.1, as decoders give it: left, right, centre, low frequencies, rear pair, side pair. */
function fold(planes: readonly Float32Array[]): void {
  for (const [rear, side] of [
    [planes[4], planes[6]],
    [planes[5], planes[7]],
  ])
    if (rear && side) for (let at = 0; at < rear.length; at += 1) rear[at] = ((rear[at] ?? 0) + (side[at] ?? 0)) * FOLD;
}
