// A server for looking at the page: the built client, a drawn desktop in H.264 or JPEG, and every trouble on request.
// `npm run mock` prints its address. `POST /mock/<trouble>` with one of: drop, stop, taken, kill, lost, restarted, still,
// move, copy, picture, mark, too_large, sound, silence, mute, deaf.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { WebSocketServer } from 'ws';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const here = fileURLToPath(new URL('.', import.meta.url));
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; worker-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws: wss:; manifest-src 'self'; base-uri 'none'; form-action 'none'";
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.json': 'application/json',
};

const toggle = (value, locked = false) => ({ value, locked, overridden: false });
const range = (min, max, initial) => ({ value: [min, max], min, max, default: initial, overridden: false });

/** Starts the server; `close` ends it and its browser. */
export async function startMock({
  port = 0,
  encoder = 'h264enc',
  fps = 30,
  settings = {},
  fallback,
  isolated = false,
} = {}) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox'],
  });
  const painter = await browser.newPage();
  const log = [];
  const control = { moving: true, refuse: false, unauthorised: false, slow: 0, sounds: false };
  const sockets = new Set();
  const listeners = new Set();
  /** Packets of the microphone. */
  const spoken = [];

  const http = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://mock');
    if (pathname.startsWith('/mock/')) return trouble(pathname.slice(6), response);
    if (pathname === '/api/status') {
      response.setHeader('content-type', 'application/json');
      return response.end('{"current_mode":"websockets","available_modes":["websockets"],"enable_dual_mode":false}');
    }
    if (control.unauthorised) return response.writeHead(401).end();
    const root = pathname.startsWith('/test/') ? here : dist;
    const name = normalize(pathname.replace(/^\/test/, '')).replace(/\/$/, '/index.html');
    const path = join(root, name);
    if (!path.startsWith(root) || !existsSync(path)) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream');
    if (root === dist) response.setHeader('content-security-policy', CSP);
    if (isolated) {
      response.setHeader('cross-origin-opener-policy', 'same-origin');
      response.setHeader('cross-origin-embedder-policy', 'require-corp');
    }
    return response.end(readFileSync(path));
  });

  const say = (content, before, message) => {
    for (const socket of sockets) {
      socket.send(before);
      socket.send(message(Buffer.from(content).toString('base64')));
    }
  };
  const picture = async () => {
    const png = await painter.evaluate(() => globalThis.png(1440, 900));
    say(Buffer.from(png, 'base64'), '_clip,1', (base64) => `clipboard_binary,image/png,${base64}`);
  };

  const trouble = (what, response) => {
    for (const socket of sockets) {
      if (what === 'drop') socket.terminate();
      if (what === 'stop') socket.close(4000, 'server shutting down');
      if (what === 'taken') socket.send('KILL a new primary client connected connection killed');
      if (what === 'kill') socket.send('KILL The server is full.');
      if (what === 'lost' || what === 'restarted') socket.send(`_selkies,{"event":"desktop","state":"${what}"}`);
    }
    if (what === 'copy') say(CODE, '_clip,1', (base64) => `clipboard,${base64}`);
    if (what === 'mark') say('harbour-plan.pdf', '_clip,1,primary', (base64) => `clipboard,${base64}`);
    if (what === 'picture') void picture();
    if (what === 'too_large')
      for (const socket of sockets) socket.send('_selkies,{"event":"clipboard","refused":"too_large"}');
    if (what === 'sound') control.sounds = true;
    if (what === 'silence') control.sounds = false;
    if (what === 'mute') for (const socket of sockets) socket.send('AUDIO_DISABLED');
    if (what === 'deaf') for (const socket of sockets) socket.send('MICROPHONE_DISABLED');
    if (what === 'refuse') control.refuse = true;
    if (what === 'accept') control.refuse = false;
    if (what === 'slow') control.slow = 30;
    if (what === 'quick') control.slow = 0;
    if (what === 'still') control.moving = false;
    if (what === 'move') control.moving = true;
    response.end(JSON.stringify(log.splice(0)));
  };

  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false });
  http.on('upgrade', (request, socket, head) => {
    if (control.refuse) return socket.destroy();
    server.handleUpgrade(request, socket, head, (link) => serve(link, new URL(request.url, 'http://mock')));
    return undefined;
  });

  const serve = (link, url) => {
    sockets.add(link);
    log.push(`open ${url.pathname}${url.search}`);
    const state = { width: 1280, height: 720, encoder, stopped: false, keyframe: true, id: 0, quality: 60, inputs: [] };
    const json = (value) => link.send(JSON.stringify(value));
    const announce = () => json({ type: 'server_settings', settings: { ...table(state.encoder), ...settings } });
    link.send('MODE websockets');
    link.send('DISPLAY_CONFIG_UPDATE,{"type":"display_config_update","displays":["primary"]}');
    announce();
    const info = { event: 'stream', encoder: state.encoder === 'jpeg' ? 'JPEG' : 'x264 (software)' };
    link.send(`_selkies,${JSON.stringify(fallback ? { ...info, fallback } : info)}`);
    const reset = () => {
      link.send('PIPELINE_RESETTING primary');
      json({ type: 'stream_resolution', width: state.width, height: state.height, displayId: 'primary' });
      state.id = 0;
      state.keyframe = true;
    };
    link.on('message', (data, binary) => {
      const text = binary ? `binary ${data.length}` : data.toString();
      if (!/^(CLIENT_FRAME_ACK|_ping|_input)/.test(text)) log.push(text);
      if (text.startsWith('_ping,')) link.send(`_pong,${text.slice(6)},${micros()}`);
      if (text.startsWith('_input,')) state.inputs.push([Number(text.slice(7)), micros(), micros() + 300]);
      if (log.length > 4000) log.splice(0, 2000);
      const size = /^r,(\d+)x(\d+),/.exec(text);
      if (size && (Number(size[1]) !== state.width || Number(size[2]) !== state.height)) {
        state.width = Number(size[1]);
        state.height = Number(size[2]);
        reset();
      }
      if (text.startsWith('SETTINGS,')) {
        const chosen = JSON.parse(text.slice(9));
        if (chosen.initialClientWidth && state.id === 0) {
          state.width = chosen.initialClientWidth;
          state.height = chosen.initialClientHeight;
        }
        if (chosen.jpeg_quality) state.quality = chosen.jpeg_quality;
        if (chosen.encoder && chosen.encoder !== state.encoder) {
          state.encoder = chosen.encoder;
          reset();
          announce();
        }
      }
      if (binary && data[0] === 2) spoken.push(data.subarray(1).toString('base64'));
      if (text === 'START_AUDIO') listeners.add(link);
      if (text === 'STOP_AUDIO') listeners.delete(link);
      if (text === 'REQUEST_KEYFRAME') state.keyframe = true;
      if (text === 'STOP_VIDEO') state.stopped = true;
      if (text === 'START_VIDEO') {
        state.stopped = false;
        reset();
      }
    });
    let frame = 0;
    let busy = false;
    const timer = setInterval(async () => {
      const due = control.moving || state.keyframe;
      if (busy || state.stopped || !due || link.readyState !== link.OPEN) return;
      busy = true;
      frame += 1;
      const { width, height } = state;
      const key = state.keyframe;
      state.keyframe = false;
      try {
        const chunks =
          state.encoder === 'jpeg'
            ? (await painter.evaluate((a) => globalThis.jpegBands(...a), [width, height, frame, state.quality])).map(
                ({ y, data }) => jpeg(state.id, y, data),
              )
            : (await painter.evaluate((a) => globalThis.h264Unit(...a), [width, height, frame, key])).map((unit) =>
                h264(state.id, width, height, unit),
              );
        if (width === state.width && height === state.height) {
          // What a server on its own machine would say; a slow network is one that took the picture long ago.
          const sent = micros() - control.slow * 1000;
          for (const chunk of chunks) link.send(chunk);
          const steps = [6000, 5200, 5000, 1200, 900, 0].map((before) => sent - before);
          const injected = steps[0] - 3000;
          const answers = state.inputs.splice(0).flatMap(([id, received]) => {
            const early = Math.min(received, injected - 300);
            return [id, early, early + 300];
          });
          link.send(`_trace,${[state.id, ...steps, ...answers].join(',')}`);
        }
        state.id = (state.id + 1) & 0xffff;
      } catch (error) {
        log.push(String(error));
      }
      busy = false;
    }, 1000 / fps);
    link.on('close', () => {
      clearInterval(timer);
      sockets.delete(link);
      listeners.delete(link);
      log.push('closed');
    });
  };

  await new Promise((done) => http.listen(port, '127.0.0.1', done));
  const { port: bound } = http.address();
  const address = `http://127.0.0.1:${bound}/`;
  await painter.goto(`${address}test/scene.html`);
  await painter.addScriptTag({ url: '/test/scene.mjs', type: 'module' });
  await painter.waitForFunction(() => 'jpegBands' in globalThis);
  // A tone of 440 Hz, a packet every 10 ms, as far behind as a timer may be.
  const tone = (await painter.evaluate(() => globalThis.tone(440, 3000))).map((packet) =>
    Buffer.from(packet, 'base64'),
  );
  let played = 0;
  const began = performance.now();
  const speaker = setInterval(() => {
    for (const due = (performance.now() - began) / 10; played < due; played += 1) {
      const packet = Buffer.concat([Buffer.from([1, 0]), tone[played % tone.length]]);
      if (control.sounds) for (const link of listeners) link.send(packet);
    }
  }, 5);
  return {
    address,
    log,
    spoken,
    control,
    async trouble(what) {
      const response = await fetch(`${address}mock/${what}`, { method: 'POST' });
      return response.json();
    },
    async close() {
      clearInterval(speaker);
      for (const socket of sockets) socket.terminate();
      http.close();
      await browser.close();
    },
  };
}

const CODE = `pub fn level(harbour: &Harbour, minute: u16) -> Level {
    let phase = harbour.phase(minute);
    let swing = harbour.range / 2.0;
    Level::metres(harbour.mean + swing * phase.cos())
}
`;

function micros() {
  return Math.round((performance.now() + 1e6) * 1000);
}

function table(encoder) {
  return {
    ui_title: { value: 'Selkies', overridden: false },
    encoder: { value: encoder, overridden: false, allowed: ['h264enc', 'jpeg'] },
    framerate: range(8, 120, 60),
    rate_control_mode: { value: 'crf', overridden: false, allowed: ['crf', 'cbr'] },
    video_crf: range(5, 50, 25),
    video_bitrate: range(100, 1_000_000, 8000),
    jpeg_quality: range(1, 100, 60),
    video_fullcolor: toggle(false),
    is_manual_resolution_mode: toggle(false),
    enable_resize: toggle(true, true),
    clipboard_enabled: { value: true },
    clipboard_in_enabled: { value: true },
    clipboard_out_enabled: { value: true },
    enable_binary_clipboard: toggle(true),
    audio_enabled: toggle(true),
    audio_channels: { value: 2, overridden: false },
    audio_bitrate: { value: '128000', overridden: false, allowed: ['64000', '128000', '320000'] },
    microphone_enabled: toggle(false),
    ws_max_message_bytes: { value: 8 << 20 },
  };
}

function jpeg(id, y, data) {
  const body = Buffer.from(data, 'base64');
  const head = Buffer.from([3, 0, id >> 8, id & 255, y >> 8, y & 255]);
  return Buffer.concat([head, body]);
}

function h264(id, width, height, { key, data }) {
  const head = Buffer.from([
    4,
    key ? 1 : 0,
    id >> 8,
    id & 255,
    0,
    0,
    width >> 8,
    width & 255,
    height >> 8,
    height & 255,
  ]);
  return Buffer.concat([head, Buffer.from(data, 'base64')]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ port: Number(process.env.PORT ?? 8090), encoder: process.env.ENCODER ?? 'h264enc' });
  process.stdout.write(`${mock.address}\n`);
}
