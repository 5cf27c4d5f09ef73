//! How a clip comes in from a viewer, piece by piece.

use std::fmt;

use bytes::Bytes;

/// One step of taking in what a viewer has copied. Steps of one viewer come in order; those of
/// different viewers do not touch each other. A form that is refused is left out of its clip, and
/// the steps that would have gone on with it have no effect.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// A form of it begins; what was begun and not ended before is given up.
    Begin {
        /// Which form.
        mime: String,
        /// Bytes it will have.
        total: u64,
    },
    /// The next bytes of the form.
    Append(Bytes),
    /// The form is whole: it has as many bytes as announced.
    End,
    /// All its forms are there: it is what is copied now. What is typed afterwards finds it so.
    Offer,
    /// Give up what has come of it.
    Abort,
}

// As for a clip: kinds and sizes only.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { mime, total } => write!(f, "Begin({mime}, {total} bytes)"),
            Self::Append(bytes) => write!(f, "Append({} bytes)", bytes.len()),
            Self::End => f.write_str("End"),
            Self::Offer => f.write_str("Offer"),
            Self::Abort => f.write_str("Abort"),
        }
    }
}

/// Why a clip was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It, or all that is being taken in together, is larger than may be.
    TooLarge,
    /// It is not as long as announced, or not what it is said to be.
    Broken,
    /// It may not come in, or not in this form.
    Forbidden,
    /// The desktop did not take it.
    Failed,
}
