import type { Surface } from '../video/sink.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** The page's end of the worker that owns the socket, the decoders and the canvas. */
export interface Engine {
  tell(message: ToWorker): void;
  dispose(): void;
}

/** Starts the worker and gives it what to draw on. */
export function startEngine(canvas: HTMLCanvasElement, heard: (message: FromWorker) => void): Engine {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'selkies' });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  const surface: Surface = { kind: 'canvas', canvas: canvas.transferControlToOffscreen() };
  const give: ToWorker = { do: 'surface', surface, origin: performance.timeOrigin };
  worker.postMessage(give, [surface.canvas]);
  return {
    tell: (message) => worker.postMessage(message),
    dispose() {
      worker.onmessage = null;
      worker.terminate();
    },
  };
}
