//! What programs play arrives in packets.

use std::time::Duration;

use selkies_audio::OpusCodecs;
use selkies_media::Bitrate;
use selkies_media::sound::{AudioCodecs, Channels, FrameDuration, SoundShape};
use selkies_testkit::PulseServer;

use crate::bench::{Ear, Player, STEREO, channel, decode, loudness, sound, until};

const LEVEL: f64 = 10_922.0;

#[test]
fn a_tone_arrives_with_its_pitch_its_level_and_its_side() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("there is a sink", || {
        server.pactl(&["list", "short", "sinks"]).contains("output")
    });
    let _player = Player::start(&server, "output", &[440.0, 1000.0], 5.0);
    // The first ones hold the beginning.
    ear.packets(20);
    let packets = ear.packets(100);
    for pair in packets.windows(2) {
        let [before, after] = pair else { continue };
        assert_eq!(
            after.pts.wrapping_sub(before.pts),
            480,
            "nothing is missing"
        );
        assert!(after.captured >= before.captured);
    }
    let samples = decode(&packets);
    // A decoder begins with nothing.
    let samples = &samples[2 * 4800..];
    let (left, right) = (channel(samples, 0, 2), channel(samples, 1, 2));
    for (side, is, is_not) in [(&left, 440.0, 1000.0), (&right, 1000.0, 440.0)] {
        let level = loudness(side, is);
        assert!((level / LEVEL - 1.0).abs() < 0.1, "{is} Hz at {level}");
        assert!(loudness(side, is_not) < LEVEL / 50.0, "{is_not} Hz");
    }
}

#[test]
fn silence_sends_nothing_and_the_first_sound_comes_with_what_was_before_it() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("somebody listens at the server", || {
        !server
            .pactl(&["list", "short", "source-outputs"])
            .is_empty()
    });
    assert!(ear.packet(Duration::from_millis(300)).is_none(), "silent");
    // A program that plays silence keeps the sink awake: zeros come, and still nothing is sent.
    let _silence = Player::start(&server, "output", &[0.0, 0.0], 10.0);
    until("it plays", || {
        server
            .pactl(&["list", "short", "sinks"])
            .contains("RUNNING")
    });
    assert!(ear.packet(Duration::from_secs(1)).is_none(), "zeros");

    let _player = Player::start(&server, "output", &[440.0, 440.0], 0.5);
    let first = ear.packet(Duration::from_secs(5)).expect("it is heard");
    assert!(first.silent, "the frame before the sound");
    let second = ear.packet(Duration::from_secs(5)).expect("it is heard");
    assert!(!second.silent);
    assert_eq!(second.pts.wrapping_sub(first.pts), 480);
    let mut tail = 0;
    let mut last = second.pts;
    while let Some(packet) = ear.packet(Duration::from_secs(1)) {
        tail = if packet.silent { tail + 1 } else { 0 };
        last = packet.pts;
    }
    assert_eq!(tail, 30, "300 ms of silence are sent");

    let _again = Player::start(&server, "output", &[440.0, 440.0], 0.5);
    let next = ear.packet(Duration::from_secs(5)).expect("it is heard");
    let pause = next.pts.wrapping_sub(last);
    assert_eq!(pause % 480, 0);
    assert!((48_000..480_000).contains(&pause), "a pause of {pause}");
}

#[test]
fn while_nobody_listens_nothing_is_open() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let listeners = || server.pactl(&["list", "short", "source-outputs"]);
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("somebody listens", || !listeners().is_empty());
    ear.leave();
    until("nobody listens", || listeners().is_empty());
    assert!(
        server.pactl(&["list", "short", "sinks"]).contains("output"),
        "programs still play to it"
    );
    ear.listen();
    until("somebody listens again", || !listeners().is_empty());
    let _player = Player::start(&server, "output", &[440.0, 440.0], 2.0);
    ear.packets(10);
}

#[test]
fn another_bitrate_takes_effect_while_it_plays() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("there is a sink", || {
        server.pactl(&["list", "short", "sinks"]).contains("output")
    });
    let _player = Player::start(&server, "output", &[440.0, 1000.0], 10.0);
    let mut rate_of = |kbps| {
        ear.pipeline.set_bitrate(Bitrate::from_kbps(kbps));
        ear.packets(30);
        let packets = ear.packets(50);
        let bytes: usize = packets.iter().map(|packet| packet.data.len()).sum();
        bytes * 8 * 100 / 50 / 1000
    };
    let (low, high) = (rate_of(32), rate_of(256));
    assert!(low < 64, "{low} kbit/s of 32");
    assert!(high > 2 * low, "{high} kbit/s of 256");
    let low_again = rate_of(32);
    assert!(low_again < 64, "{low_again} kbit/s of 32");
}

#[test]
fn six_channels_stay_where_they_are() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let shape = SoundShape {
        channels: Channels::Surround51,
        frame: FrameDuration::Ms20,
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), shape);
    until("there is a sink", || {
        server
            .pactl(&["list", "short", "sinks"])
            .contains("6ch 48000Hz")
    });
    // The last channel is for low frequencies only.
    let tones = [400.0, 700.0, 1100.0, 1500.0, 1900.0, 80.0];
    let _player = Player::start(&server, "output", &tones, 5.0);
    ear.packets(10);
    let packets = ear.packets(50);
    let mut decoder = opus::MSDecoder::new(48_000, 4, 2, &[0, 4, 1, 2, 3, 5]).expect("a decoder");
    let mut samples = Vec::new();
    let mut room = vec![0; 6 * 960];
    for packet in &packets {
        let length = decoder
            .decode(&packet.data, &mut room, false)
            .expect("a packet of several streams");
        samples.extend_from_slice(&room[..length * 6]);
    }
    let samples = &samples[6 * 9600..];
    for (which, tone) in tones.iter().enumerate() {
        let one = channel(samples, which, 6);
        let level = loudness(&one, *tone);
        assert!((level / LEVEL - 1.0).abs() < 0.2, "{tone} Hz at {level}");
        for other in tones.iter().filter(|other| *other != tone) {
            let leak = loudness(&one, *other);
            assert!(leak < LEVEL / 10.0, "{other} Hz in channel {which}: {leak}");
        }
    }
}

#[test]
fn every_length_of_a_packet_can_be_had_from_the_server() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    for frame in [
        FrameDuration::Ms2_5,
        FrameDuration::Ms5,
        FrameDuration::Ms20,
        FrameDuration::Ms40,
        FrameDuration::Ms60,
    ] {
        let shape = SoundShape {
            channels: Channels::Stereo,
            frame,
        };
        let mut ear = Ear::new(sound(&server, "output.monitor"), shape);
        until("there is a sink", || {
            server.pactl(&["list", "short", "sinks"]).contains("output")
        });
        let _player = Player::start(&server, "output", &[440.0, 440.0], 5.0);
        let packets = ear.packets(5);
        for packet in &packets {
            let samples =
                opus::packet::get_nb_samples(&packet.data, 48_000).expect("an Opus packet");
            assert_eq!(samples, frame.samples() as usize);
        }
        assert!(OpusCodecs.encoder(shape, Bitrate::from_kbps(64)).is_ok());
        ear.pipeline.stop().join();
    }
}
