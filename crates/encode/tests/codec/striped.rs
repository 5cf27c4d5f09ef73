//! H.264 in stripes.

use std::collections::BTreeMap;

use selkies_media::Bitrate;
use selkies_media::damage::Damage;
use selkies_media::encoder::{EncodeError, EncoderKind, Rate, VideoEncoder};
use selkies_media::geometry::{LARGEST, Rect, Size};
use selkies_media::picture::{AccessUnit, Codec};

use crate::card::Card;
use crate::h264::decode::{self, Baseline};
use crate::h264::sps;
use crate::{DELTA, KEYFRAME, damage, encode, encode_damage, tuning};

const SIZE: Size = Size::new(640, 361);

fn open(cores: usize, size: Size) -> Box<dyn VideoEncoder> {
    open_at(cores, size, Rate::Quality(25))
}

fn open_at(cores: usize, size: Size, rate: Rate) -> Box<dyn VideoEncoder> {
    crate::open(EncoderKind::H264Striped, cores, size, false, rate)
}

/// A page: a decoder per stripe, known by its first row, and a canvas.
struct Page {
    decoders: BTreeMap<u32, (Size, Baseline)>,
    canvas: Card,
}

impl Page {
    fn new(size: Size) -> Self {
        Self {
            decoders: BTreeMap::new(),
            canvas: Card::drawn(size, |_, _| [0; 3]),
        }
    }

    fn show(&mut self, units: &[AccessUnit]) {
        for unit in units {
            let area = check(unit);
            let size = Size::new(area.width, area.height);
            if unit.keyframe {
                let decoder = (size, Baseline::new());
                self.decoders.insert(area.y, decoder);
            }
            let (known, decoder) = self
                .decoders
                .get_mut(&area.y)
                .expect("a keyframe comes first");
            assert_eq!(*known, size, "only a keyframe changes a stripe's size");
            let seen = decoder.decode(&unit.data);
            assert_eq!(seen.size, coded(size));
            let canvas = &self.canvas;
            self.canvas = Card::drawn(canvas.size, |x, y| {
                if area.overlaps(Rect::new(x, y, 1, 1)) {
                    seen.at(x, y - area.y)
                } else {
                    canvas.at(x, y)
                }
            });
        }
    }
}

fn coded(size: Size) -> Size {
    Size::new(
        size.width.next_multiple_of(2),
        size.height.next_multiple_of(2),
    )
}

/// The area of a unit whose flag and stream agree.
fn check(unit: &AccessUnit) -> Rect {
    assert_eq!(unit.codec, Codec::H264);
    let expected: &[u8] = if unit.keyframe { &[7, 8, 5] } else { &[1] };
    assert_eq!(sps::types(&unit.data), expected);
    unit.area
}

fn rows(units: &[AccessUnit]) -> Vec<(u32, u32)> {
    units
        .iter()
        .map(|unit| (unit.area.y, unit.area.height))
        .collect()
}

#[test]
fn the_stripes_put_together_are_the_desktop() {
    for (cores, size) in [
        (1, SIZE),
        (4, SIZE),
        (2, Size::new(1279, 719)),
        (3, Size::new(320, 200)),
    ] {
        let mut encoder = open(cores, size);
        let mut page = Page::new(size);
        for index in 0..4 {
            let card = Card::desktop(size, index * 7);
            let units = encode(encoder.as_mut(), &card, DELTA);
            assert_eq!(units.len(), cores);
            assert!(units.iter().all(|unit| unit.keyframe == (index == 0)));
            page.show(&units);
            let alike = card.psnr(&page.canvas);
            assert!(alike >= 31.0, "{cores} stripes of {size}: {alike:.1} dB");
        }
    }
}

#[test]
fn heights_are_even_but_for_an_odd_last_row() {
    let heights = |cores, height| {
        let card = Card::bars(Size::new(64, height));
        rows(&encode(open(cores, card.size).as_mut(), &card, DELTA))
    };
    assert_eq!(heights(4, 64), [(0, 64)]);
    assert_eq!(heights(4, 129), [(0, 64), (64, 65)]);
    assert_eq!(heights(4, 262), [(0, 66), (66, 66), (132, 66), (198, 64)]);
    assert_eq!(heights(3, 361), [(0, 120), (120, 120), (240, 121)]);
}

#[test]
fn tiny_pictures_are_one_stripe() {
    for (width, height) in [(1, 1), (2, 1), (3, 5), (17, 64)] {
        let size = Size::new(width, height);
        let card = Card::drawn(size, |x, y| [(x * 4) as u8, (y * 3) as u8, 200]);
        let units = encode(open_at(8, size, Rate::Quality(15)).as_mut(), &card, DELTA);
        assert_eq!(rows(&units), [(0, height)]);
        let mut page = Page::new(size);
        page.show(&units);
        let alike = card.psnr(&page.canvas);
        assert!(alike >= 32.0, "{size}: {alike:.1} dB");
    }
}

#[test]
fn the_largest_picture_is_encoded() {
    let card = Card::halves(LARGEST, |x| [(x / 30) as u8, 200, 90], [40, 90, 250]);
    let units = encode(open(8, LARGEST).as_mut(), &card, DELTA);
    assert_eq!(units.len(), 8);
    for unit in &units {
        let area = check(unit);
        let told = sps::parse(&unit.data);
        assert_eq!((told.width, told.height), (7680, 540));
        let size = Size::new(area.width, area.height);
        let Some(seen) = decode::ffmpeg(&unit.data, size, false) else {
            continue;
        };
        for (x, y) in [(0, 0), (7679, 0), (0, 539), (7679, 539), (3840, 270)] {
            let sent = card.at(x, area.y + y);
            let worst = sent
                .into_iter()
                .zip(seen.at(x, y))
                .map(|(sent, seen)| sent.abs_diff(seen))
                .max();
            assert!(worst <= Some(6), "({x}, {y}) of {area:?}");
        }
    }
}

#[test]
fn only_stripes_that_changed_are_sent_and_the_rest_stays_right() {
    let mut encoder = open(4, SIZE);
    let mut page = Page::new(SIZE);
    let mut card = Card::desktop(SIZE, 0);
    page.show(&encode(encoder.as_mut(), &card, DELTA));
    for (rect, touched) in [
        (Rect::new(50, 100, 20, 10), [90].as_slice()),
        (Rect::new(50, 80, 20, 20), &[0, 90]),
        (Rect::new(639, 360, 1, 1), &[270]),
        (Rect::new(0, 179, 640, 1), &[90]),
        (Rect::new(0, 180, 640, 1), &[180]),
        (Rect::default(), &[]),
    ] {
        card = card.inverted_in(rect);
        let units = encode_damage(encoder.as_mut(), &card, damage(rect), DELTA);
        let first_rows: Vec<u32> = units.iter().map(|unit| unit.area.y).collect();
        assert_eq!(first_rows, touched, "{rect:?}");
        assert!(units.iter().all(|unit| !unit.keyframe));
        page.show(&units);
        let alike = card.psnr(&page.canvas);
        assert!(alike >= 32.0, "{rect:?}: {alike:.1} dB");
    }
}

#[test]
fn a_keyframe_is_one_of_every_stripe() {
    let mut encoder = open(4, SIZE);
    let card = Card::desktop(SIZE, 0);
    encode(encoder.as_mut(), &card, DELTA);
    let lower = Rect::new(0, 300, 9, 9);
    let card = card.inverted_in(lower);
    let units = encode_damage(encoder.as_mut(), &card, damage(lower), KEYFRAME);
    assert_eq!(units.len(), 4);
    assert!(units.iter().all(|unit| unit.keyframe));
    let mut late = Page::new(SIZE);
    late.show(&units);
    assert!(card.psnr(&late.canvas) >= 32.0);
    // The pixels are read only where there was damage.
    let unread = Card::noise(SIZE, 1);
    let units = encode_damage(encoder.as_mut(), &unread, Damage::none(), KEYFRAME);
    late.show(&units);
    assert!(card.psnr(&late.canvas) >= 32.0);
}

#[test]
fn stripes_made_side_by_side_are_those_made_one_by_one() {
    // Large enough for other threads.
    let size = Size::new(1280, 513);
    let mut together = open(4, size);
    let mut alone = Vec::new();
    for (top, height) in [(0, 128), (128, 128), (256, 128), (384, 129)] {
        alone.push((top, open(1, Size::new(size.width, height)), height));
    }
    for scroll in 0..5 {
        let card = Card::desktop(size, scroll * 9);
        let units = encode(together.as_mut(), &card, DELTA);
        assert_eq!(units.len(), alone.len());
        for (unit, (top, encoder, height)) in units.iter().zip(&mut alone) {
            let part = Card::drawn(Size::new(size.width, *height), |x, y| card.at(x, *top + y));
            let single = encode(encoder.as_mut(), &part, DELTA);
            assert_eq!(rows(&single), [(0, *height)]);
            assert_eq!(unit.area, Rect::new(0, *top, size.width, *height));
            assert_eq!(unit.data, single[0].data, "frame {scroll}, row {top}");
        }
    }
}

#[test]
fn the_pixels_are_free_again_when_a_frame_is_encoded() {
    let size = Size::new(1280, 720);
    let mut encoder = open(4, size);
    let card = Card::desktop(size, 0);
    for _ in 0..10 {
        encode(encoder.as_mut(), &card, KEYFRAME);
        assert_eq!(std::sync::Arc::strong_count(&card.pixels), 1);
    }
}

#[test]
fn full_colour_keeps_every_pixel_of_coloured_text() {
    let card = Card::drawn(SIZE, |x, y| {
        if (x + y) % 2 == 0 {
            [0, 0, 255]
        } else {
            [255, 0, 0]
        }
    });
    let kind = EncoderKind::H264Striped;
    let mut encoder = crate::open(kind, 3, SIZE, true, Rate::Quality(25));
    let units = encode(encoder.as_mut(), &card, DELTA);
    assert_eq!(rows(&units), [(0, 120), (120, 120), (240, 121)]);
    for unit in units {
        let size = Size::new(unit.area.width, unit.area.height);
        let told = sps::parse(&unit.data);
        assert_eq!((told.profile, told.full_range), (244, true));
        assert_eq!((told.width, told.height), (size.width, size.height));
        if let Some(seen) = decode::ffmpeg(&unit.data, size, true) {
            let part = Card::drawn(size, |x, y| card.at(x, unit.area.y + y));
            let alike = part.psnr(&seen.card());
            assert!(alike >= 32.0, "{:?}: {alike:.1} dB", unit.area);
        }
    }
}

#[test]
fn quality_changes_between_frames_in_every_stripe_without_a_keyframe() {
    let mut encoder = open_at(3, SIZE, Rate::Quality(20));
    encode(encoder.as_mut(), &Card::noise(SIZE, 99), DELTA);
    let mut bytes_at = |crf| {
        encoder
            .tune(&tuning(Rate::Quality(crf)))
            .expect("a live change");
        (0..8).fold([0; 3], |mut bytes, seed| {
            let units = encode(encoder.as_mut(), &Card::noise(SIZE, seed), DELTA);
            assert_eq!(units.len(), bytes.len());
            for (bytes, unit) in bytes.iter_mut().zip(units) {
                assert!(!unit.keyframe);
                *bytes += unit.data.len();
            }
            bytes
        })
    };
    let (fine, coarse) = (bytes_at(20), bytes_at(45));
    for (fine, coarse) in fine.into_iter().zip(coarse) {
        assert!(coarse * 3 < fine, "{coarse} of {fine}");
    }
}

#[test]
fn a_bit_rate_is_divided_among_the_stripes_and_changes_live() {
    let rate = |kbps| tuning(Rate::Bitrate(Bitrate::from_kbps(kbps)));
    let cards: Vec<Card> = (0..7).map(|seed| Card::noise(SIZE, seed)).collect();
    let mut encoder = open_at(3, SIZE, rate(6000).rate);
    let mut frames = 0;
    for kbps in [6000, 2500] {
        encoder.tune(&rate(kbps)).expect("a live change");
        let mut bits = [0; 3];
        for _ in 0..120 {
            frames += 1;
            let units = encode(encoder.as_mut(), &cards[frames % cards.len()], DELTA);
            for (bits, unit) in bits.iter_mut().zip(units) {
                assert_eq!(unit.keyframe, frames == 1);
                *bits += unit.data.len() * 8;
            }
        }
        let measured = bits.map(|bits| bits / 2000);
        let expected = kbps as usize / 3;
        for stripe in measured {
            assert!(
                (expected * 7 / 10..=expected * 13 / 10).contains(&stripe),
                "{measured:?} of {kbps} kbit/s"
            );
        }
    }
    let refused = encoder.tune(&tuning(Rate::Quality(25)));
    assert!(
        matches!(refused, Err(EncodeError::Unsupported { .. })),
        "{refused:?}"
    );
}
