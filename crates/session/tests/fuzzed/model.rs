//! What must hold whatever happens: checked against every action, knowing only the inputs.

#[path = "exchange.rs"]
mod exchange;
#[path = "pads.rs"]
mod pads;
#[path = "sounds.rs"]
mod sounds;

use std::collections::{BTreeMap, BTreeSet};

use selkies_desktop::{Button, InputEvent};
use selkies_media::encoder::Rate;
use selkies_media::geometry::LARGEST;
use selkies_media::{EncoderKind, Size, Timestamp};
use selkies_proto::client::{ClientMessage, PointerButtons};
use selkies_proto::server::ServerMessage;
use selkies_session::{Action, Input, MOST_VIEWERS, Plan, Role, Session, ViewerId};
use selkies_settings::Settings;

use exchange::Exchange;
use pads::Pads;
use sounds::Sounds;

/// Actions of one input that do not depend on how many viewers there are.
const ALWAYS: usize = 16;
/// Actions of one input for each viewer.
const EACH: usize = 8;

/// The world as the actions have made it.
pub(crate) struct Model {
    exchange: Exchange,
    sounds: Sounds,
    pads: Pads,
    viewers: BTreeMap<ViewerId, Seen>,
    desktop: Option<Size>,
    resizing: bool,
    pipeline: Option<Plan>,
    generation: u64,
    /// No encoder may be left.
    failed: bool,
    /// What is down at the desktop.
    sink: Down,
    /// The action before was a mark.
    marked: bool,
    /// The pointer is drawn into the pictures.
    cursor: bool,
}

#[derive(Default)]
struct Down {
    keys: BTreeSet<u32>,
    /// Those of them that do not repeat for the moment.
    paused: BTreeSet<u32>,
    buttons: BTreeSet<u8>,
}

/// A viewer as its page sees it.
struct Seen {
    role: Role,
    /// Something was sent to it.
    greeted: bool,
    capable: bool,
    clips: bool,
    rumble: bool,
    /// It is a controller that has asked for pictures and not stopped them.
    wants: bool,
    watching: bool,
    /// It is a controller that wants the pointer in the picture.
    wants_cursor: bool,
    /// Its decoders hold pictures of a pipeline that it was not told to forget.
    stale: bool,
    encoder: Option<EncoderKind>,
    size: Option<Size>,
    keys: BTreeSet<u32>,
    buttons: u8,
}

impl Model {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            exchange: Exchange::new(settings),
            sounds: Sounds::new(settings),
            pads: Pads::new(settings),
            viewers: BTreeMap::new(),
            desktop: None,
            resizing: false,
            pipeline: None,
            generation: 0,
            failed: false,
            sink: Down::default(),
            marked: false,
            cursor: false,
        }
    }

    /// Hands `input` to the session, checks what follows, and returns it.
    ///
    /// # Panics
    /// When something does not hold.
    pub(crate) fn step(
        &mut self,
        session: &mut Session,
        now: Timestamp,
        input: &Input,
    ) -> Vec<Action> {
        let held: usize = self.viewers.values().map(|seen| seen.keys.len()).sum();
        let most = ALWAYS + EACH * (self.viewers.len() + 1) + held;
        self.learn(input);
        self.sounds.learn(input);
        self.marked = false;
        session.handle(now, input.clone());
        let mut actions = Vec::new();
        while let Some(action) = session.next_action() {
            self.sounds.check(now, input, &action);
            let marked = std::mem::replace(&mut self.marked, matches!(action, Action::Mark { .. }));
            assert!(
                !marked || matches!(action, Action::Inject(_)),
                "a mark is of the next event"
            );
            self.check(input, &action);
            actions.push(action);
            assert!(actions.len() <= most, "{input:?} makes {actions:?}");
        }
        assert!(!self.marked, "nothing follows a mark");
        self.finish(input);
        self.sounds.finish(input);
        self.pads
            .finish(|viewer| self.viewers.contains_key(&viewer));
        self.compare(session, now);
        actions
    }

    /// Nobody holds anything any more, and nothing is down.
    pub(crate) fn expect_hands_off(&self) {
        assert!(self.sink.keys.is_empty(), "keys {:?}", self.sink.keys);
        assert!(
            self.sink.buttons.is_empty(),
            "buttons {:?}",
            self.sink.buttons
        );
    }

    /// Nothing is left of what somebody was bringing.
    pub(crate) fn expect_nothing_open(&self) {
        self.exchange.expect_nothing_open();
        self.sounds.expect_quiet();
    }

    fn learn(&mut self, input: &Input) {
        match input {
            Input::Joined { viewer, role } => {
                self.viewers.entry(*viewer).or_insert(Seen::new(*role));
            }
            Input::Left { viewer } => {
                self.viewers.remove(viewer);
            }
            Input::Said { viewer, message } => {
                if let Some(seen) = self.viewers.get_mut(viewer) {
                    seen.say(message, self.desktop.is_some());
                    if seen.role == Role::Controller {
                        self.exchange.hear(message);
                    }
                }
            }
            Input::DesktopUp { size } => {
                self.desktop_is(Some(*size));
                for seen in self.viewers.values_mut() {
                    seen.let_go();
                }
            }
            Input::DesktopLost => {
                self.desktop_is(None);
                self.sink = Down::default();
            }
            Input::Resized { size, answer } if self.desktop.is_some() => {
                self.desktop = Some(*size);
                self.resizing &= !answer;
            }
            Input::EncoderFailed { generation, .. } => {
                let failing = |plan: &Plan| plan.generation == *generation;
                self.failed |= self.pipeline.as_ref().is_some_and(failing);
            }
            Input::Resized { .. }
            | Input::Malformed { .. }
            | Input::Microphone { .. }
            | Input::Copied(_)
            | Input::Offered { .. }
            | Input::ClipRefused { .. }
            | Input::Rumble(_)
            | Input::Cursor(_)
            | Input::Woke
            | Input::ShutDown => {}
        }
    }

    fn desktop_is(&mut self, size: Option<Size>) {
        self.desktop = size;
        self.resizing = false;
    }

    fn check(&mut self, input: &Input, action: &Action) {
        match action {
            Action::Send { viewer, message } => self.check_message(*viewer, message),
            Action::Close { viewer, .. } => {
                let seen = self.viewers.remove(viewer);
                let seen = seen.expect("only who is here is sent away");
                assert!(!seen.watching, "{viewer:?} is sent away while it watches");
            }
            Action::Watch { viewer, .. } => self.check_watch(*viewer),
            Action::Unwatch { viewer } => {
                let seen = self.here(*viewer);
                assert!(seen.watching, "{viewer:?} did not watch");
                seen.watching = false;
            }
            Action::StartPipeline(plan) => self.check_start(plan),
            Action::StopPipeline => {
                assert!(self.pipeline.take().is_some(), "nothing ran");
                let watching = self.viewers.values().any(|seen| seen.watching);
                assert!(!watching, "somebody watches what stops");
            }
            Action::Tune(tuning) => {
                let plan = self.pipeline.as_mut().expect("only what runs is tuned");
                assert_ne!(plan.tuning, *tuning, "nothing changes");
                plan.tuning = *tuning;
                check_tuning(plan);
                self.expect_by_controller(input);
            }
            Action::DrawCursor(on) => {
                assert_ne!(self.cursor, *on, "nothing changes");
                self.cursor = *on;
            }
            Action::RequestKeyframe => assert!(self.pipeline.is_some(), "nothing runs"),
            Action::Resize(size) => {
                assert!(self.desktop.is_some(), "there is no desktop");
                assert!(!self.resizing, "one change of size at a time");
                let fits = size.width <= LARGEST.width && size.height <= LARGEST.height;
                assert!(fits && !size.is_empty(), "{size}");
                assert!(size.width % 2 == 0 && size.height % 2 == 0, "{size}");
                self.resizing = true;
                if matches!(input, Input::Said { .. }) {
                    self.expect_by_controller(input);
                }
            }
            Action::Inject(event) => self.check_injection(input, *event),
            Action::Gamepad { slot, event } => {
                let speaker = match input {
                    Input::Said { viewer, .. } => self.viewers.get(viewer),
                    _ => None,
                };
                let role = speaker.map(|seen| seen.role);
                self.pads.check(input, role, *slot, event);
            }
            Action::TakeClip { viewer, step } => {
                let desktop = self.desktop.is_some();
                let role = self.viewers.get(viewer).map(|seen| seen.role);
                self.exchange
                    .check_step(input, desktop, role, *viewer, step);
            }
            Action::ShowClip { viewer, showing } => {
                let seen = self.here(*viewer);
                let (role, clips) = (seen.role, seen.clips);
                self.exchange
                    .check_showing(input, role, clips, *viewer, showing);
            }
            Action::Listen { .. }
            | Action::Redundancy { .. }
            | Action::Unlisten { .. }
            | Action::SoundBitrate(_)
            | Action::Speak { .. }
            | Action::FallSilent { .. }
            | Action::Unplug => {}
            Action::Mark { .. } => {
                self.expect_by_controller(input);
            }
        }
    }

    fn check_message(&mut self, viewer: ViewerId, message: &ServerMessage) {
        let seen = self.here(viewer);
        let first = !std::mem::replace(&mut seen.greeted, true);
        match message {
            ServerMessage::Mode => assert!(first, "the mode comes first, and once"),
            ServerMessage::Kill(_) => {}
            _ => assert!(!first, "{message:?} before the mode"),
        }
        match message {
            ServerMessage::PipelineResetting(_) => {
                assert!(!seen.watching, "old pictures could follow the reset");
                seen.stale = false;
            }
            ServerMessage::Settings { settings, .. } => {
                let entry = settings.get("encoder").expect("it is published");
                let value = entry.get("value").and_then(|name| name.as_str());
                let name = value.expect("an encoder is a word");
                let allowed = entry.get("allowed").and_then(|names| names.as_array());
                let mut allowed = allowed.expect("an encoder has a menu").iter();
                assert!(allowed.any(|other| other == name), "{name} is not offered");
                seen.encoder = Some(match name {
                    "jpeg" => EncoderKind::Jpeg,
                    "h264enc-striped" => EncoderKind::H264Striped,
                    _ => EncoderKind::H264,
                });
            }
            ServerMessage::StreamResolution { width, height, .. } => {
                seen.size = Some(Size::new(*width, *height));
            }
            ServerMessage::Rumble(rumble) => {
                assert!(seen.rumble, "the page does not know it");
                self.pads.check_rumble(viewer, rumble.pad);
            }
            ServerMessage::VideoStarted => assert!(seen.watching, "no pictures follow"),
            ServerMessage::DesktopState(_) | ServerMessage::StreamInfo { .. } => {
                assert!(seen.capable, "the page does not know {message:?}");
            }
            _ => {}
        }
    }

    fn check_watch(&mut self, viewer: ViewerId) {
        let plan = self.pipeline.expect("only what runs is watched");
        let seen = self.here(viewer);
        assert!(!seen.watching, "{viewer:?} watches already");
        assert!(!seen.stale, "{viewer:?} was not told to forget the past");
        assert_eq!(seen.encoder, Some(plan.encoder), "as {viewer:?} was told");
        assert_eq!(seen.size, Some(plan.shape.size), "as {viewer:?} was told");
        seen.watching = true;
        seen.stale = true;
    }

    fn check_start(&mut self, plan: &Plan) {
        assert!(self.pipeline.is_none(), "one at a time");
        assert!(plan.generation > self.generation, "a new number for each");
        assert_eq!(Some(plan.shape.size), self.desktop, "as the desktop is");
        assert!(!self.resizing, "the size is about to change");
        check_tuning(plan);
        self.generation = plan.generation;
        self.pipeline = Some(*plan);
        self.failed = false;
    }

    fn check_injection(&mut self, input: &Input, event: InputEvent) {
        assert!(self.desktop.is_some(), "there is no desktop");
        match event {
            InputEvent::KeyUp(key) => {
                self.sink.keys.remove(&key.0);
                self.sink.paused.remove(&key.0);
                return;
            }
            InputEvent::ReleaseKeys => {
                self.sink.keys.clear();
                self.sink.paused.clear();
                return;
            }
            InputEvent::PauseRepeat(key) => {
                assert!(self.sink.keys.contains(&key.0), "{key:?} is up");
                self.sink.paused.insert(key.0);
                return;
            }
            InputEvent::Button {
                button,
                down: false,
            } => {
                self.sink.buttons.remove(&bits(button));
                return;
            }
            InputEvent::KeyDown(key) => {
                self.sink.keys.insert(key.0);
                self.sink.paused.remove(&key.0);
            }
            InputEvent::ResumeRepeat(key) => {
                assert!(self.sink.paused.remove(&key.0), "{key:?} was not paused");
            }
            InputEvent::Button { button, down: true } => {
                self.sink.buttons.insert(bits(button));
            }
            InputEvent::PointerTo(place) => {
                let size = self.desktop.unwrap_or_default();
                let inside = |at: i32, side: u32| u32::try_from(at).is_ok_and(|at| at < side);
                let inside = inside(place.x, size.width) && inside(place.y, size.height);
                assert!(inside, "{place:?} is outside {size}");
            }
            InputEvent::Scroll { notches, .. } => assert!((1..=64).contains(&notches)),
            InputEvent::PointerBy(_) => {}
        }
        self.expect_by_controller(input);
    }

    fn expect_by_controller(&self, input: &Input) {
        let Input::Said { viewer, .. } = input else {
            panic!("{input:?} moves something");
        };
        let role = self.viewers.get(viewer).map(|seen| seen.role);
        assert_eq!(role, Some(Role::Controller), "{input:?}");
    }

    fn here(&mut self, viewer: ViewerId) -> &mut Seen {
        let seen = self.viewers.get_mut(&viewer);
        seen.expect("only who is here gets anything")
    }

    fn finish(&mut self, input: &Input) {
        if let Input::Said { viewer, message } = input
            && let ClientMessage::KeyDown(key) = message
            && let Some(seen) = self.viewers.get(viewer)
            && seen.role == Role::Controller
            && self.desktop.is_some()
        {
            assert!(self.sink.keys.contains(key), "{key} was pressed");
        }
        self.exchange
            .finish(|viewer| self.viewers.contains_key(viewer));
        for key in &self.sink.keys {
            let held = self.viewers.values().any(|seen| seen.keys.contains(key));
            assert!(held, "nobody holds {key} any more");
        }
        for bits in &self.sink.buttons {
            let held = self.viewers.values().any(|seen| seen.buttons & bits != 0);
            assert!(held, "nobody holds button {bits:#b} any more");
        }
        let mut asking = self.viewers.values().filter(|seen| seen.wants_cursor);
        assert!(
            !self.cursor || asking.clone().next().is_some(),
            "nobody wants it"
        );
        let unseen = asking.any(|seen| seen.watching) && !self.cursor;
        assert!(!unseen, "somebody looks for the pointer");
        let ready = self.desktop.is_some() && !self.resizing && !self.failed;
        for (viewer, seen) in &self.viewers {
            if seen.wants && (ready || self.pipeline.is_some()) {
                assert!(seen.watching, "{viewer:?} waits for nothing");
            }
        }
    }

    fn compare(&self, session: &Session, now: Timestamp) {
        assert_eq!(session.viewers(), self.viewers.len());
        assert!(self.viewers.len() <= MOST_VIEWERS);
        let due = session.next_wakeup();
        assert!(
            due.is_none_or(|due| due > now),
            "{due:?} is over at {now:?}"
        );
    }
}

impl Seen {
    fn new(role: Role) -> Self {
        Self {
            role,
            greeted: false,
            capable: false,
            clips: false,
            rumble: false,
            wants: false,
            watching: false,
            wants_cursor: false,
            stale: false,
            encoder: None,
            size: None,
            keys: BTreeSet::new(),
            buttons: 0,
        }
    }

    fn say(&mut self, message: &ClientMessage, desktop: bool) {
        if let ClientMessage::Capabilities(capabilities) = message {
            self.capable = capabilities.desktop_state;
            self.clips = capabilities.clips;
            self.rumble = capabilities.rumble;
        }
        if self.role != Role::Controller {
            return;
        }
        match message {
            ClientMessage::StartVideo => self.wants = true,
            ClientMessage::StopVideo => self.wants = false,
            ClientMessage::DrawCursor(on) => self.wants_cursor = *on,
            ClientMessage::KeyDown(key) if desktop => {
                self.keys.insert(*key);
            }
            ClientMessage::KeyUp(key) => {
                self.keys.remove(key);
            }
            ClientMessage::ReleaseKeys => self.keys.clear(),
            ClientMessage::PointerAt { buttons, .. }
            | ClientMessage::PointerMoved { buttons, .. } => self.press(*buttons),
            _ => {}
        }
    }

    /// The thumbs' bits mean a wheel when notches come with them.
    fn press(&mut self, PointerButtons { mask, notches }: PointerButtons) {
        self.buttons = match notches {
            0 => mask & 0b11_1111,
            _ => self.buttons & 0b01_1000 | mask & 0b10_0111,
        };
    }

    fn let_go(&mut self) {
        self.keys.clear();
        self.buttons = 0;
    }
}

fn check_tuning(plan: &Plan) {
    let tuning = plan.tuning;
    assert!((1..=100).contains(&tuning.jpeg_quality));
    assert!(tuning.framerate >= 1.0 && tuning.framerate <= 1000.0);
    match tuning.rate {
        Rate::Quality(factor) => assert!(factor <= 51),
        Rate::Bitrate(rate) => assert!((100..=1_000_000).contains(&rate.kbps())),
    }
}

/// Bits of the mask that hold this button.
fn bits(button: Button) -> u8 {
    match button {
        Button::Left => 0b10_0001,
        Button::Middle => 0b10,
        Button::Right => 0b100,
        Button::Back => 0b1000,
        Button::Forward => 0b1_0000,
    }
}
