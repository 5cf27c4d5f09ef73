//! Adds up what the test runners said: cargo, nextest, vitest, Node's own runner.
//!
//! `scripts/test` leaves two files for each step: `NN-name.log`, all it printed, and `NN-name.end`,
//! its exit status and the seconds it took. A step that failed without a failed test (a lint, a
//! build) counts as one failure, and so does a step called `…-tests` in which no test passed: the
//! last line never says 0 failed when something is wrong.

use std::fs;
use std::ops::AddAssign;
use std::path::Path;

use anyhow::{Context, Result};

/// How many tests came to which end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

/// Prints a line for each step and the sum as the last line; true when nothing failed.
pub(crate) fn print(folder: &Path) -> Result<bool> {
    let mut ends = Vec::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "end") {
            ends.push(path);
        }
    }
    ends.sort();

    println!("\n=== steps ===");
    let mut sum = Counts::default();
    for end in ends {
        let (status, seconds) = parse_end(&fs::read_to_string(&end)?)
            .with_context(|| format!("{} holds no status and time", end.display()))?;
        // Tests print what they like, so the log need not be UTF-8.
        let log = String::from_utf8_lossy(&fs::read(end.with_extension("log"))?).into_owned();
        let name = end
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let mut counts = count(&log);
        let idle = name.ends_with("-tests") && counts.passed == 0;
        if counts.failed == 0 && (status != 0 || idle) {
            counts.failed = 1;
        }
        println!("{}", line(&name, seconds, counts));
        sum += counts;
    }
    if sum.skipped > 0 {
        println!("{} skipped", sum.skipped);
    }
    println!("{} passed, {} failed", sum.passed, sum.failed);
    Ok(sum.failed == 0)
}

fn line(name: &str, seconds: u64, counts: Counts) -> String {
    let verdict = if counts.failed == 0 {
        "ok    "
    } else {
        "FAILED"
    };
    let mut line = format!("{verdict} {name:<20} {seconds:>5} s");
    if counts != Counts::default() {
        line += &format!("  {} passed, {} failed", counts.passed, counts.failed);
    }
    if counts.skipped > 0 {
        line += &format!(", {} skipped", counts.skipped);
    }
    line
}

fn parse_end(text: &str) -> Option<(i32, u64)> {
    let mut words = text.split_whitespace();
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// What the summary lines in `log` say together.
fn count(log: &str) -> Counts {
    let mut sum = Counts::default();
    for line in log.lines() {
        sum += summary(line).unwrap_or_default();
    }
    sum
}

/// The counts of one line, if it is some runner's summary.
fn summary(line: &str) -> Option<Counts> {
    let line = line.trim();
    // Node's runner writes a line for each count: "# pass 12" or, for people, "ℹ pass 12".
    if let Some(rest) = line.strip_prefix("# ").or_else(|| line.strip_prefix("ℹ ")) {
        let (word, number) = rest.split_once(' ')?;
        return bucket(number.parse().ok()?, word);
    }
    // cargo:   "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …"
    // nextest: "Summary [   0.5s] 120 tests run: 119 passed (1 slow), 1 failed, 2 skipped"
    // vitest:  "Tests  1 failed | 41 passed | 2 skipped (44)"
    let rest = line
        .strip_prefix("test result: ")
        .or_else(|| {
            line.strip_prefix("Summary [")
                .and_then(|rest| Some(rest.split_once("run: ")?.1))
        })
        .or_else(|| line.strip_prefix("Tests  "))?;
    let mut sum = Counts::default();
    for part in rest.split(['.', ';', ',', '|', '(']) {
        if let Some((number, what)) = part.trim().split_once(' ')
            && let Ok(number) = number.parse()
        {
            sum += bucket(number, what.trim_end_matches(')').trim()).unwrap_or_default();
        }
    }
    Some(sum)
}

/// `number` tests in the place that the runner's `word` stands for.
fn bucket(number: u64, word: &str) -> Option<Counts> {
    let mut counts = Counts::default();
    match word {
        "pass" | "passed" => counts.passed = number,
        "fail" | "failed" | "cancelled" | "timed out" | "exec failed" => counts.failed = number,
        "ignored" | "skipped" | "todo" => counts.skipped = number,
        _ => return None,
    }
    Some(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts {
            passed,
            failed,
            skipped,
        }
    }

    #[test]
    fn cargo_reports_once_for_each_binary() {
        let log = "running 2 tests\ntest a ... ok\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            test result: FAILED. 3 passed; 2 failed; 0 ignored; 0 measured; 9 filtered out; finished in 1.00s\n";
        assert_eq!(count(log), counts(5, 2, 1));
    }

    #[test]
    fn nextest_reports_slow_broken_and_late_tests() {
        let log = "     Summary [   0.512s] 12 tests run: 8 passed (2 slow, 1 leaky), 1 failed, 2 timed out, 1 exec failed, 4 skipped\n";
        assert_eq!(count(log), counts(8, 4, 4));
    }

    #[test]
    fn nextest_that_stopped_early_still_counts() {
        let log = "     Summary [   1.000s] 5/9 tests run: 4 passed, 1 failed, 0 skipped\n";
        assert_eq!(count(log), counts(4, 1, 0));
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        let log = " Test Files  1 failed | 5 passed (6)\n      Tests  1 failed | 41 passed | 2 skipped (44)\n";
        assert_eq!(count(log), counts(41, 1, 2));
        assert_eq!(count("      Tests  7 passed (7)\n"), counts(7, 0, 0));
    }

    #[test]
    fn node_reports_a_count_for_each_line_in_both_of_its_ways() {
        let tap =
            "# tests 4\n# suites 1\n# pass 2\n# fail 1\n# cancelled 1\n# skipped 3\n# todo 0\n";
        assert_eq!(count(tap), counts(2, 2, 3));
        assert_eq!(count("ℹ tests 2\nℹ pass 2\nℹ fail 0\n"), counts(2, 0, 0));
    }

    #[test]
    fn what_a_test_prints_is_not_a_summary() {
        assert_eq!(
            count("12 passed by here\nTests are fun, 3 passed\n# pass the salt\n"),
            counts(0, 0, 0)
        );
    }

    fn folder_with(steps: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for (name, log, end) in steps {
            fs::write(folder.path().join(format!("{name}.log")), log)
                .expect("it can be written to");
            fs::write(folder.path().join(format!("{name}.end")), end)
                .expect("it can be written to");
        }
        folder
    }

    fn well(steps: &[(&str, &str, &str)]) -> bool {
        print(folder_with(steps).path()).expect("the folder can be read")
    }

    const TESTS: (&str, &str, &str) = (
        "01-rust-tests",
        "test result: ok. 2 passed; 0 failed; 0 ignored",
        "0 5\n",
    );

    #[test]
    fn a_step_that_ended_badly_is_a_failure_without_any_test() {
        assert!(well(&[TESTS, ("02-lint", "", "0 1\n")]));
        assert!(!well(&[TESTS, ("02-lint", "error: no", "101 1\n")]));
    }

    #[test]
    fn a_test_step_without_tests_is_a_failure() {
        assert!(!well(&[TESTS, ("02-web-tests", "", "0 1\n")]));
    }

    #[test]
    fn a_failed_test_is_a_failure_whatever_the_runner_exits_with() {
        assert!(!well(&[("01-web-tests", "# pass 3\n# fail 1\n", "0 1\n")]));
    }
}
