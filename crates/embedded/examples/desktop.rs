//! Starts the private desktop and says where it is. It ends with the input.
//!
//! `cargo run -p selkies-embedded --example desktop [-- COMMAND ...]`

use std::ffi::OsString;
use std::io::{Read as _, Write as _};

use selkies_embedded::{Embedded, Options};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(tracing::Level::DEBUG)
        .init();
    let command: Vec<OsString> = std::env::args_os().skip(1).collect();
    let embedded = Embedded::start(Options {
        command: (!command.is_empty()).then_some(command),
        ..Options::default()
    })?;
    let mut output = std::io::stdout();
    for (name, value) in embedded.environment() {
        if ["DISPLAY", "XAUTHORITY", "SELKIES_INSTANCE"].contains(&&*name.to_string_lossy()) {
            writeln!(output, "{}={}", name.display(), value.display())?;
        }
    }
    writeln!(output)?;
    output.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    embedded.stop();
    Ok(())
}
