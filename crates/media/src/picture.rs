//! Encoded pictures.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;

use crate::geometry::{Rect, Size};
use crate::time::Timestamp;
use crate::trace::InputMark;

/// How the bytes of an access unit are to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Codec {
    /// H.264 Annex B byte stream (ITU-T H.264), parameter sets in front of every IDR picture.
    H264,
    /// A complete JPEG file (ITU-T T.81).
    Jpeg,
}

/// One encoded picture, or stripe of one, as a decoder takes it.
#[derive(Clone, Debug)]
pub struct AccessUnit {
    /// How to read [`Self::data`].
    pub codec: Codec,
    /// It decodes on its own: an IDR picture, or any JPEG.
    pub keyframe: bool,
    /// Painting it over would not make it better.
    pub sharp: bool,
    /// The part of the picture it holds. Whole-frame encoders: all of it.
    pub area: Rect,
    /// The bytes, made once and shared by every viewer.
    pub data: Bytes,
}

/// Everything encoded from one frame, with its stopwatch.
#[derive(Clone, Debug)]
pub struct Picture {
    /// Counts from 0 since the pipeline started; the wire carries it modulo 65536.
    pub number: u64,
    /// Size of the whole picture.
    pub size: Size,
    /// Every part is in it and each decodes on its own: a viewer may start here.
    pub keyframe: bool,
    /// The changed stripes, from top to bottom.
    pub units: Arc<[AccessUnit]>,
    /// When the display server first said that something changed.
    pub damaged: Timestamp,
    /// When the pixels were read from the display server.
    pub captured: Timestamp,
    /// When the encoder began.
    pub encode_started: Timestamp,
    /// When the encoder was done.
    pub encoded: Timestamp,
    /// The inputs this picture is the first answer to.
    pub answers: Vec<InputMark>,
    /// The units as the transport sends them, made by the first link that does and shared by all.
    pub framed: OnceLock<Box<[Bytes]>>,
}

impl Picture {
    /// Bytes of all its units.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.units.iter().map(|unit| unit.data.len()).sum()
    }

    /// Nothing was read for it: it shows again, for a viewer that is new or to make it sharp, what an
    /// earlier one showed.
    #[must_use]
    pub fn is_repeat(&self) -> bool {
        self.damaged == self.encode_started
    }
}
