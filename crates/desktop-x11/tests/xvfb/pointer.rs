//! A program that decides what the pointer looks like over its window, which covers the screen.

use selkies_media::Size;
use selkies_testkit::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::render::{self, Animcursorelt, ConnectionExt as _, PictType, Pictformat};
use x11rb::protocol::xfixes::ConnectionExt as _;
use x11rb::protocol::xproto::{
    ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, Cursor,
    ImageFormat, Window, WindowClass,
};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

/// What a program may show: rows of `0xAARRGGBB`, colours multiplied by alpha.
#[derive(Clone, Debug)]
pub(crate) struct Shape {
    pub(crate) size: Size,
    pub(crate) hotspot: (u16, u16),
    pub(crate) argb: Vec<u32>,
}

impl Shape {
    /// A square with all alphas and colours in it, which differs with `seed`.
    pub(crate) fn motley(side: u32, hotspot: (u16, u16), seed: u32) -> Self {
        let pixel = |place: u32| {
            let alpha = [0, 255, 128, 1, 254, 77][((place + seed) % 6) as usize];
            let colour = |share: u32| (place * share + seed * 31) % (alpha + 1);
            alpha << 24 | colour(7) << 16 | colour(11) << 8 | colour(13)
        };
        Self {
            size: Size::new(side, side),
            hotspot,
            argb: (0..side * side).map(pixel).collect(),
        }
    }

    pub(crate) fn clear(side: u32) -> Self {
        Self {
            size: Size::new(side, side),
            hotspot: (0, 0),
            argb: vec![0; (side * side) as usize],
        }
    }
}

pub(crate) struct Program {
    connection: RustConnection,
    root: Window,
    window: Window,
    format: Pictformat,
}

impl Program {
    /// Its window takes the pointer, and leaves what is painted on the screen to be seen.
    pub(crate) fn on(xserver: &XServer) -> Self {
        let (connection, number) =
            RustConnection::connect(Some(xserver.display())).expect("the server runs");
        connection
            .xfixes_query_version(5, 0)
            .expect("it can be sent")
            .reply()
            .expect("it has XFIXES");
        let root = connection.setup().roots[number].root;
        let window = connection.generate_id().expect("there are identifiers");
        let all = CreateWindowAux::new().override_redirect(1);
        connection
            .create_window(
                0,
                window,
                root,
                0,
                0,
                8192,
                8192,
                0,
                WindowClass::INPUT_ONLY,
                0,
                &all,
            )
            .expect("it can be sent");
        connection.map_window(window).expect("it can be sent");
        let formats = connection
            .render_query_pict_formats()
            .expect("it can be sent")
            .reply()
            .expect("it has RENDER");
        let argb = formats.formats.iter().find(|format| {
            format.type_ == PictType::DIRECT
                && format.depth == 32
                && (format.direct.alpha_shift, format.direct.red_shift) == (24, 16)
        });
        let format = argb.expect("every server has it").id;
        let program = Self {
            connection,
            root,
            window,
            format,
        };
        program.settle();
        program
    }

    /// Waits until the server has done everything.
    pub(crate) fn settle(&self) {
        self.connection
            .get_input_focus()
            .expect("it can be sent")
            .reply()
            .expect("the server runs");
    }

    pub(crate) fn show(&self, shape: &Shape) {
        let cursor = self.make(shape);
        self.set(cursor);
    }

    /// One of the glyphs every server has (X11 protocol, appendix B).
    pub(crate) fn show_glyph(&self, glyph: u16) {
        let (font, cursor) = (self.id(), self.id());
        self.connection
            .open_font(font, b"cursor")
            .expect("it can be sent");
        self.connection
            .create_glyph_cursor(
                cursor,
                font,
                font,
                glyph,
                glyph + 1,
                0x1111,
                0x2222,
                0x3333,
                u16::MAX,
                0xeeee,
                0xdddd,
            )
            .expect("it can be sent")
            .check()
            .expect("the glyph is there");
        self.set(cursor);
    }

    /// Shows one after the other, each for so many milliseconds.
    pub(crate) fn animate(&self, shapes: &[Shape], delay: u32) {
        let elements: Vec<_> = shapes
            .iter()
            .map(|shape| Animcursorelt {
                cursor: self.make(shape),
                delay,
            })
            .collect();
        let cursor = self.id();
        self.connection
            .render_create_anim_cursor(cursor, &elements)
            .expect("it can be sent")
            .check()
            .expect("they are cursors");
        self.set(cursor);
    }

    /// Moves the pointer as a hand would.
    pub(crate) fn move_to(&self, x: i16, y: i16) {
        self.connection
            .xtest_fake_input(6, 0, 0, self.root, x, y, 0)
            .expect("it can be sent");
        self.settle();
    }

    /// Moves the pointer as programs do, of which nobody is told.
    pub(crate) fn warp_to(&self, x: i16, y: i16) {
        self.connection
            .warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, x, y)
            .expect("it can be sent");
        self.settle();
    }

    pub(crate) fn hide(&self) {
        self.connection
            .xfixes_hide_cursor(self.root)
            .expect("it can be sent")
            .check()
            .expect("it can be hidden");
    }

    fn set(&self, cursor: Cursor) {
        let change = ChangeWindowAttributesAux::new().cursor(cursor);
        self.connection
            .change_window_attributes(self.window, &change)
            .expect("it can be sent")
            .check()
            .expect("it is a cursor");
        self.connection.free_cursor(cursor).expect("it can be sent");
        self.settle();
    }

    fn make(&self, shape: &Shape) -> Cursor {
        let (width, height) = (shape.size.width as u16, shape.size.height as u16);
        let (pixmap, gc, picture, cursor) = (self.id(), self.id(), self.id(), self.id());
        let connection = &self.connection;
        connection
            .create_pixmap(32, pixmap, self.root, width, height)
            .expect("it can be sent");
        connection
            .create_gc(gc, pixmap, &CreateGCAux::new())
            .expect("it can be sent");
        let bytes: Vec<u8> = shape.argb.iter().flat_map(|p| p.to_le_bytes()).collect();
        connection
            .put_image(
                ImageFormat::Z_PIXMAP,
                pixmap,
                gc,
                width,
                height,
                0,
                0,
                0,
                32,
                &bytes,
            )
            .expect("it can be sent");
        let plain = render::CreatePictureAux::new();
        connection
            .render_create_picture(picture, pixmap, self.format, &plain)
            .expect("it can be sent");
        let (x, y) = shape.hotspot;
        connection
            .render_create_cursor(cursor, picture, x, y)
            .expect("it can be sent")
            .check()
            .expect("it is a picture");
        for done in [
            connection.render_free_picture(picture),
            connection.free_gc(gc),
            connection.free_pixmap(pixmap),
        ] {
            drop(done.expect("it can be sent"));
        }
        cursor
    }

    fn id(&self) -> u32 {
        self.connection
            .generate_id()
            .expect("there are identifiers")
    }
}
