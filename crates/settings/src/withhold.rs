//! Features that are not there are announced as off, whatever was asked.

use crate::definition::{Definition, Spec};
use crate::kind::{Bool, Choice, List, Range, Secret, Value};
use crate::names::find;
use crate::parse::switch;
use crate::table::Settings;

/// A setting whose feature is not, or only partly, there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    name: &'static str,
    offer: &'static [&'static str],
}

impl Withheld {
    /// The feature is not there: false, empty, 0, or the default, and locked.
    #[must_use]
    pub const fn off(name: &'static str) -> Self {
        Self { name, offer: &[] }
    }

    /// Only these values are there; the first is taken when none of what was asked for is.
    #[must_use]
    pub const fn only(name: &'static str, offer: &'static [&'static str]) -> Self {
        Self { name, offer }
    }
}

/// The operator asked for something that is withheld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Which setting.
    pub name: &'static str,
    /// Flag or variable with its value, a secret masked.
    pub given: String,
    /// What holds instead.
    pub instead: String,
}

impl Settings {
    /// Forces each setting to what is there, and tells which of them the operator had explicitly
    /// asked to be otherwise. The names must be in the table.
    pub fn withhold(&mut self, withheld: &[Withheld]) -> Vec<Asked> {
        withheld
            .iter()
            .filter_map(|withheld| self.withhold_one(*withheld))
            .collect()
    }

    fn withhold_one(&mut self, Withheld { name, offer }: Withheld) -> Option<Asked> {
        let found =
            find(name).and_then(|definition| Some((definition, self.value(definition.name)?)));
        let Some((definition, before)) = found else {
            debug_assert!(false, "there is no setting {name} to withhold");
            return None;
        };
        let after = reduced(definition, &before, offer);
        if is_same(&before, &after) {
            self.put(definition.name, after);
            return None;
        }
        self.put(definition.name, after.clone());
        let record = self.records.entry(definition.name).or_default();
        record.because = Some("the feature is not there");
        let was_set = std::mem::take(&mut record.is_set);
        let is_secret = matches!(definition.spec, Spec::Secret {});
        let given = record.given.first().filter(|_| was_set)?.shown(is_secret);
        Some(Asked {
            name: definition.name,
            given,
            instead: after.to_string(),
        })
    }
}

/// Locking alone is nothing the operator needs to hear of.
fn is_same(before: &Value, after: &Value) -> bool {
    match (before, after) {
        (Value::Bool(before), Value::Bool(after)) => before.value == after.value,
        (before, after) => before == after,
    }
}

fn reduced(definition: &Definition, before: &Value, offer: &[&str]) -> Value {
    let first = offer.first().copied();
    match before {
        Value::Bool(_) => {
            let value = first
                .and_then(switch)
                .and_then(|switch| switch.value)
                .unwrap_or(false);
            Value::Bool(Bool {
                value,
                locked: true,
            })
        }
        Value::Choice(choice) => Value::Choice(reduced_choice(choice, offer)),
        Value::List(list) => {
            let is_offered = |value: &&String| offer.contains(&value.as_str());
            Value::List(List {
                values: list.values.iter().filter(is_offered).cloned().collect(),
            })
        }
        Value::Text(text) if offer.contains(&text.as_str()) => before.clone(),
        Value::Text(_) => {
            let off = definition
                .words
                .iter()
                .find(|word| **word == "false")
                .copied();
            Value::Text(first.or(off).unwrap_or_default().to_owned())
        }
        Value::Secret(_) => Value::Secret(Secret::default()),
        Value::Range(_) => match definition.initial() {
            Value::Range(Range { initial, .. }) => Value::Range(Range {
                initial,
                min: initial,
                max: initial,
            }),
            other => other,
        },
        Value::Int(_) => match definition.spec {
            Spec::Int { min, max, .. } => Value::Int(0.clamp(min, max)),
            _ => definition.initial(),
        },
        Value::Float(_) => match definition.spec {
            Spec::Float { min, max, .. } => Value::Float(0_f64.clamp(min, max)),
            _ => definition.initial(),
        },
    }
}

fn reduced_choice(choice: &Choice, offer: &[&str]) -> Choice {
    let mut allowed: Vec<String> = choice.allowed.clone();
    if !offer.is_empty() {
        allowed.retain(|word| offer.contains(&word.as_str()));
    }
    let fallback = || {
        offer
            .first()
            .map_or_else(|| choice.value.clone(), |&word| word.to_owned())
    };
    let value = match allowed.first() {
        Some(_) if allowed.contains(&choice.value) => choice.value.clone(),
        Some(first) => first.clone(),
        None => fallback(),
    };
    // Nothing offered at all: what is stays, and stays alone.
    if offer.is_empty() || allowed.is_empty() {
        allowed = vec![value.clone()];
    }
    Choice { value, allowed }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::resolve;
    use crate::sources::Sources;

    fn settings(pairs: &[(&str, &str)]) -> Settings {
        let pairs = pairs
            .iter()
            .map(|(name, raw)| ((*name).to_owned(), (*raw).to_owned()));
        resolve(&Sources::new().environment(pairs)).settings
    }

    #[test]
    fn what_is_not_there_is_off_and_locked_and_nobody_hears_of_it() {
        let mut settings = settings(&[]);
        let asked = settings.withhold(&[
            Withheld::off("audio_enabled"),
            Withheld::off("file_transfers"),
            Withheld::off("enable_clipboard"),
            Withheld::only("mode", &["websockets"]),
            Withheld::only("use_cpu", &["true"]),
        ]);
        assert_eq!(asked, []);
        assert_eq!(
            settings.audio_enabled,
            Bool {
                value: false,
                locked: true
            }
        );
        assert_eq!(
            settings.use_cpu,
            Bool {
                value: true,
                locked: true
            }
        );
        assert!(settings.file_transfers.values.is_empty());
        assert!(!settings.clipboard_in() && !settings.clipboard_out());
        assert_eq!(settings.mode, "websockets");
    }

    #[test]
    fn an_operator_who_asked_for_it_is_told_once_and_pages_are_not_told_it_was_chosen() {
        let mut settings = settings(&[
            ("SELKIES_GAMEPAD_ENABLED", "true"),
            ("SELKIES_MODE", "webrtc"),
        ]);
        let withheld = [
            Withheld::off("gamepad_enabled"),
            Withheld::only("mode", &["websockets"]),
        ];
        let asked = settings.withhold(&withheld);
        let names: Vec<_> = asked
            .iter()
            .map(|asked| (asked.name, asked.given.as_str(), asked.instead.as_str()))
            .collect();
        assert_eq!(
            names,
            [
                (
                    "gamepad_enabled",
                    "SELKIES_GAMEPAD_ENABLED=true",
                    "false|locked"
                ),
                ("mode", "SELKIES_MODE=webrtc", "websockets"),
            ]
        );
        assert_eq!(settings.withhold(&withheld), []);
        assert!(!settings.is_set("gamepad_enabled"));
    }

    #[test]
    fn an_operator_who_asked_for_off_gets_it_in_silence() {
        let mut settings = settings(&[("SELKIES_AUDIO_ENABLED", "false")]);
        assert_eq!(settings.withhold(&[Withheld::off("audio_enabled")]), []);
        assert!(settings.audio_enabled.locked);
    }

    #[test]
    fn a_menu_keeps_what_is_there_and_falls_back_to_it() {
        let offer = [Withheld::only("encoder", &["h264enc", "jpeg"])];
        let mut default = settings(&[]);
        assert_eq!(default.withhold(&offer), []);
        assert_eq!(
            (
                default.encoder.value.as_str(),
                default.encoder.allowed.len()
            ),
            ("h264enc", 2)
        );
        let mut striped = settings(&[("SELKIES_ENCODER", "x264enc-striped")]);
        assert_eq!(striped.withhold(&offer).len(), 1);
        assert_eq!(
            (
                striped.encoder.value.as_str(),
                striped.encoder.allowed.len()
            ),
            ("h264enc", 1)
        );
        let mut mixed = settings(&[("SELKIES_ENCODER", "openh264enc,jpeg")]);
        assert_eq!(mixed.withhold(&offer).len(), 1);
        assert_eq!(
            (mixed.encoder.value.as_str(), mixed.encoder.allowed.len()),
            ("jpeg", 1)
        );
    }
}
