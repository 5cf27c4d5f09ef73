pub(crate) mod decode;
pub(crate) mod sps;

use selkies_media::Bitrate;
use selkies_media::damage::Damage;
use selkies_media::encoder::{EncodeError, EncoderKind, Rate, VideoEncoder};
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::{AccessUnit, Codec};

use crate::card::Card;
use crate::{DELTA, KEYFRAME, damage, encode, encode_damage, tuning};
use decode::Baseline;

const SIZE: Size = Size::new(640, 360);

fn open(size: Size, rate: Rate) -> Box<dyn VideoEncoder> {
    crate::open(EncoderKind::H264, 1, size, false, rate)
}

fn open_full_colour(size: Size) -> Box<dyn VideoEncoder> {
    crate::open(EncoderKind::H264, 1, size, true, Rate::Quality(25))
}

/// Every frame gives one unit that covers it.
fn only(mut units: Vec<AccessUnit>, size: Size) -> AccessUnit {
    assert_eq!(units.len(), 1);
    let unit = units.remove(0);
    assert_eq!((unit.codec, unit.area), (Codec::H264, size.as_rect()));
    assert_eq!(
        unit.keyframe,
        sps::types(&unit.data).contains(&5),
        "the flag and the stream agree"
    );
    unit
}

fn send(encoder: &mut dyn VideoEncoder, card: &Card) -> AccessUnit {
    only(encode(encoder, card, DELTA), card.size)
}

#[test]
fn a_scrolling_desktop_comes_out_as_it_went_in() {
    let mut encoder = open(SIZE, Rate::Quality(25));
    let mut decoder = Baseline::new();
    for index in 0..10 {
        let card = Card::desktop(SIZE, index * 7);
        let unit = send(encoder.as_mut(), &card);
        assert_eq!(unit.keyframe, index == 0);
        let alike = card.psnr(&decoder.decode(&unit.data));
        assert!(alike >= 32.0, "frame {index}: {alike:.1} dB");
    }
}

#[test]
fn the_primaries_keep_their_colours() {
    let card = Card::bars(SIZE);
    let unit = send(open(SIZE, Rate::Quality(15)).as_mut(), &card);
    Baseline::new().decode(&unit.data).assert_bars(4);
}

#[test]
fn full_colour_keeps_every_pixel_of_coloured_text() {
    // Red and blue by turns: with shared chroma all of it turns purple.
    let card = Card::drawn(SIZE, |x, y| {
        if (x + y) % 2 == 0 {
            [0, 0, 255]
        } else {
            [255, 0, 0]
        }
    });
    let unit = send(open_full_colour(SIZE).as_mut(), &card);
    if let Some(seen) = decode::ffmpeg(&unit.data, SIZE, true) {
        let alike = card.psnr(&seen.card());
        assert!(alike >= 32.0, "{alike:.1} dB");
    }
    let bars = Card::bars(SIZE);
    let unit = send(open_full_colour(SIZE).as_mut(), &bars);
    if let Some(seen) = decode::ffmpeg(&unit.data, SIZE, true) {
        seen.card().assert_bars(4);
    }
}

#[test]
fn the_stream_tells_its_profile_and_colours() {
    let unit = send(open(SIZE, Rate::Quality(25)).as_mut(), &Card::bars(SIZE));
    let told = sps::parse(&unit.data);
    assert_eq!(
        (told.profile, told.constraints & 0x40, told.chroma_format),
        (66, 0x40, 1),
        "constrained baseline"
    );
    assert_eq!((told.width, told.height), (640, 360));
    assert_eq!(
        (told.full_range, told.primaries, told.transfer, told.matrix),
        (false, 1, 1, 1)
    );

    let unit = send(open_full_colour(SIZE).as_mut(), &Card::bars(SIZE));
    let told = sps::parse(&unit.data);
    assert_eq!(
        (told.profile, told.chroma_format),
        (244, 3),
        "High 4:4:4 Predictive"
    );
    assert_eq!(
        (told.full_range, told.primaries, told.transfer, told.matrix),
        (true, 1, 1, 1)
    );
}

#[test]
fn keyframes_come_on_demand_with_their_parameter_sets_and_nothing_else() {
    let mut encoder = open(SIZE, Rate::Quality(25));
    let card = Card::desktop(SIZE, 0);
    let mut late = Baseline::new();
    for index in 0..12 {
        let how = if index == 7 { KEYFRAME } else { DELTA };
        let unit = only(encode(encoder.as_mut(), &card, how), SIZE);
        let expected: &[u8] = if index == 0 || index == 7 {
            &[7, 8, 5]
        } else {
            &[1]
        };
        assert_eq!(sps::types(&unit.data), expected, "frame {index}");
        if index >= 7 {
            assert!(card.psnr(&late.decode(&unit.data)) >= 32.0);
        }
    }
}

#[test]
fn a_keyframe_without_damage_shows_the_picture_that_was_there() {
    let mut encoder = open(SIZE, Rate::Quality(25));
    let card = Card::desktop(SIZE, 0);
    send(encoder.as_mut(), &card);
    let unread = Card::noise(SIZE, 1);
    let unit = only(
        encode_damage(encoder.as_mut(), &unread, Damage::none(), KEYFRAME),
        SIZE,
    );
    assert!(unit.keyframe);
    assert!(card.psnr(&Baseline::new().decode(&unit.data)) >= 32.0);
}

#[test]
fn partial_damage_shows_what_full_damage_shows() {
    for size in [SIZE, Size::new(641, 359)] {
        for full_colour in [false, true] {
            let kind = EncoderKind::H264;
            let mut encoder = crate::open(kind, 1, size, full_colour, Rate::Quality(20));
            let mut card = Card::desktop(size, 0);
            let mut stream = send(encoder.as_mut(), &card).data.to_vec();
            let mut decoder = Baseline::new();
            let mut seen = (!full_colour).then(|| decoder.decode(&stream));
            for rect in [
                Rect::new(10, 11, 33, 7),
                Rect::new(600, 300, 40, 59),
                Rect::new(0, 358, 5, 1),
                Rect::new(3, 0, 1, 1),
            ] {
                card = card.inverted_in(rect);
                let units = encode_damage(encoder.as_mut(), &card, damage(rect), DELTA);
                let unit = only(units, size);
                stream.extend_from_slice(&unit.data);
                seen = if full_colour {
                    decode::ffmpeg(&stream, size, true).map(|seen| seen.card())
                } else {
                    Some(decoder.decode(&unit.data))
                };
            }
            if let Some(seen) = seen {
                let alike = card.psnr(&seen);
                assert!(alike >= 36.0, "{size}: {alike:.1} dB");
            }
        }
    }
}

#[test]
fn odd_and_tiny_pictures_are_whole() {
    for (width, height) in [(1, 1), (2, 1), (3, 5), (17, 16), (1279, 719)] {
        let size = Size::new(width, height);
        let card = Card::drawn(size, |x, y| [(x / 4 % 256) as u8, (y / 4 % 256) as u8, 200]);
        let unit = send(open(size, Rate::Quality(15)).as_mut(), &card);
        let seen = Baseline::new().decode(&unit.data);
        assert_eq!(
            seen.size,
            Size::new(width.next_multiple_of(2), height.next_multiple_of(2))
        );
        let alike = card.psnr(&seen);
        assert!(alike >= 32.0, "{size}: {alike:.1} dB");

        let unit = send(open_full_colour(size).as_mut(), &card);
        let told = sps::parse(&unit.data);
        assert_eq!((told.width, told.height), (width, height));
        if let Some(seen) = decode::ffmpeg(&unit.data, size, true) {
            let alike = card.psnr(&seen.card());
            assert!(alike >= 32.0, "{size}: {alike:.1} dB in full colour");
        }
    }
}

#[test]
fn the_largest_picture_is_encoded() {
    let size = selkies_media::geometry::LARGEST;
    let card = Card::halves(size, |x| [(x / 30) as u8, 200, 90], [40, 90, 250]);
    let unit = send(
        crate::open(EncoderKind::H264, 2, size, false, Rate::Quality(25)).as_mut(),
        &card,
    );
    let told = sps::parse(&unit.data);
    assert_eq!((told.width, told.height), (7680, 4320));
    assert!(told.level >= 60, "level {}", told.level);
    if let Some(seen) = decode::ffmpeg(&unit.data, size, false) {
        for (x, y) in [(0, 0), (7679, 0), (0, 4319), (7679, 4319), (3840, 2160)] {
            let worst = card
                .at(x, y)
                .into_iter()
                .zip(seen.at(x, y))
                .map(|(sent, seen)| sent.abs_diff(seen))
                .max();
            assert!(worst <= Some(6), "({x}, {y})");
        }
    }
}

#[test]
fn a_large_picture_made_by_two_threads_decodes() {
    let size = Size::new(1920, 1080);
    let mut encoder = crate::open(EncoderKind::H264, 4, size, false, Rate::Quality(25));
    let mut decoder = Baseline::new();
    for scroll in [0, 9] {
        let card = Card::desktop(size, scroll);
        let unit = send(encoder.as_mut(), &card);
        assert_eq!(
            sps::types(&unit.data)
                .iter()
                .filter(|kind| [1, 5].contains(*kind))
                .count(),
            2,
            "two slices"
        );
        assert!(card.psnr(&decoder.decode(&unit.data)) >= 32.0);
    }
}

#[test]
fn quality_changes_between_frames_without_a_keyframe() {
    let mut encoder = open(SIZE, Rate::Quality(20));
    let mut bytes_at = |crf| {
        encoder
            .tune(&tuning(Rate::Quality(crf)))
            .expect("a live change");
        (0..8)
            .map(|seed| send(encoder.as_mut(), &Card::noise(SIZE, seed)))
            .enumerate()
            .fold(0, |bytes, (index, unit)| {
                assert!(!unit.keyframe || (crf == 20 && index == 0));
                bytes + if index == 0 { 0 } else { unit.data.len() }
            })
    };
    let (fine, coarse, fine_again) = (bytes_at(20), bytes_at(45), bytes_at(21));
    assert!(coarse * 3 < fine, "{coarse} of {fine}");
    assert!(fine_again > coarse * 3, "{fine_again} after {coarse}");
}

#[test]
fn a_keyframe_after_stillness_costs_what_its_quality_says() {
    let card = Card::desktop(SIZE, 0);
    let mut encoder = open(SIZE, Rate::Quality(25));
    let first = send(encoder.as_mut(), &card).data.len();
    for _ in 0..40 {
        encode_damage(encoder.as_mut(), &card, Damage::none(), DELTA);
    }
    let again = only(encode(encoder.as_mut(), &card, KEYFRAME), SIZE)
        .data
        .len();
    assert!(again * 10 <= first * 11, "{again} after {first}");
    encoder
        .tune(&tuning(Rate::Quality(40)))
        .expect("a live change");
    let coarse = only(encode(encoder.as_mut(), &card, KEYFRAME), SIZE)
        .data
        .len();
    assert!(coarse * 2 < first, "{coarse} after {first}");
}

#[test]
fn a_finer_quality_reaches_what_stands_still() {
    let card = Card::desktop(SIZE, 0);
    let mut encoder = open(SIZE, Rate::Quality(45));
    let mut decoder = Baseline::new();
    let coarse = card.psnr(&decoder.decode(&send(encoder.as_mut(), &card).data));
    encoder
        .tune(&tuning(Rate::Quality(20)))
        .expect("a live change");
    let mut alike = coarse;
    for _ in 0..3 {
        let units = encode_damage(encoder.as_mut(), &card, Damage::none(), DELTA);
        let unit = only(units, SIZE);
        assert!(!unit.keyframe);
        alike = card.psnr(&decoder.decode(&unit.data));
    }
    assert!(alike > coarse + 8.0, "{alike:.1} dB after {coarse:.1} dB");
}

#[test]
fn a_bit_rate_is_kept_and_changes_live() {
    let rate = |kbps| tuning(Rate::Bitrate(Bitrate::from_kbps(kbps)));
    let mut encoder = open(SIZE, rate(3000).rate);
    let cards: Vec<Card> = (0..7).map(|seed| Card::noise(SIZE, seed)).collect();
    let mut frames = 0;
    let mut kbps = |encoder: &mut dyn VideoEncoder, framerate: usize| {
        let bits: usize = (0..framerate * 2)
            .map(|_| {
                frames += 1;
                let unit = send(encoder, &cards[frames % cards.len()]);
                assert_eq!(unit.keyframe, frames == 1);
                unit.data.len() * 8
            })
            .sum();
        bits / 2000
    };
    let measured = kbps(encoder.as_mut(), 60);
    assert!(
        (2100..=3900).contains(&measured),
        "{measured} of 3000 kbit/s"
    );
    encoder.tune(&rate(9000)).expect("a live change");
    let measured = kbps(encoder.as_mut(), 60);
    assert!(
        (6300..=11_700).contains(&measured),
        "{measured} of 9000 kbit/s"
    );
    let mut slower = rate(3000);
    slower.framerate = 20.0;
    encoder.tune(&slower).expect("a live change");
    let measured = kbps(encoder.as_mut(), 20);
    assert!(
        (2100..=3900).contains(&measured),
        "{measured} of 3000 kbit/s at 20 frames per second"
    );
}

#[test]
fn changing_between_quality_and_bit_rate_needs_a_new_encoder() {
    let (quality, bitrate) = (Rate::Quality(25), Rate::Bitrate(Bitrate::from_kbps(4000)));
    for (opened, wanted) in [(quality, bitrate), (bitrate, quality)] {
        let mut encoder = open(SIZE, opened);
        let refused = encoder.tune(&tuning(wanted));
        assert!(
            matches!(refused, Err(EncodeError::Unsupported { .. })),
            "{refused:?}"
        );
        encoder
            .tune(&tuning(opened))
            .expect("the old rate still holds");
    }
}

#[test]
fn no_quality_makes_a_stream_browsers_cannot_read() {
    for crf in [0, 51, 255] {
        let unit = send(
            open(SIZE, Rate::Quality(crf)).as_mut(),
            &Card::desktop(SIZE, 0),
        );
        assert_eq!(sps::parse(&unit.data).profile, 66, "crf {crf}");
    }
}
