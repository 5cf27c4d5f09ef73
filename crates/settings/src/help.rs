//! `--help`.

use std::fmt::Write as _;

use crate::definition::{Definition, Spec};
use crate::table::definitions;

const WIDTH: usize = 100;
const INDENT: usize = 6;

const HEAD: &str = "\
selkies: your Linux desktop at a web address

Usage: selkies [OPTIONS] [-- COMMAND...]
       selkies settings --explain NAME | --dump [OPTIONS]
       selkies bench [--help]
       selkies doctor [--json] [OPTIONS] [-- COMMAND...]

Without a display to stream, a desktop is started; COMMAND runs on it.
Every option can also be given in the environment: --my-option as SELKIES_MY_OPTION. An option wins.
A switch needs no value, and true|locked or false|locked takes it from pages.
A range is a number (fixed), a span a-b pages may move in, or v,a-b to begin at v.
A choice is a list; its first entry is the default and the others are what pages may change to.

  -h, --help
      Print this.
  -V, --version
      Print the version.
";

/// The whole text, at most 100 columns wide.
#[must_use]
pub fn help() -> String {
    let mut text = HEAD.to_owned();
    let mut group = None;
    for definition in definitions() {
        if group.replace(definition.group) != Some(definition.group) {
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, "\n{}:\n", definition.group.title());
        }
        let _ = writeln!(text, "  {} {}", definition.flag(), value_name(definition));
        for line in wrapped(&described(definition)) {
            let _ = writeln!(text, "{:INDENT$}{line}", "");
        }
    }
    text
}

const fn value_name(definition: &Definition) -> &'static str {
    match definition.spec {
        Spec::Bool { .. } => "[true|false]",
        Spec::Int { .. } | Spec::Float { .. } => "<NUMBER>",
        Spec::Text { .. } | Spec::Secret {} => "<TEXT>",
        Spec::Choice { .. } => "<CHOICE>",
        Spec::List { .. } => "<LIST>",
        Spec::Range { .. } => "<RANGE>",
    }
}

fn described(definition: &Definition) -> String {
    let default = definition.initial().to_string();
    let default = if default.is_empty() {
        String::new()
    } else {
        format!(" [default: {default}]")
    };
    let words = definition.words.join(", ");
    let words = if words.is_empty() {
        words
    } else {
        format!(" [one of: {words}]")
    };
    let effect = if definition.in_effect {
        ""
    } else {
        " [no effect yet]"
    };
    format!("{}{words}{default}{effect}", definition.doc)
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if INDENT + line.len() + 1 + word.len() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_is_wider_than_a_hundred_columns() {
        for line in help().lines() {
            assert!(line.chars().count() <= WIDTH, "{line}");
        }
    }

    #[test]
    fn every_flag_and_every_group_is_listed_once() {
        let text = help();
        for definition in definitions() {
            let line = format!("\n  {} ", definition.flag());
            assert_eq!(text.matches(&line).count(), 1, "{line}");
            assert_eq!(
                text.matches(&format!("\n{}:\n", definition.group.title()))
                    .count(),
                1
            );
        }
    }
}
