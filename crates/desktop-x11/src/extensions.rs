//! Extensions that something cannot do without.

use selkies_desktop::DesktopError;
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::xfixes::{self, ConnectionExt as _};

use crate::failure::{broken, failed};
use crate::wire::XConnection;

/// Fails unless the server has the extension called `name`.
pub(crate) fn require(connection: &XConnection, name: &'static str) -> Result<(), DesktopError> {
    match connection.extension_information(name).map_err(broken)? {
        Some(_) => Ok(()),
        None => Err(DesktopError::Unusable(format!(
            "it lacks the extension {name}"
        ))),
    }
}

/// Fails unless the server has XFixes, which rejects requests of clients that have not told their
/// version.
pub(crate) fn require_xfixes(connection: &XConnection) -> Result<(), DesktopError> {
    require(connection, xfixes::X11_EXTENSION_NAME)?;
    connection
        .xfixes_query_version(5, 0)
        .map_err(broken)?
        .reply()
        .map_err(failed)?;
    Ok(())
}
