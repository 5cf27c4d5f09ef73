//! A picture in horizontal stripes, each encoded on its own and, where it pays, beside the others.

mod cut;

use std::io;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};

use selkies_media::Frame;
use selkies_media::damage::Damage;
use selkies_media::encoder::{Directive, EncodeError, Tuning, VideoEncoder};
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::AccessUnit;

use crate::workers::Workers;

pub(crate) use cut::cut;

/// Fewer changed pixels than this (a quarter of a millisecond of work) are not worth waking other
/// threads for.
const WORTH_SHARING: u64 = 128 * 1024;

/// Encodes one stripe, on whatever thread it is called.
pub(crate) trait Stripe: Send + 'static {
    const BACKEND: &'static str;

    /// What of a stripe in `area` can be painted over without the rest of it.
    fn parts(area: Rect) -> Vec<Rect>;

    /// Its part of the picture.
    fn encode(&mut self, job: &Job) -> io::Result<AccessUnit>;

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError>;
}

/// One frame, as every stripe of it is told.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) surface: CpuSurface,
    /// Of the whole picture, since the stripe was asked last.
    pub(crate) damage: Arc<Damage>,
    pub(crate) keyframe: bool,
    /// To be painted over together with the damage; `None`: that is an ordinary frame.
    pub(crate) parts: Option<Arc<[Rect]>>,
}

impl Job {
    fn touches(&self, area: Rect) -> bool {
        let mut parts = self.parts.iter().flat_map(|parts| parts.iter());
        self.damage.touches(area) || parts.any(|part| part.overlaps(area))
    }
}

/// An open stream of one or more stripes.
#[derive(Debug)]
pub(crate) struct Striped<S: Stripe> {
    size: Size,
    stripes: Vec<(Rect, Shared<S>)>,
    workers: Workers<S>,
    /// Whether stripes are encoded that no damage touches.
    untouched_too: bool,
    /// The viewers may not have every stripe of the last frame.
    fresh: bool,
}

/// A stripe and whoever encodes it; never contended, as one frame follows the other.
pub(crate) type Shared<S> = Arc<Mutex<S>>;

impl<S: Stripe> Striped<S> {
    /// Cuts into one stripe per core, of heights that are multiples of `step` except for the last.
    pub(crate) fn open(
        size: Size,
        cores: NonZeroUsize,
        step: u32,
        open: impl FnMut(Rect) -> Result<S, EncodeError>,
    ) -> Result<Self, EncodeError> {
        crate::check_size(S::BACKEND, size)?;
        Self::with(size, cut(size, cores, step), false, open)
    }

    /// The picture as a single stripe, which is encoded each time.
    #[cfg(feature = "x264")]
    pub(crate) fn open_whole(
        size: Size,
        open: impl FnMut(Rect) -> Result<S, EncodeError>,
    ) -> Result<Self, EncodeError> {
        crate::check_size(S::BACKEND, size)?;
        Self::with(size, vec![size.as_rect()], true, open)
    }

    fn with(
        size: Size,
        areas: Vec<Rect>,
        untouched_too: bool,
        mut open: impl FnMut(Rect) -> Result<S, EncodeError>,
    ) -> Result<Self, EncodeError> {
        // The caller's thread takes a share, too.
        let workers = Workers::start(areas.len().saturating_sub(1)).map_err(|why| {
            EncodeError::Unavailable {
                backend: S::BACKEND,
                why: why.to_string(),
            }
        })?;
        let stripes = areas
            .into_iter()
            .map(|area| Ok((area, Arc::new(Mutex::new(open(area)?)))))
            .collect::<Result<_, EncodeError>>()?;
        Ok(Self {
            size,
            stripes,
            workers,
            untouched_too,
            fresh: true,
        })
    }

    fn encode_frame(
        &mut self,
        frame: &Frame,
        keyframe: bool,
        parts: Option<Arc<[Rect]>>,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        let fresh = std::mem::replace(&mut self.fresh, true);
        let surface = crate::pixels(S::BACKEND, self.size, frame)?;
        let damage = if fresh {
            Damage::full(self.size)
        } else {
            frame.damage.clone()
        };
        let job = Job {
            surface: surface.clone(),
            damage: Arc::new(damage),
            keyframe: fresh || keyframe,
            parts: parts.filter(|_| !fresh),
        };
        let before = out.len();
        if let Err(why) = self.encode_all(&job, out) {
            out.truncate(before);
            return Err(EncodeError::Lost(why));
        }
        self.fresh = false;
        Ok(())
    }

    fn encode_all(&self, job: &Job, out: &mut Vec<AccessUnit>) -> io::Result<()> {
        let everything = job.keyframe || self.untouched_too && job.parts.is_none();
        let mut pixels = 0;
        let mut own: Vec<&Shared<S>> = Vec::with_capacity(self.stripes.len());
        for (area, stripe) in &self.stripes {
            if everything || job.touches(*area) {
                pixels += area.pixels();
                own.push(stripe);
            }
        }
        let others = if pixels < WORTH_SHARING {
            Vec::new()
        } else {
            own.split_off(own.len().min(1))
        };
        let pending = self.workers.give(&others, job);
        let own: Vec<_> = own.into_iter().map(|stripe| run(stripe, job)).collect();
        // Everything is collected before the first error returns: a worker must not be left with an
        // answer that the next frame would take for its own.
        let all: Vec<_> = own
            .into_iter()
            .chain(self.workers.collect(pending))
            .collect();
        for unit in all {
            out.push(unit?);
        }
        Ok(())
    }
}

impl<S: Stripe> VideoEncoder for Striped<S> {
    /// A frame whose damage touches no stripe gives no unit, unless the picture is one stripe that
    /// is encoded each time: that is how a still picture gets better.
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        self.encode_frame(frame, how.keyframe, None, out)
    }

    fn paint_over(
        &mut self,
        frame: &Frame,
        parts: &[Rect],
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        self.encode_frame(frame, false, Some(parts.into()), out)
    }

    fn parts(&self) -> Vec<Rect> {
        let areas = self.stripes.iter().map(|(area, _)| *area);
        areas.flat_map(S::parts).collect()
    }

    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError> {
        for (_, stripe) in &self.stripes {
            let mut stripe = stripe.lock().map_err(|_| EncodeError::Lost(died()))?;
            stripe.tune(tuning)?;
        }
        Ok(())
    }
}

pub(crate) fn run<S: Stripe>(stripe: &Shared<S>, job: &Job) -> io::Result<AccessUnit> {
    stripe.lock().map_err(|_| died())?.encode(job)
}

pub(crate) fn died() -> io::Error {
    io::Error::other("a thread that encodes stripes has died")
}
