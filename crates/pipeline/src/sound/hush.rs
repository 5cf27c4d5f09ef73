//! Decides when silence has lasted long enough to stop sending it.

use std::time::Duration;

use selkies_media::sound::FrameDuration;

/// So much silence is sent before it stops, so that what rings in a decoder has died away.
const TAIL: Duration = Duration::from_millis(300);

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Send,
    /// Remember it: it may be wanted in front of the next one.
    Keep,
    /// Sound again. The frame before goes first: codecs look at what is around a frame.
    Resume,
}

#[derive(Debug)]
pub(super) struct Hush {
    /// Silent frames in a row, none of them more than what it takes to stop.
    silent: u32,
    enough: u32,
}

impl Hush {
    /// Nothing is sent before the first sound.
    pub(super) fn new(frame: FrameDuration) -> Self {
        let enough = TAIL.as_micros().div_ceil(frame.span().as_micros());
        let enough = u32::try_from(enough).expect("the tail is a few hundred frames at most");
        Self {
            silent: enough,
            enough,
        }
    }

    pub(super) fn judge(&mut self, silent: bool) -> Verdict {
        if silent {
            if self.silent >= self.enough {
                return Verdict::Keep;
            }
            self.silent += 1;
            return Verdict::Send;
        }
        let slept = self.silent >= self.enough;
        self.silent = 0;
        if slept {
            Verdict::Resume
        } else {
            Verdict::Send
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_sent_for_a_while_and_sound_wakes_it_at_once() {
        let mut hush = Hush::new(FrameDuration::Ms10);
        assert_eq!(hush.judge(true), Verdict::Keep, "nothing was heard yet");
        assert_eq!(hush.judge(false), Verdict::Resume);
        assert_eq!(hush.judge(false), Verdict::Send);
        for frame in 0..30 {
            assert_eq!(hush.judge(true), Verdict::Send, "silent frame {frame}");
        }
        assert_eq!(hush.judge(true), Verdict::Keep);
        assert_eq!(hush.judge(true), Verdict::Keep);
        assert_eq!(hush.judge(false), Verdict::Resume);
    }

    #[test]
    fn a_short_pause_is_sent_whole() {
        let mut hush = Hush::new(FrameDuration::Ms60);
        hush.judge(false);
        for _ in 0..4 {
            assert_eq!(hush.judge(true), Verdict::Send);
        }
        assert_eq!(hush.judge(false), Verdict::Send);
    }
}
