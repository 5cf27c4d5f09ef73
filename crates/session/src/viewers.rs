//! Who is here and what they may do.

use selkies_media::{Size, Timestamp};
use selkies_proto::client::{Capabilities, Slot};
use selkies_proto::{CloseReason, ServerMessage};

use crate::clipboard::Exchange;
use crate::hands::Hands;
use crate::sound::{Ear, Mouth};
use crate::{Action, Session, ViewerId};

/// More viewers than this are turned away: a bound on memory and on the work per picture.
pub const MOST_VIEWERS: usize = 128;

/// What a viewer may be, as the server has proven it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees, points, types, and chooses how the picture is made.
    Controller,
    /// Sees. A slot is the number of the gamepad it may be given.
    Observer {
        /// 2 to 4 for players.
        slot: Option<Slot>,
    },
}

/// What a viewer did that had no effect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes that are no message.
    pub malformed: u64,
    /// Messages its role does not allow.
    pub refused: u64,
    /// Messages of features this server does not have.
    pub not_built: u64,
    /// Values it proposed that are not to be had.
    pub unsuitable: u64,
    /// Packets of its microphone that came too fast.
    pub hurried: u64,
}

pub(crate) struct Viewer {
    pub(crate) role: Role,
    pub(crate) capabilities: Capabilities,
    pub(crate) hands: Hands,
    pub(crate) exchange: Exchange,
    pub(crate) video: Video,
    /// It gets the pictures of the running pipeline.
    pub(crate) attached: bool,
    /// The last time its video was started.
    pub(crate) started: Option<Timestamp>,
    /// It started its video sooner than it may; when it is started for it.
    pub(crate) start_due: Option<Timestamp>,
    /// It started its video itself and is to be told when pictures follow.
    pub(crate) owes_started: bool,
    /// How its page calls the next input, and when it said so.
    pub(crate) mark: Option<(u32, Timestamp)>,
    /// A size it asked for before it said who it is.
    pub(crate) early_size: Option<Size>,
    /// It has chosen a size since it came.
    pub(crate) sized: bool,
    /// The last time a keyframe was or will be asked for on its behalf.
    pub(crate) keyframe_asked: Option<Timestamp>,
    pub(crate) ear: Ear,
    pub(crate) mouth: Mouth,
    /// It shows no pointer of its own.
    pub(crate) wants_cursor: bool,
    pub(crate) counts: Counts,
}

/// Whether a viewer gets pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Video {
    /// It has not asked yet: a controller's `SETTINGS`, an observer's `START_VIDEO` will.
    Unasked,
    /// It wants them, as soon as there are any.
    On,
    /// It has stopped them.
    Off,
}

impl Viewer {
    fn new(role: Role) -> Self {
        Self {
            role,
            capabilities: Capabilities::default(),
            hands: Hands::default(),
            exchange: Exchange::default(),
            video: Video::Unasked,
            attached: false,
            started: None,
            start_due: None,
            owes_started: false,
            mark: None,
            early_size: None,
            sized: false,
            keyframe_asked: None,
            ear: Ear::default(),
            mouth: Mouth::default(),
            wants_cursor: false,
            counts: Counts::default(),
        }
    }

    pub(crate) fn watches(&self) -> bool {
        self.video == Video::On
    }

    /// The existing web client's viewer pages take three seconds of silence for a fault.
    pub(crate) fn needs_keep_alive(&self) -> bool {
        matches!(self.role, Role::Observer { .. }) && !self.capabilities.desktop_state
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        let exchange = self.exchange.next_wakeup();
        let speech = self.mouth.next_wakeup();
        [self.start_due, self.hands.next_wakeup(), exchange, speech]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Session {
    pub(crate) fn join(&mut self, id: ViewerId, role: Role) {
        if self.viewers.contains_key(&id) {
            return;
        }
        if let Err((kill, reason)) = self.admit(role) {
            if let Some(kill) = kill {
                self.send(id, ServerMessage::Kill(kill.to_owned()));
            }
            self.actions.push_back(Action::Close { viewer: id, reason });
            return;
        }
        self.viewers.insert(id, Viewer::new(role));
        // The page ignores everything else until it knows the mode.
        self.send(id, ServerMessage::Mode);
        let displays = self.displays();
        self.send(id, displays);
        self.send_cursor(id);
        let settings = self.settings_message(false);
        self.send(id, settings);
        self.greet_with_sound(id);
    }

    fn admit(&self, role: Role) -> Result<(), (Option<&'static str>, CloseReason)> {
        if self.stopping {
            return Err((None, CloseReason::ShuttingDown));
        }
        if self.viewers.len() >= MOST_VIEWERS {
            return Err((None, CloseReason::Full));
        }
        let Role::Observer { slot } = role else {
            return Ok(());
        };
        let open = self.settings.enable_sharing.value
            && match slot.map(Slot::get) {
                None | Some(1) => self.settings.enable_shared.value,
                Some(2) => self.settings.enable_player2.value,
                Some(3) => self.settings.enable_player3.value,
                Some(_) => self.settings.enable_player4.value,
            };
        if open {
            Ok(())
        } else {
            Err((
                Some("this way of watching is switched off"),
                CloseReason::Refused,
            ))
        }
    }

    pub(crate) fn leave(&mut self, now: Timestamp, id: ViewerId) {
        if self.viewers.contains_key(&id) {
            self.release_all(id);
            self.abort_clip(id);
            self.fall_silent(id);
            self.take_pads(id);
            self.viewers.remove(&id);
            self.disown(id);
            self.note_idleness(now);
        }
    }

    /// Ends a viewer's stay for good.
    pub(crate) fn dismiss(&mut self, now: Timestamp, id: ViewerId, why: &str, reason: CloseReason) {
        if self.viewers.contains_key(&id) {
            self.release_all(id);
            self.abort_clip(id);
            self.fall_silent(id);
            self.take_pads(id);
            self.unlisten(id);
            self.unwatch(id);
            self.send(id, ServerMessage::Kill(why.to_owned()));
            self.actions.push_back(Action::Close { viewer: id, reason });
            self.viewers.remove(&id);
            self.note_idleness(now);
        }
    }

    pub(crate) fn shut_down(&mut self) {
        self.stopping = true;
        for id in self.everyone() {
            self.release_all(id);
            self.abort_clip(id);
            self.fall_silent(id);
            self.take_pads(id);
            self.unlisten(id);
            self.unwatch(id);
            self.actions.push_back(Action::Close {
                viewer: id,
                reason: CloseReason::ShuttingDown,
            });
        }
        self.viewers.clear();
        self.stream.owner = None;
        self.stop_stream();
    }

    pub(crate) fn everyone(&self) -> Vec<ViewerId> {
        self.viewers.keys().copied().collect()
    }

    /// Tells the pages that announced that they understand it.
    pub(crate) fn tell_capable(&mut self, message: &ServerMessage) {
        for (id, viewer) in &self.viewers {
            if viewer.capabilities.desktop_state {
                self.actions.push_back(Action::Send {
                    viewer: *id,
                    message: message.clone(),
                });
            }
        }
    }
}
