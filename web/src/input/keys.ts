import type { Scope } from '../scope.ts';
import type { InputHost, Shortcut } from './host.ts';
import type { Keyboard } from './keyboard.ts';

const SHORTCUTS: Readonly<Record<string, Shortcut>> = { m: 'menu', f: 'fullscreen', g: 'gamepad' };

/** Gives keys to the desktop, except the few that are the page's. */
export function listenToKeys(scope: Scope, host: InputHost, keyboard: Keyboard): void {
  const ours = (target: EventTarget | null): boolean =>
    target === host.field || target === document.body || target === document.documentElement;
  let stop: (() => void) | undefined;
  const settleInTime = (): void => {
    stop?.();
    const at = keyboard.settleAt;
    stop = at === undefined ? undefined : scope.after(Math.max(0, at - performance.now()), () => keyboard.settle());
  };
  const down = (event: KeyboardEvent): void => {
    const shortcut = shortcutOf(event);
    if (shortcut && (ours(event.target) || host.container.contains(event.target as Node))) {
      event.preventDefault();
      if (event.repeat) return;
      keyboard.releaseAll();
      host.shortcut(shortcut);
      return;
    }
    if (!ours(event.target) || !host.typing() || !host.drives()) return;
    const pastes = host.pastes(event);
    if (keyboard.down(event) && !pastes) event.preventDefault();
    settleInTime();
  };
  const up = (event: KeyboardEvent): void => {
    if (keyboard.up(event)) event.preventDefault();
  };
  scope.listen(window, 'keydown', down, { capture: true });
  scope.listen(window, 'keyup', up, { capture: true });
}

function shortcutOf({ key, code, ctrlKey, shiftKey, altKey, metaKey }: KeyboardEvent): Shortcut | undefined {
  if (!ctrlKey || !shiftKey || altKey || metaKey) return undefined;
  // On a keyboard of another script the place of the key counts.
  const letter = /^[a-z]$/i.test(key) ? key : /^Key([A-Z])$/.exec(code)?.[1];
  return letter === undefined ? undefined : SHORTCUTS[letter.toLowerCase()];
}
