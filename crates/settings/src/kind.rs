//! What a setting's value can be.

use std::fmt;

/// A whole number within fixed bounds.
pub type Int = i64;
/// A number within fixed bounds, always finite.
pub type Float = f64;
/// Free text, or one of a few words.
pub type Text = String;

/// A switch, and whether pages may turn it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bool {
    /// On or off.
    pub value: bool,
    /// Pages may not change it.
    pub locked: bool,
}

/// A number a page may move within a span; `min <= initial <= max`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// What holds until a page asks for something else.
    pub initial: u32,
    /// Smallest number a page may ask for.
    pub min: u32,
    /// Largest number a page may ask for.
    pub max: u32,
}

impl Range {
    /// There is nothing to choose.
    #[must_use]
    pub const fn is_locked(&self) -> bool {
        self.min == self.max
    }
}

/// One of several words; `value` is always in `allowed`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// What holds until a page asks for something else.
    pub value: String,
    /// What a page may ask for.
    pub allowed: Vec<String>,
}

impl Choice {
    /// There is nothing to choose.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.allowed.len() <= 1
    }
}

/// Any of several words, each at most once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The words that hold.
    pub values: Vec<String>,
}

impl List {
    /// `word` is one of those that hold.
    #[must_use]
    pub fn has(&self, word: &str) -> bool {
        self.values.iter().any(|value| value == word)
    }
}

/// Text that must not be seen: it prints as `<redacted>` and is never published.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes the text out of sight.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// No secret was given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<redacted>")
    }
}

/// A value of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// See [`Bool`].
    Bool(Bool),
    /// See [`Int`].
    Int(Int),
    /// See [`Float`].
    Float(Float),
    /// See [`Text`].
    Text(Text),
    /// See [`Secret`].
    Secret(Secret),
    /// See [`Choice`].
    Choice(Choice),
    /// See [`List`].
    List(List),
    /// See [`Range`].
    Range(Range),
}

impl fmt::Display for Value {
    /// As an operator would write it; a secret shows only whether it is there.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(switch) => {
                let lock = if switch.locked { "|locked" } else { "" };
                write!(f, "{}{lock}", switch.value)
            }
            Self::Int(number) => write!(f, "{number}"),
            Self::Float(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
            Self::Secret(secret) if secret.is_empty() => Ok(()),
            Self::Secret(_) => f.write_str("<redacted>"),
            Self::Choice(choice) => {
                f.write_str(&choice.value)?;
                let others = choice.allowed.iter().filter(|word| **word != choice.value);
                others.into_iter().try_for_each(|word| write!(f, ",{word}"))
            }
            Self::List(list) if list.values.is_empty() => f.write_str("none"),
            Self::List(list) => f.write_str(&list.values.join(",")),
            Self::Range(range) if range.is_locked() => write!(f, "{}", range.initial),
            Self::Range(Range { initial, min, max }) => write!(f, "{initial},{min}-{max}"),
        }
    }
}
