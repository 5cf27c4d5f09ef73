// Sound on both sides: programs that play and record on the desktop, ears and a voice in the page.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { environment } from './processes.mjs';
import { until } from './wait.mjs';

const RATE = 48_000;

/** The programs of PulseAudio that a test needs, if one is missing. */
export const MISSING = ['pacat', 'parec'].find((name) => !existsSync(`/usr/bin/${name}`));

/** How a program of the desktop of `server` reaches its sound server. */
async function surroundings(server) {
  const { PULSE_SERVER } = await until('a program on the desktop tells the sound server', () =>
    server
      .family()
      .filter(({ pid }) => pid !== server.pid)
      .map(({ pid }) => environment(pid))
      .find((variables) => variables.PULSE_SERVER),
  );
  return { PATH: process.env.PATH, HOME: server.home, PULSE_SERVER };
}

/** Plays a tone on the desktop until the result is called. */
export function playTone(stage, server, hertz, level = 0.5) {
  return playTones(stage, server, { 'front-left': hertz, 'front-right': hertz }, level);
}

/** Plays a tone, of a whole number of hertz, through each of some speakers. */
export async function playTones(stage, server, speakers, level = 0.5) {
  const tones = Object.values(speakers);
  const env = await surroundings(server);
  const second = Buffer.alloc(RATE * 2 * tones.length);
  for (let frame = 0; frame < RATE; frame += 1)
    for (const [channel, hertz] of tones.entries()) {
      const value = Math.round(32767 * level * Math.sin((2 * Math.PI * hertz * frame) / RATE));
      second.writeInt16LE(value, (frame * tones.length + channel) * 2);
    }
  const args = ['--playback', '--raw', '--format=s16le', `--rate=${RATE}`, '--latency-msec=40'];
  args.push(`--channels=${tones.length}`, `--channel-map=${Object.keys(speakers).join(',')}`);
  const player = spawn('/usr/bin/pacat', args, { env, stdio: ['pipe', 'ignore', 'ignore'] });
  player.stdin.on('error', () => {});
  const feed = () => {
    while (!player.stdin.destroyed && player.stdin.writableLength < second.length * 2) player.stdin.write(second);
  };
  feed();
  const timer = setInterval(feed, 200);
  const end = () => {
    clearInterval(timer);
    player.kill('SIGKILL');
  };
  stage.atEnd(end);
  return end;
}

/** Records what programs of the desktop get from the microphone. */
export async function recordTone(stage, server) {
  const env = await surroundings(server);
  const args = ['--raw', '--format=s16le', `--rate=${RATE}`, '--channels=1', '--latency-msec=20'];
  const recorder = spawn('/usr/bin/parec', args, { env, stdio: ['ignore', 'pipe', 'ignore'] });
  stage.atEnd(() => recorder.kill('SIGKILL'));
  let heard = Buffer.alloc(0);
  recorder.stdout.on('data', (data) => {
    heard = Buffer.concat([heard, data]).subarray(-RATE * 2);
  });
  return {
    /** The part of the last half second's energy that lies in a tone, and how loud all of it is. */
    hears(hertz) {
      const count = Math.min(RATE / 2, heard.length >> 1);
      const from = (heard.length >> 1) - count;
      const samples = Array.from({ length: count }, (_, at) => heard.readInt16LE((from + at) * 2) / 32768);
      return { frames: count, ...share(samples, hertz) };
    },
  };
}

function share(samples, hertz) {
  let [c, s, all] = [0, 0, 0];
  for (const [at, value] of samples.entries()) {
    const angle = (2 * Math.PI * hertz * at) / RATE;
    c += value * Math.cos(angle);
    s += value * Math.sin(angle);
    all += value * value;
  }
  const tone = (2 * (c * c + s * s)) / Math.max(1, samples.length);
  return { part: all > 0 ? tone / all : 0, level: Math.sqrt(all / Math.max(1, samples.length)) };
}

/** Puts ears into every page of a profile: what it plays is looked at as well. */
export function addEars(profile) {
  return profile.addInitScript(() => {
    const connect = AudioNode.prototype.connect;
    AudioNode.prototype.connect = function (to, ...rest) {
      if (to instanceof AudioDestinationNode && this instanceof GainNode) {
        const ear = new AnalyserNode(this.context, { fftSize: 32_768, smoothingTimeConstant: 0 });
        connect.call(this, ear);
        globalThis.ear = ear;
        const channels = new ChannelSplitterNode(this.context, { numberOfOutputs: 8 });
        connect.call(this, channels);
        globalThis.ears = Array.from({ length: 8 }, (_, channel) => {
          const one = new AnalyserNode(this.context, { fftSize: 16_384, smoothingTimeConstant: 0 });
          connect.call(channels, one, channel);
          return one;
        });
      }
      return connect.call(this, to, ...rest);
    };
  });
}

/** What the page plays: the strongest tone, the largest value, the largest step, and what its context does. */
export function hears(page) {
  return page.evaluate(() => {
    const { ear } = globalThis;
    if (!ear || ear.context.state === 'closed') return { state: 'none', hertz: 0, peak: 0, step: 0 };
    const bins = new Float32Array(ear.frequencyBinCount);
    ear.getFloatFrequencyData(bins);
    const best = bins.reduce((most, value, at) => (value > bins[most] ? at : most), 0);
    const wave = new Float32Array(ear.fftSize);
    ear.getFloatTimeDomainData(wave);
    const step = wave.reduce((most, value, at) => Math.max(most, Math.abs(value - (wave[at - 1] ?? value))), 0);
    const peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    return { state: ear.context.state, hertz: (best * ear.context.sampleRate) / ear.fftSize, peak, step };
  });
}

/** The strongest tone of each channel, before the browser mixes them for the speakers there are; 0 where it is quiet. */
export function hearsChannels(page) {
  return page.evaluate(() =>
    (globalThis.ears ?? []).map((ear) => {
      const bins = new Float32Array(ear.frequencyBinCount);
      ear.getFloatFrequencyData(bins);
      const best = bins.reduce((most, value, at) => (value > bins[most] ? at : most), 0);
      return bins[best] > -60 ? (best * ear.context.sampleRate) / ear.fftSize : 0;
    }),
  );
}

/** Gives every page of a profile a voice of one tone in place of a microphone. */
export function addVoice(profile, hertz) {
  return profile.addInitScript((tone) => {
    navigator.mediaDevices.getUserMedia = async () => {
      const context = new AudioContext();
      const voice = new OscillatorNode(context, { frequency: tone });
      const out = new MediaStreamAudioDestinationNode(context);
      voice.connect(new GainNode(context, { gain: 0.5 })).connect(out);
      voice.start();
      globalThis.recorded = out.stream;
      return out.stream;
    };
  }, hertz);
}
