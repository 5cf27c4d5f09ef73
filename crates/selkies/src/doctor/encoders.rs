//! Which encoders open here, and how long one takes for a picture that is new from edge to edge.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use selkies_encode::Backends;
use selkies_media::damage::Damage;
use selkies_media::encoder::{
    Directive, EncodeError, EncoderFactory, EncoderKind, Rate, Shape, Tuning,
};
use selkies_media::frame::CpuSurface;
use selkies_media::{Frame, Size, Surface, Timestamp};
use selkies_settings::Settings;

use super::finding::{Finding, State};
use super::{Look, Teller};

const ENCODERS: [(&str, EncoderKind); 3] = [
    ("h264enc", EncoderKind::H264),
    ("h264enc-striped", EncoderKind::H264Striped),
    ("jpeg", EncoderKind::Jpeg),
];

const SIZE: Size = Size::new(1920, 1080);
/// How long one encoder is measured after its first picture, and with how many pictures at most.
const SPAN: Duration = Duration::from_millis(250);
const PICTURES: usize = 12;
/// Slower than this for whole pictures, video does not look like video any more.
const SLOW: Duration = Duration::from_millis(66);

/// One look for all that are wanted: measured at the same time they would slow each other down.
pub(super) fn looks(settings: &Settings) -> Option<Look> {
    let wanted: Vec<_> = ENCODERS
        .into_iter()
        .filter(|(name, _)| {
            settings
                .encoder
                .allowed
                .iter()
                .any(|allowed| allowed == name)
        })
        .collect();
    let tuning = Tuning {
        rate: Rate::Quality(small(settings.video_crf.initial)),
        jpeg_quality: small(settings.jpeg_quality.initial),
        framerate: f64::from(settings.framerate.initial),
        paint_over: None,
    };
    let only_one = wanted.len() == 1;
    (!wanted.is_empty()).then(|| Look {
        topics: wanted.iter().map(|(name, _)| *name).collect(),
        vital: false,
        look: Box::new(move |teller: &Teller| {
            let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
            let backends = Backends::new(cores);
            let pictures = [0, 1].map(picture);
            for (name, kind) in wanted {
                let finding = judge(name, &measure(&backends, kind, &tuning, &pictures));
                teller.tell(name, if only_one { finding.vital() } else { finding });
            }
        }),
    })
}

fn judge(name: &str, measured: &Result<Duration, EncodeError>) -> Finding {
    match measured {
        Ok(time) => {
            let says = format!(
                "opens; a whole new picture of {SIZE} takes {:.1} ms",
                time.as_secs_f64() * 1000.0
            );
            if *time <= SLOW {
                Finding::new(State::Works, says)
            } else {
                Finding::new(State::Partly, says).advise(
                    "whole pictures will come slowly: a smaller window, --framerate 30, more cores, \
                     or a release build",
                )
            }
        }
        Err(error) => {
            let advice = if name.starts_with("h264") {
                "use a build with libx264 (the default feature x264), or --encoder jpeg"
            } else {
                "choose another one by --encoder"
            };
            Finding::new(State::Fails, error.to_string()).advise(advice)
        }
    }
}

/// The median time for one picture, the first left out.
fn measure(
    backends: &Backends,
    kind: EncoderKind,
    tuning: &Tuning,
    pictures: &[Surface; 2],
) -> Result<Duration, EncodeError> {
    let shape = Shape {
        size: SIZE,
        full_colour: false,
    };
    let mut encoder = backends.open(kind, shape, tuning)?;
    let mut units = Vec::new();
    let mut times = Vec::new();
    let mut end = None;
    for (number, surface) in (0..).zip(pictures.iter().cycle().take(PICTURES)) {
        let stamp = Timestamp::from_micros(number * 16_667);
        let frame = Frame {
            damaged: stamp,
            captured: stamp,
            surface: surface.clone(),
            damage: Damage::full(SIZE),
        };
        let begun = Instant::now();
        units.clear();
        encoder.encode(&frame, Directive::default(), &mut units)?;
        let now = Instant::now();
        // The first one sets up tables and threads.
        let end = *end.get_or_insert(now + SPAN);
        if number > 0 {
            times.push(now - begun);
            if now >= end {
                break;
            }
        }
    }
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

/// Something like text: dark and light cells on a plain ground, others in each picture.
fn picture(seed: u32) -> Surface {
    let (width, height) = (SIZE.width as usize, SIZE.height as usize);
    let stride = width * CpuSurface::PIXEL;
    let mut bytes = vec![0xf0; stride * height];
    let mut state = seed.wrapping_mul(0x9e37_79b9) | 1;
    for (y, row) in bytes.chunks_exact_mut(stride).enumerate() {
        // Space between lines.
        if y % 16 > 11 {
            continue;
        }
        for cell in row.chunks_exact_mut(2 * CpuSurface::PIXEL) {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            if state.is_multiple_of(4) {
                cell.fill(0x20);
            }
        }
    }
    let surface = CpuSurface::new(SIZE, stride, Arc::new(bytes));
    Surface::Cpu(surface.expect("the memory was made for this size"))
}

/// Settings are within their ranges, which are smaller.
fn small(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoding_takes_time_and_the_two_pictures_differ() {
        let pictures = [0, 1].map(picture);
        let [Surface::Cpu(one), Surface::Cpu(two)] = &pictures else {
            panic!("they are in memory");
        };
        assert_ne!(one.row(0), two.row(0));
        let tuning = Tuning {
            rate: Rate::Quality(25),
            jpeg_quality: 40,
            framerate: 60.0,
            paint_over: None,
        };
        let backends = Backends::new(NonZeroUsize::MIN);
        let time = measure(&backends, EncoderKind::Jpeg, &tuning, &pictures).expect("it opens");
        assert!(time > Duration::from_micros(100), "{time:?}");
    }

    #[test]
    fn a_missing_encoder_says_what_to_do_and_a_slow_one_works_partly() {
        let missing = judge(
            "h264enc",
            &Err(EncodeError::Unavailable {
                backend: "libx264",
                why: "not here".to_owned(),
            }),
        );
        assert_eq!(missing.state, State::Fails);
        assert!(missing.advice.is_some_and(|text| text.contains("jpeg")));
        assert_eq!(judge("jpeg", &Ok(SLOW * 2)).state, State::Partly);
        assert_eq!(judge("jpeg", &Ok(SLOW / 2)).state, State::Works);
    }
}
