// What the keys of keyboard layouts write, from the X server's own tables, as events of a browser.

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BINARY } from './server.mjs';

/** Prints the tables; built beside the program with all other targets. */
const TABLES = join(dirname(BINARY), 'examples/layouts');

export const KNOWN = existsSync(TABLES);

/** The places of keys (UI Events KeyboardEvent code Values) by the keycodes of Linux X servers. */
const CODES = Object.fromEntries([
  ...[...'1234567890'].map((digit, at) => [10 + at, `Digit${digit}`]),
  ...[...'QWERTYUIOP'].map((letter, at) => [24 + at, `Key${letter}`]),
  ...[...'ASDFGHJKL'].map((letter, at) => [38 + at, `Key${letter}`]),
  ...[...'ZXCVBNM'].map((letter, at) => [52 + at, `Key${letter}`]),
  ...Object.entries({
    20: 'Minus', 21: 'Equal', 34: 'BracketLeft', 35: 'BracketRight', 47: 'Semicolon', 48: 'Quote', 49: 'Backquote', 51: 'Backslash',
    59: 'Comma', 60: 'Period', 61: 'Slash', 65: 'Space', 94: 'IntlBackslash', 97: 'IntlRo', 132: 'IntlYen',
  }),
]);

/** By layout: `{code, level, text}` for each key and level (0 plain, 1 Shift, 2 AltGr, 3 both); `text` is `dead` for dead keys. */
export function tables(layouts) {
  const lines = execFileSync(TABLES, layouts, { encoding: 'utf8', maxBuffer: 1 << 24 }).split('\n');
  const found = new Map(layouts.map((layout) => [layout, []]));
  for (const line of lines) {
    const [layout, keycode, ...levels] = line.split('\t');
    const code = CODES[keycode];
    if (code) levels.forEach((text, level) => text && found.get(layout).push({ code, level, text }));
  }
  for (const [layout, keys] of found) if (keys.length < 90) throw new Error(`${layout} has only ${keys.length} symbols`);
  return found;
}

/** How browsers tell of the keys that select a level: events before and after, and the flags in between. */
const SHIFT = { key: 'Shift', code: 'ShiftLeft', location: 1 };
const ALT_GR = { key: 'AltGraph', code: 'AltRight', location: 2 };
const CONTROL = { key: 'Control', code: 'ControlLeft', location: 1 };
const OPTION = { key: 'Alt', code: 'AltLeft', location: 1 };

export const SYSTEMS = {
  Linux: { platform: 'Linux x86_64', third: [[ALT_GR, { modifierAltGraph: true }]] },
  Windows: {
    platform: 'Win32',
    third: [
      [CONTROL, { ctrlKey: true }],
      [ALT_GR, { altKey: true, modifierAltGraph: true }],
    ],
  },
  macOS: { platform: 'MacIntel', third: [[OPTION, { altKey: true }]] },
};

/** The events of one key at one level on that system: `[type, init]`. */
export function events({ code, level, text }, system, more = {}) {
  const held = [...(level & 1 ? [[SHIFT, { shiftKey: true }]] : []), ...(level & 2 ? SYSTEMS[system].third : [])];
  const all = [];
  let flags = { ...more };
  for (const [key, flag] of held) {
    flags = { ...flags, ...flag };
    all.push(['keydown', { ...key, ...flags }]);
  }
  const key = { key: text === 'dead' ? 'Dead' : text, code, ...flags };
  all.push(['keydown', key], ['keyup', key]);
  for (const [key, flag] of held.reverse()) {
    for (const name of Object.keys(flag)) delete flags[name];
    all.push(['keyup', { ...key, ...flags }]);
  }
  return all;
}
