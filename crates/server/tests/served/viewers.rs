//! Several pages: who watches, who takes over, who is turned away, and how each hears of it.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio_tungstenite::tungstenite::Message;

use crate::page::{Entry, Kind};
use crate::serving::{DEADLINE, Served, until};

const RESETTING: &str = "PIPELINE_RESETTING primary";

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_page_joins_the_running_stream_with_a_keyframe() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    for kind in [Kind::Shared, Kind::Player(2), Kind::Player(4)] {
        served.card.advance();
        owner.shows(served.card.number()).await;
        let viewer = served.page(kind).await;
        let stopped = viewer.hears(0, "VIDEO_STOPPED").await;
        let reset = viewer.hears(stopped, RESETTING).await;
        let shown = viewer.picture(0).await;
        assert_eq!((shown.keyframe, shown.number), (true, served.card.number()));
        let pictures = viewer.seen().pictures(0).count();
        assert_eq!(
            viewer.seen().pictures(reset).count(),
            pictures,
            "none before"
        );
        served.card.advance();
        let (mine, theirs) = (
            viewer.shows(served.card.number()).await,
            owner.shows(served.card.number()).await,
        );
        assert_eq!(mine, theirs, "one stream for all");
        viewer.leave().await;
    }
    let resets = owner
        .seen()
        .heard(0)
        .filter(|text| *text == RESETTING)
        .count();
    assert_eq!(resets, 0, "nobody's coming disturbs the owner");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_viewer_comes_back_with_a_keyframe() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    let mark = viewer.mark();
    viewer.hide().await;
    let stopped = viewer.hears(mark, "VIDEO_STOPPED").await;
    served.card.advance();
    owner.shows(served.card.number()).await;
    viewer.settled().await;
    assert_eq!(viewer.seen().pictures(stopped).count(), 0);
    viewer.show().await;
    viewer.hears(stopped, RESETTING).await;
    let shown = viewer.picture(stopped).await;
    assert_eq!((shown.keyframe, shown.number), (true, served.card.number()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_of_a_desktop_that_rests_is_shown_signs_of_life() {
    let served = Served::open().await;
    let viewer = served.page(Kind::Shared).await;
    let owner = served.page(Kind::Owner).await;
    viewer.picture(0).await;
    owner.picture(0).await;
    let mark = viewer.settled().await;
    let times = viewer
        .until("signs of life", |seen| {
            let is_video = |entry: &Entry| matches!(entry, Entry::SignOfLife | Entry::Shown(_));
            let times = seen
                .log
                .iter()
                .filter(|(_, entry)| is_video(entry))
                .map(|(when, _)| *when);
            let signs = seen.entries(mark).filter(|entry| is_video(entry)).count();
            (signs >= 2).then(|| times.collect::<Vec<_>>())
        })
        .await;
    // The page's patience is 3 s. Not each of them: the machine may be busy.
    let shortest = times[times.len() - 3..]
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .min();
    assert!(shortest < Some(Duration::from_secs(3)), "{shortest:?}");
    assert_eq!(viewer.seen().pictures(mark).count(), 0, "and no keyframes");
    let is_sign = |entry: &&Entry| **entry == Entry::SignOfLife;
    assert_eq!(owner.seen().entries(0).filter(is_sign).count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_sees_the_desktop_without_an_owner() {
    let served = Served::open().await;
    let viewer = served.page(Kind::Shared).await;
    let shown = viewer.picture(0).await;
    assert!(shown.keyframe);
    served.card.advance();
    viewer.shows(served.card.number()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_owner_takes_the_desktop_and_the_old_one_is_told_for_good() {
    let served = Served::open().await;
    let old = served.page(Kind::Owner).await;
    old.picture(0).await;
    old.say("kd,65505").await;
    old.settled().await;
    let new = served.page(Kind::Owner).await;
    let (code, reason) = old.ends().await;
    assert_eq!((code, reason.as_str()), (1000, "Superseded by new client"));
    let last = old.seen().heard(0).last().map(str::to_owned);
    assert_eq!(
        last.as_deref(),
        Some("KILL a new primary client connected connection killed")
    );
    let shown = new.picture(0).await;
    assert!(shown.keyframe);
    served.card.advance();
    new.shows(served.card.number()).await;
    let mut events = Vec::new();
    until("what the old page held goes up", || {
        events.extend(served.card.take_events());
        (events.len() >= 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_reloads_has_its_picture_again() {
    let served = Served::open().await;
    for _ in 0..3 {
        let page = served.page(Kind::Owner).await;
        let shown = page.picture(0).await;
        assert_eq!((shown.keyframe, shown.number), (true, served.card.number()));
        page.leave().await;
    }
    until("nobody watches, nothing is captured", || {
        (served.card.sources() == 0).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_screen_is_declined_for_good() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let mut second = served
        .connect("/api/websockets", &[])
        .await
        .expect("let in");
    for line in [
        "_gz,1",
        r#"SETTINGS,{"initialClientWidth":1000,"initialClientHeight":700,"displayId":"display2","displayPosition":"left"}"#,
        "cr",
    ] {
        second.send(Message::text(line)).await.expect("it listens");
    }
    let mut last_text = String::new();
    let close = loop {
        let message = tokio::time::timeout(DEADLINE, second.next()).await;
        match message.expect("an end").expect("an end").expect("an end") {
            Message::Text(text) => last_text = text.to_string(),
            Message::Close(frame) => break frame.expect("a reason"),
            _ => {}
        }
    };
    assert!(last_text.starts_with("KILL "), "{last_text}");
    assert_eq!(u16::from(close.code), 1008);
    served.card.advance();
    owner.shows(served.card.number()).await;
    let texts: Vec<String> = owner.seen().heard(0).map(str::to_owned).collect();
    assert!(texts.iter().all(|text| !text.contains("display2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn ways_of_watching_that_are_switched_off_are_declined_for_good() {
    let served = Served::with(&[("enable_shared", "false"), ("enable_player3", "false")]).await;
    for (kind, welcome) in [
        (Kind::Shared, false),
        (Kind::Player(2), true),
        (Kind::Player(3), false),
    ] {
        let viewer = served.page(kind).await;
        if welcome {
            viewer.picture(0).await;
            continue;
        }
        assert_eq!(viewer.ends().await.0, 1008);
        let words: Vec<String> = viewer.seen().heard(0).map(str::to_owned).collect();
        assert!(
            matches!(&words[..], [kill] if kill.starts_with("KILL ")),
            "{words:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_sends_its_pages_away_to_come_back() {
    let served = Served::open().await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    served.stop().await;
    for page in [&viewer, &owner] {
        let end = page.ends().await;
        assert_eq!(end, (4000, "server shutting down".to_owned()));
        assert!(page.seen().heard(0).all(|text| !text.starts_with("KILL")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_closes_is_answered_as_the_protocol_asks() {
    let served = Served::open().await;
    let mut socket = served
        .connect("/api/websockets", &[])
        .await
        .expect("let in");
    socket.close(None).await.expect("it can be said");
    let mut answered = false;
    while let Some(message) = tokio::time::timeout(DEADLINE, socket.next())
        .await
        .expect("an end")
    {
        match message {
            Ok(message) => answered |= message.is_close(),
            Err(error) => panic!("it just broke off: {error}"),
        }
    }
    assert!(answered);
}
