//! One form on its way to us (ICCCM §2.4, §2.7.2).

use std::time::Instant;

use selkies_desktop::DesktopError;
use x11rb::NONE;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, Property, Timestamp, Window};

use super::ANSWER;
use super::port::Port;

/// Takes what arrives. `false`: it is of no use, and no more of it is wanted.
pub(super) trait Sink {
    /// It will have at least so many bytes.
    fn expect(&mut self, bytes: u64) -> bool;
    /// The next bytes, which the owner says are of this kind: words of four bytes, or bytes.
    fn take(&mut self, kind: Atom, format: u8, bytes: &[u8]) -> bool;
}

/// Where a conversion is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Going,
    /// All of it was taken.
    Whole,
    /// The owner does not have it, or what came was of no use.
    Failed,
}

/// A question to an owner. It is asked from a window that no other answer may still come to, so
/// that one that comes too late finds nobody.
#[derive(Debug)]
pub(super) struct Conversion {
    window: Window,
    selection: Atom,
    /// The answer comes piece by piece.
    incremental: bool,
    /// The owner has given up if nothing has come by then.
    pub(super) until: Instant,
}

/// What was found at our window.
enum Found {
    Nothing,
    Bytes(usize),
    /// It will come in pieces.
    Announced,
    Useless,
}

impl Conversion {
    pub(super) fn begin(
        port: &Port,
        selection: Atom,
        target: Atom,
        time: Timestamp,
        now: Instant,
    ) -> Result<Self, DesktopError> {
        let window = port.window_for_answer()?;
        port.convert(window, selection, target, time)?;
        Ok(Self {
            window,
            selection,
            incremental: false,
            until: now + ANSWER,
        })
    }

    /// Takes in what `event` brings.
    pub(super) fn hear(
        &mut self,
        port: &Port,
        event: &Event,
        sink: &mut dyn Sink,
        now: Instant,
    ) -> Result<State, DesktopError> {
        match event {
            Event::SelectionNotify(answer)
                if answer.requestor == self.window
                    && answer.selection == self.selection
                    && !self.incremental =>
            {
                if answer.property == NONE {
                    return Ok(State::Failed);
                }
            }
            Event::PropertyNotify(change)
                if change.window == self.window
                    && change.atom == port.atoms._SELKIES_CLIP
                    && change.state == Property::NEW_VALUE
                    && self.incremental => {}
            _ => return Ok(State::Going),
        }
        self.until = now + ANSWER;
        Ok(match (self.fetch(port, sink)?, self.incremental) {
            (Found::Bytes(0), true) | (Found::Bytes(_), false) => State::Whole,
            // Two pieces may have been found at once; then there is nothing where the second was.
            (Found::Bytes(_) | Found::Nothing, true) => State::Going,
            (Found::Announced, false) => {
                self.incremental = true;
                State::Going
            }
            (Found::Announced, true) | (Found::Nothing, false) | (Found::Useless, _) => {
                State::Failed
            }
        })
    }

    fn fetch(&self, port: &Port, sink: &mut dyn Sink) -> Result<Found, DesktopError> {
        let mut taken = 0;
        loop {
            let Some(offset) = u32::try_from(taken / 4).ok() else {
                return Ok(Found::Useless);
            };
            let Some(piece) = port.take(self.window, offset)? else {
                return Ok(Found::Useless);
            };
            if piece.type_ == NONE {
                return Ok(Found::Nothing);
            }
            if piece.type_ == port.atoms.INCR {
                // Some do not say how much it will be.
                let least = piece.value32().and_then(|mut words| words.next());
                let expected = sink.expect(least.unwrap_or(0).into());
                return Ok(if expected {
                    Found::Announced
                } else {
                    Found::Useless
                });
            }
            let left = u64::from(piece.bytes_after);
            let all = left + piece.value.len() as u64;
            if taken == 0 && !self.incremental && !sink.expect(all) {
                return Ok(Found::Useless);
            }
            let nothing = piece.value.is_empty();
            if !nothing && !sink.take(piece.type_, piece.format, &piece.value) {
                return Ok(Found::Useless);
            }
            taken += piece.value.len();
            if left == 0 {
                return Ok(Found::Bytes(taken));
            }
            if nothing {
                return Ok(Found::Useless);
            }
        }
    }

    /// All of it has come.
    pub(super) fn finish(self, port: &Port) -> Result<(), DesktopError> {
        port.keep_for_answers(self.window)
    }

    /// No more of it is wanted.
    pub(super) fn give_up(self, port: &Port) -> Result<(), DesktopError> {
        port.destroy(self.window)
    }
}
