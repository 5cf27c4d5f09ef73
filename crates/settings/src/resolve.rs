//! From raw values to settings: the strongest source wins, what cannot be read is reported.

use crate::definition::{Definition, Spec};
use crate::derive::derive;
use crate::legacy::IGNORED;
use crate::names::{PREFIX, flag, is_known_variable, is_switch, nearest, variable};
use crate::parse::parse;
use crate::sources::{Given, Layer, Record, Sources};
use crate::table::{Settings, definitions};

/// Settings, and what there is to say about how they came about.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolved {
    /// Complete, whatever was wrong.
    pub settings: Settings,
    /// For the log.
    pub notices: Vec<Notice>,
    /// Mistakes on the command line: print them and do not start.
    pub problems: Vec<Problem>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Not taken as given.
    Warn,
    /// Not taken at all; the default holds.
    Error,
}

/// A line for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// Names the source, the value and what became of it.
    pub text: String,
}

/// A mistake of whoever typed the command; displays as one line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The value of a flag cannot be taken.
    #[error("{given}: {why}{}", hint(" (allowed: ", .allowed, ")"))]
    Value {
        /// Flag and value.
        given: String,
        /// What is wrong.
        why: String,
        /// What would do; may be empty.
        allowed: String,
    },
    /// No such flag.
    #[error("there is no option {flag}{}", hint("; did you mean ", .nearest, "?"))]
    UnknownFlag {
        /// As typed.
        flag: String,
        /// The flag that may be meant; may be empty.
        nearest: String,
    },
    /// A flag that needs a value has none.
    #[error("{flag} needs a value")]
    MissingValue {
        /// As typed.
        flag: String,
    },
    /// A word that belongs to no flag.
    #[error("{word:?} belongs to no option; a command to run comes after --")]
    Word {
        /// As typed.
        word: String,
    },
    /// `settings` without a question.
    #[error("settings needs --explain NAME or --dump")]
    NoQuestion,
    /// No such setting.
    #[error("there is no setting {name}{}", hint("; did you mean ", .nearest, "?"))]
    UnknownSetting {
        /// As typed.
        name: String,
        /// The setting that may be meant; may be empty.
        nearest: String,
    },
}

fn hint(before: &str, what: &str, after: &str) -> String {
    if what.is_empty() {
        String::new()
    } else {
        format!("{before}{what}{after}")
    }
}

impl Problem {
    pub(crate) fn unknown_flag(name: &str) -> Self {
        let nearest = nearest(name).map(flag).unwrap_or_default();
        Self::UnknownFlag {
            flag: format!("--{name}"),
            nearest,
        }
    }

    pub(crate) fn unknown_setting(name: &str) -> Self {
        Self::UnknownSetting {
            name: name.to_owned(),
            nearest: nearest(name).unwrap_or_default().to_owned(),
        }
    }
}

/// Flags win over the environment, that over the file, that over the defaults; within the environment
/// `SELKIES_` names over others. The first that is there counts: an empty one asks for the default.
#[must_use]
pub fn resolve(sources: &Sources) -> Resolved {
    let mut resolved = Resolved {
        settings: Settings::initial(),
        notices: Vec::new(),
        problems: Vec::new(),
    };
    for definition in definitions() {
        let given = sources.about(definition);
        let is_set = given
            .first()
            .is_some_and(|strongest| resolved.take(definition, strongest));
        if !given.is_empty() {
            let record = Record {
                given,
                is_set,
                because: None,
            };
            resolved.settings.records.insert(definition.name, record);
        }
    }
    resolved.report_strangers(sources);
    derive(&mut resolved.settings);
    resolved
}

impl Resolved {
    /// Whether the value was taken.
    fn take(&mut self, definition: &Definition, given: &Given) -> bool {
        let shown = given.shown(matches!(definition.spec, Spec::Secret {}));
        let is_flag = given.layer == Layer::Flag;
        let problem = |why: String| Problem::Value {
            given: shown.clone(),
            why,
            allowed: definition.allowed(),
        };
        let parsed = match parse(definition, &given.raw) {
            Ok(parsed) => parsed,
            Err(why) if is_flag => {
                self.problems.push(problem(why));
                return false;
            }
            Err(why) => {
                let allowed = hint(" (allowed: ", &definition.allowed(), ")");
                self.notice(
                    Level::Error,
                    format!("{shown}: {why}{allowed}; the default holds"),
                );
                return false;
            }
        };
        for complaint in parsed.complaints {
            if is_flag && complaint.mistake {
                self.problems.push(problem(complaint.text));
            } else {
                self.notice(Level::Warn, format!("{shown}: {}", complaint.text));
            }
        }
        let Some(value) = parsed.value else {
            return false;
        };
        self.settings.put(definition.name, value);
        true
    }

    /// What was said about settings that do not exist, or exist no more.
    fn report_strangers(&mut self, sources: &Sources) {
        for (name, _) in sources
            .flags
            .iter()
            .filter(|(name, _)| is_switch(name).is_none())
        {
            self.problems.push(Problem::unknown_flag(name));
        }
        for (name, why) in IGNORED {
            let has_flag = sources.flags.iter().any(|(flag, _)| variable(flag) == name);
            if has_flag || sources.environment.contains_key(name) {
                self.notice(Level::Info, format!("{name} changes nothing: {why}"));
            }
        }
        for name in sources
            .environment
            .keys()
            .filter(|name| !is_known_variable(name))
        {
            let name_only = name.strip_prefix(PREFIX).unwrap_or(name);
            let nearest = nearest(name_only).map(variable).unwrap_or_default();
            let text = format!(
                "{name} is no setting{}",
                hint("; did you mean ", &nearest, "?")
            );
            self.notice(Level::Warn, text);
        }
    }

    fn notice(&mut self, level: Level, text: String) {
        self.notices.push(Notice { level, text });
    }
}
