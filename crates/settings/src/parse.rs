//! From raw text to a value.

use crate::definition::{Definition, Spec};
use crate::kind::{Bool, Choice, List, Range, Secret, Value};

/// What became of raw text.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    /// Absent: the default holds.
    pub(crate) value: Option<Value>,
    /// What was bent or dropped on the way.
    pub(crate) complaints: Vec<Complaint>,
}

/// Something about a value that was not taken as given.
#[derive(Debug)]
pub(crate) struct Complaint {
    /// For the operator.
    pub(crate) text: String,
    /// Whoever typed it just now should correct it.
    pub(crate) mistake: bool,
}

impl Parsed {
    fn of(value: Value) -> Self {
        Self {
            value: Some(value),
            complaints: Vec::new(),
        }
    }

    fn mistake(&mut self, text: String) {
        self.complaints.push(Complaint {
            text,
            mistake: true,
        });
    }
}

/// Reads `raw` as a value of `definition`; the error says what is wrong with it.
/// Empty text asks for the default, except that an empty list is empty.
pub(crate) fn parse(definition: &Definition, raw: &str) -> Result<Parsed, String> {
    let text = raw.trim();
    if text.is_empty() && !matches!(definition.spec, Spec::List { .. }) {
        return Ok(Parsed::default());
    }
    let text = definition.synonym(text);
    match definition.spec {
        Spec::Bool { initial } => parse_bool(text, initial),
        Spec::Int { min, max, .. } => parse_int(definition, text, min, max),
        Spec::Float { min, max, .. } => parse_float(text, min, max),
        Spec::Text { .. } => parse_text(definition, text, raw),
        Spec::Secret {} => Ok(Parsed::of(Value::Secret(Secret::new(raw)))),
        Spec::Choice { menu, .. } => parse_choice(definition, text, menu),
        Spec::List { menu } => parse_list(text, menu),
        Spec::Range { initial, min, max } => {
            parse_range(definition, text, Range { initial, min, max })
        }
    }
}

impl Definition {
    /// The value `text` is another spelling of, else `text`.
    pub(crate) fn synonym<'a>(&self, text: &'a str) -> &'a str {
        let known = self
            .synonyms
            .iter()
            .find(|(spelling, _)| spelling.eq_ignore_ascii_case(text));
        known.map_or(text, |(_, meaning)| meaning)
    }

    /// The entry of `menu` that `text` names in any case, or by another spelling.
    pub(crate) fn on_menu<'a>(
        &self,
        menu: impl IntoIterator<Item = &'a str>,
        text: &str,
    ) -> Option<&'a str> {
        let text = self.synonym(text.trim());
        menu.into_iter()
            .find(|word| word.eq_ignore_ascii_case(text))
    }
}

/// The two halves of a raw switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Switch {
    /// Absent: the default.
    pub(crate) value: Option<bool>,
    /// It ended in `|locked`.
    pub(crate) locked: bool,
}

/// Reads `true`, `0`, `on|locked` and their like.
pub(crate) fn switch(text: &str) -> Option<Switch> {
    let text = text.trim().to_ascii_lowercase();
    let (word, locked) = match text
        .strip_suffix("locked")
        .and_then(|rest| rest.trim_end().strip_suffix('|'))
    {
        Some(word) => (word.trim_end(), true),
        None => (text.as_str(), false),
    };
    let value = match word {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        "" => None,
        _ => return None,
    };
    Some(Switch { value, locked })
}

fn parse_bool(text: &str, initial: bool) -> Result<Parsed, String> {
    let Switch { value, locked } = switch(text).ok_or("neither true nor false")?;
    Ok(Parsed::of(Value::Bool(Bool {
        value: value.unwrap_or(initial),
        locked,
    })))
}

fn parse_int(definition: &Definition, text: &str, min: i64, max: i64) -> Result<Parsed, String> {
    let number: i64 = text.parse().map_err(|_| "not a whole number")?;
    if !definition.words.is_empty() && !definition.words.contains(&number.to_string().as_str()) {
        return Err("not one of them".to_owned());
    }
    let mut parsed = Parsed::of(Value::Int(number.clamp(min, max)));
    if !(min..=max).contains(&number) {
        parsed.mistake(format!(
            "outside {min} to {max}, taken as {}",
            number.clamp(min, max)
        ));
    }
    Ok(parsed)
}

fn parse_float(text: &str, min: f64, max: f64) -> Result<Parsed, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or("not a number")?;
    let clamped = number.clamp(min, max);
    let mut parsed = Parsed::of(Value::Float(clamped));
    if !(min..=max).contains(&number) {
        parsed.mistake(format!("outside {min} to {max}, taken as {clamped}"));
    }
    Ok(parsed)
}

fn parse_text(definition: &Definition, text: &str, raw: &str) -> Result<Parsed, String> {
    let value = match definition.normalise {
        Some(normalise) => normalise(text)?,
        None if definition.words.is_empty() => raw.to_owned(),
        None => definition
            .on_menu(definition.words.iter().copied(), text)
            .ok_or("not one of them")?
            .to_owned(),
    };
    Ok(Parsed::of(Value::Text(value)))
}

fn parse_choice(definition: &Definition, text: &str, menu: &[&str]) -> Result<Parsed, String> {
    if let Some(value) = open_number(definition, text) {
        return Ok(Parsed::of(Value::Choice(join_menu(menu, value))));
    }
    let mut parsed = Parsed::default();
    let mut allowed: Vec<String> = Vec::new();
    for item in items(text) {
        match definition.on_menu(menu.iter().copied(), item) {
            Some(word) if allowed.iter().any(|known| known == word) => {}
            Some(word) => allowed.push(word.to_owned()),
            None if definition
                .unoffered
                .iter()
                .any(|known| known.eq_ignore_ascii_case(item)) =>
            {
                parsed.complaints.push(Complaint {
                    text: format!("{item} is not offered here"),
                    mistake: false,
                });
            }
            None => parsed.mistake(format!("{item} is not one of them")),
        }
    }
    match allowed.first() {
        Some(value) => {
            parsed.value = Some(Value::Choice(Choice {
                value: value.clone(),
                allowed,
            }));
        }
        None if parsed.complaints.iter().any(|complaint| complaint.mistake)
            || parsed.complaints.is_empty() =>
        {
            return Err("not one of them".to_owned());
        }
        None => {}
    }
    Ok(parsed)
}

/// `text` when it is a number the menu is open for.
pub(crate) fn open_number(definition: &Definition, text: &str) -> Option<u32> {
    let (min, max) = definition.open?;
    let on_menu = matches!(definition.spec, Spec::Choice { menu, .. } if menu.contains(&text));
    text.parse()
        .ok()
        .filter(|number| (min..=max).contains(number) && !on_menu)
}

/// The whole menu of numbers with `value` in its place among them.
fn join_menu(menu: &[&str], value: u32) -> Choice {
    let mut allowed: Vec<String> = menu.iter().map(|&word| word.to_owned()).collect();
    let place = menu
        .iter()
        .take_while(|word| word.parse().is_ok_and(|number: u32| number < value))
        .count();
    allowed.insert(place, value.to_string());
    Choice {
        value: value.to_string(),
        allowed,
    }
}

fn parse_list(text: &str, menu: &[&str]) -> Result<Parsed, String> {
    let mut parsed = Parsed::default();
    let mut values: Vec<String> = Vec::new();
    let items: Vec<&str> = items(text)
        .filter(|item| !item.eq_ignore_ascii_case("none"))
        .collect();
    for item in &items {
        match menu.iter().find(|word| word.eq_ignore_ascii_case(item)) {
            Some(&word) if values.iter().any(|known| known == word) => {}
            Some(&word) => values.push(word.to_owned()),
            None => parsed.mistake(format!("{item} is not one of them")),
        }
    }
    if values.is_empty() && !items.is_empty() {
        return Err("not one of them".to_owned());
    }
    parsed.value = Some(Value::List(List { values }));
    Ok(parsed)
}

fn items(text: &str) -> impl Iterator<Item = &str> {
    text.split(',')
        .map(str::trim)
        .filter(|item| !item.is_empty())
}

/// A span `a-b`, a number that locks, or `v,a-b`.
fn parse_range(definition: &Definition, text: &str, built_in: Range) -> Result<Parsed, String> {
    const WRONG: &str = "neither a number nor a span";
    let (first, span) = match text.split_once(',') {
        Some((first, span)) => (Some(number(first).ok_or(WRONG)?), span),
        None => (None, text),
    };
    let (low, high) = match span.split_once('-') {
        Some((low, high)) => (number(low).ok_or(WRONG)?, number(high).ok_or(WRONG)?),
        None if first.is_some() => return Err(WRONG.to_owned()),
        None => number(span).map(|fixed| (fixed, fixed)).ok_or(WRONG)?,
    };
    let mut parsed = Parsed::default();
    let is_megabits = definition.megabits
        && if low == high {
            low < 100
        } else {
            low.max(high) <= 100
        };
    let scale = if is_megabits { 1000 } else { 1 };
    if is_megabits {
        parsed.complaints.push(Complaint {
            text: "taken as Mbit/s".to_owned(),
            mistake: false,
        });
    }
    let [low, high] = [low, high].map(|bound| bound.saturating_mul(scale));
    let (least, most) = definition.limits.unwrap_or((built_in.min, built_in.max));
    let [min, max] = [low.min(high), low.max(high)].map(|bound| bound.clamp(least, most));
    if (min, max) != (low.min(high), low.max(high)) {
        parsed.mistake(format!("outside {least} to {most}, taken as {min}-{max}"));
    }
    let wanted = first.map(|first| first.saturating_mul(scale));
    let initial = wanted.unwrap_or(built_in.initial).clamp(min, max);
    if wanted.is_some_and(|wanted| wanted != initial) {
        parsed.mistake(format!("begins outside its span, taken as {initial}"));
    }
    parsed.value = Some(Value::Range(Range { initial, min, max }));
    Ok(parsed)
}

/// A number from 0 to `u32::MAX`, rounded to a whole one.
fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok().and_then(whole)
}

/// `number` rounded, if that is a `u32`.
pub(crate) fn whole(number: f64) -> Option<u32> {
    let rounded = number.round();
    // The comparison is false for what is not a number, and then the cast is exact.
    (rounded >= 0.0 && rounded <= f64::from(u32::MAX)).then_some(rounded as u32)
}

/// `""` or `/path` without a slash at its end.
pub(crate) fn url_prefix(text: &str) -> Result<String, &'static str> {
    let path = text.trim_matches('/');
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let is_segment =
        |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(is_plain);
    if path.is_empty() {
        return Ok(String::new());
    }
    if path.split('/').all(is_segment) {
        Ok(format!("/{path}"))
    } else {
        Err("not a plain URL path")
    }
}

/// TURN credentials are `expiry:user`, so the user may not contain a colon
/// (draft-uberti-behave-turn-rest-00, section 2.2).
pub(crate) fn relay_user(text: &str) -> Result<String, &'static str> {
    Ok(text.replace(':', "-"))
}
