//! The picture: how it begins, goes on, changes, rests and comes back.

use std::time::{Duration, Instant};

use crate::page::{Entry, Kind, Page, WINDOW};
use crate::serving::Served;

const RESETTING: &str = "PIPELINE_RESETTING primary";

fn resolution(width: u32, height: u32) -> String {
    format!(
        r#"{{"type":"stream_resolution","width":{width},"height":{height},"displayId":"primary"}}"#
    )
}

/// Whether the page heard that everything begins anew.
fn was_reset(page: &Page, since: usize) -> bool {
    page.seen().heard(since).any(|text| text == RESETTING)
}

/// Shows the next card and returns what the page makes of it.
async fn next_card(served: &Served, page: &Page) -> crate::page::Shown {
    served.card.advance();
    page.shows(served.card.number()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn deltas_follow_the_keyframe_with_ids_one_after_the_other() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    assert!(page.picture(0).await.keyframe);
    for id in 1..=20 {
        let shown = next_card(&served, &page).await;
        assert_eq!((shown.id, shown.keyframe), (id, false));
    }
    let [w1, w0] = (WINDOW.0 as u16).to_be_bytes();
    let [h1, h0] = (WINDOW.1 as u16).to_be_bytes();
    let last = page.seen().shown().cloned().expect("a picture");
    assert_eq!(last.header, [4, 0, 0, 20, 0, 0, w1, w0, h1, h0]);
    page.until("the last acknowledgement", |seen| {
        (seen.acknowledged.last() == Some(&20)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moving_desktop_arrives_whole_and_in_order() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    served.card.set_moving(true);
    page.until("a hundred pictures", |seen| {
        (seen.pictures(0).count() >= 100).then_some(())
    })
    .await;
    let ids: Vec<u16> = page.seen().pictures(0).map(|shown| shown.id).collect();
    let consecutive: Vec<u16> = (0..).take(ids.len()).collect();
    assert_eq!(ids, consecutive);
    let seen = page.seen();
    assert!(seen.pictures(1).skip(1).all(|shown| !shown.keyframe));
    let numbers: Vec<u16> = seen.pictures(0).map(|shown| shown.number).collect();
    assert!(numbers.is_sorted());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_size_begins_anew_at_an_even_number_of_pixels() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    next_card(&served, &page).await;
    for ((width, height), size) in [
        ((401, 301), (400, 300)),
        ((640, 129), (640, 128)),
        ((300, 200), (300, 200)),
    ] {
        let mark = page.settled().await;
        page.resize_window(width, height).await;
        let reset = page.hears(mark, RESETTING).await;
        page.hears(reset, &resolution(size.0, size.1)).await;
        let shown = page
            .until("the new size", |seen| {
                seen.pictures(reset)
                    .find(|shown| shown.size == size)
                    .cloned()
            })
            .await;
        assert_eq!((shown.id, shown.keyframe), (0, true));
        let [w1, w0] = (size.0 as u16).to_be_bytes();
        let [h1, h0] = (size.1 as u16).to_be_bytes();
        assert_eq!(shown.header[6..], [w1, w0, h1, h0]);
        assert_eq!(next_card(&served, &page).await.id, 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_is_being_dragged_ends_at_its_last_size() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for width in 0..30 {
        page.resize_window(300 + width * 4, 200 + width * 2).await;
    }
    page.until("the last size", |seen| {
        seen.shown()
            .filter(|shown| shown.size == (416, 258))
            .map(drop)
    })
    .await;
    assert_eq!(next_card(&served, &page).await.size, (416, 258));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hidden_page_gets_nothing_and_a_picture_at_once_when_it_is_back() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for _ in 0..2 {
        let mark = page.settled().await;
        page.hide().await;
        let stopped = page.hears(mark, "VIDEO_STOPPED").await;
        assert!(was_reset(&page, mark), "a stop ends with a reset");
        served.card.advance();
        page.settled().await;
        assert_eq!(page.seen().pictures(stopped).count(), 0);
        page.show().await;
        page.hears(stopped, "VIDEO_STARTED").await;
        let shown = page.picture(stopped).await;
        assert_eq!(
            (shown.keyframe, shown.number),
            (true, served.card.number()),
            "the desktop rests: only a keyframe brings it back"
        );
        assert_eq!(
            page.seen()
                .entries(stopped)
                .find(|entry| is_discarded(entry)),
            None
        );
    }
}

fn is_discarded(entry: &Entry) -> bool {
    matches!(entry, Entry::Discarded(_))
}

#[tokio::test(flavor = "multi_thread")]
async fn starting_twice_is_answered_by_a_fresh_picture() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let mark = page.settled().await;
    page.show().await;
    let reset = page.hears(mark, RESETTING).await;
    assert!(page.picture(reset).await.keyframe);
    page.hears(reset, "VIDEO_STARTED").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_encoder_changes_for_everyone_and_is_announced_before_its_pictures() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    let viewer = served.page(Kind::Shared).await;
    page.picture(0).await;
    viewer.picture(0).await;
    for (name, first_byte) in [("jpeg", 3), ("h264enc", 4), ("jpeg", 3)] {
        let marks = [page.settled().await, viewer.settled().await];
        page.pick_encoder(name).await;
        for (page, mark) in [&page, &viewer].into_iter().zip(marks) {
            let reset = page.hears(mark, RESETTING).await;
            let announced = announcement(page, reset).await;
            assert_eq!(announced["displayId"], "primary");
            assert_eq!(announced["settings"]["encoder"]["value"], name);
            let shown = page.picture(reset).await;
            assert_eq!(
                (shown.header[0], shown.id, shown.number),
                (first_byte, 0, served.card.number())
            );
        }
        served.card.advance();
        let number = served.card.number();
        assert_eq!(page.shows(number).await.id, 1);
        assert_eq!(viewer.shows(number).await.id, 1);
    }
}

async fn announcement(page: &Page, since: usize) -> serde_json::Value {
    page.until("the announcement", |seen| {
        let text = seen
            .heard(since)
            .find(|text| text.starts_with(r#"{"type":"server_settings""#))?;
        Some(serde_json::from_str(text).expect("settings are JSON"))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_choice_of_an_earlier_visit_holds_from_the_first_picture() {
    let served = Served::open().await;
    let page = served.page(Kind::OwnerWith("jpeg")).await;
    let shown = page.picture(0).await;
    assert_eq!((shown.header[0], shown.size), (3, WINDOW));
}

#[tokio::test(flavor = "multi_thread")]
async fn quality_and_rate_change_while_the_stream_runs() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for (change, shows_at_rest) in [
        (r#"SETTINGS,{"video_crf":40,"displayId":"primary"}"#, true),
        (r#"SETTINGS,{"framerate":30,"displayId":"primary"}"#, false),
        (r#"SETTINGS,{"keyboardLayout":"de"}"#, false),
        (r#"SETTINGS,{"video_crf":40,"framerate":30}"#, false),
        (
            r#"SETTINGS,{"video_crf":9999,"framerate":"fast","encoder":"theora"}"#,
            false,
        ),
        (r#"SETTINGS,{"video_crf":1e400,"framerate":20}"#, false),
        ("_crf,20", true),
        ("_arg_fps,60", false),
    ] {
        let mark = page.settled().await;
        page.say(change).await;
        page.settled().await;
        if shows_at_rest {
            assert!(page.picture(mark).await.keyframe, "{change}");
        }
        let shown = next_card(&served, &page).await;
        assert!(!shown.keyframe && !was_reset(&page, mark), "{change}");
    }
    let ids: Vec<u16> = page.seen().pictures(0).map(|shown| shown.id).collect();
    let consecutive: Vec<u16> = (0..).take(ids.len()).collect();
    assert_eq!(ids, consecutive, "it is one stream");
}

#[tokio::test(flavor = "multi_thread")]
async fn constant_bit_rate_begins_anew_and_its_rate_does_not() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let mark = page.settled().await;
    page.say(r#"SETTINGS,{"rate_control_mode":"cbr"}"#).await;
    let reset = page.hears(mark, RESETTING).await;
    let announced = announcement(&page, reset).await;
    assert_eq!(announced["settings"]["rate_control_mode"]["value"], "cbr");
    assert_eq!(page.picture(reset).await.id, 0);
    let mark = page.settled().await;
    page.say(r#"SETTINGS,{"video_bitrate":2000}"#).await;
    page.settled().await;
    let shown = next_card(&served, &page).await;
    assert!(shown.id >= 1 && !shown.keyframe);
    assert!(!was_reset(&page, mark));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyframe_comes_when_it_is_asked_for_also_of_a_still_desktop() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    for id in 1..=3 {
        let mark = page.mark();
        page.say("REQUEST_KEYFRAME").await;
        let shown = page.picture(mark).await;
        assert_eq!((shown.id, shown.keyframe), (id, true));
    }
    let mark = page.mark();
    let began = Instant::now();
    for _ in 0..50 {
        page.say("REQUEST_KEYFRAME").await;
    }
    page.settled().await;
    next_card(&served, &page).await;
    let keyframes = page
        .seen()
        .pictures(mark)
        .filter(|shown| shown.keyframe)
        .count();
    let spaced = began.elapsed().as_millis() / 250 + 2;
    assert!(
        keyframes as u128 <= spaced,
        "{keyframes} keyframes for one burst"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn long_text_may_come_compressed() {
    use std::io::Write;
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let mark = page.settled().await;
    let text = format!(
        r#"SETTINGS,{{"encoder":"jpeg","useless":"{}"}}"#,
        "x".repeat(600)
    );
    let mut gzip = flate2::write::GzEncoder::new(vec![5], flate2::Compression::default());
    gzip.write_all(text.as_bytes()).expect("memory takes all");
    let frame = gzip.finish().expect("memory takes all");
    page.say_bytes(&frame).await;
    let announced = announcement(&page, mark).await;
    assert_eq!(announced["settings"]["encoder"]["value"], "jpeg");
    page.until("JPEG", |seen| {
        seen.shown().filter(|shown| shown.header[0] == 3).map(drop)
    })
    .await;
}

/// The pictures since `mark`, when no more come.
async fn until_nothing_comes(page: &Page, mark: usize) -> Vec<crate::page::Shown> {
    page.until("pictures, and then a second without any", |seen| {
        let is_video = |entry: &Entry| matches!(entry, Entry::Shown(_) | Entry::Discarded(_));
        let mut videos = seen
            .log
            .iter()
            .skip(mark)
            .filter(|(_, entry)| is_video(entry));
        let (last, _) = videos.next_back()?;
        (last.elapsed() >= Duration::from_secs(1)).then_some(())
    })
    .await;
    page.seen().pictures(mark).cloned().collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_still_desktop_becomes_sharp_for_everyone_and_then_nothing_is_sent() {
    let served = Served::with(&[("video_paintover_burst_frames", "3")]).await;
    let page = served.page(Kind::Owner).await;
    let shown = until_nothing_comes(&page, 0).await;
    let keyframes: Vec<bool> = shown.iter().map(|shown| shown.keyframe).collect();
    assert_eq!(keyframes, [true, false, false, false]);

    let late = served.page(Kind::Shared).await;
    let shown = until_nothing_comes(&late, 0).await;
    let keyframes: Vec<bool> = shown.iter().map(|shown| shown.keyframe).collect();
    assert_eq!(keyframes, [true, false, false, false]);

    let mark = page.mark();
    served.card.advance();
    let changed = until_nothing_comes(&page, mark).await;
    assert!(changed.iter().all(|shown| !shown.keyframe));
    assert!(
        changed
            .iter()
            .all(|shown| shown.number == served.card.number())
    );
}
