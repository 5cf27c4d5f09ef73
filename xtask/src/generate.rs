//! Files that follow from the code. They are committed, and `make test` compares them.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

/// A path from the root of the repository, and what belongs there.
type Generated = (&'static str, String);

fn all() -> Vec<Generated> {
    vec![
        ("docs/settings.md", selkies_settings::settings_markdown()),
        (
            "web/src/settings/generated.ts",
            selkies_settings::settings_typescript(),
        ),
        (
            "web/src/proto/generated.ts",
            selkies_proto::wire_typescript(),
        ),
    ]
}

/// Writes those that differ.
pub(crate) fn write(root: &Path) -> Result<()> {
    for (path, text) in stale(root, all()) {
        let file = root.join(path);
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&file, text).with_context(|| format!("writing {path}"))?;
        println!("generate: wrote {path}");
    }
    Ok(())
}

/// Names those that differ; true if none does.
pub(crate) fn check(root: &Path) -> Result<bool> {
    let stale = stale(root, all());
    for (path, _) in &stale {
        println!("generate: {path} is not what the code says; run make generate");
    }
    Ok(stale.is_empty())
}

fn stale(root: &Path, generated: Vec<Generated>) -> Vec<Generated> {
    let differs = |(path, text): &Generated| {
        // A file that is not there or not readable differs too, and writing it reports why.
        fs::read_to_string(root.join(path)).ok().as_ref() != Some(text)
    };
    generated.into_iter().filter(differs).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_stale_when_missing_or_different() {
        let root = tempfile::tempdir().expect("a temporary folder can be made");
        fs::write(root.path().join("same"), "a\n").expect("it can be written to");
        fs::write(root.path().join("old"), "a\n").expect("it can be written to");
        let generated = vec![
            ("same", "a\n".to_owned()),
            ("old", "b\n".to_owned()),
            ("docs/new", "c\n".to_owned()),
        ];
        let stale = stale(root.path(), generated);
        let paths: Vec<_> = stale.iter().map(|(path, _)| *path).collect();
        assert_eq!(paths, ["old", "docs/new"]);
    }
}
