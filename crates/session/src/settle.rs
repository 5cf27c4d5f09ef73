//! What a controller's page proposes: the display it owns, values, sizes.

use selkies_media::{Size, Timestamp};
use selkies_proto::client::{DisplayId, Proposal, ProposedValue};
use selkies_proto::{CloseReason, ServerMessage};
use selkies_settings::{Proposed, Verdict};

use crate::viewers::Video;
use crate::{Session, ViewerId};

/// The values that are no output's.
const BINARY: &str = "enable_binary_clipboard";
const AUDIO_BITRATE: &str = "audio_bitrate";

impl Session {
    pub(crate) fn settle(&mut self, now: Timestamp, id: ViewerId, proposal: &Proposal) {
        if matches!(proposal.display, Some(DisplayId::Other(_))) {
            self.refuse_display(now, id);
            return;
        }
        self.learn_redundancy(id, proposal);
        let previous = self.stream.owner.replace(id);
        let before = self.stream.values.clone();
        for (key, value) in &proposal.values {
            let verdict = match key.as_str() {
                BINARY => self.propose_binary(value),
                AUDIO_BITRATE => self.propose_audio_bits(value),
                _ => self
                    .settings
                    .propose(&mut self.stream.values, key, &proposed(value)),
            };
            self.count_unsuitable(id, verdict);
        }
        if let Some(size) = self.proposed_size(id, proposal) {
            self.want_size(size);
        }
        if previous == Some(id) {
            self.follow_values(now, &before);
            return;
        }
        if let Some(previous) = previous {
            // Told so for good, or the two pages would take the display from each other for ever.
            let why = "a new primary client connected connection killed";
            self.dismiss(now, previous, why, CloseReason::Superseded);
        }
        self.follow_values(now, &before);
        let displays = self.displays();
        match previous {
            Some(_) => self.send(id, displays),
            None => self.broadcast(&displays),
        }
        // The page is known now: it gets pictures, unless it has stopped them meanwhile.
        if self
            .viewers
            .get(&id)
            .is_some_and(|viewer| viewer.video == Video::Unasked)
        {
            self.begin_video(now, id);
        }
    }

    /// Second screens are not offered: a page that asks for one is told so for good.
    fn refuse_display(&mut self, now: Timestamp, id: ViewerId) {
        let why = "this desktop has one screen";
        self.dismiss(now, id, why, CloseReason::Refused);
        self.disown(id);
    }

    /// A size from `r,`. Only the owner decides; a page that has not said yet who it is will.
    pub(crate) fn ask_size(&mut self, id: ViewerId, display: &DisplayId, size: Size) {
        let owner = self.stream.owner;
        let allowed = self.size_is_open() && *display == DisplayId::Primary && !size.is_empty();
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        if !allowed {
            viewer.counts.refused = viewer.counts.refused.saturating_add(1);
        } else if owner == Some(id) {
            viewer.sized = true;
            self.want_size(size);
        } else {
            viewer.early_size = Some(size);
        }
    }

    pub(crate) fn set_live(
        &mut self,
        now: Timestamp,
        id: ViewerId,
        key: &str,
        value: &ProposedValue,
    ) {
        let before = self.stream.values.clone();
        let verdict = match key {
            BINARY => self.propose_binary(value),
            AUDIO_BITRATE => self.propose_audio_bits(value),
            _ => self
                .settings
                .set_clamped(&mut self.stream.values, key, &proposed(value)),
        };
        self.count_unsuitable(id, verdict);
        self.follow_values(now, &before);
    }

    fn propose(&mut self, id: ViewerId, key: &str, value: &Proposed) -> Verdict {
        let verdict = self.settings.propose(&mut self.stream.values, key, value);
        self.count_unsuitable(id, verdict);
        verdict
    }

    fn count_unsuitable(&mut self, id: ViewerId, verdict: Verdict) {
        if verdict == Verdict::Refused {
            self.count(id, |counts| &mut counts.unsuitable);
        }
    }

    /// The size a page's settings ask for: one it asked for before them, the fixed one, or that of
    /// its window. The last is in every message but counts once; the page says later ones by `r,`.
    fn proposed_size(&mut self, id: ViewerId, proposal: &Proposal) -> Option<Size> {
        if let Some(manual) = proposal.manual_resolution {
            self.propose(id, "is_manual_resolution_mode", &Proposed::Bool(manual));
        }
        let manual = self.stream.values.is_manual_resolution_mode;
        let by_page = manual && !self.settings.is_manual_resolution_mode.locked;
        let fixed = proposal
            .manual_size
            .filter(|_| by_page)
            .filter(|size| self.propose_fixed(id, *size));
        if !self.size_is_open() {
            return None;
        }
        let viewer = self.viewers.get_mut(&id)?;
        let window = proposal.initial_size.filter(|_| !viewer.sized && !manual);
        let asked = fixed
            .or(window)
            .map(|(width, height)| Size::new(width, height));
        let size = viewer.early_size.take().or(asked)?;
        viewer.sized = true;
        Some(size).filter(|size| !size.is_empty())
    }

    /// Both sides or neither.
    fn propose_fixed(&mut self, id: ViewerId, (width, height): (u32, u32)) -> bool {
        let before = self.stream.values.clone();
        let sides = [("manual_width", width), ("manual_height", height)];
        let fits = sides.into_iter().all(|(key, side)| {
            self.propose(id, key, &Proposed::Number(f64::from(side))) != Verdict::Refused
        });
        if !fits {
            self.stream.values = before;
        }
        fits
    }

    pub(crate) fn displays(&self) -> ServerMessage {
        let owned = self.stream.owner.iter();
        ServerMessage::Displays(owned.map(|_| DisplayId::Primary).collect())
    }

    /// Its display has no owner any more.
    pub(crate) fn disown(&mut self, id: ViewerId) {
        if self.stream.owner == Some(id) {
            self.stream.owner = None;
            let displays = self.displays();
            self.broadcast(&displays);
        }
    }
}

pub(crate) fn proposed(value: &ProposedValue) -> Proposed {
    match value {
        ProposedValue::Bool(value) => Proposed::Bool(*value),
        ProposedValue::Number(value) => Proposed::Number(*value),
        ProposedValue::Text(value) => Proposed::Text(value.clone()),
    }
}
