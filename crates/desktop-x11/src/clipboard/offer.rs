//! What we offer, and how it is written for whoever asks.

use std::io;
use std::str;
use std::sync::Arc;

use selkies_clip::{Clip, Content};
use selkies_desktop::DesktopError;
use x11rb::protocol::xproto::{Atom, Timestamp};

use super::files;
use super::port::Port;
use super::targets::{self, Name, Writing};

/// A list of files that is rewritten; longer ones are offered only as they are.
const LONGEST_LIST: u64 = 1 << 20;

/// A clip that we own a selection with.
pub(super) struct Offer {
    /// Names, and which form each is for.
    names: Vec<(Name, usize)>,
    contents: Vec<Arc<dyn Content>>,
    /// Since when. `None`: we have not been told yet.
    pub(super) since: Option<Timestamp>,
}

impl Offer {
    pub(super) fn new(port: &Port, clip: &Clip) -> Result<Self, DesktopError> {
        let mut names: Vec<(Name, usize)> = Vec::new();
        for (index, format) in clip.formats.iter().enumerate() {
            let own = port.name(&format.mime)?;
            for name in targets::names(&port.atoms, &format.mime, own) {
                if names.iter().all(|(known, _)| known.target != name.target) {
                    names.push((name, index));
                }
            }
        }
        let contents = clip.formats.iter().map(|format| format.content.clone());
        Ok(Self {
            names,
            contents: contents.collect(),
            since: None,
        })
    }

    /// All it can be had as.
    pub(super) fn targets(&self) -> impl Iterator<Item = Atom> {
        self.names.iter().map(|(name, _)| name.target)
    }

    /// It as `target`, and what kind the answer says it is.
    pub(super) fn written(&self, target: Atom) -> Option<(Atom, Source)> {
        let (name, index) = self.names.iter().find(|(name, _)| name.target == target)?;
        let content = self.contents.get(*index)?.clone();
        Some((name.kind, Source::new(content, name.writing)?))
    }

    /// Whether it was offered already at `time`.
    pub(super) fn was_there(&self, time: Timestamp) -> bool {
        // Times wrap around every 49 days; the earlier one is less than half a turn before.
        let before = |since: Timestamp| (time.wrapping_sub(since).cast_signed()) < 0;
        time == x11rb::CURRENT_TIME || !self.since.is_some_and(before)
    }
}

/// Bytes for one who asks, piece by piece.
pub(super) struct Source {
    content: Arc<dyn Content>,
    at: u64,
    writing: Writing,
    /// The beginning of a character whose end comes with the next piece.
    unfinished: Vec<u8>,
}

impl Source {
    fn new(content: Arc<dyn Content>, writing: Writing) -> Option<Self> {
        let content = match writing {
            Writing::GnomeFiles => Arc::new(bytes::Bytes::from(gnome_files(&*content)?)),
            Writing::AsItIs | Writing::Latin1 => content,
        };
        Some(Self {
            content,
            at: 0,
            writing,
            unfinished: Vec::new(),
        })
    }

    /// About how many bytes there will be; never fewer.
    pub(super) fn most(&self) -> u64 {
        self.content.len()
    }

    /// The next bytes, at most `most`. Empty: that was all.
    pub(super) fn next(&mut self, most: usize) -> io::Result<Vec<u8>> {
        loop {
            let left = self.content.len().saturating_sub(self.at);
            let mut piece = vec![0; most.min(usize::try_from(left).unwrap_or(most))];
            let count = self.content.read_at(self.at, &mut piece)?;
            if count == 0 && left > 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            piece.truncate(count);
            self.at += count as u64;
            if self.writing == Writing::Latin1 {
                piece = self.latin1(&piece, left == count as u64);
            }
            if !piece.is_empty() || left == count as u64 {
                return Ok(piece);
            }
        }
    }

    /// What Latin-1 lacks becomes a question mark. Never longer than the piece.
    fn latin1(&mut self, piece: &[u8], last: bool) -> Vec<u8> {
        self.unfinished.extend_from_slice(piece);
        let bytes = std::mem::take(&mut self.unfinished);
        let whole = match str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() && !last => error.valid_up_to(),
            _ => bytes.len(),
        };
        let (whole, rest) = bytes.split_at(whole);
        self.unfinished = rest.to_vec();
        let text = String::from_utf8_lossy(whole);
        text.chars()
            .map(|letter| u8::try_from(letter).unwrap_or(b'?'))
            .collect()
    }
}

fn gnome_files(content: &dyn Content) -> Option<String> {
    let len = content.len();
    if len > LONGEST_LIST {
        return None;
    }
    let mut bytes = vec![0; usize::try_from(len).ok()?];
    let mut filled = 0;
    while let Some(rest) = bytes.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read_at(filled as u64, rest).ok()? {
            0 => return None,
            count => filled += count,
        }
    }
    Some(files::gnome_list(&String::from_utf8_lossy(&bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn written(text: &str, writing: Writing, piece: usize) -> Vec<u8> {
        let content = Arc::new(Bytes::copy_from_slice(text.as_bytes()));
        let mut source = Source::new(content, writing).expect("it can be written");
        let mut all = Vec::new();
        loop {
            let next = source.next(piece).expect("it is in memory");
            assert!(next.len() <= piece);
            if next.is_empty() {
                return all;
            }
            all.extend(next);
        }
    }

    #[test]
    fn what_latin_1_has_is_kept_however_it_is_cut() {
        let text = "gr\u{fc}n \u{20ac} \u{1f600} caf\u{e9}";
        for piece in 1..=20 {
            assert_eq!(
                written(text, Writing::Latin1, piece),
                b"gr\xfcn ? ? caf\xe9",
                "{piece}"
            );
            assert_eq!(written(text, Writing::AsItIs, piece), text.as_bytes());
        }
    }

    #[test]
    fn a_list_of_files_is_rewritten_for_file_managers() {
        let list = "file:///a\r\nfile:///b\r\n";
        assert_eq!(
            written(list, Writing::GnomeFiles, 7),
            b"copy\nfile:///a\nfile:///b"
        );
    }

    #[test]
    fn a_content_that_is_shorter_than_it_says_is_an_error() {
        struct Liar;
        impl Content for Liar {
            fn len(&self) -> u64 {
                5
            }
            fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
                Ok(0)
            }
        }
        let mut source = Source::new(Arc::new(Liar), Writing::AsItIs).expect("it can be written");
        assert!(source.next(10).is_err());
        assert!(Source::new(Arc::new(Liar), Writing::GnomeFiles).is_none());
    }

    #[test]
    fn a_question_from_before_is_not_for_this_offer() {
        let offer = |since| Offer {
            names: Vec::new(),
            contents: Vec::new(),
            since,
        };
        assert!(offer(Some(100)).was_there(100));
        assert!(!offer(Some(100)).was_there(99));
        assert!(offer(Some(100)).was_there(x11rb::CURRENT_TIME));
        assert!(offer(Some(u32::MAX)).was_there(3), "the clock wrapped");
        assert!(offer(None).was_there(3));
    }
}
