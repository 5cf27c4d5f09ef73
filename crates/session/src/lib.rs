//! Who watches, who drives, what runs: the state machine that decides.
//!
//! [`Session::handle`] takes one [`Input`] and the time; what should happen then is read from
//! [`Session::next_action`] until there is nothing left. It owns no thread, no socket and no
//! clock, so it can be replayed and fuzzed. This is the only gate between what viewers send and
//! what the desktop is told: nothing else makes an
//! [`InputEvent`](selkies_desktop::InputEvent) out of a message.
//!
//! Start with [`Session::handle`]; then [`viewers`] (roles, joining, leaving), [`hear`] (what they
//! say), [`settle`] (taking over, values, sizes), [`stream`] (which pipeline runs for whom),
//! [`hands`] (keys and pointers), [`gamepads`], [`clipboard`] (what is copied) and [`sound`].
#![forbid(unsafe_code)]

mod clipboard;
mod cursor;
mod desktop;
mod encoder;
mod gamepads;
mod hands;
mod hear;
mod settle;
mod sound;
mod stream;
mod viewers;

use std::collections::{BTreeMap, VecDeque};

use selkies_clip::{Clip, Refusal, Step};
use selkies_desktop::{Copied, InputEvent, PadEvent, Rumble};
use selkies_media::encoder::{Shape, Tuning};
use selkies_media::{Bitrate, EncoderKind, Size, Timestamp};
use selkies_proto::server::Cursor;
use selkies_proto::sound::Speech;
use selkies_proto::{ClientMessage, CloseReason, ServerMessage};
use selkies_settings::Settings;

use clipboard::Clipboard;
pub use clipboard::Showing;
use cursor::Pointer;
use gamepads::Gamepads;
use sound::Sound;
use stream::Stream;
use viewers::Viewer;
pub use viewers::{Counts, MOST_VIEWERS, Role};

/// One connected browser, for as long as it is connected. Never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ViewerId(pub u64);

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A browser was let in with this role; its link is ready to send.
    Joined {
        /// Who.
        viewer: ViewerId,
        /// What the server has proven it may be.
        role: Role,
    },
    /// It said something.
    Said {
        /// Who.
        viewer: ViewerId,
        /// What.
        message: ClientMessage,
    },
    /// It sent something that is no message.
    Malformed {
        /// Who.
        viewer: ViewerId,
    },
    /// It sent sound of its microphone.
    Microphone {
        /// Who.
        viewer: ViewerId,
        /// One packet.
        speech: Speech,
    },
    /// Its link is gone.
    Left {
        /// Who.
        viewer: ViewerId,
    },
    /// The display server answers (first time or again) and has this size.
    DesktopUp {
        /// Of the desktop.
        size: Size,
    },
    /// The display server is gone.
    DesktopLost,
    /// The desktop has this size now: the answer to [`Action::Resize`], or somebody else did it.
    Resized {
        /// Of the desktop.
        size: Size,
        /// It is the answer to the last [`Action::Resize`].
        answer: bool,
    },
    /// The encoder of this pipeline cannot go on.
    EncoderFailed {
        /// Which pipeline: [`Plan::generation`].
        generation: u64,
        /// Why, for a person.
        why: String,
    },
    /// Somebody on the desktop has copied something.
    Copied(Copied),
    /// What a viewer has copied is what is copied on the desktop now: the answer to
    /// [`Step::Offer`].
    Offered {
        /// Who.
        viewer: ViewerId,
        /// What.
        clip: Clip,
    },
    /// What a viewer has copied was not taken.
    ClipRefused {
        /// Whose it is.
        viewer: ViewerId,
        /// Why.
        why: Refusal,
    },
    /// A program wants a game controller to shake.
    Rumble(Rumble),
    /// The desktop's pointer looks like this now.
    Cursor(Cursor),
    /// The time of [`Session::next_wakeup`] has come.
    Woke,
    /// The server stops.
    ShutDown,
}

/// What should happen next.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Tell a viewer something.
    Send {
        /// Whom.
        viewer: ViewerId,
        /// What.
        message: ServerMessage,
    },
    /// End a viewer's link after what was sent to it. It has left already: no `Left` is needed.
    Close {
        /// Whose.
        viewer: ViewerId,
        /// Why.
        reason: CloseReason,
    },
    /// The viewer gets the pictures of the running pipeline from now on, beginning with a
    /// keyframe; what waited for it is forgotten.
    Watch {
        /// Who.
        viewer: ViewerId,
        /// Its page takes silence for a fault: show a sign of life while nothing changes.
        keep_alive: bool,
    },
    /// The viewer gets no more pictures.
    Unwatch {
        /// Who.
        viewer: ViewerId,
    },
    /// Start this pipeline; another one that runs is stopped first.
    StartPipeline(Plan),
    /// Stop the pipeline.
    StopPipeline,
    /// Change the running pipeline.
    Tune(Tuning),
    /// The next picture of the running pipeline is a keyframe.
    RequestKeyframe,
    /// Make the desktop this large. It is answered by [`Input::Resized`], also when the desktop keeps
    /// its size; or, when it cannot be asked, by [`Input::DesktopLost`] or [`Input::DesktopUp`].
    Resize(Size),
    /// From now on the pointer is drawn into the pictures, or no longer.
    DrawCursor(bool),
    /// Do this to the desktop.
    Inject(InputEvent),
    /// Do this to a game controller of the desktop.
    Gamepad {
        /// Which.
        slot: u8,
        /// What.
        event: PadEvent,
    },
    /// Take in what a viewer has copied. What is injected afterwards finds it so.
    TakeClip {
        /// Whose it is.
        viewer: ViewerId,
        /// The next step of it.
        step: Step,
    },
    /// Show a viewer what is copied. What is still being shown to it becomes void.
    ShowClip {
        /// Whom.
        viewer: ViewerId,
        /// What, and how.
        showing: Showing,
    },
    /// The viewer hears what is played, from now on.
    Listen {
        /// Who.
        viewer: ViewerId,
        /// So many earlier packets are repeated in each message, as far as they have room.
        redundancy: u8,
    },
    /// The same for a viewer that hears already, from now on.
    Redundancy {
        /// Who.
        viewer: ViewerId,
        /// See [`Action::Listen`].
        redundancy: u8,
    },
    /// The viewer hears nothing more.
    Unlisten {
        /// Who.
        viewer: ViewerId,
    },
    /// The sound has this bit rate from now on.
    SoundBitrate(Bitrate),
    /// Programs hear this from their microphone. If there is none it is made.
    Speak {
        /// Whose voice.
        viewer: ViewerId,
        /// One packet of it.
        speech: Speech,
    },
    /// What this viewer said was a whole.
    FallSilent {
        /// Who.
        viewer: ViewerId,
    },
    /// Nobody who has spoken is here any more: the microphone goes.
    Unplug,
    /// What is injected next is to be found again in the picture that answers it.
    Mark {
        /// Whose input it was.
        viewer: ViewerId,
        /// What its page calls it.
        id: u32,
        /// When it arrived.
        received: Timestamp,
    },
}

/// Which pipeline to start.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan {
    /// Tells this pipeline's notices from those of its predecessors.
    pub generation: u64,
    /// Which encoder.
    pub encoder: EncoderKind,
    /// What it is opened with.
    pub shape: Shape,
    /// What it starts with.
    pub tuning: Tuning,
}

/// The desktop and everyone on it.
pub struct Session {
    settings: Settings,
    viewers: BTreeMap<ViewerId, Viewer>,
    stream: Stream,
    pointer: Pointer,
    clipboard: Clipboard,
    sound: Sound,
    gamepads: Gamepads,
    actions: VecDeque<Action>,
    /// Nobody is let in any more.
    stopping: bool,
}

impl Session {
    /// A session whose desktop has not answered yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let stream = Stream::new(&settings);
        let clipboard = Clipboard::new(&settings);
        let sound = Sound::new(&settings);
        Self {
            settings,
            viewers: BTreeMap::new(),
            stream,
            pointer: Pointer::default(),
            clipboard,
            sound,
            gamepads: Gamepads::default(),
            actions: VecDeque::new(),
            stopping: false,
        }
    }

    /// Takes in what happened at `now`. Drain [`Self::next_action`] afterwards.
    pub fn handle(&mut self, now: Timestamp, input: Input) {
        match input {
            Input::Joined { viewer, role } => self.join(viewer, role),
            Input::Said { viewer, message } => self.hear(now, viewer, message),
            Input::Malformed { viewer } => self.count(viewer, |counts| &mut counts.malformed),
            Input::Microphone { viewer, speech } => self.speak(now, viewer, speech),
            Input::Left { viewer } => self.leave(now, viewer),
            Input::DesktopUp { size } => self.desktop_up(now, size),
            Input::DesktopLost => self.desktop_lost(),
            Input::Resized { size, answer } => self.resized(now, size, answer),
            Input::EncoderFailed { generation, why } => self.encoder_failed(now, generation, why),
            Input::Copied(copied) => self.copied(copied),
            Input::Offered { viewer, clip } => self.clip_is(clip, Some(viewer)),
            Input::ClipRefused { viewer, why } => self.refuse_clip(viewer, why),
            Input::Rumble(rumble) => self.rumble(now, rumble),
            Input::Cursor(cursor) => self.cursor_is(cursor),
            Input::Woke => {}
            Input::ShutDown => self.shut_down(),
        }
        self.catch_up(now);
    }

    /// The next thing to do, in order.
    pub fn next_action(&mut self) -> Option<Action> {
        self.actions.pop_front()
    }

    /// When [`Input::Woke`] is due, if nothing happens before.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        let viewers = self.viewers.values().filter_map(Viewer::next_wakeup).min();
        let gamepads = self.gamepads.next_wakeup();
        [viewers, self.stream.next_wakeup(), gamepads]
            .into_iter()
            .flatten()
            .min()
    }

    /// What this viewer did that had no effect, while it is here.
    #[must_use]
    pub fn counts(&self, viewer: ViewerId) -> Option<Counts> {
        self.viewers.get(&viewer).map(|viewer| viewer.counts)
    }

    /// How many viewers are here.
    #[must_use]
    pub fn viewers(&self) -> usize {
        self.viewers.len()
    }

    /// Whatever was put off until now.
    fn catch_up(&mut self, now: Timestamp) {
        self.mind_silent_keys(now);
        self.mind_pads(now);
        self.start_deferred(now);
        self.mind_clips(now);
        self.stream_catch_up(now);
        self.draw_cursor_if_wanted();
        self.sound_catch_up(now);
    }

    fn send(&mut self, viewer: ViewerId, message: ServerMessage) {
        self.actions.push_back(Action::Send { viewer, message });
    }

    fn broadcast(&mut self, message: &ServerMessage) {
        for viewer in self.viewers.keys() {
            self.actions.push_back(Action::Send {
                viewer: *viewer,
                message: message.clone(),
            });
        }
    }

    fn count(&mut self, viewer: ViewerId, which: impl FnOnce(&mut Counts) -> &mut u64) {
        if let Some(viewer) = self.viewers.get_mut(&viewer) {
            let count = which(&mut viewer.counts);
            *count = count.saturating_add(1);
        }
    }
}

// The tests of this crate share their harness with those that see it from outside.
#[cfg(test)]
extern crate self as selkies_session;

#[cfg(test)]
mod tests;
