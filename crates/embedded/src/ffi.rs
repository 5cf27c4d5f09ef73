//! What a child does between `fork` and `exec`.
#![expect(
    unsafe_code,
    reason = "the standard library has no safe way to run code in the child"
)]

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal, setsid};

/// Gives the child a session of its own: signals from our terminal do not reach it, and its
/// process group can be ended as one. With `dies_with_us` it is asked to end as soon as the
/// *thread* that started it ends (prctl(2), `PR_SET_PDEATHSIG`), however that happens.
pub(crate) fn own_session(command: &mut Command, dies_with_us: bool) {
    let parent = getpid();
    let in_child = move || {
        setsid()?;
        if dies_with_us {
            set_parent_process_death_signal(Some(Signal::TERM))?;
            // A parent that was gone before the request leaves nobody to send the signal.
            if getppid() != Some(parent) {
                return Err(io::Error::from(rustix::io::Errno::SRCH));
            }
        }
        Ok(())
    };
    // SAFETY: the closure makes four system calls and nothing else: it allocates nothing, takes no
    // lock and touches no memory but its own captured number, so it may run in the child of a
    // process with many threads.
    unsafe {
        command.pre_exec(in_child);
    }
}
