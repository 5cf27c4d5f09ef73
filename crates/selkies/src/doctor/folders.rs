//! Directories for what passes: sockets, secrets, large things that were copied.

use std::env;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access, statvfs};

use super::Look;
use super::finding::{Finding, State};

/// Two copies of the largest clip.
const ROOM: u64 = 128 << 20;

pub(super) fn look() -> Look {
    Look::at("directories", false, || {
        let runtime = env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from);
        judge(runtime.as_deref(), &env::temp_dir())
    })
}

fn judge(runtime: Option<&Path>, temporary: &Path) -> Finding {
    let mut says = Vec::new();
    let mut advice = Vec::new();
    if let Some(runtime) = runtime
        && let Err(why) = usable(runtime)
    {
        says.push(format!("XDG_RUNTIME_DIR {}: {why}", runtime.display()));
        advice.push("unset XDG_RUNTIME_DIR, or set it to a directory that only you can write to");
    }
    let runtime_works = runtime.is_some() && says.is_empty();
    match usable(temporary) {
        Err(why) => {
            says.push(format!("{}: {why}", temporary.display()));
            advice.push("set TMPDIR to a directory that you can write to");
        }
        Ok(room) if room < ROOM => {
            says.push(format!(
                "{}: {} MiB are left, large copies may not fit",
                temporary.display(),
                room >> 20
            ));
            advice.push("make room there, or set TMPDIR");
        }
        Ok(room) if says.is_empty() => {
            let places = [runtime, Some(temporary)].into_iter().flatten();
            let places: Vec<_> = places.map(|place| place.display().to_string()).collect();
            let says = format!(
                "{} can be written, {} MiB left",
                places.join(" and "),
                room >> 20
            );
            return Finding::new(State::Works, says);
        }
        Ok(_) => {}
    }
    let state = if usable(temporary).is_err() && !runtime_works {
        State::Fails
    } else {
        State::Partly
    };
    Finding::new(state, says.join("; ")).advise(advice.join("; "))
}

/// The bytes that are left in a directory we can make files in.
fn usable(folder: &Path) -> Result<u64, String> {
    if !folder.is_absolute() {
        return Err("is no absolute path".to_owned());
    }
    let why = |error: rustix::io::Errno| std::io::Error::from(error).to_string();
    access(folder, Access::WRITE_OK | Access::EXEC_OK).map_err(why)?;
    let numbers = statvfs(folder).map_err(why)?;
    Ok(numbers.f_bavail.saturating_mul(numbers.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_that_is_not_there_is_named_with_what_to_do() {
        let here = tempfile::tempdir().expect("a directory");
        let works = judge(Some(here.path()), here.path());
        let nowhere = Path::new("/nowhere/at/all");
        // What is left on this machine is not ours to say.
        assert!(
            matches!(works.state, State::Works | State::Partly),
            "{works:?}"
        );
        let partly = judge(Some(nowhere), here.path());
        assert_eq!(partly.state, State::Partly);
        assert!(partly.says.contains("/nowhere"), "{partly:?}");
        assert!(
            partly
                .advice
                .is_some_and(|text| text.contains("XDG_RUNTIME_DIR"))
        );
        assert_eq!(judge(None, nowhere).state, State::Fails);
        assert_eq!(judge(Some(here.path()), nowhere).state, State::Partly);
    }
}
