//! Reads what a chunk of video shows: by decoders that are not ours.

use openh264::decoder::Decoder;
use openh264::formats::YUVSource;
use selkies_desktop::testcard::BLOCK;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

/// Types of H.264 NAL units (Rec. ITU-T H.264, table 7-1).
pub(crate) const IDR: u8 = 5;
pub(crate) const SPS: u8 = 7;
pub(crate) const PPS: u8 = 8;

/// One picture or stripe.
pub(crate) struct Seen {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// The number of the card, if the stripe holds its row of blocks.
    pub(crate) number: Option<u16>,
}

/// The types of the NAL units of an Annex B stream. `None`: it does not begin with a start code.
pub(crate) fn nal_types(stream: &[u8]) -> Option<Vec<u8>> {
    if !stream.starts_with(&[0, 0, 1]) && !stream.starts_with(&[0, 0, 0, 1]) {
        return None;
    }
    let starts = stream.windows(4).filter(|bytes| bytes[..3] == [0, 0, 1]);
    Some(starts.map(|bytes| bytes[3] & 0x1f).collect())
}

/// An H.264 decoder; takes a keyframe first.
pub(crate) struct H264(Decoder);

impl H264 {
    pub(crate) fn new() -> Self {
        Self(Decoder::new().expect("the decoder starts"))
    }

    pub(crate) fn decode(&mut self, unit: &[u8]) -> Result<Seen, String> {
        let picture = self
            .0
            .decode(unit)
            .map_err(|error| error.to_string())?
            .ok_or("nothing came out of the decoder")?;
        let (width, height) = picture.dimensions();
        let (stride, _, _) = picture.strides();
        let luma = picture.y();
        Ok(Seen {
            width: width as u32,
            height: height as u32,
            number: number(width as u32, |x, y| luma[y as usize * stride + x as usize]),
        })
    }
}

pub(crate) fn jpeg(bytes: &[u8]) -> Result<Seen, String> {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    let pixels = decoder.decode().map_err(|error| error.to_string())?;
    let (width, height) = decoder.dimensions().ok_or("a JPEG without a size")?;
    // Green is most of what is bright.
    let number = number(width as u32, |x, y| {
        pixels[(y as usize * width + x as usize) * 3 + 1]
    });
    Ok(Seen {
        width: width as u32,
        height: height as u32,
        number,
    })
}

/// Reads the row of blocks: white, black, then 16 bits, most significant first.
fn number(width: u32, brightness: impl Fn(u32, u32) -> u8) -> Option<u16> {
    const BITS: u32 = 16;
    if width < BLOCK * (BITS + 2) {
        return None;
    }
    let is_white = |block: u32| brightness(block * BLOCK + BLOCK / 2, BLOCK / 2) > 127;
    (is_white(0) && !is_white(1))
        .then(|| (2..BITS + 2).fold(0, |number, bit| number << 1 | u16::from(is_white(bit))))
}
