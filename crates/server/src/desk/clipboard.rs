//! Gives the desktop what viewers have copied, and reports what was copied there.

mod incoming;
mod steps;

use std::sync::Arc;
use std::time::Duration;

use selkies_clip::{Clip, Refusal, Store};
use selkies_desktop::{Clipboard, Copied, Desktop, DesktopError, Selection};

use super::hands::InputQueue;
use super::{After, RETRY, Report};
use incoming::Incoming;
pub(crate) use steps::CLIPS_UNDER_WAY;
pub(super) use steps::Steps;
use steps::{Order, Taken};

/// Before a desktop is tried again that is there but has no clipboard for us.
const SECOND_CHANCE: Duration = Duration::from_secs(5);

/// How the desktop's clipboard is shared with viewers.
pub(crate) struct Sharing {
    /// Where contents lie, of both ways.
    pub(crate) store: Arc<dyn Store>,
    /// What is reported, and what a clip from a viewer is set as.
    pub(crate) selections: Vec<Selection>,
}

/// Serves the desktop's clipboard.
pub(super) struct Clipboards {
    pub(super) desktop: Arc<dyn Desktop>,
    pub(super) sharing: Sharing,
    pub(super) steps: Arc<Steps>,
    /// Waits where a clip is about to be set.
    pub(super) input: Arc<InputQueue>,
    pub(super) report: Arc<dyn Fn(Report) + Send + Sync>,
}

impl Clipboards {
    pub(super) fn run(self) {
        let mut incoming = Incoming::new(self.sharing.store.clone());
        loop {
            let loan = self
                .desktop
                .clipboard(&self.sharing.selections, self.sharing.store.clone());
            let error = match loan {
                Ok(mut clipboard) => {
                    self.steps.set_waker(Some(clipboard.waker()));
                    let after = self.serve(&mut *clipboard, &mut incoming);
                    self.steps.set_waker(None);
                    match after {
                        After::End => return,
                        After::ConnectAgain(error) => {
                            self.tell_gone();
                            error
                        }
                    }
                }
                Err(error) => error,
            };
            tracing::debug!(%error, "the clipboard waits for the desktop");
            let span = match error {
                DesktopError::Unusable(_) => SECOND_CHANCE,
                _ => RETRY,
            };
            if !self.rest(span, &mut incoming) {
                return;
            }
        }
    }

    /// What was copied has gone with the display server. If it is still there, it is read again.
    fn tell_gone(&self) {
        for &selection in &self.sharing.selections {
            let clip = Clip::default();
            (self.report)(Report::Copied(Copied { selection, clip }));
        }
    }

    fn serve(&self, clipboard: &mut dyn Clipboard, incoming: &mut Incoming) -> After {
        loop {
            // Programs on the desktop are answered between any two steps.
            let patience = match self.steps.take() {
                Taken::Order(order) => {
                    if let Err(error) = self.carry_out(order, incoming, Some(clipboard)) {
                        return After::ConnectAgain(error);
                    }
                    Duration::ZERO
                }
                Taken::Nothing => Duration::MAX,
                Taken::Closed => return After::End,
            };
            match clipboard.next(patience) {
                Ok(Some(copied)) => (self.report)(Report::Copied(copied)),
                Ok(None) => {}
                Err(DesktopError::Refused(why)) => {
                    tracing::debug!(why, "the clipboard could not be read");
                }
                Err(error) => return After::ConnectAgain(error),
            }
        }
    }

    /// Goes on taking in what viewers send, so that it is not held anywhere else. `false`: over.
    fn rest(&self, span: Duration, incoming: &mut Incoming) -> bool {
        let mut left = Some(span);
        while let Some(span) = left {
            let (taken, rest) = self.steps.wait(span);
            left = rest;
            match taken {
                Taken::Order(order) => {
                    // Without a clipboard there is nothing that could be lost.
                    let _ = self.carry_out(order, incoming, None);
                }
                Taken::Nothing => {}
                Taken::Closed => return false,
            }
        }
        true
    }

    /// Fails when the display server is gone.
    fn carry_out(
        &self,
        order: Order,
        incoming: &mut Incoming,
        clipboard: Option<&mut dyn Clipboard>,
    ) -> Result<(), DesktopError> {
        let mut lost = Ok(());
        let viewer = order.viewer;
        let refused = |why| Some(Report::ClipRefused { viewer, why });
        let report = match order.step.map(|step| incoming.take(viewer, step)) {
            None => {
                incoming.give_up(viewer);
                refused(Refusal::Failed)
            }
            Some(Ok(None)) => None,
            Some(Ok(Some(clip))) => match self.offer(&clip, clipboard) {
                Ok(()) => Some(Report::Offered { viewer, clip }),
                Err(error) => {
                    tracing::debug!(%error, viewer, "a clip was not taken by the desktop");
                    if !matches!(error, DesktopError::Refused(_)) {
                        lost = Err(error);
                    }
                    refused(Refusal::Failed)
                }
            },
            Some(Err(why)) => refused(why),
        };
        // Before anybody is told, which may take its time.
        if let Some(barrier) = order.barrier {
            self.input.lift(barrier);
        }
        if let Some(report) = report {
            (self.report)(report);
        }
        lost
    }

    fn offer(
        &self,
        clip: &Clip,
        clipboard: Option<&mut dyn Clipboard>,
    ) -> Result<(), DesktopError> {
        let Some(clipboard) = clipboard else {
            return Err(DesktopError::Lost("it is being looked for".to_owned()));
        };
        for &selection in &self.sharing.selections {
            clipboard.offer(selection, clip.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
