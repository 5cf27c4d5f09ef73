import { decoderConfig } from './opus.ts';

/** Why this browser plays no sound, or takes none from the microphone. */
export type Lack = 'insecure' | 'browser';

/** The parts of a browser that sound needs; a test passes its own. */
export interface SoundBrowser {
  readonly isSecureContext: boolean;
  readonly AudioContext?: unknown;
  readonly AudioWorkletNode?: unknown;
  readonly AudioDecoder?: Pick<typeof AudioDecoder, 'isConfigSupported'> | undefined;
  readonly AudioEncoder?: unknown;
}

/** What is in the way of playing sound, as far as can be seen at once. */
export function lacksSound(browser: SoundBrowser): Lack | undefined {
  const { AudioContext, AudioWorkletNode, AudioDecoder } = browser;
  if (!browser.isSecureContext) return 'insecure';
  return AudioContext && AudioWorkletNode && AudioDecoder ? undefined : 'browser';
}

/** The same for the microphone. */
export function lacksMicrophone(browser: SoundBrowser): Lack | undefined {
  const { AudioContext, AudioWorkletNode, AudioEncoder } = browser;
  if (!browser.isSecureContext) return 'insecure';
  return AudioContext && AudioWorkletNode && AudioEncoder ? undefined : 'browser';
}

/** Whether the decoder takes Opus. */
export async function decodesOpus({ AudioDecoder }: SoundBrowser): Promise<boolean> {
  const config = decoderConfig(2);
  if (!AudioDecoder || !config) return false;
  return AudioDecoder.isConfigSupported(config).then(
    ({ supported }) => supported === true,
    () => false,
  );
}
