import type { TrackGeneratorMaker } from '../video/pipelines.ts';
import { chooseSink } from '../video/pipelines.ts';
import type { Surface } from '../video/sink.ts';
import type { FromWorker, Heard, ToWorker } from './messages.ts';

/** The page's end of the worker that owns the socket, the decoders and what is drawn on. */
export interface Engine {
  /** `gives`: what the worker gets for its own. */
  tell(message: ToWorker, gives?: Transferable[]): void;
  dispose(): void;
}

/** The elements that may show the picture. */
export interface Screens {
  readonly canvas: HTMLCanvasElement;
  readonly video: HTMLVideoElement;
}

/** Starts the worker and gives it what to draw on. `asked`: the name of a sink. */
export function startEngine({ canvas, video }: Screens, asked: string | null, heard: (message: Heard) => void): Engine {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'selkies' });
  const { MediaStreamTrackGenerator: Generator } = globalThis as { MediaStreamTrackGenerator?: TrackGeneratorMaker };
  const way = chooseSink({ OffscreenCanvas: globalThis.OffscreenCanvas, MediaStreamTrackGenerator: Generator }, asked);
  const generator = way === 'video' && Generator ? new Generator({ kind: 'video' }) : undefined;
  const tell = (message: ToWorker, gives: Transferable[] = []): void => worker.postMessage(message, gives);
  let over = false;
  const play = (on: boolean): void => {
    if (!on) return video.pause();
    video.play().then(
      () => tell({ do: 'plays', does: true }),
      // A pause right behind it is no refusal, and nothing counts at the end.
      (error: DOMException) => over || error.name === 'AbortError' || tell({ do: 'plays', does: false }),
    );
    return undefined;
  };
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    if (data.is === 'play') play(data.on);
    else heard(data);
  };
  const offscreen = canvas.transferControlToOffscreen();
  const surface: Surface = { canvas: offscreen, way, ...(generator ? { track: generator.writable } : {}) };
  const give: ToWorker = { do: 'surface', surface, origin: performance.timeOrigin };
  worker.postMessage(give, generator ? [offscreen, generator.writable] : [offscreen]);
  if (generator) {
    video.srcObject = new MediaStream([generator]);
    play(true);
  }
  return {
    tell,
    dispose() {
      over = true;
      worker.onmessage = null;
      worker.terminate();
      generator?.stop();
      video.srcObject = null;
    },
  };
}
