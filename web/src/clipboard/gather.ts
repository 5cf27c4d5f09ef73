import type { Clip } from './clip.ts';

/** As much of a `KeyboardEvent` as tells what a key is for. */
export type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'shiftKey' | 'altKey' | 'metaKey'>;

/** Whether browsers paste by this key, on Apple's systems or elsewhere. */
export function isPaste(event: Pressed, apple: boolean): boolean {
  const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (altKey) return false;
  if (key === 'Insert') return shiftKey && !ctrlKey && !metaKey;
  return isLetter(event, 'v') && (apple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
}

/** Whether programs copy or cut by this key. */
export function isCopy(event: Pressed, apple: boolean): boolean {
  const { key, ctrlKey, altKey, metaKey } = event;
  if (altKey) return false;
  if (key === 'Insert') return ctrlKey && !metaKey;
  return (isLetter(event, 'c') || isLetter(event, 'x')) && (apple ? metaKey && !ctrlKey : ctrlKey && !metaKey);
}

/** The key of that letter; where keys have no Latin letters, the one that has it elsewhere. */
function isLetter({ key, code }: Pressed, letter: string): boolean {
  if (/^[a-z]$/i.test(key)) return key.toLowerCase() === letter;
  return code === `Key${letter.toUpperCase()}` && key.length === 1 && key > '\u007f';
}

/** What a paste brings. Files other than pictures have no place on a clipboard between machines. */
export function fromPaste(data: DataTransfer | null, binary: boolean): Clip {
  if (!data) return {};
  const text = data.getData('text/plain');
  const html = binary ? data.getData('text/html') : '';
  const image = binary ? [...data.files].find(({ type }) => type.startsWith('image/')) : undefined;
  return { ...(text ? { text } : {}), ...(html ? { html } : {}), ...(image ? { image } : {}) };
}

/** What reading the clipboard brings. */
export async function fromItems(items: readonly ClipboardItem[], binary: boolean): Promise<Clip> {
  const read = async (mime: string): Promise<Blob | undefined> =>
    items.find(({ types }) => types.includes(mime))?.getType(mime);
  const text = await (await read('text/plain'))?.text();
  const html = binary ? await (await read('text/html'))?.text() : undefined;
  const image = binary ? await read('image/png') : undefined;
  return { ...(text ? { text } : {}), ...(html ? { html } : {}), ...(image ? { image } : {}) };
}

/** Longer text, and text with more than one line, is pasted rather than typed. */
const TYPED = 200;

/** What came without a key, as from the menu of an on-screen keyboard, and is as good as typed. */
export function isTypable({ text, html, image }: Clip): boolean {
  return text !== undefined && html === undefined && !image && text.length <= TYPED && !/[\r\n]/.test(text);
}
