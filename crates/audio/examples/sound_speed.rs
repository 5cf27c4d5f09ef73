//! Measures what the sound costs and how late it is, with a private PulseAudio: `cargo run --release
//! -p selkies-audio --example sound_speed`. The tables in `docs/sound.md` are its output.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::f64::consts::TAU;
use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    ChannelMap, ChannelVolume, PlaybackStreamParams, SampleFormat, SampleSpec,
};
use pulseaudio::{AsPlaybackSource, Client};
use selkies_audio::{OpusCodecs, PulseSound, Server};
use selkies_media::sound::{AudioCodecs, Channels, FrameDuration, RATE, SoundShape};
use selkies_media::{Bitrate, Clock};
use selkies_pipeline::sound::{SoundPipeline, SoundSpec, SoundSubscription};
use selkies_testkit::PulseServer;
use tokio::runtime::Runtime;
use tokio::time::timeout;

fn main() {
    encoding();
    let Some(server) = PulseServer::start() else {
        return;
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    println!("\nplayed → packet, stereo, player with 10 ms of buffer, 40 clicks\n");
    println!("| frame | p50 | p95 |\n|---|---|---|");
    for (name, frame) in [
        ("2.5 ms", FrameDuration::Ms2_5),
        ("5 ms", FrameDuration::Ms5),
        ("10 ms", FrameDuration::Ms10),
        ("20 ms", FrameDuration::Ms20),
    ] {
        let (middle, late) = latency(&server, &runtime, frame);
        println!("| {name} | {middle:.1} ms | {late:.1} ms |");
    }
    cost(&server, &runtime);
}

/// How long libopus takes for a frame, whatever it is asked to try.
fn encoding() {
    println!("encoding 10 ms of stereo music-like sound, microseconds per frame\n");
    println!("| complexity | 64 kbit/s | 128 kbit/s | 320 kbit/s | error at 128 kbit/s |");
    println!("|---|---|---|---|---|");
    let sound = chords(10);
    for complexity in [0, 1, 2, 3, 5, 7, 9, 10] {
        let mut row = format!("| {complexity} |");
        let mut error = 0.0;
        for kbps in [64, 128, 320] {
            let (micros, noise) = encode(&sound, complexity, kbps);
            row += &format!(" {micros:.0} |");
            if kbps == 128 {
                error = noise;
            }
        }
        println!("{row} {error:.1} dB |");
    }
}

/// Harmonics with changing loudness and some noise.
fn chords(seconds: u32) -> Vec<i16> {
    let mut state: u32 = 7;
    let mut sound = Vec::new();
    for index in 0..seconds * RATE {
        let time = f64::from(index) / f64::from(RATE);
        let root = 110.0 * f64::from(1 + (time * 2.0) as u32 % 5);
        let decay = (-4.0 * (time * 2.0).fract()).exp();
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let noise = f64::from(state >> 16) / 65_536.0 - 0.5;
        for side in [1.0, 1.5] {
            let voices: f64 = (1..12)
                .map(|harmonic| {
                    let harmonic = f64::from(harmonic);
                    (TAU * root * side * harmonic * time).sin() / harmonic
                })
                .sum();
            sound.push((8000.0 * decay * voices + 1500.0 * decay * noise) as i16);
        }
    }
    sound
}

/// Microseconds per frame, and how far below the sound its error lies.
fn encode(sound: &[i16], complexity: i32, kbps: i32) -> (f64, f64) {
    let mut encoder = opus::Encoder::new(RATE, opus::Channels::Stereo, opus::Application::LowDelay)
        .expect("an encoder");
    encoder.set_complexity(complexity).expect("a complexity");
    let rate = opus::Bitrate::Bits(kbps * 1000);
    encoder.set_bitrate(rate).expect("a rate");
    let mut decoder = opus::Decoder::new(RATE, opus::Channels::Stereo).expect("a decoder");
    let (mut packet, mut room) = (vec![0; 4000], vec![0; 960]);
    let mut heard = Vec::new();
    let mut spent = 0;
    for frame in sound.chunks_exact(960) {
        let begun = ran();
        let length = encoder.encode(frame, &mut packet).expect("a packet");
        spent += ran() - begun;
        decoder
            .decode(&packet[..length], &mut room, false)
            .expect("samples");
        heard.extend_from_slice(&room);
    }
    // 2.5 ms of both channels: the codec's delay (RFC 6716, 2).
    let late = 240;
    let square = |value: f64| value * value;
    let (mut signal, mut noise) = (0.0, 0.0);
    for (sent, came) in sound.iter().zip(heard.get(late..).unwrap_or_default()) {
        signal += square(f64::from(*sent));
        noise += square(f64::from(*sent) - f64::from(*came));
    }
    let frames = sound.len() as f64 / 960.0;
    (spent as f64 / 1e3 / frames, 10.0 * (signal / noise).log10())
}

fn start(server: &PulseServer, frame: FrameDuration) -> (SoundPipeline, SoundSubscription) {
    let shape = SoundShape {
        channels: Channels::Stereo,
        frame,
    };
    let spec = SoundSpec {
        shape,
        bitrate: Bitrate::from_kbps(128),
    };
    let sound = PulseSound::new(Server::At(server.socket()), "output.monitor");
    let codecs: Arc<dyn AudioCodecs> = Arc::new(OpusCodecs);
    let clock = Clock::starting_at(Instant::now());
    let sound = Arc::new(sound.expect("a proper name"));
    let pipeline = SoundPipeline::start(spec, sound, codecs, clock, |_| ()).expect("a thread");
    let subscription = pipeline.subscribe();
    while !server.pactl(&["list", "short", "sinks"]).contains("output") {
        std::thread::sleep(Duration::from_millis(10));
    }
    (pipeline, subscription)
}

/// From handing a click to the sound server to the first packet it is in.
fn latency(server: &PulseServer, runtime: &Runtime, frame: FrameDuration) -> (f64, f64) {
    let (pipeline, mut subscription) = start(server, frame);
    let origin = Instant::now();
    // Microseconds at which the next click is due, and at which the last one was handed over.
    let due = Arc::new(AtomicU64::new(u64::MAX));
    let given = Arc::new(Mutex::new(None));
    let source = {
        let (due, given) = (due.clone(), given.clone());
        let mut left = 0;
        move |buffer: &mut [u8]| {
            let now = origin.elapsed().as_micros() as u64;
            if due.load(Ordering::Acquire) <= now {
                due.store(u64::MAX, Ordering::Release);
                *given.lock().expect("nobody panicked") = Some(Instant::now());
                left = 48 * 20 * 4;
            }
            for pair in buffer.chunks_exact_mut(2) {
                let value: i16 = if left > 0 { 12_000 } else { 0 };
                left = usize::saturating_sub(left, 2);
                pair.copy_from_slice(&value.to_le_bytes());
            }
            buffer.len()
        }
    };
    let socket = std::os::unix::net::UnixStream::connect(server.socket()).expect("it listens");
    let client = Client::new_unix(c"clicks", socket, Some(vec![0; 256])).expect("a client");
    let params = PlaybackStreamParams {
        sample_spec: SampleSpec {
            format: SampleFormat::S16Le,
            channels: 2,
            sample_rate: RATE,
        },
        channel_map: ChannelMap::stereo(),
        sink_name: Some(c"output".to_owned()),
        buffer_attr: BufferAttr {
            target_length: 1920,
            minimum_request_length: 480,
            ..BufferAttr::default()
        },
        cvolume: Some(ChannelVolume::norm(2)),
        flags: StreamFlags {
            adjust_latency: true,
            ..StreamFlags::default()
        },
        ..PlaybackStreamParams::default()
    };
    let mut times = runtime.block_on(async {
        let stream = client
            .create_playback_stream(params, source.as_playback_source())
            .await
            .expect("a stream");
        let mut times = Vec::new();
        while times.len() < 40 {
            // Long enough for the silence to stop, uneven against the frames.
            let pause = 400_000 + 1_700 * times.len() as u64;
            due.store(
                origin.elapsed().as_micros() as u64 + pause,
                Ordering::Release,
            );
            loop {
                let packet = subscription.next().await.expect("it runs");
                if !packet.silent {
                    break;
                }
            }
            let begun = given.lock().expect("nobody panicked").take();
            times.push(begun.expect("a click was played").elapsed().as_secs_f64() * 1e3);
            // The rest of the click and its silence.
            let rest = async { while subscription.next().await.is_some() {} };
            let _over = timeout(Duration::from_millis(350), rest).await;
        }
        stream.delete().await.expect("the server is there");
        times
    });
    pipeline.stop().join();
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], times[times.len() * 95 / 100])
}

/// Processor time of the thread of the sound.
fn cost(server: &PulseServer, runtime: &Runtime) {
    println!("\nprocessor time of the sound's thread, 10 ms frames, stereo\n");
    println!("| while | cores | wake-ups per second |\n|---|---|---|");
    let (pipeline, mut subscription) = start(server, FrameDuration::Ms10);
    // The sink falls asleep.
    spend(runtime, &mut subscription, Duration::from_secs(3));
    let mut row = |what: &str, player: Option<Child>| {
        spend(runtime, &mut subscription, Duration::from_secs(1));
        let before = usage();
        let span = Duration::from_secs(8);
        spend(runtime, &mut subscription, span);
        let after = usage();
        let cores = (after.0 - before.0) as f64 / 1e9 / span.as_secs_f64();
        let wakes = (after.1 - before.1) as f64 / span.as_secs_f64();
        println!("| {what} | {cores:.4} | {wakes:.0} |");
        if let Some(mut player) = player {
            player.kill().expect("it runs");
            player.wait().expect("it ends");
        }
    };
    row("listening, nothing plays", None);
    row(
        "listening, a program plays silence",
        Some(play(server, 0.0)),
    );
    row(
        "listening, a program plays a tone",
        Some(play(server, 9000.0)),
    );
    drop(subscription);
    let before = usage();
    std::thread::sleep(Duration::from_secs(5));
    let after = usage();
    let cores = (after.0 - before.0) as f64 / 1e9 / 5.0;
    println!(
        "| nobody listens | {cores:.4} | {:.0} |",
        (after.1 - before.1) as f64 / 5.0
    );
    pipeline.stop().join();
}

fn spend(runtime: &Runtime, subscription: &mut SoundSubscription, span: Duration) {
    runtime.block_on(async {
        let rest = async { while subscription.next().await.is_some() {} };
        let _over = timeout(span, rest).await;
    });
}

fn play(server: &PulseServer, level: f64) -> Child {
    let file = server.folder().join(format!("{level}.raw"));
    let sound: Vec<u8> = (0..20 * RATE)
        .flat_map(|index| {
            let value = (f64::from(index) * 440.0 * TAU / f64::from(RATE)).sin() * level;
            let bytes = (value as i16).to_le_bytes();
            [bytes[0], bytes[1], bytes[0], bytes[1]]
        })
        .collect();
    fs::write(&file, sound).expect("a file");
    let mut command: Command = server.command("pacat");
    command
        .args(["--playback", "--raw", "--format=s16le", "--rate=48000"])
        .args(["--channels=2", "--device=output"])
        .arg(file)
        .stdin(Stdio::null())
        .spawn()
        .expect("pacat plays")
}

/// Nanoseconds this thread ran.
fn ran() -> u64 {
    let text = fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    let first = text.split_whitespace().next();
    first.and_then(|word| word.parse().ok()).unwrap_or(0)
}

/// Nanoseconds the thread ran, and how often it was put on a processor.
fn usage() -> (u64, u64) {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux");
    let task = tasks
        .flatten()
        .map(|entry| entry.path())
        .find(|path| fs::read_to_string(path.join("comm")).is_ok_and(|name| name.trim() == "sound"))
        .expect("the thread of the sound runs");
    let text = fs::read_to_string(task.join("schedstat")).expect("Linux");
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse().unwrap_or(0));
    let (ran, _waited, times) = (numbers.next(), numbers.next(), numbers.next());
    (ran.unwrap_or(0), times.unwrap_or(0))
}
