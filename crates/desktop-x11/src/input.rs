//! Types and points by XTEST.
//!
//! XTEST presses keys; viewers ask for symbols. For each symbol [`modifiers`] finds a key in the
//! table of [`keymap`], [`keyboard`] presses it and remembers it for the release, and symbols that
//! no key has borrow one from the [`spare`] keys. A held key is repeated by the X server itself, at
//! the user's own rate.

mod company;
mod keyboard;
mod keymap;
mod latin;
mod modifiers;
mod pointer;
mod pong;
mod port;
mod spare;
mod symbol;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, InputEvent, InputSink, Keysym};

use self::keyboard::{Keyboard, Press};
use self::pointer::Pointer;
use self::port::Port;
use self::symbol::Symbol;
use crate::server::Server;

/// So many events may wait for a key to settle; then the caller waits. Enough for the text that an
/// input method or a phone writes at once.
const MOST_WAITING: usize = 1024;

/// Types and points on one X server.
#[derive(Debug)]
pub(crate) struct XInput {
    port: Port,
    keyboard: Keyboard,
    pointer: Pointer,
    waiting: Waiting,
}

/// What has arrived behind a key that cannot be pressed yet.
#[derive(Debug, Default)]
struct Waiting {
    events: VecDeque<InputEvent>,
    /// When to try the first of them.
    until: Option<Instant>,
}

impl XInput {
    pub(crate) fn connect(server: &Server) -> Result<Self, DesktopError> {
        let mut port = Port::connect(server)?;
        let keyboard = Keyboard::new(&mut port)?;
        let pointer = Pointer::new(&mut port)?;
        port.flush()?;
        Ok(Self {
            port,
            keyboard,
            pointer,
            waiting: Waiting::default(),
        })
    }

    /// Carries out what waits, as far as its time has come.
    fn catch_up(&mut self, now: Instant) -> Result<(), DesktopError> {
        if self.waiting.until.is_some_and(|until| now < until) {
            return Ok(());
        }
        self.waiting.until = None;
        while let Some(event) = self.waiting.events.pop_front() {
            if let Press::NotBefore(until) = self.carry_out(event, now)? {
                self.waiting.events.push_front(event);
                self.waiting.until = Some(until);
                break;
            }
        }
        Ok(())
    }

    fn carry_out(&mut self, event: InputEvent, now: Instant) -> Result<Press, DesktopError> {
        match event {
            InputEvent::KeyDown(keysym) => {
                if let Some(symbol) = Symbol::asked(keysym) {
                    return self.keyboard.press(&mut self.port, symbol, now);
                }
            }
            InputEvent::KeyUp(keysym) => {
                if let Some(symbol) = Symbol::asked(keysym) {
                    self.keyboard.release(&mut self.port, symbol)?;
                }
            }
            InputEvent::PauseRepeat(keysym) => {
                if let Some(symbol) = Symbol::asked(keysym) {
                    self.keyboard.pause_repeat(&mut self.port, symbol)?;
                }
            }
            InputEvent::ResumeRepeat(keysym) => {
                if let Some(symbol) = Symbol::asked(keysym) {
                    self.keyboard.resume_repeat(&mut self.port, symbol)?;
                }
            }
            InputEvent::ReleaseKeys => self.keyboard.release_all(&mut self.port)?,
            InputEvent::PointerTo(place) => Pointer::move_to(&mut self.port, place)?,
            InputEvent::PointerBy(distance) => Pointer::move_by(&mut self.port, distance)?,
            InputEvent::Button { button, down } => {
                self.keyboard.return_from_detour(&mut self.port)?;
                self.pointer.button(&mut self.port, button, down)?;
            }
            InputEvent::Scroll { direction, notches } => {
                self.keyboard.return_from_detour(&mut self.port)?;
                Pointer::scroll(&mut self.port, direction, notches)?;
            }
        }
        Ok(Press::Done)
    }

    /// Puts an event behind those that wait.
    fn wait(&mut self, event: InputEvent, now: Instant) -> Result<(), DesktopError> {
        while self.waiting.events.len() >= MOST_WAITING
            && let Some(until) = self.waiting.until
        {
            std::thread::sleep(until.saturating_duration_since(Instant::now()));
            self.catch_up(Instant::now())?;
            self.port.flush()?;
        }
        if let InputEvent::KeyDown(keysym) = event
            && let Some(symbol) = Symbol::asked(keysym)
        {
            let events = &self.waiting.events;
            let awaited = |symbol| awaits(events, symbol);
            self.keyboard
                .prepare(&mut self.port, symbol, now, awaited)?;
        }
        self.waiting.events.push_back(event);
        Ok(())
    }
}

impl InputSink for XInput {
    fn inject(&mut self, event: &InputEvent) -> Result<(), DesktopError> {
        let now = Instant::now();
        self.catch_up(now)?;
        if self.waiting.may_pass(event) {
            if let Press::NotBefore(until) = self.carry_out(*event, now)? {
                self.waiting.events.push_back(*event);
                self.waiting.until = Some(until);
            }
        } else {
            self.wait(*event, now)?;
        }
        self.keyboard.keep_informed(&mut self.port)?;
        self.port.flush()
    }

    fn next_wakeup(&self) -> Option<Duration> {
        let until = self.waiting.until?;
        Some(until.saturating_duration_since(Instant::now()))
    }

    fn wake(&mut self) -> Result<(), DesktopError> {
        self.catch_up(Instant::now())?;
        self.port.flush()
    }
}

impl Drop for XInput {
    fn drop(&mut self) {
        // The server keeps the keys of a client that left down. It is waited for, because what it
        // has not read from a connection that ends it may never carry out. When it is gone itself
        // there is nothing left to release.
        let _ = self
            .keyboard
            .release_all(&mut self.port)
            .and_then(|()| self.pointer.release_all(&mut self.port))
            .and_then(|()| self.port.state());
    }
}

impl Waiting {
    /// Whether an event need not wait: the pointer moves on while keys wait, but a click hits what
    /// is below the pointer at its turn.
    fn may_pass(&self, event: &InputEvent) -> bool {
        match event {
            InputEvent::PointerTo(_) | InputEvent::PointerBy(_) => {
                self.events.iter().all(|waiting| {
                    !matches!(
                        waiting,
                        InputEvent::Button { .. } | InputEvent::Scroll { .. }
                    )
                })
            }
            _ => self.events.is_empty(),
        }
    }
}

fn awaits(events: &VecDeque<InputEvent>, symbol: Symbol) -> bool {
    let is_down = |keysym: Keysym| Symbol::asked(keysym) == Some(symbol);
    events
        .iter()
        .any(|event| matches!(event, InputEvent::KeyDown(keysym) if is_down(*keysym)))
}
