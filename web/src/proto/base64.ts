/** What newer engines have built in (Uint8Array to and from base64, ECMAScript 2026). */
interface Native {
  toBase64?(): string;
}
interface NativeStatic {
  fromBase64?(text: string): Uint8Array<ArrayBuffer>;
}

/** As many bytes as may be arguments of one call; a multiple of three, so that pieces join. */
const PIECE = 24_576;

export function toBase64(bytes: Uint8Array): string {
  const { toBase64: native } = bytes as Native;
  if (native) return native.call(bytes);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE)
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  return pieces.join('');
}

/** The bytes, or nothing when the text is not base64 in full groups (RFC 4648, section 4). */
export function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  // The engines' own readers put up with spaces.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  try {
    const { fromBase64: native } = Uint8Array as NativeStatic;
    if (native) return native.call(Uint8Array, text);
    const binary = atob(text);
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch {
    return undefined;
  }
}
