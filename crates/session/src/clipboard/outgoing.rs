//! In which forms a page is shown what is copied.

use selkies_clip::{Clip, Format};
use selkies_proto::clip::TEXT;
use selkies_proto::limits::CLIP_FORMS;

/// Pictures that browsers know, the best first.
const PICTURES: [&str; 6] = [
    "image/png",
    "image/jpeg",
    "image/bmp",
    "image/webp",
    "image/svg+xml",
    "image/svg",
];

/// Text that needs no `enable_binary_clipboard`.
const PLAIN: [&str; 2] = [TEXT, "text/uri-list"];

/// A form that may be carried at all.
pub(super) fn is_known(mime: &str) -> bool {
    is_plain(mime) || mime == "text/html" || mime.starts_with("image/")
}

pub(super) fn is_plain(mime: &str) -> bool {
    PLAIN.contains(&mime)
}

/// The forms of `clip` that may go out.
pub(super) fn open(clip: &Clip, binary: bool, largest: u64) -> Vec<Format> {
    let open = |format: &&Format| {
        let fits = format.content.len() <= largest && is_known(&format.mime);
        fits && (binary || is_plain(&format.mime))
    };
    let forms = clip.formats.iter().filter(open);
    forms.take(CLIP_FORMS.into()).cloned().collect()
}

/// The one of `forms` for a page that knows only one form of a thing.
pub(super) fn single(forms: &[Format]) -> Option<Format> {
    let named = |mime: &str| forms.iter().find(|format| format.mime == mime).cloned();
    PICTURES.into_iter().find_map(named).or_else(|| named(TEXT))
}
