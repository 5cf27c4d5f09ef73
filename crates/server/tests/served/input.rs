//! From the page's words to what is done to the desktop.

use selkies_desktop::testcard::TestCard;
use selkies_desktop::{Button, InputEvent, ScrollDirection};
use serde::Deserialize;

use crate::page::{Kind, Page};
use crate::serving::{Served, until};

const SCRIPTS: &str = include_str!("../conformance/input.json");

#[derive(Deserialize)]
struct Script {
    what: String,
    lines: Vec<String>,
    events: Vec<String>,
}

/// F35: no script presses it.
const FENCE: u32 = 0xffe0;

#[tokio::test(flavor = "multi_thread")]
async fn what_hands_do_on_the_page_is_done_to_the_desktop() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let scripts: Vec<Script> = serde_json::from_str(SCRIPTS).expect("the scripts are JSON");
    for Script {
        what,
        lines,
        events,
    } in scripts
    {
        for line in &lines {
            page.say(line.clone()).await;
        }
        assert_eq!(done(&page, &served.card).await, events, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_whose_page_falls_silent_about_it_goes_up() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    page.say("kd,113").await;
    page.say("kh,113").await;
    let mut events = Vec::new();
    until("the release", || {
        events.extend(served.card.take_events().iter().map(describe));
        (events.last().map(String::as_str) == Some("key 113 up")).then_some(())
    })
    .await;
    // Until it is sure that it is lost, it only does not repeat.
    let expected = ["key 113 down", "pause repeat of 113", "key 113 up"];
    assert_eq!(events, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_gone_holds_nothing() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    page.say("m,5,5,1,0").await;
    page.say("kd,65505").await;
    page.settled().await;
    page.vanish().await;
    let mut events = Vec::new();
    until("the release", || {
        events.extend(served.card.take_events().iter().map(describe));
        let up = |event: &str| events.iter().any(|done| done == event);
        (up("left up") && (up("release keys") || up("key 65505 up"))).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_touches_nothing() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    for line in [
        "m,10,10,1,0",
        "m2,5,5,0,0",
        "kd,65",
        "ku,65",
        "kr",
        "m2,0,0,8,1",
        "r,800x600,primary",
        "_crf,50",
        "_arg_fps,8",
        "SETTINGS,{\"displayId\":\"primary\",\"encoder\":\"jpeg\"}",
    ] {
        viewer.say(line).await;
    }
    viewer.settled().await;
    assert_eq!(done(&owner, &served.card).await, Vec::<String>::new());
    let mark = owner.mark();
    served.card.advance();
    let next = owner.picture(mark).await;
    assert_eq!((next.header[0], next.size), (4, crate::page::WINDOW));
}

/// What was done since the last call, as the page said it; moves that follow each other are one.
async fn done(page: &Page, card: &TestCard) -> Vec<String> {
    page.say(format!("kd,{FENCE}")).await;
    page.say(format!("ku,{FENCE}")).await;
    let fence = format!("key {FENCE} up");
    let mut events: Vec<String> = Vec::new();
    until("what was done", || {
        events.extend(card.take_events().iter().map(describe));
        (events.last() == Some(&fence)).then_some(())
    })
    .await;
    events.truncate(events.len() - 2);
    // The server merges moves that wait, and how many do is chance.
    events.dedup_by(|next, last| {
        let both = next.starts_with("to ") && last.starts_with("to ");
        if both {
            last.clone_from(next);
        }
        both
    });
    events
}

fn describe(event: &InputEvent) -> String {
    match event {
        InputEvent::KeyDown(keysym) => format!("key {} down", keysym.0),
        InputEvent::KeyUp(keysym) => format!("key {} up", keysym.0),
        InputEvent::PauseRepeat(keysym) => format!("pause repeat of {}", keysym.0),
        InputEvent::ResumeRepeat(keysym) => format!("resume repeat of {}", keysym.0),
        InputEvent::ReleaseKeys => "release keys".to_owned(),
        InputEvent::PointerTo(place) => format!("to {},{}", place.x, place.y),
        InputEvent::PointerBy(by) => format!("by {},{}", by.x, by.y),
        InputEvent::Button { button, down } => {
            let button = match button {
                Button::Left => "left",
                Button::Middle => "middle",
                Button::Right => "right",
                Button::Back => "back",
                Button::Forward => "forward",
            };
            format!("{button} {}", if *down { "down" } else { "up" })
        }
        InputEvent::Scroll { direction, notches } => {
            let direction = match direction {
                ScrollDirection::Up => "up",
                ScrollDirection::Down => "down",
                ScrollDirection::Left => "left",
                ScrollDirection::Right => "right",
            };
            format!("scroll {direction} {notches}")
        }
    }
}
