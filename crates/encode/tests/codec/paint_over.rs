//! What has come to rest becomes sharp, and nothing else is touched.

use selkies_media::damage::Damage;
use selkies_media::encoder::{EncoderKind, PaintOver, Rate, Shape, Tuning, VideoEncoder};
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::AccessUnit;

use crate::card::Card;
use crate::{DELTA, backends, encode, tuning};

#[cfg(feature = "x264")]
use crate::h264::decode::{self, Baseline};
#[cfg(feature = "x264")]
use crate::h264::sps;

const SIZE: Size = Size::new(640, 360);
const PAINT_OVER: PaintOver = PaintOver {
    crf: 18,
    jpeg_quality: 90,
    pictures: 5,
};

fn rough(rate: Rate) -> Tuning {
    Tuning {
        jpeg_quality: 40,
        paint_over: Some(PAINT_OVER),
        ..tuning(rate)
    }
}

fn open(kind: EncoderKind, cores: usize, size: Size, tuning: &Tuning) -> Box<dyn VideoEncoder> {
    let shape = Shape {
        size,
        full_colour: false,
    };
    selkies_media::EncoderFactory::open(&backends(cores), kind, shape, tuning).expect("it opens")
}

fn paint(
    encoder: &mut dyn VideoEncoder,
    card: &Card,
    changed: Damage,
    parts: &[Rect],
) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    encoder
        .paint_over(&card.frame(changed), parts, &mut units)
        .expect("it is painted over");
    units
}

fn bytes(units: &[AccessUnit]) -> usize {
    units.iter().map(|unit| unit.data.len()).sum()
}

/// The part of a card in `area`, whose text is so small that 4:2:0 does it no harm: it is grey.
fn cut(card: &Card, area: Rect) -> Card {
    Card::drawn(Size::new(area.width, area.height), |x, y| {
        card.at(area.x + x, area.y + y)
    })
}

/// Grey text, some of it in motion while the encoder sees it.
fn text(size: Size, scroll: u32) -> Card {
    let card = Card::desktop(size, scroll);
    Card::drawn(size, |x, y| {
        let [_, green, _] = card.at(x, y);
        [green; 3]
    })
}

#[cfg(feature = "x264")]
mod h264 {
    use selkies_media::Bitrate;

    use super::*;
    use crate::{damage, encode_damage};

    /// After some scrolling, with the decoder that saw it.
    fn scrolled(
        size: Size,
        cores: usize,
        tuning: &Tuning,
    ) -> (Box<dyn VideoEncoder>, Baseline, Card, Card) {
        let mut encoder = open(EncoderKind::H264, cores, size, tuning);
        let mut decoder = Baseline::new();
        let mut seen = text(size, 0);
        for scroll in 0..3 {
            let units = encode(encoder.as_mut(), &text(size, scroll * 5), DELTA);
            seen = decoder.decode(&units[0].data);
        }
        (encoder, decoder, text(size, 10), seen)
    }

    #[test]
    fn a_text_that_has_scrolled_becomes_sharp_part_by_part() {
        for (size, cores, pictures) in [
            (SIZE, 1, 5),
            (Size::new(645, 363), 1, 3),
            // Large enough for two slices.
            (Size::new(1920, 1080), 4, 2),
        ] {
            let (mut encoder, mut decoder, card, before) =
                scrolled(size, cores, &rough(Rate::Quality(35)));
            let before = card.psnr(&before);
            let parts = encoder.parts();
            let mut seen = None;
            for share in parts.chunks(parts.len().div_ceil(pictures)) {
                let units = paint(encoder.as_mut(), &card, Damage::none(), share);
                let [unit] = units.as_slice() else {
                    panic!("one picture")
                };
                assert!(!unit.keyframe && unit.sharp);
                assert!(sps::types(&unit.data).iter().all(|kind| *kind == 1));
                seen = Some(decoder.decode(&unit.data));
            }
            let after = card.psnr(&seen.expect("there are parts"));
            assert!(
                before < 37.0 && after > 40.0,
                "{size}: {before:.1} dB, then {after:.1} dB"
            );
            let again = paint(encoder.as_mut(), &card, Damage::none(), &parts);
            assert!(
                bytes(&again) < 300 + size.pixels() as usize / 1000,
                "nothing is left to improve: {}",
                bytes(&again)
            );
        }
    }

    #[test]
    fn what_is_not_painted_over_stays_exactly_as_it_is() {
        let (mut encoder, mut decoder, card, before) = scrolled(SIZE, 1, &rough(Rate::Quality(35)));
        let part = Rect::new(64, 128, 192, 64);
        let units = paint(encoder.as_mut(), &card, Damage::none(), &[part]);
        let after = decoder.decode(&units[0].data);
        let elsewhere = |x: u32, y: u32| !part.overlaps(Rect::new(x, y, 1, 1));
        for (y, x) in (0..SIZE.height).flat_map(|y| (0..SIZE.width).map(move |x| (y, x))) {
            assert!(
                !elsewhere(x, y) || before.at(x, y) == after.at(x, y),
                "({x}, {y})"
            );
        }
        let [rough, sharp] = [&before, &after].map(|seen| cut(&card, part).psnr(&cut(seen, part)));
        assert!(
            rough < 37.0 && sharp > 40.0,
            "{rough:.1} dB, then {sharp:.1} dB"
        );
    }

    #[test]
    fn a_small_change_can_be_sharp_at_once_without_touching_the_rest() {
        let (mut encoder, mut decoder, card, before) = scrolled(SIZE, 1, &rough(Rate::Quality(35)));
        let clock = Rect::new(320, 160, 64, 16);
        let card = card.inverted_in(clock);
        let units = paint(encoder.as_mut(), &card, damage(clock), &[]);
        assert!(units[0].sharp);
        let after = decoder.decode(&units[0].data);
        let alike = cut(&card, clock).psnr(&cut(&after, clock));
        assert!(alike > 40.0, "{alike:.1} dB");
        let rest = Rect::new(0, 200, SIZE.width, 160);
        assert_eq!(cut(&before, rest).pixels, cut(&after, rest).pixels);
    }

    #[test]
    fn the_encoder_goes_on_from_what_it_painted() {
        let (mut encoder, mut decoder, card, _) = scrolled(SIZE, 1, &rough(Rate::Quality(35)));
        let parts = encoder.parts();
        decoder.decode(&paint(encoder.as_mut(), &card, Damage::none(), &parts)[0].data);
        let changed = Rect::new(100, 100, 80, 40);
        let card = card.inverted_in(changed);
        let units = encode_damage(encoder.as_mut(), &card, damage(changed), DELTA);
        assert!(!units[0].keyframe);
        let seen = decoder.decode(&units[0].data);
        let rest = Rect::new(0, 200, SIZE.width, 160);
        let alike = cut(&card, rest).psnr(&cut(&seen, rest));
        assert!(alike > 40.0, "{alike:.1} dB");
    }

    #[test]
    fn full_colour_becomes_sharp_too() {
        let shape = Shape {
            size: SIZE,
            full_colour: true,
        };
        let tuning = rough(Rate::Quality(38));
        let mut encoder =
            selkies_media::EncoderFactory::open(&backends(1), EncoderKind::H264, shape, &tuning)
                .expect("it opens");
        let mut stream = Vec::new();
        for scroll in 0..4 {
            stream.extend_from_slice(
                &encode(encoder.as_mut(), &Card::desktop(SIZE, scroll * 5), DELTA)[0].data,
            );
        }
        let card = Card::desktop(SIZE, 15);
        let Some(before) = decode::ffmpeg(&stream, SIZE, true) else {
            return;
        };
        let parts = encoder.parts();
        for share in parts.chunks(20) {
            stream
                .extend_from_slice(&paint(encoder.as_mut(), &card, Damage::none(), share)[0].data);
        }
        let after = decode::ffmpeg(&stream, SIZE, true).expect("FFmpeg was there before");
        let (before, after) = (card.psnr(&before.card()), card.psnr(&after.card()));
        assert!(
            before < 38.0 && after > 38.0,
            "{before:.1} dB, then {after:.1} dB"
        );
    }

    #[test]
    fn only_stripes_with_something_to_paint_over_are_encoded() {
        let mut encoder = open(EncoderKind::H264Striped, 4, SIZE, &rough(Rate::Quality(35)));
        for scroll in 0..4 {
            encode(encoder.as_mut(), &text(SIZE, scroll * 5), DELTA);
        }
        let card = text(SIZE, 15);
        let parts = encoder.parts();
        let within: Vec<Rect> = parts
            .iter()
            .copied()
            .filter(|part| part.rows().contains(&200))
            .collect();
        let units = paint(encoder.as_mut(), &card, Damage::none(), &within);
        let rows: Vec<u32> = units.iter().map(|unit| unit.area.y).collect();
        assert_eq!(rows, [180]);
        assert!(units[0].sharp && !units[0].keyframe);
        let covered: u64 = parts.iter().map(|part| part.pixels()).sum();
        assert_eq!(covered, SIZE.pixels());
    }

    #[test]
    fn a_quality_that_is_no_better_leaves_nothing_to_paint_over() {
        for (crf, sharp) in [(19, false), (18, true), (10, true)] {
            let tuning = rough(Rate::Quality(crf));
            let mut encoder = open(EncoderKind::H264, 1, SIZE, &tuning);
            // Noise, so that the rate control does not choose a finer quantiser by itself.
            encode(encoder.as_mut(), &Card::noise(SIZE, 0), DELTA);
            let units = encode(encoder.as_mut(), &Card::noise(SIZE, 1), DELTA);
            assert_eq!(units[0].sharp, sharp, "crf {crf}");
        }
        let mut off = open(EncoderKind::H264, 1, SIZE, &tuning(Rate::Quality(40)));
        assert!(encode(off.as_mut(), &text(SIZE, 0), DELTA)[0].sharp);
    }

    #[test]
    fn a_bit_rate_is_not_exceeded() {
        let (mut encoder, mut decoder, card, before) =
            scrolled(SIZE, 1, &rough(Rate::Bitrate(Bitrate::from_kbps(3000))));
        let before = card.psnr(&before);
        let parts = encoder.parts();
        let mut after = before;
        for share in parts.chunks(parts.len().div_ceil(5)) {
            let units = paint(encoder.as_mut(), &card, Damage::none(), share);
            assert!(
                bytes(&units) * 8 <= 3_000_000 / 20 * 3 / 2,
                "{} bytes",
                bytes(&units)
            );
            after = card.psnr(&decoder.decode(&units[0].data));
        }
        assert!(after > before + 1.0, "{before:.1} dB, then {after:.1} dB");
    }
}

#[test]
fn a_stripe_of_jpeg_is_painted_over_in_the_better_quality() {
    let mut encoder = open(EncoderKind::Jpeg, 4, SIZE, &rough(Rate::Quality(25)));
    let card = text(SIZE, 0);
    let first = encode(encoder.as_mut(), &card, DELTA);
    assert!(first.iter().all(|unit| !unit.sharp));
    let parts = encoder.parts();
    assert_eq!(parts.len(), 4, "stripes");
    let units = paint(encoder.as_mut(), &card, Damage::none(), &parts[1..2]);
    let [unit] = units.as_slice() else {
        panic!("one stripe")
    };
    assert!(unit.sharp && unit.area == parts[1]);
    let card = cut(&card, unit.area);
    let [before, after] = [&first[1], unit].map(|unit| card.psnr(&crate::jpeg::decode(&unit.data)));
    assert!(
        before < 37.0 && after > 38.0 && after > before + 4.0,
        "{before:.1} dB, then {after:.1} dB"
    );
}

#[test]
fn a_quality_of_jpeg_that_is_no_better_leaves_nothing_to_paint_over() {
    for jpeg_quality in [90, 95] {
        let tuning = Tuning {
            jpeg_quality,
            ..rough(Rate::Quality(25))
        };
        let mut encoder = open(EncoderKind::Jpeg, 1, SIZE, &tuning);
        let card = text(SIZE, 0);
        let first = encode(encoder.as_mut(), &card, DELTA);
        assert!(first.iter().all(|unit| unit.sharp));
        let again = paint(encoder.as_mut(), &card, Damage::full(SIZE), &[]);
        assert!(
            bytes(&again) >= bytes(&first),
            "never coarser than the rest"
        );
    }
}
