import type { SoundOutlet } from './decoder.ts';
import { RATE } from './opus.ts';
import type { PlayerReport } from './player.ts';
import { Ring } from './ring.ts';
import worklet from './worklet.entry.ts?worker&url';
import type { FromPlayer, PlayerOptions, ToPlayer } from './worklet.ts';
import { PLAYER } from './worklet.ts';

/** Frames between decoder and player at most: 0.7 s, more than a network ever makes necessary. */
const FRAMES = 32_768;
/** The volume follows the slider without clicks. */
const GLIDE = 0.02;

/** Makes the browser's processors known to a context. */
export function addProcessors(context: BaseAudioContext): Promise<void> {
  return context.audioWorklet.addModule(worklet);
}

interface SpeakerHost {
  /** Decoded sound shall go there from now on. */
  hear(outlet: SoundOutlet, gives: Transferable[]): void;
  reported(report: PlayerReport): void;
  /** The browser lets it run, or holds it. */
  changed(): void;
  /** It cannot play at all. */
  failed(): void;
}

/** A context that can play to another device than the system's. */
type SinkContext = AudioContext & { setSinkId?(id: string): Promise<void> };

/** Whether sound can go elsewhere than where the system's goes. */
export function choosesSpeaker(): boolean {
  return typeof AudioContext === 'function' && 'setSinkId' in AudioContext.prototype;
}

/** What plays the desktop's sound in this browser, for as long as it is wanted. */
export class Speaker {
  readonly #context: SinkContext;
  readonly #gain: GainNode;
  readonly #host: SpeakerHost;
  readonly channels: number;
  #over = false;
  #rests = false;
  #ran = false;

  constructor(channels: number, volume: number, host: SpeakerHost) {
    this.#host = host;
    this.channels = channels;
    this.#context = new AudioContext({ latencyHint: 'interactive', sampleRate: RATE });
    this.#gain = new GainNode(this.#context, { gain: volume });
    this.#context.onstatechange = () => {
      this.#ran ||= this.#context.state === 'running';
      if (!this.#over) host.changed();
    };
    this.#build().catch(() => {
      if (!this.#over) host.failed();
    });
  }

  /** The browser has let it play once: it can come back after a rest. */
  get free(): boolean {
    return this.#ran;
  }

  /** It plays, or would if there were something to play. */
  get runs(): boolean {
    return this.#rests || this.#context.state === 'running';
  }

  /** Seconds from the player to the listener's ear, as far as the browser knows them. */
  get latency(): number {
    const { baseLatency = 0, outputLatency = 0 } = this.#context as Partial<AudioContext>;
    return baseLatency + outputLatency;
  }

  set volume(volume: number) {
    this.#gain.gain.setTargetAtTime(volume, this.#context.currentTime, GLIDE);
  }

  /** Plays through a device; through the system's where it is gone. */
  set device(id: string) {
    void this.#context.setSinkId?.(id).catch(() => this.#context.setSinkId?.('').catch(() => undefined));
  }

  /** Starts, or goes on after a rest. Without a gesture on this page the browser may hold it. */
  play(): void {
    this.#rests = false;
    void this.#context.resume().catch(() => undefined);
  }

  /** Nothing is to be played: the sound card and its thread may sleep. */
  rest(): void {
    if (this.#context.state !== 'running') return;
    this.#rests = true;
    void this.#context.suspend().catch(() => undefined);
  }

  end(): void {
    this.#over = true;
    void this.#context.close().catch(() => undefined);
  }

  async #build(): Promise<void> {
    const context = this.#context;
    await addProcessors(context);
    if (this.#over) return;
    const { destination } = context;
    // No browser knows how to make two channels of eight: our decoder makes six of them.
    const speakers = this.channels === 8 && destination.maxChannelCount < 8 ? 6 : this.channels;
    if (speakers > 2) destination.channelCount = Math.min(destination.maxChannelCount, speakers);
    const memory = crossOriginIsolated ? Ring.memory(speakers, FRAMES, true) : undefined;
    const processorOptions: PlayerOptions = { memory, channels: speakers, frames: FRAMES };
    const node = new AudioWorkletNode(context, PLAYER, {
      numberOfInputs: 0,
      outputChannelCount: [speakers],
      processorOptions,
    });
    node.port.onmessage = ({ data }: MessageEvent<FromPlayer>) => this.#host.reported(data);
    node.connect(this.#gain).connect(destination);
    const { channels } = this;
    if (memory) return this.#host.hear({ to: memory, channels, speakers }, []);
    const { port1, port2 } = new MessageChannel();
    const feed: ToPlayer = { feed: port1 };
    node.port.postMessage(feed, [port1]);
    this.#host.hear({ to: port2, channels, speakers }, [port2]);
  }
}
