//! Words for features that are not there, and words that are none: nothing happens, the page stays.

use serde::Deserialize;

use crate::page::Kind;
use crate::serving::Served;

const SCRIPTS: &str = include_str!("../conformance/unbuilt.json");

#[derive(Deserialize)]
struct Script {
    what: String,
    lines: Vec<String>,
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_built_or_not_understood_changes_nothing() {
    let served = Served::open().await;
    for kind in [Kind::Owner, Kind::Shared] {
        let page = served.page(kind).await;
        let first = page.picture(0).await;
        page.settled().await;
        let scripts: Vec<Script> = serde_json::from_str(SCRIPTS).expect("the scripts are JSON");
        for Script { what, lines } in scripts {
            let mark = page.mark();
            for line in lines {
                page.say(line).await;
            }
            page.settled().await;
            let words: Vec<String> = page.seen().heard(mark).map(str::to_owned).collect();
            assert_eq!(words, ["_gz,1"], "{what}");
        }
        let mark = page.mark();
        served.card.advance();
        let next = page.picture(mark).await;
        assert!(!next.keyframe && next.size == first.size);
        assert_eq!(served.card.take_events(), []);
        page.leave().await;
    }
    assert!(!std::path::Path::new("/tmp/selkies-must-not-run").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn sound_and_microphone_are_declined_once_and_for_all() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.hears(0, "AUDIO_DISABLED").await;
    for _ in 0..5 {
        page.say_bytes(&[2, 0xd8, 0xff, 0xfe]).await;
    }
    page.hears(0, "MICROPHONE_DISABLED").await;
    page.settled().await;
    let refusals = page
        .seen()
        .heard(0)
        .filter(|text| *text == "MICROPHONE_DISABLED")
        .count();
    assert_eq!(refusals, 1);
    page.picture(0).await;
}
