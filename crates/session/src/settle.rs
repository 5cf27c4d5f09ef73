//! What a controller's page proposes: the display it owns, values, sizes.

use selkies_media::geometry::LARGEST;
use selkies_media::{Size, Timestamp};
use selkies_proto::client::{DisplayId, Proposal, ProposedValue};
use selkies_proto::{CloseReason, ServerMessage};
use selkies_settings::{Proposed, Verdict};

use crate::viewers::Video;
use crate::{Action, Session, ViewerId};

/// The encoder takes even sizes; aligned ones spare some decoders a copy.
const STEP: u32 = 2;
const ALIGNED_STEP: u32 = 16;

impl Session {
    pub(crate) fn settle(&mut self, now: Timestamp, id: ViewerId, proposal: &Proposal) {
        if matches!(proposal.display, Some(DisplayId::Other(_))) {
            self.refuse_display(now, id);
            return;
        }
        let first = self.stream.owner != Some(id);
        if first {
            if let Some(previous) = self.stream.owner {
                self.supersede(now, previous);
            }
            self.stream.owner = Some(id);
        }

        let before = self.stream.values.clone();
        for (key, value) in &proposal.values {
            let verdict = self
                .settings
                .propose(&mut self.stream.values, key, &proposed(value));
            if verdict == Verdict::Refused {
                self.count(id, |counts| &mut counts.unsuitable);
            }
        }
        if let Some(size) = self.proposed_size(id, proposal, first) {
            self.want_size(size);
        }
        if first {
            self.welcome_owner(now, id);
        }
        self.follow_values(now, &before);
    }

    /// The page is known now: it gets pictures, unless it has stopped them meanwhile.
    fn welcome_owner(&mut self, now: Timestamp, id: ViewerId) {
        let displays = self.displays();
        self.broadcast(&displays);
        let wants = self
            .viewers
            .get(&id)
            .is_some_and(|viewer| viewer.video == Video::Unasked);
        if wants {
            self.begin_video(now, id);
        }
    }

    /// Second screens are not offered: a page that asks for one is told so for good.
    fn refuse_display(&mut self, now: Timestamp, id: ViewerId) {
        self.release_all(id);
        self.actions.push_back(Action::Unwatch { viewer: id });
        self.send(
            id,
            ServerMessage::Kill("this desktop has one screen".to_owned()),
        );
        self.actions.push_back(Action::Close {
            viewer: id,
            reason: CloseReason::Refused,
        });
        self.viewers.remove(&id);
        self.disown(now, id);
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
            let size = self.legal_size(size);
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
        let verdict = self
            .settings
            .set_clamped(&mut self.stream.values, key, &proposed(value));
        if verdict == Verdict::Refused {
            self.count(id, |counts| &mut counts.unsuitable);
        }
        self.follow_values(now, &before);
    }

    fn proposed_size(&mut self, id: ViewerId, proposal: &Proposal, first: bool) -> Option<Size> {
        if !self.size_is_open() {
            return None;
        }
        let early = self
            .viewers
            .get_mut(&id)
            .and_then(|viewer| viewer.early_size.take());
        let manual = match proposal.manual_resolution {
            Some(true) => proposal.manual_size,
            Some(false) | None => None,
        };
        let initial = proposal.initial_size.filter(|_| first);
        let asked = manual
            .or(initial)
            .map(|(width, height)| Size::new(width, height));
        early
            .or(asked)
            .filter(|size| !size.is_empty())
            .map(|size| self.legal_size(size))
    }

    /// Whether pages may choose the size.
    fn size_is_open(&self) -> bool {
        self.settings.enable_resize.value && self.forced_size().is_none()
    }

    /// The size the operator has fixed.
    pub(crate) fn forced_size(&self) -> Option<Size> {
        let settings = &self.settings;
        if !(settings.is_manual_resolution_mode.value && settings.is_manual_resolution_mode.locked)
        {
            return None;
        }
        let side = |value: i64| u32::try_from(value).ok().filter(|side| *side > 0);
        let size = Size::new(side(settings.manual_width)?, side(settings.manual_height)?);
        Some(size.clamped_to(LARGEST))
    }

    fn legal_size(&self, size: Size) -> Size {
        let step = if self.stream.values.force_aligned_resolution {
            ALIGNED_STEP
        } else {
            STEP
        };
        size.clamped_to(LARGEST).rounded_down_to(step)
    }
}

fn proposed(value: &ProposedValue) -> Proposed {
    match value {
        ProposedValue::Bool(value) => Proposed::Bool(*value),
        ProposedValue::Number(value) => Proposed::Number(*value),
        ProposedValue::Text(value) => Proposed::Text(value.clone()),
    }
}
