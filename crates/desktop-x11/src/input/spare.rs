//! The spare keys: keycodes of the server's map that mean nothing, lent to symbols that no key
//! has.

use std::time::{Duration, Instant};

use super::keymap::{Keycode, Keymap};
use super::symbol::Symbol;

/// Programs learn of a new meaning by an event and fetch the map when they have read it. A key
/// that is pressed at once can be looked up in the old map.
pub(super) const SETTLE: Duration = Duration::from_millis(10);

/// How long a pressed key keeps its meaning, unless the program has said earlier that it has read
/// it: a program that is behind looks the key up when it gets there.
pub(super) const GRACE: Duration = Duration::from_secs(1);

/// What a symbol can get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loan {
    /// This key, which is now to be given the meaning.
    Key(Keycode),
    /// None before then.
    Later(Instant),
    /// None as long as all are busy.
    AllBusy,
}

/// Which spare key means what. A meaning stays until its key is needed for another one and all
/// keys are taken; then the one that was used least recently changes.
#[derive(Debug, Default)]
pub(super) struct Pool {
    /// From the least to the most recently used.
    spares: Vec<Spare>,
}

#[derive(Debug)]
struct Spare {
    code: Keycode,
    symbol: Option<Symbol>,
    /// When programs are expected to know the meaning.
    settled: Option<Instant>,
    pressed: Option<Instant>,
}

impl Pool {
    /// Takes over the spare keys of a map that has been read again. What was lent and still is,
    /// keeps its place in the order.
    pub(super) fn adopt(&mut self, map: &Keymap) {
        let known = |code, symbol| {
            let mut spares = self.spares.iter();
            spares.any(|spare| (spare.code, spare.symbol) == (code, Some(symbol)))
        };
        let mut found: Vec<_> = map.spares(known).collect();
        self.spares.retain_mut(|spare| {
            let Some(place) = found.iter().position(|(code, _)| *code == spare.code) else {
                return false;
            };
            spare.symbol = found.swap_remove(place).1;
            true
        });
        found.sort_by_key(|(code, symbol)| (symbol.is_some(), *code));
        let fresh = found.into_iter().map(|(code, symbol)| Spare {
            code,
            symbol,
            settled: None,
            pressed: None,
        });
        self.spares.splice(0..0, fresh);
    }

    /// Finds a key for `symbol` among those that are not `busy`, and notes that it has it.
    pub(super) fn lend(
        &mut self,
        symbol: Symbol,
        now: Instant,
        busy: impl Fn(Keycode, Option<Symbol>) -> bool,
    ) -> Loan {
        let blank = self.blank().filter(|_| self.spares.len() > 1);
        let mut free = self
            .spares
            .iter()
            .enumerate()
            .filter(|(_, spare)| Some(spare.code) != blank && !busy(spare.code, spare.symbol));
        let Some(first) = free.next() else {
            return Loan::AllBusy;
        };
        let (place, spare) = if first.1.symbol.is_none() {
            first
        } else {
            free.find(|(_, spare)| spare.symbol.is_none())
                .unwrap_or(first)
        };
        if let Some(pressed) = spare.pressed.filter(|_| spare.symbol.is_some())
            && now < pressed + GRACE
        {
            return Loan::Later(pressed + GRACE);
        }
        let mut spare = self.spares.remove(place);
        let code = spare.code;
        spare.symbol = Some(symbol);
        spare.settled = Some(now + SETTLE);
        spare.pressed = None;
        self.spares.push(spare);
        Loan::Key(code)
    }

    /// When `code` may be pressed, if that is not yet.
    pub(super) fn unsettled(&self, code: Keycode, now: Instant) -> Option<Instant> {
        let spare = self.spares.iter().find(|spare| spare.code == code)?;
        spare.settled.filter(|settled| now < *settled)
    }

    /// Notes that `code` is pressed, if it is a spare key.
    pub(super) fn pressed(&mut self, code: Keycode, now: Instant) {
        if let Some(place) = self.spares.iter().position(|spare| spare.code == code) {
            let mut spare = self.spares.remove(place);
            spare.pressed = Some(now);
            self.spares.push(spare);
        }
    }

    /// A key that means nothing. One is kept, unless there is only one spare key.
    pub(super) fn blank(&self) -> Option<Keycode> {
        let blank = self.spares.iter().rfind(|spare| spare.symbol.is_none());
        blank.map(|spare| spare.code)
    }

    /// Notes that programs know the meaning of what was pressed before.
    pub(super) fn read(&mut self, before: Instant) {
        for spare in &mut self.spares {
            spare.pressed = spare.pressed.filter(|pressed| *pressed > before);
        }
    }

    /// Whether `code` is a spare key.
    pub(super) fn has(&self, code: Keycode) -> bool {
        self.spares.iter().any(|spare| spare.code == code)
    }
}

#[cfg(test)]
mod tests;
