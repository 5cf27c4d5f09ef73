use super::{ClientBinary, DecodeError};
use crate::{kind, limits};

/// Tells the kinds of binary frames apart. What is inside is for its reader to check: a gzip
/// stream may hold more than [`crate::limits::MESSAGE`] bytes once inflated.
///
/// # Errors
/// [`DecodeError`] for kinds a page does not send, and for frames without content.
pub fn decode_binary(bytes: &[u8]) -> Result<ClientBinary<'_>, DecodeError> {
    let (&first, content) = bytes.split_first().ok_or(DecodeError::Empty)?;
    let wrap = match first {
        kind::GZIP => ClientBinary::GzipText,
        kind::MICROPHONE => ClientBinary::Microphone,
        other => return Err(DecodeError::UnknownKind(other)),
    };
    if content.is_empty() {
        return Err(DecodeError::Empty);
    }
    if first == kind::MICROPHONE && content.len() > limits::SPEECH {
        return Err(DecodeError::Malformed("microphone"));
    }
    Ok(wrap(content))
}
