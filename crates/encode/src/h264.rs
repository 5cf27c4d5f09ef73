//! H.264 by libx264: the picture as a whole, or in stripes that are streams of their own. Nothing
//! is held back.
//!
//! A stream is constrained baseline in 4:2:0, or High 4:4:4 Predictive with full colour; its
//! colour is described in the parameter sets (ITU-T H.264, annex E). A side that 4:2:0 cannot code
//! grows by one pixel, see [`Planes`]: a unit's `area` is what the viewer shows, and the decoder's
//! picture may be one column and one row larger.

mod ffi;
mod quantiser;
mod rate;
mod still;

use std::io;
use std::num::NonZeroUsize;

use selkies_media::encoder::{EncodeError, Rate, Shape, Tuning};
use selkies_media::geometry::Rect;
use selkies_media::picture::{AccessUnit, Codec};
use selkies_media::rest::squares;

use crate::H264_BACKEND as BACKEND;
use crate::planes::Planes;
use crate::stripes::{Job, Stripe, Striped};

use quantiser::Quantiser;
use rate::{Budget, KEYFRAME_STEPS};
use still::Still;

/// From this many pixels on (1080p) two slices pay for their second thread, by a tenth to a quarter
/// of the time and a hundredth more bits.
const LARGE: u64 = 1920 * 1080;

/// With fewer cores that thread competes with the desktop itself, and waiting for it costs more
/// than it saves.
const ENOUGH_CORES: usize = 4;

/// Rows and columns of what is painted over or not as one: a few macroblocks.
const PART: u32 = 64;

pub(crate) fn version() -> String {
    ffi::version()
}

/// Opens one stream of whole pictures.
pub(crate) fn open(
    cores: NonZeroUsize,
    shape: Shape,
    tuning: &Tuning,
) -> Result<Striped<Stream>, EncodeError> {
    let threads = if cores.get() >= ENOUGH_CORES && shape.size.pixels() >= LARGE {
        2
    } else {
        1
    };
    Striped::open_whole(shape.size, |area| {
        Stream::open(area, shape.full_colour, Budget::new(tuning, 1.0), threads)
    })
}

/// Opens a stream per stripe, at most one per core. A bit rate is divided by their areas.
pub(crate) fn open_striped(
    cores: NonZeroUsize,
    shape: Shape,
    tuning: &Tuning,
) -> Result<Striped<Stream>, EncodeError> {
    // Rows of chroma must not be shared by two stripes, and pages know even heights only.
    Striped::open(shape.size, cores, 2, |area| {
        let share = f64::from(area.height) / f64::from(shape.size.height);
        Stream::open(area, shape.full_colour, Budget::new(tuning, share), 1)
    })
}

/// One stream, of one stripe or of the whole picture.
#[derive(Debug)]
pub(crate) struct Stream {
    encoder: ffi::Encoder,
    planes: Planes,
    still: Still,
    area: Rect,
    budget: Budget,
    quantiser: Quantiser,
    /// Of the last ordinary picture.
    last_qp: i32,
    /// Of the last picture of any kind: what stands still was coded no coarser.
    shown_qp: i32,
}

impl Stream {
    fn open(
        area: Rect,
        full_colour: bool,
        budget: Budget,
        threads: i32,
    ) -> Result<Self, EncodeError> {
        let planes = Planes::new(area, full_colour);
        let config = ffi::Config {
            coded: planes.coded(),
            full_colour,
            threads,
            millihertz: budget.millihertz(),
            rate: budget.rate(),
        };
        let encoder = ffi::Encoder::open(&config).map_err(|why| EncodeError::Unavailable {
            backend: BACKEND,
            why,
        })?;
        let still = Still::new(area, planes.coded());
        Ok(Self {
            encoder,
            quantiser: Quantiser::new(still.blocks()),
            still,
            planes,
            area,
            budget,
            last_qp: 0,
            shown_qp: 0,
        })
    }

    fn how(&mut self, job: &Job, changed: usize) -> ffi::How {
        let qp = match self.budget.asked() {
            Rate::Bitrate(_) => None,
            Rate::Quality(_) if job.keyframe => Some(self.keyframe_qp()),
            Rate::Quality(_) if job.parts.is_some() => self.budget.paint_over(),
            Rate::Quality(quality) => Some(self.quantiser.choose(
                quality.max(1),
                self.budget.finest(),
                self.budget.framerate(),
                changed,
            )),
        };
        // What stands still becomes finer when it is painted over, not with what moves beside it: the
        // answer to an input would have to wait for all of it.
        let finer = self.budget.paints_over() && qp.is_some_and(|qp| qp < self.shown_qp);
        ffi::How {
            idr: job.keyframe,
            qp,
            keep: !job.keyframe && (finer || job.parts.is_some()),
        }
    }

    /// Amid motion a keyframe stays as coarse as that.
    fn keyframe_qp(&self) -> i32 {
        let pictures = self.last_qp.max(i32::from(self.budget.quality()));
        (pictures - i32::from(KEYFRAME_STEPS)).max(1)
    }
}

impl Stripe for Stream {
    const BACKEND: &'static str = BACKEND;

    fn parts(area: Rect) -> Vec<Rect> {
        squares(area, PART)
    }

    fn encode(&mut self, job: &Job) -> io::Result<AccessUnit> {
        for rect in job.damage.rects() {
            self.planes
                .update(&job.surface, *rect)
                .map_err(io::Error::other)?;
        }
        let parts = job.parts.as_deref().unwrap_or_default();
        let changed = self.still.except(&job.damage, parts);
        let how = self.how(job, changed);
        let unit = self.encoder.encode(&self.planes, self.still.marks(), how)?;
        self.shown_qp = unit.qp;
        if unit.keyframe {
            self.last_qp = unit.qp + i32::from(KEYFRAME_STEPS);
        } else if job.parts.is_none() {
            self.last_qp = unit.qp;
            self.quantiser.learn(unit.qp, changed, unit.data.len());
        }
        Ok(AccessUnit {
            codec: Codec::H264,
            keyframe: unit.keyframe,
            sharp: self.budget.is_sharp(unit.qp),
            area: self.area,
            data: unit.data,
        })
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError> {
        let what = match (self.budget.asked(), tuning.rate) {
            (Rate::Quality(_), Rate::Quality(_)) | (Rate::Bitrate(_), Rate::Bitrate(_)) => None,
            (Rate::Quality(_), Rate::Bitrate(_)) => {
                Some("a bit rate in a stream of constant quality")
            }
            (Rate::Bitrate(_), Rate::Quality(_)) => {
                Some("constant quality in a stream of constant bit rate")
            }
        };
        if let Some(what) = what {
            return Err(EncodeError::Unsupported {
                backend: BACKEND,
                what,
            });
        }
        let budget = self.budget.changed_to(tuning);
        if let Rate::Bitrate(_) = budget.asked()
            && budget.rate() != self.budget.rate()
        {
            self.encoder
                .reconfigure(&budget.rate())
                .map_err(EncodeError::Lost)?;
        }
        if budget.asked() != self.budget.asked() {
            // The old quality says nothing about the new one.
            self.last_qp = 0;
            self.quantiser.forget();
        }
        self.budget = budget;
        Ok(())
    }
}
