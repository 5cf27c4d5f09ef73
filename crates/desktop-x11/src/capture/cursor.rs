//! Draws the pointer into the pictures, for viewers whose own pointer cannot stand for it.
//!
//! The X server keeps the pointer out of what it lets us read, so a picture is made of what was
//! read and of the pointer on top. The rows under the pointer are always read anew before it is
//! drawn into them; where it was in the picture before, too. So a comparison with the picture
//! before finds exactly what a viewer sees change. While nobody wants it, it costs one look at a
//! switch per picture.

use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use selkies_desktop::DesktopError;
use selkies_media::frame::CpuSurface;
use selkies_media::{Damage, Point, Rect, Size};
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::xfixes::{ConnectionExt as _, CursorNotifyMask};
use x11rb::protocol::xinput::{self, ConnectionExt as _, EventMask, XIEventMask};
use x11rb::protocol::xproto::{ConnectionExt as _, Window};

use crate::bell::Bell;
use crate::cursor::{Premultiplied, present_shape};
use crate::failure::{broken, failed, lost};
use crate::wire::XConnection;

/// The first version of the input extension that tells of movements while another program has
/// grabbed the pointer.
const INPUT_VERSION: (u16, u16) = (2, 1);

/// Whether the pointer is drawn into the pictures. Clones are the same switch; it serves all
/// captures of a desktop.
#[derive(Clone, Debug, Default)]
pub(crate) struct Switch(Arc<Switched>);

#[derive(Debug, Default)]
struct Switched {
    on: AtomicBool,
    captures: Mutex<Vec<Weak<OwnedFd>>>,
}

impl Switch {
    /// Switches, and wakes the captures that are waiting.
    pub(crate) fn set(&self, on: bool) {
        if self.0.on.swap(on, Ordering::Relaxed) == on {
            return;
        }
        // Ringing leaves the list whole wherever it is interrupted.
        let captures = &self.0.captures;
        let mut captures = captures.lock().unwrap_or_else(PoisonError::into_inner);
        captures.retain(|capture| match Bell::upgrade(capture) {
            Some(bell) => {
                bell.ring();
                true
            }
            None => false,
        });
    }

    fn is_on(&self) -> bool {
        self.0.on.load(Ordering::Relaxed)
    }

    fn rings(&self, bell: &Bell) {
        let captures = &self.0.captures;
        let mut captures = captures.lock().unwrap_or_else(PoisonError::into_inner);
        captures.retain(|capture| capture.strong_count() > 0);
        captures.push(bell.downgrade());
    }
}

/// Where the pointer is drawn, and which of its shapes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Placed {
    /// The part of it that is on the screen.
    area: Rect,
    /// Where that part begins within the shape.
    from: (u32, u32),
    /// Tells shapes apart.
    shape: u64,
}

/// The pointer on top of the pictures of one capture.
pub(super) struct Overlay {
    switch: Switch,
    /// Rung when the switch is used.
    pub(super) bell: Bell,
    root: Window,
    /// The server tells us of movements and shapes.
    follows: bool,
    /// It may be elsewhere.
    moved: bool,
    /// It may look different.
    changed: bool,
    shape: Option<Premultiplied>,
    shapes: u64,
    /// As it should be in the next picture.
    wanted: Option<Placed>,
    /// As it is in the latest one.
    drawn: Option<Placed>,
}

impl Overlay {
    pub(super) fn new(switch: Switch, root: Window) -> Result<Self, DesktopError> {
        let bell = Bell::new().map_err(lost)?;
        switch.rings(&bell);
        Ok(Self {
            switch,
            bell,
            root,
            follows: false,
            moved: false,
            changed: false,
            shape: None,
            shapes: 0,
            wanted: None,
            drawn: None,
        })
    }

    /// The pointer may have moved.
    pub(super) fn may_have_moved(&mut self) {
        self.moved = self.follows;
    }

    /// The pointer may look different.
    pub(super) fn may_have_changed(&mut self) {
        self.changed = self.follows;
    }

    /// Finds out how it should be drawn on a screen of `size`, if that may have changed. True: the
    /// server was asked something, and events may have come with the answer.
    pub(super) fn catch_up(
        &mut self,
        connection: &XConnection,
        size: Size,
    ) -> Result<bool, DesktopError> {
        let on = self.switch.is_on();
        if on != self.follows {
            self.follow(connection, on)?;
            if !on {
                self.wanted = None;
                return Ok(true);
            }
        }
        if !(self.moved || self.changed) {
            return Ok(false);
        }
        if std::mem::take(&mut self.changed) {
            self.shape = present_shape(connection)?;
            self.shapes += 1;
        }
        self.moved = false;
        let pointer = connection
            .query_pointer(self.root)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        let place = Point {
            x: pointer.root_x.into(),
            y: pointer.root_y.into(),
        };
        self.wanted = self
            .shape
            .as_ref()
            .filter(|_| pointer.same_screen)
            .and_then(|shape| placed(shape, self.shapes, place, size));
        Ok(true)
    }

    /// The next picture differs from the latest one by the pointer.
    pub(super) fn differs(&self) -> bool {
        self.wanted != self.drawn
    }

    /// Where the pixels of the screen must be read for the next picture: where the pointer is to be
    /// drawn, and where it was drawn.
    pub(super) fn underlay(&self) -> Damage {
        let mut under = Damage::none();
        for placed in [self.drawn, self.wanted].into_iter().flatten() {
            under.add(placed.area);
        }
        under
    }

    /// Draws it into rows of `stride` bytes, in which [`Self::underlay`] has just been read.
    pub(super) fn draw(&self, picture: &mut [u8], stride: usize) {
        if let (Some(placed), Some(shape)) = (self.wanted, &self.shape) {
            blend(shape, placed, picture, stride);
        }
    }

    /// What was drawn is in the latest picture.
    pub(super) fn is_drawn(&mut self) {
        self.drawn = self.wanted;
    }

    /// There is no latest picture any more.
    pub(super) fn is_gone(&mut self) {
        self.drawn = None;
        self.may_have_moved();
    }

    fn follow(&mut self, connection: &XConnection, on: bool) -> Result<(), DesktopError> {
        self.follows = on;
        (self.moved, self.changed) = (on, on);
        let shapes = if on {
            CursorNotifyMask::DISPLAY_CURSOR
        } else {
            CursorNotifyMask::from(0_u32)
        };
        connection
            .xfixes_select_cursor_input(self.root, shapes)
            .map_err(broken)?;
        if connection
            .extension_information(xinput::X11_EXTENSION_NAME)
            .map_err(broken)?
            .is_none()
        {
            // It is still drawn where it is whenever something else changes.
            tracing::warn!("the X server does not tell of the pointer's movements");
            return Ok(());
        }
        connection
            .xinput_xi_query_version(INPUT_VERSION.0, INPUT_VERSION.1)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        let movements = if on {
            XIEventMask::RAW_MOTION
        } else {
            XIEventMask::from(0_u32)
        };
        let selection = EventMask {
            deviceid: xinput::Device::ALL_MASTER.into(),
            mask: vec![movements],
        };
        connection
            .xinput_xi_select_events(self.root, &[selection])
            .map_err(broken)?
            .check()
            .map_err(failed)
    }
}

/// `None`: no part of it is on the screen.
fn placed(shape: &Premultiplied, number: u64, pointer: Point, screen: Size) -> Option<Placed> {
    let span = |at: i32, hot: u32, length: u32, limit: u32| {
        let start = i64::from(at) - i64::from(hot);
        let end = (start + i64::from(length)).min(limit.into());
        let visible = u32::try_from(end - start.max(0)).ok().filter(|n| *n > 0)?;
        let first = u32::try_from(start.max(0)).ok()?;
        let cut = u32::try_from(start.max(0) - start).ok()?;
        Some((first, visible, cut))
    };
    let (x, width, left) = span(pointer.x, shape.hotspot.0, shape.size.width, screen.width)?;
    let (y, height, top) = span(pointer.y, shape.hotspot.1, shape.size.height, screen.height)?;
    Some(Placed {
        area: Rect::new(x, y, width, height),
        from: (left, top),
        shape: number,
    })
}

/// Source over destination; the source is multiplied by its alpha already (Porter and Duff 1984).
fn blend(shape: &Premultiplied, placed: Placed, picture: &mut [u8], stride: usize) {
    let Placed { area, from, .. } = placed;
    let shape_stride = shape.size.width as usize;
    for row in 0..area.height {
        let start = stride * (area.y + row) as usize + area.x as usize * CpuSurface::PIXEL;
        let length = area.width as usize * CpuSurface::PIXEL;
        let under = picture.get_mut(start..start + length);
        let start = shape_stride * (from.1 + row) as usize + from.0 as usize;
        let over = shape.argb.get(start..start + area.width as usize);
        let (Some(under), Some(over)) = (under, over) else {
            return;
        };
        let (pixels, _) = under.as_chunks_mut::<{ CpuSurface::PIXEL }>();
        for (pixel, over) in pixels.iter_mut().zip(over) {
            let [blue, green, red, alpha] = over.to_le_bytes();
            for (channel, over) in pixel.iter_mut().zip([blue, green, red]) {
                *channel = over.saturating_add(scaled(*channel, 255 - alpha));
            }
        }
    }
}

/// `value` × `share` / 255, rounded.
fn scaled(value: u8, share: u8) -> u8 {
    let product = u16::from(value) * u16::from(share) + 128;
    ((product + (product >> 8)) >> 8) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCREEN: Size = Size::new(100, 80);

    fn shape(argb: Vec<u32>) -> Premultiplied {
        Premultiplied {
            size: Size::new(4, 3),
            hotspot: (1, 1),
            argb,
        }
    }

    fn at(x: i32, y: i32) -> Option<Placed> {
        placed(&shape(vec![0; 12]), 1, Point { x, y }, SCREEN)
    }

    #[test]
    fn it_is_cut_off_at_every_edge_of_the_screen() {
        let inside = at(10, 20).expect("it is on the screen");
        assert_eq!(inside.area, Rect::new(9, 19, 4, 3));
        assert_eq!(inside.from, (0, 0));
        let upper_left = at(0, 0).expect("most of it is on the screen");
        assert_eq!(upper_left.area, Rect::new(0, 0, 3, 2));
        assert_eq!(upper_left.from, (1, 1));
        let lower_right = at(99, 79).expect("a part of it is on the screen");
        assert_eq!(lower_right.area, Rect::new(98, 78, 2, 2));
        assert_eq!(lower_right.from, (0, 0));
        assert_eq!(at(-4, 0), None);
        assert_eq!(at(0, 200), None);
        assert_eq!(at(i32::MIN, i32::MAX), None);
    }

    #[test]
    fn alpha_mixes_and_the_unused_byte_stays() {
        let mut argb = vec![0; 12];
        // Opaque, half transparent, transparent.
        argb[0] = 0xff11_2233;
        argb[1] = 0x8080_0000;
        let mut picture = vec![200; 4 * 4 * 3];
        let placed = Placed {
            area: Rect::new(0, 0, 4, 3),
            from: (0, 0),
            shape: 1,
        };
        blend(&shape(argb), placed, &mut picture, 16);
        assert_eq!(picture[..4], [0x33, 0x22, 0x11, 200]);
        // 200 × 127 / 255 is 99.6.
        assert_eq!(picture[4..8], [100, 100, 228, 200]);
        assert_eq!(picture[8..], [200; 40]);
    }

    #[test]
    fn a_share_of_a_value_is_what_arithmetic_says() {
        for value in 0..=255_u8 {
            for share in 0..=255_u8 {
                let exact = f64::from(value) * f64::from(share) / 255.0;
                assert_eq!(
                    f64::from(scaled(value, share)),
                    exact.round(),
                    "{value} {share}"
                );
            }
        }
    }

    #[test]
    fn a_switch_wakes_the_captures_that_are_left() {
        let switch = Switch::default();
        let overlay = Overlay::new(switch.clone(), 1).expect("there are descriptors left");
        drop(Overlay::new(switch.clone(), 1));
        switch.set(true);
        assert!(overlay.bell.was_rung() && overlay.switch.is_on());
        switch.set(true);
        assert!(!overlay.bell.was_rung(), "nothing was switched");
        switch.set(false);
        assert!(overlay.bell.was_rung());
    }
}
