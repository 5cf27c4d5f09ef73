//! Whether the program that gets the keys has read them. Window managers find out whether programs
//! hang by `_NET_WM_PING` (Extended Window Manager Hints, root window properties and messages), and
//! a program answers it when it has come to it among its other events. So whoever has answered
//! knows all keys pressed before.

use selkies_desktop::DesktopError;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask,
    Window,
};

use crate::failure::{broken, failed};
use crate::wire::XConnection;

/// Windows are not nested deeper.
const DEEPEST: usize = 16;

/// More protocols than there are.
const MOST_PROTOCOLS: u32 = 64;

/// Asks programs for an answer, one at a time.
#[derive(Debug)]
pub(super) struct Pong {
    root: Window,
    protocols: Atom,
    ping: Atom,
    /// What stands in the message, so that it is not taken for a window manager's.
    number: u32,
    waiting: bool,
}

impl Pong {
    pub(super) fn new(connection: &XConnection, root: Window) -> Result<Self, DesktopError> {
        let atom = |name: &[u8]| connection.intern_atom(false, name).map_err(broken);
        let (protocols, ping) = (atom(b"WM_PROTOCOLS")?, atom(b"_NET_WM_PING")?);
        Ok(Self {
            root,
            protocols: protocols.reply().map_err(failed)?.atom,
            ping: ping.reply().map_err(failed)?.atom,
            number: std::process::id().rotate_left(16),
            waiting: false,
        })
    }

    /// Asks the program that has the keyboard. Nothing happens if it knows no such questions.
    pub(super) fn ask(&mut self, connection: &XConnection) -> Result<(), DesktopError> {
        let Some(window) = self.find(connection)? else {
            return Ok(());
        };
        self.number = self.number.wrapping_add(1);
        self.waiting = true;
        // The answer goes to the root window.
        self.listen(connection, EventMask::SUBSTRUCTURE_NOTIFY)?;
        let content = [self.ping, self.number, window, 0, 0];
        let question = ClientMessageEvent::new(32, window, self.protocols, content);
        let sent = connection.send_event(false, window, EventMask::NO_EVENT, question);
        sent.map(drop).map_err(broken)
    }

    /// Whether this is the answer to the last question.
    pub(super) fn hear(
        &mut self,
        connection: &XConnection,
        answer: &ClientMessageEvent,
    ) -> Result<bool, DesktopError> {
        let is_it = self.waiting
            && answer.format == 32
            && answer.type_ == self.protocols
            && answer
                .data
                .as_data32()
                .starts_with(&[self.ping, self.number]);
        if is_it {
            self.forget(connection)?;
        }
        Ok(is_it)
    }

    /// Waits no longer.
    pub(super) fn forget(&mut self, connection: &XConnection) -> Result<(), DesktopError> {
        if std::mem::take(&mut self.waiting) {
            self.listen(connection, EventMask::NO_EVENT)?;
        }
        Ok(())
    }

    fn listen(&self, connection: &XConnection, mask: EventMask) -> Result<(), DesktopError> {
        let mask = ChangeWindowAttributesAux::new().event_mask(mask);
        let changed = connection.change_window_attributes(self.root, &mask);
        changed.map(drop).map_err(broken)
    }

    /// The window with the keyboard or the nearest around it whose program answers.
    fn find(&self, connection: &XConnection) -> Result<Option<Window>, DesktopError> {
        let focus = connection.get_input_focus().map_err(broken)?;
        let mut window = focus.reply().map_err(failed)?.focus;
        for _ in 0..DEEPEST {
            // None and PointerRoot are no windows.
            if window <= 1 || window == self.root {
                break;
            }
            let protocols = connection
                .get_property(
                    false,
                    window,
                    self.protocols,
                    AtomEnum::ATOM,
                    0,
                    MOST_PROTOCOLS,
                )
                .map_err(broken)?;
            let tree = connection.query_tree(window).map_err(broken)?;
            let protocols = protocols.reply_unchecked().map_err(broken)?;
            let mut protocols = protocols
                .iter()
                .filter_map(|reply| reply.value32())
                .flatten();
            if protocols.any(|protocol| protocol == self.ping) {
                return Ok(Some(window));
            }
            // Windows may go at any time.
            let Some(tree) = tree.reply_unchecked().map_err(broken)? else {
                break;
            };
            window = tree.parent;
        }
        Ok(None)
    }
}
