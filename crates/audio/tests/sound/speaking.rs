//! What viewers say is heard by programs.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use bytes::Bytes;
use selkies_audio::{OpusCodecs, PulseSound};
use selkies_media::sound::Voice;
use selkies_pipeline::sound::{Microphone, SoundNotice};
use selkies_testkit::PulseServer;

use crate::bench::{PATIENCE, Player, loudness, sound, tone, until};

/// What a page's microphone makes: 20 ms of one channel at 24 kHz.
struct Mouth {
    encoder: opus::Encoder,
    samples: Vec<i16>,
    said: usize,
}

const FRAME: usize = 480;

impl Mouth {
    fn new(frequency: f64) -> Self {
        let mut encoder = opus::Encoder::new(24_000, opus::Channels::Mono, opus::Application::Voip)
            .expect("an encoder");
        encoder
            .set_bitrate(opus::Bitrate::Bits(32_000))
            .expect("a rate");
        Self {
            encoder,
            // Half the samples in the same time is twice the frequency.
            samples: tone(&[frequency * 2.0], 10.0),
            said: 0,
        }
    }

    fn packet(&mut self) -> Bytes {
        let start = self.said % (self.samples.len() - FRAME);
        self.said += FRAME;
        let frame = &self.samples[start..start + FRAME];
        self.encoder
            .encode_vec(frame, 1500)
            .expect("a packet")
            .into()
    }
}

/// A program that records from a microphone.
struct Recorder {
    file: PathBuf,
    _program: Player,
}

impl Recorder {
    fn start(server: &PulseServer, device: &str) -> Self {
        let file = server.folder().join("said");
        let out = File::create(&file).expect("a file");
        let mut command = server.command("parec");
        command
            .args(["--raw", "--format=s16le", "--rate=48000", "--channels=1"])
            .args(["--latency-msec=20", "-d", device])
            .stdout(Stdio::from(out));
        Self {
            file,
            _program: Player::spawn(command),
        }
    }

    fn heard(&self) -> Vec<i16> {
        let bytes = fs::read(&self.file).unwrap_or_default();
        bytes
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect()
    }

    /// How loud `frequency` was in the last half second.
    fn hears(&self, frequency: f64) -> f64 {
        let heard = self.heard();
        let last = heard.len().saturating_sub(24_000);
        loudness(&heard[last..], frequency)
    }
}

fn microphone(sound: Arc<PulseSound>) -> (Microphone, Receiver<SoundNotice>) {
    let (sender, notices) = sync_channel(64);
    let tell = move |notice| sender.send(notice).expect("the test listens");
    let microphone = Microphone::start(sound, Arc::new(OpusCodecs), tell).expect("a thread");
    (microphone, notices)
}

/// Each mouth says a packet every 20 ms until `enough` says so.
fn speak(microphone: &Microphone, mouths: &mut [(Voice, Mouth)], mut enough: impl FnMut() -> bool) {
    let begun = Instant::now();
    let mut due = begun;
    while !enough() {
        assert!(begun.elapsed() < PATIENCE, "it is not heard");
        for (voice, mouth) in &mut *mouths {
            microphone.push(*voice, mouth.packet());
        }
        due += Duration::from_millis(20);
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

#[test]
fn what_is_said_is_heard_and_everything_is_as_before_afterwards() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let loaded = server.pactl(&["load-module", "module-null-sink", "sink_name=room"]);
    assert!(!loaded.is_empty());
    server.pactl(&["set-default-source", "room.monitor"]);
    let state = || {
        let modules = server.pactl(&["list", "short", "modules"]);
        (modules, server.pactl(&["get-default-source"]))
    };
    let before = state();

    let (microphone, _notices) = microphone(sound(&server, "output.monitor"));
    until("it is the default", || {
        server.pactl(&["get-default-source"]) == "SelkiesVirtualMic"
    });
    let recorder = Recorder::start(&server, "SelkiesVirtualMic");
    let mut mouths = [
        (Voice(1), Mouth::new(440.0)),
        (Voice(2), Mouth::new(1000.0)),
    ];
    speak(&microphone, &mut mouths, || {
        recorder.hears(440.0) > 8_000.0 && recorder.hears(1000.0) > 8_000.0
    });
    // The second leaves, the first goes on.
    microphone.leave(Voice(2));
    speak(&microphone, &mut mouths[..1], || {
        recorder.hears(440.0) > 8_000.0 && recorder.hears(1000.0) < 200.0
    });
    microphone.stop().join();
    assert_eq!(state(), before);
}

#[test]
fn what_is_not_sound_harms_nobody_and_a_flood_is_not_heard_late() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let (microphone, notices) = microphone(sound(&server, "output.monitor"));
    until("it is there", || {
        server.pactl(&["get-default-source"]) == "SelkiesVirtualMic"
    });
    let recorder = Recorder::start(&server, "SelkiesVirtualMic");
    for length in [0, 1, 2, 3, 100, 9000] {
        microphone.push(Voice(1), Bytes::from(vec![0xFF; length]));
        microphone.push(Voice(1), Bytes::from(vec![0x00; length]));
    }
    // Two seconds at once: most of it would be heard late.
    let mut mouth = Mouth::new(440.0);
    for _ in 0..100 {
        microphone.push(Voice(1), mouth.packet());
    }
    until("most is dropped", || microphone.dropped() > 80);
    let mut mouths = [(Voice(1), mouth)];
    speak(&microphone, &mut mouths, || recorder.hears(440.0) > 8_000.0);
    assert!(notices.try_recv().is_err(), "nothing was lost");
}

#[test]
fn a_microphone_comes_back_with_its_server() {
    let Some(mut server) = PulseServer::prepare() else {
        return;
    };
    let (microphone, notices) = microphone(sound(&server, "output.monitor"));
    let notice = || notices.recv_timeout(PATIENCE).expect("a notice");
    assert!(matches!(notice(), SoundNotice::Lost(_)));
    for _ in 0..2 {
        server.restart();
        assert_eq!(notice(), SoundNotice::Back);
        let recorder = Recorder::start(&server, "SelkiesVirtualMic");
        let mut mouths = [(Voice(1), Mouth::new(440.0))];
        speak(&microphone, &mut mouths, || recorder.hears(440.0) > 8_000.0);
        server.kill();
        // Nobody speaks, and it is noticed nevertheless.
        assert!(matches!(notice(), SoundNotice::Lost(_)));
    }
}

#[test]
fn a_microphone_that_is_taken_away_is_made_again() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let (_microphone, notices) = microphone(sound(&server, "output.monitor"));
    let is_there = || {
        server
            .pactl(&["list", "short", "sources"])
            .contains("SelkiesVirtualMic")
    };
    until("it is there", is_there);
    server.pactl(&["unload-module", "module-null-sink"]);
    let notice = notices.recv_timeout(PATIENCE).expect("a notice");
    assert!(matches!(notice, SoundNotice::Lost(_)));
    until("it is there again", is_there);
}

#[test]
fn a_microphone_that_was_there_is_used_and_stays() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    for module in [
        &["module-null-sink", "sink_name=room"][..],
        &["module-null-sink", "sink_name=input"],
        &[
            "module-virtual-source",
            "source_name=SelkiesVirtualMic",
            "master=input.monitor",
        ],
    ] {
        server.pactl(&[&["load-module"], module].concat());
    }
    server.pactl(&["set-default-source", "room.monitor"]);
    let modules = server.pactl(&["list", "short", "modules"]);
    let (microphone, _notices) = microphone(sound(&server, "output.monitor"));
    until("it is the default", || {
        server.pactl(&["get-default-source"]) == "SelkiesVirtualMic"
    });
    assert_eq!(server.pactl(&["list", "short", "modules"]), modules);
    microphone.stop().join();
    assert_eq!(server.pactl(&["get-default-source"]), "room.monitor");
    assert_eq!(server.pactl(&["list", "short", "modules"]), modules);
}

#[test]
fn two_desktops_have_a_microphone_each() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let (_one, _notices) = microphone(sound(&server, "output.monitor"));
    let (other, _other_notices) = microphone(sound(&server, "second.monitor"));
    let sources = || server.pactl(&["list", "short", "sources"]);
    until("there are two", || {
        sources().contains("SelkiesVirtualMic-second") && sources().contains("SelkiesVirtualMic\t")
    });
    other.stop().join();
    assert!(!sources().contains("SelkiesVirtualMic-second"));
    assert!(sources().contains("SelkiesVirtualMic\t"));
}
