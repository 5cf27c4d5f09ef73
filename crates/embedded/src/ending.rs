//! Ending the desktop: politely, then firmly, within two seconds.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};

use crate::child::Child;
use crate::processes::{self, Process};

/// How long programs may take to end on their own, counted from the start.
const POLITE: Duration = Duration::from_millis(700);
/// When the last of them must be gone.
const FIRM: Duration = Duration::from_millis(1400);
/// How long the X server may take then.
const SERVER: Duration = Duration::from_millis(400);

/// New processes are looked for this often.
const LOOK: Duration = Duration::from_millis(50);

/// Ends `children`, everything that carries `mark` and everything these started; the X server last,
/// so that programs can still say goodbye to it.
pub(crate) fn end(mark: &str, children: &mut [Child], server: Option<&mut Child>) {
    let begin = Instant::now();
    let spared = server.as_ref().map(|server| server.pid());
    let mut known = HashMap::new();
    let polite = [Signal::HUP, Signal::TERM, Signal::CONT];
    let over = round(mark, children, spared, &mut known, &polite, begin + POLITE)
        || round(
            mark,
            children,
            spared,
            &mut known,
            &[Signal::KILL],
            begin + FIRM,
        );
    if !over {
        tracing::error!(
            processes = known.len(),
            "some programs of the desktop did not end"
        );
    }
    if let Some(server) = server {
        end_one(server, SERVER);
    }
}

/// Ends one child, asking first.
pub(crate) fn end_one(child: &mut Child, patience: Duration) {
    child.signal(Signal::TERM);
    child.signal(Signal::CONT);
    if !ends_within(child, patience) {
        child.signal(Signal::KILL);
        child.wait();
    }
}

/// Waits for the end of `child`, which may have come already.
pub(crate) fn ends_within(child: &mut Child, patience: Duration) -> bool {
    wait_for_any(std::iter::once(&child.ended), patience);
    child.status().is_some()
}

/// Sends `signals` to all there are and to those that turn up, until none is left (true) or
/// `deadline` has come.
fn round(
    mark: &str,
    children: &mut [Child],
    spared: Option<Pid>,
    known: &mut HashMap<Process, OwnedFd>,
    signals: &[Signal],
    deadline: Instant,
) -> bool {
    let mut told = Vec::new();
    loop {
        for child in children.iter_mut() {
            // Asked for, so that it does not stay as an entry in the table of processes.
            child.status();
        }
        let roots: Vec<_> = children
            .iter_mut()
            .filter_map(|child| child.status().is_none().then(|| child.pid()))
            .collect();
        for process in processes::belonging(mark, &roots) {
            if Some(process.pid) != spared
                && !known.contains_key(&process)
                && let Some(fd) = process.open()
            {
                known.insert(process, fd);
            }
        }
        // One that has lost its mark and its parents stays known until it ends.
        known.retain(|process, _| process.open().is_some());
        if known.is_empty() {
            return true;
        }
        for (process, fd) in known.iter() {
            if !told.contains(process) {
                for signal in signals {
                    processes::signal(fd, *signal);
                }
                told.push(*process);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        wait_for_any(known.values(), left.min(LOOK));
    }
}

fn wait_for_any<'a>(ends: impl Iterator<Item = &'a OwnedFd>, patience: Duration) {
    let mut fds: Vec<_> = ends.map(|fd| PollFd::new(fd, PollFlags::IN)).collect();
    let Ok(timeout) = Timespec::try_from(patience) else {
        return;
    };
    match poll(&mut fds, Some(&timeout)) {
        Ok(_) | Err(rustix::io::Errno::INTR) => {}
        Err(error) => tracing::error!(%error, "could not wait for processes"),
    }
}
