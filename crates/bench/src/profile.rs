//! A browser's folder.

use std::path::Path;
use std::time::Duration;
use std::{fs, io, thread};

use tempfile::TempDir;

/// How often we try to remove it, and how long we wait in between.
const ATTEMPTS: u32 = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// What a browser stores, gone when this is dropped. Its helpers may still write for a moment when
/// it has ended, so that one attempt to remove it is not always enough.
#[derive(Debug)]
pub(crate) struct Profile(TempDir);

impl Profile {
    pub(crate) fn new() -> io::Result<Self> {
        tempfile::tempdir().map(Self)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        for _ in 0..ATTEMPTS {
            if fs::remove_dir_all(self.path()).is_ok() || !self.path().exists() {
                return;
            }
            thread::sleep(PAUSE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_with_all_that_is_in_it() {
        let profile = Profile::new().expect("there is room");
        let path = profile.path().to_owned();
        fs::create_dir(path.join("Default")).expect("it is ours");
        fs::write(path.join("Default/History"), b"x").expect("it is ours");
        drop(profile);
        assert!(!path.exists());
    }
}
