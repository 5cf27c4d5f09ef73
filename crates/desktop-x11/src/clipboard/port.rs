//! What the clipboard asks of the X server, request by request.

use std::cell::Cell;
use std::time::Duration;

use selkies_desktop::DesktopError;
use x11rb::NONE;
use x11rb::connection::{Connection, RequestConnection, SequenceNumber};
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask,
    GetPropertyReply, PropMode, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent,
    SelectionRequestEvent, Timestamp, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::targets::Atoms;
use crate::bell::Bell;
use crate::extensions::require_xfixes;
use crate::failure::{broken, failed, lost, not_made};
use crate::screen;
use crate::server::Server;
use crate::wire::XConnection;

/// Bytes that are read or written at a time. The server handles nobody else meanwhile.
pub(super) const PIECE: usize = 256 << 10;
/// Of a request that carries a piece, what is not the piece.
const OVERHEAD: usize = 64;

/// A connection that copies and pastes.
#[derive(Debug)]
pub(super) struct Port {
    connection: XConnection,
    pub(super) atoms: Atoms,
    pub(super) bell: Bell,
    root: Window,
    /// Owns what we offer.
    pub(super) window: Window,
    /// Bytes that go in one piece.
    pub(super) piece: usize,
    /// Where an answer was taken to its end, for the next one.
    spare: Cell<Option<Window>>,
}

impl Port {
    pub(super) fn connect(server: &Server) -> Result<Self, DesktopError> {
        let (connection, number) = server.connect()?;
        require_xfixes(&connection)?;
        let atoms = Atoms::new(&connection)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        let root = screen::screen(&connection, number)?.root;
        let piece = connection
            .maximum_request_bytes()
            .saturating_sub(OVERHEAD)
            .min(PIECE);
        let mut port = Self {
            connection,
            atoms,
            bell: Bell::new().map_err(lost)?,
            root,
            window: NONE,
            piece,
            spare: Cell::new(None),
        };
        port.window = port.make_window()?;
        Ok(port)
    }

    /// Announces every new owner of `selection`.
    pub(super) fn watch(&self, selection: Atom) -> Result<(), DesktopError> {
        let all = SelectionEventMask::SET_SELECTION_OWNER
            | SelectionEventMask::SELECTION_WINDOW_DESTROY
            | SelectionEventMask::SELECTION_CLIENT_CLOSE;
        self.connection
            .xfixes_select_selection_input(self.window, selection, all)
            .map_err(broken)?
            .check()
            .map_err(failed)
    }

    pub(super) fn owner(&self, selection: Atom) -> Result<Window, DesktopError> {
        let asked = self.connection.get_selection_owner(selection);
        Ok(asked.map_err(broken)?.reply().map_err(failed)?.owner)
    }

    /// Makes `owner` the owner, unless there is a newer one than of `time`. Returns the number of
    /// the request: what an event with a smaller one tells was so before.
    ///
    /// With `CURRENT_TIME` nothing that happened before can undo it; what time that was, the
    /// announcement tells.
    pub(super) fn own(
        &self,
        selection: Atom,
        owner: Window,
        time: Timestamp,
    ) -> Result<SequenceNumber, DesktopError> {
        let sent = self
            .connection
            .set_selection_owner(owner, selection, time)
            .map_err(broken)?;
        Ok(sent.sequence_number())
    }

    pub(super) fn name(&self, name: &str) -> Result<Atom, DesktopError> {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        Ok(asked.map_err(broken)?.reply().map_err(failed)?.atom)
    }

    /// A window for an answer.
    pub(super) fn window_for_answer(&self) -> Result<Window, DesktopError> {
        match self.spare.take() {
            Some(window) => Ok(window),
            None => self.make_window(),
        }
    }

    /// The answer was taken to its end. The window stays: its owner may still turn to it, and not
    /// every program survives that it is gone.
    pub(super) fn keep_for_answers(&self, window: Window) -> Result<(), DesktopError> {
        match self.spare.replace(Some(window)) {
            Some(other) => self.destroy(other),
            None => Ok(()),
        }
    }

    /// An invisible window that is told of its properties.
    fn make_window(&self) -> Result<Window, DesktopError> {
        let window = self.connection.generate_id().map_err(not_made)?;
        let hidden = CreateWindowAux::new()
            .override_redirect(1)
            .event_mask(EventMask::PROPERTY_CHANGE);
        self.connection
            .create_window(
                0,
                window,
                self.root,
                -1,
                -1,
                1,
                1,
                0,
                WindowClass::INPUT_ONLY,
                x11rb::COPY_FROM_PARENT,
                &hidden,
            )
            .map_err(broken)?;
        Ok(window)
    }

    pub(super) fn destroy(&self, window: Window) -> Result<(), DesktopError> {
        self.connection.destroy_window(window).map_err(broken)?;
        Ok(())
    }

    /// Whether a window is one of ours.
    pub(super) fn is_ours(&self, window: Window) -> bool {
        let setup = self.connection.setup();
        window & !setup.resource_id_mask == setup.resource_id_base
    }

    /// Asks the owner of `selection` for it.
    pub(super) fn convert(
        &self,
        window: Window,
        selection: Atom,
        target: Atom,
        time: Timestamp,
    ) -> Result<(), DesktopError> {
        self.connection
            .convert_selection(window, selection, target, self.atoms._SELKIES_CLIP, time)
            .map_err(broken)?;
        Ok(())
    }

    /// A piece of a property, from the `offset`th four bytes on. It is deleted with its last piece.
    /// `None`: it has become shorter than that.
    pub(super) fn take(
        &self,
        window: Window,
        offset: u32,
    ) -> Result<Option<GetPropertyReply>, DesktopError> {
        const LENGTH: u32 = (PIECE / 4) as u32;
        let property = self.atoms._SELKIES_CLIP;
        let asked = self
            .connection
            .get_property(true, window, property, AtomEnum::ANY, offset, LENGTH)
            .map_err(broken)?;
        match asked.reply().map_err(failed) {
            Ok(reply) => Ok(Some(reply)),
            Err(DesktopError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Pairs of atoms that somebody left for us at a window of theirs; at most `most` atoms.
    pub(super) fn pairs(
        &self,
        window: Window,
        property: Atom,
        most: u32,
    ) -> Result<Option<Vec<Atom>>, DesktopError> {
        let asked = self
            .connection
            .get_property(false, window, property, AtomEnum::ANY, 0, most)
            .map_err(broken)?;
        match asked.reply().map_err(failed) {
            Ok(reply) if reply.bytes_after == 0 => Ok(reply.value32().map(Iterator::collect)),
            Ok(_) | Err(DesktopError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Leaves bytes at a window of somebody else.
    pub(super) fn put(
        &self,
        window: Window,
        property: Atom,
        kind: Atom,
        bytes: &[u8],
    ) -> Result<(), DesktopError> {
        self.connection
            .change_property8(PropMode::REPLACE, window, property, kind, bytes)
            .map_err(broken)?;
        Ok(())
    }

    /// Leaves numbers or atoms.
    pub(super) fn put_words(
        &self,
        window: Window,
        property: Atom,
        kind: Atom,
        words: &[u32],
    ) -> Result<(), DesktopError> {
        self.connection
            .change_property32(PropMode::REPLACE, window, property, kind, words)
            .map_err(broken)?;
        Ok(())
    }

    /// Whether we are told what happens to a window of somebody else and its properties.
    pub(super) fn listen_to(&self, window: Window, listen: bool) -> Result<(), DesktopError> {
        let events = if listen {
            EventMask::PROPERTY_CHANGE | EventMask::STRUCTURE_NOTIFY
        } else {
            EventMask::NO_EVENT
        };
        let change = ChangeWindowAttributesAux::new().event_mask(events);
        self.connection
            .change_window_attributes(window, &change)
            .map_err(broken)?;
        Ok(())
    }

    /// Tells who asked that the answer is at `property`; `NONE`: there is no answer.
    pub(super) fn answer(
        &self,
        request: &SelectionRequestEvent,
        property: Atom,
    ) -> Result<(), DesktopError> {
        let answer = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: request.requestor,
            selection: request.selection,
            target: request.target,
            property,
        };
        self.connection
            .send_event(false, request.requestor, EventMask::NO_EVENT, answer)
            .map_err(broken)?;
        Ok(())
    }

    /// The next event that has arrived, with the number of the request it came after.
    pub(super) fn event(&self) -> Result<Option<(Event, SequenceNumber)>, DesktopError> {
        self.connection
            .poll_for_event_with_sequence()
            .map_err(broken)
    }

    pub(super) fn flush(&self) -> Result<(), DesktopError> {
        self.connection.flush().map_err(broken)
    }

    /// Waits for an event or the bell.
    pub(super) fn wait(&self, patience: Duration) -> Result<(), DesktopError> {
        let stream = self.connection.stream();
        stream
            .readable_within(&self.bell, patience)
            .map(drop)
            .map_err(lost)
    }
}
