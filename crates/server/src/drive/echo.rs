//! Tells what was copied on the desktop from what we have just put there ourselves: programs that
//! keep the clipboard take it over at once and offer the same again.

use std::io;
use std::time::{Duration, Instant};

use selkies_clip::{Clip, Content, Format};
use selkies_desktop::Selection;
use selkies_proto::clip::TEXT;

use crate::desk::Report;

/// Whoever copies the same later means it.
const AT_ONCE: Duration = Duration::from_secs(2);
/// Compared at a time.
const PIECE: usize = 64 << 10;

/// What we have put on the desktop last.
#[derive(Default)]
pub(super) struct Echo {
    offered: Option<(Clip, Instant)>,
}

impl Echo {
    /// Whether it is worth asking.
    pub(super) const fn is_about(report: &Report) -> bool {
        matches!(report, Report::Offered { .. } | Report::Copied(_))
    }

    /// Whether the report is only of our own doing. Reads contents.
    pub(super) fn is_of_ours(&mut self, report: &Report, now: Instant) -> bool {
        match report {
            Report::Offered { clip, .. } => {
                self.offered = Some((clip.clone(), now));
                false
            }
            Report::Copied(copied) => {
                let echo = self.offered.as_ref().is_some_and(|(offered, at)| {
                    now.duration_since(*at) < AT_ONCE && is_same(offered, &copied.clip)
                });
                if !echo && copied.selection == Selection::Clipboard {
                    self.offered = None;
                }
                echo
            }
            _ => false,
        }
    }
}

/// By what both have: text, else any form.
fn is_same(ours: &Clip, theirs: &Clip) -> bool {
    let pair = |mime: &str| Some((form(ours, mime)?, form(theirs, mime)?));
    let other = || theirs.formats.iter().find_map(|theirs| pair(&theirs.mime));
    pair(TEXT)
        .or_else(other)
        .is_some_and(|(ours, theirs)| is_equal(&*ours.content, &*theirs.content).unwrap_or(false))
}

fn form<'a>(clip: &'a Clip, mime: &str) -> Option<&'a Format> {
    clip.formats.iter().find(|format| format.mime == mime)
}

fn is_equal(one: &dyn Content, other: &dyn Content) -> io::Result<bool> {
    if one.len() != other.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (vec![0; PIECE], vec![0; PIECE]);
    let mut offset = 0;
    while offset < one.len() {
        let (read, also) = (
            fill(one, offset, &mut left)?,
            fill(other, offset, &mut right)?,
        );
        if read == 0 || left.get(..read) != right.get(..also) {
            return Ok(false);
        }
        offset += read as u64;
    }
    Ok(true)
}

fn fill(content: &dyn Content, offset: u64, into: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match content.read_at(offset + filled as u64, rest)? {
            0 => break,
            more => filled += more,
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use bytes::Bytes;
    use selkies_desktop::Copied;

    use super::*;

    fn clip(formats: &[(&str, &[u8])]) -> Clip {
        let format = |(mime, bytes): &(&str, &[u8])| Format {
            mime: (*mime).to_owned(),
            content: Arc::new(Bytes::copy_from_slice(bytes)),
        };
        Clip {
            formats: formats.iter().map(format).collect(),
        }
    }

    fn offered(formats: &[(&str, &[u8])]) -> Report {
        Report::Offered {
            viewer: 1,
            clip: clip(formats),
        }
    }

    fn copied(formats: &[(&str, &[u8])]) -> Report {
        Report::Copied(Copied {
            selection: Selection::Clipboard,
            clip: clip(formats),
        })
    }

    #[test]
    fn what_comes_back_at_once_is_ours_and_later_is_news() {
        let mut echo = Echo::default();
        let now = Instant::now();
        let text: &[(&str, &[u8])] = &[(TEXT, b"same")];
        assert!(!echo.is_of_ours(&copied(text), now));
        assert!(!echo.is_of_ours(&offered(text), now));
        assert!(echo.is_of_ours(&copied(text), now));
        assert!(!echo.is_of_ours(&copied(text), now + AT_ONCE));
    }

    #[test]
    fn something_else_is_news_and_ends_what_was_ours() {
        let mut echo = Echo::default();
        let now = Instant::now();
        assert!(!echo.is_of_ours(&offered(&[(TEXT, b"ours")]), now));
        assert!(!echo.is_of_ours(&copied(&[(TEXT, b"news")]), now));
        assert!(!echo.is_of_ours(&copied(&[(TEXT, b"ours")]), now));
    }

    #[test]
    fn a_desktop_that_loses_what_was_copied_may_copy_it_again() {
        let mut echo = Echo::default();
        let now = Instant::now();
        let text: &[(&str, &[u8])] = &[(TEXT, b"same")];
        assert!(!echo.is_of_ours(&offered(text), now));
        assert!(!echo.is_of_ours(&copied(&[]), now));
        assert!(!echo.is_of_ours(&copied(text), now));
    }

    #[test]
    fn a_keeper_that_drops_forms_or_adds_some_is_recognised() {
        let mut echo = Echo::default();
        let now = Instant::now();
        let both: &[(&str, &[u8])] = &[("text/html", b"<b>x</b>"), (TEXT, b"x")];
        assert!(!echo.is_of_ours(&offered(both), now));
        assert!(echo.is_of_ours(&copied(&[(TEXT, b"x")]), now));
        assert!(echo.is_of_ours(&copied(&[(TEXT, b"x"), ("image/png", b"?")]), now));
        assert!(!echo.is_of_ours(&copied(&[("image/png", b"?")]), now));
    }

    #[test]
    fn large_contents_are_compared_to_their_end() {
        let mut one = vec![7; 3 * PIECE + 5];
        let equal = clip(&[("image/png", &one)]);
        let ours = clip(&[("image/png", &one)]);
        one[3 * PIECE + 4] = 8;
        let other = clip(&[("image/png", &one)]);
        assert!(is_same(&ours, &equal));
        assert!(!is_same(&ours, &other));
    }
}
