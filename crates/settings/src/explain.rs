//! Who won, and over whom.

use std::fmt::Write as _;

use crate::definition::Spec;
use crate::names::find;
use crate::resolve::Problem;
use crate::table::{Settings, definitions};

impl Settings {
    /// Where the value of one setting comes from and what it was chosen over, over several lines.
    /// Secrets are masked.
    pub fn explain(&self, name: &str) -> Result<String, Problem> {
        let definition = find(name).ok_or_else(|| Problem::unknown_setting(name))?;
        let is_secret = matches!(definition.spec, Spec::Secret {});
        let mut lines = vec![self.line(definition.name), format!("  {}", definition.doc)];
        let record = self
            .records
            .get(definition.name)
            .cloned()
            .unwrap_or_default();
        let mut given = record.given.iter().map(|given| given.shown(is_secret));
        match given.next() {
            Some(winner) if record.is_set => lines.push(format!("  set by      {winner}")),
            Some(winner) => lines.push(format!("  not taken   {winner}")),
            None => lines.push("  set by      nobody, it is the default".to_owned()),
        }
        lines.extend(given.map(|beaten| format!("  instead of  {beaten}")));
        lines.extend(
            record
                .because
                .map(|because| format!("  changed     {because}")),
        );
        let (default, allowed) = (definition.initial().to_string(), definition.allowed());
        lines.extend((!default.is_empty()).then(|| format!("  default     {default}")));
        lines.extend((!allowed.is_empty()).then(|| format!("  allowed     {allowed}")));
        lines.push(format!(
            "  names       {} {}",
            definition.flag(),
            definition.variables().join(" ")
        ));
        if !definition.in_effect {
            lines.push("  It has no effect yet.".to_owned());
        }
        lines.push(String::new());
        Ok(lines.join("\n"))
    }

    /// Every setting with its value, one per line, each as it could be given; secrets are masked.
    #[must_use]
    pub fn dump(&self) -> String {
        definitions()
            .iter()
            .fold(String::new(), |mut text, definition| {
                let origin = self.records.get(definition.name).and_then(|record| {
                    let given = record
                        .given
                        .first()
                        .filter(|_| record.is_set)
                        .map(|given| given.name.as_str());
                    record.because.or(given)
                });
                let origin = origin
                    .map(|origin| format!("  # {origin}"))
                    .unwrap_or_default();
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}{origin}", self.line(definition.name));
                text
            })
    }

    /// What somebody gave a value although the feature behind it is not built, so that it can be
    /// said. What was withheld is not among them.
    #[must_use]
    pub fn without_effect(&self) -> Vec<&'static str> {
        let idle = definitions()
            .iter()
            .filter(|definition| !definition.in_effect);
        idle.map(|definition| definition.name)
            .filter(|name| self.is_set(name))
            .collect()
    }

    fn line(&self, name: &str) -> String {
        let value = self
            .value(name)
            .map(|value| value.to_string())
            .unwrap_or_default();
        format!("{name} = {value}").trim_end().to_owned()
    }
}
