//! The few bytes in front of every piece of a picture.
//!
//! A frame is all chunks with one id. Numbers are big-endian:
//!
//! ```text
//! JPEG   03 00 id:16 y:16                      then a complete JPEG
//! H.264  04 t  id:16 y:16 width:16 height:16   then Annex B; t is 1 on an IDR, 0 otherwise
//! ```
//!
//! The id counts pictures modulo 65536 and starts at 0 with every pipeline. A stripe of H.264 is a
//! stream of its own, told apart by its `y`.

use crate::client::DecodeError;
use crate::kind;

/// Bytes before the Annex B data of an H.264 chunk.
pub const H264_HEADER: usize = 10;

/// Bytes before the JPEG of a stripe.
pub const JPEG_HEADER: usize = 6;

/// A picture chunk that ends before its header does: pages take it for a sign of life and draw
/// nothing. Sent to viewers of an idle desktop, who would ask for a keyframe after 3 s of silence.
pub const KEEP_ALIVE: [u8; 1] = [kind::JPEG];

/// Where an H.264 chunk belongs in its picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChunkArea {
    y: u16,
    width: u16,
    height: u16,
}

impl ChunkArea {
    /// `None` when a number does not fit its 16 bits, or the area is empty.
    #[must_use]
    pub fn new(y: u32, width: u32, height: u32) -> Option<Self> {
        let side = |pixels: u32| u16::try_from(pixels).ok().filter(|&pixels| pixels > 0);
        Some(Self {
            y: u16::try_from(y).ok()?,
            width: side(width)?,
            height: side(height)?,
        })
    }

    /// The first row.
    #[must_use]
    pub fn y(&self) -> u16 {
        self.y
    }

    /// Pixels per row.
    #[must_use]
    pub fn width(&self) -> u16 {
        self.width
    }

    /// Rows.
    #[must_use]
    pub fn height(&self) -> u16 {
        self.height
    }
}

/// The header of an H.264 chunk. `keyframe` says that the data begins with SPS, PPS and an IDR;
/// pages build and reset their decoders by it.
#[must_use]
pub fn h264_header(keyframe: bool, picture: u64, area: ChunkArea) -> [u8; H264_HEADER] {
    let [i0, i1] = frame_id(picture).to_be_bytes();
    let [y0, y1] = area.y.to_be_bytes();
    let [w0, w1] = area.width.to_be_bytes();
    let [h0, h1] = area.height.to_be_bytes();
    [
        kind::H264,
        u8::from(keyframe),
        i0,
        i1,
        y0,
        y1,
        w0,
        w1,
        h0,
        h1,
    ]
}

/// The header of a JPEG stripe.
#[must_use]
pub fn jpeg_header(picture: u64, y: u16) -> [u8; JPEG_HEADER] {
    let [i0, i1] = frame_id(picture).to_be_bytes();
    let [y0, y1] = y.to_be_bytes();
    [kind::JPEG, 0, i0, i1, y0, y1]
}

/// The id a picture has on the wire, and in `CLIENT_FRAME_ACK`.
#[must_use]
pub fn frame_id(picture: u64) -> u16 {
    let [.., high, low] = picture.to_be_bytes();
    u16::from_be_bytes([high, low])
}

/// A piece of a picture as a page sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VideoChunk<'a> {
    /// [`KEEP_ALIVE`].
    KeepAlive,
    /// A stripe, or all of a picture.
    Jpeg {
        /// See [`frame_id`].
        id: u16,
        /// The first row.
        y: u16,
        /// A complete JPEG.
        data: &'a [u8],
    },
    /// An access unit.
    H264 {
        /// Decoding can start here.
        keyframe: bool,
        /// See [`frame_id`].
        id: u16,
        /// Which rows.
        area: ChunkArea,
        /// Annex B.
        data: &'a [u8],
    },
}

/// Reads what the functions above write: for Rust programs that play the page.
///
/// # Errors
/// [`DecodeError`] says what was wrong.
pub fn decode_chunk(bytes: &[u8]) -> Result<VideoChunk<'_>, DecodeError> {
    match bytes {
        [] => Err(DecodeError::Empty),
        [kind::JPEG] => Ok(VideoChunk::KeepAlive),
        [kind::JPEG, 0, i0, i1, y0, y1, data @ ..] if !data.is_empty() => Ok(VideoChunk::Jpeg {
            id: u16::from_be_bytes([*i0, *i1]),
            y: u16::from_be_bytes([*y0, *y1]),
            data,
        }),
        // 2 is a picture without references after which decoding cannot start.
        [
            kind::H264,
            how @ 0..=2,
            i0,
            i1,
            y0,
            y1,
            w0,
            w1,
            h0,
            h1,
            data @ ..,
        ] if !data.is_empty() => {
            let number = |high: &u8, low: &u8| u32::from(u16::from_be_bytes([*high, *low]));
            let area = ChunkArea::new(number(y0, y1), number(w0, w1), number(h0, h1));
            Ok(VideoChunk::H264 {
                keyframe: *how == 1,
                id: u16::from_be_bytes([*i0, *i1]),
                area: area.ok_or(DecodeError::Malformed("H.264 chunk"))?,
                data,
            })
        }
        [kind::JPEG, ..] => Err(DecodeError::Malformed("JPEG chunk")),
        [kind::H264, ..] => Err(DecodeError::Malformed("H.264 chunk")),
        [other, ..] => Err(DecodeError::UnknownKind(*other)),
    }
}
