//! The name of an output on the wire.

use std::fmt;

use crate::limits;

/// The identifier of an output as pages name it: `primary`, or a second screen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DisplayId {
    /// The desktop itself.
    Primary,
    /// Another one, by the name the page gave it (at most 32 ASCII letters, digits, `-`, `_`).
    Other(String),
}

impl DisplayId {
    /// Reads a name; `None` when it is not of the form above.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == PRIMARY {
            return Some(Self::Primary);
        }
        let length_fits = (1..=limits::DISPLAY_NAME).contains(&name.len());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        (length_fits && name.bytes().all(plain)).then(|| Self::Other(name.to_owned()))
    }

    /// The name as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Primary => PRIMARY,
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for DisplayId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

const PRIMARY: &str = "primary";
