//! What is copied: who may change it, and who is shown it. Only those who may drive.

mod incoming;
mod outgoing;
mod pace;

use std::time::Duration;

use selkies_clip::{Clip, Format, Refusal, Step};
use selkies_desktop::{Copied, Selection};
use selkies_media::Timestamp;
use selkies_proto::ServerMessage;
use selkies_proto::client::{ClipPiece, ProposedValue};
use selkies_proto::server::ClipRefusal;
use selkies_settings::{Settings, Verdict};

use crate::viewers::{Role, Viewer};
use crate::{Action, Session, ViewerId};
use incoming::{Incoming, Outcome};
use pace::Pace;

/// How long a page that asks is kept waiting for something newer than it has: the program that was
/// told to copy may need a moment.
const PATIENCE: Duration = Duration::from_millis(150);

/// What is copied on the desktop.
pub(crate) struct Clipboard {
    clip: Clip,
    /// How often it changed.
    change: u64,
    /// Everything may be copied, not only plain text.
    binary: bool,
}

/// What goes between one viewer's clipboard and the desktop's.
#[derive(Default)]
pub(crate) struct Exchange {
    incoming: Incoming,
    pace: Pace,
    /// The change it was shown last, or made itself.
    knows: u64,
    /// It asked, and is answered then at the latest.
    due: Option<Timestamp>,
}

/// What a viewer is shown of a clip.
#[derive(Clone, Debug, PartialEq)]
pub struct Showing {
    /// In these forms; the best first. None: nothing is copied.
    pub forms: Vec<Format>,
    /// Its page understands several forms of a thing, and is told how many.
    pub counted: bool,
    /// It is what is marked with the mouse.
    pub primary: bool,
    /// It is the answer to `cr`.
    pub answer: bool,
}

impl Clipboard {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            clip: Clip::default(),
            change: 0,
            binary: settings.enable_binary_clipboard.value,
        }
    }
}

impl Exchange {
    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.due.into_iter().chain(self.pace.stalls()).min()
    }
}

impl Session {
    pub(crate) fn clip_forms(&mut self, id: ViewerId, forms: u8) {
        if !self.settings.clipboard_in() {
            // Each of the forms is refused when it comes.
            return;
        }
        let mut steps = Vec::new();
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.exchange.incoming.announce(forms, &mut steps);
        }
        self.take_in(id, steps);
    }

    pub(crate) fn clip_piece(&mut self, now: Timestamp, id: ViewerId, piece: ClipPiece) {
        let largest = self.largest_clip();
        let open = self.settings.clipboard_in();
        let binary = self.clipboard.binary;
        let up = self.stream.desktop_size().is_some();
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let Exchange { incoming, pace, .. } = &mut viewer.exchange;
        let admit = |mime: &str, bytes: u64| {
            let known = outgoing::is_known(mime) && (binary || outgoing::is_plain(mime));
            match () {
                () if !open || !known => Err(Refusal::Forbidden),
                () if bytes > largest => Err(Refusal::TooLarge),
                () if !up || !pace.allows(now) => Err(Refusal::Failed),
                () => Ok(()),
            }
        };
        let mut steps = Vec::new();
        let outcome = incoming.take(piece, admit, &mut steps);
        pace.went_on(now, incoming.has_begun());
        self.take_in(id, steps);
        match outcome {
            Outcome::Taken => {}
            Outcome::Dropped => self.count(id, |counts| &mut counts.unsuitable),
            Outcome::Refused(why) => self.refuse_clip(id, why),
        }
    }

    /// What the viewer was sending comes to nothing.
    pub(crate) fn abort_clip(&mut self, id: ViewerId) {
        let mut steps = Vec::new();
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.exchange.incoming.give_up(&mut steps);
        }
        self.take_in(id, steps);
    }

    /// The desktop is gone, and with it what was copied.
    pub(crate) fn forget_clips(&mut self) {
        self.clipboard.clip = Clip::default();
        self.clipboard.change += 1;
        for id in self.everyone() {
            let mut steps = Vec::new();
            let viewer = self.viewers.get_mut(&id);
            let was_coming =
                viewer.is_some_and(|viewer| viewer.exchange.incoming.give_up(&mut steps));
            self.take_in(id, steps);
            if was_coming {
                self.refuse_clip(id, Refusal::Failed);
            }
        }
    }

    pub(crate) fn refuse_clip(&mut self, id: ViewerId, why: Refusal) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        let count = match why {
            Refusal::Forbidden => &mut viewer.counts.refused,
            Refusal::TooLarge | Refusal::Broken | Refusal::Failed => &mut viewer.counts.unsuitable,
        };
        *count = count.saturating_add(1);
        if viewer.capabilities.clips {
            let why = match why {
                Refusal::TooLarge => ClipRefusal::TooLarge,
                Refusal::Broken => ClipRefusal::Broken,
                Refusal::Forbidden => ClipRefusal::Forbidden,
                Refusal::Failed => ClipRefusal::Failed,
            };
            self.send(id, ServerMessage::ClipRefused(why));
        }
    }

    /// Somebody on the desktop has copied or marked something.
    pub(crate) fn copied(&mut self, Copied { selection, clip }: Copied) {
        match selection {
            Selection::Clipboard => self.clip_is(clip, None),
            Selection::Primary if self.settings.clipboard_primary.value => {
                for id in self.everyone() {
                    let counted = |viewer: &Viewer| viewer.capabilities.clips;
                    if self.viewers.get(&id).is_some_and(counted) {
                        self.show(id, &clip, true, false);
                    }
                }
            }
            Selection::Primary => {}
        }
    }

    /// What `by` has copied, if it was a viewer, is what is copied on the desktop.
    pub(crate) fn clip_is(&mut self, clip: Clip, by: Option<ViewerId>) {
        self.clipboard.change += 1;
        for id in self.everyone() {
            if Some(id) == by {
                self.has_seen(id);
            } else {
                self.show(id, &clip, false, false);
            }
        }
        self.clipboard.clip = clip;
    }

    /// `cr`: the viewer is told what is copied, whatever it knows.
    pub(crate) fn answer_fetch(&mut self, id: ViewerId) {
        if !self.settings.clipboard_out() {
            self.count(id, |counts| &mut counts.refused);
            return;
        }
        let clip = self.clipboard.clip.clone();
        self.show(id, &clip, false, true);
    }

    /// `REQUEST_CLIPBOARD`: the viewer expects something newer, most likely.
    pub(crate) fn ask_clip(&mut self, now: Timestamp, id: ViewerId) {
        if !self.settings.clipboard_out() {
            self.count(id, |counts| &mut counts.refused);
            return;
        }
        let change = self.clipboard.change;
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        if viewer.exchange.due.is_some() {
            return;
        }
        if viewer.exchange.knows == change {
            viewer.exchange.due = Some(now + PATIENCE);
        } else {
            self.show_again(id);
        }
    }

    /// Nothing newer came for those who asked: they get what there is. And what does not go on comes
    /// to nothing.
    pub(crate) fn mind_clips(&mut self, now: Timestamp) {
        for id in self.everyone() {
            let Some(viewer) = self.viewers.get_mut(&id) else {
                continue;
            };
            let exchange = &mut viewer.exchange;
            let (asked, stalled) = (exchange.due, exchange.pace.has_stalled(now));
            if asked.is_some_and(|due| due <= now) {
                self.show_again(id);
            }
            if stalled {
                self.abort_clip(id);
                self.refuse_clip(id, Refusal::Broken);
            }
        }
    }

    /// `enable_binary_clipboard` is one for everyone.
    pub(crate) fn propose_binary(&mut self, value: &ProposedValue) -> Verdict {
        let wanted = match value {
            ProposedValue::Bool(wanted) => Some(*wanted),
            ProposedValue::Text(word) => word.to_ascii_lowercase().parse().ok(),
            ProposedValue::Number(_) => None,
        };
        match wanted {
            Some(wanted) if wanted == self.clipboard.binary => Verdict::Unchanged,
            Some(wanted) if !self.settings.enable_binary_clipboard.locked => {
                self.clipboard.binary = wanted;
                Verdict::Changed
            }
            _ => Verdict::Refused,
        }
    }

    fn show_again(&mut self, id: ViewerId) {
        let clip = self.clipboard.clip.clone();
        self.show(id, &clip, false, false);
        self.has_seen(id);
    }

    fn has_seen(&mut self, id: ViewerId) {
        let change = self.clipboard.change;
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.exchange.knows = change;
            viewer.exchange.due = None;
        }
    }

    /// Shows the viewer `clip` in the forms that are open to it; if there are none, only an answer.
    fn show(&mut self, id: ViewerId, clip: &Clip, primary: bool, answer: bool) {
        let Some(viewer) = self.viewers.get(&id) else {
            return;
        };
        if viewer.role != Role::Controller || !self.settings.clipboard_out() {
            return;
        }
        let counted = viewer.capabilities.clips;
        let mut forms = outgoing::open(clip, self.clipboard.binary, self.largest_clip());
        if !counted {
            forms = outgoing::single(&forms).into_iter().collect();
        }
        if forms.is_empty() && !answer {
            return;
        }
        if !primary {
            self.has_seen(id);
        }
        let showing = Showing {
            forms,
            counted,
            primary,
            answer,
        };
        self.actions.push_back(Action::ShowClip {
            viewer: id,
            showing,
        });
    }

    fn take_in(&mut self, viewer: ViewerId, steps: Vec<Step>) {
        let steps = steps
            .into_iter()
            .map(|step| Action::TakeClip { viewer, step });
        self.actions.extend(steps);
    }

    fn largest_clip(&self) -> u64 {
        u64::try_from(self.settings.clipboard_limit).unwrap_or(0) << 20
    }
}
