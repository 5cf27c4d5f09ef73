//! What was copied, on the wire.
//!
//! A *transfer* carries one form of it, its bytes in base64 (RFC 4648 §4): whole, or as a start
//! with the length, parts, and an end. Each part is encoded by itself; to pages every part but the
//! last has a multiple of three bytes, because some pages decode the joined text.
//!
//! | | page to server | server to page |
//! |---|---|---|
//! | whole, text | `cw,<base64>` | `clipboard,<base64>` |
//! | whole, other | `cb,<mime>,<base64>` | `clipboard_binary,<mime>,<base64>` |
//! | start | `cws,<id>,<bytes>`, `cbs,<id>,<mime>,<bytes>` | `clipboard_start,<mime>,<bytes>` |
//! | part | `cwd,<id>,<base64>`, `cbd,<id>,<base64>` | `clipboard_data,<base64>` |
//! | end | `cwe,<id>`, `cbe,<id>` | `clipboard_finish` |
//!
//! - `<bytes>` is the length before encoding. A transfer that ends with another length is void. A
//!   start makes void what was started before it and has not ended.
//! - `clipboard_data,=` is no base64 in any position: what has come of the transfer is void. A
//!   `clipboard_finish` follows, and then, usually, something newer.
//! - `cr` asks for what is copied now: `clipboard_reply,cr` and one transfer, for the one that
//!   asked. It is to be remembered and not written to the browser's clipboard. Nothing copied:
//!   `clipboard_reply,cr` and `clipboard,`. `REQUEST_CLIPBOARD` asks for an ordinary transfer,
//!   which comes within 150 ms, or sooner if the desktop's clipboard changes.
//! - `_ebc,<true|false>` sets `enable_binary_clipboard`: everything but `text/plain` and
//!   `text/uri-list`.
//!
//! Between pages that announced [`Capabilities::clips`] and servers:
//!
//! - `_clip,<n>`, n from 1 to [`FORMS`]: the next n transfers are forms of one thing, the best
//!   first. Without it each transfer is a thing of its own. Another `_clip` makes void what was
//!   begun. It comes before each thing that is sent to such a page; after `clipboard_reply,cr`, if
//!   that comes too. A page that cannot use a form ignores it.
//! - `_clip,<n>,primary`, to pages only: what is marked with the mouse, not what was copied.
//! - `_selkies,{"event":"clipboard","refused":"too_large"}`: what the page sent was not taken.
//!   `broken`: not as long as announced; `forbidden`: it may not come in, or not in this form;
//!   `failed`: the desktop did not take it.
//!
//! [`Capabilities::clips`]: crate::client::Capabilities::clips
//! [`FORMS`]: crate::limits::CLIP_FORMS

use std::fmt;

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;

use crate::limits;

/// The form that every page knows.
pub const TEXT: &str = "text/plain";

/// Padding is nobody's news: browsers write it, some programs do not.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Bytes of a form, decoded.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Data(pub Bytes);

impl Data {
    pub(crate) fn decode(base64: &str) -> Option<Self> {
        let bytes = LENIENT.decode(base64).ok()?;
        Some(Self(bytes.into()))
    }

    pub(crate) fn encode(&self) -> String {
        LENIENT.encode(&self.0)
    }
}

// What people copy is nobody's business.
impl fmt::Debug for Data {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// `type/subtype` in lower case without parameters. `None` when it is not of that form, or too long.
pub(crate) fn mime(text: &str) -> Option<String> {
    let essence = text.split_once(';').map_or(text, |(essence, _)| essence);
    let (kind, subtype) = essence.split_once('/')?;
    let token = |word: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$&^_.+-".contains(&byte);
        !word.is_empty() && word.bytes().all(plain)
    };
    let fits = text.len() <= limits::MIME && token(kind) && token(subtype);
    fits.then(|| essence.to_ascii_lowercase())
}
