import type { Second } from '../engine/messages.ts';
import type { Scope } from '../scope.ts';
import { Devices } from './devices.ts';
import type { Microphone } from './microphone.ts';
import { DesktopMicrophone } from './microphone.ts';
import type { AudioHost, Sound } from './sound.ts';
import { DesktopSound } from './sound.ts';
import type { FromSounds } from './sounds.ts';

/** What is heard of the desktop, and what it hears. */
export interface Audio {
  readonly sound: Sound;
  readonly microphone: Microphone;
  /** Finds out what sound can be played through and recorded from. */
  look(): void;
}

export class DesktopAudio implements Audio {
  readonly sound: DesktopSound;
  readonly microphone: DesktopMicrophone;
  readonly #devices: Devices;

  constructor(scope: Scope, host: Omit<AudioHost, 'devices'>) {
    this.#devices = new Devices(scope, () => host.changed());
    const whole = { ...host, devices: this.#devices };
    this.sound = new DesktopSound(scope, whole);
    this.microphone = new DesktopMicrophone(scope, whole);
  }

  look(): void {
    this.#devices.look();
  }

  heard(message: FromSounds): void {
    if (message.is === 'sounds') this.sound.sounds(message.on);
    else this.microphone.broken();
  }

  second({ sound }: Second): void {
    if (sound !== undefined) this.sound.decoding(sound);
  }

  update(): void {
    this.sound.update();
    this.microphone.update();
  }
}
