//! Others that type and point on the same server. To the server all of them are one keyboard and
//! one pointer, so each says what it holds, and nobody lets go of what another one holds.
//!
//! Each has a window that is never shown and ends with its connection; the root window lists them,
//! and a property of each tells the keys and buttons.

use selkies_desktop::DesktopError;
use x11rb::COPY_DEPTH_FROM_PARENT;
use x11rb::connection::Connection;
use x11rb::cookie::Cookie;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask,
    GetPropertyReply, PropMode, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::keymap::Keycode;
use crate::failure::{broken, failed};
use crate::wire::XConnection;

/// The property, of the root window and of the others.
const NAME: &[u8] = b"_SELKIES_HANDS";

/// More than anyone has use for; a list is read up to here.
const MOST_OTHERS: u32 = 64;

/// Keys, then buttons.
const BYTES: usize = 34;

/// What somebody holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Holds {
    /// A bit for each keycode.
    keys: [u8; 32],
    /// A bit for each button.
    buttons: u16,
}

impl Holds {
    pub(super) fn set_key(&mut self, Keycode(code): Keycode, down: bool) {
        if let Some(byte) = self.keys.get_mut(usize::from(code / 8)) {
            let bit = 1 << (code % 8);
            *byte = if down { *byte | bit } else { *byte & !bit };
        }
    }

    pub(super) fn set_button(&mut self, number: u8, down: bool) {
        let bit = 1_u16.checked_shl(number.into()).unwrap_or(0);
        self.buttons = if down {
            self.buttons | bit
        } else {
            self.buttons & !bit
        };
    }

    pub(super) fn has_key(&self, Keycode(code): Keycode) -> bool {
        let byte = self.keys.get(usize::from(code / 8));
        byte.is_some_and(|byte| byte & (1 << (code % 8)) != 0)
    }

    pub(super) fn has_button(&self, number: u8) -> bool {
        1_u16.checked_shl(number.into()).unwrap_or(0) & self.buttons != 0
    }

    pub(super) fn keys(self) -> impl Iterator<Item = Keycode> {
        (0..=u8::MAX)
            .map(Keycode)
            .filter(move |code| self.has_key(*code))
    }

    pub(super) fn buttons(self) -> impl Iterator<Item = u8> {
        (0..16).filter(move |number| self.has_button(*number))
    }

    fn bytes(&self) -> [u8; BYTES] {
        let mut bytes = [0; BYTES];
        let (keys, buttons) = bytes.split_at_mut(self.keys.len());
        keys.copy_from_slice(&self.keys);
        buttons.copy_from_slice(&self.buttons.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let (keys, buttons) = bytes.split_first_chunk()?;
        let buttons = u16::from_le_bytes(buttons.try_into().ok()?);
        Some(Self {
            keys: *keys,
            buttons,
        })
    }
}

/// Us among the others.
#[derive(Debug)]
pub(super) struct Company {
    root: Window,
    window: Window,
    property: Atom,
    others: Vec<(Window, Holds)>,
    /// Somebody has joined since [`Self::hear`].
    joined: bool,
}

impl Company {
    /// Joins the others.
    pub(super) fn join(connection: &XConnection, root: Window) -> Result<Self, DesktopError> {
        let atom = connection.intern_atom(false, NAME).map_err(broken)?;
        let property = atom.reply().map_err(failed)?.atom;
        let window = connection
            .generate_id()
            .map_err(|error| DesktopError::Lost(error.to_string()))?;
        let hidden = CreateWindowAux::new().override_redirect(1);
        connection
            .create_window(
                COPY_DEPTH_FROM_PARENT,
                window,
                root,
                -1,
                -1,
                1,
                1,
                0,
                WindowClass::INPUT_ONLY,
                0,
                &hidden,
            )
            .map_err(broken)?;
        let mut company = Self {
            root,
            window,
            property,
            others: Vec::new(),
            joined: false,
        };
        company.tell(connection, &Holds::default())?;
        company.enlist(connection)?;
        Ok(company)
    }

    /// Says what we hold from now on.
    pub(super) fn tell(&self, connection: &XConnection, ours: &Holds) -> Result<(), DesktopError> {
        let told = connection.change_property8(
            PropMode::REPLACE,
            self.window,
            self.property,
            AtomEnum::CARDINAL,
            &ours.bytes(),
        );
        told.map(drop).map_err(broken)
    }

    /// Asks who is there; [`Self::hear`] takes the answer.
    pub(super) fn ask<'c>(
        &self,
        connection: &'c XConnection,
    ) -> Result<Cookie<'c, XConnection, GetPropertyReply>, DesktopError> {
        let (root, list) = (self.root, self.property);
        connection
            .get_property(false, root, list, AtomEnum::WINDOW, 0, MOST_OTHERS)
            .map_err(broken)
    }

    /// Learns what the others hold now. Returns what those held who ended without letting go.
    pub(super) fn hear(
        &mut self,
        connection: &XConnection,
        answer: Cookie<'_, XConnection, GetPropertyReply>,
    ) -> Result<Vec<Holds>, DesktopError> {
        let answer = answer.reply().map_err(failed)?;
        self.joined = false;
        let listed: Vec<_> = answer.value32().into_iter().flatten().collect();
        if listed == [self.window] {
            self.others.clear();
            return Ok(Vec::new());
        }
        let present = self.visit(connection, &listed)?;
        let gone = |window| !present.iter().any(|(other, _)| *other == window);
        let left = self.others.iter().filter(|(window, _)| gone(*window));
        let left: Vec<_> = left.map(|(_, holds)| *holds).collect();
        self.others = present;
        if !left.is_empty() || !listed.contains(&self.window) {
            self.enlist(connection)?;
        }
        Ok(left)
    }

    /// Whether somebody else holds this key.
    pub(super) fn holds_key(&self, code: Keycode) -> bool {
        self.others.iter().any(|(_, holds)| holds.has_key(code))
    }

    /// Whether somebody else holds this button.
    pub(super) fn holds_button(&self, number: u8) -> bool {
        let mut others = self.others.iter();
        others.any(|(_, holds)| holds.has_button(number))
    }

    /// Whether there is nobody else.
    pub(super) const fn is_alone(&self) -> bool {
        self.others.is_empty() && !self.joined
    }

    /// Takes in that somebody has joined, if this says so.
    pub(super) fn notice(&mut self, message: &ClientMessageEvent) {
        self.joined |= message.type_ == self.property;
    }

    /// The keys that others hold.
    pub(super) fn keys(&self) -> impl Iterator<Item = Keycode> {
        self.others.iter().flat_map(|(_, holds)| holds.keys())
    }

    /// Puts us into the list and takes out who is gone. Nobody else may do so meanwhile.
    fn enlist(&mut self, connection: &XConnection) -> Result<(), DesktopError> {
        connection.grab_server().map_err(broken)?;
        let list = self.ask(connection)?.reply().map_err(failed)?;
        let listed: Vec<_> = list.value32().into_iter().flatten().collect();
        self.others = self.visit(connection, &listed)?;
        let mut all: Vec<_> = self.others.iter().map(|(window, _)| *window).collect();
        for other in &all {
            let news =
                ClientMessageEvent::new(32, *other, self.property, [self.window, 0, 0, 0, 0]);
            connection
                .send_event(false, *other, EventMask::NO_EVENT, news)
                .map_err(broken)?;
        }
        all.push(self.window);
        connection
            .change_property32(
                PropMode::REPLACE,
                self.root,
                self.property,
                AtomEnum::WINDOW,
                &all,
            )
            .map_err(broken)?;
        connection.ungrab_server().map(drop).map_err(broken)
    }

    /// Those of the listed that are there, and what they hold.
    fn visit(
        &self,
        connection: &XConnection,
        listed: &[Window],
    ) -> Result<Vec<(Window, Holds)>, DesktopError> {
        let others = listed.iter().filter(|window| **window != self.window);
        let asked: Vec<_> = others
            .map(|window| {
                let length = BYTES.div_ceil(4) as u32;
                let property = self.property;
                let asked = connection.get_property(
                    false,
                    *window,
                    property,
                    AtomEnum::CARDINAL,
                    0,
                    length,
                );
                asked.map(|cookie| (*window, cookie)).map_err(broken)
            })
            .collect::<Result<_, _>>()?;
        let mut present = Vec::new();
        for (window, cookie) in asked {
            // An error is a window that is gone; so is one without the property, which has taken its
            // number.
            if let Some(reply) = cookie.reply_unchecked().map_err(broken)?
                && let Some(holds) = Holds::read(&reply.value)
            {
                present.push((window, holds));
            }
        }
        Ok(present)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_what_is_read() {
        let mut holds = Holds::default();
        for code in [8, 97, 255] {
            holds.set_key(Keycode(code), true);
        }
        holds.set_key(Keycode(97), false);
        holds.set_button(9, true);
        let read = Holds::read(&holds.bytes()).expect("whole");
        assert_eq!(read, holds);
        assert_eq!(read.keys().collect::<Vec<_>>(), [8, 255].map(Keycode));
        assert_eq!(read.buttons().collect::<Vec<_>>(), [9]);
    }

    #[test]
    fn a_property_of_another_length_tells_nothing() {
        for length in [0, 1, 33, 35, 200] {
            assert_eq!(Holds::read(&vec![0xff; length]), None, "{length}");
        }
    }
}
