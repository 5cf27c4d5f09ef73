// Runs inside the mock server's own Chromium: draws a desktop and encodes it.

/** @param {OffscreenCanvasRenderingContext2D} g */
export function drawDesktop(g, width, height, frame) {
  const sky = g.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, '#24485a');
  sky.addColorStop(0.55, '#6f8d92');
  sky.addColorStop(0.7, '#e3bf98');
  sky.addColorStop(1, '#2d5d6e');
  g.fillStyle = sky;
  g.fillRect(0, 0, width, height);
  hills(g, width, height);
  g.fillStyle = '#142a35';
  g.fillRect(0, 0, width, 28);
  text(g, 'Applications', 14, 19, '600 13px sans-serif', '#eef3f4');
  const clock = `17:42:${String(Math.floor(frame / 30) % 60).padStart(2, '0')}`;
  text(g, clock, width - 80, 19, '600 13px sans-serif', '#eef3f4');
  editor(g, Math.max(16, width * 0.12), 70, Math.min(620, width - 32), Math.min(430, height - 150));
  terminal(g, Math.max(30, width * 0.5), height * 0.52, Math.min(460, width - 60), Math.min(260, height * 0.36), frame);
}

function hills(g, width, height) {
  g.fillStyle = '#234b57';
  g.beginPath();
  g.moveTo(0, height * 0.72);
  for (let x = 0; x <= width; x += 8) g.lineTo(x, height * (0.72 + 0.07 * Math.sin(x / 210) + 0.03 * Math.sin(x / 77)));
  g.lineTo(width, height);
  g.lineTo(0, height);
  g.fill();
}

function frameOf(g, x, y, w, h, title, bar, body) {
  g.fillStyle = body;
  g.beginPath();
  g.roundRect(x, y, w, h, 8);
  g.fill();
  g.fillStyle = bar;
  g.beginPath();
  g.roundRect(x, y, w, 32, [8, 8, 0, 0]);
  g.fill();
  g.textAlign = 'center';
  text(g, title, x + w / 2, y + 21, '600 13px sans-serif', '#cfd8dc');
  g.textAlign = 'left';
}

const CODE = [
  'use crate::tide::{Harbour, Level};',
  '',
  '/// Where the water stands at `minute` of the day.',
  'pub fn level(harbour: &Harbour, minute: u16) -> Level {',
  '    let phase = harbour.phase(minute);',
  '    let swing = harbour.range / 2.0;',
  '    Level::metres(harbour.mean + swing * phase.cos())',
  '}',
];

function editor(g, x, y, w, h) {
  frameOf(g, x, y, w, h, 'tide.rs', '#263038', '#1b2229');
  g.save();
  g.beginPath();
  g.rect(x, y, w, h);
  g.clip();
  for (const [i, line] of CODE.entries()) {
    text(g, String(i + 1), x + 14, y + 62 + i * 24, '13px monospace', '#5c6b75');
    text(g, line, x + 44, y + 62 + i * 24, '14px monospace', line.startsWith('///') ? '#7d8f99' : '#d5e0e5');
  }
  g.restore();
}

function terminal(g, x, y, w, h, frame) {
  frameOf(g, x, y, w, h, 'Terminal', '#263038', '#10161a');
  const lines = [
    'ada@bay:~/tide$ cargo test',
    '   Compiling tide v0.3.1',
    `test tide_${frame % 97} ... ok`,
    '3 passed, 0 failed',
  ];
  for (const [i, line] of lines.entries()) text(g, line, x + 16, y + 60 + i * 24, '14px monospace', '#dce5e8');
  g.fillStyle = frame % 30 < 15 ? '#dce5e8' : '#10161a';
  g.fillRect(x + 16, y + 60 + 4 * 24 - 12, 8, 16);
}

function text(g, value, x, y, font, colour) {
  g.font = font;
  g.fillStyle = colour;
  g.fillText(value, x, y);
}

const canvas = new OffscreenCanvas(16, 16);
const g = canvas.getContext('2d');
let encoder;
let output = [];

const base64 = (bytes) => {
  let binary = '';
  for (let at = 0; at < bytes.length; at += 8192) binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(binary);
};

/** One whole JPEG, cut into bands of 128 rows. */
globalThis.jpegBands = async (width, height, frame, quality) => {
  canvas.width = width;
  canvas.height = height;
  drawDesktop(g, width, height, frame);
  const bands = [];
  for (let y = 0; y < height; y += 128) {
    const band = new OffscreenCanvas(width, Math.min(128, height - y));
    band.getContext('2d').drawImage(canvas, 0, -y);
    const blob = await band.convertToBlob({ type: 'image/jpeg', quality: quality / 100 });
    bands.push({ y, data: base64(new Uint8Array(await blob.arrayBuffer())) });
  }
  return bands;
};

/** The desktop as a picture that was copied. */
globalThis.png = async (width, height) => {
  const shot = new OffscreenCanvas(width, height);
  drawDesktop(shot.getContext('2d'), width, height, 0);
  const blob = await shot.convertToBlob({ type: 'image/png' });
  return base64(new Uint8Array(await blob.arrayBuffer()));
};

/** One access unit of H.264 in Annex B, if this Chromium has an encoder. */
globalThis.h264Unit = async (width, height, frame, keyframe) => {
  if (!encoder || encoder.selkies !== `${width}x${height}`) {
    encoder?.close();
    encoder = new VideoEncoder({
      output: (chunk) => {
        const data = new Uint8Array(chunk.byteLength);
        chunk.copyTo(data);
        output.push({ key: chunk.type === 'key', data: base64(data) });
      },
      error: () => {},
    });
    encoder.configure({
      codec: 'avc1.42E033',
      width,
      height,
      latencyMode: 'realtime',
      bitrate: 4_000_000,
      avc: { format: 'annexb' },
    });
    encoder.selkies = `${width}x${height}`;
    keyframe = true;
  }
  canvas.width = width;
  canvas.height = height;
  drawDesktop(g, width, height, frame);
  const picture = new VideoFrame(canvas, { timestamp: frame * 33_333 });
  encoder.encode(picture, { keyFrame: keyframe });
  picture.close();
  await encoder.flush();
  const units = output;
  output = [];
  return units;
};

/** Opus packets of 10 ms with a tone in stereo. */
globalThis.tone = async (hertz, count) => {
  const packets = [];
  const voice = new AudioEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      packets.push(base64(data));
    },
    error: () => {},
  });
  const opus = { frameDuration: 10_000, application: 'lowdelay' };
  voice.configure({ codec: 'opus', sampleRate: 48_000, numberOfChannels: 2, bitrate: 128_000, opus });
  for (let piece = 0; piece < count; piece += 1) {
    const plane = Float32Array.from(
      { length: 480 },
      (_, at) => 0.5 * Math.sin((2 * Math.PI * hertz * (piece * 480 + at)) / 48_000),
    );
    const data = new Float32Array(960);
    data.set(plane);
    data.set(plane, 480);
    const format = 'f32-planar';
    const sound = {
      format,
      sampleRate: 48_000,
      numberOfFrames: 480,
      numberOfChannels: 2,
      timestamp: piece * 10_000,
      data,
    };
    voice.encode(new AudioData(sound));
  }
  await voice.flush();
  return packets;
};
