//! Which video a page shows: the gates and decoders of the existing client.

use super::Shown;
use crate::picture::{self, H264, IDR, PPS, SPS, Seen};
use crate::serving::CARD;

/// What becomes of a piece of video.
pub(super) enum Outcome {
    Shown(Shown),
    Discarded(&'static str),
    /// A delta without its keyframe: the page asks for one.
    Incomplete,
    SignOfLife,
    Fault(String),
}

pub(super) struct Screen {
    /// Viewers decode H.264 under any encoder's name.
    is_owner: bool,
    pub(super) encoder: String,
    pub(super) size: Option<(u32, u32)>,
    /// The owner has been told that its video has stopped.
    pub(super) stopped: bool,
    /// Of the last piece since the last reset, also of one that was discarded.
    pub(super) last_id: Option<u16>,
    decoder: Option<H264>,
    /// Rows that were drawn since the last reset.
    drawn: Vec<bool>,
    number: u16,
}

const SIGN_OF_LIFE: &[u8] = &[3];
const JPEG: u8 = 3;
const H264_UNIT: u8 = 4;
const JPEG_HEADER: usize = 6;
const H264_HEADER: usize = 10;

impl Screen {
    pub(super) fn new(is_owner: bool) -> Self {
        Self {
            is_owner,
            encoder: String::new(),
            size: None,
            stopped: false,
            last_id: None,
            decoder: None,
            drawn: Vec::new(),
            number: 0,
        }
    }

    /// `PIPELINE_RESETTING`.
    pub(super) fn reset(&mut self) {
        self.decoder = None;
        self.drawn.clear();
        self.last_id = None;
    }

    pub(super) fn take(&mut self, bytes: &[u8]) -> Outcome {
        let outcome = match bytes {
            SIGN_OF_LIFE => Ok(Outcome::SignOfLife),
            [JPEG, 0, ..] if bytes.len() > JPEG_HEADER => self.jpeg(bytes),
            [H264_UNIT, 0..=1, ..] if bytes.len() > H264_HEADER => self.h264(bytes),
            _ => Err(format!(
                "a page has no use for {:02x?}",
                &bytes[..bytes.len().min(16)]
            )),
        };
        outcome.unwrap_or_else(Outcome::Fault)
    }

    fn jpeg(&mut self, bytes: &[u8]) -> Result<Outcome, String> {
        let (header, data) = bytes.split_at(JPEG_HEADER);
        let (id, y) = (number(header, 2), u32::from(number(header, 4)));
        self.last_id = Some(id);
        if self.stopped {
            return Ok(Outcome::Discarded("its video is stopped"));
        }
        if self.encoder != "jpeg" {
            return Ok(Outcome::Discarded("not the encoder it knows of"));
        }
        let stripe = picture::jpeg(data)?;
        let size = self.size.ok_or("video before its size")?;
        if stripe.width != size.0 || y + stripe.height > size.1 {
            return Err(format!(
                "a stripe of {}x{} at {y} in a picture of {size:?}",
                stripe.width, stripe.height
            ));
        }
        self.drawn.resize(size.1 as usize, false);
        self.drawn[y as usize..(y + stripe.height) as usize].fill(true);
        if y == 0 {
            self.number = check_number(&stripe)?;
        }
        if self.drawn.contains(&false) {
            return Ok(Outcome::Discarded("the rest of the picture is to come"));
        }
        Ok(self.shown(id, true, header))
    }

    fn h264(&mut self, bytes: &[u8]) -> Result<Outcome, String> {
        let (header, data) = bytes.split_at(H264_HEADER);
        let (keyframe, id, y) = (header[1] == 1, number(header, 2), number(header, 4));
        let of_header = (number(header, 6).into(), number(header, 8).into());
        self.last_id = Some(id);
        if self.stopped {
            return Ok(Outcome::Discarded("its video is stopped"));
        }
        if self.is_owner && self.encoder != "h264enc" {
            return Ok(Outcome::Discarded("not the encoder it knows of"));
        }
        check_units(keyframe, data)?;
        if keyframe {
            self.decoder = Some(H264::new());
        }
        let Some(decoder) = &mut self.decoder else {
            return Ok(Outcome::Incomplete);
        };
        let decoded = decoder.decode(data)?;
        let sizes = [Some((decoded.width, decoded.height)), self.size];
        if y != 0 || sizes != [Some(of_header); 2] {
            return Err(format!(
                "row {y}, {of_header:?} announced, {sizes:?} decoded and expected"
            ));
        }
        self.number = check_number(&decoded)?;
        Ok(self.shown(id, keyframe, header))
    }

    fn shown(&self, id: u16, keyframe: bool, header: &[u8]) -> Outcome {
        Outcome::Shown(Shown {
            id,
            keyframe,
            number: self.number,
            size: self.size.unwrap_or_default(),
            header: header.to_vec(),
        })
    }
}

/// Whether the header tells the truth about what follows it.
fn check_units(keyframe: bool, data: &[u8]) -> Result<(), String> {
    let types = picture::nal_types(data).ok_or("no Annex B stream")?;
    let place = |wanted| types.iter().position(|kind| *kind == wanted);
    let begins_anew = match (place(SPS), place(PPS), place(IDR)) {
        (Some(sps), Some(pps), Some(idr)) => sps < pps && pps < idr,
        _ => false,
    };
    let fits = if keyframe {
        begins_anew
    } else {
        place(IDR).is_none()
    };
    fits.then_some(())
        .ok_or_else(|| format!("keyframe {keyframe}, but NAL units {types:?}"))
}

/// A card too small for its number shows 0.
fn check_number(seen: &Seen) -> Result<u16, String> {
    let too_small = seen.width < CARD.width;
    let number = seen.number.or(too_small.then_some(0));
    number.ok_or_else(|| "this is not the card".to_owned())
}

fn number(header: &[u8], at: usize) -> u16 {
    u16::from_be_bytes([header[at], header[at + 1]])
}
