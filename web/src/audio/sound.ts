import type { ToWorker } from '../engine/messages.ts';
import type { Scope } from '../scope.ts';
import type { Event } from '../session/reduce.ts';
import type { State } from '../session/state.ts';
import { entryOf } from '../settings/rules.ts';
import type { Store } from '../store.ts';
import type { Lack } from './able.ts';
import { decodesOpus, lacksSound } from './able.ts';
import type { Device, Devices } from './devices.ts';
import { RATE } from './opus.ts';
import type { PlayerReport } from './player.ts';
import { choosesSpeaker, Speaker } from './speaker.ts';

/** What sound and microphone need of the client. */
export interface AudioHost {
  readonly store: Store;
  readonly devices: Devices;
  state(): State;
  decide(event: Event): void;
  tell(message: ToWorker, gives?: Transferable[]): void;
  changed(): void;
}

/** The desktop's sound, as the page's controls see it. */
export interface Sound {
  /** The person wants to hear it. */
  readonly on: boolean;
  /** 0 to 100. */
  readonly volume: number;
  /** Why there is none: of this browser, or because the server sends none. */
  readonly lack: Lack | 'server' | 'broken' | undefined;
  /** There is something to hear, and the browser waits for a click or a key. */
  readonly waits: boolean;
  /** What it can be played through; empty where there is nothing to choose. */
  readonly speakers: readonly Device[];
  /** The chosen one; empty for the system's. */
  readonly speaker: string;
  /** Milliseconds from a packet's arrival to the ear, while something plays. */
  readonly delay: number | undefined;
  /** How often sound broke off within the last minute. */
  readonly gaps: number;
  turn(on: boolean): void;
  setVolume(volume: number): void;
  playThrough(speaker: string): void;
}

const MINUTE = 60_000;
/** What a browser takes for a gesture. */
const GESTURES = ['keydown', 'pointerdown', 'pointerup'] as const;
const FULL = 100;

/** Whether this person, with this browser, is to hear the desktop from the start. */
export function listensAtFirst(store: Store): boolean {
  return store.get('sound') !== 'no' && lacksSound(globalThis) === undefined;
}

export class DesktopSound implements Sound {
  readonly #host: AudioHost;
  #lack: Lack | undefined = lacksSound(globalThis);
  #speaker: Speaker | undefined;
  #volume: number;
  #device: string;
  /** The player could not be started on this connection. */
  #broken = false;
  /** Packets come. */
  #sounding = false;
  #report: PlayerReport | undefined;
  #decoding = 0;
  #broke: number[] = [];

  constructor(scope: Scope, host: AudioHost) {
    this.#host = host;
    this.#volume = parseVolume(host.store.get('volume'));
    this.#device = host.store.get('speaker') ?? '';
    if (this.#lack) return;
    for (const type of GESTURES) scope.listen(window, type, () => this.#gesture(), { capture: true, passive: true });
    scope.add(() => this.#close());
    void decodesOpus(globalThis).then((does) => {
      if (does || scope.over) return;
      this.#lack = 'browser';
      host.decide({ type: 'listen', on: false });
      host.changed();
    });
  }

  get on(): boolean {
    return this.#host.state().listens;
  }

  get volume(): number {
    return this.#volume;
  }

  get lack(): Lack | 'server' | 'broken' | undefined {
    const { mute, settings = {} } = this.#host.state();
    const enabled = entryOf(settings, 'audio_enabled');
    const none = mute || (enabled?.kind === 'toggle' && !enabled.value);
    return none ? 'server' : (this.#lack ?? (this.#broken ? 'broken' : undefined));
  }

  get waits(): boolean {
    return this.on && this.#sounding && this.lack === undefined && this.#speaker?.free !== true;
  }

  get speakers(): readonly Device[] {
    return choosesSpeaker() ? this.#host.devices.of('audiooutput') : [];
  }

  get speaker(): string {
    return this.#device;
  }

  get delay(): number | undefined {
    if (!this.#report || !this.#speaker || !this.#sounding) return undefined;
    return this.#decoding + (this.#report.store * 1000) / RATE + this.#speaker.latency * 1000;
  }

  get gaps(): number {
    const since = performance.now() - MINUTE;
    return this.#broke.filter((at) => at > since).length;
  }

  turn(on: boolean): void {
    if (this.#lack) return;
    this.#host.store.set('sound', on ? 'yes' : 'no');
    this.#host.decide({ type: 'listen', on });
    this.#host.changed();
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    this.#host.store.set('volume', String(volume));
    if (this.#speaker) this.#speaker.volume = gainOf(volume);
    this.#host.changed();
  }

  playThrough(speaker: string): void {
    this.#device = speaker;
    this.#host.store.set('speaker', speaker);
    if (this.#speaker) this.#speaker.device = speaker;
    this.#host.changed();
  }

  /** The worker says whether packets come. */
  sounds(on: boolean): void {
    this.#sounding = on;
    if (!on) this.#speaker?.rest();
    // Before the first gesture a context would only be held, with a warning.
    else if (this.#speaker || hasBeenActive()) this.#play();
    this.#host.changed();
  }

  /** How long decoding takes. */
  decoding(ms: number): void {
    this.#decoding = ms;
  }

  update(): void {
    // After a lost connection the server may be another one, with another player.
    if (this.#host.state().link.name === 'none') this.#broken = false;
    if (!this.on || this.lack !== undefined) this.#close();
    else if (this.#speaker && this.#speaker.channels !== this.#channels()) {
      this.#close();
      if (this.#sounding) this.#play();
    } else if (!this.#speaker && this.#sounding && hasBeenActive()) this.#play();
  }

  /** Some browsers let a context play only when it began within a gesture: so it begins, and rests again. */
  #gesture(): void {
    if (!this.on || this.lack !== undefined || this.#host.state().link.name !== 'ready') return;
    if (this.#speaker?.runs) return;
    this.#play();
  }

  #play(): void {
    this.#speaker ??= this.#open();
    this.#speaker.play();
  }

  #open(): Speaker {
    const speaker = new Speaker(this.#channels(), gainOf(this.#volume), {
      hear: (outlet, gives) => this.#host.tell({ do: 'hear', outlet }, gives),
      reported: (report) => this.#reported(report),
      changed: () => {
        if (speaker.runs && !this.#sounding) speaker.rest();
        this.#host.changed();
      },
      failed: () => {
        this.#broken = true;
        this.#close();
        this.#host.changed();
      },
    });
    if (this.#device !== '') speaker.device = this.#device;
    return speaker;
  }

  #close(): void {
    if (!this.#speaker) return;
    this.#speaker.end();
    this.#speaker = this.#report = undefined;
    this.#host.tell({ do: 'hear', outlet: undefined });
  }

  #reported(report: PlayerReport): void {
    const now = performance.now();
    const more = report.gaps - (this.#report?.gaps ?? 0);
    this.#broke = [...this.#broke.filter((at) => at > now - MINUTE), ...Array<number>(more).fill(now)];
    this.#report = report;
  }

  #channels(): number {
    const entry = entryOf(this.#host.state().settings ?? {}, 'audio_channels');
    const channels = entry?.kind === 'plain' ? Number(entry.value) : 2;
    return [1, 2, 6, 8].includes(channels) ? channels : 2;
  }
}

/** Ears hear ratios: half of the slider is about half as loud. */
export function gainOf(volume: number): number {
  return (volume / FULL) ** 2;
}

function parseVolume(text: string | null): number {
  const volume = Number(text ?? FULL);
  return Number.isInteger(volume) && volume >= 0 && volume <= FULL ? volume : FULL;
}

function hasBeenActive(): boolean {
  const { userActivation } = navigator as { userActivation?: UserActivation };
  return userActivation?.hasBeenActive === true;
}
