use std::sync::Arc;

use selkies_media::damage::Damage;
use selkies_media::encoder::{EncoderKind, Rate, VideoEncoder};
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::{AccessUnit, Codec};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use crate::card::Card;
use crate::{DELTA, KEYFRAME, damage, encode, encode_damage, tuning};

const SIZE: Size = Size::new(640, 360);

fn open(cores: usize, size: Size, full_colour: bool) -> Box<dyn VideoEncoder> {
    crate::open(
        EncoderKind::Jpeg,
        cores,
        size,
        full_colour,
        Rate::Quality(25),
    )
}

/// Puts the stripes of a whole picture together.
fn assemble(units: &[AccessUnit], size: Size) -> Card {
    let stripes: Vec<Card> = units
        .iter()
        .map(|unit| {
            assert_eq!((unit.codec, unit.keyframe), (Codec::Jpeg, true));
            let stripe = decode(&unit.data);
            assert_eq!(stripe.size, Size::new(unit.area.width, unit.area.height));
            stripe
        })
        .collect();
    let covered: u32 = units.iter().map(|unit| unit.area.height).sum();
    assert_eq!(covered, size.height);
    Card::drawn(size, |x, y| {
        let index = units
            .iter()
            .position(|unit| unit.area.rows().contains(&y))
            .expect("every row is in a stripe");
        stripes[index].at(x, y - units[index].area.y)
    })
}

pub(crate) fn decode(bytes: &[u8]) -> Card {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    let rgb = decoder.decode().expect("a JPEG");
    let (width, height) = decoder.dimensions().expect("a JPEG with a size");
    let size = Size::new(width as u32, height as u32);
    assert_eq!(rgb.len(), width * height * 3);
    Card::drawn(size, |x, y| {
        let start = (y as usize * width + x as usize) * 3;
        [rgb[start + 2], rgb[start + 1], rgb[start]]
    })
}

fn rows(units: &[AccessUnit]) -> Vec<u32> {
    units.iter().map(|unit| unit.area.y).collect()
}

#[test]
fn a_desktop_comes_out_as_it_went_in() {
    let large = Size::new(1280, 721);
    for (cores, size, full_colour) in [
        (1, SIZE, false),
        (4, SIZE, true),
        (4, large, false),
        (3, large, true),
    ] {
        let card = Card::desktop(size, 0);
        let mut encoder = open(cores, size, full_colour);
        for how in [DELTA, KEYFRAME] {
            let units = encode(encoder.as_mut(), &card, how);
            assert_eq!(units.len(), cores);
            let alike = card.psnr(&assemble(&units, size));
            assert!(alike >= 32.0, "{cores} stripes: {alike:.1} dB");
        }
    }
}

#[test]
fn the_primaries_keep_their_colours() {
    let card = Card::bars(SIZE);
    for full_colour in [false, true] {
        let units = encode(open(2, SIZE, full_colour).as_mut(), &card, DELTA);
        assemble(&units, SIZE).assert_bars(4);
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
    let alike = |full_colour| {
        card.psnr(&assemble(
            &encode(open(2, SIZE, full_colour).as_mut(), &card, DELTA),
            SIZE,
        ))
    };
    let (shared, full) = (alike(false), alike(true));
    assert!(shared < 15.0 && full > 25.0, "{shared:.1} and {full:.1} dB");
}

#[test]
fn only_the_stripes_that_changed_are_encoded() {
    let mut encoder = open(4, SIZE, false);
    let mut card = Card::desktop(SIZE, 0);
    let first = encode_damage(encoder.as_mut(), &card, Damage::none(), DELTA);
    assert_eq!(
        rows(&first),
        [0, 90, 180, 270],
        "the first picture is whole"
    );
    assert!(encode_damage(encoder.as_mut(), &card, Damage::none(), DELTA).is_empty());

    let rect = Rect::new(20, 85, 30, 10);
    card = card.inverted_in(rect);
    let units = encode_damage(encoder.as_mut(), &card, damage(rect), DELTA);
    assert_eq!(rows(&units), [0, 90]);
    let lower = Rect::new(0, 359, 1, 1);
    assert_eq!(
        rows(&encode_damage(
            encoder.as_mut(),
            &card,
            damage(lower),
            DELTA
        )),
        [270]
    );
    let whole = encode_damage(encoder.as_mut(), &card, damage(lower), KEYFRAME);
    assert!(card.psnr(&assemble(&whole, SIZE)) >= 32.0);
}

#[test]
fn quality_changes_between_frames() {
    let mut encoder = open(2, SIZE, false);
    let card = Card::desktop(SIZE, 0);
    let mut bytes_at = |jpeg_quality| {
        let tuning = selkies_media::encoder::Tuning {
            jpeg_quality,
            ..tuning(Rate::Quality(25))
        };
        encoder.tune(&tuning).expect("a live change");
        encode(encoder.as_mut(), &card, DELTA)
            .iter()
            .map(|unit| unit.data.len())
            .sum::<usize>()
    };
    let bytes = [0, 20, 60, 95].map(&mut bytes_at);
    assert!(bytes.is_sorted() && bytes[1] * 3 < bytes[3], "{bytes:?}");
}

#[test]
fn odd_tiny_and_large_pictures_are_whole() {
    for (width, height) in [(1, 1), (2, 1), (3, 5), (1279, 719), (7680, 128), (64, 4320)] {
        let size = Size::new(width, height);
        let card = Card::drawn(size, |x, y| {
            [(x / 30 % 256) as u8, (y / 17 % 256) as u8, 90]
        });
        for full_colour in [false, true] {
            let units = encode(open(3, size, full_colour).as_mut(), &card, DELTA);
            let alike = card.psnr(&assemble(&units, size));
            assert!(alike >= 32.0, "{size}: {alike:.1} dB");
        }
    }
}

#[test]
fn the_pixels_are_free_again_when_a_frame_is_encoded() {
    let size = Size::new(1280, 720);
    let mut encoder = open(4, size, false);
    let card = Card::desktop(size, 0);
    for _ in 0..20 {
        encode(encoder.as_mut(), &card, KEYFRAME);
        assert_eq!(Arc::strong_count(&card.pixels), 1);
    }
}
