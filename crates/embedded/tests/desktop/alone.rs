//! The desktop under a process of its own, which may have other rights and may be killed.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use selkies_testkit::require_tool;

use crate::witness::{environment, marked, named, until};

/// A user without home and name in most systems.
const NOBODY: u32 = 65534;

/// The example, which cargo builds together with the tests.
fn example() -> PathBuf {
    let test = std::env::current_exe().expect("it has a path");
    let profile = test
        .parent()
        .and_then(Path::parent)
        .expect("deps is inside");
    let path = profile.join("examples/desktop");
    assert!(
        path.exists(),
        "run `cargo test -p selkies-embedded`: it builds the example"
    );
    path
}

struct Parent {
    process: Child,
    mark: String,
    directory: PathBuf,
}

impl Parent {
    fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the example starts");
        let output = BufReader::new(process.stdout.take().expect("asked for"));
        let lines: Vec<String> = output
            .lines()
            .map_while(Result::ok)
            .take_while(|line| !line.is_empty())
            .collect();
        let value = |name: &str| {
            let line = lines.iter().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("{name} in {lines:?}"))
                .to_owned()
        };
        let authority = PathBuf::from(value("XAUTHORITY="));
        Self {
            process,
            mark: format!("SELKIES_INSTANCE={}", value("SELKIES_INSTANCE=")),
            directory: authority.parent().expect("it has one").to_owned(),
        }
    }

    fn gone(&self) -> bool {
        marked(&self.mark).is_empty() && !self.directory.exists()
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        // Fails only when it has ended.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn nothing_outlives_a_parent_that_is_killed() {
    if require_tool("Xvfb").is_none() || require_tool("openbox").is_none() {
        return;
    }
    let mut command = Command::new(example());
    command.args([
        "sh",
        "-c",
        "trap '' TERM HUP; setsid sleep 300 & while :; do sleep 300; done",
    ]);
    let mut parent = Parent::start(command);
    until("the command and its children run", || {
        named(&parent.mark, "sleep").len() == 2
    });
    parent.process.kill().expect("it runs");
    parent.process.wait().expect("it was killed");
    until("all of it is gone", || parent.gone());
}

#[test]
fn programs_see_no_secrets() {
    if require_tool("Xvfb").is_none() {
        return;
    }
    let mut command = Command::new(example());
    command
        .args(["sleep", "300"])
        .env("SELKIES_BASIC_AUTH_PASSWORD", "canary-1")
        .env("GITHUB_TOKEN", "canary-2")
        .env("database_password", "canary-3")
        .env("DBUS_SESSION_BUS_ADDRESS", "canary-4")
        .env("HARMLESS", "kept");
    let parent = Parent::start(command);
    until("the command runs", || {
        named(&parent.mark, "sleep").len() == 1
    });
    for pid in marked(&parent.mark) {
        let seen = environment(pid);
        assert!(!seen.contains("canary"), "{seen:?}");
        assert!(
            seen.split('\0').any(|one| one == "HARMLESS=kept"),
            "{seen:?}"
        );
        for name in [
            "DISPLAY=",
            "XAUTHORITY=",
            "PATH=",
            "HOME=",
            "USER=",
            "SHELL=",
        ] {
            // The X server is started before its display is known.
            let server = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
            assert!(
                seen.split('\0').any(|one| one.starts_with(name))
                    || (name == "DISPLAY=" && ["Xvfb\n", ""].contains(&server.as_str())),
                "{name} in {seen:?}"
            );
        }
    }
}

#[test]
fn a_user_without_rights_gets_a_desktop_too() {
    if require_tool("Xvfb").is_none() || !rustix::process::geteuid().is_root() {
        return;
    }
    let Some(setpriv) = require_tool("setpriv") else {
        return;
    };
    // Where that user can reach it.
    let place = tempfile::Builder::new()
        .permissions(fs::Permissions::from_mode(0o755))
        .tempdir()
        .expect("a directory");
    let program = place.path().join("desktop");
    fs::copy(example(), &program).expect("it can be copied");
    let user = NOBODY.to_string();
    let mut command = Command::new(setpriv);
    command
        .args(["--reuid", &user, "--regid", &user, "--clear-groups"])
        .arg(&program)
        .args(["sleep", "300"])
        .env_clear()
        .current_dir("/");
    let mut parent = Parent::start(command);
    until("the command runs", || {
        named(&parent.mark, "sleep").len() == 1
    });
    for pid in marked(&parent.mark) {
        let owner = fs::metadata(format!("/proc/{pid}")).map(|found| found.uid());
        assert!(owner.is_err() || owner.is_ok_and(|uid| uid == NOBODY));
    }
    // The end of its input ends it.
    drop(parent.process.stdin.take());
    let status = parent.process.wait().expect("it ends");
    assert!(status.success(), "{status}");
    assert!(parent.gone());
}
