use std::pin::Pin;
use std::sync::mpsc;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};
use std::thread;
use std::time::Instant;

use axum::extract::ws::Message;
use futures_util::Sink as FutureSink;
use selkies_media::sound::{
    AudioCodecs, AudioDecoder, AudioEncoder, AudioSink, AudioSource, Channels, CodecError, Sound,
    SoundError, SoundShape,
};
use selkies_media::{Bitrate, Clock};
use selkies_pipeline::sound::{SoundPipeline, SoundSpec};
use selkies_proto::sound::decode_sound;
use tokio::task::yield_now;
use tokio::time::advance;

use super::*;
use crate::room::Room;
use crate::websocket::{End, Identity};
use crate::writer::Writer;
use crate::{Command, Handle};

const DEADLINE: Duration = Duration::from_secs(20);
const FRAME: Duration = Duration::from_millis(10);

/// A sound server that plays a frame whenever it is told to, and codecs whose packets count.
struct Band {
    cues: Mutex<Option<mpsc::Receiver<Timestamp>>>,
}

struct Player(mpsc::Receiver<Timestamp>);

struct Counter(u8);

impl Sound for Band {
    fn prepare(&self, _: Channels) -> Result<(), SoundError> {
        Ok(())
    }

    fn source(&self, _: SoundShape, _: Clock) -> Result<Box<dyn AudioSource>, SoundError> {
        let mut cues = self.cues.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Box::new(Player(
            cues.take().expect("one listener at a time"),
        )))
    }

    fn microphone(&self) -> Result<Box<dyn AudioSink>, SoundError> {
        unreachable!("nobody speaks")
    }
}

impl AudioSource for Player {
    fn next(
        &mut self,
        into: &mut Vec<i16>,
        patience: Duration,
    ) -> Result<Option<Timestamp>, SoundError> {
        let Ok(moment) = self.0.recv_timeout(patience) else {
            return Ok(None);
        };
        into.extend([1000; 960]);
        Ok(Some(moment))
    }
}

impl AudioCodecs for Band {
    fn encoder(&self, _: SoundShape, _: Bitrate) -> Result<Box<dyn AudioEncoder>, CodecError> {
        Ok(Box::new(Counter(0)))
    }

    fn decoder(&self) -> Result<Box<dyn AudioDecoder>, CodecError> {
        unreachable!("nobody speaks")
    }
}

impl AudioEncoder for Counter {
    fn encode(&mut self, _: &[i16], out: &mut Vec<u8>) -> Result<(), CodecError> {
        self.0 += 1;
        out.clear();
        out.push(self.0);
        Ok(())
    }

    fn set_bitrate(&mut self, _: Bitrate) -> Result<(), CodecError> {
        Ok(())
    }
}

pub(crate) struct Stage {
    pub(crate) pipeline: SoundPipeline,
    play: mpsc::SyncSender<Timestamp>,
    pub(crate) side: Side,
}

impl Stage {
    pub(crate) fn open() -> Self {
        let (play, cues) = mpsc::sync_channel(16);
        let band = Arc::new(Band {
            cues: Mutex::new(Some(cues)),
        });
        let clock = Clock::starting_at(tokio::time::Instant::now().into_std());
        let spec = SoundSpec {
            shape: SoundShape::default(),
            bitrate: Bitrate::from_kbps(64),
        };
        let pipeline = SoundPipeline::start(spec, band.clone(), band, clock, |_| {});
        Self {
            pipeline: pipeline.expect("a thread"),
            play,
            side: Side::new(clock),
        }
    }

    fn play(&self) {
        assert!(self.play.send(self.side.now()).is_ok(), "it plays");
    }

    /// Plays one frame; the message it makes. Time stands still meanwhile.
    pub(crate) async fn hear(&self, hearing: &mut Hearing) -> Bytes {
        self.play();
        let until = Instant::now() + DEADLINE;
        loop {
            if let Some(message) = hearing.ready(&self.side) {
                return message;
            }
            assert!(Instant::now() < until, "nothing is heard");
            thread::sleep(Duration::from_millis(1));
            yield_now().await;
        }
    }

    /// Plays one frame, which is dropped.
    async fn miss(&self, hearing: &mut Hearing) {
        let before = hearing.dropped;
        self.play();
        let until = Instant::now() + DEADLINE;
        while hearing.dropped == before {
            assert_eq!(hearing.ready(&self.side), None);
            assert!(Instant::now() < until, "nothing is dropped");
            thread::sleep(Duration::from_millis(1));
            yield_now().await;
        }
    }

    fn answer(&self, number: u64) {
        self.side.hear_pong(&number.to_be_bytes());
    }
}

/// Offsets and first bytes of what is repeated, and the packet's own.
fn read(message: &Bytes) -> (Vec<(u32, u8)>, u8) {
    let sound = decode_sound(message).expect("it is sound");
    let earlier = sound.earlier.iter();
    let earlier = earlier.map(|one| (one.offset, one.packet[0])).collect();
    (earlier, sound.packet[0])
}

#[tokio::test(start_paused = true)]
async fn each_message_repeats_what_was_sent_before_as_far_as_it_is_told_to() {
    let stage = Stage::open();
    let mut hearing = Hearing::default();
    assert_eq!(hearing.ready(&stage.side), None, "nobody listens");
    hearing.listen(stage.pipeline.subscribe(), 2);
    assert_eq!(stage.hear(&mut hearing).await[..], [1, 0, 1]);
    for (number, earlier) in [
        (2, vec![(480, 1)]),
        (3, vec![(960, 1), (480, 2)]),
        (4, vec![(960, 2), (480, 3)]),
    ] {
        advance(FRAME).await;
        assert_eq!(read(&stage.hear(&mut hearing).await), (earlier, number));
    }
    hearing.set_redundancy(0);
    for number in 5..8 {
        assert_eq!(stage.hear(&mut hearing).await[..], [1, 0, number]);
    }
    // Only what was sent since is repeated: pages have played the rest.
    hearing.set_redundancy(1);
    assert_eq!(read(&stage.hear(&mut hearing).await), (vec![], 8));
    assert_eq!(read(&stage.hear(&mut hearing).await), (vec![(480, 8)], 9));
    assert_eq!((hearing.packets, hearing.dropped), (9, 0));
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_too_long_ago_is_not_sent() {
    let stage = Stage::open();
    let mut hearing = Hearing::default();
    hearing.listen(stage.pipeline.subscribe(), 0);
    assert_eq!(read(&stage.hear(&mut hearing).await).1, 1);
    let now = stage.side.now();
    advance(LATE + Duration::from_millis(1)).await;
    assert!(stage.play.send(now).is_ok());
    assert_eq!(read(&stage.hear(&mut hearing).await).1, 3);
    assert_eq!((hearing.packets, hearing.dropped), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_link_that_takes_but_does_not_deliver_gets_nothing_more_until_it_does() {
    let stage = Stage::open();
    let mut hearing = Hearing::default();
    hearing.listen(stage.pipeline.subscribe(), 0);
    stage.hear(&mut hearing).await;
    let number = hearing.ping(stage.side.now()).expect("the first");
    advance(Duration::from_millis(20)).await;
    stage.answer(number);
    advance(Duration::from_millis(300)).await;
    stage.hear(&mut hearing).await;
    let number = hearing.ping(stage.side.now()).expect("the second");
    for _ in 0..27 {
        advance(FRAME).await;
        stage.hear(&mut hearing).await;
    }
    // Now it lasts longer than a way and a queue.
    for _ in 0..150 {
        advance(FRAME).await;
        stage.miss(&mut hearing).await;
    }
    stage.answer(number);
    advance(FRAME).await;
    stage.hear(&mut hearing).await;
    assert_eq!(hearing.dropped, 150);
}

/// A connection whose other end reads nothing until it is opened.
#[derive(Clone, Default)]
pub(crate) struct Reader(Arc<Mutex<Reading>>);

#[derive(Default)]
struct Reading {
    open: bool,
    read: Vec<Message>,
    waker: Option<std::task::Waker>,
}

impl Reader {
    /// First bytes of what was read.
    pub(crate) fn kinds(&self) -> Vec<u8> {
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let kinds = reading.read.iter().filter_map(|message| match message {
            Message::Binary(bytes) => bytes.first().copied(),
            _ => None,
        });
        kinds.collect()
    }

    pub(crate) fn open(&self) {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.open = true;
        reading
            .waker
            .take()
            .into_iter()
            .for_each(std::task::Waker::wake);
    }

    fn sound(&self) -> Vec<u8> {
        let reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sound = reading.read.iter().filter_map(|message| match message {
            Message::Binary(bytes) => Some(read(bytes).1),
            _ => None,
        });
        sound.collect()
    }
}

impl FutureSink<Message> for Reader {
    type Error = ();

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, message: Message) -> Result<(), ()> {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reading.read.push(message);
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<(), ()>> {
        let mut reading = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reading.open {
            return Poll::Ready(Ok(()));
        }
        reading.waker = Some(context.waker().clone());
        Poll::Pending
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ()>> {
        Poll::Ready(Ok(()))
    }
}

/// Takes its turns until it waits.
async fn turns() {
    for _ in 0..50 {
        yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_comes_back_hears_what_is_played_now() {
    const PLAYED: u8 = 100;
    let stage = Stage::open();
    let reader = Reader::default();
    let identity = Identity {
        viewer: 1,
        clock: stage.side.clock(),
        steps: Arc::default(),
        room: Room::of(1),
    };
    let mut writer = Writer::new(reader.clone(), &stage.side, identity);
    let (handle, commands) = Handle::new();
    // Another viewer, who reads: the pipeline has made a packet when it has heard it.
    let mut other = Hearing::default();
    other.listen(stage.pipeline.subscribe(), 0);
    let sound = stage.pipeline.subscribe();
    let told = handle.tell(Command::Listen {
        sound,
        redundancy: 0,
    });
    assert!(told);
    let scene = async {
        turns().await;
        for number in 1..=PLAYED {
            assert_eq!(read(&stage.hear(&mut other).await).1, number);
            turns().await;
            advance(FRAME).await;
        }
        assert_eq!(reader.sound(), [1], "the first one is under way");
        reader.open();
        turns().await;
        let heard = reader.sound();
        assert_eq!(heard.first(), Some(&1));
        // As much as is not too late, without a gap, up to the last.
        let oldest = PLAYED - 15;
        assert!(
            heard[1..].iter().all(|number| *number > oldest),
            "{heard:?}"
        );
        assert_eq!(heard.last(), Some(&PLAYED));
        assert!(heard[1..].windows(2).all(|pair| pair[1] == pair[0] + 1));
        drop(handle);
        heard.len() as u64
    };
    let (end, heard) = tokio::join!(writer.write(commands), scene);
    assert_eq!(end, End::Closed);
    writer.forget_sound();
    let (sound, unheard) = (writer.stats.sound, writer.stats.unheard);
    assert_eq!((sound, unheard), (heard, u64::from(PLAYED) - heard));
}
