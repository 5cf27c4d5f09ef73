import { extentOf, isModest } from './extent.ts';

/** Turns pictures into PNG, and tells whether two show the same. For the worker: it decodes whole pictures. */
export interface Pictures {
  /** Nothing when this browser does not know the form, or it shows more than can be decoded. */
  toPng(bytes: Uint8Array<ArrayBuffer>, mime: string): Promise<Blob | undefined>;
  same(one: Blob, other: Blob): Promise<boolean>;
}

export const PNG = 'image/png';

export const pictures: Pictures = {
  async toPng(bytes, mime) {
    if (!isModest(bytes)) return undefined;
    const blob = new Blob([bytes], { type: mime });
    if (mime === PNG) return blob;
    return drawn(blob)
      .then((canvas) => canvas.convertToBlob({ type: PNG }))
      .catch(() => undefined);
  },

  async same(one, other) {
    try {
      const [a, b] = await Promise.all([beginning(one), beginning(other)]);
      const [size, also] = [extentOf(a), extentOf(b)];
      if (!size || !isModest(a) || size.width !== also?.width || size.height !== also.height) return false;
      const [left, right] = [pixels(await drawn(one)), pixels(await drawn(other))];
      return left.length === right.length && left.every((pixel, at) => pixel === right[at]);
    } catch {
      return false;
    }
  },
};

/** Where a PNG says how large it is (PNG specification, 11.2.2). */
async function beginning(png: Blob): Promise<Uint8Array> {
  return new Uint8Array(await png.slice(0, 24).arrayBuffer());
}

async function drawn(blob: Blob): Promise<OffscreenCanvas> {
  const bitmap = await createImageBitmap(blob);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext('2d')?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return canvas;
}

function pixels(canvas: OffscreenCanvas): Uint32Array {
  const data = canvas.getContext('2d')?.getImageData(0, 0, canvas.width, canvas.height).data;
  return new Uint32Array(data?.buffer ?? new ArrayBuffer(0));
}
