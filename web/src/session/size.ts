/** Pixels of width and height. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** What the browser gives us to draw on. */
export interface Surface extends Size {
  /** Device pixels per CSS pixel. */
  readonly ratio: number;
}

/** Where the picture lies in the page, in CSS pixels. */
export interface Placement {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** One pixel of the stream is one pixel of the device. */
  readonly exact: boolean;
  /** The picture is drawn larger by a whole number: sharp edges are right. */
  readonly whole: boolean;
}

/** Larger requests are refused by servers of this wire. */
const LARGEST = 4080;
/** A desktop smaller than this is of no use; a window may be, for a moment. */
const SMALLEST = 64;
/** Servers round sizes to their encoder's blocks; so much of a margin is black rather than blurred. */
const MARGIN = 16;

/** The size to ask the server for: physical pixels, even, within the limits of the wire. */
export function wantedSize(device: Size): Size {
  return { width: even(device.width), height: even(device.height) };
}

/** The physical size of a surface, from its CSS size when the browser does not tell. */
export function deviceSize(cssWidth: number, cssHeight: number, ratio: number): Size {
  return { width: Math.round(cssWidth * ratio), height: Math.round(cssHeight * ratio) };
}

/** Puts a stream onto a surface of `device` pixels: 1:1 when it matches, else as large as fits. */
export function place(device: Surface, stream: Size): Placement {
  const spareX = device.width - stream.width;
  const spareY = device.height - stream.height;
  const fits = spareX >= 0 && spareY >= 0 && spareX < MARGIN && spareY < MARGIN;
  const fit = Math.min(device.width / stream.width, device.height / stream.height);
  const scale = fits ? 1 : fit;
  // Whole device pixels: half a pixel off would blur every edge.
  const width = Math.max(1, Math.round(stream.width * scale));
  const height = Math.max(1, Math.round(stream.height * scale));
  const left = Math.max(0, Math.floor((device.width - width) / 2));
  const top = Math.max(0, Math.floor((device.height - height) / 2));
  return {
    left: left / device.ratio,
    top: top / device.ratio,
    width: width / device.ratio,
    height: height / device.ratio,
    exact: scale === 1,
    whole: scale > 1 && Number.isInteger(scale),
  };
}

/** The stream's pixel under a point of the page; points outside land on the nearest edge. */
export function toStream(x: number, y: number, at: Placement, stream: Size): { x: number; y: number } {
  const along = (value: number, from: number, length: number, pixels: number): number =>
    // Rounding must not put the very edge of a pixel into the one before it.
    Math.min(pixels - 1, Math.max(0, Math.floor(((value - from) * pixels) / length + 1e-6)));
  return {
    x: along(x, at.left, at.width, stream.width),
    y: along(y, at.top, at.height, stream.height),
  };
}

/** Room for the line that is typed in, and one below it. */
const LINES = 56;

/**
 * How far up a surface `height` pixels high moves so that what is `at` pixels below its top stays above `line`, when
 * something covers what is below that. Never farther than what is covered.
 */
export function panFor(at: number, height: number, line: number): number {
  const covered = Math.max(0, height - line);
  return Math.round(Math.max(0, Math.min(covered, at + LINES - line)));
}

const DPI_STEPS = [96, 120, 144, 168, 192, 216, 240, 264, 288] as const;

/** The desktop's text size that makes text as large as the page's own. */
export function dpiFor(ratio: number): number {
  const wanted = ratio * 96;
  return DPI_STEPS.reduce((best, step) => (Math.abs(step - wanted) < Math.abs(best - wanted) ? step : best));
}

function even(pixels: number): number {
  const whole = Math.floor(pixels);
  return Math.min(LARGEST, Math.max(SMALLEST, whole - (whole % 2)));
}
