import { Pieces } from './pieces.ts';
import { Player } from './player.ts';
import { Ring } from './ring.ts';
import type { FromPlayer, FromRecorder, PlayerOptions, RecorderOptions, ToPlayer, ToRecorder } from './worklet.ts';
import { PLAYER, RECORDER } from './worklet.ts';

/** The part of the worklet's global scope that is used here; the page's types are loaded instead. */
interface Processor {
  readonly port: MessagePort;
}
declare const AudioWorkletProcessor: new () => Processor;
declare function registerProcessor(name: string, processor: new (options: never) => Processor): void;

/** Frames between two reports. */
const REPORT = 24_000;

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #player: Player;
  #reported = 0;

  constructor({ processorOptions }: { processorOptions: PlayerOptions }) {
    super();
    const { memory, channels, frames } = processorOptions;
    const ring = new Ring(memory ?? Ring.memory(channels, frames, false));
    this.#player = new Player(ring);
    this.port.onmessage = ({ data }: MessageEvent<ToPlayer>) => {
      data.feed.onmessage = ({ data: samples }: MessageEvent<Float32Array>) => {
        const length = samples.length / channels;
        const planes = Array.from({ length: channels }, (_, at) => samples.subarray(at * length, (at + 1) * length));
        ring.write(planes, length);
      };
    };
  }

  process(_inputs: unknown, [out]: Float32Array[][]): boolean {
    if (!out?.[0]) return true;
    this.#player.pull(out);
    this.#reported += out[0].length;
    if (this.#reported >= REPORT && this.#player.playing) {
      this.#reported = 0;
      const report: FromPlayer = this.#player.report;
      this.port.postMessage(report);
    }
    return true;
  }
}

class RecorderProcessor extends AudioWorkletProcessor {
  readonly #pieces: Pieces;
  #to: MessagePort | undefined;

  constructor({ processorOptions }: { processorOptions: RecorderOptions }) {
    super();
    this.#pieces = new Pieces(processorOptions.piece, (samples, peak) => {
      const said: FromRecorder = peak;
      this.port.postMessage(said);
      this.#to?.postMessage(samples, [samples.buffer]);
    });
    this.port.onmessage = ({ data }: MessageEvent<ToRecorder>) => {
      this.#to = data.pieces;
    };
  }

  process([input]: Float32Array[][]): boolean {
    if (input?.[0]) this.#pieces.add(input[0]);
    return true;
  }
}

registerProcessor(PLAYER, PlayerProcessor);
registerProcessor(RECORDER, RecorderProcessor);
