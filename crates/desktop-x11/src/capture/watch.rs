//! Learns from the server that something was painted or the screen has another size.

use selkies_desktop::DesktopError;
use selkies_media::{Damage, Rect};
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::damage::{self, ConnectionExt as _, ReportLevel};
use x11rb::protocol::xfixes::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, EventMask, Rectangle, Window,
};
use x11rb::protocol::{Event, randr};

use crate::extensions::{require, require_xfixes};
use crate::failure::{broken, failed, not_made};
use crate::wire::XConnection;

/// What happened since the last look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct News {
    /// Something was painted; [`Watch::painted_area`] tells where.
    pub(crate) painted: bool,
    /// The screen may have another size.
    pub(crate) resized: bool,
    /// The pointer moved, for a capture that asked to be told.
    pub(crate) moved: bool,
    /// The pointer has another shape, likewise.
    pub(crate) reshaped: bool,
}

/// A watch on the screen.
///
/// The server reports only that the damaged area is no longer empty; where it is, we ask once per
/// frame. So a program that paints a thousand times between two frames costs one event and one
/// question, not a thousand events.
pub(crate) struct Watch {
    damage: damage::Damage,
    region: xfixes::Region,
}

impl Watch {
    /// Starts to watch. The first news is that everything was painted.
    pub(crate) fn new(connection: &XConnection, root: Window) -> Result<Self, DesktopError> {
        require_xfixes(connection)?;
        require(connection, damage::X11_EXTENSION_NAME)?;
        // DAMAGE rejects requests of clients that have not told their version, as well.
        connection
            .damage_query_version(1, 1)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;

        let size_changes = ChangeWindowAttributesAux::new().event_mask(EventMask::STRUCTURE_NOTIFY);
        connection
            .change_window_attributes(root, &size_changes)
            .map_err(broken)?
            .check()
            .map_err(failed)?;
        if connection
            .extension_information(randr::X11_EXTENSION_NAME)
            .map_err(broken)?
            .is_some()
        {
            let mask = randr::NotifyMask::SCREEN_CHANGE;
            randr::select_input(connection, root, mask)
                .map_err(broken)?
                .check()
                .map_err(failed)?;
        }

        let region = connection.generate_id().map_err(not_made)?;
        connection
            .xfixes_create_region(region, &[])
            .map_err(broken)?
            .check()
            .map_err(failed)?;
        let damage = connection.generate_id().map_err(not_made)?;
        connection
            .damage_create(damage, root, ReportLevel::NON_EMPTY)
            .map_err(broken)?
            .check()
            .map_err(failed)?;
        Ok(Self { damage, region })
    }

    /// Takes in all that has arrived, without waiting.
    pub(crate) fn news(&self, connection: &XConnection) -> Result<News, DesktopError> {
        let mut news = News::default();
        while let Some(event) = connection.poll_for_event().map_err(broken)? {
            match event {
                Event::DamageNotify(event) if event.damage == self.damage => news.painted = true,
                Event::ConfigureNotify(_) | Event::RandrScreenChangeNotify(_) => {
                    news.resized = true;
                }
                Event::XinputRawMotion(_) => news.moved = true,
                Event::XfixesCursorNotify(_) => news.reshaped = true,
                Event::Error(error) => tracing::debug!(?error, "the X server did not do something"),
                _ => {}
            }
        }
        Ok(news)
    }

    /// Where was painted since the last call. From here on new painting is news again; so read
    /// the pixels after this call, not before.
    pub(crate) fn painted_area(&self, connection: &XConnection) -> Result<Damage, DesktopError> {
        connection
            .damage_subtract(self.damage, x11rb::NONE, self.region)
            .map_err(broken)?;
        let area = connection
            .xfixes_fetch_region(self.region)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        let mut painted = Damage::none();
        for rectangle in &area.rectangles {
            painted.add(visible_part(rectangle));
        }
        Ok(painted)
    }
}

fn visible_part(rectangle: &Rectangle) -> Rect {
    let span = |start: i16, length: u16| {
        let end = (i32::from(start) + i32::from(length)).max(0);
        let start = i32::from(start).clamp(0, end);
        (start.unsigned_abs(), (end - start).unsigned_abs())
    };
    let (x, width) = span(rectangle.x, rectangle.width);
    let (y, height) = span(rectangle.y, rectangle.height);
    Rect::new(x, y, width, height)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_left_of_and_above_the_screen_is_cut_off() {
        let cut = |x, y, width, height| {
            visible_part(&Rectangle {
                x,
                y,
                width,
                height,
            })
        };
        assert_eq!(cut(-5, -7, 10, 10), Rect::new(0, 0, 5, 3));
        assert!(cut(-20, 0, 10, 10).is_empty());
        assert_eq!(cut(i16::MAX, 0, u16::MAX, 1), Rect::new(32767, 0, 65535, 1));
        assert!(cut(i16::MIN, i16::MIN, 1, 1).is_empty());
    }
}
