//! Text that a page has compressed.

use std::io::Read;

use flate2::read::GzDecoder;
use selkies_proto::limits::MESSAGE;

/// The text inside a gzip stream (RFC 1952). `None` when it is broken, cut off, not UTF-8, or
/// larger than any message may be: a few bytes can stand for gigabytes, so the bound is on what
/// comes out.
pub(crate) fn text(gzip: &[u8]) -> Option<String> {
    let mut text = String::new();
    let mut bounded = GzDecoder::new(gzip).take(MESSAGE as u64 + 1);
    bounded.read_to_string(&mut text).ok()?;
    (text.len() <= MESSAGE).then_some(text)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(text).expect("memory takes all");
        encoder.finish().expect("memory takes all")
    }

    #[test]
    fn what_was_compressed_comes_back() {
        assert_eq!(
            text(&gzip("kd,65 ü".as_bytes())).as_deref(),
            Some("kd,65 ü")
        );
    }

    #[test]
    fn a_bomb_a_torso_and_rubbish_are_dropped() {
        assert_eq!(text(&gzip(&vec![b'a'; MESSAGE + 1])), None);
        assert_eq!(text(&gzip(b"kd,65")[..12]), None);
        assert_eq!(text(b"kd,65"), None);
        assert_eq!(text(&gzip(&[0xff, 0xfe])), None);
    }

    #[test]
    fn the_largest_message_passes() {
        let largest = vec![b'a'; MESSAGE];
        assert_eq!(text(&gzip(&largest)).map(|text| text.len()), Some(MESSAGE));
    }
}
