//! H.264 by libx264: one picture per frame, nothing held back.
//!
//! The stream is constrained baseline in 4:2:0, or High 4:4:4 Predictive with full colour; its
//! colour is described in the parameter sets (ITU-T H.264, annex E). A side that 4:2:0 cannot code
//! grows by one pixel, see [`Planes`]: a unit's `area` is what the viewer shows, and the decoder's
//! picture may be one column and one row larger.

mod ffi;
mod rate;

use std::io;
use std::num::NonZeroUsize;

use selkies_media::Frame;
use selkies_media::damage::Damage;
use selkies_media::encoder::{Directive, EncodeError, Rate, Shape, Tuning, VideoEncoder};
use selkies_media::geometry::Size;
use selkies_media::picture::{AccessUnit, Codec};

use crate::H264_BACKEND as BACKEND;
use crate::planes::Planes;

use rate::Budget;

/// From this many pixels on (1080p) two slices pay for their second thread, by a tenth to a quarter
/// of the time and a hundredth more bits.
const LARGE: u64 = 1920 * 1080;

/// With fewer cores that thread competes with the desktop itself, and waiting for it costs more
/// than it saves.
const ENOUGH_CORES: usize = 4;

/// Quality steps by which a keyframe is finer than the pictures after it: what libx264 chooses.
const KEYFRAME_STEPS: i32 = 3;

pub(crate) fn version() -> String {
    ffi::version()
}

/// An open stream.
#[derive(Debug)]
pub(crate) struct H264 {
    encoder: ffi::Encoder,
    planes: Planes,
    size: Size,
    budget: Budget,
    last_qp: i32,
    /// The planes do not hold the last frame, or the stream has not begun.
    fresh: bool,
}

impl H264 {
    pub(crate) fn open(
        cores: NonZeroUsize,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Self, EncodeError> {
        let size = shape.size;
        crate::check_size(BACKEND, size)?;
        let planes = Planes::new(size, shape.full_colour);
        let budget = Budget::new(tuning);
        let config = ffi::Config {
            coded: planes.coded(),
            full_colour: shape.full_colour,
            threads: if cores.get() >= ENOUGH_CORES && size.pixels() >= LARGE {
                2
            } else {
                1
            },
            millihertz: budget.millihertz(),
            rate: budget.rate(),
        };
        let encoder = ffi::Encoder::open(&config).map_err(|why| EncodeError::Unavailable {
            backend: BACKEND,
            why,
        })?;
        Ok(Self {
            encoder,
            planes,
            size,
            budget,
            last_qp: 0,
            fresh: true,
        })
    }

    fn convert(&mut self, frame: &Frame) -> Result<(), EncodeError> {
        let surface = crate::pixels(BACKEND, self.size, frame)?;
        let everything;
        let damage = if self.fresh {
            everything = Damage::full(self.size);
            &everything
        } else {
            &frame.damage
        };
        for rows in damage.row_spans() {
            self.planes
                .update(surface, rows)
                .map_err(|why| EncodeError::Lost(io::Error::other(why)))?;
        }
        Ok(())
    }

    /// Left to itself, a keyframe after a still picture spends far more than the quality asked for,
    /// because it is judged by how little changed before it. Amid motion it stays as coarse as that.
    fn keyframe_qp(&self) -> Option<i32> {
        let Rate::Quality(_) = self.budget.asked() else {
            return None;
        };
        let pictures = self.last_qp.max(i32::from(self.budget.quality()));
        Some((pictures - KEYFRAME_STEPS).max(1))
    }
}

impl VideoEncoder for H264 {
    /// Frames without damage are encoded too: that is how a still picture gets better.
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        let keyframe = how.keyframe || self.fresh;
        let converted = self.convert(frame);
        self.fresh = true;
        converted?;
        let qp = if keyframe { self.keyframe_qp() } else { None };
        let unit = self
            .encoder
            .encode(&self.planes, keyframe, qp)
            .map_err(EncodeError::Lost)?;
        self.fresh = false;
        self.last_qp = if unit.keyframe {
            unit.qp + KEYFRAME_STEPS
        } else {
            unit.qp
        };
        out.push(AccessUnit {
            codec: Codec::H264,
            keyframe: unit.keyframe,
            area: self.size.as_rect(),
            data: unit.data,
        });
        Ok(())
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
        if budget.rate() != self.budget.rate() {
            self.encoder
                .reconfigure(&budget.rate())
                .map_err(EncodeError::Lost)?;
        }
        if budget.asked() != self.budget.asked() {
            // The old quality says nothing about the new one.
            self.last_qp = 0;
        }
        self.budget = budget;
        Ok(())
    }
}
