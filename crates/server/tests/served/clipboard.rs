//! What is copied, between the existing page, our own, and the desktop.

mod slow;

use std::io::Write;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use selkies_clip::{Clip, Format};
use selkies_desktop::testcard::TestCard;
use selkies_desktop::{InputEvent, Selection};
use selkies_proto::limits::CLIP_PART;

use crate::page::{Kind, Page};
use crate::serving::{Served, until};

fn clip(formats: &[(&str, &[u8])]) -> Clip {
    let format = |(mime, bytes): &(&str, &[u8])| Format {
        mime: (*mime).to_owned(),
        content: Arc::new(Bytes::copy_from_slice(bytes)),
    };
    Clip {
        formats: formats.iter().map(format).collect(),
    }
}

fn copy(card: &TestCard, formats: &[(&str, &[u8])]) {
    card.copy(Selection::Clipboard, clip(formats));
}

fn read(format: &Format) -> Vec<u8> {
    let length = usize::try_from(format.content.len()).expect("it fits");
    let mut bytes = vec![0; length];
    let mut filled = 0;
    while filled < length {
        let more = format
            .content
            .read_at(filled as u64, &mut bytes[filled..])
            .expect("it can be read");
        assert!(more > 0, "it is shorter than it says");
        filled += more;
    }
    bytes
}

/// Waits until what is copied on the card has these forms.
async fn copied(card: &TestCard, formats: &[(&str, &[u8])]) {
    until("it is copied on the desktop", || {
        let clip = card.copied(Selection::Clipboard)?;
        let same = clip.formats.len() == formats.len()
            && clip
                .formats
                .iter()
                .zip(formats)
                .all(|(format, (mime, bytes))| format.mime == *mime && read(format) == *bytes);
        same.then_some(())
    })
    .await;
}

/// What the page has heard of clips since `mark`.
fn heard(page: &Page, mark: usize) -> Vec<String> {
    let about = |text: &&str| {
        text.starts_with("clipboard") || text.starts_with("_clip") || text.contains("refused")
    };
    page.seen()
        .heard(mark)
        .filter(about)
        .map(str::to_owned)
        .collect()
}

/// A page of the existing client whose greeting is over.
async fn greeted(served: &Served, kind: Kind) -> Page {
    let page = served.page(kind).await;
    page.picture(0).await;
    page.settled().await;
    page
}

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(vec![5], Compression::default());
    gzip.write_all(text.as_bytes()).expect("memory takes all");
    gzip.finish().expect("memory takes all")
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    STANDARD.encode(bytes)
}

/// A multi-part clip as the page heard it, joined and decoded as it does.
fn joined(heard: &[String]) -> Vec<u8> {
    let parts: String = heard
        .iter()
        .filter_map(|text| text.strip_prefix("clipboard_data,"))
        .collect();
    STANDARD.decode(parts).expect("the parts join")
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_on_the_page_is_copied_on_the_desktop() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    page.say("cw,bG9jYWwgdGV4dCDDvCDigqw=").await;
    copied(&served.card, &[("text/plain", "local text ü €".as_bytes())]).await;

    let medium = "medium ".repeat(300);
    page.say_bytes(&gzip(&format!("cw,{}", base64(&medium))))
        .await;
    copied(&served.card, &[("text/plain", medium.as_bytes())]).await;

    let long: Vec<u8> = b"ahovcjqxelszgnubipwdkryfmt"
        .iter()
        .copied()
        .cycle()
        .take(250_000)
        .collect();
    page.say("cws,1,250000").await;
    for part in long.chunks(95_232) {
        page.say_bytes(&gzip(&format!("cwd,1,{}", base64(part))))
            .await;
    }
    page.say("cwe,1").await;
    copied(&served.card, &[("text/plain", &long)]).await;

    page.say(format!("cb,image/png,{}", base64(b"\x89PNG")))
        .await;
    copied(&served.card, &[("image/png", b"\x89PNG")]).await;

    page.say("cbs,2,image/png,7").await;
    page.say(format!("cbd,2,{}", base64(b"\x89PNG"))).await;
    page.say(format!("cbd,2,{}", base64(b"123"))).await;
    page.say("cbe,2").await;
    copied(&served.card, &[("image/png", b"\x89PNG123")]).await;

    page.say("cw,").await;
    copied(&served.card, &[("text/plain", b"")]).await;
    // Its own never comes back.
    page.settled().await;
    assert_eq!(
        heard(&page, 0),
        ["clipboard_reply,cr", "clipboard,"],
        "only the answer to the greeting"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_after_it_was_copied_comes_after_it() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    let large = vec![7; 3 << 20];
    page.say(format!("cb,image/png,{}", base64(&large))).await;
    page.say("kd,118").await;
    let pressed = until("the key", || {
        let pressed = |event: &InputEvent| matches!(event, InputEvent::KeyDown(_));
        let events = served.card.take_events();
        let clip = served.card.copied(Selection::Clipboard);
        events.iter().any(pressed).then_some(clip)
    })
    .await;
    let found = pressed.expect("something is copied when the key is typed");
    assert_eq!(found.formats.first().map(read), Some(large));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_copied_on_the_desktop_reaches_the_page() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    let mark = page.mark();
    copy(&served.card, &[("text/plain", "pushed ✓".as_bytes())]);
    page.hears(mark, "clipboard,cHVzaGVkIOKckw==").await;

    let long: Vec<u8> = (0..CLIP_PART * 3 + 1).map(|at| (at % 253) as u8).collect();
    let mark = page.mark();
    copy(&served.card, &[("text/plain", &long)]);
    page.hears(mark, "clipboard_finish").await;
    let parts = heard(&page, mark);
    assert_eq!(
        parts[0],
        format!("clipboard_start,text/plain,{}", long.len())
    );
    assert_eq!(joined(&parts), long);
    for part in &parts[1..parts.len() - 2] {
        assert!(!part.ends_with('='), "padding within");
    }

    // Of several forms the page gets the picture.
    let mark = page.mark();
    let forms: &[(&str, &[u8])] = &[
        ("text/plain", b"words"),
        ("text/html", b"<b>words</b>"),
        ("image/png", b"\x89PNG"),
    ];
    copy(&served.card, forms);
    page.hears(mark, "clipboard_binary,image/png,iVBORw==")
        .await;
    page.settled().await;
    assert_eq!(heard(&page, mark).len(), 1);

    page.say("_ebc,false").await;
    page.settled().await;
    let mark = page.mark();
    copy(&served.card, forms);
    page.hears(mark, "clipboard,d29yZHM=").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_to_a_fetch_is_marked_and_for_nobody_else() {
    let served = Served::open().await;
    let first = greeted(&served, Kind::Owner).await;
    assert_eq!(heard(&first, 0), ["clipboard_reply,cr", "clipboard,"]);
    copy(&served.card, &[("text/plain", b"hello from server")]);
    first.hears(0, "clipboard,aGVsbG8gZnJvbSBzZXJ2ZXI=").await;

    let mark = first.mark();
    first.say("cr").await;
    let place = first.hears(mark, "clipboard_reply,cr").await;
    first
        .hears(place, "clipboard,aGVsbG8gZnJvbSBzZXJ2ZXI=")
        .await;
    first.settled().await;
    assert_eq!(
        heard(&first, mark),
        ["clipboard_reply,cr", "clipboard,aGVsbG8gZnJvbSBzZXJ2ZXI="]
    );

    // What a page has brought itself is there for the page that comes after it.
    first.say("cw,bWluZQ==").await;
    copied(&served.card, &[("text/plain", b"mine")]).await;
    first.settled().await;
    first.leave().await;
    let second = served.page(Kind::Owner).await;
    let place = second.hears(0, "clipboard_reply,cr").await;
    second.hears(place, "clipboard,bWluZQ==").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_asks_is_answered_without_a_mark() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    copy(&served.card, &[("text/plain", b"old")]);
    page.hears(0, "clipboard,b2xk").await;
    let mark = page.mark();
    page.say("REQUEST_CLIPBOARD").await;
    page.hears(mark, "clipboard,b2xk").await;
    assert_eq!(heard(&page, mark), ["clipboard,b2xk"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn viewers_neither_bring_anything_nor_are_shown_anything() {
    let served = Served::open().await;
    let owner = greeted(&served, Kind::Owner).await;
    copy(&served.card, &[("text/plain", b"private")]);
    owner.hears(0, "clipboard,cHJpdmF0ZQ==").await;
    for kind in [Kind::Shared, Kind::Player(2)] {
        let viewer = greeted(&served, kind).await;
        for line in [
            "_selkies,{\"clips\":true}",
            "_ebc,false",
            "_clip,2",
            "cw,aGVsbG8=",
            "cb,image/png,aGVsbG8=",
            "cws,1,5",
            "cwd,1,aGVsbG8=",
            "cwe,1",
            "cbs,2,image/png,5",
            "cbd,2,aGVsbG8=",
            "cbe,2",
            "cr",
            "REQUEST_CLIPBOARD",
        ] {
            viewer.say(line).await;
        }
        viewer.settled().await;
        let mark = owner.mark();
        copy(&served.card, &[("image/png", b"\x89PNG")]);
        owner
            .hears(mark, "clipboard_binary,image/png,iVBORw==")
            .await;
        copied(&served.card, &[("image/png", b"\x89PNG")]).await;
        viewer.settled().await;
        assert_eq!(heard(&viewer, 0), Vec::<String>::new(), "{kind:?}");
        viewer.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_is_not_copied_and_its_page_stays() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    copy(&served.card, &[("text/plain", b"before")]);
    page.hears(0, "clipboard,YmVmb3Jl").await;
    let scripts: &[(&str, &[&str])] = &[
        (
            "shorter than announced",
            &["cws,1,9", "cwd,1,YWJj", "cwe,1"],
        ),
        (
            "longer than announced",
            &["cws,2,4", "cwd,2,YWJj", "cwd,2,YWJj", "cwe,2"],
        ),
        (
            "a part is no base64",
            &["cws,3,6", "cwd,3,YWJj", "cwd,3,%%%%", "cwe,3"],
        ),
        ("no base64 at all", &["cw,%%%%"]),
        ("broken off", &["cws,4,3", "cws,5,3", "cwd,4,YWJj", "cwe,4"]),
        ("ended by another", &["cws,6,3", "cwd,6,YWJj", "cwe,7"]),
        ("too large", &["cws,8,1073741824", "cwd,8,YWJj", "cwe,8"]),
        (
            "a little too large",
            &["cws,9,33554433", "cwd,9,YWJj", "cwe,9"],
        ),
        ("out of nowhere", &["cwd,10,YWJj", "cwe,10"]),
        ("of another kind", &["cb,application/x-msdownload,YWJj"]),
        ("text that is none", &["cw,/w=="]),
    ];
    let mut compressed = gzip("cw,YWJj");
    compressed.truncate(12);
    page.say_bytes(&compressed).await;
    for (what, lines) in scripts {
        for line in *lines {
            page.say(*line).await;
        }
        page.settled().await;
        copied(&served.card, &[("text/plain", b"before")]).await;
        assert_eq!(page.seen().closed(), None, "{what}");
    }
    page.say("cw,YWZ0ZXI=").await;
    copied(&served.card, &[("text/plain", b"after")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_in_the_middle_leaves_nothing() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    page.say("cws,1,6").await;
    page.say("cwd,1,YWJj").await;
    page.settled().await;
    page.vanish().await;
    let page = greeted(&served, Kind::Owner).await;
    page.say("cwd,1,YWJj").await;
    page.say("cwe,1").await;
    page.settled().await;
    assert!(served.card.copied(Selection::Clipboard).is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_keeper_of_clips_takes_over_does_not_come_back() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    let mark = page.mark();
    page.say("cw,aGVsbG8=").await;
    copied(&served.card, &[("text/plain", b"hello")]).await;
    copy(&served.card, &[("text/plain", b"hello")]);
    copy(&served.card, &[("text/plain", b"else")]);
    page.hears(mark, "clipboard,ZWxzZQ==").await;
    assert_eq!(heard(&page, mark), ["clipboard,ZWxzZQ=="]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_says_which_way_it_goes() {
    for (policy, inwards, outwards) in [
        ("in", true, false),
        ("out", false, true),
        ("false", false, false),
    ] {
        let served = Served::with(&[("enable_clipboard", policy)]).await;
        let page = greeted(&served, Kind::Owner).await;
        let settings = page
            .seen()
            .heard(0)
            .find(|text| text.contains("server_settings"))
            .map(str::to_owned)
            .expect("settings");
        let told = format!(
            r#""clipboard_enabled":{{"value":{}}},"clipboard_in_enabled":{{"value":{inwards}}},"clipboard_out_enabled":{{"value":{outwards}}}"#,
            inwards || outwards
        );
        assert!(settings.contains(&told), "{policy}: {settings}");
        page.say("cw,aGVsbG8=").await;
        page.settled().await;
        if inwards {
            copied(&served.card, &[("text/plain", b"hello")]).await;
        } else {
            assert!(
                served.card.copied(Selection::Clipboard).is_none(),
                "{policy}"
            );
        }
        let mark = page.mark();
        copy(&served.card, &[("text/plain", b"else")]);
        page.say("cr").await;
        if outwards {
            page.hears(mark, "clipboard,ZWxzZQ==").await;
        } else {
            page.settled().await;
            assert_eq!(heard(&page, 0), Vec::<String>::new(), "{policy}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_page_brings_and_is_shown_a_thing_in_all_its_forms() {
    let served = Served::with(&[("clipboard_primary", "true")]).await;
    let page = greeted(&served, Kind::Capable).await;
    let html: &[u8] = b"<b>words</b>";
    page.say("_clip,3").await;
    page.say(format!("cb,text/html,{}", base64(html))).await;
    page.say("cbs,1,image/png,1073741824").await;
    page.say("cbe,1").await;
    page.say("cw,d29yZHM=").await;
    copied(
        &served.card,
        &[("text/html", html), ("text/plain", b"words")],
    )
    .await;
    page.settled().await;
    let refused = "_selkies,{\"event\":\"clipboard\",\"refused\":\"too_large\"}";
    page.hears(0, refused).await;

    let mark = page.mark();
    copy(
        &served.card,
        &[("text/html", b"<i>x</i>"), ("text/plain", b"x")],
    );
    page.hears(mark, "clipboard,eA==").await;
    assert_eq!(
        heard(&page, mark),
        [
            "_clip,2",
            "clipboard_binary,text/html,PGk+eDwvaT4=",
            "clipboard,eA==",
        ]
    );
    let mark = page.mark();
    served
        .card
        .copy(Selection::Primary, clip(&[("text/plain", b"marked")]));
    page.hears(mark, "clipboard,bWFya2Vk").await;
    assert_eq!(
        heard(&page, mark),
        ["_clip,1,primary", "clipboard,bWFya2Vk"]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn something_newer_ends_what_is_on_its_way() {
    let served = Served::open().await;
    let page = greeted(&served, Kind::Owner).await;
    let mark = page.mark();
    copy(&served.card, &[("image/png", &vec![7; 20 << 20])]);
    page.until("the first part", |seen| {
        seen.heard(mark)
            .find(|text| text.starts_with("clipboard_data"))
            .map(drop)
    })
    .await;
    copy(&served.card, &[("text/plain", b"newer")]);
    page.hears(mark, "clipboard,bmV3ZXI=").await;
    let told = heard(&page, mark);
    let end = told.len() - 3;
    // If the machine was slow, all of it had come.
    if told[end] == "clipboard_data,=" {
        assert_eq!(told[end + 1], "clipboard_finish");
    } else {
        assert_eq!(joined(&told).len(), 20 << 20);
    }
}
