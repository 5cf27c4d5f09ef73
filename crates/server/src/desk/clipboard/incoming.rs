//! Clips that are being taken in, one per viewer.

use std::collections::BTreeMap;
use std::io;
use std::str;
use std::sync::Arc;

use selkies_clip::{Clip, Format, Intake, Refusal, Step, Store};

/// Forms of one clip.
const MOST_FORMS: usize = 8;
/// Of the name of a form; names of pictures are shorter.
const LONGEST_NAME: usize = 100;

/// Clips that are being taken in.
pub(super) struct Incoming {
    store: Arc<dyn Store>,
    clips: BTreeMap<u64, Forms>,
}

/// What has come of one clip.
#[derive(Default)]
struct Forms {
    whole: Vec<Format>,
    open: Option<Open>,
    /// A form was refused, and its viewer knows.
    refused: bool,
}

/// A form that is not whole yet.
struct Open {
    mime: String,
    left: u64,
    intake: Box<dyn Intake>,
    text: Option<TextCheck>,
}

impl Incoming {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        let clips = BTreeMap::new();
        Self { store, clips }
    }

    /// Takes the next step of a viewer, and returns the clip when it was the last one.
    pub(super) fn take(&mut self, viewer: u64, step: Step) -> Result<Option<Clip>, Refusal> {
        match step {
            Step::Offer => {
                let forms = self.clips.remove(&viewer).unwrap_or_default();
                if !forms.whole.is_empty() {
                    let formats = forms.whole;
                    Ok(Some(Clip { formats }))
                } else if forms.refused {
                    Ok(None)
                } else {
                    Err(Refusal::Broken)
                }
            }
            Step::Abort => {
                self.clips.remove(&viewer);
                Ok(None)
            }
            step => {
                let forms = self.clips.entry(viewer).or_default();
                let outcome = forms.go_on(&*self.store, step);
                if outcome.is_err() {
                    forms.open = None;
                    forms.refused = true;
                }
                outcome.map(|()| None)
            }
        }
    }

    /// Steps of `viewer` were lost: those that still come belong to nothing.
    pub(super) fn give_up(&mut self, viewer: u64) {
        let nothing = Forms {
            refused: true,
            ..Forms::default()
        };
        self.clips.insert(viewer, nothing);
    }
}

impl Forms {
    fn go_on(&mut self, store: &dyn Store, step: Step) -> Result<(), Refusal> {
        match (step, self.open.take()) {
            (Step::Begin { mime, total }, _) => {
                if self.whole.len() >= MOST_FORMS {
                    return Err(Refusal::TooLarge);
                }
                self.open = Some(Open::new(store, &mime, total)?);
            }
            (Step::Append(bytes), Some(mut open)) => {
                open.append(&bytes)?;
                self.open = Some(open);
            }
            (Step::End, Some(open)) => {
                let format = open.end()?;
                self.whole.retain(|other| other.mime != format.mime);
                self.whole.push(format);
            }
            // The rest of what was refused.
            (_, None) if self.refused => {}
            (_, _) => return Err(Refusal::Broken),
        }
        Ok(())
    }
}

impl Open {
    fn new(store: &dyn Store, mime: &str, total: u64) -> Result<Self, Refusal> {
        let mime = kind(mime)?;
        let text = mime.starts_with("text/").then(TextCheck::default);
        let intake = store.begin(Some(total)).map_err(|error| refusal(&error))?;
        Ok(Self {
            mime,
            left: total,
            intake,
            text,
        })
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or(Refusal::Broken)?;
        if let Some(text) = &mut self.text
            && !text.accepts(bytes)
        {
            return Err(Refusal::Broken);
        }
        self.intake.append(bytes).map_err(|error| refusal(&error))
    }

    fn end(self) -> Result<Format, Refusal> {
        if self.left > 0 || self.text.is_some_and(|text| !text.unfinished.is_empty()) {
            return Err(Refusal::Broken);
        }
        Ok(Format {
            mime: self.mime,
            content: self.intake.finish(),
        })
    }
}

/// The name of a form without its parameters (RFC 6838 §4.2). Only text, pictures and lists of
/// files come in: other kinds are commands to some program or other.
fn kind(mime: &str) -> Result<String, Refusal> {
    let mut parts = mime.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let in_unicode = parts.all(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        !name.trim().eq_ignore_ascii_case("charset")
            || value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
    });
    let picture = name.strip_prefix("image/").is_some_and(|rest| {
        !rest.is_empty()
            && rest
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    });
    let known = picture || ["text/plain", "text/html", "text/uri-list"].contains(&&*name);
    if known && in_unicode && name.len() <= LONGEST_NAME {
        Ok(name)
    } else {
        Err(Refusal::Forbidden)
    }
}

fn refusal(error: &io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::FileTooLarge | io::ErrorKind::QuotaExceeded => Refusal::TooLarge,
        _ => {
            tracing::warn!(%error, "a clip cannot be kept");
            Refusal::Failed
        }
    }
}

/// Sees to it that text is UTF-8, piece by piece.
#[derive(Default)]
struct TextCheck {
    /// The beginning of a character whose end has not come yet.
    unfinished: Vec<u8>,
}

impl TextCheck {
    /// A character has no more bytes.
    const LONGEST: usize = 4;

    fn accepts(&mut self, mut bytes: &[u8]) -> bool {
        while !self.unfinished.is_empty() {
            let Some((&first, rest)) = bytes.split_first() else {
                return true;
            };
            self.unfinished.push(first);
            bytes = rest;
            match str::from_utf8(&self.unfinished) {
                Ok(_) => self.unfinished.clear(),
                Err(error) if error.error_len().is_some() => return false,
                Err(_) if self.unfinished.len() >= Self::LONGEST => return false,
                Err(_) => {}
            }
        }
        match str::from_utf8(bytes) {
            Ok(_) => true,
            Err(error) if error.error_len().is_some() => false,
            Err(error) => {
                self.unfinished.extend(&bytes[error.valid_up_to()..]);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::clips::{Clips, Limits};

    fn incoming() -> Incoming {
        let limits = Limits {
            content: 100,
            small: 10,
            memory: 50,
            files: 200,
        };
        Incoming::new(Arc::new(Clips::new(limits)))
    }

    fn begin(mime: &str, total: usize) -> Step {
        Step::Begin {
            mime: mime.to_owned(),
            total: total as u64,
        }
    }

    fn append(bytes: &[u8]) -> Step {
        Step::Append(Bytes::copy_from_slice(bytes))
    }

    /// Names and bytes.
    type Named = Vec<(String, Vec<u8>)>;

    /// What each step is answered with; of clips the forms.
    fn play(
        incoming: &mut Incoming,
        steps: impl IntoIterator<Item = Step>,
    ) -> Vec<Result<Named, Refusal>> {
        let read = |format: &Format| {
            let mut bytes = vec![0; format.content.len() as usize];
            let count = format.content.read_at(0, &mut bytes).expect("it is there");
            assert_eq!(count, bytes.len());
            (format.mime.clone(), bytes)
        };
        let answers = steps.into_iter().map(|step| incoming.take(1, step));
        let told = answers.filter_map(Result::transpose);
        told.map(|answer| answer.map(|clip| clip.formats.iter().map(read).collect()))
            .collect()
    }

    #[test]
    fn forms_come_piece_by_piece_and_together_make_a_clip() {
        let steps = [
            begin("text/plain;charset=UTF-8", 8),
            append("gr\u{fc}".as_bytes()),
            append(b"\xc3"),
            append(b""),
            append(b"\x9fe"),
            append(b"n"),
            Step::End,
            begin("Image/PNG", 20),
            append(&[255; 20]),
            Step::End,
            Step::Offer,
        ];
        let expected = vec![
            ("text/plain".to_owned(), "gr\u{fc}\u{df}en".into()),
            ("image/png".to_owned(), vec![255; 20]),
        ];
        assert_eq!(play(&mut incoming(), steps), [Ok(expected)]);
    }

    #[test]
    fn an_empty_text_is_a_clip() {
        let steps = [begin("text/plain", 0), Step::End, Step::Offer];
        let expected = vec![("text/plain".to_owned(), Vec::new())];
        assert_eq!(play(&mut incoming(), steps), [Ok(expected)]);
    }

    #[test]
    fn what_is_not_as_announced_is_broken_and_said_once() {
        let wrong = [
            vec![begin("text/plain", 3), append(b"abcd"), append(b"e")],
            vec![begin("text/plain", 3), append(b"ab")],
            vec![begin("text/plain", 3), append(b"a\xffb")],
            vec![begin("text/html", 3), append(b"ab\xc3")],
            vec![begin("text/plain", 4), append(b"ab\xf0\x80")],
            vec![append(b"a")],
            vec![],
        ];
        for mut steps in wrong {
            let described = format!("{steps:?}");
            steps.extend([Step::End, Step::Offer]);
            let answers = play(&mut incoming(), steps);
            assert_eq!(answers, [Err(Refusal::Broken)], "{described}");
        }
        let offered = play(&mut incoming(), [Step::Offer]);
        assert_eq!(offered, [Err(Refusal::Broken)]);
    }

    #[test]
    fn a_form_that_is_refused_is_left_out() {
        let steps = [
            begin("text/plain", 1),
            append(b"a"),
            Step::End,
            begin("image/png", 101),
            append(&[0; 101]),
            Step::End,
            Step::Offer,
        ];
        let expected = vec![("text/plain".to_owned(), b"a".to_vec())];
        assert_eq!(
            play(&mut incoming(), steps),
            [Err(Refusal::TooLarge), Ok(expected)]
        );
    }

    #[test]
    fn a_new_beginning_replaces_what_was_not_ended_and_aborting_leaves_nothing() {
        let mut incoming = incoming();
        let steps = [
            begin("image/png", 100),
            append(&[0; 50]),
            begin("image/jpeg", 100),
            append(&[0; 50]),
            begin("text/plain", 1),
            append(b"b"),
            Step::End,
            Step::Offer,
        ];
        let expected = vec![("text/plain".to_owned(), b"b".to_vec())];
        assert_eq!(play(&mut incoming, steps), [Ok(expected)]);
        let steps = [begin("image/png", 100), append(&[0; 50]), Step::Abort];
        assert_eq!(play(&mut incoming, steps), []);
        assert!(incoming.clips.is_empty());
    }

    #[test]
    fn room_is_shared_and_what_others_hold_is_missing() {
        let mut incoming = incoming();
        for viewer in [2, 3] {
            let begun = incoming.take(viewer, begin("image/png", 100));
            begun.expect("there is room");
        }
        let steps = [begin("image/png", 100), Step::End, Step::Offer];
        assert_eq!(play(&mut incoming, steps), [Err(Refusal::TooLarge)]);
        incoming.take(2, Step::Abort).expect("nothing to refuse");
        let begun = play(&mut incoming, [begin("image/png", 100)]);
        assert_eq!(begun, []);
    }

    #[test]
    fn steps_that_go_on_with_lost_ones_have_no_effect() {
        let mut incoming = incoming();
        play(&mut incoming, [begin("text/plain", 2), append(b"a")]);
        incoming.give_up(1);
        let steps = [append(b"b"), Step::End, Step::Offer];
        assert_eq!(play(&mut incoming, steps), []);
    }

    #[test]
    fn only_text_pictures_and_lists_of_files_come_in() {
        for name in ["text/plain", "text/html", "text/uri-list", "image/svg+xml"] {
            assert_eq!(kind(name).as_deref(), Ok(name));
        }
        assert_eq!(
            kind("text/plain; charset=\"utf-8\"; format=flowed").as_deref(),
            Ok("text/plain")
        );
        let long = format!("image/{}", "a".repeat(LONGEST_NAME));
        for name in [
            "",
            "TARGETS",
            "image/",
            "image/a b",
            "image/\u{e9}",
            "application/x-sh",
            "x-special/gnome-copied-files",
            "text/plain;charset=latin1",
            &long,
        ] {
            assert_eq!(kind(name), Err(Refusal::Forbidden), "{name:?}");
        }
    }

    #[test]
    fn no_more_forms_than_fit_a_table() {
        let mut incoming = incoming();
        for number in 0..MOST_FORMS {
            let name = format!("image/{number}");
            assert_eq!(play(&mut incoming, [begin(&name, 0), Step::End]), []);
        }
        let more = play(&mut incoming, [begin("image/more", 0), Step::End]);
        assert_eq!(more, [Err(Refusal::TooLarge)]);
    }
}
