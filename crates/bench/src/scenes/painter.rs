//! A window over the whole screen, and the means to draw in it.

use anyhow::{Context, Result, ensure};
use selkies_media::{Rect, Size};
use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ChangeGCAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Font, Gcontext,
    ImageFormat, Pixmap, Rectangle, Window, WindowClass,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};

use crate::strip::{self, Mark};

pub(super) const BLACK: u32 = 0;
pub(super) const WHITE: u32 = 0xff_ff_ff;
/// Every X server has it built in.
const FONT: &[u8] = b"fixed";
/// Pixels of 24 bits in 32, which is what Xvfb was asked for.
const DEPTH: u8 = 24;

pub(super) struct Painter {
    connection: RustConnection,
    window: Window,
    gc: Gcontext,
    size: Size,
}

impl Painter {
    pub(super) fn connect(display: &str, size: Size, wants_presses: bool) -> Result<Self> {
        let (connection, screen) =
            x11rb::connect(Some(display)).context("the scene cannot reach the X server")?;
        let screen = connection
            .setup()
            .roots
            .get(screen)
            .context("the X server has no such screen")?;
        ensure!(
            screen.root_depth == DEPTH,
            "the screen has {} bits per pixel",
            screen.root_depth
        );
        let root = screen.root;
        let window = connection.generate_id()?;
        let mut events = EventMask::EXPOSURE;
        if wants_presses {
            events |= EventMask::BUTTON_PRESS;
        }
        let aux = CreateWindowAux::new()
            .override_redirect(1)
            .event_mask(events);
        let (width, height) = sides(size)?;
        connection.create_window(
            x11rb::COPY_DEPTH_FROM_PARENT,
            window,
            root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            x11rb::COPY_FROM_PARENT,
            &aux,
        )?;
        connection.map_window(window)?;
        let font: Font = connection.generate_id()?;
        connection.open_font(font, FONT)?.check()?;
        let gc = connection.generate_id()?;
        let aux = CreateGCAux::new().font(font).graphics_exposures(0);
        connection.create_gc(gc, window, &aux)?.check()?;
        Ok(Self {
            connection,
            window,
            gc,
            size,
        })
    }

    pub(super) const fn size(&self) -> Size {
        self.size
    }

    pub(super) fn stream(&self) -> &DefaultStream {
        self.connection.stream()
    }

    /// Presses of a mouse button since the last call.
    pub(super) fn presses(&self) -> Result<u32> {
        let mut presses = 0;
        while let Some(event) = self.connection.poll_for_event()? {
            presses += u32::from(matches!(event, Event::ButtonPress(_)));
        }
        Ok(presses)
    }

    pub(super) fn fill(&self, rect: Rect, colour: u32) -> Result<()> {
        self.fill_all(self.window, &[rect], colour)
    }

    fn fill_all(&self, on: u32, rects: &[Rect], colour: u32) -> Result<()> {
        self.ink(colour)?;
        let rects: Vec<Rectangle> = rects.iter().map(rectangle).collect::<Result<_>>()?;
        self.connection.poly_fill_rectangle(on, self.gc, &rects)?;
        Ok(())
    }

    /// Fills a rectangle of `on` without touching the window.
    pub(super) fn fill_on(&self, on: Pixmap, rect: Rect, colour: u32) -> Result<()> {
        self.fill_all(on, &[rect], colour)
    }

    /// Writes `line`, its baseline at `y`, on whatever is there.
    pub(super) fn text(&self, x: u32, y: u32, colour: u32, line: &str) -> Result<()> {
        self.ink(colour)?;
        // An item of the request: length, offset, characters.
        let length = line.len().min(254);
        let mut item = vec![u8::try_from(length)?, 0];
        item.extend(line.bytes().take(length));
        self.connection.poly_text8(
            self.window,
            self.gc,
            i16::try_from(x)?,
            i16::try_from(y)?,
            &item,
        )?;
        Ok(())
    }

    fn ink(&self, colour: u32) -> Result<()> {
        let aux = ChangeGCAux::new().foreground(colour);
        self.connection.change_gc(self.gc, &aux)?;
        Ok(())
    }

    pub(super) fn strip(&self, mark: Mark) -> Result<()> {
        self.strip_on(self.window, mark)
    }

    pub(super) fn strip_on(&self, on: u32, mark: Mark) -> Result<()> {
        for (value, colour) in [(true, WHITE), (false, BLACK)] {
            let blocks: Vec<Rect> = mark
                .blocks()
                .iter()
                .enumerate()
                .filter(|(_, white)| **white == value)
                .map(|(index, _)| strip::place(index))
                .collect();
            self.fill_all(on, &blocks, colour)?;
        }
        Ok(())
    }

    /// Moves what is in `from` so that its upper left corner comes to `to`.
    pub(super) fn shift(&self, from: Rect, to: (u32, u32)) -> Result<()> {
        self.copy(self.window, self.window, from, to)
    }

    /// Brings a part of `pixmap` into the window.
    pub(super) fn show(&self, pixmap: Pixmap, from: Rect, to: (u32, u32)) -> Result<()> {
        self.copy(pixmap, self.window, from, to)
    }

    /// Copies the whole window into `pixmap`.
    pub(super) fn keep(&self, pixmap: Pixmap) -> Result<()> {
        self.copy(self.window, pixmap, self.size.as_rect(), (0, 0))
    }

    pub(super) fn copy(&self, source: u32, target: u32, from: Rect, to: (u32, u32)) -> Result<()> {
        let from = rectangle(&from)?;
        let (x, y) = (i16::try_from(to.0)?, i16::try_from(to.1)?);
        self.connection.copy_area(
            source,
            target,
            self.gc,
            from.x,
            from.y,
            x,
            y,
            from.width,
            from.height,
        )?;
        Ok(())
    }

    /// A picture in the X server's memory.
    pub(super) fn pixmap(&self, size: Size) -> Result<Pixmap> {
        let pixmap = self.connection.generate_id()?;
        let (width, height) = sides(size)?;
        self.connection
            .create_pixmap(DEPTH, pixmap, self.window, width, height)?
            .check()?;
        Ok(pixmap)
    }

    /// Brings pixels of four bytes into `pixmap`, which is as wide as their rows.
    pub(super) fn upload(&self, pixmap: Pixmap, size: Size, pixels: &[u8]) -> Result<()> {
        let (width, _) = sides(size)?;
        let row = usize::from(width) * 4;
        let room = self.connection.maximum_request_bytes().saturating_sub(64);
        let rows = (room / row).clamp(1, 512);
        for (index, part) in pixels.chunks(rows * row).enumerate() {
            self.connection.put_image(
                ImageFormat::Z_PIXMAP,
                pixmap,
                self.gc,
                width,
                u16::try_from(part.len() / row)?,
                0,
                i16::try_from(index * rows)?,
                0,
                DEPTH,
                part,
            )?;
        }
        Ok(())
    }

    /// Returns when the X server has drawn everything.
    pub(super) fn finish(&self) -> Result<()> {
        self.connection.get_input_focus()?.reply()?;
        Ok(())
    }
}

fn sides(size: Size) -> Result<(u16, u16)> {
    Ok((u16::try_from(size.width)?, u16::try_from(size.height)?))
}

fn rectangle(rect: &Rect) -> Result<Rectangle> {
    Ok(Rectangle {
        x: i16::try_from(rect.x)?,
        y: i16::try_from(rect.y)?,
        width: u16::try_from(rect.width)?,
        height: u16::try_from(rect.height)?,
    })
}
