//! Text as programs hand it over, made UTF-8 piece by piece.

use std::str;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// What text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    /// Not enough was seen to tell.
    Unknown,
    /// UTF-8; a byte that is not is taken for Latin-1, which programs of old say it is.
    Bytes,
    Utf16 {
        big: bool,
    },
    Compound(Compound),
}

/// Where in Compound Text (X Consortium, "Compound Text Encoding") we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Compound {
    Ascii,
    /// Between `ESC % G` and `ESC % @`.
    Utf8,
    /// A character set we do not know; each character of it becomes one of these.
    Other,
}

/// Makes text UTF-8. Zeros, which some programs end their text with, are left out, and so is a mark
/// of the byte order in front; what is wrong is replaced.
#[derive(Debug)]
pub(super) struct Decoder {
    coding: Coding,
    /// The beginning of something whose end has not come yet.
    unfinished: Vec<u8>,
    /// The first letter has come.
    begun: bool,
}

impl Decoder {
    /// For everything that tells its coding by itself.
    pub(super) const fn new() -> Self {
        Self::of(Coding::Unknown)
    }

    /// For `COMPOUND_TEXT`.
    pub(super) const fn compound() -> Self {
        Self::of(Coding::Compound(Compound::Ascii))
    }

    const fn of(coding: Coding) -> Self {
        let unfinished = Vec::new();
        Self {
            coding,
            unfinished,
            begun: false,
        }
    }

    /// The next piece.
    pub(super) fn decode(&mut self, piece: &[u8]) -> String {
        self.unfinished.extend_from_slice(piece);
        self.take(false)
    }

    /// There is no more.
    pub(super) fn finish(&mut self) -> String {
        self.take(true)
    }

    fn take(&mut self, last: bool) -> String {
        if self.coding == Coding::Unknown {
            match sniff(&self.unfinished, last) {
                Some(coding) => self.coding = coding,
                None => return String::new(),
            }
        }
        let bytes = std::mem::take(&mut self.unfinished);
        let mut text = String::with_capacity(bytes.len());
        let used = match self.coding {
            Coding::Unknown => 0,
            Coding::Bytes => from_bytes(&bytes, last, &mut text),
            Coding::Utf16 { big } => from_utf16(&bytes, big, last, &mut text),
            Coding::Compound(state) => {
                let (used, state) = from_compound(&bytes, state, last, &mut text);
                self.coding = Coding::Compound(state);
                used
            }
        };
        if !last {
            self.unfinished = bytes.get(used..).unwrap_or_default().to_vec();
        }
        text.retain(|letter| letter != '\0');
        if !self.begun && !text.is_empty() {
            self.begun = true;
            if text.starts_with(BYTE_ORDER_MARK) {
                text.remove(0);
            }
        }
        text
    }
}

/// Browsers write HTML in UTF-16, with and without a mark of the byte order.
fn sniff(bytes: &[u8], last: bool) -> Option<Coding> {
    match bytes {
        [0xff, 0xfe, ..] => Some(Coding::Utf16 { big: false }),
        [0xfe, 0xff, ..] => Some(Coding::Utf16 { big: true }),
        [0, second, ..] if *second != 0 => Some(Coding::Utf16 { big: true }),
        [first, 0, ..] if *first != 0 => Some(Coding::Utf16 { big: false }),
        [_, _, ..] => Some(Coding::Bytes),
        _ if last => Some(Coding::Bytes),
        _ => None,
    }
}

/// Returns how many bytes were used.
fn from_bytes(bytes: &[u8], last: bool, text: &mut String) -> usize {
    let mut used = 0;
    while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
        let (valid, wrong) = match str::from_utf8(rest) {
            Ok(valid) => (valid, 0),
            Err(error) => {
                let (valid, _) = rest.split_at(error.valid_up_to());
                let wrong = match error.error_len() {
                    None if !last => {
                        text.push_str(str::from_utf8(valid).unwrap_or_default());
                        return used + valid.len();
                    }
                    length => length.unwrap_or(rest.len() - valid.len()),
                };
                (str::from_utf8(valid).unwrap_or_default(), wrong)
            }
        };
        text.push_str(valid);
        used += valid.len();
        let latin = bytes.get(used..used + wrong).unwrap_or_default();
        text.extend(latin.iter().map(|&byte| char::from(byte)));
        used += wrong;
    }
    used
}

fn from_utf16(bytes: &[u8], big: bool, last: bool, text: &mut String) -> usize {
    let (pairs, odd) = bytes.as_chunks::<2>();
    let unit = |pair: &[u8; 2]| match big {
        true => u16::from_be_bytes(*pair),
        false => u16::from_le_bytes(*pair),
    };
    let half_pair = pairs
        .last()
        .is_some_and(|pair| (0xd800..0xdc00).contains(&unit(pair)));
    let whole = pairs.len() - usize::from(half_pair && !last);
    let units = pairs.iter().take(whole).map(unit);
    text.extend(
        char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)),
    );
    if last && !odd.is_empty() {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    whole * 2
}

fn from_compound(
    bytes: &[u8],
    mut state: Compound,
    last: bool,
    text: &mut String,
) -> (usize, Compound) {
    const ESCAPE: u8 = 0x1b;
    let mut used = 0;
    while let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
        if rest.first() == Some(&ESCAPE) {
            // ESC, intermediate bytes, one final byte (ISO/IEC 2022).
            let Some(end) = rest
                .iter()
                .skip(1)
                .position(|byte| !(0x20..0x30).contains(byte))
            else {
                return (if last { bytes.len() } else { used }, state);
            };
            let sequence = rest.get(1..=end + 1).unwrap_or_default();
            state = match sequence {
                b"%G" => Compound::Utf8,
                // ASCII to the left; the upper half of Latin-1 to the right.
                b"%@" | b"(B" | b"-A" => Compound::Ascii,
                _ => Compound::Other,
            };
            used += end + 2;
            continue;
        }
        let run = rest
            .iter()
            .position(|&byte| byte == ESCAPE)
            .unwrap_or(rest.len());
        let segment = rest.get(..run).unwrap_or_default();
        match state {
            Compound::Utf8 => {
                let complete = last || run < rest.len();
                let taken = from_bytes(segment, complete, text);
                if taken < segment.len() {
                    return (used + taken, state);
                }
            }
            Compound::Ascii => text.extend(segment.iter().map(|&byte| char::from(byte))),
            Compound::Other => text.extend(segment.iter().map(|&byte| match byte {
                b'\n' | b'\t' | b' ' => char::from(byte),
                _ => char::REPLACEMENT_CHARACTER,
            })),
        }
        used += run;
    }
    (used, state)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Decodes `bytes` in pieces of every length up to 5, which must not matter.
    fn decode(decoder: fn() -> Decoder, bytes: &[u8]) -> String {
        let whole = {
            let mut decoder = decoder();
            decoder.decode(bytes) + &decoder.finish()
        };
        for length in 1..=5 {
            let mut decoder = decoder();
            let mut text: String = bytes
                .chunks(length)
                .map(|piece| decoder.decode(piece))
                .collect();
            text += &decoder.finish();
            assert_eq!(text, whole, "{length}");
        }
        whole
    }

    fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(order).collect()
    }

    const SAMPLE: &str = "<p>gr\u{fc}n \u{20ac} \u{4e2d} \u{1f600}</p>";

    #[test]
    fn unicode_is_understood_in_every_order_with_and_without_a_mark() {
        let marked = format!("\u{feff}{SAMPLE}");
        for text in [SAMPLE, &marked] {
            let written = [
                text.as_bytes().to_vec(),
                utf16(text, u16::to_le_bytes),
                utf16(text, u16::to_be_bytes),
            ];
            for bytes in written {
                assert_eq!(decode(Decoder::new, &bytes), SAMPLE);
            }
        }
    }

    #[test]
    fn what_is_not_unicode_is_latin_1() {
        assert_eq!(decode(Decoder::new, b"gr\xfcn"), "gr\u{fc}n");
        assert_eq!(decode(Decoder::new, b"\xe9"), "\u{e9}");
        assert_eq!(
            decode(Decoder::new, b"\xc3\xbc and \xfc"),
            "\u{fc} and \u{fc}"
        );
    }

    #[test]
    fn zeros_at_the_end_are_not_text() {
        assert_eq!(decode(Decoder::new, b"text\0"), "text");
        assert_eq!(decode(Decoder::new, b""), "");
        assert_eq!(decode(Decoder::new, b"\0\0"), "");
    }

    #[test]
    fn broken_utf_16_is_replaced() {
        assert_eq!(
            decode(Decoder::new, b"\xff\xfe\x00\xd8a\0\x00\xd8"),
            "\u{fffd}a\u{fffd}"
        );
        assert_eq!(decode(Decoder::new, b"\xff\xfea\0b"), "a\u{fffd}");
    }

    #[test]
    fn compound_text_is_latin_1_with_unicode_in_between() {
        assert_eq!(decode(Decoder::compound, b"gr\xfcn"), "gr\u{fc}n");
        assert_eq!(
            decode(
                Decoder::compound,
                b"a\x1b%G\xe2\x82\xac\xe4\xb8\xad\x1b%@\xe9"
            ),
            "a\u{20ac}\u{4e2d}\u{e9}"
        );
        // Greek, which begins with ESC - F, and back.
        assert_eq!(
            decode(Decoder::compound, b"\x1b-F\xe1\xe2\x1b-A\xe9"),
            "\u{fffd}\u{fffd}\u{e9}"
        );
        assert_eq!(decode(Decoder::compound, b"a\x1b"), "a");
    }

    proptest! {
        #[test]
        fn nothing_that_comes_panics_or_depends_on_the_pieces(
            bytes in proptest::collection::vec(
                prop_oneof![any::<u8>(), Just(0x1b), Just(b'%'), Just(b'G'), Just(0xd8), Just(0)],
                0..40,
            )
        ) {
            decode(Decoder::new, &bytes);
            decode(Decoder::compound, &bytes);
        }
    }
}
