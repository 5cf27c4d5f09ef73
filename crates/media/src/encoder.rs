//! The port of video encoders.

use std::io;

use crate::frame::Frame;
use crate::geometry::{Rect, Size};
use crate::picture::AccessUnit;
use crate::units::Bitrate;

/// What a picture stream is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncoderKind {
    /// H.264, the whole frame as one picture.
    H264,
    /// H.264 in stripes that are streams of their own; only the changed ones are encoded.
    H264Striped,
    /// JPEG in stripes; only the changed ones are encoded.
    Jpeg,
}

/// What an encoder is opened with and cannot change later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Size of every frame it will be given; both sides at least 1.
    pub size: Size,
    /// Keep colour at full resolution (4:4:4) instead of a quarter (4:2:0).
    pub full_colour: bool,
}

/// What may change from frame to frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    /// How bits are spent; ignored by encoders without the choice.
    pub rate: Rate,
    /// JPEG quality, 1 to 100.
    pub jpeg_quality: u8,
    /// Frames per second at most, for rate control. Not a promise of cadence.
    pub framerate: f64,
    /// What has come to rest is encoded again; `None`: it stays as it is.
    pub paint_over: Option<PaintOver>,
}

/// In what quality something is encoded that has come to rest. What is not better than the rest of
/// [`Tuning`] has no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PaintOver {
    /// H.264 quantiser, 0 (best) to 51.
    pub crf: u8,
    /// JPEG quality, 1 to 100.
    pub jpeg_quality: u8,
    /// A whole picture is painted over in up to so many pictures, each of which holds a part of it.
    pub pictures: u32,
}

/// How bits are spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Constant quality: H.264 constant rate factor, 0 (best) to 51.
    Quality(u8),
    /// Constant bit rate.
    Bitrate(Bitrate),
}

/// How one frame is to be encoded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Directive {
    /// The result must decode on its own and cover the whole picture.
    pub keyframe: bool,
}

/// Turns frames into access units. Lives on one thread.
pub trait VideoEncoder: Send {
    /// Appends zero or more units in decode order, from top to bottom. With `how.keyframe` they
    /// cover the whole picture and decode on their own. The first call acts as if it were set.
    /// Only what `frame.damage` marks is read when the encoder has seen every frame before it.
    /// Blocks as long as the codec needs.
    ///
    /// # Errors
    /// See [`EncodeError`]; after one, the next call is a keyframe.
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError>;

    /// Encodes what `frame.damage` marks and the `parts` it has, all in the quality of
    /// [`Tuning::paint_over`] and otherwise as [`Self::encode`] does. Nothing else is touched.
    ///
    /// # Errors
    /// As those of [`Self::encode`].
    fn paint_over(
        &mut self,
        frame: &Frame,
        parts: &[Rect],
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError>;

    /// What can be painted over without the rest of the picture. Empty: nothing can.
    fn parts(&self) -> Vec<Rect>;

    /// Takes effect with the next frame and never costs a keyframe.
    ///
    /// # Errors
    /// [`EncodeError::Unsupported`] when this change needs a new encoder.
    fn tune(&mut self, tuning: &Tuning) -> Result<(), EncodeError>;
}

/// Opens encoders by kind.
pub trait EncoderFactory: Send + Sync {
    /// An encoder ready for its first frame.
    ///
    /// # Errors
    /// [`EncodeError::Unavailable`] with the reason when it cannot run here.
    fn open(
        &self,
        kind: EncoderKind,
        shape: Shape,
        tuning: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError>;
}

/// Why an encoder did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// Try the next backend.
    #[error("{backend} cannot run here: {why}")]
    Unavailable {
        /// Which one.
        backend: &'static str,
        /// What is missing.
        why: String,
    },
    /// Ask for something else, or stop asking.
    #[error("{backend} cannot do {what}")]
    Unsupported {
        /// Which one.
        backend: &'static str,
        /// What it was asked.
        what: &'static str,
    },
    /// Rebuild the encoder; the next unit must be a keyframe.
    #[error("the encoder failed")]
    Lost(#[source] io::Error),
}
