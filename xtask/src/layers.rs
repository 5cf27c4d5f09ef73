//! Who may know whom, kept true by machine.
//!
//! The table below is the architecture; cargo's own graph is what the code does. The pure crates
//! are also held to their purity: no `unsafe`, no crates that touch the world, and a `clippy.toml`
//! that bans clocks, threads, files and sockets.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// What a crate may depend on inside the workspace.
struct Rule {
    name: &'static str,
    may_know: &'static [&'static str],
    /// Only for its tests, beside [`TESTKIT`].
    tests_may_know: &'static [&'static str],
}

const fn rule(name: &'static str, may_know: &'static [&'static str]) -> Rule {
    Rule {
        name,
        may_know,
        tests_may_know: &[],
    }
}

const RULES: &[Rule] = &[
    rule("proto", &[]),
    rule("settings", &[]),
    rule("media", &[]),
    rule("clip", &[]),
    rule("desktop", &["media", "clip"]),
    rule(
        "session",
        &["proto", "settings", "media", "desktop", "clip"],
    ),
    rule("pipeline", &["media", "desktop"]),
    rule("encode", &["media"]),
    Rule {
        tests_may_know: &["pipeline"],
        ..rule("audio", &["media"])
    },
    rule("desktop-x11", &["desktop", "media", "clip"]),
    rule("embedded", &[]),
    rule("gamepad", &["desktop"]),
    Rule {
        tests_may_know: &["desktop", "gamepad"],
        ..rule("interposer", &[])
    },
    rule("udev-standin", &[]),
    rule("transport", &["proto", "media", "pipeline", "clip"]),
    Rule {
        tests_may_know: &["encode"],
        ..rule(
            "server",
            &[
                "session",
                "transport",
                "pipeline",
                "desktop",
                "media",
                "settings",
                "proto",
                "clip",
            ],
        )
    },
    rule("bench", &["desktop", "desktop-x11", "encode", "media"]),
    rule(
        "selkies",
        &[
            "bench",
            "clip",
            "server",
            "session",
            "transport",
            "pipeline",
            "encode",
            "audio",
            "desktop-x11",
            "embedded",
            "gamepad",
            "desktop",
            "media",
            "settings",
            "proto",
            "clip",
        ],
    ),
    rule(
        TESTKIT,
        &["proto", "settings", "media", "desktop", "session"],
    ),
    rule("xtask", &["settings", "proto"]),
];

/// Every crate's tests may use it, no crate's product may.
const TESTKIT: &str = "testkit";

/// Crates that decide and never touch the world.
const PURE: [&str; 6] = ["proto", "settings", "media", "clip", "desktop", "session"];

/// Crates whose whole point is a clock, a thread, a file or a socket.
const WORLDLY: [&str; 10] = [
    "axum",
    "getrandom",
    "libc",
    "mio",
    "nix",
    "rand",
    "rustix",
    "tempfile",
    "tokio",
    "x11rb",
];

/// What the `clippy.toml` of a pure crate bans in addition to the bans of the whole workspace.
const PURE_BANS: [&str; 6] = [
    "std::time::Instant::now",
    "std::time::SystemTime::now",
    "std::thread::spawn",
    "std::fs::File",
    "std::fs::read_to_string",
    "std::net::TcpStream",
];

/// Prints what is against the rules; true if nothing is.
pub(crate) fn check(root: &Path) -> Result<bool> {
    let mut complaints = wrong_edges(RULES, &workspace(root)?);
    let shared = fs::read_to_string(root.join("clippy.toml")).context("reading clippy.toml")?;
    for name in PURE {
        let folder = root.join("crates").join(name);
        let entry = fs::read_to_string(folder.join("src/lib.rs"))
            .with_context(|| format!("reading the entry of {name}"))?;
        if !entry.contains("#![forbid(unsafe_code)]") {
            complaints.push(format!(
                "{name} is pure and must say #![forbid(unsafe_code)]"
            ));
        }
        match fs::read_to_string(folder.join("clippy.toml")) {
            Ok(own) => complaints.extend(missing_bans(name, &shared, &own)),
            Err(_) => complaints.push(format!("{name} is pure and needs a clippy.toml")),
        }
    }
    for complaint in &complaints {
        println!("layers: {complaint}");
    }
    if complaints.is_empty() {
        println!("layers: {} crates know only whom they may", RULES.len());
    }
    Ok(complaints.is_empty())
}

/// One dependency as a manifest declares it.
struct Edge {
    on: String,
    inside: bool,
    only_tests: bool,
}

/// The crates of the workspace by their short names, and what each declares.
fn workspace(root: &Path) -> Result<BTreeMap<String, Vec<Edge>>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(root)
        .output()
        .context("running cargo metadata")?;
    ensure!(
        output.status.success(),
        "cargo metadata: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists no packages")?;
    let mut crates = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().context("a package has no name")?;
        let declared = package["dependencies"]
            .as_array()
            .context("a package has no list of dependencies")?;
        let edges = declared.iter().filter_map(edge).collect();
        crates.insert(short(name).to_owned(), edges);
    }
    Ok(crates)
}

fn edge(dependency: &Value) -> Option<Edge> {
    Some(Edge {
        on: short(dependency["name"].as_str()?).to_owned(),
        inside: dependency["path"].is_string(),
        only_tests: dependency["kind"] == "dev",
    })
}

fn short(name: &str) -> &str {
    name.strip_prefix("selkies-").unwrap_or(name)
}

fn wrong_edges(rules: &[Rule], crates: &BTreeMap<String, Vec<Edge>>) -> Vec<String> {
    let mut complaints = Vec::new();
    for (name, edges) in crates {
        let Some(rule) = rules.iter().find(|rule| rule.name == name) else {
            complaints.push(format!("{name} has no row in the table"));
            continue;
        };
        for edge in edges {
            let on = edge.on.as_str();
            if edge.inside {
                let allowed = rule.may_know.contains(&on)
                    || edge.only_tests && (on == TESTKIT || rule.tests_may_know.contains(&on));
                if !allowed {
                    complaints.push(format!("{name} must not know {on}"));
                }
            } else if PURE.contains(&name.as_str()) && WORLDLY.contains(&on) && !edge.only_tests {
                complaints.push(format!("{name} is pure and must not know {on}"));
            }
        }
    }
    for rule in rules {
        if !crates.contains_key(rule.name) {
            complaints.push(format!(
                "{} is in the table and not in the workspace",
                rule.name
            ));
        }
    }
    complaints
}

/// A crate's `clippy.toml` replaces the workspace's, so it has to repeat it.
fn missing_bans(name: &str, shared: &str, own: &str) -> Vec<String> {
    let own: Vec<&str> = own.lines().filter_map(clause).collect();
    let repeated = shared
        .lines()
        .filter_map(clause)
        .filter(|clause| !own.contains(clause))
        .map(|clause| format!("{name}/clippy.toml does not repeat the workspace's {clause}"));
    let pure = PURE_BANS
        .iter()
        .filter(|ban| !own.contains(ban))
        .map(|ban| format!("{name} is pure and its clippy.toml does not ban {ban}"));
    repeated.chain(pure).collect()
}

/// What a line of `clippy.toml` is about: the banned path (each crate may give its own reason), or
/// the whole line if it bans nothing.
fn clause(line: &str) -> Option<&str> {
    let line = line.trim();
    if let Some((_, rest)) = line.split_once("path = \"") {
        return rest.split('"').next();
    }
    let says_something =
        !line.is_empty() && !line.starts_with('#') && !line.ends_with('[') && line != "]";
    says_something.then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Rule] = &[rule("media", &[]), rule("encode", &["media"])];

    fn inside(on: &str, only_tests: bool) -> Edge {
        Edge {
            on: on.to_owned(),
            inside: true,
            only_tests,
        }
    }

    fn outside(on: &str, only_tests: bool) -> Edge {
        Edge {
            on: on.to_owned(),
            inside: false,
            only_tests,
        }
    }

    fn complaints(media: Vec<Edge>, encode: Vec<Edge>) -> Vec<String> {
        let crates = [("media".to_owned(), media), ("encode".to_owned(), encode)];
        wrong_edges(TABLE, &crates.into())
    }

    #[test]
    fn what_the_table_allows_is_allowed() {
        let edges = vec![inside("media", false), outside("tokio", false)];
        assert!(complaints(vec![], edges).is_empty());
    }

    #[test]
    fn what_the_table_does_not_allow_is_named() {
        let found = complaints(vec![inside("encode", false)], vec![]);
        assert_eq!(found, ["media must not know encode"]);
    }

    #[test]
    fn the_testkit_is_for_tests_only() {
        assert!(complaints(vec![], vec![inside(TESTKIT, true)]).is_empty());
        assert_eq!(complaints(vec![], vec![inside(TESTKIT, false)]).len(), 1);
    }

    #[test]
    fn a_pure_crate_knows_no_crate_that_touches_the_world_except_in_tests() {
        assert_eq!(complaints(vec![outside("tokio", false)], vec![]).len(), 1);
        assert!(complaints(vec![outside("tempfile", true)], vec![]).is_empty());
    }

    #[test]
    fn table_and_workspace_have_the_same_crates() {
        let crates = [("media".to_owned(), vec![]), ("audio".to_owned(), vec![])];
        let found = wrong_edges(TABLE, &crates.into());
        assert_eq!(
            found,
            [
                "audio has no row in the table",
                "encode is in the table and not in the workspace"
            ]
        );
    }

    #[test]
    fn a_pure_crate_repeats_every_shared_line_and_adds_its_own() {
        let shared = "# why\nallow-dbg-in-tests = true\ndisallowed-methods = [\n    { path = \"a::b\" },\n]\n";
        let bans: String = PURE_BANS
            .iter()
            .map(|ban| format!("    {{ path = \"{ban}\" }},\n"))
            .collect();
        let good = format!(
            "allow-dbg-in-tests = true\ndisallowed-methods = [\n    {{ path = \"a::b\" }},\n{bans}]\n"
        );
        assert!(missing_bans("x", shared, &good).is_empty());
        assert_eq!(missing_bans("x", shared, &bans).len(), 2);
        assert_eq!(missing_bans("x", shared, shared).len(), PURE_BANS.len());
    }
}
