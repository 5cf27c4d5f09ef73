//! Looks after the size of the desktop and whether it is there at all.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop, DesktopError, Outputs};
use selkies_media::Size;

use super::{After, RETRY, Report};

/// Between two looks at the size and the health of the display server.
const LOOK: Duration = Duration::from_secs(2);
/// Before a desktop is tried again that is there but could not be captured.
const SECOND_CHANCE: Duration = Duration::from_secs(2);

pub(super) enum Order {
    Resize(Size),
    /// Somebody could not use the desktop: see what is the matter and report.
    Check,
}

/// Looks after the size and the health of the desktop.
pub(super) struct Keeper {
    pub(super) desktop: Arc<dyn Desktop>,
    pub(super) orders: Receiver<Order>,
    pub(super) report: Arc<dyn Fn(Report) + Send + Sync>,
}

impl Keeper {
    pub(super) fn run(self) {
        let mut known_lost = false;
        loop {
            match self
                .desktop
                .outputs()
                .and_then(|mut outputs| Ok((outputs.size()?, outputs)))
            {
                Ok((size, mut outputs)) => {
                    known_lost = false;
                    (self.report)(Report::Up(size));
                    match self.serve(&mut *outputs, size) {
                        After::End => return,
                        After::ConnectAgain(error) => self.tell_lost(&mut known_lost, &error),
                    }
                }
                Err(error) => self.tell_lost(&mut known_lost, &error),
            }
            if !self.rest(RETRY) {
                return;
            }
        }
    }

    /// The first failure of a row is news; the attempts after it are not.
    fn tell_lost(&self, known: &mut bool, error: &DesktopError) {
        if !std::mem::replace(known, true) {
            (self.report)(Report::Lost(error.to_string()));
        }
    }

    fn serve(&self, outputs: &mut dyn Outputs, mut size: Size) -> After {
        loop {
            let outcome = match self.orders.recv_timeout(LOOK) {
                Ok(Order::Resize(wanted)) => resize(outputs, wanted).map(|new| {
                    size = new;
                    (self.report)(Report::Resized { size, answer: true });
                }),
                // It may be gone for good, which shows at once, or only have refused something.
                Ok(Order::Check) => match outputs.size() {
                    Ok(_) if !self.rest(SECOND_CHANCE) => return After::End,
                    Ok(_) => outputs.size().map(|new| {
                        size = new;
                        (self.report)(Report::Up(size));
                    }),
                    Err(error) => Err(error),
                },
                Err(RecvTimeoutError::Timeout) => outputs.size().map(|new| {
                    if std::mem::replace(&mut size, new) != new {
                        (self.report)(Report::Resized {
                            size,
                            answer: false,
                        });
                    }
                }),
                Err(RecvTimeoutError::Disconnected) => return After::End,
            };
            if let Err(error) = outcome {
                return After::ConnectAgain(error);
            }
        }
    }

    /// Waits, deaf to orders: they are for a desktop that is not there. `false`: nobody gives any
    /// more.
    fn rest(&self, span: Duration) -> bool {
        let until = Instant::now() + span;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.orders.recv_timeout(left) {
                Ok(Order::Resize(_) | Order::Check) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

/// The size the desktop has afterwards, which is the old one when it cannot be changed.
fn resize(outputs: &mut dyn Outputs, wanted: Size) -> Result<Size, DesktopError> {
    match outputs.resize(wanted) {
        Err(DesktopError::Refused(why)) => {
            tracing::warn!(%wanted, why, "the desktop keeps its size");
            outputs.size()
        }
        outcome => outcome,
    }
}
