//! The pipeline over the test card and an encoder that writes the card's number down.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Instant;

use bytes::Bytes;
use selkies_desktop::testcard::{BLOCK, TestCard};
use selkies_media::encoder::{PaintOver, Rate, VideoEncoder};
use selkies_media::picture::Codec;
use selkies_media::rest::squares;
use selkies_media::{AccessUnit, Directive, Frame, Picture, Rect, Surface};

use super::*;

const SIZE: Size = Size::new(320, 64);
/// Five of them are the picture.
const PART: u32 = 64;

/// Writes one byte per picture: 1 for a keyframe. Fails when told to.
#[derive(Default)]
struct Scribes {
    opened: AtomicUsize,
    failures: Arc<AtomicUsize>,
}

struct Scribe {
    failures: Arc<AtomicUsize>,
    first: bool,
}

impl EncoderFactory for Scribes {
    fn open(
        &self,
        _: EncoderKind,
        _: Shape,
        _: &Tuning,
    ) -> Result<Box<dyn VideoEncoder>, EncodeError> {
        self.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Scribe {
            failures: self.failures.clone(),
            first: true,
        }))
    }
}

impl VideoEncoder for Scribe {
    fn encode(
        &mut self,
        frame: &Frame,
        how: Directive,
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        if self
            .failures
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            })
            .is_ok()
        {
            return Err(EncodeError::Lost(io::Error::other("pulled out")));
        }
        let keyframe = std::mem::take(&mut self.first) || how.keyframe;
        let [high, low] = number_on(frame).to_be_bytes();
        let data = Bytes::from([vec![u8::from(keyframe), high, low], vec![0; 997]].concat());
        out.push(AccessUnit {
            codec: Codec::H264,
            keyframe,
            sharp: false,
            area: frame.size().as_rect(),
            data,
        });
        Ok(())
    }

    fn paint_over(
        &mut self,
        frame: &Frame,
        parts: &[Rect],
        out: &mut Vec<AccessUnit>,
    ) -> Result<(), EncodeError> {
        let damage = frame.damage.rects().iter().chain(parts);
        let area = damage.fold(Rect::default(), |area, rect| area.around(*rect));
        out.push(AccessUnit {
            codec: Codec::H264,
            keyframe: false,
            sharp: true,
            area,
            data: Bytes::from_static(b"sharp"),
        });
        Ok(())
    }

    fn parts(&self) -> Vec<Rect> {
        squares(SIZE.as_rect(), PART)
    }

    fn tune(&mut self, _: &Tuning) -> Result<(), EncodeError> {
        Ok(())
    }
}

/// The number the card shows (see [`selkies_desktop::testcard`]).
fn number_on(frame: &Frame) -> u16 {
    let Surface::Cpu(pixels) = &frame.surface else {
        panic!("the card is painted in memory")
    };
    let row = pixels.row(BLOCK / 2);
    let white = |block: u32| row[(block * BLOCK + BLOCK / 2) as usize * 4] > 127;
    (2..18).fold(0, |number, block| number << 1 | u16::from(white(block)))
}

fn number_in(picture: &Picture) -> u16 {
    let data = &picture.units[0].data;
    u16::from_be_bytes([data[1], data[2]])
}

struct Bench {
    card: TestCard,
    scribes: Arc<Scribes>,
    pipeline: Pipeline,
    notices: mpsc::Receiver<Notice>,
}

fn bench(queue: QueueLimits) -> Bench {
    bench_at(queue, TUNING)
}

fn bench_at(queue: QueueLimits, tuning: Tuning) -> Bench {
    let card = TestCard::new(SIZE, Instant::now);
    let scribes = Arc::new(Scribes::default());
    let spec = Spec {
        encoder: EncoderKind::H264,
        shape: Shape {
            size: SIZE,
            full_colour: false,
        },
        tuning,
        keyframe_interval: None,
        queue,
    };
    let (tell, notices) = mpsc::sync_channel(4);
    let clock = Clock::starting_at(Instant::now());
    let marks = Arc::default();
    let pipeline = Pipeline::start(
        spec,
        Arc::new(card.clone()),
        scribes.clone(),
        clock,
        marks,
        move |notice| {
            tell.send(notice).expect("the bench listens");
        },
    )
    .expect("threads can be made");
    Bench {
        card,
        scribes,
        pipeline,
        notices,
    }
}

const TUNING: Tuning = Tuning {
    rate: Rate::Quality(25),
    jpeg_quality: 40,
    framerate: 120.0,
    paint_over: None,
};
const SHARP: Tuning = Tuning {
    paint_over: Some(PaintOver {
        crf: 18,
        jpeg_quality: 90,
        pictures: 3,
    }),
    ..TUNING
};
const WIDE: QueueLimits = QueueLimits {
    pictures: 100,
    bytes: 1 << 20,
};
const DEADLINE: Duration = Duration::from_secs(10);

async fn next(subscription: &mut Subscription) -> Arc<Picture> {
    tokio::time::timeout(DEADLINE, subscription.next())
        .await
        .expect("a picture in time")
        .expect("it runs")
}

async fn nothing_follows(subscription: &mut Subscription) -> bool {
    tokio::time::timeout(DEADLINE, async {
        while subscription.next().await.is_some() {}
    })
    .await
    .is_ok()
}

#[tokio::test]
async fn every_viewer_begins_with_a_keyframe_and_shares_the_bytes() {
    let bench = bench(WIDE);
    let mut early = bench.pipeline.subscribe();
    let first = next(&mut early).await;
    assert!(first.keyframe);
    assert_eq!(first.number, 0);

    let mut late = bench.pipeline.subscribe();
    let joined = next(&mut late).await;
    assert!(joined.keyframe);
    let shared = next(&mut early).await;
    assert_eq!(joined.units[0].data.as_ptr(), shared.units[0].data.as_ptr());
}

#[tokio::test]
async fn a_still_card_is_encoded_once() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    assert!(
        tokio::time::timeout(Duration::from_millis(300), viewer.next())
            .await
            .is_err()
    );
    bench.card.advance();
    let second = next(&mut viewer).await;
    assert_eq!((second.number, second.keyframe), (1, false));
}

#[tokio::test]
async fn a_keyframe_can_be_had_of_a_still_picture() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    bench.pipeline.request_keyframe();
    assert!(next(&mut viewer).await.keyframe);
}

#[tokio::test]
async fn another_quality_shows_on_a_still_picture_and_another_frame_rate_costs_nothing() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    let slower = Tuning {
        framerate: 30.0,
        ..TUNING
    };
    bench.pipeline.tune(slower);
    assert!(
        tokio::time::timeout(Duration::from_millis(300), viewer.next())
            .await
            .is_err()
    );
    bench.pipeline.tune(Tuning {
        rate: Rate::Quality(10),
        ..slower
    });
    assert!(next(&mut viewer).await.keyframe);
}

#[tokio::test]
async fn a_viewer_that_stops_reading_hurts_nobody_and_recovers_with_a_keyframe() {
    let bench = bench(QueueLimits {
        pictures: 4,
        bytes: 1 << 20,
    });
    let mut reader = bench.pipeline.subscribe();
    let mut sleeper = bench.pipeline.subscribe();
    assert!(next(&mut sleeper).await.keyframe);
    bench.card.set_moving(true);
    let mut numbers = Vec::new();
    for _ in 0..40 {
        numbers.push(next(&mut reader).await.number);
    }
    assert!(
        numbers.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "the reader misses nothing: {numbers:?}"
    );
    assert!(sleeper.dropped() >= 4);
    let mut woken = next(&mut sleeper).await;
    // What was queued before the overflow is gone: either it is empty or it begins anew.
    while !woken.keyframe {
        woken = next(&mut sleeper).await;
    }
    assert!(woken.number > 4);
}

#[tokio::test]
async fn with_no_viewer_reading_nothing_is_encoded() {
    let bench = bench(QueueLimits {
        pictures: 4,
        bytes: 1 << 20,
    });
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    bench.card.set_moving(true);
    // The queue fills to its room and no further: the newest frame waits before the encoder.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let waiting = bench.card.number();
    let mut last = next(&mut viewer).await;
    for _ in 0..3 {
        last = next(&mut viewer).await;
    }
    assert!(
        last.number <= 5,
        "{} pictures were encoded while the card reached {waiting}",
        last.number
    );
    assert_eq!(viewer.dropped(), 0);
}

#[tokio::test]
async fn a_lost_encoder_is_opened_again_and_begins_with_a_keyframe() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    bench.scribes.failures.store(1, Ordering::SeqCst);
    bench.card.advance();
    assert!(next(&mut viewer).await.keyframe);
    assert_eq!(bench.scribes.opened.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_encoder_that_fails_twice_ends_the_pipeline_with_a_notice() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    bench.scribes.failures.store(2, Ordering::SeqCst);
    bench.card.advance();
    assert!(nothing_follows(&mut viewer).await);
    assert!(matches!(
        bench.notices.recv_timeout(DEADLINE),
        Ok(Notice::EncoderFailed(_))
    ));
}

#[tokio::test]
async fn another_size_ends_the_pipeline_with_a_notice() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    let wanted = Size::new(100, 50);
    bench
        .card
        .outputs()
        .expect("plugged in")
        .resize(wanted)
        .expect("any size");
    assert!(nothing_follows(&mut viewer).await);
    match bench.notices.recv_timeout(DEADLINE) {
        Ok(Notice::SizeChanged(size)) => assert_eq!(size, wanted),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_lost_desktop_ends_the_pipeline_with_a_notice() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    bench.card.lose();
    assert!(nothing_follows(&mut viewer).await);
    assert!(matches!(
        bench.notices.recv_timeout(DEADLINE),
        Ok(Notice::SourceFailed(_))
    ));
}

#[tokio::test]
async fn stopping_gives_the_source_back() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    let stopped = bench.pipeline.stop();
    assert!(nothing_follows(&mut viewer).await);
    tokio::task::spawn_blocking(|| stopped.join())
        .await
        .expect("both threads end");
    assert_eq!(bench.card.sources(), 0);
}

#[tokio::test]
async fn after_a_wait_the_newest_picture_comes_first() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    // The capture thread waits for a change now: it reads the first one, though nobody wants it.
    viewer.hold();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        bench.card.advance();
    }
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(number_in(&*next(&mut viewer).await), 4);
}

#[tokio::test]
async fn a_picture_that_is_sent_again_is_not_called_old() {
    let bench = bench(WIDE);
    let mut viewer = bench.pipeline.subscribe();
    let first = next(&mut viewer).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    bench.pipeline.request_keyframe();
    let again = next(&mut viewer).await;
    assert!(again.captured >= first.encoded);
    assert!(again.answers.is_empty());
}

/// Whether `picture` is one of those that paint over, by what the scribe writes into them.
fn paints(picture: &Picture) -> bool {
    &picture.units[0].data[..] == b"sharp"
}

async fn nothing_comes(viewer: &mut Subscription) {
    let silence = tokio::time::timeout(Duration::from_millis(600), viewer.next()).await;
    assert!(
        silence.is_err(),
        "{:?}",
        silence.map(|picture| picture.map(|picture| picture.number))
    );
}

#[tokio::test]
async fn what_rests_is_painted_over_and_then_it_costs_nothing() {
    let bench = bench_at(WIDE, SHARP);
    let mut viewer = bench.pipeline.subscribe();
    let first = next(&mut viewer).await;
    let mut rows = 0;
    for number in 1..=3 {
        let picture = next(&mut viewer).await;
        assert!(paints(&picture) && !picture.keyframe);
        assert_eq!(picture.number, number);
        assert!(picture.captured.since(first.captured) >= selkies_media::rest::REST);
        assert!(picture.is_repeat());
        assert!(picture.answers.is_empty());
        rows += picture.units[0].area.pixels();
    }
    assert_eq!(rows, SIZE.pixels());
    nothing_comes(&mut viewer).await;
}

#[tokio::test]
async fn a_viewer_that_comes_later_gets_it_sharp_too() {
    let bench = bench_at(WIDE, SHARP);
    let mut early = bench.pipeline.subscribe();
    for _ in 0..4 {
        next(&mut early).await;
    }
    let mut late = bench.pipeline.subscribe();
    let first = next(&mut late).await;
    assert!(first.keyframe);
    for _ in 0..3 {
        assert!(paints(&*next(&mut late).await));
    }
    nothing_comes(&mut late).await;
}

#[tokio::test]
async fn what_moves_is_not_painted_over() {
    let bench = bench_at(WIDE, SHARP);
    let mut viewer = bench.pipeline.subscribe();
    bench.card.set_moving(true);
    let begun = Instant::now();
    while begun.elapsed() < 2 * selkies_media::rest::REST {
        let picture = next(&mut viewer).await;
        // The card says each time that all of it has changed.
        assert!(!paints(&picture), "{}", picture.number);
    }
    bench.card.set_moving(false);
    while !paints(&*next(&mut viewer).await) {}
}

#[tokio::test]
async fn a_viewer_that_takes_nothing_gets_nothing_painted_over() {
    let bench = bench_at(WIDE, SHARP);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    viewer.hold();
    tokio::time::sleep(2 * selkies_media::rest::REST).await;
    assert_eq!(viewer.waiting(), 0);
    assert!(paints(&*next(&mut viewer).await), "as soon as it does");
}

#[tokio::test]
async fn painting_over_begins_and_ends_with_the_setting() {
    let bench = bench_at(WIDE, TUNING);
    let mut viewer = bench.pipeline.subscribe();
    next(&mut viewer).await;
    nothing_comes(&mut viewer).await;
    bench.pipeline.tune(SHARP);
    for _ in 0..3 {
        assert!(paints(&*next(&mut viewer).await));
    }
    let finer = PaintOver {
        crf: 10,
        jpeg_quality: 95,
        pictures: 1,
    };
    bench.pipeline.tune(Tuning {
        paint_over: Some(finer),
        ..SHARP
    });
    assert!(
        paints(&*next(&mut viewer).await),
        "sharper than what is sharp already"
    );
    bench.pipeline.tune(TUNING);
    bench.card.advance();
    assert!(!paints(&*next(&mut viewer).await));
    nothing_comes(&mut viewer).await;
}
