/** One thing that was copied, in the forms a browser knows. */
export interface Clip {
  readonly text?: string;
  readonly html?: string;
  /** On the page always PNG. */
  readonly image?: Blob;
}

/** The same in bytes, the best first: how it travels. */
export interface Form {
  readonly mime: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Bytes of all forms together; what is larger does not travel. */
export const LARGEST = 64 << 20;

export function isEmpty(clip: Clip): boolean {
  return !clip.text && !clip.html && clip.image === undefined;
}

/** About how many bytes it takes. */
export function sizeOf(clip: Clip): number {
  const text = new Blob([clip.text ?? '', clip.html ?? '']).size;
  return text + (clip.image?.size ?? 0);
}

/** Lines end in one way on the desktop; some systems use another. */
export function plainLines(text: string): string {
  return text.replaceAll('\r\n', '\n');
}

/**
 * Whether what is offered now brings nothing over what the other side already has. A browser cleans HTML and
 * encodes pictures anew when it takes them, so its word for them counts only where the text does not decide.
 */
export function isKnown(now: Clip, known: Clip, sameImage: boolean): boolean {
  if (now.html !== undefined && known.html === undefined) return false;
  if (now.image !== undefined && known.image === undefined) return false;
  if (now.text !== undefined) return now.text === known.text;
  if (now.image !== undefined) return sameImage;
  return now.html === undefined || now.html === known.html;
}
