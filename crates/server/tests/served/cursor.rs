//! What the pointer looks like, as the page hears of it; and the pointer in the picture.

use std::io::Cursor;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use selkies_desktop::CursorImage;
use selkies_media::{Point, Size};
use serde_json::Value;

use crate::page::{Entry, Kind, Page};
use crate::serving::{Served, until};

const HIDDEN: &str = r#"cursor,{"curdata":"","width":0,"height":0,"hotx":0,"hoty":0,"handle":0}"#;

/// An upright bar of one colour within a transparent square of 24 pixels.
fn bar(shade: u8) -> CursorImage {
    let pixel = |place: u32| match place % 24 {
        10..14 => [shade, 20, 30, 255],
        _ => [0; 4],
    };
    CursorImage {
        size: Size::new(24, 24),
        hotspot: Point { x: 11, y: 12 },
        rgba: (0..24 * 24).flat_map(pixel).collect(),
    }
}

fn is_cursor(text: &&str) -> bool {
    text.starts_with("cursor,")
}

/// Waits for the first cursor after `since`.
async fn cursor(page: &Page, since: usize) -> String {
    page.until("a cursor", |seen| {
        seen.heard(since).find(is_cursor).map(str::to_owned)
    })
    .await
}

fn content(text: &str) -> Value {
    let json = text.strip_prefix("cursor,").expect("it is a cursor");
    serde_json::from_str(json).expect("its content is JSON")
}

fn pixels(content: &Value) -> (u32, u32, Vec<u8>) {
    let data = content["curdata"].as_str().expect("it is text");
    let file = STANDARD.decode(data).expect("it is base64");
    let mut reader = png::Decoder::new(Cursor::new(file))
        .read_info()
        .expect("it is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
    let info = reader.next_frame(&mut pixels).expect("it is whole");
    (info.width, info.height, pixels)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_gets_the_visible_part_its_hotspot_and_a_name_for_it() {
    let served = Served::open().await;
    served.card.set_cursor(bar(10));
    let page = served.page(Kind::Owner).await;
    let first = cursor(&page, 0).await;
    let shape = content(&first);
    let names: Vec<_> = shape.as_object().expect("an object").keys().collect();
    let expected = ["curdata", "width", "height", "hotx", "hoty", "handle"];
    assert_eq!(names, expected);
    let number = |name: &str| shape[name].as_u64().expect("a whole number");
    assert_eq!((number("width"), number("height")), (4, 24));
    assert_eq!((number("hotx"), number("hoty")), (1, 12));
    assert_ne!(number("handle"), 0);
    assert_eq!(pixels(&shape), (4, 24, [10, 20, 30, 255].repeat(4 * 24)));

    let mark = page.mark();
    served.card.set_cursor(bar(11));
    let other = content(&cursor(&page, mark).await);
    assert_ne!(other["handle"], shape["handle"]);
    let mark = page.mark();
    served.card.set_cursor(CursorImage::hidden());
    assert_eq!(cursor(&page, mark).await, HIDDEN);
    let mark = page.mark();
    served.card.set_cursor(bar(10));
    assert_eq!(cursor(&page, mark).await, first, "the same in every word");
}

#[tokio::test(flavor = "multi_thread")]
async fn large_shapes_are_made_small_enough() {
    for (flags, side) in [(&[][..], 32), (&[("cursor_size", "48")][..], 48)] {
        let served = Served::with(flags).await;
        served.card.set_cursor(CursorImage {
            size: Size::new(96, 96),
            hotspot: Point { x: 95, y: 48 },
            rgba: Arc::from([200; 96 * 96 * 4]),
        });
        let page = served.page(Kind::Owner).await;
        let shape = content(&cursor(&page, 0).await);
        assert_eq!(shape["width"], side);
        assert_eq!(shape["hoty"], side / 2);
        assert_eq!(shape["hotx"].as_u64(), Some((95 * side) / 96));
        let (width, height, pixels) = pixels(&shape);
        assert_eq!(u64::from(width), side);
        assert_eq!(u64::from(height), side);
        assert!(pixels.iter().all(|value| *value == 200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_said_between_the_displays_and_the_settings_and_again_with_the_video() {
    let served = Served::open().await;
    served.card.set_cursor(bar(3));
    let owner = served.page(Kind::Owner).await;
    let told = cursor(&owner, 0).await;
    owner.picture(0).await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    let heard: Vec<_> = viewer.seen().heard(0).map(str::to_owned).collect();
    assert_eq!(heard[0], "MODE websockets");
    assert!(heard[1].starts_with("DISPLAY_CONFIG_UPDATE,"));
    assert_eq!(heard[2], told);
    assert!(heard[3].contains("server_settings"));
    // The page stops its video when it opens, and starts it.
    let reset = viewer.hears(0, "PIPELINE_RESETTING primary").await;
    assert_eq!(cursor(&viewer, reset).await, told);

    owner.hide().await;
    let stopped = owner.hears(0, "VIDEO_STOPPED").await;
    let mark = viewer.mark();
    served.card.set_cursor(bar(4));
    let news = cursor(&viewer, mark).await;
    owner.settled().await;
    assert_eq!(owner.seen().heard(stopped).find(is_cursor), None);
    owner.show().await;
    let started = owner.hears(stopped, "VIDEO_STARTED").await;
    assert_eq!(cursor(&owner, started).await, news);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_animation_does_not_flood_the_page_and_ends_with_its_last_shape() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let begun = std::time::Instant::now();
    for shade in 0..60 {
        served.card.set_cursor(bar(shade));
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    served.card.set_cursor(CursorImage::hidden());
    page.hears(0, HIDDEN).await;
    let times = page.seen().heard(0).filter(is_cursor).count() as u128;
    let most = begun.elapsed().as_millis() / 80 + 4;
    assert!(times <= most, "{times} of at most {most}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_said_of_it_when_that_is_switched_off() {
    let served = Served::with(&[("enable_cursors", "false")]).await;
    served.card.set_cursor(bar(1));
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    served.card.set_cursor(bar(2));
    served.card.advance();
    page.shows(served.card.number()).await;
    page.settled().await;
    assert_eq!(page.seen().heard(0).find(is_cursor), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_drawn_while_a_page_that_drives_asks_for_it() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    let drawn = |wanted: bool| {
        let card = served.card.clone();
        until("the desktop to be told", move || {
            (card.is_cursor_drawn() == wanted).then_some(())
        })
    };
    // As the client says it when it locks the pointer, and when it lets go.
    owner.say("p,1").await;
    owner.say("SET_NATIVE_CURSOR_RENDERING,1").await;
    drawn(true).await;
    owner.say("p,0").await;
    owner.say("SET_NATIVE_CURSOR_RENDERING,0").await;
    drawn(false).await;

    viewer.say("SET_NATIVE_CURSOR_RENDERING,1").await;
    viewer.settled().await;
    assert!(!served.card.is_cursor_drawn(), "it does not drive");

    owner.say("SET_NATIVE_CURSOR_RENDERING,1").await;
    drawn(true).await;
    let mark = owner.mark();
    owner.hide().await;
    drawn(false).await;
    owner.show().await;
    drawn(true).await;
    assert!(
        !owner
            .seen()
            .entries(mark)
            .any(|entry| matches!(entry, Entry::Closed(..))),
        "nobody minds"
    );
    owner.vanish().await;
    drawn(false).await;
}
