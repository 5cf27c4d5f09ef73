//! A directory that only we can read, gone when we are.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{
    DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _,
};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};

/// Its path goes into configuration files of other programs, so it holds nothing they would read
/// as more than a name.
#[derive(Debug)]
pub(crate) struct PrivateDir {
    path: PathBuf,
}

impl PrivateDir {
    /// Makes one called `name` in the user's runtime directory, or in `/tmp`.
    pub(crate) fn create(name: &str) -> io::Result<Self> {
        let path = base().join(name);
        // Fails when it exists, even as a link, so nobody can have prepared it.
        DirBuilder::new().mode(0o700).create(&path)?;
        // The process's umask may have taken bits away.
        fs::set_permissions(&path, Permissions::from_mode(0o700))?;
        Ok(Self { path })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Makes a directory inside.
    pub(crate) fn subdirectory(&self, name: &str) -> io::Result<()> {
        DirBuilder::new()
            .mode(0o700)
            .recursive(true)
            .create(self.path.join(name))
    }

    /// Writes a file that only we can read. It is replaced as a whole: whoever opens it sees the
    /// old content or the new.
    pub(crate) fn write(&self, name: &str, content: &[u8]) -> io::Result<()> {
        let path = self.path.join(name);
        let draft = self.path.join(format!("{name}.new"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&draft)?;
        file.write_all(content)?;
        fs::rename(draft, path)
    }
}

impl Drop for PrivateDir {
    fn drop(&mut self) {
        match fs::remove_dir_all(&self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                tracing::warn!(path = %self.path.display(), %error, "could not remove the private directory");
            }
        }
    }
}

/// Where private directories are made.
pub(crate) fn base() -> PathBuf {
    std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(|base| usable(base))
        .unwrap_or_else(|| PathBuf::from("/tmp"))
}

/// Whether one could be made in `base`.
pub(crate) fn writable(base: &Path) -> io::Result<()> {
    Ok(access(base, Access::WRITE_OK | Access::EXEC_OK)?)
}

/// An existing directory of ours that nobody else can write to.
fn usable(base: &Path) -> bool {
    base.is_absolute()
        && plain(base.as_os_str())
        && fs::metadata(base).is_ok_and(|found| {
            found.is_dir()
                && found.uid() == rustix::process::geteuid().as_raw()
                && found.mode() & 0o022 == 0
                && found.mode() & 0o300 == 0o300
        })
}

fn plain(name: &OsStr) -> bool {
    name.as_encoded_bytes()
        .iter()
        .all(|byte| byte.is_ascii_alphanumeric() || b"/_.-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_in_it_is_ours_alone_and_all_of_it_goes_away() {
        let name = format!("selkies-test-{}", std::process::id());
        let dir = PrivateDir::create(&name).expect("a new directory");
        dir.write("secret", b"1").expect("writable");
        dir.write("secret", b"22").expect("replaceable");
        let mode = |path: &Path| fs::metadata(path).expect("it exists").mode() & 0o777;
        assert_eq!(mode(dir.path()), 0o700);
        assert_eq!(mode(&dir.path().join("secret")), 0o600);
        assert_eq!(
            fs::read(dir.path().join("secret")).expect("readable"),
            b"22"
        );
        assert!(
            PrivateDir::create(&name).is_err(),
            "an existing one is not taken over"
        );
        let path = dir.path().to_owned();
        drop(dir);
        assert!(!path.exists());
    }

    #[test]
    fn a_base_with_odd_letters_or_open_to_others_is_not_used() {
        assert!(!plain(OsStr::new("/run/a b")));
        assert!(!plain(OsStr::new("/run/a'b")));
        assert!(plain(OsStr::new("/run/user/1000")));
        assert!(!usable(Path::new("/tmp")));
        assert!(!usable(Path::new("relative")));
    }
}
