//! `selkies doctor`: what would work here, and what to do about the rest.
//!
//! It looks with the settings of a start and changes nothing. Every look has a thread of its own and
//! all have the same deadline: one that hangs is reported as such, and ends with the process. What is
//! looked at is in the modules named after it, what is made of it in `finding` and `print`.

mod display;
mod encoders;
mod finding;
mod folders;
mod gamepads;
mod network;
mod print;
mod sound;

use std::io::{self, IsTerminal};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use selkies_settings::Settings;

use crate::say;
use finding::{Finding, Report, State};

/// How long everything together may take. The process ends within three seconds.
const PATIENCE: Duration = Duration::from_millis(2500);

/// A start that is thought through.
pub(crate) struct Start {
    pub(crate) settings: Settings,
    /// A command to run on a desktop of our own.
    pub(crate) command: Option<Vec<String>>,
    /// What was asked for and is not taken as asked.
    pub(crate) complaints: Vec<String>,
}

/// One look at something.
struct Look {
    /// What it tells about, each once.
    topics: Vec<&'static str>,
    /// Without an answer the server cannot run.
    vital: bool,
    look: Box<dyn FnOnce(&Teller) + Send>,
}

impl Look {
    /// A look that has one answer.
    fn at(
        topic: &'static str,
        vital: bool,
        look: impl FnOnce() -> Finding + Send + 'static,
    ) -> Self {
        Self {
            topics: vec![topic],
            vital,
            look: Box::new(move |teller| teller.tell(topic, look())),
        }
    }
}

/// Takes answers as they come.
struct Teller(SyncSender<(&'static str, Finding)>);

impl Teller {
    fn tell(&self, topic: &'static str, finding: Finding) {
        // Who asked may have given up.
        let _ = self.0.send((topic, finding));
    }
}

/// Looks at everything a start would need, prints what was found, and says by the exit code what it
/// comes to.
pub(crate) fn run(start: Start, json: bool) -> ExitCode {
    let report = examine(start, Instant::now() + PATIENCE);
    let out = io::stdout();
    let text = if json {
        print::json(&report)
    } else {
        let colours =
            out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|no| no.is_empty());
        print::text(&report, colours)
    };
    say(out, &text);
    ExitCode::from(report.verdict().exit_code())
}

fn examine(start: Start, deadline: Instant) -> Report {
    let start = Arc::new(start);
    // A mistake here is one the server would not start with either.
    let display = crate::existing_display(&start.settings, start.command.is_some());
    let our_own = !matches!(display, Ok(Some(_)));
    let mut looks = vec![Look::at("settings", false, {
        let start = start.clone();
        move || settings(&start.complaints)
    })];
    looks.push(display::look(display, start.command.is_some()));
    looks.extend(encoders::looks(&start.settings));
    looks.extend(sound::looks(&start, our_own));
    looks.extend(gamepads::looks(&start, our_own));
    looks.extend(network::looks(&start));
    looks.push(folders::look());
    Report(answers(looks, deadline))
}

/// One answer for each topic, in their order, by `deadline`.
fn answers(looks: Vec<Look>, deadline: Instant) -> Vec<(&'static str, Finding)> {
    let (sender, receiver) = sync_channel(16);
    let mut topics = Vec::new();
    for Look {
        topics: its,
        vital,
        look,
    } in looks
    {
        topics.extend(its.into_iter().map(|topic| (topic, vital)));
        let teller = Teller(sender.clone());
        // Where there is no thread, there is no answer either.
        let _ = thread::Builder::new().spawn(move || look(&teller));
    }
    drop(sender);
    let mut came = Vec::new();
    while came.len() < topics.len() {
        let left = deadline.saturating_duration_since(Instant::now());
        match receiver.recv_timeout(left) {
            Ok(answer) => came.push(answer),
            Err(_) => break,
        }
    }
    topics
        .into_iter()
        .map(|(topic, vital)| {
            let at = came.iter().position(|(answered, _)| *answered == topic);
            let finding = at.map(|at| came.swap_remove(at).1).unwrap_or_else(|| {
                let silent = Finding::new(State::Fails, "gave no answer in time")
                    .advise("look whether it hangs, or whether this machine is very busy");
                if vital { silent.vital() } else { silent }
            });
            (topic, finding)
        })
        .collect()
}

fn settings(complaints: &[String]) -> Finding {
    if complaints.is_empty() {
        Finding::new(State::Works, "taken as they are given")
    } else {
        Finding::new(State::Partly, complaints.join("; "))
            .advise("selkies settings --explain NAME tells who set a value")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_hangs_or_panics_is_reported_and_the_others_are_kept() {
        let (hold, held) = sync_channel::<()>(0);
        let looks = vec![
            Look::at("first", false, || Finding::new(State::Works, "fine")),
            Look::at("hangs", true, move || {
                // Until the test is over.
                let _ = held.recv();
                Finding::new(State::Works, "too late")
            }),
            Look::at("panics", false, || panic!("on purpose")),
            Look::at("last", false, || Finding::new(State::Partly, "so so")),
        ];
        let begun = Instant::now();
        let answers = answers(looks, begun + Duration::from_millis(300));
        assert!(begun.elapsed() < Duration::from_secs(20));
        let states: Vec<_> = answers
            .iter()
            .map(|(topic, finding)| (*topic, finding.state, finding.vital))
            .collect();
        assert_eq!(
            states,
            [
                ("first", State::Works, false),
                ("hangs", State::Fails, true),
                ("panics", State::Fails, false),
                ("last", State::Partly, false),
            ]
        );
        drop(hold);
    }
}
