/** What the hidden field holds at rest: something to delete, so that on-screen keyboards report it. */
export const REST = '\u00a0'.repeat(4);
/** With less than this left to delete, the field is filled again. */
const LEAST = 2;
/** The field is emptied when so much has gathered in it. */
const LONG = 200;

/** What text events amount to: first delete, then type. */
export interface Edit {
  /** Words to delete that were there before anything known was typed. */
  readonly words: number;
  readonly deleted: number;
  readonly typed: string;
}

const NOTHING: Edit = { words: 0, deleted: 0, typed: '' };

/** Kana, ideographs, Hangul, Bopomofo and their full-width forms: written by way of something else. */
const CONVERTED =
  /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}\p{Script=Hangul}\p{Script=Bopomofo}\uff00-\uffef]/u;
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\ufe0f/u;

/**
 * Reads what is typed out of what a text field holds before and after each of its events. Their kinds and order
 * differ from browser to browser; what the field holds in the end does not.
 */
export class Composition {
  #known = REST;
  #composing = false;
  #shown = '';

  /** What is being composed and not typed yet. */
  get shown(): string {
    return this.#shown;
  }

  get composing(): boolean {
    return this.#composing;
  }

  /** The field is at rest again; the result is what it has to hold. */
  reset(): string {
    this.#known = REST;
    this.#composing = false;
    this.#shown = '';
    return REST;
  }

  /** The field holds too little to delete or more than is of use; always, where words are not composed `live`. */
  due(live: boolean): boolean {
    if (this.#composing) return false;
    return !live || this.#known.length < LEAST || this.#known.length > LONG;
  }

  start(): void {
    this.#composing = true;
  }

  /**
   * The text in composition has changed. On-screen keyboards compose every word, and its letters are wanted as
   * they come (`live`); what is to be converted is wanted in the end.
   */
  update(data: string, live: boolean): void {
    this.#composing = true;
    this.#shown = live && !CONVERTED.test(data) ? '' : data;
  }

  /** The field's content has changed. */
  input(value: string, kind: string, live: boolean): Edit {
    if (this.#composing && (!live || this.#shown !== '')) return NOTHING;
    return this.#take(value, kind);
  }

  end(value: string): Edit {
    this.#composing = false;
    this.#shown = '';
    return this.#take(value, '');
  }

  #take(value: string, kind: string): Edit {
    const before = this.#known;
    this.#known = value;
    // Typed before all that is known: nothing of it has changed.
    if (value.length > before.length && value.endsWith(before) && !value.startsWith(before))
      return { ...NOTHING, typed: plain(value.slice(0, -before.length)) };
    const { deleted, typed } = difference(before, value);
    const rest = Math.max(0, deleted - units(before.slice(REST.length)).length);
    const words = rest > 0 && /^delete(Word|SoftLine|HardLine)Backward$/.test(kind);
    return words ? { words: 1, deleted: deleted - rest, typed } : { words: 0, deleted, typed: plain(typed) };
  }
}

/** How one text became another at its end: so many characters deleted, then these typed. */
export function difference(before: string, after: string): { deleted: number; typed: string } {
  const old = units(before);
  const now = units(after);
  let same = 0;
  while (same < old.length && same < now.length && old[same] === now[same]) same += 1;
  return { deleted: old.length - same, typed: now.slice(same).join('') };
}

/** What one Backspace deletes: a code point, or all of an emoji that is made of several. */
function units(text: string): string[] {
  const { Segmenter } = Intl as { Segmenter?: typeof Intl.Segmenter };
  if (!Segmenter || !PICTURE.test(text)) return [...text];
  const all = new Segmenter(undefined, { granularity: 'grapheme' }).segment(text);
  return [...all].flatMap(({ segment }) => (PICTURE.test(segment) ? [segment] : [...segment]));
}

function plain(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}
