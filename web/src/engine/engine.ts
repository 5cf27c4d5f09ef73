import type { FromWorker, ToWorker } from './messages.ts';

/** The page's end of the worker that owns the socket, the decoders and the canvas. */
export interface Engine {
  tell(message: ToWorker): void;
  dispose(): void;
}

/** Starts the worker and gives it the canvas. */
export function startEngine(canvas: HTMLCanvasElement, heard: (message: FromWorker) => void): Engine {
  const worker = new Worker(new URL('./engine.worker.ts', import.meta.url), { type: 'module', name: 'selkies' });
  worker.onmessage = ({ data }: MessageEvent<FromWorker>) => heard(data);
  const offscreen = canvas.transferControlToOffscreen();
  const give: ToWorker = { do: 'canvas', canvas: offscreen };
  worker.postMessage(give, [offscreen]);
  return {
    tell: (message) => worker.postMessage(message),
    dispose() {
      worker.onmessage = null;
      worker.terminate();
    },
  };
}
