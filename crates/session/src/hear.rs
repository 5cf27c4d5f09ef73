//! What viewers say, sorted by what it needs. Everyone may watch; the rest takes a controller.

use std::time::Duration;

use selkies_media::{Size, Timestamp};
use selkies_proto::client::{Capabilities, Proposal};
use selkies_proto::server::DesktopState;
use selkies_proto::{ClientMessage, ServerMessage};

use crate::viewers::{Role, Video, Viewer};
use crate::{Session, ViewerId};

/// An observer that starts its video again and again costs everyone keyframes: this long between
/// two starts without a stop, and between two with one.
const RESTART_SPACING: Duration = Duration::from_secs(5);
const RESUME_SPACING: Duration = Duration::from_secs(1);

/// Between two keyframes that one observer asks for.
const KEYFRAME_SPACING: Duration = Duration::from_secs(1);

impl Session {
    pub(crate) fn hear(&mut self, now: Timestamp, id: ViewerId, message: ClientMessage) {
        let Some(viewer) = self.viewers.get(&id) else {
            return;
        };
        match message {
            ClientMessage::OffersGzip => self.send(id, ServerMessage::GzipAccepted),
            ClientMessage::Capabilities(capabilities) => self.learn_capabilities(id, capabilities),
            ClientMessage::StartVideo => self.start_video(now, id),
            ClientMessage::StopVideo => self.stop_video(id),
            ClientMessage::RequestKeyframe => self.ask_keyframe(now, id),
            ClientMessage::Gamepad { slot, event } => self.gamepad(now, id, slot, event),
            // Links see to these by themselves.
            ClientMessage::FrameAck(_) | ClientMessage::Ping(_) => {}
            message => match viewer.role {
                Role::Controller => self.obey(now, id, message),
                Role::Observer { .. } => self.hear_observer(now, id, &message),
            },
        }
    }

    fn hear_observer(&mut self, now: Timestamp, id: ViewerId, message: &ClientMessage) {
        match message {
            // Never applied: it only says that the page is there and, unless it has stopped its
            // video, wants to see.
            ClientMessage::Settings(proposal) => {
                self.learn_redundancy(id, proposal);
                let hidden = |viewer: &Viewer| viewer.video == Video::Off;
                if !self.viewers.get(&id).is_some_and(hidden) {
                    self.start_video(now, id);
                }
            }
            ClientMessage::StartAudio if self.is_ours(id) => self.start_sound(id),
            ClientMessage::StopAudio if self.is_ours(id) => self.stop_sound(id),
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
            ClientMessage::StartAudio => self.start_sound(id),
            ClientMessage::StopAudio => self.stop_sound(id),
            ClientMessage::MarkInput(mark) => self.mark_next_input(now, id, mark),
            ClientMessage::KeyDown(keysym) => {
                self.key_down(now, id, keysym);
                self.pass_mark(id);
            }
            ClientMessage::KeyUp(keysym) => {
                self.key_up(id, keysym);
                self.pass_mark(id);
            }
            ClientMessage::KeysHeld(keysyms) => self.keys_held(now, id, &keysyms),
            ClientMessage::ReleaseKeys => self.release_keys(id),
            ClientMessage::PointerAt { x, y, buttons } => {
                self.pointer_at(id, x, y, buttons);
                self.pass_mark(id);
            }
            ClientMessage::PointerMoved { dx, dy, buttons } => {
                self.pointer_moved(id, dx, dy, buttons);
                self.pass_mark(id);
            }
            ClientMessage::DrawCursor(on) => self.want_cursor_drawn(id, on),
            ClientMessage::Clip(piece) => self.clip_piece(now, id, piece),
            ClientMessage::ClipForms(forms) => self.clip_forms(id, forms),
            ClientMessage::FetchClipboard => self.answer_fetch(id),
            ClientMessage::RequestClipboard => self.ask_clip(now, id),
            ClientMessage::NotBuilt(_) => self.count(id, |counts| &mut counts.not_built),
            ClientMessage::OffersGzip
            | ClientMessage::Capabilities(_)
            | ClientMessage::FrameAck(_)
            | ClientMessage::Ping(_)
            | ClientMessage::Gamepad { .. }
            | ClientMessage::RequestKeyframe
            | ClientMessage::StartVideo
            | ClientMessage::StopVideo => {}
        }
    }

    /// Pages of the existing web client that only watch never say what they want to hear.
    fn is_ours(&self, id: ViewerId) -> bool {
        let viewer = self.viewers.get(&id);
        viewer.is_some_and(|viewer| viewer.capabilities != Capabilities::default())
    }

    /// Absent: as it was.
    pub(crate) fn learn_redundancy(&mut self, id: ViewerId, proposal: &Proposal) {
        if let (Some(viewer), Some(reads)) = (self.viewers.get_mut(&id), proposal.audio_redundancy)
        {
            viewer.ear.reads_redundancy = reads;
        }
    }

    fn learn_capabilities(&mut self, id: ViewerId, capabilities: Capabilities) {
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.capabilities = capabilities;
        }
        if !capabilities.desktop_state {
            return;
        }
        let info = self.stream_info();
        self.stream.told = Some(info.clone());
        self.send(id, info);
        if self.stream.is_lost() {
            self.send(id, ServerMessage::DesktopState(DesktopState::Lost));
        }
    }

    fn start_video(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let spacing = match (viewer.role, viewer.video) {
            (Role::Controller, _) => Duration::ZERO,
            (Role::Observer { .. }, Video::On) => RESTART_SPACING,
            (Role::Observer { .. }, Video::Unasked | Video::Off) => RESUME_SPACING,
        };
        let due = viewer.started.map_or(now, |last| last + spacing);
        if due > now {
            viewer.start_due = Some(due);
            return;
        }
        viewer.owes_started = viewer.role == Role::Controller;
        self.begin_video(now, id);
        self.send_cursor(id);
    }

    pub(crate) fn start_deferred(&mut self, now: Timestamp) {
        for id in self.everyone() {
            let due = self.viewers.get(&id).and_then(|viewer| viewer.start_due);
            if due.is_some_and(|due| due <= now) {
                self.begin_video(now, id);
                self.send_cursor(id);
            }
        }
    }

    fn stop_video(&mut self, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let watched = viewer.watches();
        viewer.video = Video::Off;
        viewer.start_due = None;
        self.unwatch(id);
        if watched && !self.viewers.values().any(Viewer::watches) {
            self.stop_stream();
        }
        self.send(id, ServerMessage::VideoStopped);
    }

    /// A keyframe costs everyone. A request that comes too soon waits, and all that wait are one.
    fn ask_keyframe(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id).filter(|viewer| viewer.attached) else {
            return;
        };
        let spacing = match viewer.role {
            Role::Controller => Duration::ZERO,
            Role::Observer { .. } => KEYFRAME_SPACING,
        };
        let due = match viewer.keyframe_asked {
            Some(waiting) if waiting > now => waiting,
            Some(last) => (last + spacing).max(now),
            None => now,
        };
        viewer.keyframe_asked = Some(due);
        self.want_keyframe(due);
    }
}
