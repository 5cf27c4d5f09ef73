//! `clipboard`, `clipboard_binary`, and their parts.

use crate::clip::{Data, TEXT};
use crate::verb;

/// A piece of what was copied on the desktop. See [`crate::clip`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClipPiece {
    /// All of a form.
    Whole {
        /// Which.
        mime: String,
        /// Its bytes.
        data: Data,
    },
    /// A form begins.
    Start {
        /// Which.
        mime: String,
        /// Bytes it will have.
        bytes: u64,
    },
    /// It goes on: a multiple of three bytes, unless it is the last part.
    Part(Data),
    /// It will not be whole: a part that is no base64. [`Self::End`] follows.
    Void,
    /// It is whole, or void.
    End,
}

/// Why something that was copied on the page did not come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipRefusal {
    /// It, or all that comes in together, is larger than may be.
    TooLarge,
    /// It is not as long as announced.
    Broken,
    /// It may not come in, or not in this form.
    Forbidden,
    /// The desktop did not take it.
    Failed,
}

impl ClipRefusal {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Broken => "broken",
            Self::Forbidden => "forbidden",
            Self::Failed => "failed",
        }
    }
}

impl ClipPiece {
    pub(super) fn encode(&self) -> String {
        match self {
            Self::Whole { mime, data } if mime == TEXT => {
                format!("{},{}", verb::CLIP_TEXT, data.encode())
            }
            Self::Whole { mime, data } => {
                format!("{},{mime},{}", verb::CLIP_BINARY, data.encode())
            }
            Self::Start { mime, bytes } => format!("{},{mime},{bytes}", verb::CLIP_START),
            Self::Part(data) => format!("{},{}", verb::CLIP_DATA, data.encode()),
            Self::Void => format!("{},=", verb::CLIP_DATA),
            Self::End => verb::CLIP_FINISH.to_owned(),
        }
    }
}
