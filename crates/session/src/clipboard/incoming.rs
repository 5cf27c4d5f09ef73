//! What one viewer sends of what it has copied, piece by piece: only what is whole and was
//! announced so gets through.

use selkies_clip::{Refusal, Step};
use selkies_proto::client::ClipPiece;

/// What has come of one thing.
#[derive(Default)]
pub(super) struct Incoming {
    /// Forms that are still to come with this one. 0: the next transfer is a thing of its own.
    forms: u8,
    transfer: Option<Transfer>,
    /// Bytes of all its forms, as announced.
    bytes: u64,
    /// Some of it has been passed on and not offered.
    begun: bool,
    /// One of its forms is whole.
    whole: bool,
}

/// The form that is coming.
struct Transfer {
    id: u64,
    left: u64,
    /// What comes of it is dropped.
    refused: bool,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Taken,
    /// It belongs to nothing, or to what was refused before.
    Dropped,
    Refused(Refusal),
}

impl Incoming {
    /// The next `forms` transfers are one thing.
    pub(super) fn announce(&mut self, forms: u8, steps: &mut Vec<Step>) {
        self.give_up(steps);
        self.forms = forms;
    }

    /// Takes a piece. `admit` says whether a form may come, by its name and by how many bytes the
    /// thing it belongs to has then.
    pub(super) fn take(
        &mut self,
        piece: ClipPiece,
        admit: impl FnOnce(&str, u64) -> Result<(), Refusal>,
        steps: &mut Vec<Step>,
    ) -> Outcome {
        match piece {
            ClipPiece::Whole { mime, data } => {
                let bytes = data.0.len() as u64;
                let outcome = self.start(0, mime, bytes, admit, steps);
                if outcome == Outcome::Taken && bytes > 0 {
                    steps.push(Step::Append(data.0));
                }
                self.end(outcome == Outcome::Taken, steps);
                outcome
            }
            ClipPiece::Start { id, mime, bytes } => self.start(id, mime, bytes, admit, steps),
            ClipPiece::Part { id, data, .. } => {
                let Some(transfer) = self.transfer.as_mut().filter(|found| found.id == id) else {
                    return Outcome::Dropped;
                };
                if transfer.refused {
                    return Outcome::Dropped;
                }
                let Some(left) = transfer.left.checked_sub(data.0.len() as u64) else {
                    transfer.refused = true;
                    return Outcome::Refused(Refusal::Broken);
                };
                transfer.left = left;
                if !data.0.is_empty() {
                    steps.push(Step::Append(data.0));
                }
                Outcome::Taken
            }
            ClipPiece::End { id, .. } => {
                let Some(transfer) = self.transfer.take_if(|found| found.id == id) else {
                    return Outcome::Dropped;
                };
                let whole = !transfer.refused && transfer.left == 0;
                self.end(whole, steps);
                match (whole, transfer.refused) {
                    (true, _) => Outcome::Taken,
                    (false, true) => Outcome::Dropped,
                    (false, false) => Outcome::Refused(Refusal::Broken),
                }
            }
        }
    }

    /// Some of it has been passed on, and more belongs to it.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// Nothing will come of what has come so far. Whether there was something.
    pub(super) fn give_up(&mut self, steps: &mut Vec<Step>) -> bool {
        let given_up = std::mem::take(self);
        if given_up.begun {
            steps.push(Step::Abort);
        }
        given_up.begun || given_up.transfer.is_some()
    }

    fn start(
        &mut self,
        id: u64,
        mime: String,
        bytes: u64,
        admit: impl FnOnce(&str, u64) -> Result<(), Refusal>,
        steps: &mut Vec<Step>,
    ) -> Outcome {
        if self.transfer.is_some() {
            // The page has thought of something else.
            self.give_up(steps);
        }
        let together = self.bytes.saturating_add(bytes);
        let admitted = admit(&mime, together);
        self.transfer = Some(Transfer {
            id,
            left: bytes,
            refused: admitted.is_err(),
        });
        if let Err(why) = admitted {
            return Outcome::Refused(why);
        }
        self.bytes = together;
        self.begun = true;
        steps.push(Step::Begin { mime, total: bytes });
        Outcome::Taken
    }

    /// A form is over; one that is not whole is left out.
    fn end(&mut self, whole: bool, steps: &mut Vec<Step>) {
        self.transfer = None;
        if whole {
            steps.push(Step::End);
            self.whole = true;
        }
        self.forms = self.forms.saturating_sub(1);
        if self.forms > 0 {
            return;
        }
        if self.whole {
            steps.push(Step::Offer);
            *self = Self::default();
        } else {
            self.give_up(steps);
        }
    }
}
