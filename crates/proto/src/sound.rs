//! Sound, both ways: Opus packets (RFC 6716) behind a few bytes.
//!
//! To pages, numbers big-endian:
//!
//! ```text
//! plain      01 00 packet
//! redundant  01 n pts:32, n blocks (e0 offset:14 length:10), 60, n packets, packet
//! ```
//!
//! The second form repeats earlier packets, the oldest first, as RFC 2198 §3 does it: a block says
//! how many samples of 48 kHz its packet lies before `pts`, and how many bytes it has. Pages play
//! what they have missed. The numbers of payload types mean nothing here.
//!
//! From pages: `02 packet`, one channel of the microphone.

use std::fmt;

use bytes::Bytes;

use crate::client::DecodeError;
use crate::{kind, limits};

/// RFC 2198: another block follows; payload type 96.
const BLOCK: u8 = 0xe0;
/// The same without another block.
const LAST: u8 = 0x60;
const BLOCK_BYTES: usize = 4;

const OFFSET_BITS: u32 = 14;
const LENGTH_BITS: u32 = 10;

/// One Opus packet of a viewer's microphone. What was said is nobody's business: it prints as its
/// length.
#[derive(Clone, PartialEq, Eq)]
pub struct Speech(pub Bytes);

impl fmt::Debug for Speech {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// A packet that was sent before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier<'a> {
    /// By how many samples of 48 kHz it is earlier.
    pub offset: u32,
    /// Itself.
    pub packet: &'a [u8],
}

impl Earlier<'_> {
    /// Whether a block can say so.
    fn fits(&self) -> bool {
        let lengths = 1..1 << LENGTH_BITS;
        self.offset < 1 << OFFSET_BITS && lengths.contains(&self.packet.len())
    }

    fn header(&self) -> [u8; BLOCK_BYTES] {
        let length = u32::try_from(self.packet.len()).unwrap_or(0);
        let [_, a, b, c] = (self.offset << LENGTH_BITS | length).to_be_bytes();
        [BLOCK, a, b, c]
    }
}

/// A message with `packet`, which begins at `pts`, and as much of `earlier`, the oldest first, as
/// has room in blocks. Without any the message is plain.
#[must_use]
pub fn sound_message(pts: u32, earlier: &[Earlier<'_>], packet: &[u8]) -> Vec<u8> {
    let skipped = earlier.len().saturating_sub(limits::EARLIER_SOUND.into());
    let blocks = || {
        let newest = earlier.iter().skip(skipped);
        newest.filter(|earlier| earlier.fits())
    };
    let count = u8::try_from(blocks().count()).unwrap_or(0);
    let mut message = vec![kind::AUDIO, count];
    if count > 0 {
        message.extend(pts.to_be_bytes());
        blocks().for_each(|earlier| message.extend(earlier.header()));
        message.push(LAST);
        blocks().for_each(|earlier| message.extend(earlier.packet));
    }
    message.extend(packet);
    message
}

/// A message of sound as a page reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound<'a> {
    /// Where the packet begins, in samples of 48 kHz. Plain messages do not say.
    pub pts: Option<u32>,
    /// What is repeated, the oldest first.
    pub earlier: Vec<Earlier<'a>>,
    /// The packet.
    pub packet: &'a [u8],
}

/// Reads what [`sound_message`] writes: for Rust programs that play the page.
///
/// # Errors
/// [`DecodeError`] says what was wrong.
pub fn decode_sound(bytes: &[u8]) -> Result<Sound<'_>, DecodeError> {
    match bytes {
        [] => Err(DecodeError::Empty),
        [kind::AUDIO, 0, packet @ ..] if !packet.is_empty() => Ok(Sound {
            pts: None,
            earlier: Vec::new(),
            packet,
        }),
        [kind::AUDIO, count @ 1..=limits::EARLIER_SOUND, rest @ ..] => {
            redundant((*count).into(), rest).ok_or(MALFORMED)
        }
        [kind::AUDIO, ..] => Err(MALFORMED),
        [other, ..] => Err(DecodeError::UnknownKind(*other)),
    }
}

const MALFORMED: DecodeError = DecodeError::Malformed("sound");

fn redundant(count: usize, bytes: &[u8]) -> Option<Sound<'_>> {
    let (pts, bytes) = bytes.split_first_chunk()?;
    let (headers, bytes) = bytes.split_at_checked(count * BLOCK_BYTES)?;
    let (_, mut bytes) = bytes.split_first()?;
    let mut earlier = Vec::with_capacity(count);
    for header in headers.chunks_exact(BLOCK_BYTES) {
        let header = u32::from_be_bytes(header.try_into().ok()?);
        let offset = header >> LENGTH_BITS & ((1 << OFFSET_BITS) - 1);
        let length = header & ((1 << LENGTH_BITS) - 1);
        let (packet, rest) = bytes.split_at_checked(usize::try_from(length).ok()?)?;
        earlier.push(Earlier { offset, packet });
        bytes = rest;
    }
    let whole = !bytes.is_empty() && earlier.iter().all(|earlier| !earlier.packet.is_empty());
    whole.then_some(Sound {
        pts: Some(u32::from_be_bytes(*pts)),
        earlier,
        packet: bytes,
    })
}
