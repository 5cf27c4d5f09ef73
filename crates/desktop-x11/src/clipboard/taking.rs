//! Keeps what arrives, each kind in its way.

use std::sync::Arc;

use selkies_clip::{Content, Intake, Store};
use x11rb::protocol::xproto::Atom;

use super::conversion::Sink;
use super::decode::Decoder;
use super::targets::{self, Kind};

/// Of an answer that is looked at here, such as a list of files.
const MOST_BYTES: usize = 1 << 20;
/// Of a list of forms; programs that convert to everything name about a hundred.
const MOST_TARGETS: usize = 1024;

/// The answer to one question.
pub(super) struct Taking {
    store: Arc<dyn Store>,
    compound_text: Atom,
    kept: Kept,
    /// There is no room for it.
    pub(super) too_large: bool,
}

enum Kept {
    Words(Vec<u8>),
    Bytes(Vec<u8>),
    Content(Option<Box<dyn Intake>>, Coding),
}

enum Coding {
    Binary,
    /// Told by the first bytes.
    Text(Option<Decoder>),
}

impl Taking {
    pub(super) fn new(kind: Kind, store: &Arc<dyn Store>, compound_text: Atom) -> Self {
        let kept = match kind {
            Kind::Targets => Kept::Words(Vec::new()),
            Kind::Secret | Kind::Form(targets::FILES) => Kept::Bytes(Vec::new()),
            Kind::Form(targets::TEXT | targets::HTML) => Kept::Content(None, Coding::Text(None)),
            Kind::Form(_) => Kept::Content(None, Coding::Binary),
        };
        Self {
            store: store.clone(),
            compound_text,
            kept,
            too_large: false,
        }
    }

    /// The list of forms.
    pub(super) fn words(self) -> Vec<Atom> {
        let Kept::Words(bytes) = self.kept else {
            return Vec::new();
        };
        let (words, _) = bytes.as_chunks();
        words
            .iter()
            .map(|word| Atom::from_ne_bytes(*word))
            .collect()
    }

    /// What is looked at here, as text.
    pub(super) fn text(self) -> String {
        let Kept::Bytes(bytes) = self.kept else {
            return String::new();
        };
        let mut decoder = Decoder::new();
        decoder.decode(&bytes) + &decoder.finish()
    }

    /// The content. `None`: there is nothing in it, or no room for it.
    pub(super) fn content(self) -> Option<Arc<dyn Content>> {
        let Kept::Content(intake, coding) = self.kept else {
            return None;
        };
        let mut intake = intake?;
        if let Coding::Text(Some(mut decoder)) = coding {
            intake.append(decoder.finish().as_bytes()).ok()?;
        }
        Some(intake.finish()).filter(|content| !content.is_empty())
    }
}

impl Sink for Taking {
    fn expect(&mut self, bytes: u64) -> bool {
        if let Kept::Content(intake, _) = &mut self.kept {
            match self.store.begin(Some(bytes)) {
                Ok(begun) => *intake = Some(begun),
                Err(error) => {
                    tracing::debug!(%error, bytes, "no room for what was copied");
                    self.too_large = true;
                    return false;
                }
            }
        }
        true
    }

    fn take(&mut self, kind: Atom, format: u8, bytes: &[u8]) -> bool {
        match &mut self.kept {
            Kept::Words(words) => {
                let room = MOST_TARGETS * 4 - words.len().min(MOST_TARGETS * 4);
                words.extend(bytes.iter().take(room));
                // An owner may add to its list for as long as it is read.
                format == 32 && room > 0
            }
            Kept::Bytes(kept) => {
                let fits = kept.len() + bytes.len() <= MOST_BYTES;
                if fits {
                    kept.extend_from_slice(bytes);
                }
                fits && format == 8
            }
            Kept::Content(..) if format != 8 => false,
            Kept::Content(None, _) => false,
            Kept::Content(Some(intake), coding) => {
                let taken = match coding {
                    Coding::Binary => intake.append(bytes),
                    Coding::Text(decoder) => {
                        let decoder = decoder.get_or_insert_with(|| {
                            if kind == self.compound_text {
                                Decoder::compound()
                            } else {
                                Decoder::new()
                            }
                        });
                        intake.append(decoder.decode(bytes).as_bytes())
                    }
                };
                self.too_large = taken.is_err();
                taken.is_ok()
            }
        }
    }
}
