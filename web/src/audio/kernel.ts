/** Samples on each side of a point that make its value. */
export const HALF = 12;
/** Points between two samples that are tabulated; between those the weights are interpolated. */
const PHASES = 256;
/** Of Kaiser's window: the images of what is interpolated lie about 90 dB below it. */
const BETA = 9;

/** Weights of the samples around points between two of them: a windowed sinc, phase by phase. */
const TABLE = tabulate();

/** Fills `weights` for the point that lies `fraction` after the sample before it. */
export function weigh(fraction: number, weights: Float32Array): void {
  const at = fraction * PHASES;
  const phase = Math.min(PHASES - 1, Math.floor(at));
  const part = at - phase;
  const row = phase * 2 * HALF;
  for (let tap = 0; tap < 2 * HALF; tap += 1) {
    const low = TABLE[row + tap] ?? 0;
    const high = TABLE[row + 2 * HALF + tap] ?? 0;
    weights[tap] = low + (high - low) * part;
  }
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
