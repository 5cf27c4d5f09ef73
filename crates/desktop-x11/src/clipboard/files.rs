//! Lists of files (RFC 2483 §5), and the picture behind one.

mod fetch;

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

pub(super) use fetch::Fetch;

/// The URIs in what file managers hand over: `text/uri-list`, or the same below a line that says
/// what to do with them.
pub(super) fn uris(list: &str) -> impl Iterator<Item = &str> {
    list.lines()
        .map(str::trim)
        .filter(|line| line.contains(':') && !line.starts_with('#'))
}

/// As `text/uri-list` is written. `None`: it has nothing in it.
pub(super) fn uri_list(list: &str) -> Option<String> {
    let list: String = uris(list).flat_map(|uri| [uri, "\r\n"]).collect();
    (!list.is_empty()).then_some(list)
}

/// As file managers of the GNOME family want it: copied, not cut.
pub(super) fn gnome_list(list: &str) -> String {
    let mut lines = vec!["copy"];
    lines.extend(uris(list));
    lines.join("\n")
}

/// The one file on this machine that the list names.
pub(super) fn only_file(list: &str) -> Option<PathBuf> {
    let mut uris = uris(list);
    let uri = uris.next()?;
    if uris.next().is_some() {
        return None;
    }
    let path = uri
        .strip_prefix("file://localhost/")
        .or_else(|| uri.strip_prefix("file:///"))
        .or_else(|| {
            uri.strip_prefix("file:/")
                .filter(|rest| !rest.starts_with('/'))
        })?;
    let mut bytes = vec![b'/'];
    bytes.extend(unescaped(path)?);
    (!bytes.contains(&0)).then(|| PathBuf::from(OsString::from_vec(bytes)))
}

/// Without percent-encoding (RFC 3986 §2.1).
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        let value = digit()? * 16 + digit()?;
        bytes.push(u8::try_from(value).ok()?);
    }
    Some(bytes)
}

/// What kind of picture begins like that.
pub(super) fn picture(beginning: &[u8]) -> Option<&'static str> {
    let is_svg = || {
        let text = String::from_utf8_lossy(beginning);
        let text = text.trim_start_matches('\u{feff}').trim_start();
        text.starts_with("<svg") || (text.starts_with("<?xml") && text.contains("<svg"))
    };
    match beginning {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => Some("image/png"),
        [0xff, 0xd8, 0xff, ..] => Some("image/jpeg"),
        // "BM", the size, four bytes of zero.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => Some("image/bmp"),
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => Some("image/webp"),
        _ if is_svg() => Some("image/svg+xml"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn both_kinds_of_list_become_one() {
        let plain = "# comment\r\nfile:///a\r\nfile:///b%20c\r\n";
        let gnome = "cut\nfile:///a\nfile:///b%20c";
        for list in [plain, gnome] {
            assert_eq!(
                uri_list(list).as_deref(),
                Some("file:///a\r\nfile:///b%20c\r\n")
            );
            assert_eq!(gnome_list(list), "copy\nfile:///a\nfile:///b%20c");
        }
        assert_eq!(uri_list("copy\n"), None);
        assert_eq!(uri_list(""), None);
    }

    #[test]
    fn one_local_file_is_found() {
        for (list, path) in [
            ("file:///tmp/a%20b.png\r\n", "/tmp/a b.png"),
            ("copy\nfile://localhost/tmp/%C3%BC", "/tmp/\u{fc}"),
            ("file:/tmp/c", "/tmp/c"),
        ] {
            assert_eq!(only_file(list).as_deref(), Some(Path::new(path)), "{list}");
        }
    }

    #[test]
    fn what_is_not_one_local_file_is_none() {
        for list in [
            "",
            "file:///a\nfile:///b",
            "https://example.org/a.png",
            "file://elsewhere/a.png",
            "file:///a%0",
            "file:///a%zz",
            "file:///a%00b",
            "/tmp/a.png",
        ] {
            assert_eq!(only_file(list), None, "{list}");
        }
    }

    #[test]
    fn pictures_are_known_by_their_beginning() {
        for (beginning, kind) in [
            (b"\x89PNG\r\n\x1a\n....".as_slice(), Some("image/png")),
            (b"\xff\xd8\xff\xe0", Some("image/jpeg")),
            (b"BM\x10\0\0\0\0\0\0\0", Some("image/bmp")),
            (b"RIFF....WEBPVP8 ", Some("image/webp")),
            (b"<svg xmlns=", Some("image/svg+xml")),
            (b"<?xml version='1.0'?>\n<svg>", Some("image/svg+xml")),
            (b"<?xml version='1.0'?>\n<html>", None),
            (b"root:x:0:0", None),
            (b"", None),
        ] {
            assert_eq!(picture(beginning), kind, "{beginning:?}");
        }
    }
}
