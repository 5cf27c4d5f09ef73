//! JPEG by libjpeg-turbo, in horizontal stripes of which only the changed ones are encoded.

mod ffi;
mod stripes;
mod workers;

use std::io;
use std::num::NonZeroUsize;

use bytes::Bytes;
use selkies_media::Frame;
use selkies_media::encoder::{Directive, EncodeError, Shape, Tuning, VideoEncoder};
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::{AccessUnit, Codec};

use workers::Workers;

pub(crate) const BACKEND: &str = "libjpeg-turbo";

/// Version of the library this was built against.
pub(crate) const VERSION: &str = env!("TURBOJPEG_VERSION");

/// Fewer changed pixels than this (a quarter of a millisecond of work) are not worth waking other
/// threads for.
const WORTH_SHARING: u64 = 128 * 1024;

/// One stripe to encode.
#[derive(Clone, Debug)]
struct Job {
    surface: CpuSurface,
    stripe: Rect,
    full_colour: bool,
    quality: u8,
}

impl Job {
    fn run(&self, compressor: &mut ffi::Compressor) -> io::Result<Bytes> {
        let start = self.stripe.y as usize * self.surface.stride();
        let pixels = self.surface.bytes().get(start..).unwrap_or_default();
        let size = Size::new(self.stripe.width, self.stripe.height);
        compressor.compress(
            pixels,
            self.surface.stride(),
            size,
            self.full_colour,
            self.quality,
        )
    }
}

/// An open stream of stripes.
#[derive(Debug)]
pub(crate) struct Jpeg {
    shape: Shape,
    quality: u8,
    stripes: Vec<Rect>,
    compressor: ffi::Compressor,
    workers: Workers,
    /// The viewers may not have every stripe of the last frame.
    fresh: bool,
}

impl Jpeg {
    pub(crate) fn open(
        cores: NonZeroUsize,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Self, EncodeError> {
        crate::check_size(BACKEND, shape.size)?;
        let unavailable = |why: io::Error| EncodeError::Unavailable {
            backend: BACKEND,
            why: why.to_string(),
        };
        let stripes = stripes::of(shape.size, cores);
        // The caller's thread takes a share, too.
        let workers = Workers::start(stripes.len().saturating_sub(1)).map_err(unavailable)?;
        let compressor = ffi::Compressor::new().map_err(unavailable)?;
        Ok(Self {
            shape,
            quality: quality(tuning),
            stripes,
            compressor,
            workers,
            fresh: true,
        })
    }

    fn encode_all(&mut self, mut jobs: Vec<Job>, out: &mut Vec<AccessUnit>) -> io::Result<()> {
        let pixels: u64 = jobs.iter().map(|job| job.stripe.pixels()).sum();
        let shared = if pixels < WORTH_SHARING {
            Vec::new()
        } else {
            jobs.split_off(jobs.len().min(1))
        };
        let pending = self.workers.give(shared);
        let own: Vec<_> = jobs
            .iter()
            .map(|job| (job.stripe, job.run(&mut self.compressor)))
            .collect();
        // Everything is collected before the first error returns: a worker must not be left with an
        // answer that the next frame would take for its own.
        let all: Vec<_> = own
            .into_iter()
            .chain(self.workers.collect(pending))
            .collect();
        for (area, data) in all {
            out.push(AccessUnit {
                codec: Codec::Jpeg,
                keyframe: true,
                area,
                data: data?,
            });
        }
        Ok(())
    }
}

impl VideoEncoder for Jpeg {
    /// A frame whose damage touches no stripe gives no unit.
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        let everything = how.keyframe || std::mem::replace(&mut self.fresh, true);
        let surface = crate::pixels(BACKEND, self.shape.size, frame)?;
        let jobs = self
            .stripes
            .iter()
            .filter(|stripe| everything || frame.damage.touches(**stripe))
            .map(|stripe| Job {
                surface: surface.clone(),
                stripe: *stripe,
                full_colour: self.shape.full_colour,
                quality: self.quality,
            })
            .collect();
        let before = out.len();
        if let Err(why) = self.encode_all(jobs, out) {
            out.truncate(before);
            return Err(EncodeError::Lost(why));
        }
        self.fresh = false;
        Ok(())
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError> {
        self.quality = quality(tuning);
        Ok(())
    }
}

fn quality(tuning: &Tuning) -> u8 {
    tuning.jpeg_quality.clamp(1, 100)
}
