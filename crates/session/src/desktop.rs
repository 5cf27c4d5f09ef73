//! The display server comes, goes, and changes its size.

use selkies_media::geometry::LARGEST;
use selkies_media::{Size, Timestamp};
use selkies_proto::ServerMessage;
use selkies_proto::client::DisplayId;
use selkies_proto::server::DesktopState;

use crate::{Action, Session};

/// The encoder takes even sizes; aligned ones spare some decoders a copy.
const STEP: u32 = 2;
const ALIGNED_STEP: u32 = 16;

/// The display server, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Desktop {
    Starting,
    Up(Size),
    Lost,
}

/// Where the size is going.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Resizing {
    No,
    /// Asked for, no answer yet. While it lasts no pipeline is started.
    To(Size),
    /// Another size was wanted meanwhile.
    Then(Size),
}

impl Session {
    pub(crate) fn desktop_up(&mut self, now: Timestamp, size: Size) {
        // A server that comes back knows nothing of what was held, and one that never went is told.
        for id in self.everyone() {
            self.release_all(id);
        }
        let restarted = self.stream.is_lost();
        self.stream.desktop = Desktop::Up(size);
        self.stream.resizing = Resizing::No;
        self.restore_encoders();
        if restarted {
            self.tell_desktop_state(DesktopState::Restarted);
        }
        match self.wanted_size() {
            Some(wanted) if wanted != size => {
                self.stop_outdated_stream();
                self.resize_to(wanted);
            }
            _ => self.lay_out(now),
        }
    }

    pub(crate) fn desktop_lost(&mut self) {
        if self.stream.is_lost() {
            return;
        }
        self.stream.desktop = Desktop::Lost;
        self.stream.resizing = Resizing::No;
        self.stop_stream();
        self.forget_clips();
        self.tell_desktop_state(DesktopState::Lost);
    }

    pub(crate) fn resized(&mut self, now: Timestamp, size: Size, answer: bool) {
        let Desktop::Up(before) = self.stream.desktop else {
            return;
        };
        self.stream.desktop = Desktop::Up(size);
        if before != size {
            // What could not encode that size may be able to encode this one.
            self.restore_encoders();
        }
        match (self.stream.resizing, answer) {
            (Resizing::Then(next), true) if next != size => {
                self.stop_outdated_stream();
                self.resize_to(next);
            }
            (Resizing::To(_) | Resizing::Then(_), true) => {
                self.stream.resizing = Resizing::No;
                if self.stream.runs_at(size) {
                    // The desktop has kept its size, and the page waits for a word.
                    self.tell_resolution();
                } else {
                    self.lay_out(now);
                }
            }
            // Somebody else's change, or a first notice of ours: the answer is still to come.
            (Resizing::To(_) | Resizing::Then(_), false) => self.stop_outdated_stream(),
            (Resizing::No, _) if self.stream.runs_at(size) => {}
            (Resizing::No, _) => self.lay_out(now),
        }
    }

    /// A page wants this size, which is made possible first.
    pub(crate) fn want_size(&mut self, size: Size) {
        self.stream.asked = Some(size);
        self.seek_size();
    }

    /// The rule for sizes is another one: what is in force follows it.
    pub(crate) fn settle_size(&mut self) {
        let current = self.stream.desktop_size();
        if self.settings.enable_resize.value && self.stream.asked.is_none() {
            self.stream.asked = current;
        }
        self.seek_size();
    }

    /// Asks for the size that is wanted, or remembers to.
    fn seek_size(&mut self) {
        let (Some(current), Some(wanted)) = (self.stream.desktop_size(), self.wanted_size()) else {
            return;
        };
        match self.stream.resizing {
            Resizing::No if current == wanted => {}
            Resizing::No => self.resize_to(wanted),
            Resizing::To(target) if target == wanted => {}
            Resizing::To(_) | Resizing::Then(_) => self.stream.resizing = Resizing::Then(wanted),
        }
    }

    fn resize_to(&mut self, size: Size) {
        self.stream.resizing = Resizing::To(size);
        self.actions.push_back(Action::Resize(size));
    }

    /// Whether pages may choose the size.
    pub(crate) fn size_is_open(&self) -> bool {
        self.settings.enable_resize.value && self.forced_size().is_none()
    }

    /// The operator's size, or the last one a page asked for; a desktop that comes back gets it again.
    fn wanted_size(&self) -> Option<Size> {
        let step = if self.stream.values.force_aligned_resolution {
            ALIGNED_STEP
        } else {
            STEP
        };
        let wanted = self.forced_size().or(self.stream.asked)?;
        Some(wanted.clamped_to(LARGEST).rounded_down_to(step))
    }

    /// The size the operator has fixed.
    fn forced_size(&self) -> Option<Size> {
        let settings = &self.settings;
        let manual = settings.is_manual_resolution_mode;
        let side = |value: i64| u32::try_from(value).ok().filter(|side| *side > 0);
        let size = Size::new(side(settings.manual_width)?, side(settings.manual_height)?);
        (manual.value && manual.locked).then_some(size)
    }

    /// What the desktop has become is not what is being encoded.
    fn stop_outdated_stream(&mut self) {
        if let Some(size) = self.stream.desktop_size()
            && !self.stream.runs_at(size)
        {
            self.stop_stream();
        }
    }

    /// The size changed: everyone learns what there is, the stream begins anew.
    fn lay_out(&mut self, now: Timestamp) {
        self.restart_stream(now, |session| {
            let displays = session.displays();
            session.broadcast(&displays);
            session.tell_resolution();
        });
    }

    fn tell_resolution(&mut self) {
        if let Some(resolution) = self.stream_resolution() {
            self.broadcast(&resolution);
        }
    }

    /// Of the pictures that come; while there are none, of those that will.
    pub(crate) fn stream_resolution(&self) -> Option<ServerMessage> {
        let running = self.stream.running.map(|plan| plan.shape.size);
        let settled = self.stream.resizing == Resizing::No;
        let next = self.stream.desktop_size().filter(|_| settled);
        let size = running.or(next)?;
        Some(ServerMessage::StreamResolution {
            width: size.width,
            height: size.height,
            display: DisplayId::Primary,
        })
    }

    /// Tells every page that understands it what became of the display server.
    fn tell_desktop_state(&mut self, state: DesktopState) {
        self.tell_capable(&ServerMessage::DesktopState(state));
    }
}
