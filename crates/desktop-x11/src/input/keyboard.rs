//! The keys that are down, and what had to happen to the modifiers for the newest of them.

use std::time::{Duration, Instant};

use selkies_desktop::DesktopError;

use super::keymap::{Keycode, Keymap, Mods};
use super::modifiers::{Standing, Way, meant, way};
use super::port::{KeyboardState, Port};
use super::spare::{GRACE, Loan, Pool};
use super::symbol::Symbol;

/// How often to look for the answer of a program.
const GLANCE: Duration = Duration::from_millis(4);

/// What became of a key press.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Press {
    /// It happened, or nothing can be done about it.
    Done,
    /// It is to be tried again then, and keys and buttons after it have to wait.
    NotBefore(Instant),
}

/// The keyboard as one sink sees it. Each keycode is held for one symbol at most, which bounds
/// what is held.
#[derive(Debug)]
pub(super) struct Keyboard {
    map: Keymap,
    /// The server has told that the table is another one now.
    stale: bool,
    pool: Pool,
    /// From the oldest to the newest.
    held: Vec<Held>,
    detour: Option<Detour>,
    /// A key that is held and was stopped from repeating.
    paused: Option<Keycode>,
    /// When the program was asked whether it has read its keys.
    asked: Option<Instant>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    symbol: Symbol,
    code: Keycode,
    /// What it does to the modifiers.
    sets: Mods,
}

/// The modifiers are not as the viewer holds them, but as the newest key needs them. That lasts
/// until the next key or button, or the release of this one: the server repeats a held key with
/// the modifiers of the moment.
#[derive(Debug)]
struct Detour {
    owner: Keycode,
    added: Vec<Keycode>,
    lifted: Vec<Keycode>,
    /// The locked group to go back to.
    group: Option<u8>,
}

impl Keyboard {
    /// Starts from a keyboard that nobody touches: a process that died may have left keys down and
    /// Caps Lock on.
    pub(super) fn new(port: &mut Port) -> Result<Self, DesktopError> {
        for code in port.keys_down()? {
            port.key(code, false)?;
        }
        // A server with several keyboards has the map of the one used last. The release of a key
        // that is up changes nothing but makes ours that one.
        port.key(port.last_key(), false)?;
        let mut keyboard = Self {
            map: Keymap::default(),
            stale: true,
            pool: Pool::default(),
            held: Vec::new(),
            detour: None,
            paused: None,
            asked: None,
        };
        keyboard.read_map(port)?;
        port.unlock(Mods::LOCK)?;
        Ok(keyboard)
    }

    /// Presses the key that means `symbol`.
    pub(super) fn press(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
        now: Instant,
    ) -> Result<Press, DesktopError> {
        if self.held.iter().any(|held| held.symbol == symbol) {
            self.resume_repeat(port, symbol)?;
            return Ok(Press::Done);
        }
        self.return_from_detour(port)?;
        let (state, standing) = self.stand(port, symbol)?;
        let Some(way) = way(&self.map, symbol, standing) else {
            return self.lend(port, meant(&self.map, symbol, standing), now);
        };
        if let Some(settled) = self.pool.unsettled(way.code, now) {
            return Ok(Press::NotBefore(settled));
        }
        let Some(group) = group_to_lock(state, way.group) else {
            return Ok(Press::Done);
        };
        if let Some(place) = self.held.iter().position(|held| held.code == way.code) {
            self.held.remove(place);
            port.key(way.code, false)?;
        }
        let sets = self.map.sets(way.code, way.group);
        self.take_detour(port, way, state, group)?;
        if sets.is_empty() {
            port.take_over(way.code)?;
        }
        port.key(way.code, true)?;
        self.pool.pressed(way.code, now);
        if sets.is_empty() {
            self.paused = None;
        }
        self.held.push(Held {
            symbol,
            code: way.code,
            sets,
        });
        Ok(Press::Done)
    }

    /// Lets go of the key that was pressed for `symbol`, whatever means it now.
    pub(super) fn release(&mut self, port: &mut Port, symbol: Symbol) -> Result<(), DesktopError> {
        let Some(place) = self.held.iter().position(|held| held.symbol == symbol) else {
            return Ok(());
        };
        let held = self.held.remove(place);
        if let Some(detour) = &mut self.detour
            && let Some(place) = detour.lifted.iter().position(|lifted| *lifted == held.code)
        {
            detour.lifted.swap_remove(place);
            return Ok(());
        }
        port.key(held.code, false)?;
        if self
            .detour
            .as_ref()
            .is_some_and(|detour| detour.owner == held.code)
        {
            self.return_from_detour(port)?;
        }
        Ok(())
    }

    /// Stops the server from repeating the key of `symbol`, if that is the one it repeats, without
    /// letting go of it. A server repeats the key that was pressed last, and when that goes up,
    /// none; so a key that means nothing is tapped.
    pub(super) fn pause_repeat(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
    ) -> Result<(), DesktopError> {
        let Some(repeating) = self.repeating(symbol) else {
            return Ok(());
        };
        let Some(blank) = self.pool.blank() else {
            tracing::debug!("no key is free to stop a repeat with");
            return Ok(());
        };
        self.paused = Some(repeating);
        port.key(blank, true)?;
        port.key(blank, false)
    }

    /// Takes back [`Self::pause_repeat`]. The press of a key that is down is no event; it only
    /// makes the server repeat that key.
    pub(super) fn resume_repeat(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
    ) -> Result<(), DesktopError> {
        let resumed = self
            .paused
            .filter(|code| self.repeating(symbol) == Some(*code));
        let Some(code) = resumed else {
            return Ok(());
        };
        self.paused = None;
        port.key(code, true)
    }

    /// The key that is held for `symbol`, if no other one was pressed since.
    fn repeating(&self, symbol: Symbol) -> Option<Keycode> {
        let newest = self.held.iter().rfind(|held| held.sets.is_empty())?;
        (newest.symbol == symbol).then_some(newest.code)
    }

    /// Lets go of everything and switches Caps Lock off.
    pub(super) fn release_all(&mut self, port: &mut Port) -> Result<(), DesktopError> {
        if let Some(detour) = &mut self.detour {
            let lifted = std::mem::take(&mut detour.lifted);
            self.held.retain(|held| !lifted.contains(&held.code));
        }
        for held in self.held.drain(..).rev() {
            port.key(held.code, false)?;
        }
        self.return_from_detour(port)?;
        port.unlock(Mods::LOCK)
    }

    /// Makes the modifiers what the viewer holds.
    pub(super) fn return_from_detour(&mut self, port: &mut Port) -> Result<(), DesktopError> {
        let Some(detour) = self.detour.take() else {
            return Ok(());
        };
        for code in detour.added.into_iter().rev() {
            port.key(code, false)?;
        }
        for code in detour.lifted {
            port.key(code, true)?;
        }
        detour.group.map_or(Ok(()), |group| port.lock_group(group))
    }

    /// Gives a spare key to a symbol that will be pressed later, so that programs learn of several
    /// at once. `awaited` tells which symbols are to keep theirs.
    pub(super) fn prepare(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
        now: Instant,
        awaited: impl Fn(Symbol) -> bool,
    ) -> Result<(), DesktopError> {
        if symbol.can_be_lent() && self.map.places(symbol).is_empty() {
            let others: Vec<_> = port.held_by_others().collect();
            let held = &self.held;
            let busy = |code, symbol: Option<Symbol>| {
                is_held(held, code) || others.contains(&code) || symbol.is_some_and(&awaited)
            };
            if let Loan::Key(code) = self.pool.lend(symbol, now, busy) {
                port.give_meaning(code, symbol)?;
                self.read_map(port)?;
            }
        }
        Ok(())
    }

    /// Reads what the server tells, which it would otherwise have to keep.
    pub(super) fn keep_informed(&mut self, port: &mut Port) -> Result<(), DesktopError> {
        let news = port.news()?;
        self.stale |= news.map_changed;
        if let Some(asked) = self.asked.take_if(|_| news.pong) {
            self.pool.read(asked);
        }
        Ok(())
    }

    /// When to try again to lend a key that has to keep its meaning until `then`, or until the
    /// program says that it has read it.
    fn await_pong(
        &mut self,
        port: &mut Port,
        then: Instant,
        now: Instant,
    ) -> Result<Instant, DesktopError> {
        if self.asked.is_none_or(|asked| now >= asked + GRACE) {
            self.asked = Some(now);
            port.ask_for_pong()?;
        }
        Ok(then.min(now + GLANCE))
    }

    fn lend(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
        now: Instant,
    ) -> Result<Press, DesktopError> {
        let has_one = self
            .map
            .places(symbol)
            .iter()
            .any(|place| self.pool.has(place.code));
        if has_one || !symbol.can_be_lent() {
            return Ok(Press::Done);
        }
        let others: Vec<_> = port.held_by_others().collect();
        let held = &self.held;
        let busy = |code, _| is_held(held, code) || others.contains(&code);
        match self.pool.lend(symbol, now, busy) {
            Loan::Key(code) => {
                if self.asked.take().is_some() {
                    port.forget_pong()?;
                }
                port.give_meaning(code, symbol)?;
                self.read_map(port)?;
                // A server that refuses would otherwise be asked for ever.
                let given = self
                    .map
                    .places(symbol)
                    .iter()
                    .any(|place| place.code == code);
                let settled = self.pool.unsettled(code, now);
                Ok(settled
                    .filter(|_| given)
                    .map_or(Press::Done, Press::NotBefore))
            }
            Loan::Later(then) => self.await_pong(port, then, now).map(Press::NotBefore),
            Loan::AllBusy => {
                let oldest = self.held.iter().position(|held| self.pool.has(held.code));
                let Some(oldest) = oldest.map(|place| self.held.remove(place)) else {
                    tracing::debug!("a symbol has no key, and there are no spare keys");
                    return Ok(Press::Done);
                };
                port.key(oldest.code, false)?;
                self.lend(port, symbol, now)
            }
        }
    }

    /// How the keyboard stands, by a table that is not older than that.
    fn stand(
        &mut self,
        port: &mut Port,
        symbol: Symbol,
    ) -> Result<(KeyboardState, Standing), DesktopError> {
        self.keep_informed(port)?;
        // The server is not waited for where that can be helped: it may be busy with a picture.
        let mut state = match port.known_state() {
            Some(state) => state,
            None => port.state()?,
        };
        self.keep_informed(port)?;
        if self.stale {
            self.read_map(port)?;
            state = port.state()?;
        }
        if state.locked.has(Mods::LOCK) && !symbol.is_modifier() {
            // Viewers send letters as they are to come out. Some programs capitalise whatever the
            // key is while Caps Lock is on, so it cannot be made up for by Shift.
            port.unlock(Mods::LOCK)?;
            state.mods = state.mods & !Mods::LOCK;
        }
        let ours = self
            .held
            .iter()
            .fold(Mods::NONE, |mods, held| mods | held.sets);
        let others = port.held_by_others();
        let others = others.fold(Mods::NONE, |mods, code| {
            mods | self.map.sets(code, state.group)
        });
        let standing = Standing {
            mods: state.mods,
            liftable: ours & state.held & !state.lasting & !others,
            group: state.group,
        };
        Ok((state, standing))
    }

    fn take_detour(
        &mut self,
        port: &mut Port,
        way: Way,
        state: KeyboardState,
        group: Option<u8>,
    ) -> Result<(), DesktopError> {
        if way.add.is_empty() && way.lift.is_empty() && group.is_none() {
            return Ok(());
        }
        let lifted = self
            .held
            .iter()
            .filter(|held| !(held.sets & way.lift).is_empty());
        let added = way
            .add
            .each()
            .filter_map(|one| self.map.shifter(one, way.group));
        let detour = Detour {
            owner: way.code,
            added: added.collect(),
            lifted: lifted.map(|held| held.code).collect(),
            group: group.map(|_| state.locked_group),
        };
        for code in &detour.lifted {
            port.key(*code, false)?;
        }
        group.map_or(Ok(()), |group| port.lock_group(group))?;
        for code in &detour.added {
            port.key(*code, true)?;
        }
        self.detour = Some(detour);
        Ok(())
    }

    fn read_map(&mut self, port: &mut Port) -> Result<(), DesktopError> {
        self.map = port.keymap()?;
        self.stale = false;
        self.pool.adopt(&self.map);
        Ok(())
    }
}

fn is_held(held: &[Held], code: Keycode) -> bool {
    held.iter().any(|held| held.code == code)
}

/// Which group to lock so that the keyboard is in `wanted`; inside, `None` if it is already. `None`
/// if keys that are down make it unreachable.
fn group_to_lock(state: KeyboardState, wanted: u8) -> Option<Option<u8>> {
    if state.group == wanted {
        return Some(None);
    }
    // Groups that are held or latched are added to the locked one.
    (state.group == state.locked_group).then_some(Some(wanted))
}
