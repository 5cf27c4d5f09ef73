//! Prints how long frames take and how large they get: `cargo run --release --example encode_speed`.
#![expect(clippy::print_stdout, reason = "printing is what this program is for")]

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_encode::Backends;
use selkies_media::damage::Damage;
use selkies_media::encoder::{
    Directive, EncodeError, EncoderFactory, EncoderKind, PaintOver, Rate, Shape, Tuning,
    VideoEncoder,
};
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{Rect, Size};
use selkies_media::{Frame, Surface, Timestamp};

const FRAMES: u32 = 60;
const PAINT_OVER: PaintOver = PaintOver {
    crf: 18,
    jpeg_quality: 90,
    pictures: 5,
};

fn main() -> Result<(), EncodeError> {
    for size in [Size::new(1280, 720), Size::new(1920, 1080)] {
        for kind in [
            EncoderKind::H264,
            EncoderKind::H264Striped,
            EncoderKind::Jpeg,
        ] {
            for (cores, full_colour) in [(1, false), (2, false), (4, false), (1, true)] {
                println!("{size} {kind:?}, {cores} core(s), full colour: {full_colour}");
                let shape = Shape { size, full_colour };
                measure("scrolling text", kind, cores, shape, |index| {
                    (text(size, index * 6), size.as_rect())
                })?;
                let terminal = Rect::new(40, 64, size.width / 2 - 60, size.height - 144);
                measure("terminal", kind, cores, shape, |index| {
                    (scrolled_in(size, terminal, index * 14), terminal)
                })?;
                measure("typing", kind, cores, shape, |index| {
                    let rect = Rect::new(8 * index, 320, 8, 16);
                    (typed(size, rect), rect)
                })?;
                paint_over(kind, cores, shape)?;
                measure("nothing", kind, cores, shape, |_| {
                    (text(size, 0), Rect::default())
                })?;
                measure("grainy film", kind, cores, shape, |index| {
                    (film(size, index), size.as_rect())
                })?;
            }
        }
    }
    Ok(())
}

/// Each of the pictures that make text sharp again after it has scrolled.
fn paint_over(kind: EncoderKind, cores: usize, shape: Shape) -> Result<(), EncodeError> {
    let mut encoder = open(kind, cores, shape)?;
    let mut units = Vec::new();
    for index in 0..10 {
        let moved = frame(
            shape.size,
            text(shape.size, index * 6),
            shape.size.as_rect(),
        );
        encoder.encode(&moved, Directive::default(), &mut units)?;
    }
    let still = frame(shape.size, text(shape.size, 54), Rect::default());
    let parts = encoder.parts();
    let pictures = PAINT_OVER.pictures as usize;
    print!("  painting over  ");
    for share in parts.chunks(parts.len().div_ceil(pictures).max(1)) {
        units.clear();
        let started = Instant::now();
        encoder.paint_over(&still, share, &mut units)?;
        let took = started.elapsed().as_secs_f64() * 1000.0;
        let made: usize = units.iter().map(|unit| unit.data.len()).sum();
        print!(" {took:.2} ms {made} bytes,");
    }
    println!();
    Ok(())
}

fn open(
    kind: EncoderKind,
    cores: usize,
    shape: Shape,
) -> Result<Box<dyn VideoEncoder>, EncodeError> {
    let tuning = Tuning {
        rate: Rate::Quality(25),
        jpeg_quality: 60,
        framerate: 60.0,
        paint_over: Some(PAINT_OVER),
    };
    let cores = NonZeroUsize::new(cores).unwrap_or(NonZeroUsize::MIN);
    Backends::new(cores).open(kind, shape, &tuning)
}

fn measure(
    what: &str,
    kind: EncoderKind,
    cores: usize,
    shape: Shape,
    draw: impl Fn(u32) -> (Vec<u8>, Rect),
) -> Result<(), EncodeError> {
    let mut encoder = open(kind, cores, shape)?;
    let mut units = Vec::new();
    let (mut first, mut times, mut bytes) = (0, Vec::new(), 0);
    for index in 0..FRAMES {
        let (pixels, changed) = draw(index);
        let frame = frame(shape.size, pixels, changed);
        units.clear();
        let started = Instant::now();
        encoder.encode(&frame, Directive::default(), &mut units)?;
        let took = started.elapsed();
        let made: usize = units.iter().map(|unit| unit.data.len()).sum();
        if index == 0 {
            first = made;
        } else {
            times.push(took);
            bytes += made;
        }
    }
    times.sort();
    let millis = |time: Option<&Duration>| time.map_or(0.0, |time| time.as_secs_f64() * 1000.0);
    println!(
        "  {what:15} fastest {:6.2} ms  median {:6.2}  slowest {:6.2}  {:9} bytes per frame, first {first:9}",
        millis(times.first()),
        millis(times.get(times.len() / 2)),
        millis(times.last()),
        bytes / times.len(),
    );
    Ok(())
}

fn frame(size: Size, pixels: Vec<u8>, changed: Rect) -> Frame {
    let mut damage = Damage::none();
    damage.add(changed);
    let surface = CpuSurface::new(
        size,
        size.width as usize * CpuSurface::PIXEL,
        Arc::new(pixels),
    );
    let surface = Surface::Cpu(surface.expect("a picture is drawn with as many pixels as it has"));
    Frame {
        damaged: Timestamp::ZERO,
        captured: Timestamp::ZERO,
        surface,
        damage,
    }
}

fn drawn(size: Size, grey: impl Fn(u32, u32) -> u8) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(size.pixels() as usize * CpuSurface::PIXEL);
    for (y, x) in (0..size.height).flat_map(|y| (0..size.width).map(move |x| (y, x))) {
        let level = grey(x, y);
        pixels.extend([level, level, level, 0]);
    }
    pixels
}

/// Lines of different lengths, as in a terminal.
fn text(size: Size, scroll: u32) -> Vec<u8> {
    drawn(size, |x, y| {
        let (line, row, column) = ((y + scroll) / 16, (y + scroll) % 16, x / 8);
        let glyph = hash(column, line);
        let ink = column < hash(line, 7) % 110
            && !glyph.is_multiple_of(6)
            && (3..13).contains(&row)
            && x % 8 < 7;
        let stroke = hash(glyph, (row / 2) * 4 + (x % 8) / 2) % 5 < 2;
        if ink && stroke { 220 } else { 32 }
    })
}

/// The same text everywhere, and in `window` scrolled.
fn scrolled_in(size: Size, window: Rect, scroll: u32) -> Vec<u8> {
    let mut pixels = text(size, 0);
    let scrolled = text(size, scroll);
    for y in window.rows() {
        let row = y as usize * size.width as usize;
        let part = (row + window.x as usize) * CpuSurface::PIXEL
            ..(row + window.right() as usize) * CpuSurface::PIXEL;
        if let (Some(into), Some(from)) = (pixels.get_mut(part.clone()), scrolled.get(part)) {
            into.copy_from_slice(from);
        }
    }
    pixels
}

fn typed(size: Size, letter: Rect) -> Vec<u8> {
    let mut pixels = text(size, 0);
    for (y, x) in letter
        .rows()
        .flat_map(|y| (0..letter.right()).map(move |x| (y, x)))
    {
        let at = (y as usize * size.width as usize + x as usize) * CpuSurface::PIXEL;
        let level = if hash(x / 2, y / 2) % 5 < 2 { 220 } else { 32 };
        if let Some(pixel) = pixels.get_mut(at..at + 3) {
            pixel.fill(level);
        }
    }
    pixels
}

fn film(size: Size, index: u32) -> Vec<u8> {
    drawn(size, |x, y| {
        let wave = (f64::from(x + index * 3) / 40.0).sin() * 40.0
            + (f64::from(y + index) / 60.0).cos() * 40.0;
        (wave + 120.0) as u8 + (hash(hash(x, y), index) % 12) as u8
    })
}

fn hash(a: u32, b: u32) -> u32 {
    let mixed = a.wrapping_mul(0x9E37_79B1) ^ b.wrapping_mul(0x85EB_CA77).wrapping_add(0x27D4_EB2F);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    mixed ^ (mixed >> 13)
}
