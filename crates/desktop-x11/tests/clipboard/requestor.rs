//! A program that pastes.

use std::time::Instant;

use selkies_testkit::XServer;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ConnectionExt as _, CreateWindowAux, EventMask, PropMode, Property, Window,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{CURRENT_TIME, NONE};

use crate::stage::PATIENCE;

/// Where it wants its answers.
const PLACE: &str = "PLACE";

pub(crate) struct Requestor {
    pub(crate) connection: RustConnection,
    pub(crate) window: Window,
    pub(crate) root: Window,
}

impl Requestor {
    pub(crate) fn on(xserver: &XServer) -> Self {
        let (connection, screen) =
            x11rb::connect(Some(xserver.display())).expect("the server is there");
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().expect("there are enough");
        let listening = CreateWindowAux::new().event_mask(EventMask::PROPERTY_CHANGE);
        connection
            .create_window(
                0,
                window,
                root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::INPUT_ONLY,
                0,
                &listening,
            )
            .expect("sent")
            .check()
            .expect("made");
        Self {
            connection,
            window,
            root,
        }
    }

    pub(crate) fn atom(&self, name: &str) -> Atom {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        asked.expect("sent").reply().expect("answered").atom
    }

    pub(crate) fn name(&self, atom: Atom) -> String {
        let asked = self.connection.get_atom_name(atom).expect("sent");
        String::from_utf8(asked.reply().expect("it exists").name).expect("names are ASCII")
    }

    /// Asks for a form of the clipboard.
    pub(crate) fn ask(&self, target: &str) {
        self.ask_for("CLIPBOARD", target, self.atom(PLACE));
    }

    pub(crate) fn ask_for(&self, selection: &str, target: &str, place: Atom) {
        let (selection, target) = (self.atom(selection), self.atom(target));
        self.connection
            .convert_selection(self.window, selection, target, place, CURRENT_TIME)
            .expect("sent");
        self.connection.flush().expect("the server lives");
    }

    /// The next event that is `wanted`.
    pub(crate) fn event(&self, wanted: impl Fn(&Event) -> bool) -> Event {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.connection.poll_for_event().expect("the server lives") {
                Some(event) if wanted(&event) => return event,
                Some(_) => {}
                None => {
                    assert!(Instant::now() < until, "it happens in time");
                    std::thread::sleep(std::time::Duration::from_micros(200));
                }
            }
        }
    }

    /// Where the answer to the last question is; `NONE`: there is none.
    pub(crate) fn answer(&self) -> Atom {
        match self.event(|event| matches!(event, Event::SelectionNotify(_))) {
            Event::SelectionNotify(answer) => answer.property,
            _ => unreachable!("only this was waited for"),
        }
    }

    /// What is at `place`, which is emptied: its kind and its bytes.
    pub(crate) fn take(&self, place: Atom) -> (Atom, Vec<u8>) {
        let asked = self
            .connection
            .get_property(true, self.window, place, AtomEnum::ANY, 0, u32::MAX)
            .expect("sent");
        let found = asked.reply().expect("answered");
        (found.type_, found.value)
    }

    /// The next piece of an answer that comes in pieces.
    pub(crate) fn piece(&self, place: Atom) -> Vec<u8> {
        self.event(|event| {
            matches!(event, Event::PropertyNotify(change)
                if change.atom == place && change.state == Property::NEW_VALUE)
        });
        self.take(place).1
    }

    /// Pastes `target`: what kind it is said to be, and what it is.
    pub(crate) fn paste(&self, target: &str) -> Option<(String, Vec<u8>)> {
        self.paste_from("CLIPBOARD", target)
    }

    pub(crate) fn paste_from(&self, selection: &str, target: &str) -> Option<(String, Vec<u8>)> {
        let place = self.atom(PLACE);
        self.ask_for(selection, target, place);
        if self.answer() == NONE {
            return None;
        }
        Some(self.fetch(place))
    }

    /// The whole answer that begins at `place`.
    pub(crate) fn fetch(&self, place: Atom) -> (String, Vec<u8>) {
        let (kind, bytes) = self.take(place);
        if kind != self.atom("INCR") {
            return (self.name(kind), bytes);
        }
        let mut all = Vec::new();
        loop {
            // What announced it was also a new value.
            self.event(|event| {
                matches!(event, Event::PropertyNotify(change)
                    if change.atom == place && change.state == Property::NEW_VALUE)
            });
            let (kind, bytes) = self.take(place);
            if kind == NONE {
                continue;
            }
            if bytes.is_empty() {
                return (self.name(kind), all);
            }
            all.extend(bytes);
        }
    }

    /// Leaves words at a place, for a question for several forms.
    pub(crate) fn put_words(&self, place: Atom, kind: &str, words: &[u32]) {
        let kind = self.atom(kind);
        self.connection
            .change_property32(PropMode::REPLACE, self.window, place, kind, words)
            .expect("sent");
    }

    pub(crate) fn owner(&self, selection: &str) -> Window {
        let asked = self.connection.get_selection_owner(self.atom(selection));
        asked.expect("sent").reply().expect("answered").owner
    }

    /// Whether another program wants to know what becomes of its window.
    pub(crate) fn is_listened_to(&self) -> bool {
        let asked = self.connection.get_window_attributes(self.window);
        let masks = asked
            .expect("sent")
            .reply()
            .expect("answered")
            .all_event_masks;
        masks.contains(EventMask::STRUCTURE_NOTIFY)
    }

    /// Windows at the top, of all programs.
    pub(crate) fn windows(&self) -> usize {
        let asked = self.connection.query_tree(self.root).expect("sent");
        asked.reply().expect("answered").children.len()
    }
}
