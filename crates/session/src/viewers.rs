//! Who is here and what they may do.

use std::time::Duration;

use selkies_media::{Size, Timestamp};
use selkies_proto::client::{Capabilities, DisplayId, Slot};
use selkies_proto::server::DesktopState;
use selkies_proto::{ClientMessage, CloseReason, ServerMessage};

use crate::hands::Hands;
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
}

pub(crate) struct Viewer {
    pub(crate) role: Role,
    pub(crate) capabilities: Capabilities,
    pub(crate) hands: Hands,
    pub(crate) video: Video,
    /// A size it asked for before it said who it is.
    pub(crate) early_size: Option<Size>,
    pub(crate) asked_keyframe: Option<Timestamp>,
    /// It started its video itself and is to be told when pictures follow.
    pub(crate) owes_started: bool,
    pub(crate) counts: Counts,
}

/// Whether a viewer gets pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Video {
    /// It has not asked yet: a controller's `SETTINGS`, an observer's `START_VIDEO` will.
    Unasked,
    /// It wants them, as soon as there are any.
    On {
        /// The last time it was started.
        since: Timestamp,
    },
    /// It has stopped them.
    Off,
    /// It wants them again, but not before then.
    Resuming {
        /// When it may.
        due: Timestamp,
    },
}

/// An observer that starts video again and again costs everyone keyframes: this long between two
/// starts of a stream that runs, and between a stop and a start.
const RESTART_SPACING: Duration = Duration::from_secs(5);
const RESUME_SPACING: Duration = Duration::from_secs(1);

impl Viewer {
    fn new(role: Role) -> Self {
        Self {
            role,
            capabilities: Capabilities::default(),
            hands: Hands::default(),
            video: Video::Unasked,
            early_size: None,
            asked_keyframe: None,
            owes_started: false,
            counts: Counts::default(),
        }
    }

    pub(crate) fn watches(&self) -> bool {
        matches!(self.video, Video::On { .. })
    }

    /// The existing web client's viewer pages take three seconds of silence for a fault.
    pub(crate) fn needs_keep_alive(&self) -> bool {
        matches!(self.role, Role::Observer { .. }) && !self.capabilities.desktop_state
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        let resume = match self.video {
            Video::Resuming { due } => Some(due),
            Video::Unasked | Video::On { .. } | Video::Off => None,
        };
        [resume, self.hands.next_wakeup()]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Session {
    pub(crate) fn join(&mut self, id: ViewerId, role: Role) {
        if let Err((kill, reason)) = self.admit(id, role) {
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
        let settings = self.settings_message(false);
        self.send(id, settings);
    }

    fn admit(&self, id: ViewerId, role: Role) -> Result<(), (Option<&'static str>, CloseReason)> {
        if self.viewers.contains_key(&id) || self.viewers.len() >= MOST_VIEWERS {
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
        if !self.viewers.contains_key(&id) {
            return;
        }
        self.release_all(id);
        self.viewers.remove(&id);
        self.disown(now, id);
    }

    /// Another page has the display now. The old one is told so for good, or the two would take it
    /// from each other for ever.
    pub(crate) fn supersede(&mut self, now: Timestamp, id: ViewerId) {
        if !self.viewers.contains_key(&id) {
            return;
        }
        self.release_all(id);
        self.actions.push_back(Action::Unwatch { viewer: id });
        self.send(
            id,
            ServerMessage::Kill("a new primary client connected connection killed".to_owned()),
        );
        self.actions.push_back(Action::Close {
            viewer: id,
            reason: CloseReason::Superseded,
        });
        self.viewers.remove(&id);
        self.disown(now, id);
    }

    pub(crate) fn shut_down(&mut self) {
        for id in self.viewers.keys().copied().collect::<Vec<_>>() {
            self.release_all(id);
            self.actions.push_back(Action::Unwatch { viewer: id });
            self.actions.push_back(Action::Close {
                viewer: id,
                reason: CloseReason::ShuttingDown,
            });
        }
        self.viewers.clear();
        self.stop_stream();
    }

    pub(crate) fn displays(&self) -> ServerMessage {
        ServerMessage::Displays(
            self.stream
                .owner
                .iter()
                .map(|_| DisplayId::Primary)
                .collect(),
        )
    }

    /// Tells every page that understands it what became of the display server.
    pub(crate) fn tell_desktop_state(&mut self, state: DesktopState) {
        for (id, viewer) in &self.viewers {
            if viewer.capabilities.desktop_state {
                let message = ServerMessage::DesktopState(state);
                self.actions.push_back(Action::Send {
                    viewer: *id,
                    message,
                });
            }
        }
    }

    /// Sorts a message by what it needs. Everyone may watch; the rest takes a controller.
    pub(crate) fn hear(&mut self, now: Timestamp, id: ViewerId, message: ClientMessage) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        match message {
            ClientMessage::OffersGzip => self.send(id, ServerMessage::GzipAccepted),
            ClientMessage::Capabilities(capabilities) => self.learn_capabilities(id, capabilities),
            ClientMessage::StartVideo => self.start_video(now, id),
            ClientMessage::StopVideo => self.stop_video(id),
            ClientMessage::RequestKeyframe => self.ask_keyframe(now, id),
            // Nothing is paced by acknowledgements yet; they are no fault either.
            ClientMessage::FrameAck(_) => {}
            message => match viewer.role {
                Role::Controller => self.obey(now, id, message),
                Role::Observer { .. } => self.hear_observer(now, id, &message),
            },
        }
    }

    fn hear_observer(&mut self, now: Timestamp, id: ViewerId, message: &ClientMessage) {
        match message {
            // Never applied: it only says that the page is there and wants to see.
            ClientMessage::Settings(_) => self.start_video(now, id),
            ClientMessage::NotBuilt(_) => self.count(id, |counts| &mut counts.not_built),
            _ => self.count(id, |counts| &mut counts.refused),
        }
    }

    fn obey(&mut self, now: Timestamp, id: ViewerId, message: ClientMessage) {
        match message {
            ClientMessage::Settings(proposal) => self.settle(now, id, &proposal),
            ClientMessage::LiveValue { key, value } => self.set_live(now, id, key, &value),
            ClientMessage::Resize {
                width,
                height,
                display,
            } => {
                self.ask_size(id, &display, Size::new(width, height));
            }
            ClientMessage::StartAudio => self.send(id, ServerMessage::AudioDisabled),
            ClientMessage::StopAudio => {}
            ClientMessage::KeyDown(keysym) => self.key_down(now, id, keysym),
            ClientMessage::KeyUp(keysym) => self.key_up(id, keysym),
            ClientMessage::KeysHeld(keysyms) => self.keys_held(now, id, &keysyms),
            ClientMessage::ReleaseKeys => self.release_keys(id),
            ClientMessage::PointerAt { x, y, buttons } => self.pointer_at(id, x, y, buttons),
            ClientMessage::PointerMoved { dx, dy, buttons } => {
                self.pointer_moved(id, dx, dy, buttons)
            }
            ClientMessage::FetchClipboard | ClientMessage::NotBuilt(_) => {
                self.count(id, |counts| &mut counts.not_built);
            }
            ClientMessage::OffersGzip
            | ClientMessage::Capabilities(_)
            | ClientMessage::FrameAck(_)
            | ClientMessage::RequestKeyframe
            | ClientMessage::StartVideo
            | ClientMessage::StopVideo => {}
        }
    }

    fn learn_capabilities(&mut self, id: ViewerId, capabilities: Capabilities) {
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.capabilities = capabilities;
        }
        if !capabilities.desktop_state {
            return;
        }
        if let Some(info) = self.stream_info() {
            self.send(id, info);
        }
        if self.stream.is_lost() {
            self.send(id, ServerMessage::DesktopState(DesktopState::Lost));
        }
    }

    pub(crate) fn refuse_microphone(&mut self, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        viewer.counts.not_built = viewer.counts.not_built.saturating_add(1);
        // Once: the page stops recording, what is still on its way is dropped.
        if viewer.counts.not_built == 1 {
            self.send(id, ServerMessage::MicrophoneDisabled);
        }
    }

    fn start_video(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let due = match (viewer.role, viewer.video) {
            (Role::Controller, _) | (_, Video::Unasked) => now,
            (_, Video::On { since }) => since + RESTART_SPACING,
            (_, Video::Off) => now + RESUME_SPACING,
            (_, Video::Resuming { due }) => due,
        };
        if due > now {
            if !viewer.watches() {
                viewer.video = Video::Resuming { due };
            }
            return;
        }
        self.begin_video(now, id);
    }

    pub(crate) fn resume_waiting(&mut self, now: Timestamp) {
        let due: Vec<_> = self
            .viewers
            .iter()
            .filter(|(_, viewer)| matches!(viewer.video, Video::Resuming { due } if due <= now))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            self.begin_video(now, id);
        }
    }

    fn stop_video(&mut self, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let watched = viewer.watches();
        viewer.video = Video::Off;
        if watched {
            self.actions.push_back(Action::Unwatch { viewer: id });
            if !self.viewers.values().any(Viewer::watches) {
                // Nobody is left: it ends as every stop of a stream does, with a reset.
                self.stop_stream();
                self.send(id, ServerMessage::PipelineResetting(DisplayId::Primary));
            }
        }
        self.send(id, ServerMessage::VideoStopped);
    }

    /// A keyframe costs everyone: each viewer may ask once a second, a controller more often.
    fn ask_keyframe(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let spacing = match viewer.role {
            Role::Controller => Duration::ZERO,
            Role::Observer { .. } => Duration::from_secs(1),
        };
        let due = viewer
            .asked_keyframe
            .map_or(now, |last| (last + spacing).max(now));
        viewer.asked_keyframe = Some(due);
        if viewer.watches() {
            self.want_keyframe(due);
        }
    }
}
