//! Keeps windows within reach: no frame is larger than the room there is, and after a resize of the
//! screen none is left outside. Window managers move windows back but do not shrink them, and a
//! desktop that was large a moment ago is shown on a phone now.
//!
//! Speaks EWMH (Extended Window Manager Hints 1.5) as a pager does, so the window manager decides.

use std::collections::HashSet;

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, EventMask, Gravity, Window,
};
use x11rb::rust_connection::RustConnection;

use crate::painter::PaintError;

/// More windows than anybody opens; the rest is left alone.
const WINDOWS: u32 = 1024;

x11rb::atom_manager! {
    /// Properties and messages by their names.
    pub(crate) Atoms: AtomsCookie {
        _NET_CLIENT_LIST,
        _NET_FRAME_EXTENTS,
        _NET_MOVERESIZE_WINDOW,
        _NET_WM_STATE,
        _NET_WM_STATE_FULLSCREEN,
        _NET_WM_STATE_HIDDEN,
        _NET_WM_STATE_MAXIMIZED_HORZ,
        _NET_WM_STATE_MAXIMIZED_VERT,
        _NET_WM_WINDOW_TYPE,
        _NET_WM_WINDOW_TYPE_DIALOG,
        _NET_WM_WINDOW_TYPE_NORMAL,
        _NET_WORKAREA,
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rectangle {
    x: i32,
    y: i32,
    width: i32,
    height: i32,
}

/// What has been looked at.
pub(crate) struct Tidy {
    root: Window,
    atoms: Atoms,
    known: HashSet<Window>,
    area: Rectangle,
}

impl Tidy {
    pub(crate) fn new(connection: &RustConnection, root: Window) -> Result<Self, PaintError> {
        Ok(Self {
            root,
            atoms: Atoms::new(connection)?.reply()?,
            known: HashSet::new(),
            area: Rectangle::default(),
        })
    }

    /// True when a change of `property` of the root window may call for [`Self::look`].
    pub(crate) fn concerns(&self, property: Atom) -> bool {
        property == self.atoms._NET_CLIENT_LIST || property == self.atoms._NET_WORKAREA
    }

    /// Looks at all windows if the room for them has changed, else at new ones only: where a person
    /// has put a window, it stays.
    pub(crate) fn look(&mut self, connection: &RustConnection) -> Result<(), PaintError> {
        let list = self.numbers(
            connection,
            self.root,
            self.atoms._NET_CLIENT_LIST,
            AtomEnum::WINDOW,
            WINDOWS,
        )?;
        let room = self.numbers(
            connection,
            self.root,
            self.atoms._NET_WORKAREA,
            AtomEnum::CARDINAL,
            4,
        )?;
        let &[x, y, width, height] = room.as_slice() else {
            return Ok(());
        };
        let area = Rectangle {
            x: signed(x),
            y: signed(y),
            width: signed(width),
            height: signed(height),
        };
        let all = area != self.area;
        for &window in &list {
            if all || !self.known.contains(&window) {
                match self.fit(connection, window, area) {
                    // It may be closed by now.
                    Ok(()) | Err(PaintError::Refused(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        self.known = list.into_iter().collect();
        self.area = area;
        connection.flush()?;
        Ok(())
    }

    fn fit(
        &self,
        connection: &RustConnection,
        window: Window,
        area: Rectangle,
    ) -> Result<(), PaintError> {
        let atoms = &self.atoms;
        let states = self.numbers(connection, window, atoms._NET_WM_STATE, AtomEnum::ATOM, 32)?;
        let kinds = self.numbers(
            connection,
            window,
            atoms._NET_WM_WINDOW_TYPE,
            AtomEnum::ATOM,
            8,
        )?;
        let placed_by_manager = [
            atoms._NET_WM_STATE_FULLSCREEN,
            atoms._NET_WM_STATE_MAXIMIZED_HORZ,
            atoms._NET_WM_STATE_MAXIMIZED_VERT,
            atoms._NET_WM_STATE_HIDDEN,
        ];
        let ordinary = kinds.first().is_none_or(|kind| {
            [
                atoms._NET_WM_WINDOW_TYPE_NORMAL,
                atoms._NET_WM_WINDOW_TYPE_DIALOG,
            ]
            .contains(kind)
        });
        if !ordinary || states.iter().any(|state| placed_by_manager.contains(state)) {
            return Ok(());
        }
        let size = connection.get_geometry(window)?.reply()?;
        let place = connection
            .translate_coordinates(window, self.root, 0, 0)?
            .reply()?;
        let extents = self.numbers(
            connection,
            window,
            atoms._NET_FRAME_EXTENTS,
            AtomEnum::CARDINAL,
            4,
        )?;
        let (left, right, top, bottom) = match *extents.as_slice() {
            [left, right, top, bottom] => {
                (signed(left), signed(right), signed(top), signed(bottom))
            }
            _ => (0, 0, 0, 0),
        };
        let frame = Rectangle {
            x: i32::from(place.dst_x).saturating_sub(left),
            y: i32::from(place.dst_y).saturating_sub(top),
            width: i32::from(size.width)
                .saturating_add(left)
                .saturating_add(right),
            height: i32::from(size.height)
                .saturating_add(top)
                .saturating_add(bottom),
        };
        let wanted = within(frame, area);
        if wanted == frame {
            return Ok(());
        }
        // With static gravity the position is that of the window, not that of its frame. Bits 8 to
        // 11: all four numbers count; bit 13: it is a pager that asks.
        let flags = u32::from(Gravity::STATIC) | 0b1111 << 8 | 1 << 13;
        let positive = |number: i32| u32::try_from(number.max(1)).unwrap_or(1);
        let message = ClientMessageEvent::new(
            32,
            window,
            atoms._NET_MOVERESIZE_WINDOW,
            [
                flags,
                wanted.x.saturating_add(left).cast_unsigned(),
                wanted.y.saturating_add(top).cast_unsigned(),
                positive(wanted.width.saturating_sub(left).saturating_sub(right)),
                positive(wanted.height.saturating_sub(top).saturating_sub(bottom)),
            ],
        );
        let to_manager = EventMask::SUBSTRUCTURE_REDIRECT | EventMask::SUBSTRUCTURE_NOTIFY;
        connection.send_event(false, self.root, to_manager, message)?;
        Ok(())
    }

    fn numbers(
        &self,
        connection: &RustConnection,
        window: Window,
        property: Atom,
        kind: AtomEnum,
        most: u32,
    ) -> Result<Vec<u32>, PaintError> {
        let value = connection
            .get_property(false, window, property, kind, 0, most)?
            .reply()?;
        Ok(value.value32().map(Iterator::collect).unwrap_or_default())
    }
}

fn signed(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(0)
}

/// `frame`, no larger than `area`, moved inside as little as needed.
fn within(frame: Rectangle, area: Rectangle) -> Rectangle {
    let along = |start: i32, length: i32, from: i32, room: i32| {
        let length = length.min(room.max(1));
        let last = from.saturating_add(room.max(1)).saturating_sub(length);
        (start.clamp(from, last.max(from)), length)
    };
    let (x, width) = along(frame.x, frame.width, area.x, area.width);
    let (y, height) = along(frame.y, frame.height, area.y, area.height);
    Rectangle {
        x,
        y,
        width,
        height,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AREA: Rectangle = Rectangle {
        x: 0,
        y: 0,
        width: 390,
        height: 640,
    };

    fn frame(x: i32, y: i32, width: i32, height: i32) -> Rectangle {
        Rectangle {
            x,
            y,
            width,
            height,
        }
    }

    #[test]
    fn what_is_inside_stays() {
        assert_eq!(
            within(frame(10, 20, 300, 200), AREA),
            frame(10, 20, 300, 200)
        );
    }

    #[test]
    fn what_is_outside_comes_in_and_what_is_too_large_shrinks() {
        assert_eq!(
            within(frame(600, 20, 300, 200), AREA),
            frame(90, 20, 300, 200)
        );
        assert_eq!(
            within(frame(248, 86, 784, 490), AREA),
            frame(0, 86, 390, 490)
        );
        assert_eq!(within(frame(-50, -50, 9000, 9000), AREA), AREA);
        assert_eq!(
            within(frame(i32::MIN, i32::MAX, i32::MAX, i32::MAX), AREA),
            AREA
        );
    }

    #[test]
    fn no_room_is_no_reason_to_panic() {
        let nothing = frame(5, 5, 0, 0);
        assert_eq!(within(frame(0, 0, 10, 10), nothing), frame(5, 5, 1, 1));
    }
}
