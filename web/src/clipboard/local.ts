import type { Clip } from './clip.ts';
import { fromItems } from './gather.ts';
import { PNG } from './pictures.ts';

/** The browser's own clipboard, as far as it has one to offer: over plain http it has not. */
export interface Local {
  readonly canWrite: boolean;
  write(clip: Clip): Promise<void>;
  writeSoon(text: Promise<string>): Promise<void>;
  /** By the old way, within a gesture: text only. */
  command(clip: Clip): boolean;
  /** What is there, if reading has been allowed already. Never asks. */
  readIfAllowed(binary: boolean): Promise<Clip | undefined>;
}

export const local: Local = {
  get canWrite() {
    return typeof ClipboardItem === 'function' && typeof navigator.clipboard?.write === 'function';
  },

  async write(clip) {
    try {
      await navigator.clipboard.write([itemOf(clip)]);
    } catch (error) {
      // A picture that is none must not take the text with it.
      const { image, ...rest } = clip;
      if (!image || (error as DOMException).name === 'NotAllowedError' || Object.keys(rest).length === 0) throw error;
      await navigator.clipboard.write([itemOf(rest)]);
    }
  },

  writeSoon(text) {
    const blob = text.then((text) => new Blob([text], { type: 'text/plain' }));
    return navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
  },

  command({ text, html }) {
    if (text === undefined) return false;
    const before = document.activeElement;
    const field = document.createElement('textarea');
    field.className = 'typing';
    // Something has to be selected, or some browsers copy nothing and say nothing.
    field.value = text;
    document.body.append(field);
    field.select();
    const give = (event: ClipboardEvent): void => {
      event.preventDefault();
      event.stopImmediatePropagation();
      event.clipboardData?.setData('text/plain', text);
      if (html !== undefined) event.clipboardData?.setData('text/html', html);
    };
    document.addEventListener('copy', give, { capture: true, once: true });
    try {
      return document.execCommand('copy');
    } finally {
      document.removeEventListener('copy', give, { capture: true });
      field.remove();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
    }
  },

  async readIfAllowed(binary) {
    try {
      const name = 'clipboard-read' as PermissionName;
      const { state } = await navigator.permissions.query({ name });
      if (state !== 'granted') return undefined;
      return await fromItems(await navigator.clipboard.read(), binary);
    } catch {
      // Most browsers do not know this permission, and none has to let us read.
      return undefined;
    }
  },
};

function itemOf({ text, html, image }: Clip): ClipboardItem {
  const forms: Record<string, Blob> = {};
  if (text !== undefined) forms['text/plain'] = new Blob([text], { type: 'text/plain' });
  if (html !== undefined) forms['text/html'] = new Blob([html], { type: 'text/html' });
  if (image) forms[PNG] = image;
  return new ClipboardItem(forms);
}
