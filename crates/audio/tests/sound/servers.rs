//! Servers come and go; what we made goes with us.

use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_audio::OpusCodecs;
use selkies_pipeline::sound::{Microphone, SoundNotice, SoundStopped};
use selkies_testkit::PulseServer;

use crate::bench::{Ear, Player, STEREO, channel, decode, loudness, sound, until};

/// How soon sound must be back.
const SOON: Duration = Duration::from_secs(5);

#[test]
fn a_server_that_comes_late_or_again_is_found() {
    let Some(mut server) = PulseServer::prepare() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    assert!(matches!(ear.notice(), SoundNotice::Lost(_)));
    for _ in 0..2 {
        server.restart();
        let begun = Instant::now();
        assert_eq!(ear.notice(), SoundNotice::Back);
        let _player = Player::start(&server, "output", &[440.0, 440.0], 5.0);
        ear.sounding();
        assert!(begun.elapsed() < SOON, "after {:?}", begun.elapsed());
        let samples = decode(&ear.packets(50));
        assert!(loudness(&channel(&samples, 0, 2), 440.0) > 5_000.0);
        server.kill();
        assert!(matches!(ear.notice(), SoundNotice::Lost(_)));
    }
    ear.pipeline.stop().join();
}

#[test]
fn a_sink_that_is_taken_away_is_made_again() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    let listeners = || server.pactl(&["list", "short", "source-outputs"]);
    until("somebody listens", || !listeners().is_empty());
    server.pactl(&["unload-module", "module-null-sink"]);
    assert!(matches!(ear.notice(), SoundNotice::Lost(_)));
    assert_eq!(ear.notice(), SoundNotice::Back);
    let _player = Player::start(&server, "output", &[440.0, 440.0], 5.0);
    ear.packets(10);
}

#[test]
fn programs_do_not_play_into_the_microphone_that_was_there_first() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let sound = sound(&server, "output.monitor");
    // As after a server's restart while somebody speaks.
    let microphone = Microphone::start(sound.clone(), Arc::new(OpusCodecs), |_| {});
    let microphone = microphone.expect("a thread");
    until("it is there", || {
        server.pactl(&["list", "short", "sinks"]).contains("input")
    });
    server.pactl(&["set-default-sink", "input"]);
    let ear = Ear::new(sound, STEREO);
    until("the desktop's is the default", || {
        server.pactl(&["get-default-sink"]) == "output"
    });
    ear.pipeline.stop().join();
    microphone.stop().join();
}

#[test]
fn a_suspended_sink_is_waited_for() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    let listeners = || server.pactl(&["list", "short", "source-outputs"]);
    until("somebody listens", || !listeners().is_empty());
    server.pactl(&["suspend-sink", "output", "1"]);
    let _player = Player::start(&server, "output", &[440.0, 440.0], 30.0);
    assert!(ear.packet(Duration::from_secs(1)).is_none(), "it is asleep");
    server.pactl(&["suspend-sink", "output", "0"]);
    ear.packets(10);
    assert!(ear.notices.try_recv().is_err(), "nothing was lost");
}

#[test]
fn what_was_made_is_taken_away_and_what_was_there_stays() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let state = || {
        let modules = server.pactl(&["list", "short", "modules"]);
        (modules, server.pactl(&["get-default-sink"]))
    };
    let before = server.pactl(&["load-module", "module-null-sink", "sink_name=speakers"]);
    assert!(!before.is_empty());
    server.pactl(&["set-default-sink", "speakers"]);
    let before = state();

    let ear = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("ours is the default", || {
        server.pactl(&["get-default-sink"]) == "output"
    });
    ear.pipeline.stop().join();
    until("all is as before", || state() == before);

    // A device that is there is used and left alone.
    let mut ear = Ear::new(sound(&server, "speakers.monitor"), STEREO);
    let _player = Player::start(&server, "speakers", &[440.0, 440.0], 5.0);
    ear.packets(10);
    ear.pipeline.stop().join();
    assert_eq!(state(), before);
}

#[test]
fn two_desktops_share_a_server_and_hear_only_their_own() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    let mut one = Ear::new(sound(&server, "output.monitor"), STEREO);
    until("there is one sink", || {
        server.pactl(&["get-default-sink"]) == "output"
    });
    let mut other = Ear::new(sound(&server, "second.monitor"), STEREO);
    until("there are two", || {
        server.pactl(&["list", "short", "sinks"]).contains("second")
    });
    assert_eq!(
        server.pactl(&["get-default-sink"]),
        "output",
        "what the first one made stays the default"
    );
    let _player = Player::start(&server, "output", &[440.0, 440.0], 5.0);
    let _other_player = Player::start(&server, "second", &[1000.0, 1000.0], 5.0);
    for (ear, is, is_not) in [(&mut one, 440.0, 1000.0), (&mut other, 1000.0, 440.0)] {
        ear.packets(10);
        let samples = channel(&decode(&ear.packets(50)), 0, 2);
        assert!(loudness(&samples, is) > 5_000.0);
        assert!(loudness(&samples, is_not) < 500.0);
    }
    one.pipeline.stop().join();
    until("the first took its sink along", || {
        !server.pactl(&["list", "short", "sinks"]).contains("output")
    });
    let _again = Player::start(&server, "second", &[1000.0, 1000.0], 5.0);
    other.packets(10);
}

#[test]
fn a_server_that_hangs_holds_up_nobody_who_ends() {
    let Some(server) = PulseServer::start() else {
        return;
    };
    server.freeze();
    let ears: Vec<Ear> = (0..4)
        .map(|_| Ear::new(sound(&server, "output.monitor"), STEREO))
        .collect();
    assert!(matches!(ears[0].notice(), SoundNotice::Lost(_)));
    let begun = Instant::now();
    let stopped: Vec<_> = ears.into_iter().map(|ear| ear.pipeline.stop()).collect();
    stopped.into_iter().for_each(SoundStopped::join);
    assert!(begun.elapsed() < SOON, "after {:?}", begun.elapsed());
}
