// Socket, decoder and canvas: what a client needs at least, and as early as it can.
let socket;

onmessage = ({ data: { canvas, url, send } }) => {
  if (send) socket?.send(send);
  else start(canvas, url);
};

function start(canvas, url) {
  const context = canvas.getContext('2d', { alpha: false });
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
        output(frame) {
          context.drawImage(frame, 0, 0);
          frame.close();
        },
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
