import { pictures } from '../clipboard/pictures.ts';
import { websocket } from '../transport/websocket.ts';
import { jpegDecode } from '../video/pipelines.ts';
import { makeSink } from '../video/sink.ts';
import { Core } from './core.ts';
import type { FromWorker, ToWorker } from './messages.ts';

/** The part of a dedicated worker's global scope that is used here; the page's types are loaded instead. */
interface WorkerSelf {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  requestAnimationFrame?(callback: (began: number) => void): number;
  ImageDecoder?: typeof ImageDecoder;
  AudioDecoder?: typeof AudioDecoder;
  AudioEncoder?: typeof AudioEncoder;
}

const worker = self as unknown as WorkerSelf;
const core = new Core({
  now: () => performance.now(),
  origin: performance.timeOrigin,
  nextFrame: (then) => {
    if (worker.requestAnimationFrame) worker.requestAnimationFrame(then);
    else then(performance.now());
  },
  post: (message) => worker.postMessage(message),
  connect: (url, events) => websocket(url, events),
  sink: makeSink,
  pictures,
  jpeg: jpegDecode({ ImageDecoder: worker.ImageDecoder, createImageBitmap }),
  audio: { Decoder: worker.AudioDecoder, Encoder: worker.AudioEncoder },
});
worker.onmessage = ({ data }) => core.handle(data);
