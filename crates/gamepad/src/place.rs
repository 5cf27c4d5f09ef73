//! Where the sockets are, and whose they are.

use std::fs::{DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, FlockOperation, Mode, OFlags, access, flock};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};

/// Where the sockets are to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a new directory of their own, removed with them: servers never meet. Programs have to be
    /// told where it is.
    Private,
    /// In this directory, where programs may look by themselves.
    At(PathBuf),
}

/// Why there are no sockets.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlaceError {
    /// Another server lends its controllers there.
    #[error("{0} belongs to another running server: choose another js_socket_path")]
    Taken(PathBuf),
    /// Something that is no socket has the name of one.
    #[error("{0} is in the way and is not a socket")]
    InTheWay(PathBuf),
    /// The system says no.
    #[error("cannot use {path}")]
    Io {
        /// What it was about.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

pub(crate) fn failed(path: &Path) -> impl FnOnce(io::Error) -> PlaceError {
    let path = path.to_owned();
    |source| PlaceError::Io { path, source }
}

const PREFIX: &str = "selkies-gamepads-";

/// A directory for sockets.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Locked as long as this server lives: without that lock a private directory is left over.
    own: Option<File>,
}

impl Directory {
    pub(crate) fn open(place: &Place, base: &Path) -> Result<Self, PlaceError> {
        match place {
            Place::At(path) => {
                let path = std::path::absolute(path).map_err(failed(path))?;
                if !path.is_dir() {
                    make(&path).map_err(failed(&path))?;
                }
                Ok(Self { path, own: None })
            }
            Place::Private => {
                sweep(base);
                let mut random = [0; 8];
                getrandom::fill(&mut random)
                    .map_err(|error| failed(base)(io::Error::other(error.to_string())))?;
                let name = format!("{PREFIX}{:016x}", u64::from_ne_bytes(random));
                let path = base.join(name);
                make(&path).map_err(failed(&path))?;
                let own = lock(&path).map_err(failed(&path))?;
                Ok(Self {
                    path,
                    own: Some(own),
                })
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        if self.own.is_some()
            && let Err(error) = remove(&self.path)
        {
            tracing::warn!(%error, "{} stays behind", self.path.display());
        }
    }
}

/// Where the directory of `place` is or would be, if it can be used. Nothing is made.
pub(crate) fn check(place: &Place, base: &Path) -> Result<PathBuf, PlaceError> {
    let (path, made) = match place {
        Place::Private => (base.to_owned(), true),
        Place::At(path) => {
            let path = std::path::absolute(path).map_err(failed(path))?;
            let made = path.is_dir();
            (path, made)
        }
    };
    let written = if made {
        &*path
    } else {
        path.parent().unwrap_or(&path)
    };
    access(written, Access::WRITE_OK | Access::EXEC_OK)
        .map_err(|error| failed(written)(error.into()))?;
    Ok(path)
}

/// Where directories of users are: `XDG_RUNTIME_DIR`, or else the one for temporary files.
pub(crate) fn base() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute() && path.is_dir())
        .unwrap_or_else(std::env::temp_dir)
}

fn make(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

fn lock(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = File::from(rustix::fs::open(path, flags, Mode::empty())?);
    flock(&directory, FlockOperation::NonBlockingLockExclusive)?;
    Ok(directory)
}

/// Removes what servers that were killed have left.
fn sweep(base: &Path) {
    let Ok(entries) = base.read_dir() else {
        return;
    };
    let me = rustix::process::getuid().as_raw();
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(PREFIX) {
            continue;
        }
        let mine = path
            .symlink_metadata()
            .is_ok_and(|what| what.is_dir() && what.uid() == me);
        // Between another server's mkdir and its lock there is nothing in it yet: leave that alone.
        let used = path
            .read_dir()
            .is_ok_and(|mut inside| inside.next().is_some());
        if mine
            && used
            && lock(&path).is_ok()
            && let Err(error) = remove(&path)
        {
            tracing::debug!(%error, "{} stays behind", path.display());
        }
    }
}

fn remove(path: &Path) -> io::Result<()> {
    for entry in path.read_dir()? {
        std::fs::remove_file(entry?.path())?;
    }
    std::fs::remove_dir(path)
}

/// Makes the name `path` free for a new socket, unless somebody answers there.
pub(crate) fn free(path: &Path) -> Result<(), PlaceError> {
    match look(path)? {
        Name::Free => Ok(()),
        Name::LeftOver => std::fs::remove_file(path).map_err(failed(path)),
    }
}

/// What is behind a name that a socket may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Free,
    /// A socket at which nobody answers any more.
    LeftOver,
}

/// What is behind the name `path`; an error when it cannot be had.
pub(crate) fn look(path: &Path) -> Result<Name, PlaceError> {
    let what = match path.symlink_metadata() {
        Ok(what) => what,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Name::Free),
        Err(error) => return Err(failed(path)(error)),
    };
    if !what.file_type().is_socket() {
        return Err(PlaceError::InTheWay(path.to_owned()));
    }
    match knock(path) {
        Err(Errno::CONNREFUSED) => Ok(Name::LeftOver),
        // Somebody is there, and its queue is full.
        Ok(()) | Err(Errno::AGAIN) => Err(PlaceError::Taken(path.to_owned())),
        Err(error) => Err(failed(path)(error.into())),
    }
}

/// Without waiting: whoever has the name and accepts nobody would keep us for ever.
fn knock(path: &Path) -> Result<(), Errno> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    connect(&socket, &SocketAddrUnix::new(path)?)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::net::UnixListener;

    use super::*;

    fn temporary() -> tempfile::TempDir {
        tempfile::tempdir().expect("a temporary directory")
    }

    #[test]
    fn two_servers_have_two_private_directories() {
        let base = temporary();
        let one = Directory::open(&Place::Private, base.path()).expect("the first");
        let two = Directory::open(&Place::Private, base.path()).expect("the second");
        assert_ne!(one.path(), two.path());
        let mode = one.path().metadata().expect("it exists").permissions();
        assert_eq!(mode.mode() & 0o777, 0o700);
        let gone = one.path().to_owned();
        drop(one);
        assert!(!gone.exists());
        assert!(two.path().exists());
    }

    #[test]
    fn what_a_killed_server_left_is_removed_and_what_a_live_one_has_is_not() {
        let base = temporary();
        let left = base.path().join("selkies-gamepads-0");
        make(&left).expect("a directory");
        drop(UnixListener::bind(left.join("selkies_js0.sock")).expect("a socket"));
        let live = Directory::open(&Place::Private, base.path()).expect("a directory");
        let _socket = UnixListener::bind(live.path().join("s")).expect("a socket");
        let _other = Directory::open(&Place::Private, base.path()).expect("another");
        assert!(!left.exists());
        assert!(live.path().exists());
    }

    #[test]
    fn a_look_makes_and_removes_nothing() {
        let base = temporary();
        let wanted = Place::At(base.path().join("new"));
        let path = check(&wanted, base.path()).expect("it could be made");
        assert!(!path.exists());
        let nowhere = Place::At("/nowhere/at/all".into());
        assert!(check(&nowhere, base.path()).is_err());
        check(&Place::Private, base.path()).expect("it could be made");
        let stale = base.path().join("a.sock");
        assert_eq!(look(&stale).expect("nothing is there"), Name::Free);
        drop(UnixListener::bind(&stale).expect("a socket"));
        assert_eq!(look(&stale).expect("nobody answers"), Name::LeftOver);
        assert!(stale.exists());
        let entries = base.path().read_dir().expect("it is there");
        assert_eq!(entries.count(), 1);
    }

    #[test]
    fn who_accepts_nobody_does_not_keep_us() {
        let base = temporary();
        let path = base.path().join("a.sock");
        let _listener = UnixListener::bind(&path).expect("a socket");
        let mut queued = Vec::new();
        // Nobody takes them, so that the queue is full at last.
        while knock(&path).is_ok() {
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None);
            let socket = socket.expect("a socket");
            let address = SocketAddrUnix::new(&path).expect("a short path");
            if connect(&socket, &address).is_ok() {
                queued.push(socket);
            }
            assert!(queued.len() < 100_000, "the queue has no end");
        }
        let (done, looked) = std::sync::mpsc::sync_channel(1);
        let looking = std::thread::Builder::new();
        let looking = looking.spawn(move || done.send(look(&path)));
        looking.expect("a thread");
        let looked = looked.recv_timeout(std::time::Duration::from_secs(10));
        assert!(matches!(looked, Ok(Err(PlaceError::Taken(_)))));
    }

    #[test]
    fn a_stale_socket_makes_room_and_a_live_one_does_not() {
        let base = temporary();
        let path = base.path().join("a.sock");
        free(&path).expect("nothing is there");
        drop(UnixListener::bind(&path).expect("a socket"));
        free(&path).expect("nobody answers");
        let listener = UnixListener::bind(&path).expect("the name is free");
        assert!(matches!(free(&path), Err(PlaceError::Taken(_))));
        drop(listener);
        std::fs::remove_file(&path).expect("it is there");
        std::fs::write(&path, "precious").expect("a file");
        assert!(matches!(free(&path), Err(PlaceError::InTheWay(_))));
        assert!(path.exists());
    }
}
