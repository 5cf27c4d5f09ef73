/** Samples on each side of a point that make its value. */
export const HALF = 8;
/** Points between two samples that are tabulated; between those the weights are interpolated. */
const PHASES = 256;
/** Of Kaiser's window: the images of what is interpolated lie about 80 dB below it. */
const BETA = 8;

/** Weights of the samples around points between two of them: a windowed sinc, phase by phase. */
const TABLE = tabulate();

/** The value of a ring's plane at the point that lies `fraction` after `at`. This is where the time goes: no checks. */
export function valueAt(plane: Float32Array, mask: number, at: number, fraction: number): number {
  const point = fraction * PHASES;
  const phase = Math.min(PHASES - 1, Math.floor(point));
  const first = phase * 2 * HALF;
  let low = 0;
  let high = 0;
  for (let tap = 0; tap < 2 * HALF; tap += 1) {
    const sample = plane[(at + tap - HALF + 1) & mask] as number;
    low += sample * (TABLE[first + tap] as number);
    high += sample * (TABLE[first + 2 * HALF + tap] as number);
  }
  return low + (high - low) * (point - phase);
}

function tabulate(): Float32Array {
  const table = new Float32Array((PHASES + 1) * 2 * HALF);
  for (let phase = 0; phase <= PHASES; phase += 1) {
    const row = table.subarray(phase * 2 * HALF, (phase + 1) * 2 * HALF);
    let sum = 0;
    for (let tap = 0; tap < 2 * HALF; tap += 1) {
      const far = tap - HALF + 1 - phase / PHASES;
      const window = Math.abs(far) >= HALF ? 0 : bessel(BETA * Math.sqrt(1 - (far / HALF) ** 2)) / bessel(BETA);
      const value = sinc(far) * window;
      row[tap] = value;
      sum += value;
    }
    for (let tap = 0; tap < 2 * HALF; tap += 1) row[tap] = (row[tap] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

/** The modified Bessel function of the first kind and order zero. */
function bessel(x: number): number {
  let sum = 1;
  let term = 1;
  for (let k = 1; k < 40; k += 1) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
