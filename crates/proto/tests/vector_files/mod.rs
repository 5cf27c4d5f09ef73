//! Reads `vectors/*.json`; the format is in `vectors/README.md`.
#![allow(dead_code, reason = "each test program uses its part")]

use serde::Deserialize;
use serde_json::Value;

pub(crate) const CLIENT_TEXT: &str = include_str!("../../vectors/client-text.json");
pub(crate) const CLIENT_BINARY: &str = include_str!("../../vectors/client-binary.json");
pub(crate) const SERVER_TEXT: &str = include_str!("../../vectors/server-text.json");
pub(crate) const SERVER_BINARY: &str = include_str!("../../vectors/server-binary.json");
pub(crate) const SERVER_SOUND: &str = include_str!("../../vectors/server-sound.json");

pub(crate) const FILES: [(&str, &str); 5] = [
    ("client-text.json", CLIENT_TEXT),
    ("client-binary.json", CLIENT_BINARY),
    ("server-text.json", SERVER_TEXT),
    ("server-binary.json", SERVER_BINARY),
    ("server-sound.json", SERVER_SOUND),
];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Vector {
    pub(crate) name: String,
    text: Option<String>,
    hex: Option<String>,
    pub(crate) message: Option<Value>,
    pub(crate) error: Option<String>,
    #[serde(default)]
    pub(crate) page: bool,
    #[serde(default)]
    pub(crate) decode_only: bool,
    #[serde(default)]
    pub(crate) encode_only: bool,
    pub(crate) picture: Option<u64>,
}

impl Vector {
    pub(crate) fn text(&self) -> &str {
        self.text.as_deref().expect("a text vector has a text")
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        match (&self.text, &self.hex) {
            (Some(text), None) => text.clone().into_bytes(),
            (None, Some(hex)) => unhex(hex),
            _ => panic!("{} needs either text or hex", self.name),
        }
    }

    /// The field `message` or `error`, whichever is there.
    pub(crate) fn expected(&self) -> Result<Value, String> {
        match (&self.message, &self.error) {
            (Some(message), None) => Ok(message.clone()),
            (None, Some(error)) => Err(error.clone()),
            _ => panic!("{} needs either message or error", self.name),
        }
    }
}

pub(crate) fn read(file: &str) -> Vec<Vector> {
    let vectors: Vec<Vector> =
        serde_json::from_str(file).expect("a vector file is a list of vectors");
    assert!(!vectors.is_empty(), "a vector file has vectors");
    vectors
}

pub(crate) fn unhex(hex: &str) -> Vec<u8> {
    let digit = |c: char| u8::try_from(c.to_digit(16).expect("a hex digit")).expect("below 16");
    let digits: Vec<u8> = hex.chars().map(digit).collect();
    assert!(digits.len().is_multiple_of(2), "{hex} ends within a byte");
    digits
        .chunks(2)
        .map(|pair| pair[0] << 4 | pair[1])
        .collect()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
