//! Who hears, and who speaks.

use super::bench::{Bench, HELLO, NOTHING};
use crate::ViewerId;

const READS_REDUNDANCY: &str = r#"SETTINGS,{"displayId":"primary","audioRedundancy":true}"#;

/// Its owner, who is number 1, has said what its page says.
fn hall(set: &[(&str, &str)]) -> (Bench, ViewerId) {
    let mut bench = Bench::set(set);
    let owner = bench.owner();
    (bench, owner)
}

#[test]
fn a_controller_hears_when_it_asks_and_until_it_asks_not_to() {
    let (mut bench, owner) = hall(&[]);
    let started = ["1 listens, 0", "1< AUDIO_STARTED"];
    assert_eq!(bench.say(owner, "START_AUDIO"), started);
    assert_eq!(bench.say(owner, "START_AUDIO"), ["1< AUDIO_STARTED"]);
    let stopped = ["1 listens no more", "1< AUDIO_STOPPED"];
    assert_eq!(bench.say(owner, "STOP_AUDIO"), stopped);
    assert_eq!(bench.say(owner, "STOP_AUDIO"), ["1< AUDIO_STOPPED"]);
    assert_eq!(bench.say(owner, "START_AUDIO"), started);
}

#[test]
fn it_may_ask_before_it_has_said_who_it_is() {
    let mut bench = Bench::new();
    let page = bench.controller();
    let started = ["1 listens, 0", "1< AUDIO_STARTED"];
    assert_eq!(bench.say(page, "START_AUDIO"), started);
}

#[test]
fn what_one_turns_off_everyone_else_goes_on_hearing() {
    let (mut bench, owner) = hall(&[]);
    bench.say(owner, "START_AUDIO");
    let other = bench.controller();
    bench.say(other, "START_AUDIO");
    let (observer, told) = bench.join(crate::Role::Observer { slot: None });
    assert_eq!(told.last().map(String::as_str), Some("3 listens, 0"));
    let stopped = ["2 listens no more", "2< AUDIO_STOPPED"];
    assert_eq!(bench.say(other, "STOP_AUDIO"), stopped);
    assert_eq!(bench.leave(observer), NOTHING);
    assert_eq!(bench.say(owner, "START_AUDIO"), ["1< AUDIO_STARTED"]);
}

#[test]
fn an_observer_of_the_existing_client_hears_from_the_beginning_and_has_no_say() {
    let (mut bench, _) = hall(&[]);
    let observer = bench.observer();
    assert_eq!(bench.say(observer, "STOP_AUDIO"), NOTHING);
    assert_eq!(bench.say(observer, "START_AUDIO"), NOTHING);
    assert_eq!(bench.counts(observer).refused, 2);
}

#[test]
fn an_observer_of_ours_turns_off_its_own_sound() {
    let (mut bench, _) = hall(&[]);
    let observer = bench.observer();
    bench.say(observer, r#"_selkies,{"each_ack":true}"#);
    let stopped = ["2 listens no more", "2< AUDIO_STOPPED"];
    assert_eq!(bench.say(observer, "STOP_AUDIO"), stopped);
    let started = ["2 listens, 0", "2< AUDIO_STARTED"];
    assert_eq!(bench.say(observer, "START_AUDIO"), started);
}

#[test]
fn without_sound_who_asks_is_told_and_nobody_hears_or_speaks() {
    let (mut bench, owner) = hall(&[("SELKIES_AUDIO_ENABLED", "false")]);
    assert_eq!(bench.say(owner, "START_AUDIO"), ["1< AUDIO_DISABLED"]);
    assert_eq!(bench.say(owner, "STOP_AUDIO"), NOTHING);
    let (_, told) = bench.join(crate::Role::Observer { slot: None });
    assert!(
        !told.iter().any(|word| word.contains("listens")),
        "{told:?}"
    );
    assert_eq!(bench.speak(owner), ["1< MICROPHONE_DISABLED"]);
}

#[test]
fn packets_are_repeated_while_every_page_can_read_it() {
    let (mut bench, owner) = hall(&[]);
    bench.say(owner, "START_AUDIO");
    assert_eq!(bench.say(owner, READS_REDUNDANCY), ["1 gets 2"]);
    // Absent: as it was.
    assert_eq!(bench.say(owner, HELLO), NOTHING);
    // A page that has said nothing yet counts as one that cannot, also if it hears nothing.
    let second = bench.controller();
    assert_eq!(bench.say(owner, "STOP_AUDIO").len(), 2);
    let started = ["1 listens, 0", "1< AUDIO_STARTED"];
    assert_eq!(bench.say(owner, "START_AUDIO"), started);
    assert_eq!(bench.leave(second), ["1 gets 2"]);
    let (observer, told) = bench.join(crate::Role::Observer { slot: None });
    assert_eq!(told[told.len() - 2..], ["3 listens, 0", "1 gets 0"]);
    let said = bench.say(observer, READS_REDUNDANCY);
    assert_eq!(said[said.len() - 2..], ["1 gets 2", "3 gets 2"]);
    let cannot = r#"SETTINGS,{"audioRedundancy":false}"#;
    assert_eq!(bench.say(owner, cannot), ["1 gets 0", "3 gets 0"]);
}

#[test]
fn the_operator_says_how_many_are_repeated() {
    for (set, wanted) in [
        (("SELKIES_AUDIO_REDUNDANCY", "false"), "1 listens, 0"),
        (("SELKIES_AUDIO_REDUNDANCY_DISTANCE", "0"), "1 listens, 0"),
        (("SELKIES_AUDIO_REDUNDANCY_DISTANCE", "4"), "1 listens, 4"),
    ] {
        let mut bench = Bench::set(&[set]);
        let page = bench.controller();
        bench.say(page, READS_REDUNDANCY);
        assert_eq!(bench.say(page, "START_AUDIO")[0], wanted, "{set:?}");
    }
}

#[test]
fn every_controller_chooses_the_bit_rate_and_an_impossible_one_changes_nothing() {
    let (mut bench, owner) = hall(&[]);
    let settings = |bits: &str| format!(r#"SETTINGS,{{"audio_bitrate":{bits}}}"#);
    assert_eq!(bench.say(owner, &settings("64000")), ["sound 64 kbit/s"]);
    assert_eq!(bench.say(owner, &settings("\"64000\"")), NOTHING);
    assert_eq!(bench.say(owner, "ab,128000"), ["sound 128 kbit/s"]);
    for impossible in ["5999", "510001", "\"loud\"", "true"] {
        assert_eq!(bench.say(owner, &settings(impossible)), NOTHING);
    }
    assert_eq!(bench.say(owner, "ab,1"), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 5);
    let observer = bench.observer();
    assert_eq!(bench.say(observer, "ab,64000"), NOTHING);
    let (mut bench, owner) = hall(&[("SELKIES_AUDIO_BITRATE", "96000")]);
    assert_eq!(bench.say(owner, "ab,64000"), NOTHING);
}

#[test]
fn a_sentence_ends_after_two_seconds_of_silence_and_the_microphone_stays() {
    let (mut bench, owner) = hall(&[]);
    assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
    bench.pass(1999);
    assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
    assert_eq!(bench.pass(1999), NOTHING);
    assert_eq!(bench.pass(1), ["1 falls silent"]);
    assert!(bench.is_asleep());
    assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
    assert_eq!(bench.leave(owner)[..1], ["1 falls silent"]);
}

#[test]
fn the_microphone_goes_with_the_last_who_has_spoken() {
    let (mut bench, owner) = hall(&[]);
    let other = bench.controller();
    bench.controller();
    bench.speak(owner);
    bench.speak(other);
    bench.pass(2000);
    assert!(!bench.leave(owner).contains(&"unplug".to_owned()));
    assert_eq!(bench.leave(other), ["unplug"]);
    assert_eq!(bench.pass(10_000).len(), 2, "the stream ends");
}

#[test]
fn who_is_sent_away_neither_hears_nor_speaks_any_more() {
    let (mut bench, owner) = hall(&[]);
    bench.say(owner, "START_AUDIO");
    bench.speak(owner);
    let second = bench.controller();
    let told = bench.say(second, HELLO);
    let place = |word: &str| told.iter().position(|told| told.starts_with(word));
    let silent = place("1 falls silent").expect("its sentence ends");
    let deaf = place("1 listens no more").expect("it hears nothing");
    let closed = place("1 closed").expect("it goes");
    assert!(silent < closed && deaf < closed, "{told:?}");
    assert_eq!(told.last().map(String::as_str), Some("unplug"));
}

#[test]
fn a_microphone_that_is_off_at_first_may_be_used_and_one_that_is_locked_may_not() {
    let (mut bench, owner) = hall(&[("SELKIES_MICROPHONE_ENABLED", "false")]);
    assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
    let (mut bench, owner) = hall(&[("SELKIES_MICROPHONE_ENABLED", "true")]);
    assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
    let (mut bench, owner) = hall(&[("SELKIES_MICROPHONE_ENABLED", "false|locked")]);
    assert_eq!(bench.speak(owner), ["1< MICROPHONE_DISABLED"]);
    for _ in 0..50 {
        assert_eq!(bench.speak(owner), NOTHING);
    }
    assert_eq!(bench.counts(owner).refused, 51);
}

#[test]
fn an_observer_may_not_speak() {
    let (mut bench, _) = hall(&[]);
    let observer = bench.observer();
    bench.say(observer, "js,h,0");
    assert_eq!(bench.speak(observer), ["2< MICROPHONE_DISABLED"]);
    assert_eq!(bench.speak(observer), NOTHING);
}

#[test]
fn a_flood_of_packets_is_cut_to_a_hundred_in_a_second() {
    let (mut bench, owner) = hall(&[]);
    let mut heard = 0;
    for _ in 0..1000 {
        for _ in 0..10 {
            heard += bench.speak(owner).len();
        }
        bench.pass(10);
    }
    assert!((1040..=1060).contains(&heard), "{heard} in ten seconds");
    assert_eq!(bench.counts(owner).hurried, 10_000 - heard as u64);
    bench.pass(2000);
    for _ in 0..50 {
        assert_eq!(bench.speak(owner), ["1 speaks 3 bytes"]);
        bench.pass(20);
    }
}
