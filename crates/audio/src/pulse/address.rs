//! Where a sound server is found, as its own clients find it (pulseaudio(1), PULSE_SERVER).

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::net::sockopt::set_socket_passcred;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// The port of sound servers that are reached over a network.
const PORT: u16 = 4713;

/// How long a server on another machine may take to answer.
const CONNECT: Duration = Duration::from_secs(1);

/// Which sound server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Server {
    /// The one programs started from here would use: `PULSE_SERVER`, or the user's own. Looked up
    /// anew with every connection.
    OfEnvironment,
    /// The one behind this socket.
    At(PathBuf),
}

impl Server {
    /// Whether the environment names one. If not, it is the one of whoever sits at this machine.
    #[must_use]
    pub fn is_named(variable: impl Fn(&str) -> Option<OsString>) -> bool {
        ["PULSE_SERVER", "PULSE_RUNTIME_PATH"]
            .into_iter()
            .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
    }

    /// Whether one answers there.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.connect().is_ok()
    }

    pub(super) fn connect(&self) -> io::Result<OwnedFd> {
        let candidates = match self {
            Self::At(path) => vec![Address::Unix(path.clone())],
            Self::OfEnvironment => candidates(|name| env::var_os(name)),
        };
        let mut last = io::Error::new(io::ErrorKind::NotFound, "none is known here");
        for candidate in candidates {
            match candidate.connect() {
                Ok(socket) => return Ok(socket),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// What proves to a server that we belong to its user, if it has to be proved.
    pub(super) fn cookie(&self) -> Option<Vec<u8>> {
        let named = env::var_os("PULSE_COOKIE").map(PathBuf::from);
        let home = env::home_dir();
        let config = env::var_os("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(home.as_ref()?.join(".config")));
        named
            .into_iter()
            .chain(config.map(|config| config.join("pulse/cookie")))
            .chain(home.map(|home| home.join(".pulse-cookie")))
            .find_map(|file| fs::read(file).ok())
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Address {
    Unix(PathBuf),
    Tcp(String),
}

impl Address {
    fn connect(&self) -> io::Result<OwnedFd> {
        match self {
            Self::Unix(path) => local(path),
            Self::Tcp(place) => {
                let mut last = io::Error::new(io::ErrorKind::NotFound, "no such host");
                for address in place.to_socket_addrs()? {
                    match TcpStream::connect_timeout(&address, CONNECT) {
                        Ok(socket) => {
                            socket.set_nodelay(true)?;
                            return Ok(socket.into());
                        }
                        Err(error) => last = error,
                    }
                }
                Err(last)
            }
        }
    }

    /// One word of `PULSE_SERVER`. A name of a machine in braces would limit it to that machine;
    /// what cannot be reached is passed over anyway.
    fn parse(word: &str) -> Option<Self> {
        let word = match word.strip_prefix('{') {
            Some(rest) => rest.split_once('}')?.1,
            None => word,
        };
        if let Some(path) = word.strip_prefix("unix:") {
            return Some(Self::Unix(path.into()));
        }
        if Path::new(word).is_absolute() {
            return Some(Self::Unix(word.into()));
        }
        let place = ["tcp:", "tcp4:", "tcp6:"]
            .iter()
            .find_map(|scheme| word.strip_prefix(scheme))
            .unwrap_or(word);
        if place.is_empty() {
            return None;
        }
        let has_port = match place.rsplit_once(':') {
            Some((host, port)) => {
                port.parse::<u16>().is_ok() && (!host.contains(':') || host.ends_with(']'))
            }
            None => false,
        };
        Some(Self::Tcp(if has_port {
            place.to_owned()
        } else {
            format!("{place}:{PORT}")
        }))
    }
}

/// Without waiting: one that has stopped accepting would never answer.
fn local(path: &Path) -> io::Result<OwnedFd> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)?;
    // The server knows its user by the credentials of our first bytes (unix(7)). It asks for them
    // only after it has accepted, and bytes that come in between would have none if we did not ask
    // for them as well: Linux adds them when either side does.
    set_socket_passcred(&socket, true)?;
    Ok(socket)
}

fn candidates(variable: impl Fn(&str) -> Option<OsString>) -> Vec<Address> {
    let given = |name: &str| variable(name).filter(|value| !value.is_empty());
    if let Some(named) = given("PULSE_SERVER") {
        // Who names a server means that one and no other.
        return named
            .to_string_lossy()
            .split_whitespace()
            .filter_map(Address::parse)
            .collect();
    }
    let runtime = given("PULSE_RUNTIME_PATH").map(|dir| PathBuf::from(dir).join("native"));
    let user = given("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join("pulse/native"));
    let conventional = PathBuf::from(format!(
        "/run/user/{}/pulse/native",
        rustix::process::geteuid().as_raw()
    ));
    let system = PathBuf::from("/run/pulse/native");
    let mut found: Vec<_> = runtime
        .into_iter()
        .chain(user)
        .chain([conventional, system])
        .map(Address::Unix)
        .collect();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_named_server_is_the_only_one() {
        let named = |value: &'static str| {
            candidates(move |name| {
                Some(match name {
                    "PULSE_SERVER" => value.into(),
                    _ => "/run/user/7".into(),
                })
            })
        };
        assert_eq!(named("unix:/a/b"), [Address::Unix("/a/b".into())]);
        assert_eq!(
            named("{6e4f}/a/b tcp:box:1 box"),
            [
                Address::Unix("/a/b".into()),
                Address::Tcp("box:1".into()),
                Address::Tcp("box:4713".into())
            ]
        );
        assert_eq!(named("tcp6:[::1]:9"), [Address::Tcp("[::1]:9".into())]);
        assert_eq!(named("[::1]"), [Address::Tcp("[::1]:4713".into())]);
    }

    #[test]
    fn without_a_name_it_is_the_servers_of_the_user_then_that_of_the_system() {
        let found = candidates(|name| match name {
            "XDG_RUNTIME_DIR" => Some("/run/user/7".into()),
            "PULSE_RUNTIME_PATH" => Some("/own".into()),
            _ => None,
        });
        assert_eq!(found.first(), Some(&Address::Unix("/own/native".into())));
        assert_eq!(
            found.get(1),
            Some(&Address::Unix("/run/user/7/pulse/native".into()))
        );
        assert_eq!(
            found.last(),
            Some(&Address::Unix("/run/pulse/native".into()))
        );
    }

    #[test]
    fn the_user_s_own_server_is_not_named() {
        let only = |set: &'static str, value: &'static str| {
            Server::is_named(move |name| (name == set).then(|| value.into()))
        };
        assert!(only("PULSE_SERVER", "unix:/a/b"));
        assert!(only("PULSE_RUNTIME_PATH", "/own"));
        assert!(!only("PULSE_SERVER", ""));
        assert!(!only("XDG_RUNTIME_DIR", "/run/user/7"));
    }

    #[test]
    fn nobody_answers_where_nothing_is() {
        assert!(!Server::At("/nowhere/native".into()).is_there());
    }
}
