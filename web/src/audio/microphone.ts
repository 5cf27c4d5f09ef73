import type { Scope } from '../scope.ts';
import { entryOf } from '../settings/rules.ts';
import type { Lack } from './able.ts';
import { lacksMicrophone } from './able.ts';
import type { Device } from './devices.ts';
import type { AudioHost } from './sound.ts';
import { addProcessors } from './speaker.ts';
import { pieceOf, voiceConfig } from './voice.ts';
import type { FromRecorder, RecorderOptions, ToRecorder } from './worklet.ts';
import { RECORDER } from './worklet.ts';

/** What happened when it was turned on last. */
export type MicrophoneTrouble = 'denied' | 'missing' | 'refused' | 'broken';

/** The microphone, as the page's controls see it. */
export interface Microphone {
  readonly state: 'off' | 'asking' | 'on';
  readonly trouble: MicrophoneTrouble | undefined;
  /** Why it can not be turned on at all: this browser, the server, or because this page only watches. */
  readonly lack: Lack | 'server' | 'viewer' | undefined;
  /** The loudest value of the last moment, 0 to 1. */
  readonly level: number;
  readonly devices: readonly Device[];
  /** The chosen one; empty for the system's. */
  readonly device: string;
  readonly echo: boolean;
  readonly noise: boolean;
  turn(on: boolean): void;
  recordFrom(device: string): void;
  /** Takes out what this machine's speakers play, or its room's noise. */
  clean(what: 'echo' | 'noise', on: boolean): void;
}

/** What the desktop gets; voices have nothing above. */
const RATE = 24_000;
/** How fast the level falls, per piece. */
const FALL = 0.85;

export class DesktopMicrophone implements Microphone {
  readonly #host: AudioHost;
  #run: Run | undefined;
  /** The last connection it was refused on has ended when this is undefined. */
  #trouble: MicrophoneTrouble | undefined;
  #level = 0;

  constructor(scope: Scope, host: AudioHost) {
    this.#host = host;
    scope.add(() => this.#stop());
    scope.listen(window, 'pagehide', () => this.#stop());
  }

  get state(): 'off' | 'asking' | 'on' {
    if (!this.#run) return 'off';
    return this.#run.records ? 'on' : 'asking';
  }

  get trouble(): MicrophoneTrouble | undefined {
    return this.#trouble;
  }

  get lack(): Lack | 'server' | 'viewer' | undefined {
    const { role, mute, settings = {} } = this.#host.state();
    if (role !== 'controller') return 'viewer';
    const sound = entryOf(settings, 'audio_enabled');
    const own = entryOf(settings, 'microphone_enabled');
    const closed = own?.kind === 'toggle' && own.locked && !own.value;
    if (mute || closed || (sound?.kind === 'toggle' && !sound.value)) return 'server';
    return lacksMicrophone(globalThis);
  }

  get level(): number {
    return this.#level;
  }

  get devices(): readonly Device[] {
    return this.#host.devices.of('audioinput');
  }

  get device(): string {
    return this.#host.store.get('microphone') ?? '';
  }

  get echo(): boolean {
    return this.#host.store.get('echo') !== 'keep';
  }

  get noise(): boolean {
    return this.#host.store.get('noise') !== 'keep';
  }

  turn(on: boolean): void {
    if (on === (this.#run !== undefined)) return;
    this.#trouble = undefined;
    if (on && this.#allowed()) this.#start();
    else this.#stop();
    this.#host.changed();
  }

  recordFrom(device: string): void {
    this.#host.store.set('microphone', device);
    this.#again();
  }

  clean(what: 'echo' | 'noise', on: boolean): void {
    this.#host.store.set(what, on ? 'take-out' : 'keep');
    this.#again();
  }

  /** The server takes none. */
  refuse(): void {
    this.#fail('refused');
  }

  /** The worker cannot encode it. */
  broken(): void {
    this.#fail('broken');
  }

  /** Whoever may not drive is not heard, and a lost connection ends it: nobody is recorded without knowing. */
  update(): void {
    if (this.#run && !this.#allowed()) this.#stop();
  }

  #allowed(): boolean {
    return this.lack === undefined && this.#host.state().link.name === 'ready';
  }

  #again(): void {
    if (this.#run) {
      this.#stop();
      this.#start();
    }
    this.#host.changed();
  }

  #fail(trouble: MicrophoneTrouble): void {
    if (!this.#run) return;
    this.#stop();
    this.#trouble = trouble;
    this.#host.changed();
  }

  #start(): void {
    const run = new Run();
    this.#run = run;
    const { device, echo, noise } = this;
    const mine = (): boolean => this.#run === run;
    run
      .begin({ device, echo, noise }, (peak) => {
        if (mine()) this.#level = Math.max(peak, this.#level * FALL);
      })
      .then(
        (from) => {
          if (!mine()) return from.pieces.close();
          this.#host.tell({ do: 'speak', from }, [from.pieces]);
          // The browser tells names of devices from now on.
          this.#host.devices.look();
          this.#host.changed();
        },
        (error: unknown) => {
          if (mine()) this.#fail(troubleOf(error));
        },
      );
    run.ended = () => {
      if (mine()) this.#fail('missing');
    };
  }

  #stop(): void {
    if (!this.#run) return;
    this.#run.end();
    this.#run = undefined;
    this.#level = 0;
    this.#host.tell({ do: 'speak', from: undefined });
    this.#host.changed();
  }
}

/** One recording, from the question for permission to its end. */
class Run {
  ended: () => void = () => {};
  #stream: MediaStream | undefined;
  #context: AudioContext | undefined;
  #over = false;

  get records(): boolean {
    return this.#context !== undefined;
  }

  async begin(
    { device, echo, noise }: { device: string; echo: boolean; noise: boolean },
    heard: (peak: number) => void,
  ): Promise<{ pieces: MessagePort; rate: number }> {
    const audio: MediaTrackConstraints = {
      channelCount: 1,
      echoCancellation: echo,
      noiseSuppression: noise,
      autoGainControl: true,
      ...(device === '' ? {} : { deviceId: device }),
    };
    const stream = await navigator.mediaDevices.getUserMedia({ audio });
    this.#stream = stream;
    if (this.#over) this.end();
    for (const track of stream.getTracks()) track.addEventListener('ended', () => this.ended());
    const { context, source } = await record(stream);
    this.#context = context;
    if (this.#over) this.end();
    const rate = context.sampleRate;
    await addProcessors(context);
    const processorOptions: RecorderOptions = { piece: pieceOf(rate) };
    // It is pulled only where something comes out of it: silence, here.
    const node = new AudioWorkletNode(context, RECORDER, {
      channelCount: 1,
      channelCountMode: 'explicit',
      processorOptions,
    });
    source.connect(node).connect(context.destination);
    node.port.onmessage = ({ data }: MessageEvent<FromRecorder>) => heard(data);
    const { port1, port2 } = new MessageChannel();
    const pieces: ToRecorder = { pieces: port1 };
    node.port.postMessage(pieces, [port1]);
    return { pieces: port2, rate };
  }

  end(): void {
    this.#over = true;
    this.ended = () => {};
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    if (this.#context && this.#context.state !== 'closed') void this.#context.close().catch(() => undefined);
  }
}

/** A context at our rate where the browser resamples the microphone for it; else at the rate of the machine. */
async function record(stream: MediaStream): Promise<{ context: AudioContext; source: AudioNode }> {
  for (const options of [{ sampleRate: RATE }, {}]) {
    const context = new AudioContext({ latencyHint: 'interactive', ...options });
    try {
      const source = context.createMediaStreamSource(stream);
      const { supported } = await AudioEncoder.isConfigSupported(voiceConfig(context.sampleRate));
      if (supported) return { context, source };
    } catch {
      // Firefox refuses a stream of another rate than the context's.
    }
    void context.close().catch(() => undefined);
  }
  throw new DOMException('no rate is encoded', 'NotSupportedError');
}

function troubleOf(error: unknown): MicrophoneTrouble {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  return name === 'NotFoundError' || name === 'NotReadableError' || name === 'OverconstrainedError'
    ? 'missing'
    : 'broken';
}
