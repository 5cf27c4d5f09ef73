//! What capturing and encoding the moving scene costs by itself: the same capture and the same
//! encoder as in the product, 60 times a second, and nothing else.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use selkies_desktop::{Desktop as _, FrameSource};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_encode::Backends;
use selkies_media::damage::Damage;
use selkies_media::encoder::{Directive, EncoderFactory as _, EncoderKind, Rate, Shape, Tuning};
use selkies_media::frame::{CpuSurface, Surface};
use selkies_media::{Clock, Frame, Size, Timestamp};

use crate::proc::{Work, own_thread};
use crate::scenes::{Drawing, Show};
use crate::strip::Mark;

const PER_SECOND: u32 = 60;
/// A frame that takes longer does not come.
const PATIENCE: Duration = Duration::from_secs(5);
/// So many different frames are encoded to and fro: their pixels are too many for the caches, as
/// those of a real desktop are.
const FRAMES: usize = 24;
/// What the product does when nobody has chosen otherwise.
const TUNING: Tuning = Tuning {
    rate: Rate::Quality(25),
    jpeg_quality: 60,
    framerate: 60.0,
    paint_over: None,
};

/// Processor time per frame.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcessorFloor {
    pub(crate) capture: Duration,
    pub(crate) encode: Duration,
}

impl ProcessorFloor {
    /// Cores that 60 frames a second keep busy.
    pub(crate) fn cores(&self) -> f64 {
        (self.capture + self.encode).as_secs_f64() * f64::from(PER_SECOND)
    }
}

/// Measures for `span` each. Blocks.
pub(crate) fn processor(display: &str, size: Size, span: Duration) -> Result<ProcessorFloor> {
    let show = Show::start(display, size, Drawing::Motion)?;
    let origin = Instant::now();
    let desktop = X11Desktop::new(Server::new(display));
    let mut source = desktop.frames(Clock::starting_at(origin))?;
    let count = (span.as_secs_f64() * f64::from(PER_SECOND)) as usize;
    let capture = capture(source.as_mut(), count)?;
    let frames = keep(source.as_mut())?;
    drop(source);
    drop(show);
    let encode = encode(&frames, size, count)?;
    Ok(ProcessorFloor { capture, encode })
}

fn capture(source: &mut dyn FrameSource, count: usize) -> Result<Duration> {
    next(source)?;
    let before = own_thread()?;
    for _ in 0..count {
        next(source)?;
    }
    Ok((own_thread()? - before) / u32::try_from(count.max(1))?)
}

fn next(source: &mut dyn FrameSource) -> Result<Frame> {
    let deadline = Instant::now() + PATIENCE;
    // What was announced may have been in the frame before already; then there is none.
    while Instant::now() < deadline {
        if let Some(frame) = source.next(PATIENCE)? {
            return Ok(frame);
        }
    }
    bail!("the moving scene stands still")
}

/// Copies frames that differ: the source lends its memory only for a while.
fn keep(source: &mut dyn FrameSource) -> Result<Vec<Frame>> {
    let mut frames = Vec::with_capacity(FRAMES);
    let mut last = None;
    // A frame may be seen twice or half drawn; those are not kept.
    for _ in 0..FRAMES * 20 {
        if frames.len() == FRAMES {
            break;
        }
        let frame = next(source)?;
        let Surface::Cpu(pixels) = &frame.surface else {
            continue;
        };
        let mark = Mark::in_row(pixels.row(8));
        if mark.is_none() || mark == last {
            continue;
        }
        last = mark;
        let copy = Arc::new(pixels.bytes().to_vec());
        let surface = CpuSurface::new(pixels.size(), pixels.stride(), copy)
            .context("a copy is as large as what was copied")?;
        frames.push(Frame {
            captured: Timestamp::ZERO,
            damaged: Timestamp::ZERO,
            damage: Damage::full(frame.size()),
            surface: Surface::Cpu(surface),
        });
    }
    ensure!(
        frames.len() == FRAMES,
        "only {} different frames of the moving scene were captured",
        frames.len()
    );
    Ok(frames)
}

fn encode(frames: &[Frame], size: Size, count: usize) -> Result<Duration> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let shape = Shape {
        size,
        full_colour: false,
    };
    let mut encoder = Backends::new(cores).open(EncoderKind::H264, shape, &TUNING)?;
    let mut units = Vec::new();
    let mut round_trip = frames.iter().chain(frames.iter().rev()).cycle();
    let mut encode_next = || -> Result<()> {
        let frame = round_trip.next().context("there are frames")?;
        units.clear();
        encoder.encode(frame, Directive::default(), &mut units)?;
        Ok(())
    };
    encode_next()?;
    let period = Duration::from_secs(1) / PER_SECOND;
    let mut due = Instant::now();
    // The encoder has threads of its own; apart from them nothing works in this process now.
    let before = Work::of(std::process::id())?;
    for _ in 0..count {
        encode_next()?;
        due += period;
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    let (spent, _) = Work::of(std::process::id())?.since(&before);
    Ok(spent / u32::try_from(count.max(1))?)
}
