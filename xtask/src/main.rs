//! Chores of the repository. Nothing here is part of the product: `make` calls it.
//!
//! Each chore is a module and a word: `cargo xtask layers` runs [`layers`].
#![expect(clippy::print_stdout, reason = "a chore reports on the terminal")]

mod generate;
mod layers;
mod sizes;
mod tally;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};

const USAGE: &str = "\
usage: cargo xtask CHORE

  generate [--check]  write the files that follow from the code, or only compare them
  layers              compare the crates' dependencies with the table of who may know whom
  sizes               how long the files are
  tally FOLDER        add up the test runs whose output is in FOLDER";

fn main() -> Result<ExitCode> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let root = root()?;
    match words.as_slice() {
        ["generate"] => generate::write(&root).map(|()| ExitCode::SUCCESS),
        ["generate", "--check"] => generate::check(&root).map(success_if),
        ["layers"] => layers::check(&root).map(success_if),
        ["sizes"] => sizes::print(&root).map(|()| ExitCode::SUCCESS),
        ["tally", folder] => tally::print(Path::new(folder)).map(success_if),
        _ => {
            println!("{USAGE}");
            Ok(ExitCode::from(2))
        }
    }
}

fn success_if(well: bool) -> ExitCode {
    if well {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The folder of the workspace, wherever the chore was called from.
fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .map(Path::to_path_buf)
        .context("xtask has no folder above it")
}
