//! The JSON of `SETTINGS` and `_selkies`.
//!
//! Values are read one by one, so that a number beyond `f64` or a broken escape costs its own key only.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::fields::unsigned;
use super::{Capabilities, Proposal, ProposedValue};
use crate::display::DisplayId;
use crate::limits;

/// `None` when the text is not one JSON object, is too large, or names a display that cannot be read.
pub(super) fn proposal(json: &str) -> Option<Proposal> {
    let mut proposal = Proposal::default();
    let mut initial = (None, None);
    let mut manual = (None, None);
    let mut values = Values::default();
    for (key, raw) in entries(json)?.0 {
        let raw = raw.get();
        if raw == "null" {
            continue;
        }
        match key.as_str() {
            "displayId" => proposal.display = Some(display(raw)?),
            "initialClientWidth" => initial.0 = pixels(raw),
            "initialClientHeight" => initial.1 = pixels(raw),
            "manual_width" => manual.0 = pixels(raw),
            "manual_height" => manual.1 = pixels(raw),
            "is_manual_resolution_mode" => proposal.manual_resolution = boolean(raw),
            "audioRedundancy" => proposal.audio_redundancy = boolean(raw),
            _ => values.put(&key, raw),
        }
    }
    proposal.initial_size = initial.0.zip(initial.1);
    proposal.manual_size = manual.0.zip(manual.1);
    proposal.values = values.into_list();
    Some(proposal)
}

/// `None` when the text is not one JSON object or is too large. Unknown names are for other servers.
pub(super) fn capabilities(json: &str) -> Option<Capabilities> {
    let mut capabilities = Capabilities::default();
    for (key, raw) in entries(json)?.0 {
        let known = match key.as_str() {
            "desktop_state" => &mut capabilities.desktop_state,
            "each_ack" => &mut capabilities.each_ack,
            "trace" => &mut capabilities.trace,
            "clips" => &mut capabilities.clips,
            "rumble" => &mut capabilities.rumble,
            _ => continue,
        };
        *known = raw.get() == "true";
    }
    Some(capabilities)
}

/// Keys without a field of their own, each once, in the order of their first appearance.
#[derive(Default)]
struct Values(Vec<Kept>);

struct Kept {
    key: String,
    value: ProposedValue,
    older_name: bool,
}

impl Values {
    fn put(&mut self, key: &str, raw: &str) {
        let canonical = current_name(key);
        let older_name = canonical != key;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if key.is_empty() || key.len() > limits::KEY || !key.bytes().all(plain) {
            return;
        }
        let Some(value) = value(raw) else { return };
        let full = self.0.len() >= limits::VALUES;
        match self.0.iter_mut().find(|kept| kept.key == canonical) {
            Some(kept) if older_name && !kept.older_name => {}
            Some(kept) => (kept.value, kept.older_name) = (value, older_name),
            None if !full => {
                let key = canonical.to_owned();
                self.0.push(Kept {
                    key,
                    value,
                    older_name,
                });
            }
            None => {}
        }
    }

    fn into_list(self) -> Vec<(String, ProposedValue)> {
        self.0
            .into_iter()
            .map(|kept| (kept.key, kept.value))
            .collect()
    }
}

/// Pages of the generation before call the video settings by the codec.
fn current_name(key: &str) -> &str {
    match key {
        "h264_crf" => "video_crf",
        "h264_fullcolor" => "video_fullcolor",
        "h264_streaming_mode" => "video_streaming_mode",
        "h264_paintover_crf" => "video_paintover_crf",
        "h264_paintover_burst_frames" => "video_paintover_burst_frames",
        other => other,
    }
}

fn value(raw: &str) -> Option<ProposedValue> {
    match scalar(raw)? {
        Value::Bool(on) => Some(ProposedValue::Bool(on)),
        Value::Number(number) => number
            .as_f64()
            .filter(|n| n.is_finite())
            .map(ProposedValue::Number),
        Value::String(text) if text.len() <= limits::TEXT => Some(ProposedValue::Text(text)),
        Value::String(_) | Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn display(raw: &str) -> Option<DisplayId> {
    DisplayId::parse(scalar(raw)?.as_str()?)
}

/// A positive whole number; pages also send it as text.
fn pixels(raw: &str) -> Option<u32> {
    let pixels = match scalar(raw)? {
        Value::Number(number) => u32::try_from(number.as_u64()?).ok(),
        Value::String(digits) => unsigned(&digits),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    pixels.filter(|&pixels| pixels > 0)
}

/// `true` or `false`; pages also send it as text, in any case.
fn boolean(raw: &str) -> Option<bool> {
    match scalar(raw)? {
        Value::Bool(on) => Some(on),
        Value::String(word) if word.eq_ignore_ascii_case("true") => Some(true),
        Value::String(word) if word.eq_ignore_ascii_case("false") => Some(false),
        Value::String(_) | Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            None
        }
    }
}

/// A value without an inside; lists and objects are not looked into.
fn scalar(raw: &str) -> Option<Value> {
    if raw.starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(raw).ok()
}

fn entries(json: &str) -> Option<Entries<'_>> {
    if json.len() > limits::JSON {
        return None;
    }
    serde_json::from_str(json).ok()
}

/// The members of an object in their order, repeated keys included, values unread.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Entries(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
