//! JPEG by libjpeg-turbo, in horizontal stripes of which only the changed ones are encoded.

mod ffi;

use std::io;
use std::num::NonZeroUsize;

use selkies_media::encoder::{EncodeError, Shape, Tuning};
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::{AccessUnit, Codec};

use crate::stripes::{Job, Stripe, Striped};

pub(crate) const BACKEND: &str = "libjpeg-turbo";

/// Version of the library this was built against.
pub(crate) const VERSION: &str = env!("TURBOJPEG_VERSION");

/// Opens a stream of stripes, at most one per core.
pub(crate) fn open(
    cores: NonZeroUsize,
    shape: Shape,
    tuning: &Tuning,
) -> Result<Striped<Jpeg>, EncodeError> {
    Striped::open(shape.size, cores, 1, |area| {
        let compressor = ffi::Compressor::new().map_err(|why| EncodeError::Unavailable {
            backend: BACKEND,
            why: why.to_string(),
        })?;
        Ok(Jpeg {
            area,
            full_colour: shape.full_colour,
            quality: Quality::of(tuning),
            compressor,
        })
    })
}

/// One stripe; each of its pictures is a file of its own.
#[derive(Debug)]
pub(crate) struct Jpeg {
    area: Rect,
    full_colour: bool,
    quality: Quality,
    compressor: ffi::Compressor,
}

impl Stripe for Jpeg {
    const BACKEND: &'static str = BACKEND;

    fn parts(area: Rect) -> Vec<Rect> {
        vec![area]
    }

    fn encode(&mut self, job: &Job) -> io::Result<AccessUnit> {
        let start = self.area.y as usize * job.surface.stride();
        let pixels = job.surface.bytes().get(start..).unwrap_or_default();
        let quality = match job.parts {
            Some(_) => self.quality.sharp,
            None => self.quality.rough,
        };
        let data = self.compressor.compress(
            pixels,
            job.surface.stride(),
            Size::new(self.area.width, self.area.height),
            self.full_colour,
            quality,
        )?;
        Ok(AccessUnit {
            codec: Codec::Jpeg,
            keyframe: true,
            sharp: quality >= self.quality.sharp,
            area: self.area,
            data,
        })
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError> {
        self.quality = Quality::of(tuning);
        Ok(())
    }
}

/// In TurboJPEG's numbers, 1 to 100.
#[derive(Clone, Copy, Debug)]
struct Quality {
    rough: u8,
    /// Of what is painted over, never below the other.
    sharp: u8,
}

impl Quality {
    fn of(tuning: &Tuning) -> Self {
        let rough = tuning.jpeg_quality.clamp(1, 100);
        let sharp = tuning.paint_over.map_or(rough, |paint| paint.jpeg_quality);
        Self {
            rough,
            sharp: sharp.clamp(rough, 100),
        }
    }
}
