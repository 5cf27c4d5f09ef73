//! Messages whose feature this server does not have: their form is looked at, cheaply, so that
//! counting them tells a page of another generation from noise. Large contents are not scanned.

use super::fields::{exactly, finite, size, unsigned};
use crate::verb;

/// Whether `content` has the form `verb` asks for.
pub(super) fn is_well_formed(verb: &str, content: &str) -> bool {
    looks_right(verb, content).is_some()
}

fn looks_right(verb: &str, content: &str) -> Option<()> {
    match verb {
        verb::COMMAND | verb::UPLOAD_END => not_empty(content),
        verb::TYPE_TEXT => content.strip_prefix("end,").map(drop),
        verb::SCALE | verb::SHOWN_FPS | verb::SHOWN_LATENCY | verb::CLOCK_ANSWER => {
            finite(content).map(drop)
        }
        verb::AUTO_RESIZE => {
            let [on, wanted] = exactly(content)?;
            one_of(on, ["true", "false"]).and(size(wanted).map(drop))
        }
        verb::UPLOAD_START => {
            let (path, bytes) = content.split_once(':')?;
            not_empty(path).and(whole(bytes))
        }
        verb::UPLOAD_ERROR => not_empty(content.split_once(':')?.0),
        _ => None,
    }
}

fn whole(text: &str) -> Option<()> {
    unsigned::<u64>(text).map(drop)
}

fn not_empty(text: &str) -> Option<()> {
    (!text.is_empty()).then_some(())
}

fn one_of(text: &str, words: [&str; 2]) -> Option<()> {
    words.contains(&text).then_some(())
}
