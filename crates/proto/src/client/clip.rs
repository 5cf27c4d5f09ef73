//! `cw`, `cb`, and their parts.

use super::ClientMessage;
use super::fields::{exactly, unsigned};
use crate::clip::{Data, TEXT, mime};
use crate::{limits, verb};

/// A piece of what was copied on a page. See [`crate::clip`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipPiece {
    /// All of a form.
    Whole {
        /// Which; lower case, without parameters.
        mime: String,
        /// Its bytes.
        data: Data,
    },
    /// A form begins.
    Start {
        /// Named by the page.
        id: u64,
        /// Which; lower case, without parameters.
        mime: String,
        /// Bytes it will have.
        bytes: u64,
    },
    /// It goes on.
    Part {
        /// As it was started.
        id: u64,
        /// By `cbd`, not `cwd`. The id tells enough.
        binary: bool,
        /// The next bytes.
        data: Data,
    },
    /// It is whole.
    End {
        /// As it was started.
        id: u64,
        /// By `cbe`, not `cwe`.
        binary: bool,
    },
}

/// How many bytes of a clip the message in `text` holds, at most; 0 when it holds none. It costs
/// as good as nothing, so that room can be made before the message is read.
#[must_use]
pub fn clip_bytes(text: &str) -> usize {
    // The verb and what else stands before the bytes are short.
    let content = match text.split_once(',') {
        Some((verb::CLIPBOARD_TEXT, content)) => Some(content),
        Some((
            verb::CLIPBOARD_BINARY | verb::CLIPBOARD_TEXT_DATA | verb::CLIPBOARD_BINARY_DATA,
            content,
        )) => content.split_once(',').map(|(_, base64)| base64),
        _ => None,
    };
    content.map_or(0, |base64| base64.len().div_ceil(4) * 3)
}

pub(super) fn read(verb: &'static str, content: &str) -> Option<ClientMessage> {
    let binary = verb.starts_with("cb");
    let piece = match verb {
        verb::CLIPBOARD_TEXT => ClipPiece::Whole {
            mime: TEXT.to_owned(),
            data: Data::decode(content)?,
        },
        verb::CLIPBOARD_BINARY => {
            let (kind, base64) = content.split_once(',')?;
            ClipPiece::Whole {
                mime: mime(kind)?,
                data: Data::decode(base64)?,
            }
        }
        verb::CLIPBOARD_TEXT_START => {
            let [id, bytes] = exactly(content)?;
            ClipPiece::Start {
                id: unsigned(id)?,
                mime: TEXT.to_owned(),
                bytes: unsigned(bytes)?,
            }
        }
        verb::CLIPBOARD_BINARY_START => {
            let [id, kind, bytes] = exactly(content)?;
            ClipPiece::Start {
                id: unsigned(id)?,
                mime: mime(kind)?,
                bytes: unsigned(bytes)?,
            }
        }
        verb::CLIPBOARD_TEXT_DATA | verb::CLIPBOARD_BINARY_DATA => {
            let (id, base64) = content.split_once(',')?;
            ClipPiece::Part {
                id: unsigned(id)?,
                binary,
                data: Data::decode(base64)?,
            }
        }
        verb::CLIPBOARD_TEXT_END | verb::CLIPBOARD_BINARY_END => ClipPiece::End {
            id: unsigned(content)?,
            binary,
        },
        _ => return None,
    };
    Some(ClientMessage::Clip(piece))
}

/// A number of forms from 1 to [`limits::CLIP_FORMS`].
pub(super) fn forms(content: &str) -> Option<ClientMessage> {
    let forms = unsigned(content)?;
    (1..=limits::CLIP_FORMS)
        .contains(&forms)
        .then_some(ClientMessage::ClipForms(forms))
}
