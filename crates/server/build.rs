//! Finds the built web client: `SELKIES_WEB_DIST`, else `web/dist`, else builds it when its
//! packages are installed. Never installs anything.

use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A failure is told by the exit code as well: cargo repeats what a script that succeeded has
/// said, errors too, until a file it named changes.
fn main() -> ExitCode {
    println!("cargo::rerun-if-env-changed=SELKIES_WEB_DIST");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let dist = env::var_os("SELKIES_WEB_DIST").map_or_else(|| root.join("web/dist"), PathBuf::from);
    println!(
        "cargo::rerun-if-changed={}",
        dist.join("index.html").display()
    );
    if !dist.join("index.html").is_file() && !build(&root.join("web")) {
        println!(
            "cargo::error=the web client is not built: run `make build`, or `npm ci && npm run build` in web/"
        );
        return ExitCode::FAILURE;
    }
    match dist.canonicalize() {
        Ok(dist) => println!(
            "cargo::rustc-env=SELKIES_WEB_DIST_RESOLVED={}",
            dist.display()
        ),
        Err(error) => {
            println!("cargo::error=the web client's folder cannot be read: {error}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn build(web: &Path) -> bool {
    web.join("node_modules").is_dir()
        && Command::new("npm")
            .args(["run", "build"])
            .current_dir(web)
            .status()
            .is_ok_and(|status| status.success())
}
