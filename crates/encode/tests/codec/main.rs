//! What comes out of the encoders is decoded by somebody else's decoder and compared with what went in.

mod card;
#[cfg(feature = "x264")]
mod h264;
mod jpeg;
mod paint_over;
#[cfg(feature = "x264")]
mod striped;

use std::num::NonZeroUsize;

use selkies_encode::Backends;
use selkies_media::damage::Damage;
use selkies_media::encoder::{
    Directive, EncoderFactory, EncoderKind, Rate, Shape, Tuning, VideoEncoder,
};
use selkies_media::geometry::{Rect, Size};
use selkies_media::picture::AccessUnit;

use card::Card;

const DELTA: Directive = Directive { keyframe: false };
const KEYFRAME: Directive = Directive { keyframe: true };

fn backends(cores: usize) -> Backends {
    Backends::new(NonZeroUsize::new(cores).expect("at least one core"))
}

fn tuning(rate: Rate) -> Tuning {
    Tuning {
        rate,
        jpeg_quality: 80,
        framerate: 60.0,
        paint_over: None,
    }
}

fn open(
    kind: EncoderKind,
    cores: usize,
    size: Size,
    full_colour: bool,
    rate: Rate,
) -> Box<dyn VideoEncoder> {
    backends(cores)
        .open(kind, Shape { size, full_colour }, &tuning(rate))
        .expect("the encoder opens")
}

/// Encodes with everything marked as changed.
fn encode(encoder: &mut dyn VideoEncoder, card: &Card, how: Directive) -> Vec<AccessUnit> {
    encode_damage(encoder, card, Damage::full(card.size), how)
}

fn encode_damage(
    encoder: &mut dyn VideoEncoder,
    card: &Card,
    damage: Damage,
    how: Directive,
) -> Vec<AccessUnit> {
    let mut units = Vec::new();
    encoder
        .encode(&card.frame(damage), how, &mut units)
        .expect("the frame encodes");
    units
}

fn damage(rect: Rect) -> Damage {
    let mut damage = Damage::none();
    damage.add(rect);
    damage
}

const KINDS: [EncoderKind; 3] = [
    EncoderKind::H264,
    EncoderKind::H264Striped,
    EncoderKind::Jpeg,
];

/// What this build has.
fn able() -> impl Iterator<Item = EncoderKind> {
    backends(1)
        .describe()
        .into_iter()
        .filter(|backend| backend.version.is_ok())
        .flat_map(|backend| backend.makes)
        .copied()
}

#[test]
fn what_this_build_can_do_is_told_with_versions() {
    let told = backends(1).describe();
    let kinds: Vec<EncoderKind> = told
        .iter()
        .flat_map(|backend| backend.makes)
        .copied()
        .collect();
    assert_eq!(kinds, KINDS);
    for backend in told {
        for kind in backend.makes {
            let shape = Shape {
                size: Size::new(64, 64),
                full_colour: false,
            };
            let opens = backends(1).open(*kind, shape, &tuning(Rate::Quality(25)));
            assert_eq!(opens.is_ok(), backend.version.is_ok(), "{kind:?}");
        }
        if let Ok(version) = backend.version {
            assert!(
                version.starts_with(|digit: char| digit.is_ascii_digit()),
                "{version}"
            );
        }
    }
}

#[test]
fn impossible_sizes_are_refused_with_a_reason() {
    for kind in KINDS {
        for (width, height) in [
            (0, 0),
            (0, 100),
            (100, 0),
            (7681, 100),
            (100, 4321),
            (u32::MAX, u32::MAX),
        ] {
            let shape = Shape {
                size: Size::new(width, height),
                full_colour: false,
            };
            let Err(refusal) = backends(2).open(kind, shape, &tuning(Rate::Quality(25))) else {
                panic!("{kind:?} opened at {width}x{height}")
            };
            assert!(refusal.to_string().contains("cannot run here"), "{refusal}");
        }
    }
}

#[test]
fn a_frame_of_another_size_is_refused_and_the_next_one_is_a_keyframe() {
    for kind in able() {
        let size = Size::new(320, 200);
        let mut encoder = open(kind, 1, size, false, Rate::Quality(25));
        let card = Card::desktop(size, 0);
        encode(encoder.as_mut(), &card, DELTA);
        let other = Card::desktop(Size::new(320, 201), 0);
        let mut units = Vec::new();
        assert!(
            encoder
                .encode(&other.frame(Damage::none()), DELTA, &mut units)
                .is_err()
        );
        assert!(units.is_empty());
        let units = encode_damage(
            encoder.as_mut(),
            &Card::desktop(size, 5),
            Damage::none(),
            DELTA,
        );
        assert!(
            !units.is_empty() && units.iter().all(|unit| unit.keyframe),
            "{kind:?}"
        );
    }
}
