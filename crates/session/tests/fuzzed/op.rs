//! One thing that can happen, and a world in which it does.
#![allow(dead_code, reason = "each of those that include it needs another part")]

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use selkies_clip::{Clip, Content, Format, Refusal};
use selkies_desktop::{Copied, Rumble, Selection};
use selkies_media::{Size, Timestamp};
use selkies_proto::client::{ClientMessage, Slot, decode_text};
use selkies_proto::sound::Speech;
use selkies_session::{Action, Input, Role, Session, ViewerId};
use selkies_settings::{Settings, Sources, Withheld, resolve};

use super::model::Model;

/// Viewers that may be here at the same time.
pub(crate) const SEATS: u8 = 6;

/// One thing that can happen.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    /// Somebody sits down; who sat there has left. Players have slot 2 to 4, others watch.
    Join {
        seat: u8,
        role: u8,
    },
    Leave {
        seat: u8,
    },
    /// Ignored when it is no message.
    Say {
        seat: u8,
        text: String,
    },
    Malformed {
        seat: u8,
    },
    Microphone {
        seat: u8,
    },
    DesktopUp {
        width: u16,
        height: u16,
    },
    DesktopLost,
    /// The desktop does what it was told, if it was told something.
    Obey,
    /// The desktop keeps its size, if it was told something.
    Refuse,
    /// The size changes by somebody else's hand.
    Resized {
        width: u16,
        height: u16,
    },
    EncoderFailed {
        current: bool,
    },
    Pass {
        millis: u16,
    },
    /// A program on the desktop copies or marks something in these forms, one per bit.
    Copied {
        primary: bool,
        forms: u8,
    },
    /// The desktop has taken what somebody brought.
    Offered {
        seat: u8,
        forms: u8,
    },
    ClipRefused {
        seat: u8,
        why: u8,
    },
    /// A program shakes a controller; there are slots that nobody has.
    Rumble {
        slot: u8,
        strong: u8,
    },
    ShutDown,
}

/// A session, and everything around it.
pub(crate) struct World {
    session: Session,
    model: Model,
    now: Timestamp,
    seats: [Option<ViewerId>; SEATS as usize],
    joined: u64,
    size: Size,
    ordered: Option<Size>,
    generation: u64,
}

/// Of each of [`FORMS`]; the same in all worlds, so that they can be compared.
static CONTENTS: LazyLock<[Arc<dyn Content>; FORMS.len()]> = LazyLock::new(|| {
    FORMS.map(|(_, bytes)| -> Arc<dyn Content> { Arc::new(Bytes::from(vec![0; bytes])) })
});

/// What programs copy.
const FORMS: [(&str, usize); 8] = [
    ("text/html", 7),
    ("image/png", 9),
    ("image/bmp", (1 << 20) + 1),
    ("text/plain", 5),
    ("text/plain", 0),
    ("text/uri-list", 3),
    ("image/x-icon", 4),
    ("application/pdf", 6),
];

impl World {
    /// The operator has set these; H.264, the same in stripes, and JPEG are there.
    pub(crate) fn new(set: &[(&str, &str)]) -> Self {
        Self::with(settings(set))
    }

    pub(crate) fn with(settings: Settings) -> Self {
        Self {
            model: Model::new(&settings),
            session: Session::new(settings),
            now: Timestamp::from_micros(1_000_000),
            seats: [None; SEATS as usize],
            joined: 0,
            size: Size::new(1280, 720),
            ordered: None,
            generation: 0,
        }
    }

    /// Lets it happen.
    ///
    /// # Panics
    /// When something does not hold that must.
    pub(crate) fn run(&mut self, op: &Op) -> Vec<Action> {
        match op {
            Op::Join { seat, role } => {
                self.run(&Op::Leave { seat: *seat });
                let viewer = ViewerId(self.joined);
                self.joined += 1;
                if let Some(seat) = self.seats.get_mut(usize::from(*seat)) {
                    *seat = Some(viewer);
                }
                let role = match role {
                    0 | 1 => Role::Controller,
                    2 => Role::Observer { slot: None },
                    slot => Role::Observer {
                        slot: Slot::new(slot % 4 + 1),
                    },
                };
                self.give(&Input::Joined { viewer, role })
            }
            Op::Leave { seat } => {
                let seat = self.seats.get_mut(usize::from(*seat));
                match seat.and_then(Option::take) {
                    Some(viewer) => self.give(&Input::Left { viewer }),
                    None => Vec::new(),
                }
            }
            Op::Say { seat, text } => match (self.at(*seat), decode_text(text)) {
                (Some(viewer), Ok(message)) => self.say(viewer, message),
                _ => Vec::new(),
            },
            Op::Malformed { seat } => match self.at(*seat) {
                Some(viewer) => self.give(&Input::Malformed { viewer }),
                None => Vec::new(),
            },
            Op::Microphone { seat } => match self.at(*seat) {
                Some(viewer) => self.give(&speech(viewer)),
                None => Vec::new(),
            },
            Op::DesktopUp { width, height } => {
                let size = size(*width, *height);
                self.ordered = None;
                self.size = size;
                self.give(&Input::DesktopUp { size })
            }
            Op::DesktopLost => {
                self.ordered = None;
                self.give(&Input::DesktopLost)
            }
            Op::Obey => match self.ordered.take() {
                Some(size) => self.resized(size, true),
                None => Vec::new(),
            },
            Op::Refuse => match self.ordered.take() {
                Some(_) => self.resized(self.size, true),
                None => Vec::new(),
            },
            Op::Resized { width, height } => self.resized(size(*width, *height), false),
            Op::EncoderFailed { current } => {
                let generation = if *current { self.generation } else { 0 };
                let why = "it broke".to_owned();
                self.give(&Input::EncoderFailed { generation, why })
            }
            Op::Pass { millis } => self.pass(Duration::from_millis((*millis).into())),
            Op::Copied { primary, forms } => {
                let selection = if *primary {
                    Selection::Primary
                } else {
                    Selection::Clipboard
                };
                let clip = clip(*forms);
                self.give(&Input::Copied(Copied { selection, clip }))
            }
            Op::Offered { seat, forms } => match self.at(*seat) {
                Some(viewer) => {
                    let clip = clip(*forms);
                    self.give(&Input::Offered { viewer, clip })
                }
                None => Vec::new(),
            },
            Op::ClipRefused { seat, why } => match self.at(*seat) {
                Some(viewer) => {
                    let why = match why % 4 {
                        0 => Refusal::TooLarge,
                        1 => Refusal::Broken,
                        2 => Refusal::Forbidden,
                        _ => Refusal::Failed,
                    };
                    self.give(&Input::ClipRefused { viewer, why })
                }
                None => Vec::new(),
            },
            Op::Rumble { slot, strong } => {
                let strong = f32::from(*strong) / 128.0;
                self.give(&Input::Rumble(Rumble {
                    slot: slot % 5,
                    strong,
                    weak: 1.0 - strong,
                    duration: Duration::from_millis(strong.to_bits().into()),
                }))
            }
            Op::ShutDown => self.give(&Input::ShutDown),
        }
    }

    /// Everybody goes: nothing may stay down, and nothing may go on.
    pub(crate) fn end(mut self) {
        for seat in 0..SEATS {
            self.run(&Op::Leave { seat });
        }
        self.model.expect_hands_off();
        self.model.expect_nothing_open();
        self.pass(Duration::from_secs(60));
        assert_eq!(self.session.next_wakeup(), None, "nothing is left to do");
    }

    /// A page says this, which must be a message.
    pub(crate) fn tell(&mut self, viewer: ViewerId, text: &str) -> Vec<Action> {
        let message = decode_text(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        self.say(viewer, message)
    }

    pub(crate) fn say(&mut self, viewer: ViewerId, message: ClientMessage) -> Vec<Action> {
        self.give(&Input::Said { viewer, message })
    }

    pub(crate) fn give(&mut self, input: &Input) -> Vec<Action> {
        let actions = self.model.step(&mut self.session, self.now, input);
        for action in &actions {
            match action {
                Action::Resize(size) => self.ordered = Some(*size),
                Action::StartPipeline(plan) => self.generation = plan.generation,
                _ => {}
            }
        }
        actions
    }

    /// Time passes, and the session is woken whenever it wants to be.
    pub(crate) fn pass(&mut self, span: Duration) -> Vec<Action> {
        let until = self.now + span;
        let mut actions = Vec::new();
        while let Some(due) = self.session.next_wakeup().filter(|due| *due <= until) {
            self.now = due;
            actions.extend(self.give(&Input::Woke));
        }
        self.now = until;
        actions
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    pub(crate) fn expect_hands_off(&self) {
        self.model.expect_hands_off();
    }

    fn at(&self, seat: u8) -> Option<ViewerId> {
        self.seats.get(usize::from(seat)).copied().flatten()
    }

    fn resized(&mut self, size: Size, answer: bool) -> Vec<Action> {
        self.size = size;
        self.give(&Input::Resized { size, answer })
    }
}

/// A packet of silence, as a browser sends it.
pub(crate) fn speech(viewer: ViewerId) -> Input {
    let speech = Speech(Bytes::from_static(&[0xd8, 0xff, 0xfe]));
    Input::Microphone { viewer, speech }
}

fn clip(forms: u8) -> Clip {
    let kept = FORMS.iter().zip(&*CONTENTS).enumerate();
    let formats = kept.filter(|(bit, _)| forms >> bit & 1 == 1);
    Clip {
        formats: formats
            .map(|(_, ((mime, _), content))| Format {
                mime: (*mime).to_owned(),
                content: content.clone(),
            })
            .collect(),
    }
}

fn size(width: u16, height: u16) -> Size {
    Size::new(width.max(1).into(), height.max(1).into())
}

pub(crate) fn settings(set: &[(&str, &str)]) -> Settings {
    let set = set
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = resolve(&Sources::new().environment(set)).settings;
    settings.withhold(&[Withheld::only(
        "encoder",
        &["h264enc", "h264enc-striped", "jpeg"],
    )]);
    settings
}
