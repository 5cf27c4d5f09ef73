//! What pages are told.

use serde_json::{Map, Number, Value as Json, json};

use crate::kind::Value;
use crate::table::{Settings, definitions};

/// Largest message a page may send; it cuts clipboard content to fit.
pub const MAX_MESSAGE_BYTES: u32 = 8 << 20;

/// What is so for one viewer, over what is set for everyone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overlay<'a> {
    /// The encoder whose stream this viewer gets. Pages drop what another encoder made.
    pub encoder: Option<&'a str>,
    /// The rate control that runs for this viewer's output.
    pub rate_control_mode: Option<&'a str>,
    /// Whether a second screen can be had now.
    pub second_screen: Option<bool>,
}

impl Settings {
    /// Every setting pages may know, by canonical name in the order of the table, then the facts
    /// derived for them.
    #[must_use]
    pub fn published(&self, overlay: &Overlay<'_>) -> Map<String, Json> {
        let mut entries = Map::new();
        for definition in definitions()
            .iter()
            .filter(|definition| definition.published)
        {
            if let Some(entry) = self.value(definition.name).and_then(|value| entry(&value)) {
                entries.insert(
                    definition.name.to_owned(),
                    self.marked(definition.name, entry),
                );
            }
        }
        let mut put = |name: &str, value: Option<Json>| {
            if let (Some(Json::Object(entry)), Some(value)) = (entries.get_mut(name), value) {
                entry.insert("value".to_owned(), value);
            }
        };
        put("encoder", overlay.encoder.map(Json::from));
        put(
            "rate_control_mode",
            overlay.rate_control_mode.map(Json::from),
        );
        put("second_screen", overlay.second_screen.map(Json::from));
        let (inwards, outwards) = (self.clipboard_in(), self.clipboard_out());
        entries.insert(
            "clipboard_enabled".to_owned(),
            json!({ "value": inwards || outwards }),
        );
        entries.insert(
            "clipboard_in_enabled".to_owned(),
            json!({ "value": inwards }),
        );
        entries.insert(
            "clipboard_out_enabled".to_owned(),
            json!({ "value": outwards }),
        );
        entries.insert(
            "ws_max_message_bytes".to_owned(),
            json!({ "value": MAX_MESSAGE_BYTES }),
        );
        entries
    }

    fn marked(&self, name: &str, mut entry: Map<String, Json>) -> Json {
        entry.insert("overridden".to_owned(), Json::Bool(self.is_set(name)));
        Json::Object(entry)
    }
}

/// What a page is told of a value. The words of a choice stay words, also when they are numbers,
/// because pages compare them as such. A secret has no entry.
fn entry(value: &Value) -> Option<Map<String, Json>> {
    let entry = match value {
        Value::Bool(switch) => json!({ "value": switch.value, "locked": switch.locked }),
        Value::Int(number) => json!({ "value": number }),
        Value::Float(number) => json!({ "value": plain(*number) }),
        Value::Text(text) => json!({ "value": text }),
        Value::Secret(_) => return None,
        Value::Choice(choice) => json!({ "value": choice.value, "allowed": choice.allowed }),
        Value::List(list) => json!({ "value": list.values, "allowed": list.values }),
        Value::Range(range) => json!({
            "value": [range.min, range.max],
            "min": range.min,
            "max": range.max,
            "default": range.initial,
        }),
    };
    match entry {
        Json::Object(entry) => Some(entry),
        _ => None,
    }
}

/// A whole number without a fraction. The table's bounds are far inside what an `i64` holds.
pub(crate) fn plain(number: f64) -> Number {
    let whole = (number.fract() == 0.0).then(|| Number::from(number as i64));
    whole
        .or_else(|| Number::from_f64(number))
        .unwrap_or_else(|| Number::from(0))
}
