import type { Scope } from '../scope.ts';

/** Something that plays or records. */
export interface Device {
  readonly id: string;
  readonly name: string;
}

/** What browsers list besides the devices themselves. */
const ALIASES = ['', 'default', 'communications'];

/** The devices of this machine whose names the browser tells: it does so after the microphone was allowed once. */
export class Devices {
  readonly #changed: () => void;
  #all: readonly MediaDeviceInfo[] = [];
  #asked = false;
  readonly #scope: Scope;

  constructor(scope: Scope, changed: () => void) {
    this.#scope = scope;
    this.#changed = changed;
  }

  of(kind: 'audiooutput' | 'audioinput'): readonly Device[] {
    const mine = this.#all.filter((device) => device.kind === kind && !ALIASES.includes(device.deviceId));
    return mine.filter(({ label }) => label !== '').map(({ deviceId, label }) => ({ id: deviceId, name: label }));
  }

  /** Looks what there is, and from now on whenever that changes. */
  look(): void {
    const { mediaDevices } = navigator as { mediaDevices?: MediaDevices };
    if (!mediaDevices || this.#scope.over) return;
    if (!this.#asked) this.#scope.listen(mediaDevices, 'devicechange', () => this.look());
    this.#asked = true;
    void mediaDevices.enumerateDevices().then(
      (all) => {
        this.#all = all;
        if (!this.#scope.over) this.#changed();
      },
      () => undefined,
    );
  }
}
