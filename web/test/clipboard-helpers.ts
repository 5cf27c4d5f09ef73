export const bytes = (length: number, seed = 7): Uint8Array<ArrayBuffer> =>
  Uint8Array.from({ length }, (_, at) => (at * 31 + seed) & 0xff);
export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
export const settle = async (): Promise<void> => {
  for (let count = 0; count < 20; count += 1) await Promise.resolve();
};

export const after = (ms: number, run: () => void): (() => void) => {
  const id = setTimeout(run, ms);
  return () => clearTimeout(id);
};
