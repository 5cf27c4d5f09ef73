//! A session to play with: what is said goes in as a page writes it, what follows comes out as
//! words.

use std::time::Duration;

use selkies_desktop::{InputEvent, Keysym, PadEvent};
use selkies_media::Size;
use selkies_media::encoder::{PaintOver, Rate, Tuning};
use selkies_proto::ServerMessage;
use selkies_proto::client::{DisplayId, Slot};

use super::op::{self, World};
use crate::{Action, Counts, Input, Role, Showing, ViewerId};

/// The size of the desktop on the bench.
pub(super) const HD: Size = Size::new(1280, 720);

/// What the page of `owner` says first.
pub(super) const HELLO: &str = r#"SETTINGS,{"is_manual_resolution_mode":false,"initialClientWidth":1280,"initialClientHeight":720,"displayId":"primary"}"#;

pub(super) struct Bench {
    world: World,
    joined: u64,
}

impl Bench {
    /// The desktop has not answered yet.
    pub(super) fn without_desktop() -> Self {
        Self {
            world: World::new(&[]),
            joined: 0,
        }
    }

    /// The desktop is there.
    pub(super) fn new() -> Self {
        Self::set(&[])
    }

    /// The operator has set these variables.
    pub(super) fn set(set: &[(&str, &str)]) -> Self {
        let mut bench = Self {
            world: World::new(set),
            joined: 0,
        };
        bench.give(&Input::DesktopUp { size: HD });
        bench
    }

    /// A page that may drive, silent as yet.
    pub(super) fn controller(&mut self) -> ViewerId {
        self.join(Role::Controller).0
    }

    /// A page that drives and watches.
    pub(super) fn owner(&mut self) -> ViewerId {
        let owner = self.controller();
        self.say(owner, HELLO);
        owner
    }

    /// A page that may only watch, and has not asked to.
    pub(super) fn observer(&mut self) -> ViewerId {
        self.join(Role::Observer { slot: None }).0
    }

    /// A page that only watches.
    pub(super) fn spectator(&mut self) -> ViewerId {
        let observer = self.observer();
        self.say(observer, "START_VIDEO");
        observer
    }

    pub(super) fn join(&mut self, role: Role) -> (ViewerId, Vec<String>) {
        self.joined += 1;
        let viewer = ViewerId(self.joined);
        let told = self.give(&Input::Joined { viewer, role });
        (viewer, told)
    }

    pub(super) fn leave(&mut self, viewer: ViewerId) -> Vec<String> {
        self.give(&Input::Left { viewer })
    }

    pub(super) fn say(&mut self, viewer: ViewerId, text: &str) -> Vec<String> {
        shown(&self.world.tell(viewer, text))
    }

    pub(super) fn answer(&mut self, width: u32, height: u32) -> Vec<String> {
        let size = Size::new(width, height);
        self.give(&Input::Resized { size, answer: true })
    }

    pub(super) fn fail(&mut self, generation: u64) -> Vec<String> {
        let why = "it broke".to_owned();
        self.give(&Input::EncoderFailed { generation, why })
    }

    pub(super) fn give(&mut self, input: &Input) -> Vec<String> {
        shown(&self.world.give(input))
    }

    pub(super) fn speak(&mut self, viewer: ViewerId) -> Vec<String> {
        self.give(&op::speech(viewer))
    }

    pub(super) fn pass(&mut self, millis: u64) -> Vec<String> {
        shown(&self.world.pass(Duration::from_millis(millis)))
    }

    pub(super) fn counts(&self, viewer: ViewerId) -> Counts {
        let counts = self.world.session().counts(viewer);
        counts.expect("it is here")
    }

    pub(super) fn viewers(&self) -> usize {
        self.world.session().viewers()
    }

    pub(super) fn is_asleep(&self) -> bool {
        self.world.session().next_wakeup().is_none()
    }

    pub(super) fn expect_hands_off(&self) {
        self.world.expect_hands_off();
    }
}

/// A player's page.
pub(super) fn player(slot: u8) -> Role {
    Role::Observer {
        slot: Slot::new(slot),
    }
}

/// Nothing happens.
pub(super) const NOTHING: [&str; 0] = [];

fn shown(actions: &[Action]) -> Vec<String> {
    actions.iter().map(action).collect()
}

fn action(action: &Action) -> String {
    match action {
        Action::Send { viewer, message } => format!("{}< {}", viewer.0, words(message)),
        Action::Close { viewer, reason } => {
            format!("{} closed {} {}", viewer.0, reason.code(), reason.text())
        }
        Action::Watch { viewer, keep_alive } => {
            let kept = if *keep_alive { ", kept alive" } else { "" };
            format!("{} watches{kept}", viewer.0)
        }
        Action::Unwatch { viewer } => format!("{} unwatches", viewer.0),
        Action::StartPipeline(plan) => {
            let colour = if plan.shape.full_colour { " 4:4:4" } else { "" };
            let number = plan.generation;
            format!(
                "start {number} {:?} {}{colour}",
                plan.encoder, plan.shape.size
            )
        }
        Action::StopPipeline => "stop".to_owned(),
        Action::Tune(tuning) => format!("tune {}", quality(tuning)),
        Action::RequestKeyframe => "keyframe".to_owned(),
        Action::Resize(size) => format!("resize {size}"),
        Action::DrawCursor(true) => "draw the cursor".to_owned(),
        Action::DrawCursor(false) => "draw no cursor".to_owned(),
        Action::Inject(event) => injected(event),
        Action::Gamepad { slot, event } => format!("pad {slot} {}", moved(event)),
        Action::TakeClip { viewer, step } => format!("{} brings {step:?}", viewer.0),
        Action::ShowClip { viewer, showing } => format!("{}< {}", viewer.0, shown_clip(showing)),
        Action::Listen { viewer, redundancy } => format!("{} listens, {redundancy}", viewer.0),
        Action::Redundancy { viewer, redundancy } => format!("{} gets {redundancy}", viewer.0),
        Action::Unlisten { viewer } => format!("{} listens no more", viewer.0),
        Action::SoundBitrate(rate) => format!("sound {rate}"),
        Action::Speak { viewer, speech } => format!("{} speaks {speech:?}", viewer.0),
        Action::FallSilent { viewer } => format!("{} falls silent", viewer.0),
        Action::Unplug => "unplug".to_owned(),
        Action::Mark {
            viewer,
            id,
            received,
        } => {
            format!("mark {id} of {} at {received}", viewer.0)
        }
    }
}

fn words(message: &ServerMessage) -> String {
    match message {
        ServerMessage::Settings { settings, display } => {
            let encoder = settings.get("encoder").and_then(|entry| entry.get("value"));
            let encoder = encoder.and_then(|name| name.as_str()).unwrap_or("?");
            match display {
                None => format!("settings {encoder}"),
                Some(_) => format!("settings again {encoder}"),
            }
        }
        ServerMessage::Displays(displays) => {
            let names: Vec<_> = displays.iter().map(DisplayId::as_str).collect();
            format!("displays [{}]", names.join(" "))
        }
        ServerMessage::StreamResolution { width, height, .. } => {
            format!("resolution {width}x{height}")
        }
        ServerMessage::StreamInfo { encoder, fallback } => match fallback {
            None => format!("stream {encoder}"),
            Some(why) => format!("stream {encoder}, because {why}"),
        },
        ServerMessage::DesktopState(state) => format!("desktop {state:?}"),
        other => other.encode(),
    }
}

fn shown_clip(showing: &Showing) -> String {
    let mut words = Vec::new();
    if showing.answer {
        words.push("answer".to_owned());
    }
    words.push(if showing.primary { "mark" } else { "clip" }.to_owned());
    if showing.counted {
        words.push(format!("of {}", showing.forms.len()));
    }
    words.extend(showing.forms.iter().map(|form| format!("{form:?}")));
    words.join(" ")
}

fn quality(tuning: &Tuning) -> String {
    let rate = match tuning.rate {
        Rate::Quality(factor) => format!("crf {factor}"),
        Rate::Bitrate(rate) => rate.to_string(),
    };
    let (jpeg, fps) = (tuning.jpeg_quality, tuning.framerate);
    let paint_over = match tuning.paint_over {
        // As the settings have it.
        Some(PaintOver {
            crf: 18,
            jpeg_quality: 90,
            pictures: 5,
        }) => String::new(),
        Some(paint) => {
            let (crf, jpeg, pictures) = (paint.crf, paint.jpeg_quality, paint.pictures);
            format!(", at rest crf {crf}, jpeg {jpeg} in {pictures}")
        }
        None => ", at rest the same".to_owned(),
    };
    format!("{rate}, jpeg {jpeg}, {fps} fps{paint_over}")
}

fn moved(event: &PadEvent) -> String {
    match event {
        PadEvent::Connect { name } => format!("{name} connects"),
        PadEvent::Button { index, value } => format!("button {index} at {value}"),
        PadEvent::Axis { index, value } => format!("axis {index} at {value}"),
        PadEvent::Neutral => "rests".to_owned(),
        PadEvent::Disconnect => "disconnects".to_owned(),
    }
}

fn injected(event: &InputEvent) -> String {
    match event {
        InputEvent::KeyDown(Keysym(key)) => format!("key {key} down"),
        InputEvent::KeyUp(Keysym(key)) => format!("key {key} up"),
        InputEvent::PauseRepeat(Keysym(key)) => format!("key {key} pauses"),
        InputEvent::ResumeRepeat(Keysym(key)) => format!("key {key} repeats"),
        InputEvent::ReleaseKeys => "all keys up".to_owned(),
        InputEvent::PointerTo(place) => format!("at {},{}", place.x, place.y),
        InputEvent::PointerBy(way) => format!("by {},{}", way.x, way.y),
        InputEvent::Button { button, down } => {
            let way = if *down { "down" } else { "up" };
            format!("{button:?} {way}")
        }
        InputEvent::Scroll { direction, notches } => format!("scroll {direction:?} {notches}"),
    }
}
