//! The capture thread: waits for a change, reads it, leaves it in the mailbox.

use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_desktop::Desktop;
use selkies_media::pacing::Cadence;
use selkies_media::{Clock, Size};

use crate::mailbox::{Mailbox, Worth};
use crate::{LONGEST_WAIT, Notice};

pub(crate) struct Capture {
    pub(crate) desktop: Arc<dyn Desktop>,
    pub(crate) clock: Clock,
    pub(crate) size: Size,
    pub(crate) framerate: f64,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) tell: Arc<dyn Fn(Notice) + Send + Sync>,
}

impl Capture {
    pub(crate) fn run(self) {
        if let Err(notice) = self.capture() {
            self.mailbox.close();
            (self.tell)(notice);
        }
    }

    fn capture(&self) -> Result<(), Notice> {
        let mut source = self
            .desktop
            .frames(self.clock)
            .map_err(Notice::SourceFailed)?;
        let mut cadence = Cadence::new(self.framerate);
        while let Some(Worth { framerate, at_once }) = self.mailbox.worth_capturing() {
            cadence.set_framerate(framerate);
            let early = cadence.due().since(self.clock.stamp(Instant::now()));
            if !at_once && !early.is_zero() && !self.mailbox.sleep(early) {
                break;
            }
            let patience = if at_once {
                Duration::ZERO
            } else {
                LONGEST_WAIT
            };
            let Some(frame) = source.next(patience).map_err(Notice::SourceFailed)? else {
                self.mailbox.confirm();
                continue;
            };
            if frame.size() != self.size {
                return Err(Notice::SizeChanged(frame.size()));
            }
            cadence.captured(frame.captured);
            if !self.mailbox.put(frame) {
                break;
            }
        }
        Ok(())
    }
}
