//! The picture behind everything, scaled by the server to whatever size the screen has.

use x11rb::connection::Connection as _;
use x11rb::protocol::render::{
    self, ConnectionExt as _, CreatePictureAux, PictOp, Pictformat, Picture, Repeat, Transform,
};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateGCAux, ImageFormat,
    ImageOrder, Pixmap, PropMode, Screen,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

use crate::look::WALLPAPER;
use crate::painter::PaintError;

/// Where the point lies that stays in view when the screen has another shape than the picture, in
/// thousandths of its width and height: between the moon and what looks at it.
const FOCUS: (i64, i64) = (522, 560);

/// How much of the picture is sent with one request, in bytes.
const PORTION: usize = 192 << 10;

/// The picture, uploaded in several sizes: the server's filter looks at four pixels only and would
/// leave out the others when it shrinks by more than half.
pub(crate) struct Wallpaper {
    root: u32,
    depth: u8,
    format: Pictformat,
    levels: Vec<Level>,
    shown: Option<Pixmap>,
    properties: [Atom; 2],
}

struct Level {
    picture: Picture,
    size: (u32, u32),
}

impl Wallpaper {
    pub(crate) fn upload(connection: &RustConnection, screen: &Screen) -> Result<Self, PaintError> {
        let format = format_of(connection, screen)?;
        let mut wallpaper = Self {
            root: screen.root,
            depth: screen.root_depth,
            format,
            levels: Vec::new(),
            shown: None,
            properties: [
                intern(connection, "_XROOTPMAP_ID")?,
                intern(connection, "ESETROOT_PMAP_ID")?,
            ],
        };
        let mut picture = Some(Pixels::decode(WALLPAPER)?);
        while let Some(pixels) = picture {
            wallpaper.add_level(connection, &pixels)?;
            picture = (wallpaper.levels.len() < 3).then(|| pixels.halved());
        }
        Ok(wallpaper)
    }

    fn add_level(
        &mut self,
        connection: &RustConnection,
        pixels: &Pixels,
    ) -> Result<(), PaintError> {
        let (width, height) = (narrow(pixels.width), narrow(pixels.height));
        let pixmap = connection.generate_id()?;
        connection.create_pixmap(self.depth, pixmap, self.root, width, height)?;
        let context = connection.generate_id()?;
        connection.create_gc(context, pixmap, &CreateGCAux::new())?;
        let lsb_first = connection.setup().image_byte_order == ImageOrder::LSB_FIRST;
        let row_bytes = pixels.width * 4;
        let rows = (PORTION / row_bytes).max(1);
        let mut y = 0;
        for chunk in pixels.rgb.chunks(rows * pixels.width * 3) {
            let mut data = Vec::with_capacity(rows * row_bytes);
            for pixel in chunk.chunks_exact(3) {
                if let &[red, green, blue] = pixel {
                    data.extend_from_slice(&if lsb_first {
                        [blue, green, red, 0]
                    } else {
                        [0, red, green, blue]
                    });
                }
            }
            let sent = narrow(data.len() / row_bytes);
            connection.put_image(
                ImageFormat::Z_PIXMAP,
                pixmap,
                context,
                width,
                sent,
                0,
                i16::try_from(y).unwrap_or(i16::MAX),
                0,
                self.depth,
                &data,
            )?;
            y += u32::from(sent);
        }
        let picture = connection.generate_id()?;
        connection.render_create_picture(
            picture,
            pixmap,
            self.format,
            // Past its edge the picture goes on in the colour of the edge, so no seam is blended in.
            &CreatePictureAux::new().repeat(Repeat::PAD),
        )?;
        connection.render_set_picture_filter(picture, b"bilinear", &[])?;
        connection.free_gc(context)?;
        // The picture keeps it alive.
        connection.free_pixmap(pixmap)?;
        self.levels.push(Level {
            picture,
            size: (u32::from(width), u32::from(height)),
        });
        Ok(())
    }

    /// Makes it the background of the screen, which is `size` large.
    pub(crate) fn draw(
        &mut self,
        connection: &RustConnection,
        size: (u16, u16),
    ) -> Result<(), PaintError> {
        // The smallest that need not grow, else the largest.
        let large_enough =
            |level: &&Level| level.size.0 >= u32::from(size.0) && level.size.1 >= u32::from(size.1);
        let Some(level) = self
            .levels
            .iter()
            .rev()
            .find(large_enough)
            .or(self.levels.first())
        else {
            return Err(PaintError::Lacking("no picture"));
        };
        let pixmap = connection.generate_id()?;
        connection.create_pixmap(self.depth, pixmap, self.root, size.0, size.1)?;
        let target = connection.generate_id()?;
        connection.render_create_picture(target, pixmap, self.format, &CreatePictureAux::new())?;
        connection.render_set_picture_transform(
            level.picture,
            covering(level.size, (size.0.into(), size.1.into())),
        )?;
        connection.render_composite(
            PictOp::SRC,
            level.picture,
            x11rb::NONE,
            target,
            0,
            0,
            0,
            0,
            0,
            0,
            size.0,
            size.1,
        )?;
        connection.render_free_picture(target)?;
        connection.change_window_attributes(
            self.root,
            &ChangeWindowAttributesAux::new().background_pixmap(pixmap),
        )?;
        connection.clear_area(false, self.root, 0, 0, 0, 0)?;
        for property in self.properties {
            connection.change_property32(
                PropMode::REPLACE,
                self.root,
                property,
                AtomEnum::PIXMAP,
                &[pixmap],
            )?;
        }
        connection.sync()?;
        if let Some(before) = self.shown.replace(pixmap) {
            connection.free_pixmap(before)?;
            connection.flush()?;
        }
        Ok(())
    }
}

/// The transformation, from the screen's pixels to the picture's, that fills the screen with as much
/// of the picture as its shape allows.
fn covering(picture: (u32, u32), screen: (u32, u32)) -> Transform {
    let fixed = |numerator: u32, denominator: u32| {
        (i64::from(numerator) << 16) / i64::from(denominator.max(1))
    };
    let step = fixed(picture.0, screen.0).min(fixed(picture.1, screen.1));
    let offset = |picture: u32, screen: u32, focus: i64| {
        let spare = (i64::from(picture) << 16) - step * i64::from(screen);
        let middle = (i64::from(picture) << 16) / 1000 * focus - step * i64::from(screen) / 2;
        clamp32(middle.clamp(0, spare.max(0)))
    };
    Transform {
        matrix11: clamp32(step),
        matrix13: offset(picture.0, screen.0, FOCUS.0),
        matrix22: clamp32(step),
        matrix23: offset(picture.1, screen.1, FOCUS.1),
        matrix33: 1 << 16,
        ..Transform::default()
    }
}

fn clamp32(number: i64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn narrow(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn intern(connection: &RustConnection, name: &str) -> Result<Atom, PaintError> {
    Ok(connection
        .intern_atom(false, name.as_bytes())?
        .reply()?
        .atom)
}

/// How the screen's own pixels are described to the RENDER extension.
fn format_of(connection: &RustConnection, screen: &Screen) -> Result<Pictformat, PaintError> {
    let formats: render::QueryPictFormatsReply = connection.render_query_pict_formats()?.reply()?;
    formats
        .screens
        .iter()
        .flat_map(|screen| &screen.depths)
        .flat_map(|depth| &depth.visuals)
        .find(|visual| visual.visual == screen.root_visual)
        .map(|visual| visual.format)
        .ok_or(PaintError::Lacking("the server cannot scale pictures"))
}

struct Pixels {
    width: usize,
    height: usize,
    /// Three bytes per pixel, row after row.
    rgb: Vec<u8>,
}

impl Pixels {
    fn decode(file: &[u8]) -> Result<Self, PaintError> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(file));
        decoder.set_transformations(png::Transformations::EXPAND | png::Transformations::STRIP_16);
        let mut reader = decoder.read_info()?;
        let mut bytes = vec![0; reader.output_buffer_size().unwrap_or_default()];
        let frame = reader.next_frame(&mut bytes)?;
        bytes.truncate(frame.buffer_size());
        let rgb = match frame.color_type {
            png::ColorType::Rgb => bytes,
            png::ColorType::Rgba => bytes
                .chunks_exact(4)
                .flat_map(|pixel| pixel.iter().take(3).copied())
                .collect(),
            png::ColorType::Grayscale
            | png::ColorType::GrayscaleAlpha
            | png::ColorType::Indexed => {
                return Err(PaintError::Lacking("the wallpaper has no colours"));
            }
        };
        Ok(Self {
            width: frame.width as usize,
            height: frame.height as usize,
            rgb,
        })
    }

    /// Half as wide and high, each pixel the mean of four.
    fn halved(&self) -> Self {
        let (width, height) = (self.width / 2, self.height / 2);
        let row = self.width * 3;
        let mut rgb = Vec::with_capacity(width * height * 3);
        for pair in self.rgb.chunks_exact(row * 2).take(height) {
            let (upper, lower) = pair.split_at(row);
            for (over, under) in upper.chunks_exact(6).zip(lower.chunks_exact(6)) {
                if let (&[a, b, c, d, e, f], &[g, h, i, j, k, l]) = (over, under) {
                    rgb.extend_from_slice(&[mean(a, d, g, j), mean(b, e, h, k), mean(c, f, i, l)]);
                }
            }
        }
        Self { width, height, rgb }
    }
}

fn mean(a: u8, b: u8, c: u8, d: u8) -> u8 {
    let sum = u16::from(a) + u16::from(b) + u16::from(c) + u16::from(d);
    u8::try_from((sum + 2) / 4).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_picture_can_be_read_and_halved() {
        let pixels = Pixels::decode(WALLPAPER).expect("it is a picture");
        assert_eq!((pixels.width, pixels.height), (2560, 1440));
        assert_eq!(pixels.rgb.len(), 2560 * 1440 * 3);
        let half = pixels.halved();
        assert_eq!((half.width, half.height), (1280, 720));
        assert_eq!(half.rgb.len(), 1280 * 720 * 3);
    }

    #[test]
    fn a_pixel_of_the_half_is_the_mean_of_four() {
        let pixels = Pixels {
            width: 2,
            height: 2,
            rgb: vec![0, 10, 255, 0, 20, 255, 100, 30, 255, 100, 40, 255],
        };
        assert_eq!(pixels.halved().rgb, [50, 25, 255]);
    }

    #[test]
    fn a_screen_of_any_shape_is_covered_from_inside_the_picture() {
        let picture = (2560, 1440);
        for screen in [
            (2560, 1440),
            (1280, 720),
            (390, 700),
            (320, 240),
            (7680, 4320),
            (7680, 240),
            (320, 4320),
        ] {
            let transform = covering(picture, screen);
            let last = |offset: i32, step: i32, length: u32| {
                i64::from(offset) + i64::from(step) * i64::from(length)
            };
            assert!(
                transform.matrix13 >= 0 && transform.matrix23 >= 0,
                "{screen:?}"
            );
            assert!(
                last(transform.matrix13, transform.matrix11, screen.0) <= 2560 << 16,
                "{screen:?}"
            );
            assert!(
                last(transform.matrix23, transform.matrix22, screen.1) <= 1440 << 16,
                "{screen:?}"
            );
        }
        assert_eq!(covering(picture, picture).matrix11, 1 << 16);
    }
}
