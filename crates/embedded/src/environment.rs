//! The environment of the programs on the desktop.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use crate::programs::executable;

/// Tells the processes of one desktop from all others.
pub(crate) const MARKER: &str = "SELKIES_INSTANCE";

/// Where programs are when nobody says so.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// A variable whose name contains one of these is likely to hold a secret.
const SECRETS: [&str; 11] = [
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "TOKEN",
    "SECRET",
    "CREDENTIAL",
    "API_KEY",
    "APIKEY",
    "ACCESS_KEY",
    "PRIVATE_KEY",
    "COOKIE",
];

/// What belongs to us, or to the session or the terminal we were started from, and would mislead a
/// program on another desktop. A `*` at the end stands for anything.
const FOREIGN: [&str; 33] = [
    "SELKIES_*",
    "CARGO",
    "CARGO_*",
    "RUSTUP_*",
    "RUST_LOG",
    "RUST_BACKTRACE",
    "MAKEFLAGS",
    "MAKELEVEL",
    "MFLAGS",
    "NOTIFY_SOCKET",
    "LISTEN_*",
    "WATCHDOG_*",
    "INVOCATION_ID",
    "JOURNAL_STREAM",
    "WAYLAND_*",
    "DBUS_*",
    "SESSION_MANAGER",
    "DESKTOP_SESSION",
    "XDG_SESSION_*",
    "XDG_CURRENT_DESKTOP",
    "XDG_SEAT*",
    "XDG_VTNR",
    "GNOME_*",
    "KDE_*",
    "AT_SPI_*",
    "SSH_CLIENT",
    "SSH_CONNECTION",
    "SSH_TTY",
    "TERM*",
    "TMUX*",
    "STY",
    "WINDOWID",
    "COLORTERM",
];

/// Variables of a shell that say where it is.
const SHELL_STATE: [&str; 6] = ["PWD", "OLDPWD", "SHLVL", "_", "LINES", "COLUMNS"];

/// An environment, variable by variable.
pub(crate) type Variables = Vec<(OsString, OsString)>;

/// What of `ours` programs on the desktop inherit: everything but secrets and what is bound to
/// where we were started.
pub(crate) fn inherited(ours: impl IntoIterator<Item = (OsString, OsString)>) -> Variables {
    ours.into_iter().filter(|(name, _)| passes(name)).collect()
}

fn passes(name: &OsStr) -> bool {
    // A name that is not text cannot be judged.
    let Some(name) = name.to_str() else {
        return false;
    };
    let upper = name.to_ascii_uppercase();
    let foreign = FOREIGN
        .iter()
        .any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => upper.starts_with(start),
            None => upper == *pattern,
        });
    !foreign && !SHELL_STATE.contains(&name) && !SECRETS.iter().any(|secret| upper.contains(secret))
}

/// Replaces the variable `name`.
pub(crate) fn set(variables: &mut Variables, name: &str, value: impl Into<OsString>) {
    variables.retain(|(present, _)| present != name);
    variables.push((name.into(), value.into()));
}

pub(crate) fn get<'a>(variables: &'a Variables, name: &str) -> Option<&'a OsStr> {
    variables
        .iter()
        .find(|(present, _)| present == name)
        .map(|(_, value)| value.as_os_str())
}

/// Adds what every program takes for granted and a service manager or a container may not set.
/// `spare_home` serves a user who has no home.
pub(crate) fn complete(variables: &mut Variables, spare_home: &Path) {
    let account = Account::of_this_process();
    let given = |variables: &Variables, name: &str| {
        get(variables, name)
            .filter(|value| !value.is_empty())
            .map(OsStr::to_owned)
    };
    let home = given(variables, "HOME")
        .map(PathBuf::from)
        .into_iter()
        .chain(account.home.clone())
        .find(|home| home.is_dir())
        .unwrap_or_else(|| spare_home.to_owned());
    set(variables, "HOME", home);
    let shell = given(variables, "SHELL")
        .map(PathBuf::from)
        .into_iter()
        .chain(account.shell.clone())
        .chain(["/bin/bash".into(), "/bin/sh".into()])
        .find(|shell| executable(shell) && !refuses(shell))
        .unwrap_or_else(|| "/bin/sh".into());
    set(variables, "SHELL", shell);
    set(variables, "USER", account.name.as_str());
    set(variables, "LOGNAME", account.name.as_str());
    if given(variables, "PATH").is_none() {
        set(variables, "PATH", PATH);
    }
    let says_charset = |value: OsString| {
        value
            .to_str()
            .is_some_and(|text| !matches!(text, "C" | "POSIX"))
    };
    if !["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| given(variables, name))
        .is_some_and(says_charset)
    {
        variables.retain(|(name, _)| name != "LC_ALL" && name != "LC_CTYPE");
        set(variables, "LANG", "C.UTF-8");
    }
}

/// Shells that end at once.
fn refuses(shell: &Path) -> bool {
    shell
        .file_name()
        .is_some_and(|name| name == "nologin" || name == "false")
}

/// What the password file says of a user, passwd(5).
struct Account {
    name: String,
    home: Option<PathBuf>,
    shell: Option<PathBuf>,
}

impl Account {
    fn of_this_process() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let file = fs::read_to_string("/etc/passwd").unwrap_or_default();
        Self::find(&file, uid).unwrap_or_else(|| Self {
            name: uid.to_string(),
            home: None,
            shell: None,
        })
    }

    fn find(file: &str, uid: u32) -> Option<Self> {
        file.lines().find_map(|line| {
            let mut fields = line.split(':');
            let name = fields.next()?;
            let number = fields.nth(1)?;
            let home = fields.nth(2)?;
            let shell = fields.next()?;
            (number.parse() == Ok(uid)).then(|| Self {
                name: name.to_owned(),
                home: Some(home.into()),
                shell: Some(shell.into()),
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kept: &Variables) -> Vec<&str> {
        kept.iter().filter_map(|(name, _)| name.to_str()).collect()
    }

    #[test]
    fn secrets_and_what_is_ours_stay_behind() {
        let ours = [
            "SELKIES_BASIC_AUTH_PASSWORD",
            "SELKIES_PORT",
            "db_password",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "DBUS_SESSION_BUS_ADDRESS",
            "WAYLAND_DISPLAY",
            "MAKEFLAGS",
            "CARGO_MANIFEST_DIR",
            "TERM",
            "PATH",
            "LANG",
            "LD_LIBRARY_PATH",
            "MY_SETTING",
        ];
        let kept = inherited(ours.map(|name| (name.into(), "x".into())));
        assert_eq!(
            names(&kept),
            ["PATH", "LANG", "LD_LIBRARY_PATH", "MY_SETTING"]
        );
    }

    #[test]
    fn an_empty_environment_is_completed() {
        let mut variables = Variables::new();
        complete(&mut variables, Path::new("/"));
        for name in ["HOME", "SHELL", "USER", "LOGNAME", "PATH", "LANG"] {
            assert!(
                get(&variables, name).is_some_and(|value| !value.is_empty()),
                "{name}"
            );
        }
        assert_eq!(get(&variables, "LANG"), Some(OsStr::new("C.UTF-8")));
    }

    #[test]
    fn a_chosen_language_stays_and_the_plain_one_becomes_unicode() {
        let mut chosen = vec![("LANG".into(), "de_DE.UTF-8".into())];
        complete(&mut chosen, Path::new("/"));
        assert_eq!(get(&chosen, "LANG"), Some(OsStr::new("de_DE.UTF-8")));
        let mut plain = vec![("LC_ALL".into(), "C".into())];
        complete(&mut plain, Path::new("/"));
        assert_eq!(get(&plain, "LC_ALL"), None);
        assert_eq!(get(&plain, "LANG"), Some(OsStr::new("C.UTF-8")));
    }

    #[test]
    fn a_user_is_found_by_number() {
        let file =
            "root:x:0:0:root:/root:/bin/bash\nbroken\nada:x:1000:1000:Ada,,,:/home/ada:/bin/zsh\n";
        let ada = Account::find(file, 1000).expect("she is there");
        assert_eq!(
            (ada.name.as_str(), ada.home),
            ("ada", Some("/home/ada".into()))
        );
        assert!(Account::find(file, 7).is_none());
    }
}
