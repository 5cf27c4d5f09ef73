//! What controllers cost while nobody plays. Alone in its program, to know the thread by its name.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use selkies_gamepad::Place;
use selkies_gamepad::sockets::Sockets;

/// Every device is open, nothing happens, and nothing wakes up.
#[test]
fn an_idle_server_sleeps() {
    let base = tempfile::tempdir().expect("a directory");
    let sockets = Sockets::open_below(&Place::Private, base.path(), Arc::new(|_| {}));
    let sockets = sockets.expect("sockets");
    let mut open = Vec::new();
    for entry in sockets.directory().read_dir().expect("a directory") {
        let path = entry.expect("an entry").path();
        let mut stream = UnixStream::connect(&path).expect("it is there");
        stream.read_exact(&mut [0; 1360]).expect("a description");
        stream.write_all(&[8]).expect("it listens");
        if path.to_string_lossy().contains("_js") {
            stream.read_exact(&mut [0; 19 * 8]).expect("the state");
        }
        open.push(stream);
    }
    assert_eq!(open.len(), 8);
    let wakeups = wakeups_once_quiet();
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(count(&thread()), wakeups);
}

/// After the last handshakes, which the thread still has to finish.
fn wakeups_once_quiet() -> u64 {
    let thread = thread();
    let mut last = count(&thread);
    loop {
        std::thread::sleep(Duration::from_millis(300));
        let now = count(&thread);
        if now == last {
            return now;
        }
        last = now;
    }
}

fn thread() -> PathBuf {
    let tasks = std::fs::read_dir("/proc/self/task").expect("Linux has it");
    tasks
        .map(|task| task.expect("an entry").path())
        .find(|task| {
            std::fs::read_to_string(task.join("comm")).is_ok_and(|name| name == "gamepads\n")
        })
        .expect("the thread has its name")
}

/// How often it has gone to sleep.
fn count(thread: &std::path::Path) -> u64 {
    let status = std::fs::read_to_string(thread.join("status")).expect("it runs");
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"))
        .expect("the kernel counts");
    count.trim().parse().expect("a number")
}
