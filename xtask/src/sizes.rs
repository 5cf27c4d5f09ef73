//! How long the source files are. It only prints: length is a reason to look, not to fail.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Past this many lines a file is worth the question which second thing lives there.
const LONG: usize = 600;

const FOLDERS: [&str; 6] = ["crates", "xtask", "fuzz", "web/src", "web/test", "e2e"];
const SUFFIXES: [&str; 5] = ["rs", "ts", "mjs", "c", "css"];
const FOREIGN: [&str; 4] = ["node_modules", "target", "dist", "out"];

/// Prints the median, the 95th percentile and the longest files of each language.
pub(crate) fn print(root: &Path) -> Result<()> {
    let mut files = Vec::new();
    for folder in FOLDERS {
        let path = root.join(folder);
        if path.is_dir() {
            collect(&path, &mut files)?;
        }
    }
    for suffix in SUFFIXES {
        let mut sizes = Vec::new();
        for path in &files {
            if path
                .extension()
                .is_some_and(|extension| extension == suffix)
            {
                let text = fs::read_to_string(path)
                    .with_context(|| format!("reading {}", path.display()))?;
                sizes.push((lines_without_tests(&text), path));
            }
        }
        if sizes.is_empty() {
            continue;
        }
        sizes.sort();
        let lines: Vec<usize> = sizes.iter().map(|(lines, _)| *lines).collect();
        println!(
            "{suffix}: {} files, {} lines; median {}, 95th {}",
            lines.len(),
            lines.iter().sum::<usize>(),
            percentile(&lines, 50),
            percentile(&lines, 95),
        );
        for (lines, path) in sizes.iter().rev().take(5) {
            let mark = if *lines > LONG { "  long" } else { "" };
            let name = path.strip_prefix(root).unwrap_or(path).display();
            println!("  {lines:>5}  {name}{mark}");
        }
    }
    Ok(())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let foreign = FOREIGN.iter().any(|name| entry.file_name() == *name);
        if entry.file_type()?.is_dir() {
            if !foreign {
                collect(&entry.path(), files)?;
            }
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

/// Rust keeps its tests at the end of the file; they may be as long as they need.
fn lines_without_tests(text: &str) -> usize {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .count()
}

/// `sorted` is not empty.
fn percentile(sorted: &[usize], percent: usize) -> usize {
    let index = (sorted.len() * percent / 100).min(sorted.len() - 1);
    sorted.get(index).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_do_not_count() {
        assert_eq!(lines_without_tests("a\nb\n#[cfg(test)]\nmod tests {}\n"), 2);
    }

    #[test]
    fn percentiles_stay_inside() {
        assert_eq!(percentile(&[1, 2, 3], 50), 2);
        assert_eq!(percentile(&[1, 2, 3], 95), 3);
        assert_eq!(percentile(&[7], 100), 7);
    }
}
