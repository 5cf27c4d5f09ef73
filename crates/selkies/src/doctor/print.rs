//! The report, for people and for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::finding::{Report, State, Verdict};

/// Columns before what was found.
const INDENT: usize = 28;
const WIDTH: usize = 100;

/// One screen of text. `colours` are those of ECMA-48.
pub(crate) fn text(report: &Report, colours: bool) -> String {
    let mut text = format!("selkies {}\n\n", env!("CARGO_PKG_VERSION"));
    for (topic, finding) in &report.0 {
        let word = finding.state.word();
        let (on, off) = match (colours, finding.state) {
            (false, _) => ("", ""),
            (true, State::Works) => ("\x1b[32m", "\x1b[0m"),
            (true, State::Partly) => ("\x1b[33m", "\x1b[0m"),
            (true, State::Fails) => ("\x1b[31m", "\x1b[0m"),
            (true, State::Depends | State::Off) => ("\x1b[36m", "\x1b[0m"),
        };
        // Writing to a string cannot fail, here and below.
        let _ = write!(text, "  {on}{word:<8}{off} {topic:<16} ");
        push_wrapped(&mut text, "", &finding.says);
        if let Some(advice) = &finding.advice {
            let _ = write!(text, "{:INDENT$}", "");
            push_wrapped(&mut text, "-> ", advice);
        }
    }
    let verdict = match report.verdict() {
        Verdict::Everything => "It would run with everything.",
        Verdict::Something => "It would run, but not with everything.",
        Verdict::Nothing => "It would not run.",
    };
    let _ = writeln!(text, "\n{verdict}");
    text
}

/// One object.
pub(crate) fn json(report: &Report) -> String {
    let findings: Vec<Value> = report
        .0
        .iter()
        .map(|(topic, finding)| {
            json!({
                "topic": topic,
                "state": finding.state.word(),
                "says": finding.says,
                "advice": finding.advice,
                "vital": finding.vital,
            })
        })
        .collect();
    let all = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "runs_with": report.verdict().word(),
        "findings": findings,
    });
    format!("{all:#}\n")
}

/// Words from INDENT to WIDTH. What servers call themselves does not drive the terminal.
fn push_wrapped(text: &mut String, mark: &str, words: &str) {
    let harmless: String = words
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .collect();
    text.push_str(mark);
    let mut column = INDENT + mark.len();
    for (number, word) in harmless.split_whitespace().enumerate() {
        let length = word.chars().count();
        if number > 0 && column + 1 + length > WIDTH {
            let _ = write!(text, "\n{:1$}", "", INDENT + mark.len());
            column = INDENT + mark.len();
        } else if number > 0 {
            text.push(' ');
            column += 1;
        }
        text.push_str(word);
        column += length;
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::finding::Finding;
    use super::*;

    fn report() -> Report {
        Report(vec![
            ("display", Finding::new(State::Works, "fine \x1b[2J")),
            (
                "sound",
                Finding::new(State::Fails, "none ".repeat(40)).advise("install one"),
            ),
        ])
    }

    #[test]
    fn text_has_what_where_and_what_to_do_within_a_hundred_columns() {
        let text = text(&report(), false);
        assert!(
            text.contains("  works    display          fine [2J\n"),
            "{text}"
        );
        assert!(
            text.contains("  fails    sound            none none"),
            "{text}"
        );
        assert!(text.contains("-> install one\n"), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert!(!text.contains('\x1b'));
    }

    #[test]
    fn colours_change_nothing_else() {
        let coloured = text(&report(), true);
        assert!(coloured.contains("\x1b[32mworks   \x1b[0m"), "{coloured:?}");
        let plain = ["\x1b[32m", "\x1b[31m", "\x1b[0m"]
            .iter()
            .fold(coloured, |text, code| text.replace(code, ""));
        assert_eq!(plain, text(&report(), false));
    }

    #[test]
    fn json_says_the_same() {
        let value: Value = serde_json::from_str(&json(&report())).expect("it is JSON");
        assert_eq!(value["runs_with"], "something");
        assert_eq!(value["findings"][1]["state"], "fails");
        assert_eq!(value["findings"][1]["advice"], "install one");
        assert_eq!(value["findings"][0]["advice"], Value::Null);
    }
}
