// PNG as browsers write it (8 bits, RGB or RGBA, not interlaced), W3C PNG specification.

import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** A picture of RGBA bytes. */
export function decode(png) {
  if (!png.subarray(0, 8).equals(SIGNATURE)) throw new Error('not a PNG');
  let header;
  const parts = [];
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    const data = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR')
      header = { width: data.readUInt32BE(0), height: data.readUInt32BE(4), depth: data[8], colour: data[9], lace: data[12] };
    if (type === 'IDAT') parts.push(data);
    at += length + 12;
  }
  const { width, height, depth, colour, lace } = header;
  if (depth !== 8 || (colour !== 2 && colour !== 6) || lace !== 0) throw new Error('a kind of PNG that is not read here');
  return { width, height, data: unfilter(inflateSync(Buffer.concat(parts)), width, height, colour === 6 ? 4 : 3) };
}

function unfilter(raw, width, height, bytes) {
  const stride = width * bytes;
  const data = Buffer.alloc(width * height * 4, 255);
  let above = Buffer.alloc(stride);
  for (let y = 0; y < height; y += 1) {
    const kind = raw[y * (stride + 1)];
    const row = Buffer.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let i = 0; i < stride; i += 1) {
      const left = i >= bytes ? row[i - bytes] : 0;
      const up = above[i];
      if (kind === 1) row[i] += left;
      else if (kind === 2) row[i] += up;
      else if (kind === 3) row[i] += (left + up) >> 1;
      else if (kind === 4) row[i] += paeth(left, up, i >= bytes ? above[i - bytes] : 0);
    }
    for (let x = 0; x < width; x += 1)
      for (let c = 0; c < bytes; c += 1) data[(y * width + x) * 4 + c] = row[x * bytes + c];
    above = row;
  }
  return data;
}

function paeth(a, b, c) {
  const pa = Math.abs(b - c);
  const pb = Math.abs(a - c);
  const pc = Math.abs(a + b - 2 * c);
  if (pa <= pb && pa <= pc) return a;
  return pb <= pc ? b : c;
}

/** Writes RGBA bytes, alpha left out. */
export function encode({ width, height, data }) {
  const raw = Buffer.alloc(height * (width * 3 + 1));
  for (let y = 0, to = 0; y < height; y += 1) {
    raw[to++] = 0;
    for (let x = 0; x < width; x += 1) {
      const from = (y * width + x) * 4;
      raw[to++] = data[from];
      raw[to++] = data[from + 1];
      raw[to++] = data[from + 2];
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', deflateSync(raw)), chunk('IEND', Buffer.alloc(0))]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(data.length, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), body.length + 4);
  return out;
}
