//! The writing half of a link: commands first, then sound, then pictures as fast as the viewer takes them, then
//! what is copied.

use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes};
use bytes::Bytes;
use futures_util::{Sink, SinkExt};
use selkies_media::trace::{Step, Steps};
use selkies_media::{Picture, Timestamp};
use selkies_pipeline::Subscription;
use selkies_proto::server::{ClipPiece, InputTrace, PictureTrace};
use selkies_proto::video::{KEEP_ALIVE, frame_id};
use selkies_proto::{CloseReason, ServerMessage};
use tokio::time::{
    Instant, Interval, MissedTickBehavior, interval_at, sleep, sleep_until, timeout,
};

use crate::commands::Commands;
use crate::hearing::Hearing;
use crate::showing::Showings;
use crate::side::Side;
use crate::websocket::{End, Identity};
use crate::{Command, Stats, framing};

/// Between two pings; routers and proxies forget silent connections.
const PING: Duration = Duration::from_secs(30);
/// One message that takes longer than this to leave means a page that no longer reads.
const STUCK: Duration = Duration::from_secs(20);
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Viewer pages ask for a keyframe after three seconds without a picture.
const KEEP_ALIVE_AFTER: Duration = Duration::from_millis(2500);
/// A viewer that was held back while the others went on begins anew with a keyframe, instead of
/// working through what is old; but not more often than this, for keyframes cost everyone.
const RESTART_SPACING: Duration = Duration::from_secs(2);

pub(crate) struct Writer<'a, S> {
    sink: S,
    side: &'a Side,
    viewer: u64,
    steps: Arc<Mutex<Steps>>,
    watched: Option<Watched>,
    hearing: Hearing,
    showings: Showings,
    /// Something was sent last.
    quiet_since: Instant,
    restarted: Option<Instant>,
    pub(crate) stats: Stats,
}

/// The stream the viewer gets.
struct Watched {
    pictures: Subscription,
    keep_alive: bool,
    framerate: f64,
}

/// What the writer does next.
enum Next {
    Command(Option<Command>),
    Sound(Option<Bytes>),
    Picture(Option<Arc<Picture>>),
    Clip(ServerMessage),
    Ping,
    KeepAlive,
    /// The reading half has news, or time has changed what may be sent.
    Look,
}

impl<'a, S: Sink<Message> + Unpin> Writer<'a, S> {
    pub(crate) fn new(sink: S, side: &'a Side, identity: Identity) -> Self {
        Self {
            sink,
            side,
            viewer: identity.viewer,
            steps: identity.steps,
            watched: None,
            hearing: Hearing::default(),
            showings: Showings::default(),
            quiet_since: Instant::now(),
            restarted: None,
            stats: Stats::default(),
        }
    }

    pub(crate) async fn write(&mut self, mut commands: Commands) -> End {
        let mut pings = interval_at(Instant::now() + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sent = match self.next(&mut commands, &mut pings).await {
                Next::Command(None) => return End::Closed,
                Next::Command(Some(Command::Close(reason))) => {
                    self.say_goodbye(reason).await;
                    return End::Closed;
                }
                Next::Command(Some(command)) => self.obey(command).await,
                Next::Sound(Some(message)) => self.send_sound(message).await,
                Next::Sound(None) => {
                    self.forget_sound();
                    true
                }
                Next::Picture(Some(picture)) => self.send_picture(&picture).await,
                Next::Picture(None) => {
                    self.forget_pictures();
                    true
                }
                Next::Clip(message) => self.send_clip(message).await,
                Next::Ping => self.send(Message::Ping(Bytes::new())).await,
                Next::KeepAlive => {
                    self.quiet_since = Instant::now();
                    self.send(Message::Binary(Bytes::from_static(&KEEP_ALIVE)))
                        .await
                }
                Next::Look => match self.side.take_pong() {
                    Some(pong) => self.say(&pong).await,
                    None => true,
                },
            };
            if !sent {
                return End::Stuck;
            }
        }
    }

    /// Commands go before pictures: a reset must not be overtaken by what comes after it. What the
    /// viewer cannot take yet stays where newer pictures replace it. What is copied can wait.
    async fn next(&mut self, commands: &mut Commands, pings: &mut Interval) -> Next {
        let quiet_until = self.quiet_since + KEEP_ALIVE_AFTER;
        let mut patience = None;
        let mut keep_alive = false;
        if let Some(watched) = &mut self.watched {
            keep_alive = watched.keep_alive;
            let flow = self.side.flow();
            if !flow.may_send(self.side.now(), watched.framerate) {
                patience = Some(flow.patience());
                watched.pictures.hold();
            }
        }
        let open = patience.is_none();
        if open {
            self.catch_up();
        }
        let clock = self.side.clock();
        let now = self.side.now();
        self.showings.arrived(self.side.ponged(), now);
        let may_show = self.showings.may_send(now);
        let look = self.showings.next_look();
        let Self {
            watched,
            showings,
            hearing,
            side,
            ..
        } = self;
        let picture = async {
            match watched {
                Some(watched) if open => watched.pictures.next().await,
                _ => pending().await,
            }
        };
        let looked = async {
            match look {
                Some(due) => sleep_until(clock.instant(due).into()).await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            command = commands.recv() => Next::Command(command),
            () = side.news.notified() => Next::Look,
            sound = hearing.next(side) => Next::Sound(sound),
            picture = picture => Next::Picture(picture),
            _ = pings.tick() => Next::Ping,
            () = sleep(patience.unwrap_or_default()), if !open => Next::Look,
            () = sleep_until(quiet_until), if keep_alive => Next::KeepAlive,
            () = looked => Next::Look,
            message = showings.next(), if may_show => Next::Clip(message),
        }
    }

    /// Half a second of pictures that pile up are not worth seeing.
    fn catch_up(&mut self) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        let behind = watched.pictures.waiting() as f64 > watched.framerate / 2.0;
        let recently = self
            .restarted
            .is_some_and(|last| last.elapsed() < RESTART_SPACING);
        if behind && !recently {
            self.restarted = Some(Instant::now());
            watched.pictures.restart();
        }
    }

    async fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Send(message) => return self.say(&message).await,
            Command::Watch {
                pictures,
                keep_alive,
                framerate,
            } => {
                self.forget_pictures();
                self.side.flow().restart();
                self.watched = Some(Watched {
                    pictures,
                    keep_alive,
                    framerate,
                });
                self.quiet_since = Instant::now();
            }
            Command::Pace(framerate) => {
                if let Some(watched) = &mut self.watched {
                    watched.framerate = framerate;
                }
            }
            Command::Unwatch => self.forget_pictures(),
            Command::Listen { sound, redundancy } => self.hearing.listen(sound, redundancy),
            Command::Redundancy(redundancy) => self.hearing.set_redundancy(redundancy),
            Command::Unlisten => self.forget_sound(),
            Command::Show(showing) => {
                for message in self.showings.show(showing) {
                    if !self.say(&message).await {
                        return false;
                    }
                }
            }
            Command::Close(reason) => self.say_goodbye(reason).await,
        }
        true
    }

    async fn send_picture(&mut self, picture: &Picture) -> bool {
        let taken = self.side.now();
        let frame = frame_id(picture.number);
        self.side.flow().sent(frame, taken);
        for message in framing::messages(picture) {
            if !self.send(Message::Binary(message.clone())).await {
                return false;
            }
            // What came meanwhile is not held up by the rest of the picture.
            while let Some(sound) = self.hearing.ready(self.side) {
                if !self.send_sound(sound).await {
                    return false;
                }
            }
        }
        let sent = self.side.now();
        self.quiet_since = Instant::now();
        self.stats.pictures += 1;
        self.stats.bytes += picture.bytes() as u64;
        self.count_steps(picture, taken, sent);
        if self.side.wants_trace() {
            return self
                .say(&ServerMessage::Trace(
                    self.trace(picture, frame, taken, sent),
                ))
                .await;
        }
        true
    }

    async fn send_sound(&mut self, message: Bytes) -> bool {
        if !self.send(Message::Binary(message)).await {
            return false;
        }
        match self.hearing.ping(self.side.now()) {
            Some(number) => {
                let ping = Bytes::copy_from_slice(&number.to_be_bytes());
                self.send(Message::Ping(ping)).await
            }
            None => true,
        }
    }

    /// Behind what takes time on the way goes a ping, whose answer says that it has arrived.
    async fn send_clip(&mut self, message: ServerMessage) -> bool {
        let data = match &message {
            ServerMessage::Clip(ClipPiece::Whole { data, .. } | ClipPiece::Part(data)) => data,
            message => return self.say(message).await,
        };
        self.stats.copied += data.0.len() as u64;
        let number = self.showings.sent(self.side.now());
        let ping = Bytes::copy_from_slice(&number.to_be_bytes());
        self.say(&message).await && self.send(Message::Ping(ping)).await
    }

    fn count_steps(&self, picture: &Picture, taken: Timestamp, sent: Timestamp) {
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        for input in picture
            .answers
            .iter()
            .filter(|input| input.viewer == self.viewer)
        {
            steps.add(Step::Inject, input.injected - input.received);
            steps.add(Step::React, picture.damaged - input.injected);
        }
        if !picture.is_repeat() {
            steps.add(Step::Capture, picture.captured - picture.damaged);
            steps.add(Step::Wait, picture.encode_started - picture.captured);
        }
        steps.add(Step::Encode, picture.encoded - picture.encode_started);
        steps.add(Step::Queue, taken - picture.encoded);
        steps.add(Step::Send, sent - taken);
    }

    fn trace(
        &self,
        picture: &Picture,
        frame: u16,
        taken: Timestamp,
        sent: Timestamp,
    ) -> PictureTrace {
        let own = picture
            .answers
            .iter()
            .filter(|input| input.viewer == self.viewer);
        PictureTrace {
            frame,
            damaged: picture.damaged.as_micros(),
            captured: picture.captured.as_micros(),
            encode_started: picture.encode_started.as_micros(),
            encoded: picture.encoded.as_micros(),
            taken: taken.as_micros(),
            sent: sent.as_micros(),
            answers: own
                .map(|input| InputTrace {
                    id: input.id,
                    received: input.received.as_micros(),
                    injected: input.injected.as_micros(),
                })
                .collect(),
        }
    }

    async fn say(&mut self, message: &ServerMessage) -> bool {
        self.send(Message::Text(message.encode().into())).await
    }

    async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(STUCK, self.sink.send(message)).await, Ok(Ok(())))
    }

    pub(crate) async fn say_goodbye(&mut self, reason: CloseReason) {
        let frame = CloseFrame {
            code: reason.code(),
            reason: Utf8Bytes::from_static(reason.text()),
        };
        // The page may be gone already; then there is nobody to tell.
        let _ = timeout(FAREWELL, self.sink.send(Message::Close(Some(frame)))).await;
    }

    /// A page that closes waits for our word that we have heard it (RFC 6455 §5.5.1).
    pub(crate) async fn answer_goodbye(&mut self) {
        // If it has not closed but vanished, there is nobody to tell.
        let _ = timeout(FAREWELL, self.sink.close()).await;
    }

    pub(crate) fn forget_sound(&mut self) {
        self.hearing.stop();
        self.stats.sound = self.hearing.packets;
        self.stats.unheard = self.hearing.dropped;
    }

    pub(crate) fn forget_pictures(&mut self) {
        if let Some(watched) = self.watched.take() {
            self.stats.dropped += watched.pictures.dropped();
        }
    }
}

#[cfg(test)]
mod tests;
