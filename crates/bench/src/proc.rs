//! What the kernel says of a process and of the machine (proc(5)).

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};

/// The work each thread of a process has done so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Work(BTreeMap<u32, Thread>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Thread {
    nanoseconds: u64,
    /// Times it went to sleep by itself, and so was woken.
    sleeps: u64,
}

impl Work {
    /// Of all threads of `pid`.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let tasks = format!("/proc/{pid}/task");
        let mut threads = BTreeMap::new();
        let entries = fs::read_dir(&tasks).with_context(|| format!("process {pid} is gone"))?;
        for entry in entries.flatten() {
            let Some(id) = entry.file_name().to_str().and_then(|id| id.parse().ok()) else {
                continue;
            };
            // A thread may end between being listed and being read.
            if let Some(thread) = read_thread(&entry.path()) {
                threads.insert(id, thread);
            }
        }
        anyhow::ensure!(
            !threads.is_empty(),
            "the kernel does not tell how long the threads of {pid} have run"
        );
        Ok(Self(threads))
    }

    /// Processor time and wake-ups since `before`. A thread that has ended meanwhile is not counted.
    pub(crate) fn since(&self, before: &Self) -> (Duration, u64) {
        let mut total = Thread::default();
        for (id, now) in &self.0 {
            let then = before.0.get(id).copied().unwrap_or_default();
            total.nanoseconds += now.nanoseconds.saturating_sub(then.nanoseconds);
            total.sleeps += now.sleeps.saturating_sub(then.sleeps);
        }
        (Duration::from_nanos(total.nanoseconds), total.sleeps)
    }
}

fn read_thread(folder: &Path) -> Option<Thread> {
    Some(Thread {
        nanoseconds: nanoseconds(&fs::read_to_string(folder.join("schedstat")).ok()?)?,
        sleeps: field(
            &fs::read_to_string(folder.join("status")).ok()?,
            "voluntary_ctxt_switches:",
        )?,
    })
}

/// Processor time of the calling thread.
pub(crate) fn own_thread() -> Result<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat")?;
    let spent = nanoseconds(&text).context("the kernel does not tell how long a thread has run")?;
    Ok(Duration::from_nanos(spent))
}

/// Proportional set size in bytes: shared pages count by their share.
pub(crate) fn memory(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))
        .with_context(|| format!("reading the memory of process {pid}"))?;
    let kibibytes = field(&text, "Pss:").context("smaps_rollup has no Pss")?;
    Ok(kibibytes * 1024)
}

/// Time all processors together have been busy, in the kernel's ticks, and have existed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    busy: u64,
    all: u64,
    processors: usize,
}

impl Machine {
    pub(crate) fn now() -> Result<Self> {
        parse_machine(&fs::read_to_string("/proc/stat")?).context("/proc/stat has no cpu line")
    }

    /// Cores that were busy on average since `before`.
    pub(crate) fn busy_since(self, before: Self) -> f64 {
        let all = self.all.saturating_sub(before.all).max(1);
        self.busy.saturating_sub(before.busy) as f64 / all as f64 * self.processors as f64
    }
}

/// Name of the processor, number of cores, load of the last minute.
pub(crate) fn describe() -> (String, usize, f64) {
    let model = fs::read_to_string("/proc/cpuinfo")
        .ok()
        .and_then(|text| model_name(&text))
        .unwrap_or_else(|| "unknown processor".to_owned());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (model, cores, load())
}

/// Load of the last minute.
pub(crate) fn load() -> f64 {
    fs::read_to_string("/proc/loadavg")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .unwrap_or(f64::NAN)
}

/// The first number of `schedstat`.
fn nanoseconds(text: &str) -> Option<u64> {
    text.split_whitespace().next()?.parse().ok()
}

/// The number after `name` at the start of a line.
fn field(text: &str, name: &str) -> Option<u64> {
    let rest = text.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_whitespace().next()?.parse().ok()
}

fn parse_machine(text: &str) -> Option<Machine> {
    let numbers: Vec<u64> = text
        .lines()
        .next()?
        .strip_prefix("cpu ")?
        .split_whitespace()
        // What guests used is in user and nice already.
        .take(8)
        .map_while(|number| number.parse().ok())
        .collect();
    let all = numbers.iter().sum();
    let idle: u64 = numbers.get(3..5)?.iter().sum();
    // The first line is the sum, then there is one for each.
    let processors = text.lines().filter(|line| line.starts_with("cpu")).count() - 1;
    Some(Machine {
        busy: all - idle,
        all,
        processors,
    })
}

fn model_name(text: &str) -> Option<String> {
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_are_found_in_the_kernels_texts() {
        assert_eq!(nanoseconds("123456 789 42\n"), Some(123_456));
        assert_eq!(nanoseconds(""), None);
        let status = "Name:\tx\nvoluntary_ctxt_switches:\t150\nnonvoluntary_ctxt_switches:\t545\n";
        assert_eq!(field(status, "voluntary_ctxt_switches:"), Some(150));
        assert_eq!(field("Rss: 1 kB\nPss:     20 kB\n", "Pss:"), Some(20));
        assert_eq!(field("Pss: many\n", "Pss:"), None);
        let cpuinfo = "processor\t: 0\nmodel name\t: A chip: the second\n";
        assert_eq!(model_name(cpuinfo).as_deref(), Some("A chip: the second"));
    }

    #[test]
    fn waiting_for_a_disk_is_not_being_busy() {
        let machine = parse_machine("cpu  10 1 5 100 20 2 3 0 7 7\ncpu0 1\ncpu1 2\nintr 3\n");
        let expected = Machine {
            busy: 21,
            all: 141,
            processors: 2,
        };
        assert_eq!(machine, Some(expected));
        assert_eq!(parse_machine("cpu 1 2\n"), None);
        assert_eq!(parse_machine("intr 1\n"), None);
    }

    #[test]
    fn new_threads_count_from_their_start_and_gone_ones_not_at_all() {
        let thread = |nanoseconds, sleeps| Thread {
            nanoseconds,
            sleeps,
        };
        let before = Work(BTreeMap::from([(1, thread(100, 1)), (2, thread(50, 5))]));
        let after = Work(BTreeMap::from([(1, thread(400, 4)), (3, thread(7, 2))]));
        assert_eq!(after.since(&before), (Duration::from_nanos(307), 5));
    }

    #[test]
    fn our_own_work_grows() {
        let before = Work::of(std::process::id()).expect("we run");
        let spent = own_thread().expect("we run");
        let mut sum = 0u64;
        while own_thread().expect("we run") - spent < Duration::from_millis(5) {
            sum = std::hint::black_box(sum + 1);
        }
        let after = Work::of(std::process::id()).expect("we run");
        assert!(after.since(&before).0 >= Duration::from_millis(4));
        assert!(memory(std::process::id()).expect("we run") > 100_000);
    }
}
