//! Raw values and where they come from.

use std::collections::BTreeMap;

use crate::definition::Definition;
use crate::legacy::clipboard_policy;
use crate::names::{find, flag, variable};

/// What the outside world says, not yet read.
#[derive(Clone, Default)]
pub struct Sources {
    pub(crate) flags: Vec<(String, String)>,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) file: Vec<(String, String)>,
}

impl Sources {
    /// Nothing said.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The pairs of [`Flags`](crate::Flags): names as on the command line, without the dashes in front.
    #[must_use]
    pub fn flags(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        self.flags.extend(pairs);
        self
    }

    /// The whole environment; what is no setting is left alone.
    #[must_use]
    pub fn environment(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// The pairs of a file: setting names as keys. Weaker than flags and environment.
    #[must_use]
    pub fn file(mut self, pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        self.file.extend(pairs);
        self
    }

    /// Everything said about one setting, the strongest first.
    pub(crate) fn about(&self, definition: &Definition) -> Vec<Given> {
        let is_it = |name: &str| find(name).is_some_and(|found| found.name == definition.name);
        let mut all = Vec::new();
        let flags = self.flags.iter().rev().filter(|(name, _)| is_it(name));
        all.extend(flags.map(|(name, raw)| Given::flag(flag(name), raw)));
        if definition.name == "enable_clipboard" {
            let last = |name: &str| {
                self.flags
                    .iter()
                    .rev()
                    .find(|(key, _)| *key == name)
                    .map(|(_, raw)| raw.clone())
            };
            all.extend(clipboard_policy(last, flag).map(|(name, raw)| Given::flag(name, &raw)));
        }
        let variables = definition.variables().into_iter();
        all.extend(variables.filter_map(|name| {
            let raw = self.environment.get(&name)?.clone();
            Some(Given {
                layer: Layer::Environment,
                name,
                raw,
            })
        }));
        if definition.name == "enable_clipboard" {
            let get = |name: &str| self.environment.get(&variable(name)).cloned();
            let policy = clipboard_policy(get, variable);
            all.extend(policy.map(|(name, raw)| Given {
                layer: Layer::Environment,
                name,
                raw,
            }));
        }
        let file = self.file.iter().rev().filter(|(name, _)| is_it(name));
        all.extend(file.map(|(name, raw)| Given {
            layer: Layer::File,
            name: format!("file key {name}"),
            raw: raw.clone(),
        }));
        all
    }
}

/// Which kind of source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Layer {
    Flag,
    Environment,
    File,
}

/// One raw value with its origin. May hold a secret, so it has no `Debug` of its contents.
#[derive(Clone, PartialEq)]
pub(crate) struct Given {
    pub(crate) layer: Layer,
    pub(crate) name: String,
    pub(crate) raw: String,
}

impl Given {
    fn flag(name: String, raw: &str) -> Self {
        Self {
            layer: Layer::Flag,
            name,
            raw: raw.to_owned(),
        }
    }

    /// `--name value` or `NAME=value`, a secret masked.
    pub(crate) fn shown(&self, is_secret: bool) -> String {
        let between = if self.layer == Layer::Flag { ' ' } else { '=' };
        let raw = if is_secret && !self.raw.is_empty() {
            "<redacted>"
        } else {
            &self.raw
        };
        format!("{}{between}{raw}", self.name)
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.name)
    }
}

/// How a setting came to its value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Record {
    /// What was said about it, the strongest first.
    pub(crate) given: Vec<Given>,
    /// The strongest was taken.
    pub(crate) is_set: bool,
    /// Why the value is not what was said, or not the default.
    pub(crate) because: Option<&'static str>,
}
