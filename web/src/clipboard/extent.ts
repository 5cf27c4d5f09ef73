/** Width and height of a picture. */
export interface Extent {
  readonly width: number;
  readonly height: number;
}

/** Pixels that are decoded here at most: four bytes each, and a small file can stand for any number. */
const MOST_PIXELS = 64_000_000;

/** Whether a picture may be decoded. One of a form that is not known here is for the browser to bound. */
export function isModest(bytes: Uint8Array): boolean {
  const extent = extentOf(bytes);
  return extent === undefined || extent.width * extent.height <= MOST_PIXELS;
}

/** What the file says of itself, whatever it is called: browsers go by the first bytes, too. */
export function extentOf(bytes: Uint8Array): Extent | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    if (view.getUint32(0) === 0x89504e47) return { width: view.getUint32(16), height: view.getUint32(20) };
    if (view.getUint16(0) === 0xffd8) return ofJpeg(view);
    if (view.getUint16(0) === 0x424d) return ofBmp(view);
    if (view.getUint32(0) === 0x47494638) return { width: view.getUint16(6, true), height: view.getUint16(8, true) };
    if (view.getUint32(0) === 0x52494646 && view.getUint32(8) === 0x57454250) return ofWebp(view);
  } catch {
    // It ends before it says so: no decoder makes anything of it.
  }
  return undefined;
}

/** The first frame header (ITU-T T.81, B.2.2); what stands before it tells its own length. */
function ofJpeg(view: DataView): Extent {
  let at = 2;
  for (;;) {
    if (view.getUint8(at) !== 0xff) throw new RangeError('no marker');
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    // Any number of fill bytes may stand before a marker; a few markers stand alone.
    if (marker === 0xff) at += 1;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
}

/** `BITMAPCOREHEADER`, or any of the longer ones; a height below zero says that the top comes first. */
function ofBmp(view: DataView): Extent {
  if (view.getUint32(14, true) === 12) return { width: view.getUint16(18, true), height: view.getUint16(20, true) };
  return { width: Math.abs(view.getInt32(18, true)), height: Math.abs(view.getInt32(22, true)) };
}

/** RFC 9649, 2.5 to 2.7. */
function ofWebp(view: DataView): Extent | undefined {
  const three = (at: number): number => view.getUint16(at, true) + view.getUint8(at + 2) * 65_536 + 1;
  switch (view.getUint32(12)) {
    case 0x56503858:
      return { width: three(24), height: three(27) };
    case 0x5650384c: {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 0x56503820:
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    default:
      return undefined;
  }
}
