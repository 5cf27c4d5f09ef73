//! What the pointer looks like, as the X server says (XFIXES).
//!
//! A program that hides the pointer with `XFixesHideCursor` keeps its shape: the server tells
//! nobody, so neither do we. Programs that want an invisible pointer set a transparent shape
//! nearly always, and that is seen.

use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_desktop::cursor::LARGEST_CURSOR;
use selkies_desktop::{CursorImage, CursorSource, DesktopError};
use selkies_media::{Point, Size};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{ConnectionExt as _, CursorNotifyMask};

use crate::bell::Bell;
use crate::extensions::require_xfixes;
use crate::failure::{broken, failed, lost};
use crate::screen;
use crate::server::Server;
use crate::wire::XConnection;

/// Between two looks at the shape: a program that changes it all the time costs no more than this.
const PAUSE: Duration = Duration::from_millis(10);

/// A shape as the server keeps it: colours are multiplied by alpha.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Premultiplied {
    pub(crate) size: Size,
    /// The pixel that points; the server keeps it within the image.
    pub(crate) hotspot: (u32, u32),
    /// Rows from top to bottom, `0xAARRGGBB`.
    pub(crate) argb: Vec<u32>,
}

/// The shape now. `None`: the pointer has none, or one that is larger than makes sense.
pub(crate) fn present_shape(
    connection: &XConnection,
) -> Result<Option<Premultiplied>, DesktopError> {
    let asked = connection.xfixes_get_cursor_image().map_err(broken)?;
    let image = match asked.reply().map_err(failed) {
        Ok(image) => image,
        // A server without a pointer has no image of it.
        Err(DesktopError::Refused(why)) => {
            tracing::debug!(why, "the pointer has no shape");
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let size = Size::new(image.width.into(), image.height.into());
    let fits = size.width.max(size.height) <= LARGEST_CURSOR;
    if size.is_empty() || !fits || image.cursor_image.len() as u64 != size.pixels() {
        return Ok(None);
    }
    Ok(Some(Premultiplied {
        size,
        hotspot: (image.xhot.into(), image.yhot.into()),
        argb: image.cursor_image,
    }))
}

/// Waits for other shapes.
pub(crate) struct XCursor {
    connection: XConnection,
    bell: Bell,
    /// Nothing was told yet, or the server has announced another shape.
    due: bool,
    looked: Option<Instant>,
    told: Option<CursorImage>,
}

impl XCursor {
    pub(crate) fn connect(server: &Server) -> Result<Self, DesktopError> {
        let (connection, number) = server.connect()?;
        require_xfixes(&connection)?;
        let root = screen::screen(&connection, number)?.root;
        connection
            .xfixes_select_cursor_input(root, CursorNotifyMask::DISPLAY_CURSOR)
            .map_err(broken)?
            .check()
            .map_err(failed)?;
        Ok(Self {
            connection,
            bell: Bell::new().map_err(lost)?,
            due: true,
            looked: None,
            told: None,
        })
    }

    /// How long it is too early for another look.
    fn early_by(&self) -> Duration {
        let since = self.looked.map_or(PAUSE, |looked| looked.elapsed());
        PAUSE.saturating_sub(since)
    }

    fn listen(&mut self) -> Result<(), DesktopError> {
        while let Some(event) = self.connection.poll_for_event().map_err(broken)? {
            match event {
                Event::XfixesCursorNotify(_) => self.due = true,
                Event::Error(error) => tracing::debug!(?error, "the X server did not do something"),
                _ => {}
            }
        }
        Ok(())
    }
}

impl CursorSource for XCursor {
    fn next(&mut self, patience: Duration) -> Result<Option<CursorImage>, DesktopError> {
        let deadline = Instant::now().checked_add(patience);
        loop {
            self.listen()?;
            let left = deadline.map_or(patience, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            let early = self.early_by();
            if self.due && !early.is_zero() {
                if self.bell.rings_within(left.min(early)).map_err(lost)? || left <= early {
                    self.bell.was_rung();
                    return Ok(None);
                }
            } else if std::mem::take(&mut self.due) {
                self.looked = Some(Instant::now());
                let image = straight(present_shape(&self.connection)?);
                if self.told.as_ref() != Some(&image) {
                    self.told = Some(image.clone());
                    return Ok(Some(image));
                }
                // What arrived together with the answer has to be read before anyone waits.
            } else {
                let stream = self.connection.stream();
                if !stream.readable_within(&self.bell, left).map_err(lost)? || self.bell.was_rung()
                {
                    return Ok(None);
                }
            }
        }
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        let bell = self.bell.clone();
        Arc::new(move || bell.ring())
    }
}

/// What is transparent all over is hidden.
fn straight(shape: Option<Premultiplied>) -> CursorImage {
    let Some(shape) = shape.filter(|shape| shape.argb.iter().any(|pixel| pixel >> 24 != 0)) else {
        return CursorImage::hidden();
    };
    let within = |at: u32, length: u32| i32::try_from(at.min(length - 1)).unwrap_or(0);
    CursorImage {
        size: shape.size,
        hotspot: Point {
            x: within(shape.hotspot.0, shape.size.width),
            y: within(shape.hotspot.1, shape.size.height),
        },
        rgba: shape.argb.iter().copied().flat_map(divided).collect(),
    }
}

/// Red, green, blue, alpha, with the multiplication by alpha undone as well as eight bits allow.
fn divided(pixel: u32) -> [u8; 4] {
    let [blue, green, red, alpha] = pixel.to_le_bytes();
    if alpha == 0 {
        return [0; 4];
    }
    let divide = |channel: u8| {
        let (channel, alpha) = (u32::from(channel), u32::from(alpha));
        u8::try_from((channel * 255 + alpha / 2) / alpha).unwrap_or(u8::MAX)
    };
    [divide(red), divide(green), divide(blue), alpha]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alpha_is_divided_out_of_the_colours() {
        assert_eq!(divided(0xff10_2030), [0x10, 0x20, 0x30, 0xff]);
        assert_eq!(divided(0x8040_0080), [128, 0, 255, 0x80]);
        assert_eq!(divided(0x0012_3456), [0; 4]);
        // More colour than alpha allows is no colour there is, but must not wrap.
        assert_eq!(divided(0x01ff_ff01), [255, 255, 255, 1]);
    }

    #[test]
    fn a_shape_without_a_visible_pixel_is_hidden() {
        let mut shape = Premultiplied {
            size: Size::new(2, 2),
            hotspot: (9, 1),
            argb: vec![0, 0x00ff_ffff, 0, 0],
        };
        assert!(straight(Some(shape.clone())).is_hidden());
        assert!(straight(None).is_hidden());
        shape.argb[3] = 0xff00_0000;
        let image = straight(Some(shape));
        assert!(!image.is_hidden());
        assert_eq!(image.hotspot, Point { x: 1, y: 1 }, "it is within");
    }
}
