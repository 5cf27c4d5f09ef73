//! Decoders that are not ours.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::thread;

use openh264::formats::YUVSource;
use selkies_media::geometry::Size;

use crate::card::Card;

/// OpenH264, for the baseline profile.
pub(crate) struct Baseline(openh264::decoder::Decoder);

impl Baseline {
    pub(crate) fn new() -> Self {
        Self(openh264::decoder::Decoder::new().expect("OpenH264 starts"))
    }

    /// The picture of this access unit, which must come out at once.
    pub(crate) fn decode(&mut self, unit: &[u8]) -> Card {
        let decoded = self
            .0
            .decode(unit)
            .expect("OpenH264 decodes")
            .expect("one in, one out");
        let (width, height) = decoded.dimensions();
        let strides: [usize; 3] = decoded.strides().into();
        let planes = [decoded.y(), decoded.u(), decoded.v()];
        Card::drawn(Size::new(width as u32, height as u32), |x, y| {
            let at = |plane: usize, x: u32, y: u32| {
                planes[plane][y as usize * strides[plane] + x as usize]
            };
            bgr(
                [at(0, x, y), at(1, x / 2, y / 2), at(2, x / 2, y / 2)],
                false,
            )
        })
    }
}

/// The last picture of a 4:4:4 or 4:2:0 stream, by FFmpeg. `None` where it is not installed.
pub(crate) fn ffmpeg(stream: &[u8], size: Size, full_colour: bool) -> Option<Picture> {
    let started = Command::new("ffmpeg")
        .args([
            "-v", "error", "-f", "h264", "-i", "pipe:0", "-f", "rawvideo", "pipe:1",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut ffmpeg) = started else {
        missing("ffmpeg");
        return None;
    };
    let mut stdin = ffmpeg.stdin.take().expect("stdin is a pipe");
    let mut raw = Vec::new();
    thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(stream).expect("ffmpeg reads"));
        let mut stdout = ffmpeg.stdout.take().expect("stdout is a pipe");
        stdout.read_to_end(&mut raw).expect("ffmpeg writes");
    });
    assert!(ffmpeg.wait().expect("ffmpeg ends").success());

    let picture = Picture::of(size, full_colour);
    let (luma, chroma) = (picture.luma_len(), picture.chroma_len());
    assert_eq!(
        raw.len() % (luma + 2 * chroma),
        0,
        "another size or format than {}",
        picture.coded
    );
    Some(Picture {
        samples: raw.split_off(raw.len() - luma - 2 * chroma),
        ..picture
    })
}

/// Planes as FFmpeg writes them, one after the other.
pub(crate) struct Picture {
    samples: Vec<u8>,
    coded: Size,
    full_colour: bool,
    step: u32,
}

impl Picture {
    fn of(size: Size, full_colour: bool) -> Self {
        let step = if full_colour { 1 } else { 2 };
        let coded = Size::new(
            size.width.next_multiple_of(step),
            size.height.next_multiple_of(step),
        );
        Self {
            samples: Vec::new(),
            coded,
            full_colour,
            step,
        }
    }

    fn luma_len(&self) -> usize {
        self.coded.pixels() as usize
    }

    fn chroma_len(&self) -> usize {
        self.luma_len() / (self.step * self.step) as usize
    }

    pub(crate) fn at(&self, x: u32, y: u32) -> [u8; 3] {
        let luma = (y * self.coded.width + x) as usize;
        let shared = ((y / self.step) * (self.coded.width / self.step) + x / self.step) as usize;
        let blue = self.luma_len() + shared;
        let samples = [luma, blue, blue + self.chroma_len()].map(|at| self.samples[at]);
        bgr(samples, self.full_colour)
    }

    pub(crate) fn card(&self) -> Card {
        Card::drawn(self.coded, |x, y| self.at(x, y))
    }
}

#[expect(clippy::print_stderr, reason = "a test that could not run says so")]
fn missing(tool: &str) {
    assert!(
        std::env::var_os("STRICT").is_none_or(|strict| strict != "1"),
        "{tool} is not installed"
    );
    eprintln!("skipped: {tool} is not installed");
}

/// What a player makes of BT.709 samples (Recommendation ITU-R BT.709-6, items 3 and 4).
fn bgr([luma, blue, red]: [u8; 3], full_range: bool) -> [u8; 3] {
    let (luma, scale) = if full_range {
        (f64::from(luma) / 255.0, 255.0)
    } else {
        ((f64::from(luma) - 16.0) / 219.0, 224.0)
    };
    let (blue, red) = (
        (f64::from(blue) - 128.0) / scale,
        (f64::from(red) - 128.0) / scale,
    );
    let (b, r) = (luma + 1.8556 * blue, luma + 1.5748 * red);
    let g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152;
    [b, g, r].map(|level| (level * 255.0).round().clamp(0.0, 255.0) as u8)
}
