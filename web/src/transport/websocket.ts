import type { Transport, TransportEvents } from './transport.ts';

/** The data socket of the wire. */
export function websocket(url: string, events: TransportEvents, Socket: typeof WebSocket = WebSocket): Transport {
  let opened = false;
  const socket = new Socket(url);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => {
    opened = true;
    events.opened();
  };
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (typeof data === 'string') events.text(data);
    else if (data instanceof ArrayBuffer) events.binary(new Uint8Array(data));
  };
  socket.onclose = ({ code, reason }) => events.closed({ code, reason, opened });
  return {
    send(message) {
      if (socket.readyState === Socket.OPEN) socket.send(message);
    },
    get buffered() {
      return socket.bufferedAmount;
    },
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
}
