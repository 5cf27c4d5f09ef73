// Socket, decoder and what shows the picture: what a client needs at least, and as early as it can.
let socket;
let first;
let again;

onmessage = ({ data }) => {
  if (data.send) socket?.send(data.send);
  else if (data.again) again?.();
  else start(data);
};

// The ways our own page has as well, each at its shortest.
const SINKS = {
  video(writable) {
    const writer = writable.getWriter();
    again = () => {
      if (first) writer.write(first);
      again = first = undefined;
    };
    return (frame) => {
      if (again) {
        first?.close();
        first = frame.clone();
      }
      // The track closes it.
      writer.write(frame);
    };
  },
  draw(canvas) {
    const context = canvas.getContext('2d', { alpha: false });
    return (frame) => {
      context.drawImage(frame, 0, 0);
      frame.close();
    };
  },
  copy(canvas) {
    const context = canvas.getContext('2d', { alpha: false });
    const { width, height } = canvas;
    const pixels = new Uint8ClampedArray(width * height * 4);
    return async (frame) => {
      await frame.copyTo(pixels, { format: 'RGBA' });
      frame.close();
      context.putImageData(new ImageData(pixels, width, height), 0, 0);
    };
  },
};

function start({ sink, on, url }) {
  const show = SINKS[sink](on);
  let decoder;
  let time = 0;
  socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => {
    if (typeof data === 'string') {
      postMessage('echo');
      return;
    }
    const bytes = new Uint8Array(data);
    const codec = codecOf(bytes);
    if (codec && !decoder) {
      decoder = new VideoDecoder({
        output: show,
        error(error) {
          throw error;
        },
      });
      decoder.configure({ codec, optimizeForLatency: true });
    }
    time += 16_667;
    decoder?.decode(new EncodedVideoChunk({ type: codec ? 'key' : 'delta', timestamp: time, data: bytes }));
  };
}

// From the sequence parameter set, which only a keyframe has (H.264, 7.3.1 and 7.3.2.1.1).
function codecOf(bytes) {
  for (let at = 0; at + 6 < Math.min(bytes.length, 256); at += 1) {
    const isStart = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 2] === 1;
    if (!isStart || (bytes[at + 3] & 31) !== 7) continue;
    const hex = [...bytes.subarray(at + 4, at + 7)].map((byte) => byte.toString(16).padStart(2, '0'));
    return `avc1.${hex.join('')}`;
  }
  return undefined;
}
