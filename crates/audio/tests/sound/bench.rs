//! Tones, ears and mouths.

use std::f64::consts::TAU;
use std::fs;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use selkies_audio::{OpusCodecs, PulseSound, Server};
use selkies_media::sound::{AudioPacket, Channels, FrameDuration, RATE, SoundShape};
use selkies_media::{Bitrate, Clock};
use selkies_pipeline::sound::{SoundNotice, SoundPipeline, SoundSpec, SoundSubscription};
use selkies_testkit::PulseServer;
use tokio::runtime::Runtime;

/// Longer than anything here may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) const STEREO: SoundShape = SoundShape {
    channels: Channels::Stereo,
    frame: FrameDuration::Ms10,
};

/// `seconds` of sines of the given `tones`, one for each channel, at a third of full scale; a tone
/// of 0 is silence.
pub(crate) fn tone(tones: &[f64], seconds: f64) -> Vec<i16> {
    let length = (seconds * f64::from(RATE)) as usize;
    let mut samples = Vec::with_capacity(length * tones.len());
    for index in 0..length {
        for frequency in tones {
            let phase = index as f64 * frequency / f64::from(RATE);
            samples.push(((phase * TAU).sin() * 10_922.0) as i16);
        }
    }
    samples
}

/// How loud `frequency` is in `samples` of one channel: the amplitude of its sine (Goertzel), in the
/// median window, because a busy machine plays with gaps. Multiples of 20 Hz do not disturb each
/// other.
pub(crate) fn loudness(samples: &[i16], frequency: f64) -> f64 {
    const WINDOW: usize = RATE as usize / 20;
    let mut levels: Vec<f64> = samples
        .chunks_exact(WINDOW)
        .map(|window| {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (index, sample) in window.iter().enumerate() {
                let phase = TAU * frequency * index as f64 / f64::from(RATE);
                real += f64::from(*sample) * phase.cos();
                imaginary += f64::from(*sample) * phase.sin();
            }
            2.0 * real.hypot(imaginary) / WINDOW as f64
        })
        .collect();
    levels.sort_by(f64::total_cmp);
    levels.get(levels.len() / 2).copied().unwrap_or(0.0)
}

/// One channel of many.
pub(crate) fn channel(samples: &[i16], which: usize, of: usize) -> Vec<i16> {
    samples.iter().skip(which).step_by(of).copied().collect()
}

pub(crate) fn bytes(samples: &[i16]) -> Vec<u8> {
    samples
        .iter()
        .flat_map(|sample| sample.to_le_bytes())
        .collect()
}

/// A program that plays; it ends with this.
pub(crate) struct Player(Child);

impl Player {
    /// Plays sines to `sink`, one for each of its channels.
    pub(crate) fn start(server: &PulseServer, sink: &str, tones: &[f64], seconds: f64) -> Self {
        let name: Vec<_> = tones.iter().map(ToString::to_string).collect();
        let file = server.folder().join(format!("{}.raw", name.join("-")));
        fs::write(&file, bytes(&tone(tones, seconds))).expect("a file to play");
        let map = match tones.len() {
            6 => "front-left,front-center,front-right,rear-left,rear-right,lfe",
            2 => "front-left,front-right",
            _ => "mono",
        };
        let mut command = server.command("pacat");
        command
            .args([
                "--playback",
                "--raw",
                "--format=s16le",
                "--latency-msec=100",
            ])
            .arg(format!("--rate={RATE}"))
            .arg(format!("--channels={}", tones.len()))
            .arg(format!("--channel-map={map}"))
            .arg(format!("--device={sink}"))
            .arg(file);
        Self::spawn(command)
    }

    pub(crate) fn spawn(mut command: Command) -> Self {
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn sound(server: &PulseServer, device: &str) -> Arc<PulseSound> {
    Arc::new(PulseSound::new(Server::At(server.socket()), device).expect("a proper name"))
}

/// A pipeline and one who listens to it.
pub(crate) struct Ear {
    runtime: Runtime,
    pub(crate) pipeline: SoundPipeline,
    subscription: Option<SoundSubscription>,
    pub(crate) notices: Receiver<SoundNotice>,
}

impl Ear {
    pub(crate) fn new(sound: Arc<PulseSound>, shape: SoundShape) -> Self {
        let (sender, notices) = sync_channel(64);
        let spec = SoundSpec {
            shape,
            bitrate: Bitrate::from_kbps(64 * shape.channels.count() as u32),
        };
        // At the end of a test nobody listens any more.
        let tell = move |notice| drop(sender.send(notice));
        let clock = Clock::starting_at(Instant::now());
        let pipeline =
            SoundPipeline::start(spec, sound, Arc::new(OpusCodecs), clock, tell).expect("a thread");
        let subscription = Some(pipeline.subscribe());
        Self {
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build()
                .expect("a runtime"),
            pipeline,
            subscription,
            notices,
        }
    }

    /// The next packet; `None` after `patience` without one.
    pub(crate) fn packet(&mut self, patience: Duration) -> Option<Arc<AudioPacket>> {
        let subscription = self.subscription.as_mut()?;
        self.runtime.block_on(async {
            tokio::time::timeout(patience, subscription.next())
                .await
                .ok()
                .map(|packet| packet.expect("the pipeline runs"))
        })
    }

    /// The next packet in which something is heard.
    pub(crate) fn sounding(&mut self) -> Arc<AudioPacket> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let packet = self.packet(left).expect("something is heard");
            if !packet.silent {
                return packet;
            }
        }
    }

    /// The next `count` packets in which something is heard.
    pub(crate) fn packets(&mut self, count: usize) -> Vec<Arc<AudioPacket>> {
        (0..count).map(|_| self.sounding()).collect()
    }

    pub(crate) fn listen(&mut self) {
        self.subscription = Some(self.pipeline.subscribe());
    }

    pub(crate) fn leave(&mut self) {
        self.subscription = None;
    }

    pub(crate) fn notice(&self) -> SoundNotice {
        self.notices.recv_timeout(PATIENCE).expect("a notice")
    }
}

/// What a stereo player hears of `packets`.
pub(crate) fn decode(packets: &[Arc<AudioPacket>]) -> Vec<i16> {
    let mut decoder = opus::Decoder::new(RATE, opus::Channels::Stereo).expect("a decoder");
    let mut samples = Vec::new();
    let mut room = vec![0; 2 * 5760];
    for packet in packets {
        let length = decoder
            .decode(&packet.data, &mut room, false)
            .expect("an Opus packet");
        samples.extend_from_slice(&room[..length * 2]);
    }
    samples
}

/// Waits until `holds` says so.
pub(crate) fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
