//! Where clips lie: small ones in memory, large ones in files without a name. What lies there
//! counts until it is dropped, and there is only so much room.

use std::env;
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use selkies_clip::{Content, Intake, Store};

/// How much there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limits {
    /// Bytes of one content.
    pub(crate) content: u64,
    /// Larger ones go to a file.
    pub(crate) small: u64,
    /// Bytes of all contents in memory together. When it is full, small ones go to files, too.
    pub(crate) memory: u64,
    /// Bytes of all files together.
    pub(crate) files: u64,
}

impl Limits {
    /// With contents of at most `content` bytes. Four of the largest find room: one that is
    /// copied, one that replaces it, one that is being sent and one that comes in.
    pub(crate) const fn of(content: u64) -> Self {
        Self {
            content,
            small: 4 << 20,
            memory: 16 << 20,
            files: content.saturating_mul(4),
        }
    }
}

/// A [`Store`] of this process. Clones share their room.
#[derive(Clone)]
pub(crate) struct Clips {
    limits: Limits,
    memory: Arc<Room>,
    files: Arc<Room>,
    /// Where files are made: the first that works.
    folders: Arc<[PathBuf]>,
}

impl Clips {
    /// Files go where the user's other passing things are (XDG Base Directory Specification), else
    /// to the folder for temporary files.
    pub(crate) fn new(limits: Limits) -> Self {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        let folders = runtime
            .filter(|folder| folder.is_absolute())
            .into_iter()
            .chain([env::temp_dir()]);
        Self::within(limits, folders)
    }

    fn within(limits: Limits, folders: impl IntoIterator<Item = PathBuf>) -> Self {
        Self {
            limits,
            memory: Room::of(limits.memory),
            files: Room::of(limits.files),
            folders: folders.into_iter().collect(),
        }
    }

    /// A file only we can read, and nobody by name.
    fn file(&self) -> io::Result<File> {
        let mut outcome = Err(io::ErrorKind::NotFound.into());
        for folder in &*self.folders {
            outcome = tempfile::tempfile_in(folder).and_then(|file| {
                file.set_permissions(Permissions::from_mode(0o600))?;
                Ok(file)
            });
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    /// Where `len` bytes go.
    fn place(&self, len: u64) -> io::Result<Place> {
        if len <= self.limits.small
            && let Some(lease) = Lease::new(&self.memory, len)
        {
            return Ok(Place::Memory(Vec::new(), lease));
        }
        let lease = Lease::new(&self.files, len).ok_or(io::ErrorKind::QuotaExceeded)?;
        Ok(Place::File(self.file()?, lease))
    }
}

impl Store for Clips {
    fn begin(&self, expected: Option<u64>) -> io::Result<Box<dyn Intake>> {
        let expected = expected.unwrap_or(0);
        if expected > self.limits.content {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(Box::new(Filling {
            place: self.place(expected)?,
            clips: self.clone(),
            len: 0,
        }))
    }
}

/// A content that is being taken in.
struct Filling {
    clips: Clips,
    place: Place,
    len: u64,
}

enum Place {
    Memory(Vec<u8>, Lease),
    File(File, Lease),
    /// It failed and was given up.
    Nowhere,
}

impl Filling {
    fn try_append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = self.len.saturating_add(bytes.len() as u64);
        let limits = self.clips.limits;
        if len > limits.content {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        if let Place::Memory(kept, lease) = &mut self.place
            && (len > limits.small || !lease.cover(len))
        {
            let lease = Lease::new(&self.clips.files, len).ok_or(io::ErrorKind::QuotaExceeded)?;
            let mut file = self.clips.file()?;
            file.write_all(kept)?;
            self.place = Place::File(file, lease);
        }
        match &mut self.place {
            Place::Memory(kept, _) => kept.extend_from_slice(bytes),
            Place::File(file, lease) => {
                if !lease.cover(len) {
                    return Err(io::ErrorKind::QuotaExceeded.into());
                }
                file.write_all(bytes)?;
            }
            Place::Nowhere => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        self.len = len;
        Ok(())
    }
}

impl Intake for Filling {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let outcome = self.try_append(bytes);
        if outcome.is_err() {
            self.place = Place::Nowhere;
            self.len = 0;
        }
        outcome
    }

    fn finish(self: Box<Self>) -> Arc<dyn Content> {
        match self.place {
            Place::Memory(bytes, lease) => Arc::new(InMemory {
                bytes: bytes.into_boxed_slice(),
                _lease: lease,
            }),
            Place::File(file, lease) => Arc::new(InFile {
                file,
                len: self.len,
                _lease: lease,
            }),
            Place::Nowhere => Arc::new(bytes::Bytes::new()),
        }
    }
}

struct InMemory {
    bytes: Box<[u8]>,
    _lease: Lease,
}

impl Content for InMemory {
    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let start = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(self.bytes.len());
        let count = into.len().min(self.bytes.len() - start);
        into[..count].copy_from_slice(&self.bytes[start..start + count]);
        Ok(count)
    }
}

struct InFile {
    file: File,
    len: u64,
    _lease: Lease,
}

impl Content for InFile {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.len.saturating_sub(offset)).unwrap_or(usize::MAX);
        let count = into.len().min(left);
        if count == 0 {
            return Ok(0);
        }
        self.file.read_at(&mut into[..count], offset)
    }
}

/// So many bytes, to be shared.
struct Room {
    most: u64,
    taken: AtomicU64,
}

impl Room {
    fn of(most: u64) -> Arc<Self> {
        let taken = AtomicU64::new(0);
        Arc::new(Self { most, taken })
    }

    fn take(&self, bytes: u64) -> bool {
        let more = |taken: u64| taken.checked_add(bytes).filter(|&sum| sum <= self.most);
        self.taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
    }
}

/// A part of a [`Room`], given back when dropped.
struct Lease {
    room: Arc<Room>,
    bytes: u64,
}

impl Lease {
    fn new(room: &Arc<Room>, bytes: u64) -> Option<Self> {
        let room = room.clone();
        room.take(bytes).then(|| Self { room, bytes })
    }

    /// Whether it covers `bytes`, after growing if it must.
    fn cover(&mut self, bytes: u64) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let covered = self.room.take(more);
        if covered {
            self.bytes += more;
        }
        covered
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
