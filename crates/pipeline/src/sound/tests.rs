//! The pipeline of sound over a sound server made up by the tests.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use proptest::prelude::*;
use selkies_media::Timestamp;
use selkies_media::sound::{
    AudioDecoder, AudioEncoder, AudioPacket, AudioSink, AudioSource, Channels, CodecError,
    FrameDuration, SoundError, Voice,
};

use super::chunks::{Chunks, Frame};
use super::*;

const SHAPE: SoundShape = SoundShape {
    channels: Channels::Stereo,
    frame: FrameDuration::Ms10,
};
const VALUES: usize = 960;
const PATIENCE: Duration = Duration::from_secs(10);

/// A server that plays what the test gives it, one block for each call.
#[derive(Default)]
struct Fake {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    blocks: VecDeque<(Vec<i16>, Timestamp)>,
    /// Nothing answers.
    gone: bool,
    open: usize,
    prepared: usize,
    played: Vec<(Voice, Vec<i16>)>,
}

struct FakeStream(Arc<Fake>);

/// So that a test can give the server away and keep it.
struct Given(Arc<Fake>);

fn missing() -> SoundError {
    SoundError::Unreachable {
        why: "the test says so".to_owned(),
    }
}

impl Fake {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().expect("no test panicked"));
        self.changed.notify_all();
    }

    fn play(&self, samples: Vec<i16>, millis: u64) {
        let moment = Timestamp::from_micros(millis * 1000);
        self.change(|state| state.blocks.push_back((samples, moment)));
    }

    /// Waits until the server is as `holds` says.
    fn until(&self, holds: impl Fn(&State) -> bool) {
        let state = self.state.lock().expect("no test panicked");
        let waited = self
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !holds(state));
        let (guard, result) = waited.expect("no test panicked");
        drop(guard);
        assert!(!result.timed_out(), "not within {PATIENCE:?}");
    }

    fn open(self: &Arc<Self>) -> Result<FakeStream, SoundError> {
        if self.state.lock().expect("no test panicked").gone {
            return Err(missing());
        }
        self.change(|state| state.open += 1);
        Ok(FakeStream(self.clone()))
    }
}

impl Drop for FakeStream {
    fn drop(&mut self) {
        self.0.change(|state| state.open -= 1);
    }
}

impl Sound for Given {
    fn prepare(&self, _: Channels) -> Result<(), SoundError> {
        if self.0.state.lock().expect("no test panicked").gone {
            return Err(missing());
        }
        self.0.change(|state| state.prepared += 1);
        Ok(())
    }

    fn source(&self, _: SoundShape, _: Clock) -> Result<Box<dyn AudioSource>, SoundError> {
        Ok(Box::new(self.0.open()?))
    }

    fn microphone(&self) -> Result<Box<dyn AudioSink>, SoundError> {
        Ok(Box::new(self.0.open()?))
    }
}

impl AudioSource for FakeStream {
    fn next(
        &mut self,
        into: &mut Vec<i16>,
        patience: Duration,
    ) -> Result<Option<Timestamp>, SoundError> {
        let state = self.0.state.lock().expect("no test panicked");
        let waited = self.0.changed.wait_timeout_while(state, patience, |state| {
            state.blocks.is_empty() && !state.gone
        });
        let (mut state, _) = waited.expect("no test panicked");
        if state.gone {
            return Err(missing());
        }
        Ok(state.blocks.pop_front().map(|(samples, moment)| {
            into.extend(samples);
            moment
        }))
    }
}

impl AudioSink for FakeStream {
    fn play(&mut self, voice: Voice, samples: &[i16]) -> Result<usize, SoundError> {
        self.check()?;
        self.0
            .change(|state| state.played.push((voice, samples.to_vec())));
        Ok(samples.len())
    }

    fn end(&mut self, voice: Voice) -> Result<(), SoundError> {
        self.play(voice, &[]).map(|_| ())
    }

    fn check(&mut self) -> Result<(), SoundError> {
        match self.0.state.lock().expect("no test panicked").gone {
            true => Err(missing()),
            false => Ok(()),
        }
    }
}

/// A packet is the first sample of its frame, and the bitrate in kbit/s.
struct Scribes;

struct Scribe(u64);

impl AudioEncoder for Scribe {
    fn encode(&mut self, samples: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError> {
        assert_eq!(samples.len(), VALUES);
        out.clear();
        out.extend(samples[0].to_le_bytes());
        out.extend(self.0.to_le_bytes());
        Ok(())
    }

    fn set_bitrate(&mut self, bitrate: Bitrate) -> Result<(), CodecError> {
        self.0 = bitrate.kbps();
        Ok(())
    }
}

impl AudioDecoder for Scribe {
    fn decode(&mut self, packet: &[u8], out: &mut Vec<i16>) -> Result<(), CodecError> {
        if packet == b"bad" {
            return Err(CodecError {
                codec: "scribe",
                why: "not a packet".to_owned(),
            });
        }
        out.extend(packet.iter().map(|byte| i16::from(*byte)));
        Ok(())
    }
}

impl AudioCodecs for Scribes {
    fn encoder(&self, _: SoundShape, rate: Bitrate) -> Result<Box<dyn AudioEncoder>, CodecError> {
        Ok(Box::new(Scribe(rate.kbps())))
    }

    fn decoder(&self) -> Result<Box<dyn AudioDecoder>, CodecError> {
        Ok(Box::new(Scribe(0)))
    }
}

fn start(server: &Arc<Fake>) -> (SoundPipeline, Receiver<SoundNotice>) {
    let (sender, notices) = sync_channel(16);
    let spec = SoundSpec {
        shape: SHAPE,
        bitrate: Bitrate::from_kbps(128),
    };
    let pipeline = SoundPipeline::start(
        spec,
        Arc::new(Given(server.clone())),
        Arc::new(Scribes),
        Clock::starting_at(Instant::now()),
        // A test may end first.
        move |notice| drop(sender.send(notice)),
    );
    (pipeline.expect("a thread"), notices)
}

async fn next(subscription: &mut SoundSubscription) -> Arc<AudioPacket> {
    tokio::time::timeout(PATIENCE, subscription.next())
        .await
        .expect("a packet comes")
        .expect("the pipeline runs")
}

fn first_sample(packet: &AudioPacket) -> i16 {
    i16::from_le_bytes([packet.data[0], packet.data[1]])
}

#[tokio::test]
async fn each_listener_gets_every_packet_and_late_ones_lose_the_oldest() {
    let server = Arc::new(Fake::default());
    let (pipeline, _notices) = start(&server);
    let mut one = pipeline.subscribe();
    let lazy = pipeline.subscribe();
    for frame in 1..=50 {
        server.play(vec![frame; VALUES], 10 * frame.unsigned_abs() as u64);
        let packet = next(&mut one).await;
        assert_eq!(first_sample(&packet), frame);
        assert_eq!(packet.pts, 480 * u32::from(frame.unsigned_abs() - 1));
        assert_eq!(
            packet.captured,
            Timestamp::from_micros(10_000 * u64::from(frame.unsigned_abs()))
        );
    }
    assert_eq!(one.dropped(), 0);
    assert_eq!(lazy.dropped(), 30, "200 ms of 500 are kept");
    let mut lazy = lazy;
    assert_eq!(first_sample(next(&mut lazy).await.as_ref()), 31);
    pipeline.stop().join();
    let mut rest = 0;
    while lazy.next().await.is_some() {
        rest += 1;
    }
    assert_eq!(rest, 19, "what waits is still given out, then the end");
}

#[tokio::test]
async fn another_bitrate_holds_from_the_next_packet_on() {
    let server = Arc::new(Fake::default());
    let (pipeline, _notices) = start(&server);
    let mut listener = pipeline.subscribe();
    for (round, kbps) in [(1, 64), (2, 510), (3, 6)] {
        pipeline.set_bitrate(Bitrate::from_kbps(kbps));
        server.play(vec![round; VALUES], 10 * round.unsigned_abs() as u64);
        let packet = next(&mut listener).await;
        assert_eq!(packet.data[2..], u64::from(kbps).to_le_bytes());
    }
}

#[tokio::test]
async fn nothing_is_open_while_nobody_listens() {
    let server = Arc::new(Fake::default());
    let (pipeline, _notices) = start(&server);
    server.until(|state| state.prepared == 1 && state.open == 0);
    let one = pipeline.subscribe();
    let other = pipeline.subscribe();
    server.until(|state| state.open == 1);
    drop(one);
    drop(other);
    server.until(|state| state.open == 0);
    let mut again = pipeline.subscribe();
    server.until(|state| state.open == 1);
    server.play(vec![5; VALUES], 10);
    assert_eq!(first_sample(next(&mut again).await.as_ref()), 5);
    pipeline.stop().join();
    server.until(|state| state.open == 0);
}

#[tokio::test]
async fn a_server_that_goes_is_told_once_and_found_again() {
    let server = Arc::new(Fake::default());
    server.change(|state| state.gone = true);
    let (pipeline, notices) = start(&server);
    let mut listener = pipeline.subscribe();
    for round in 1..=2 {
        let notice = notices.recv_timeout(PATIENCE);
        assert!(matches!(notice, Ok(SoundNotice::Lost(_))));
        server.change(|state| state.gone = false);
        assert_eq!(notices.recv_timeout(PATIENCE), Ok(SoundNotice::Back));
        // Half a frame from before the interruption is not glued to what comes after it.
        server.play(vec![9; VALUES / 2], 10);
        server.play(vec![round; VALUES], 20);
        next(&mut listener).await;
        server.change(|state| state.gone = true);
    }
    assert_eq!(listener.dropped(), 0);
}

#[test]
fn voices_are_played_apart_and_what_is_no_packet_is_counted() {
    let server = Arc::new(Fake::default());
    let microphone = Microphone::start(Arc::new(Given(server.clone())), Arc::new(Scribes), |_| ())
        .expect("a thread");
    let say = |voice, packet: &'static [u8]| microphone.push(Voice(voice), packet.into());
    say(1, &[1, 2]);
    say(2, b"bad");
    say(2, &[3]);
    say(1, &[]);
    microphone.push(Voice(1), Bytes::from(vec![0; 100_000]));
    microphone.leave(Voice(1));
    say(1, &[4]);
    let expected = [
        (Voice(1), vec![1, 2]),
        (Voice(2), vec![3]),
        (Voice(1), vec![]),
        (Voice(1), vec![4]),
    ];
    server.until(|state| state.played.len() == expected.len());
    assert_eq!(server.state.lock().expect("no panic").played, expected);
    assert_eq!(microphone.dropped(), 3);
    microphone.stop().join();
    server.until(|state| state.open == 0);
}

#[test]
fn a_ninth_voice_is_not_heard_while_eight_speak() {
    let server = Arc::new(Fake::default());
    let microphone = Microphone::start(Arc::new(Given(server.clone())), Arc::new(Scribes), |_| ())
        .expect("a thread");
    for voice in 1..=9 {
        microphone.push(Voice(voice), Bytes::from_static(&[1]));
    }
    microphone.leave(Voice(3));
    microphone.push(Voice(9), Bytes::from_static(&[9]));
    server.until(|state| state.played.last() == Some(&(Voice(9), vec![9])));
    assert_eq!(microphone.dropped(), 1);
}

#[test]
fn a_microphone_is_looked_for_and_its_queue_stays_short() {
    let server = Arc::new(Fake::default());
    server.change(|state| state.gone = true);
    let (sender, notices) = sync_channel(16);
    let tell = move |notice| drop(sender.send(notice));
    let given = Arc::new(Given(server.clone()));
    let microphone = Microphone::start(given, Arc::new(Scribes), tell).expect("a thread");
    let notice = notices.recv_timeout(PATIENCE);
    assert!(matches!(notice, Ok(SoundNotice::Lost(_))));
    for number in 0..200 {
        microphone.push(Voice(1), Bytes::from(vec![number]));
    }
    assert_eq!(microphone.dropped(), 200 - 64);
    server.change(|state| state.gone = false);
    assert_eq!(notices.recv_timeout(PATIENCE), Ok(SoundNotice::Back));
    server.until(|state| state.played.last() == Some(&(Voice(1), vec![199])));
    // It goes while nobody speaks, and that is noticed, too.
    server.change(|state| state.gone = true);
    let notice = notices.recv_timeout(PATIENCE);
    assert!(matches!(notice, Ok(SoundNotice::Lost(_))));
}

fn frames(chunks: &mut Chunks) -> Vec<Frame> {
    std::iter::from_fn(|| chunks.next()).collect()
}

fn hear(chunks: &mut Chunks, samples: &[i16], micros: u64) {
    let before = chunks.waiting();
    chunks.inlet().extend_from_slice(samples);
    chunks.heard(before, Timestamp::from_micros(micros));
}

proptest! {
    #[test]
    fn blocks_of_any_length_become_the_same_samples_in_frames(
        lengths in prop::collection::vec(0usize..3000, 0..60),
        late in prop::collection::vec(0u64..50_000, 60),
    ) {
        let mut chunks = Chunks::new(SHAPE);
        let (mut given, mut taken) = (Vec::new(), Vec::new());
        let mut last = (Timestamp::ZERO, 0);
        let mut micros = 0;
        for (length, late) in lengths.iter().zip(&late) {
            let start = given.len();
            // Whole samples of both channels.
            let block: Vec<i16> = (start..start + length * 2).map(|index| index as i16).collect();
            given.extend_from_slice(&block);
            micros += *length as u64 * 1_000_000 / 48_000;
            hear(&mut chunks, &block, micros + late);
            for frame in frames(&mut chunks) {
                prop_assert_eq!(frame.samples.len(), VALUES);
                prop_assert_eq!(frame.pts as usize, taken.len() / 2);
                prop_assert!(frame.captured <= Timestamp::from_micros(micros + late));
                prop_assert!(frame.pts == 0 || frame.pts == last.1 + 480);
                last = (frame.captured, frame.pts);
                taken.extend_from_slice(&frame.samples);
            }
            prop_assert!(chunks.waiting() < VALUES);
        }
        prop_assert_eq!(&given[..taken.len()], &taken[..]);
        prop_assert!(given.len() - taken.len() < VALUES);
    }

    #[test]
    fn a_pause_moves_the_position_by_whole_frames_of_its_length(
        before in 0usize..2000,
        pause in 300_000u64..100_000_000,
    ) {
        let mut chunks = Chunks::new(SHAPE);
        hear(&mut chunks, &vec![1; before * 2], 1_000_000);
        let first = frames(&mut chunks);
        let left = chunks.waiting();
        hear(&mut chunks, &vec![2; VALUES], 1_000_000 + pause + 10_000);
        let mut second = frames(&mut chunks);
        if left > 0 {
            let rest = second.remove(0);
            prop_assert!(rest.samples[..left].iter().all(|sample| *sample == 1));
            prop_assert!(rest.samples[left..].iter().all(|sample| *sample == 0));
            prop_assert_eq!(rest.pts as usize, first.len() * 480, "it belongs before the pause");
        }
        prop_assert_eq!(second.len(), 1, "what comes after a pause is whole");
        prop_assert!(second[0].samples.iter().all(|sample| *sample == 2));
        prop_assert_eq!(second[0].pts % 480, 0);
        let expected = (first.len() as u64 * 480) + pause * 48 / 1000;
        prop_assert!(u64::from(second[0].pts).abs_diff(expected) <= 960);
    }
}
