//! Programs that tests need and a machine may lack.

use std::env;
use std::path::PathBuf;

/// The path of `program`. `None` when it is not installed: the test is then over, a note is
/// printed.
///
/// # Panics
/// When it is not installed and the environment variable `STRICT` is `1`, so that no test is
/// skipped unseen where all tools are meant to be there.
#[must_use]
#[expect(
    clippy::print_stderr,
    reason = "the note belongs into the output of the test"
)]
pub fn require_tool(program: &str) -> Option<PathBuf> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders)
        .map(|folder| folder.join(program))
        .find(|path| path.is_file());
    if found.is_none() {
        assert!(
            env::var_os("STRICT").is_none_or(|strict| strict != "1"),
            "{program} is not installed"
        );
        eprintln!("skipped: {program} is not installed");
    }
    found
}

/// Whether tests are to take the time for everything: the environment variable `FULL` is `1`.
#[must_use]
pub fn full() -> bool {
    env::var_os("FULL").is_some_and(|full| full == "1")
}
