/** A picture, or a band of one, that a canvas can draw. */
export type Drawable = VideoFrame | ImageBitmap;

/** What a page gives its worker to show pictures on. */
export interface Surface {
  readonly kind: 'canvas';
  readonly canvas: OffscreenCanvas;
}

/** Where decoded pictures go. */
export interface Sink {
  /** The size of the whole picture, from the next drawing on. */
  resize(width: number, height: number): void;
  /** Draws a band at its place; it belongs to the caller and may be closed afterwards. */
  draw(picture: Drawable, y: number): void;
}

/** Draws onto a 2D canvas that a worker owns. */
export function canvas2d({ canvas }: Surface, resized: (width: number, height: number) => void): Sink {
  const context = canvas.getContext('2d', { alpha: false, desynchronized: false });
  if (!context) throw new Error('this canvas already has another context');
  let next: { width: number; height: number } | undefined;
  return {
    resize(width, height) {
      next = { width, height };
    },
    draw(picture, y) {
      // Resizing clears the canvas, so the last picture stays until there is a new one to draw.
      if (next && (next.width !== canvas.width || next.height !== canvas.height)) {
        canvas.width = next.width;
        canvas.height = next.height;
        resized(next.width, next.height);
      }
      next = undefined;
      context.drawImage(picture, 0, y);
    },
  };
}
