import * as sym from './keysyms.ts';
import type { System } from './system.ts';

/** As much of a `KeyboardEvent` as decides what is sent. */
export interface Key extends Flags {
  readonly key: string;
  readonly code: string;
  readonly location: number;
  readonly timeStamp: number;
  readonly isComposing: boolean;
  readonly keyCode: number;
  readonly repeat: boolean;
}

/** Modifiers that are down, by the word of any event of the user. */
export interface Flags {
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly metaKey: boolean;
}

/** What Command and an arrow do to the caret of a Mac: the key that does it elsewhere, and whether with Ctrl. */
export const CARET: Readonly<Record<string, readonly [keysym: number, control: boolean]>> = {
  ArrowLeft: [sym.HOME, false],
  ArrowRight: [sym.END, false],
  ArrowUp: [sym.HOME, true],
  ArrowDown: [sym.END, true],
};

/** What tells one physical key from the others. */
export function codeOf({ code, key }: Key): string {
  return code || key;
}

/** The character is what Option of a Mac made of the key, not what the key says by itself. */
export function madeByOption({ key, code }: Key): boolean {
  if ([...key].length !== 1) return false;
  const plain = /^(?:Key|Digit)(.)$/.exec(code)?.[1];
  return plain === undefined || plain.toLowerCase() !== key.toLowerCase();
}

/** Programs know their commands by Latin letters, whatever script the key writes here. */
export function commandLetter(event: Key, system: System): string | undefined {
  const { key, code, ctrlKey, altKey, metaKey, shiftKey } = event;
  const option = system === 'mac' && altKey;
  if (!ctrlKey && !metaKey && (!altKey || option)) return undefined;
  const letter = /^Key([A-Z])$/.exec(code)?.[1];
  const point = key.codePointAt(0) ?? 0;
  // Option makes characters of every kind out of letters.
  const foreign = [...key].length === 1 && (option ? point > 0x7f : point > 0x24f && /\p{L}/u.test(key));
  if (letter === undefined || !foreign) return undefined;
  return shiftKey ? letter : letter.toLowerCase();
}

/** Whether an event says that the modifier of this key is down; nothing for keys that have no flag. */
export function flagOf(code: string, keysym: number, flags: Flags): boolean | undefined {
  if (code.startsWith('Meta') || keysym === sym.SUPER_L || keysym === sym.SUPER_R) return flags.metaKey;
  if (keysym === sym.SHIFT_L || keysym === sym.SHIFT_R) return flags.shiftKey;
  if (keysym === sym.CONTROL_L || keysym === sym.CONTROL_R) return flags.ctrlKey;
  return keysym === sym.ALT_L || keysym === sym.ALT_R ? flags.altKey : undefined;
}
