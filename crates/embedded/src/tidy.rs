//! Keeps windows within reach: no frame is larger than the room there is, and after a resize of the
//! screen none is left outside. Window managers move windows back but do not shrink them, and a
//! desktop that was large a moment ago is shown on a phone now. When there is room again, a window
//! that nobody has touched since gets back the size it had.
//!
//! Speaks EWMH (Extended Window Manager Hints 1.5) as a pager does, so the window manager decides.

use std::collections::HashMap;

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

/// No screen leaves less room than this, in pixels.
const SMALLEST: i32 = 64;

/// A window may be this much smaller than what it was told: a terminal is a whole number of letters
/// wide.
const SLACK: i32 = 40;

/// A window that was moved or shrunk from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Displaced {
    /// Where it was before that.
    home: Rectangle,
    /// Where it was when it was told last, and where it is to be since.
    before: Rectangle,
    told: Rectangle,
}

impl Displaced {
    /// True when the window is at `frame` because of us. It may have refused to be as small as it
    /// was told, or be smaller by part of a letter; or nobody has come to our request yet.
    fn explains(&self, frame: Rectangle) -> bool {
        let same = |one: i32, other: i32| one.abs_diff(other) <= 2;
        let took = |length: i32, told: i32, home: i32| {
            (told.saturating_sub(SLACK)..=home.max(told)).contains(&length)
        };
        frame == self.before
            || same(frame.x, self.told.x)
                && same(frame.y, self.told.y)
                && took(frame.width, self.told.width, self.home.width)
                && took(frame.height, self.told.height, self.home.height)
    }
}

/// What a window manager draws around a window.
#[derive(Clone, Copy, Debug, Default)]
struct Borders {
    left: i32,
    right: i32,
    top: i32,
    bottom: i32,
}

impl Borders {
    fn around(self, inner: Rectangle) -> Rectangle {
        Rectangle {
            x: inner.x.saturating_sub(self.left),
            y: inner.y.saturating_sub(self.top),
            width: inner
                .width
                .saturating_add(self.left)
                .saturating_add(self.right),
            height: inner
                .height
                .saturating_add(self.top)
                .saturating_add(self.bottom),
        }
    }

    fn inside(self, frame: Rectangle) -> Rectangle {
        Rectangle {
            x: frame.x.saturating_add(self.left),
            y: frame.y.saturating_add(self.top),
            width: frame
                .width
                .saturating_sub(self.left)
                .saturating_sub(self.right),
            height: frame
                .height
                .saturating_sub(self.top)
                .saturating_sub(self.bottom),
        }
    }
}

/// What has been looked at.
pub(crate) struct Tidy {
    root: Window,
    atoms: Atoms,
    known: HashMap<Window, Option<Displaced>>,
    area: Rectangle,
}

impl Tidy {
    pub(crate) fn new(connection: &RustConnection, root: Window) -> Result<Self, PaintError> {
        Ok(Self {
            root,
            atoms: Atoms::new(connection)?.reply()?,
            known: HashMap::new(),
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
        // While the screen changes there is next to no room for a moment.
        if area.width < SMALLEST || area.height < SMALLEST {
            return Ok(());
        }
        let all = area != self.area;
        let mut known = HashMap::new();
        for window in list {
            let before = self.known.get(&window).copied();
            let displaced = match before {
                Some(unchanged) if !all => unchanged,
                _ => match self.fit(connection, window, area, before.flatten()) {
                    // It may be closed by now.
                    Err(PaintError::Refused(_)) => None,
                    other => other?,
                },
            };
            known.insert(window, displaced);
        }
        self.known = known;
        self.area = area;
        connection.flush()?;
        Ok(())
    }

    /// Returns what is to be remembered of `window`.
    fn fit(
        &self,
        connection: &RustConnection,
        window: Window,
        area: Rectangle,
        displaced: Option<Displaced>,
    ) -> Result<Option<Displaced>, PaintError> {
        if !self.is_placed_by_people(connection, window)? {
            return Ok(displaced);
        }
        let borders = self.borders(connection, window)?;
        let size = connection.get_geometry(window)?.reply()?;
        let place = connection
            .translate_coordinates(window, self.root, 0, 0)?
            .reply()?;
        let inner = Rectangle {
            x: place.dst_x.into(),
            y: place.dst_y.into(),
            width: size.width.into(),
            height: size.height.into(),
        };
        let frame = borders.around(inner);
        let (wanted, displaced) = decide(frame, area, displaced);
        if wanted != frame {
            self.ask(connection, window, borders.inside(wanted))?;
        }
        Ok(displaced)
    }

    /// Not the panel, and nothing that the window manager sizes by itself.
    fn is_placed_by_people(
        &self,
        connection: &RustConnection,
        window: Window,
    ) -> Result<bool, PaintError> {
        let atoms = &self.atoms;
        let atom = AtomEnum::ATOM;
        let states = self.numbers(connection, window, atoms._NET_WM_STATE, atom, 32)?;
        let kinds = self.numbers(connection, window, atoms._NET_WM_WINDOW_TYPE, atom, 8)?;
        let sized = [
            atoms._NET_WM_STATE_FULLSCREEN,
            atoms._NET_WM_STATE_MAXIMIZED_HORZ,
            atoms._NET_WM_STATE_MAXIMIZED_VERT,
        ];
        let ordinary = [
            atoms._NET_WM_WINDOW_TYPE_NORMAL,
            atoms._NET_WM_WINDOW_TYPE_DIALOG,
        ];
        Ok(!states.iter().any(|state| sized.contains(state))
            && kinds.first().is_none_or(|kind| ordinary.contains(kind)))
    }

    fn borders(&self, connection: &RustConnection, window: Window) -> Result<Borders, PaintError> {
        let name = self.atoms._NET_FRAME_EXTENTS;
        let extents = self.numbers(connection, window, name, AtomEnum::CARDINAL, 4)?;
        Ok(match *extents.as_slice() {
            [left, right, top, bottom] => Borders {
                left: signed(left),
                right: signed(right),
                top: signed(top),
                bottom: signed(bottom),
            },
            _ => Borders::default(),
        })
    }

    /// Asks the window manager to give `window`, without its frame, the place `inner`.
    fn ask(
        &self,
        connection: &RustConnection,
        window: Window,
        inner: Rectangle,
    ) -> Result<(), PaintError> {
        // With static gravity the position is that of the window, not that of its frame. Bits 8 to
        // 11: all four numbers count; bit 13: it is a pager that asks.
        let flags = u32::from(Gravity::STATIC) | 0b1111 << 8 | 1 << 13;
        let message = ClientMessageEvent::new(
            32,
            window,
            self.atoms._NET_MOVERESIZE_WINDOW,
            [
                flags,
                inner.x.cast_unsigned(),
                inner.y.cast_unsigned(),
                inner.width.max(1).cast_unsigned(),
                inner.height.max(1).cast_unsigned(),
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

/// Where `frame` is to be now, and what is to be remembered of it.
fn decide(
    frame: Rectangle,
    area: Rectangle,
    displaced: Option<Displaced>,
) -> (Rectangle, Option<Displaced>) {
    // The window manager may not have come to the last request yet. A person who has touched the
    // window since has chosen a new home for it.
    let untouched = displaced.filter(|one| one.explains(frame));
    let home = untouched.map_or(frame, |one| one.home);
    let wanted = within(home, area);
    let displaced = (wanted != home).then_some(Displaced {
        home,
        before: frame,
        told: wanted,
    });
    match untouched {
        // What it made of the request is as good.
        Some(last) if last.told == wanted => (frame, displaced),
        _ => (wanted, displaced),
    }
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
    fn a_window_gets_back_what_it_had_when_there_is_room_again() {
        let (large, small) = (frame(0, 0, 1280, 660), AREA);
        let home = frame(248, 86, 784, 490);
        assert_eq!(decide(home, large, None), (home, None));
        let (told, displaced) = decide(home, small, None);
        assert_eq!(told, frame(0, 86, 390, 490));
        // It took a whole number of letters.
        let taken = frame(0, 86, 383, 490);
        assert_eq!(decide(taken, small, displaced).0, taken);
        assert_eq!(decide(taken, large, displaced), (home, None));
        // It cannot be that small.
        let refused = frame(0, 86, 600, 490);
        assert_eq!(decide(refused, large, displaced), (home, None));
        // It had no time to do it.
        assert_eq!(decide(home, large, displaced).0, home);
    }

    #[test]
    fn a_window_that_a_person_moved_stays_there() {
        let (_, displaced) = decide(frame(248, 86, 784, 490), AREA, None);
        let moved = frame(20, 200, 300, 300);
        assert_eq!(
            decide(moved, frame(0, 0, 1280, 660), displaced),
            (moved, None)
        );
    }

    #[test]
    fn no_room_is_no_reason_to_panic() {
        let nothing = frame(5, 5, 0, 0);
        assert_eq!(within(frame(0, 0, 10, 10), nothing), frame(5, 5, 1, 1));
    }
}
