const SPS = 7;
/** A parameter set comes before the picture; looking further would be reading the picture. */
const SEARCHED = 4096;

/** The WebCodecs name (`avc1.PPCCLL`) of an Annex B keyframe, from its sequence parameter set (H.264 7.3.2.1.1). */
export function codecOf(annexB: Uint8Array): string | undefined {
  const end = Math.min(annexB.length, SEARCHED) - 6;
  for (let at = 0; at < end; at += 1) {
    if (annexB[at] !== 0 || annexB[at + 1] !== 0 || annexB[at + 2] !== 1) continue;
    const header = annexB[at + 3] ?? 0;
    if ((header & 0x1f) !== SPS) continue;
    return `avc1.${hex(annexB[at + 4])}${hex(annexB[at + 5])}${hex(annexB[at + 6])}`;
  }
  return undefined;
}

function hex(byte = 0): string {
  return byte.toString(16).padStart(2, '0').toUpperCase();
}
