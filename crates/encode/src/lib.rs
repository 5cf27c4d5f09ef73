//! Video backends: H.264 by libx264, whole or in stripes, and striped JPEG by libjpeg-turbo, behind
//! the encoder port.
//!
//! All run in this process on the caller's thread, plus a few of their own for large pictures.
//! Nothing here decides when or how well to encode. Start with [`Backends`].

use std::num::NonZeroUsize;

use selkies_media::encoder::{
    EncodeError, EncoderFactory, EncoderKind, Shape, Tuning, VideoEncoder,
};
use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{LARGEST, Size};
use selkies_media::{Frame, Surface};

#[cfg(feature = "x264")]
mod h264;
mod jpeg;
#[cfg(feature = "x264")]
mod planes;
mod stripes;
mod workers;

/// Opens the encoders this build has.
#[derive(Clone, Copy, Debug)]
pub struct Backends {
    cores: NonZeroUsize,
}

impl Backends {
    /// Encoders that divide large pictures among at most `cores` threads.
    #[must_use]
    pub const fn new(cores: NonZeroUsize) -> Self {
        Self { cores }
    }

    /// What this build can and cannot do, for the log and for people.
    #[must_use]
    pub fn describe(&self) -> Vec<Backend> {
        vec![
            Backend {
                name: H264_BACKEND,
                makes: &[EncoderKind::H264, EncoderKind::H264Striped],
                version: h264_version(),
            },
            Backend {
                name: jpeg::BACKEND,
                makes: &[EncoderKind::Jpeg],
                version: Ok(jpeg::VERSION.to_owned()),
            },
        ]
    }
}

/// One way to encode.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backend {
    /// The library behind it.
    pub name: &'static str,
    /// What it makes.
    pub makes: &'static [EncoderKind],
    /// Version of the library it was built with, or why it is not there.
    pub version: Result<String, String>,
}

impl EncoderFactory for Backends {
    fn open(
        &self,
        kind: EncoderKind,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError> {
        match kind {
            EncoderKind::H264 | EncoderKind::H264Striped => self.open_h264(kind, shape, tuning),
            EncoderKind::Jpeg => Ok(Box::new(jpeg::open(self.cores, shape, tuning)?)),
        }
    }
}

const H264_BACKEND: &str = "libx264";

#[cfg(feature = "x264")]
fn h264_version() -> Result<String, String> {
    Ok(h264::version())
}

#[cfg(not(feature = "x264"))]
fn h264_version() -> Result<String, String> {
    Err("this build leaves libx264 out".to_owned())
}

impl Backends {
    #[cfg(feature = "x264")]
    fn open_h264(
        &self,
        kind: EncoderKind,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError> {
        let open = match kind {
            EncoderKind::H264Striped => h264::open_striped,
            EncoderKind::H264 | EncoderKind::Jpeg => h264::open,
        };
        Ok(Box::new(open(self.cores, shape, tuning)?))
    }

    #[cfg(not(feature = "x264"))]
    fn open_h264(
        &self,
        _kind: EncoderKind,
        _shape: Shape,
        _tuning: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError> {
        let why = h264_version().err().unwrap_or_default();
        Err(EncodeError::Unavailable {
            backend: H264_BACKEND,
            why,
        })
    }
}

/// Refuses pictures without a pixel and those larger than we ever capture.
fn check_size(backend: &'static str, size: Size) -> Result<(), EncodeError> {
    if size.is_empty() || size.width > LARGEST.width || size.height > LARGEST.height {
        let why = format!("{size} is not between 1x1 and {LARGEST}");
        return Err(EncodeError::Unavailable { backend, why });
    }
    Ok(())
}

/// The pixels of `frame`, which must be of the size the encoder was opened with.
fn pixels<'a>(
    backend: &'static str,
    size: Size,
    frame: &'a Frame,
) -> Result<&'a CpuSurface, EncodeError> {
    let Surface::Cpu(surface) = &frame.surface else {
        return Err(EncodeError::Unsupported {
            backend,
            what: "pixels outside this process",
        });
    };
    if surface.size() != size {
        return Err(EncodeError::Unsupported {
            backend,
            what: "a frame of another size",
        });
    }
    Ok(surface)
}
