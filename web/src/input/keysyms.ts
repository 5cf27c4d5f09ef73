/** X11 keysyms (X Window System Protocol, appendix A; keysymdef.h) of the keys browsers name. */

/** Modifiers, left and right. */
export const SHIFT_L = 0xffe1;
export const SHIFT_R = 0xffe2;
export const CONTROL_L = 0xffe3;
export const CONTROL_R = 0xffe4;
export const ALT_L = 0xffe9;
export const ALT_R = 0xffea;
export const SUPER_L = 0xffeb;
export const SUPER_R = 0xffec;
export const ALT_GR = 0xfe03;

export const BACKSPACE = 0xff08;
export const TAB = 0xff09;
export const RETURN = 0xff0d;
export const ESCAPE = 0xff1b;
export const DELETE = 0xffff;
export const F1 = 0xffbe;
export const HOME = 0xff50;
export const LEFT = 0xff51;
export const UP = 0xff52;
export const RIGHT = 0xff53;
export const DOWN = 0xff54;
export const PAGE_UP = 0xff55;
export const PAGE_DOWN = 0xff56;
export const END = 0xff57;
export const INSERT = 0xff63;
export const F4 = 0xffc1;
export const PRINT = 0xff61;
export const MENU = 0xff67;

/** `KeyboardEvent.key` (UI Events, key values) of keys without a character. */
const NAMED: Readonly<Record<string, number>> = {
  Backspace: BACKSPACE,
  Tab: TAB,
  Clear: 0xff0b,
  Enter: RETURN,
  Pause: 0xff13,
  ScrollLock: 0xff14,
  Escape: ESCAPE,
  Delete: DELETE,
  Home: HOME,
  ArrowLeft: LEFT,
  ArrowUp: UP,
  ArrowRight: RIGHT,
  ArrowDown: DOWN,
  PageUp: PAGE_UP,
  PageDown: PAGE_DOWN,
  End: END,
  Select: 0xff60,
  PrintScreen: PRINT,
  Execute: 0xff62,
  Insert: INSERT,
  Undo: 0xff65,
  Redo: 0xff66,
  ContextMenu: MENU,
  Find: 0xff68,
  Cancel: 0xff69,
  Help: 0xff6a,
  // Input methods and their keys.
  Compose: 0xff20,
  Multi_key: 0xff20,
  KanjiMode: 0xff21,
  NonConvert: 0xff22,
  Convert: 0xff23,
  Romaji: 0xff24,
  Hiragana: 0xff25,
  Katakana: 0xff26,
  HiraganaKatakana: 0xff27,
  Zenkaku: 0xff28,
  Hankaku: 0xff29,
  ZenkakuHankaku: 0xff2a,
  HangulMode: 0xff31,
  HanjaMode: 0xff34,
  CodeInput: 0xff37,
  SingleCandidate: 0xff3c,
  AllCandidates: 0xff3d,
  PreviousCandidate: 0xff3e,
  // Media, launchers, power (XF86keysym.h).
  BrightnessUp: 0x1008ff02,
  BrightnessDown: 0x1008ff03,
  AudioVolumeDown: 0x1008ff11,
  AudioVolumeMute: 0x1008ff12,
  AudioVolumeUp: 0x1008ff13,
  MediaPlayPause: 0x1008ff14,
  MediaPlay: 0x1008ff14,
  MediaStop: 0x1008ff15,
  MediaTrackPrevious: 0x1008ff16,
  MediaTrackNext: 0x1008ff17,
  BrowserHome: 0x1008ff18,
  LaunchMail: 0x1008ff19,
  BrowserSearch: 0x1008ff1b,
  MediaRecord: 0x1008ff1c,
  BrowserBack: 0x1008ff26,
  BrowserForward: 0x1008ff27,
  BrowserStop: 0x1008ff28,
  BrowserRefresh: 0x1008ff29,
  Eject: 0x1008ff2c,
  MediaPause: 0x1008ff31,
  BrowserFavorites: 0x1008ff30,
  MediaRewind: 0x1008ff3e,
  Copy: 0x1008ff57,
  Cut: 0x1008ff58,
  Paste: 0x1008ff6d,
  MediaFastForward: 0x1008ff97,
};

/** Modifiers by `KeyboardEvent.key`: left, right. */
const MODIFIERS: Readonly<Record<string, readonly [number, number]>> = {
  Shift: [SHIFT_L, SHIFT_R],
  Control: [CONTROL_L, CONTROL_R],
  Alt: [ALT_L, ALT_R],
  Meta: [SUPER_L, SUPER_R],
  OS: [SUPER_L, SUPER_R],
  Super: [SUPER_L, SUPER_R],
  Hyper: [0xffed, 0xffee],
  AltGraph: [ALT_GR, ALT_GR],
};

const LOCATION_RIGHT = 2;

/** The keysym of a key event's `key`, with `location` telling left from right; nothing for keys that are not sent. */
export function keysymOf(key: string, location: number): number | undefined {
  const modifier = MODIFIERS[key];
  if (modifier) return modifier[location === LOCATION_RIGHT ? 1 : 0];
  const named = NAMED[key];
  if (named !== undefined) return named;
  const number = /^F([1-9]|[12]\d|3[0-5])$/.exec(key)?.[1];
  if (number !== undefined) return F1 + Number(number) - 1;
  const point = key.codePointAt(0);
  // One character, which may be two units long; a name has more.
  if (point === undefined || String.fromCodePoint(point) !== key) return undefined;
  return keysymOfCodePoint(point);
}

/** The keysym of one character. Latin-1 is its own; the rest of Unicode has its own range. */
export function keysymOfCodePoint(point: number): number | undefined {
  if (point === 0x0a || point === 0x0d) return RETURN;
  if (point === 0x09) return TAB;
  if (point === 0x08) return BACKSPACE;
  if (point < 0x20 || (point >= 0x7f && point < 0xa0) || (point >= 0xd800 && point < 0xe000)) return undefined;
  if (point <= 0xff) return point;
  // The euro has an older name, which older programs know it by.
  if (point === 0x20ac) return 0x20ac;
  return 0x0100_0000 + point;
}

/** Whether a keysym changes others rather than saying something by itself. */
export function isModifier(keysym: number): boolean {
  return (keysym >= SHIFT_L && keysym <= 0xffee) || keysym === ALT_GR;
}
