// Comparing pictures of RGBA bytes.

/** Peak signal-to-noise ratio over red, green and blue, in dB; Infinity for equal pictures. */
export function psnr(a, b) {
  if (a.width !== b.width || a.height !== b.height) return Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < a.data.length; i += 4)
    for (let c = i; c < i + 3; c += 1) sum += (a.data[c] - b.data[c]) ** 2;
  const mean = sum / (a.width * a.height * 3);
  return mean === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(255 ** 2 / mean);
}

/** A part of a picture. */
export function crop({ width, data }, left, top, w, h) {
  const out = Buffer.alloc(w * h * 4);
  for (let y = 0; y < h; y += 1) data.copy(out, y * w * 4, ((top + y) * width + left) * 4, ((top + y) * width + left + w) * 4);
  return { width: w, height: h, data: out };
}

/** The part of pixels that are on the same side of middle grey in both: for patterns of black and white. */
export function sameInk(a, b) {
  if (a.width !== b.width || a.height !== b.height) return 0;
  let same = 0;
  for (let i = 0; i < a.data.length; i += 4) if (light(a.data, i) === light(b.data, i)) same += 1;
  return same / (a.width * a.height);
}

const light = (data, i) => data[i] + data[i + 1] + data[i + 2] > 381;

/** How far the brightest and the darkest pixel are apart: 0 for an empty picture. */
export function contrast({ data }) {
  let least = 255;
  let most = 0;
  for (let i = 0; i < data.length; i += 4) {
    least = Math.min(least, data[i + 1]);
    most = Math.max(most, data[i + 1]);
  }
  return most - least;
}
