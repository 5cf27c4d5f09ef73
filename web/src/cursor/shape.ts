/** What the desktop's pointer looks like, in pixels of the desktop. */
export interface Shape {
  /** A PNG file in base64; empty when the desktop hides its pointer. */
  readonly png: string;
  readonly width: number;
  readonly height: number;
  readonly hotX: number;
  readonly hotY: number;
}

/** Chromium and Firefox show no cursor that is larger, in CSS pixels. */
const LARGEST = 128;

/** Pixels of the shape per CSS pixel where the picture has `scale` of them; more for one that would be too large. */
export function density(shape: Shape, scale: number): number {
  return Math.max(scale, shape.width / LARGEST, shape.height / LARGEST);
}

/** The image as an address. */
export function address(shape: Shape): string {
  return `data:image/png;base64,${shape.png}`;
}

/**
 * Values of the CSS property `cursor`, the best last: not every browser knows the density of a cursor. Where a
 * large one does not fit between the pointer and the edge of the page, browsers show the arrow instead.
 */
export function cursorValues(shape: Shape, scale: number): readonly string[] {
  if (shape.png === '') return ['none'];
  const per = density(shape, scale);
  const url = `url("${address(shape)}")`;
  const plain = `${url} ${shape.hotX} ${shape.hotY}, default`;
  if (per === 1) return [plain];
  // Browsers take whole numbers, and a point within the image.
  const spot = (hot: number, length: number): number =>
    Math.max(0, Math.min(Math.round(hot / per), Math.ceil(length / per) - 1));
  const at = `${spot(shape.hotX, shape.width)} ${spot(shape.hotY, shape.height)}`;
  const dense = `image-set(${url} ${Number(per.toFixed(4))}x) ${at}, default`;
  return shape.width <= LARGEST && shape.height <= LARGEST ? [plain, dense] : ['default', dense];
}
