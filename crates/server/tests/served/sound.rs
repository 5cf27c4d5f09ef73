//! Sound in both directions, as pages of the existing client have it.

use std::time::Duration;

use futures_util::SinkExt;
use selkies_proto::sound::decode_sound;
use tokio_tungstenite::tungstenite::Message;

use crate::band::{Band, TUNE};
use crate::log::Log;
use crate::page::{Kind, Page};
use crate::serving::{Served, until};

/// One message of sound: by how much each repeated packet is earlier, with its number; the time,
/// the number.
#[derive(Debug, PartialEq)]
struct Heard {
    earlier: Vec<(u32, u32)>,
    pts: Option<u32>,
    number: u32,
}

fn heard(bytes: &[u8]) -> Heard {
    let sound = decode_sound(bytes).expect("it is sound");
    let number = |packet: &[u8]| {
        let number = packet.strip_prefix(&TUNE).expect("it is the tune");
        u32::from_be_bytes(number.try_into().expect("a number"))
    };
    let earlier = sound.earlier.iter();
    Heard {
        earlier: earlier
            .map(|one| (one.offset, number(one.packet)))
            .collect(),
        pts: sound.pts,
        number: number(sound.packet),
    }
}

/// The first of the messages after `since` that is as wanted.
async fn hears(page: &Page, since: usize, what: &str, wanted: impl Fn(&Heard) -> bool) -> Heard {
    page.until(what, |seen| {
        let all = seen.sound.get(since..).unwrap_or_default();
        all.iter().map(|bytes| heard(bytes)).find(&wanted)
    })
    .await
}

async fn hears_anything(page: &Page) -> Heard {
    let since = page.seen().sound.len();
    hears(page, since, "sound", |_| true).await
}

/// The band plays on for a while.
async fn a_few_bars(band: &Band) {
    let then = band.packets() + 20;
    until("the band plays", || (band.packets() >= then).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_hears_while_it_wants_to_and_packets_are_repeated() {
    let (served, band) = Served::sounding(&[]).await;
    let page = served.page(Kind::Owner).await;
    page.hears(0, "AUDIO_STARTED").await;
    let message = hears(&page, 0, "repeated packets", |it| it.earlier.len() == 2).await;
    let Heard {
        earlier, number, ..
    } = &message;
    assert_eq!(*earlier, [(960, number - 2), (480, number - 1)]);
    let next = hears(&page, 0, "the next", |it| it.number == number + 1).await;
    assert_eq!(next.pts, message.pts.map(|pts| pts.wrapping_add(480)));

    page.say("STOP_AUDIO").await;
    let mark = page.hears(0, "AUDIO_STOPPED").await;
    let count = page.seen().sound.len();
    until("nobody listens", || (band.listeners() == 0).then_some(())).await;
    page.settled().await;
    assert_eq!(page.seen().sound.len(), count, "nothing follows");

    page.say("START_AUDIO").await;
    page.hears(mark, "AUDIO_STARTED").await;
    hears_anything(&page).await;
    page.picture(0).await;
    page.leave().await;
    until("nobody listens", || (band.listeners() == 0).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_hears_unasked_and_what_the_owner_stops_is_its_own() {
    let (served, band) = Served::sounding(&[]).await;
    let owner = served.page(Kind::Owner).await;
    hears(&owner, 0, "repeated packets", |it| it.earlier.len() == 2).await;
    let viewer = served.page(Kind::Shared).await;
    // It says nothing of what it can read: everyone gets plain messages.
    hears_anything(&viewer).await;
    owner.settled().await;
    let since = [&owner, &viewer].map(|page| page.seen().sound.len());
    a_few_bars(&band).await;
    for (page, since) in [&owner, &viewer].into_iter().zip(since) {
        let seen = page.seen();
        let mut messages = seen.sound[since..].iter();
        assert!(messages.all(|bytes| bytes[..2] == [1, 0]));
    }
    assert_eq!(band.listeners(), 1, "the desktop is heard once for all");

    owner.say("STOP_AUDIO").await;
    owner.hears(0, "AUDIO_STOPPED").await;
    let count = owner.seen().sound.len();
    hears_anything(&viewer).await;
    a_few_bars(&band).await;
    hears_anything(&viewer).await;
    assert_eq!(owner.seen().sound.len(), count);
    for text in ["STOP_AUDIO", "START_AUDIO"] {
        viewer.say(text).await;
    }
    let mark = viewer.settled().await;
    hears_anything(&viewer).await;
    let words: Vec<_> = viewer.seen().heard(0).map(str::to_owned).collect();
    assert!(
        !words.iter().any(|text| text.starts_with("AUDIO_")),
        "{words:?} {mark}"
    );

    owner.say("START_AUDIO").await;
    hears_anything(&owner).await;
    viewer.leave().await;
    let since = owner.seen().sound.len();
    hears(&owner, since, "repeated packets", |it| {
        it.earlier.len() == 2
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_what_is_repeated_and_pages_at_which_rate() {
    let flags = [
        ("audio_redundancy_distance", "4"),
        ("audio_frame_duration_ms", "5"),
        ("audio_bitrate", "96000,64000"),
    ];
    let (served, band) = Served::sounding(&flags).await;
    let page = served.page(Kind::Owner).await;
    let message = hears(&page, 0, "repeated packets", |it| it.earlier.len() == 4).await;
    let offsets: Vec<_> = message.earlier.iter().map(|(offset, _)| *offset).collect();
    assert_eq!(offsets, [960, 720, 480, 240]);
    assert_eq!(band.bitrate(), Some(96_000));
    page.say("SETTINGS,{\"audio_bitrate\":\"64000\"}").await;
    until("another rate", || {
        (band.bitrate() == Some(64_000)).then_some(())
    })
    .await;
    page.say("ab,96000").await;
    until("another rate", || {
        (band.bitrate() == Some(96_000)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sound_server_that_comes_back_is_heard_again_and_pages_are_told_nothing() {
    let (served, band) = Served::sounding(&[]).await;
    let page = served.page(Kind::Owner).await;
    hears_anything(&page).await;
    page.picture(0).await;
    let mark = page.settled().await;
    band.lose();
    until("it is silent", || (band.listeners() == 0).then_some(())).await;
    page.settled().await;
    band.restore();
    hears_anything(&page).await;
    let words: Vec<_> = page.seen().heard(mark).map(str::to_owned).collect();
    assert_eq!(words, ["_gz,1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_hear_the_owners_microphone_until_it_goes() {
    let (served, band) = Served::sounding(&[]).await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    assert_eq!(band.microphones(), 0);
    for _ in 0..4 {
        page.say_bytes(&[2, 0xd8, 0xff, 0xfe]).await;
    }
    let said = until("speech", || {
        Some(band.said()).filter(|said| said.len() == 4)
    })
    .await;
    assert!(said.iter().all(|(_, bytes)| *bytes == [0xd8, 0xff, 0xfe]));
    assert_eq!(band.microphones(), 1);
    until("silence ends it", || {
        (band.ended() == [said[0].0]).then_some(())
    })
    .await;
    assert_eq!(band.microphones(), 1, "it may speak again");
    // What no packet can be is none.
    page.say_bytes(&[&[2][..], &[7; 8000]].concat()).await;
    page.say_bytes(&[2]).await;
    page.settled().await;
    page.leave().await;
    until("it is gone", || (band.microphones() == 0).then_some(())).await;
    assert_eq!(band.said().len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_microphone_is_refused_to_viewers_and_where_it_is_locked() {
    let (served, band) = Served::sounding(&[("microphone_enabled", "false|locked")]).await;
    let (open, other) = Served::sounding(&[]).await;
    for (served, kind) in [(&served, Kind::Owner), (&open, Kind::Shared)] {
        let page = served.page(kind).await;
        page.picture(0).await;
        for _ in 0..5 {
            page.say_bytes(&[2, 0xd8, 0xff, 0xfe]).await;
        }
        page.hears(0, "MICROPHONE_DISABLED").await;
        page.settled().await;
        let refusals = page
            .seen()
            .heard(0)
            .filter(|it| *it == "MICROPHONE_DISABLED")
            .count();
        assert_eq!(refusals, 1);
        page.leave().await;
    }
    assert_eq!((band.said(), other.said()), (vec![], vec![]));
    assert_eq!((band.microphones(), other.microphones()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_reads_nothing_holds_up_neither_sound_nor_pictures_of_the_others() {
    let (served, band) = Served::sounding(&[]).await;
    let mut deaf = served
        .connect("/api/websockets", &[])
        .await
        .expect("it is let in");
    let start = Message::text("START_AUDIO");
    deaf.send(start).await.expect("it listens");
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for _ in 0..10 {
        let mark = page.mark();
        a_few_bars(&band).await;
        hears_anything(&page).await;
        served.card.advance();
        page.picture(mark).await;
    }
    drop(deaf);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_spoken_is_in_no_log() {
    const CANARY: &str = "canary-of-the-microphone";
    let log = Log::start();
    let (served, band) = Served::sounding(&[]).await;
    let page = served.page(Kind::Owner).await;
    page.say_bytes(&[&[2], CANARY.as_bytes()].concat()).await;
    until("speech", || (!band.said().is_empty()).then_some(())).await;
    assert_eq!(band.said()[0].1, CANARY.as_bytes());
    page.leave().await;
    until("it is gone", || (band.microphones() == 0).then_some(())).await;
    served.stop().await;
    assert!(!log.text().contains(CANARY));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_the_server_gives_the_sound_server_back() {
    let (served, band) = Served::sounding(&[]).await;
    let page = served.page(Kind::Owner).await;
    hears_anything(&page).await;
    page.say_bytes(&[2, 1]).await;
    until("speech", || (!band.said().is_empty()).then_some(())).await;
    tokio::time::timeout(Duration::from_secs(20), served.stop())
        .await
        .expect("it stops");
    assert_eq!((band.listeners(), band.microphones()), (0, 0));
}
