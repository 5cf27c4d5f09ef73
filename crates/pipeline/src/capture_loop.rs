//! The capture thread: waits for a change, reads it, leaves it in the mailbox.

use std::sync::Arc;
use std::time::Instant;

use selkies_desktop::Desktop;
use selkies_media::pacing::Cadence;
use selkies_media::{Clock, Size};

use crate::mailbox::Mailbox;
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
        while let Some(framerate) = self.mailbox.worth_capturing() {
            cadence.set_framerate(framerate);
            let early = cadence.due().since(self.clock.stamp(Instant::now()));
            if !early.is_zero() && !self.mailbox.sleep(early) {
                break;
            }
            let Some(frame) = source.next(LONGEST_WAIT).map_err(Notice::SourceFailed)? else {
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
