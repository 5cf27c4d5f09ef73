//! What is printed when the server is ready.

use std::fmt::Write as _;
use std::io;
use std::net::SocketAddr;

use selkies_settings::Settings;

use crate::{reachable, say};

/// Prints the link, and how to log in without it. The only place where a password that was made up
/// is ever shown; one that was given is not repeated.
pub(crate) fn print(
    settings: &Settings,
    address: SocketAddr,
    login_path: Option<&str>,
    made_up: bool,
) -> anyhow::Result<()> {
    let host = reachable(address);
    let mut text = String::from("\n");
    match login_path {
        Some(path) => {
            writeln!(
                text,
                "  Open this link, it works once:  http://{host}{path}\n"
            )?;
            writeln!(text, "  After that:  http://{host}{}/", settings.subfolder)?;
            writeln!(text, "    user       {}", settings.basic_auth_user)?;
            let password = if made_up {
                settings.basic_auth_password.expose()
            } else {
                "the one that was given"
            };
            writeln!(text, "    password   {password}")?;
        }
        None => {
            writeln!(text, "  Open  http://{host}{}/", settings.subfolder)?;
            writeln!(
                text,
                "  Whoever can reach this address has the desktop: no login is asked for."
            )?;
        }
    }
    if !address.ip().is_loopback() {
        writeln!(
            text,
            "\n  From other machines a browser needs https: put a proxy in front, or an SSH tunnel\n  \
             (ssh -L {port}:localhost:{port} …).",
            port = address.port()
        )?;
    }
    text.push_str("\n  Ctrl-C ends it.\n\n");
    say(io::stdout(), &text);
    Ok(())
}
