//! What is written to the log, and what never is.

use std::io::{self, IsTerminal};

use selkies_settings::{Level, Notice};
use tracing_subscriber::EnvFilter;

/// Libraries that write down whole messages, with what was typed, at their lowest level.
const TELLTALES: [&str; 4] = ["tungstenite", "tokio_tungstenite", "hyper", "hyper_util"];

pub(crate) fn start(debug: bool) {
    let level = if debug { "debug" } else { "info" };
    let filter = EnvFilter::try_from_env("SELKIES_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    let discretion = TELLTALES.map(|library| format!("{library}=debug"));
    let filter = discretion
        .iter()
        .filter_map(|directive| directive.parse().ok())
        .fold(filter, EnvFilter::add_directive);
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .with_target(false)
        .init();
}

/// What became of the settings.
pub(crate) fn tell(notices: Vec<Notice>) {
    for Notice { level, text } in notices {
        match level {
            Level::Info => tracing::info!("{text}"),
            Level::Warn => tracing::warn!("{text}"),
            Level::Error => tracing::error!("{text}"),
        }
    }
}
