import type { Scope } from '../scope.ts';
import type { InputHost } from './host.ts';

interface KeyboardLock {
  lock?(): Promise<void>;
  unlock?(): void;
}

/** Full screen, the keys of the system, and the pointer for the desktop alone. */
export class Grab {
  readonly #scope: Scope;
  readonly #host: InputHost;
  #gaming = false;
  #keys = false;

  constructor(scope: Scope, host: InputHost) {
    this.#scope = scope;
    this.#host = host;
    scope.listen(document, 'fullscreenchange', () => {
      if (document.fullscreenElement) return;
      this.#keepKeys(false);
      this.#end();
    });
    scope.listen(document, 'pointerlockchange', () => {
      // A page in the background loses the lock too, and takes it again with the next click.
      if (!this.locked && document.hasFocus()) this.#end();
      host.changed();
    });
    scope.add(() => this.setGaming(false));
  }

  /** The pointer belongs to the picture. */
  get locked(): boolean {
    return document.pointerLockElement === this.#host.surface;
  }

  /** Full screen with a pointer that is locked, or will be with the next press. */
  get gaming(): boolean {
    return this.#gaming;
  }

  /** The browser gives even Esc to the desktop, and ends full screen when it is held. */
  get keys(): boolean {
    return this.#keys;
  }

  setGaming(on: boolean): void {
    if (on === this.#gaming) return;
    if (!on) {
      this.#end();
      return;
    }
    this.#gaming = true;
    // The pointer first: full screen uses up the person's permission.
    void this.lock();
    if (!document.fullscreenElement) void this.flipFullscreen();
    this.#host.changed();
  }

  async lock(): Promise<void> {
    const { surface } = this.#host;
    try {
      // Raw movement where there is such a thing.
      await surface.requestPointerLock({ unadjustedMovement: true });
    } catch {
      await Promise.resolve(surface.requestPointerLock()).catch(() => undefined);
    }
  }

  /** Full screen with as many keys as the browser lets go of. */
  async flipFullscreen(): Promise<void> {
    if (this.#scope.over) return;
    try {
      if (document.fullscreenElement) await document.exitFullscreen();
      else {
        await this.#host.container.requestFullscreen({ navigationUI: 'hide' });
        this.keepKeys();
      }
    } catch {
      // The browser says no without a reason a person could act on.
    }
  }

  /** Takes or gives back the system's keys, as the person wants it now. */
  keepKeys(): void {
    this.#keepKeys(document.fullscreenElement !== null && this.#host.everyKey());
  }

  #keepKeys(on: boolean): void {
    const { keyboard } = navigator as Navigator & { keyboard?: KeyboardLock };
    if (!keyboard?.lock || on === this.#keys) return;
    this.#keys = on;
    if (!on) keyboard.unlock?.();
    else
      keyboard.lock().catch(() => {
        this.#keys = false;
      });
  }

  #end(): void {
    if (!this.#gaming) return;
    this.#gaming = false;
    if (this.locked) document.exitPointerLock();
    if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
    this.#host.changed();
  }
}

/** The browser can give the keys of its system to a page in full screen. */
export function canKeepKeys(): boolean {
  return (navigator as Navigator & { keyboard?: KeyboardLock }).keyboard?.lock !== undefined;
}
