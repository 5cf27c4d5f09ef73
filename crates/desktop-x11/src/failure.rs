//! What an X error means to those who borrow from the desktop.

use std::fmt::Display;

use selkies_desktop::DesktopError;
use x11rb::errors::{ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::x11_utils::X11Error;

/// The connection is of no further use.
pub(crate) fn lost(why: impl Display) -> DesktopError {
    DesktopError::Lost(why.to_string())
}

/// A request could not be sent or its answer not be read.
pub(crate) fn broken(error: ConnectionError) -> DesktopError {
    match error {
        ConnectionError::UnsupportedExtension => {
            DesktopError::Unusable("it lacks an extension".to_owned())
        }
        ConnectionError::MaximumRequestLengthExceeded => {
            DesktopError::Refused("the request is too long".to_owned())
        }
        other => lost(other),
    }
}

/// A request with an answer failed: on the way, or the server said no.
pub(crate) fn failed(error: ReplyError) -> DesktopError {
    match error {
        ReplyError::ConnectionError(error) => broken(error),
        ReplyError::X11Error(error) => refused(&error),
    }
}

/// A request that makes something failed.
pub(crate) fn not_made(error: ReplyOrIdError) -> DesktopError {
    match error {
        ReplyOrIdError::IdsExhausted => lost("it has no more identifiers for us"),
        ReplyOrIdError::ConnectionError(error) => broken(error),
        ReplyOrIdError::X11Error(error) => refused(&error),
    }
}

fn refused(error: &X11Error) -> DesktopError {
    let request = error.request_name.unwrap_or("a request");
    DesktopError::Refused(format!(
        "{:?} in answer to {request} (value {:#x})",
        error.error_kind, error.bad_value
    ))
}
