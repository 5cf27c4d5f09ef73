//! Gamepads of pages, as the desktop's are moved by them.
//!
//! What the existing client's page says was recorded from it: a gamepad with its browser's name,
//! changes of its controls, and a reminder ten times a second while one is held.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, Gamepads, OnRumble, PadEvent, Rumble};
use selkies_server::Pads;

use crate::page::{Kind, Page};
use crate::serving::{Served, until};

/// The controllers of a desktop that writes down what is done to them.
#[derive(Clone)]
pub(crate) struct Recorder {
    events: Arc<Mutex<Vec<(u8, PadEvent)>>>,
    on_rumble: OnRumble,
}

struct Recording(Arc<Mutex<Vec<(u8, PadEvent)>>>);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Gamepads for Recording {
    fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError> {
        lock(&self.0).push((slot, event.clone()));
        Ok(())
    }
}

impl Recorder {
    pub(crate) fn open() -> (Self, Pads) {
        let events = Arc::<Mutex<Vec<(u8, PadEvent)>>>::default();
        let mut heard = None;
        let pads = Pads::open(|on_rumble| {
            heard = Some(on_rumble);
            Ok::<_, DesktopError>(Box::new(Recording(events.clone())) as Box<dyn Gamepads>)
        });
        let on_rumble = heard.expect("they are told whom to tell");
        (Self { events, on_rumble }, pads.expect("they open"))
    }

    /// A program shakes a controller.
    fn shake(&self, slot: u8, strong: f32) {
        (self.on_rumble)(Rumble {
            slot,
            strong,
            weak: 0.5,
            duration: Duration::from_millis(200),
        });
    }

    /// Waits until so many things were done, and forgets them.
    async fn take(&self, count: usize) -> Vec<(u8, PadEvent)> {
        until("the controllers move", || {
            let mut events = lock(&self.events);
            (events.len() >= count).then(|| std::mem::take(&mut *events))
        })
        .await
    }
}

const CONNECT: &str =
    "js,c,0,RXhhbXBsZSBQYWQgKFNUQU5EQVJEIEdBTUVQQUQgVmVuZG9yOiAwNDVlIFByb2R1Y3Q6IDAyOGUp,4,17";
const NAME: &str = "Example Pad (STANDARD GAMEPAD Vendor: 045e Product: 028e)";

fn connect() -> PadEvent {
    PadEvent::Connect {
        name: NAME.to_owned(),
    }
}

fn button(index: u8, value: f32) -> PadEvent {
    PadEvent::Button { index, value }
}

fn axis(index: u8, value: f32) -> PadEvent {
    PadEvent::Axis { index, value }
}

async fn say(page: &Page, lines: &[&str]) {
    for line in lines {
        page.say(*line).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_existing_clients_gamepad_moves_the_desktops() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let lines = [
        CONNECT,
        "js,b,0,0,1",
        "js,a,0,0,0.5",
        "js,h,0",
        "js,h,0",
        "js,b,0,0,0",
        "js,a,0,0,0",
        "js,d,0",
    ];
    say(&page, &lines).await;
    let expected = [
        (0, connect()),
        (0, button(0, 1.0)),
        (0, axis(0, 0.5)),
        (0, button(0, 0.0)),
        (0, axis(0, 0.0)),
        (0, PadEvent::Disconnect),
    ];
    assert_eq!(served.pads.take(6).await, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_players_page_moves_its_own_gamepad_and_no_other() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    let player = served.page(Kind::Player(2)).await;
    let spectator = served.page(Kind::Shared).await;
    for page in [&owner, &player, &spectator] {
        page.picture(0).await;
    }
    say(&spectator, &[CONNECT, "js,b,0,0,1", "js,c,3,UGFk,4,17"]).await;
    spectator.settled().await;
    say(&player, &[CONNECT, "js,b,0,0,1", "js,c,2,UGFk,4,17"]).await;
    say(&player, &["js,c,1,UGFk,4,17", "js,b,1,3,1"]).await;
    let name = "Pad".to_owned();
    let own = [(1, PadEvent::Connect { name }), (1, button(3, 1.0))];
    assert_eq!(served.pads.take(2).await, own);
    say(&owner, &[CONNECT, "js,b,1,3,0", "js,b,0,0,1"]).await;
    assert_eq!(
        served.pads.take(2).await,
        [(0, connect()), (0, button(0, 1.0))]
    );
    player.leave().await;
    assert_eq!(served.pads.take(1).await, [(1, PadEvent::Disconnect)]);
    assert_eq!(served.card.take_events(), [], "nothing was typed");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vanished_page_held_is_let_go() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    say(&page, &[CONNECT, "js,b,0,7,1"]).await;
    served.pads.take(2).await;
    page.vanish().await;
    assert_eq!(served.pads.take(1).await, [(0, PadEvent::Disconnect)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_held_that_hangs_is_let_go_after_two_seconds() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    say(&page, &[CONNECT, "js,b,0,7,1", "js,h,0"]).await;
    served.pads.take(2).await;
    let silent = Instant::now();
    assert_eq!(served.pads.take(1).await, [(0, PadEvent::Neutral)]);
    assert!(silent.elapsed() > Duration::from_millis(1500));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_page_that_has_the_gamepad_and_understands_it_is_told_of_rumble() {
    let served = Served::open().await;
    let owner = served.page(Kind::Capable).await;
    let player = served.page(Kind::Player(2)).await;
    for page in [&owner, &player] {
        page.picture(0).await;
    }
    let capable = r#"_selkies,{"desktop_state":true,"clips":true,"rumble":true}"#;
    say(&owner, &[capable, CONNECT]).await;
    say(&player, &["js,c,1,UGFk,4,17"]).await;
    served.pads.take(2).await;
    // The existing client's page would not know what to do with it.
    served.pads.shake(1, 1.0);
    served.pads.shake(0, 1.0);
    let told = r#"_selkies,{"event":"rumble","pad":0,"strong":1.0,"weak":0.5,"ms":200}"#;
    owner.hears(0, told).await;
    player.settled().await;
    let heard = |page: &Page| {
        let seen = page.seen();
        seen.heard(0).filter(|text| text.contains("rumble")).count()
    };
    assert_eq!((heard(&owner), heard(&player)), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn where_gamepads_are_switched_off_pages_hear_so_and_move_nothing() {
    let served = Served::with(&[("gamepad_enabled", "false")]).await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let off = r#""gamepad_enabled":{"value":false"#;
    page.until("the switch", |seen| {
        seen.heard(0).any(|text| text.contains(off)).then_some(())
    })
    .await;
    say(&page, &[CONNECT, "js,b,0,0,1"]).await;
    page.settled().await;
    assert_eq!(lock(&served.pads.events).as_slice(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn gamepads_are_at_rest_when_the_server_has_ended() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    say(&page, &[CONNECT, "js,b,0,0,1"]).await;
    let pads = served.pads.clone();
    pads.take(2).await;
    served.stop().await;
    assert_eq!(*lock(&pads.events), [(0, PadEvent::Disconnect)]);
}
