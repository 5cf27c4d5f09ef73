/** Turns pictures into PNG, and tells whether two show the same. For the worker: it decodes whole pictures. */
export interface Pictures {
  /** Nothing when this browser does not know the form. */
  toPng(bytes: Uint8Array<ArrayBuffer>, mime: string): Promise<Blob | undefined>;
  same(one: Blob, other: Blob): Promise<boolean>;
}

export const PNG = 'image/png';

export const pictures: Pictures = {
  async toPng(bytes, mime) {
    const blob = new Blob([bytes], { type: mime });
    if (mime === PNG) return blob;
    const canvas = await drawn(blob).catch(() => undefined);
    return canvas?.convertToBlob({ type: PNG });
  },

  async same(one, other) {
    const [a, b] = await Promise.all([pngSize(one), pngSize(other)]);
    if (a === undefined || a !== b) return false;
    try {
      const [left, right] = [pixels(await drawn(one)), pixels(await drawn(other))];
      return left.length === right.length && left.every((pixel, at) => pixel === right[at]);
    } catch {
      return false;
    }
  },
};

/** Width and height as the file says them (PNG specification, 11.2.2), as one word. */
export async function pngSize(blob: Blob): Promise<string | undefined> {
  const view = new DataView(await blob.slice(0, 24).arrayBuffer());
  if (view.byteLength < 24 || view.getUint32(0) !== 0x89504e47) return undefined;
  return `${view.getUint32(16)}x${view.getUint32(20)}`;
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
