//! The link over a WebSocket (RFC 6455).

use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use selkies_media::Picture;
use selkies_pipeline::Subscription;
use selkies_proto::client::ClientBinary;
use selkies_proto::video::KEEP_ALIVE;
use selkies_proto::{CloseReason, decode_binary, decode_text};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep_until, timeout};

use crate::{Command, Event, Stats, framing, inflate};

/// Between two pings; routers and proxies forget silent connections.
const PING: Duration = Duration::from_secs(30);
/// A page that has not answered two pings is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// One message that takes longer than this to leave means a page that no longer reads.
const STUCK: Duration = Duration::from_secs(20);
/// How long the last words may take.
const FAREWELL: Duration = Duration::from_secs(2);
/// Viewer pages ask for a keyframe after three seconds without a picture.
const KEEP_ALIVE_AFTER: Duration = Duration::from_millis(2500);

/// Why a link ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The page closed it, or the connection broke.
    Gone,
    /// The page stopped reading, or answering.
    Stuck,
    /// We closed it.
    Closed,
    /// The page sent a message larger than any may be.
    TooLarge,
}

/// Runs the link until it ends. `report` is awaited for every event: a page that sends faster than
/// its events are handled is slowed down by its own connection.
pub async fn run<Reported>(
    socket: WebSocket,
    commands: mpsc::Receiver<Command>,
    report: impl Fn(Event) -> Reported,
) -> (End, Stats)
where
    Reported: Future<Output = ()>,
{
    let (sink, stream) = socket.split();
    let mut writer = Writer {
        sink,
        pictures: None,
        keep_alive: false,
        quiet_since: Instant::now(),
        stats: Stats::default(),
    };
    let reading = read(stream, report);
    let end = {
        let mut reading = pin!(reading);
        let mut writing = pin!(writer.write(commands));
        tokio::select! {
            end = &mut reading => end,
            end = &mut writing => end,
        }
    };
    if end == End::TooLarge {
        writer.say_goodbye(CloseReason::TooLarge).await;
    }
    writer.forget_pictures();
    (end, writer.stats)
}

async fn read<Reported>(
    mut stream: SplitStream<WebSocket>,
    report: impl Fn(Event) -> Reported,
) -> End
where
    Reported: Future<Output = ()>,
{
    loop {
        let message = match timeout(SILENCE, stream.next()).await {
            Err(_) => return End::Stuck,
            Ok(None) => return End::Gone,
            Ok(Some(Err(error))) => {
                return if is_too_large(&error) {
                    End::TooLarge
                } else {
                    End::Gone
                };
            }
            Ok(Some(Ok(message))) => message,
        };
        let event = match message {
            Message::Text(text) => event_of_text(&text),
            Message::Binary(bytes) => event_of_binary(&bytes),
            Message::Ping(_) | Message::Pong(_) => continue,
            Message::Close(_) => return End::Gone,
        };
        report(event).await;
    }
}

fn event_of_text(text: &str) -> Event {
    decode_text(text).map_or(Event::Malformed, Event::Message)
}

fn event_of_binary(bytes: &[u8]) -> Event {
    match decode_binary(bytes) {
        Ok(ClientBinary::GzipText(gzip)) => {
            inflate::text(gzip).map_or(Event::Malformed, |text| event_of_text(&text))
        }
        Ok(ClientBinary::Microphone(_)) => Event::Microphone,
        Err(_) => Event::Malformed,
    }
}

/// The WebSocket library says so in its error's text only, once it is wrapped.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("too long")
}

struct Writer {
    sink: SplitSink<WebSocket, Message>,
    pictures: Option<Subscription>,
    keep_alive: bool,
    quiet_since: Instant,
    stats: Stats,
}

/// What the writer does next.
enum Next {
    Command(Option<Command>),
    Picture(Option<Arc<Picture>>),
    Ping,
    KeepAlive,
}

impl Writer {
    async fn write(&mut self, mut commands: mpsc::Receiver<Command>) -> End {
        let mut pings = interval_at(Instant::now() + PING, PING);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let sent = match self.next(&mut commands, &mut pings).await {
                Next::Command(None) => return End::Closed,
                Next::Command(Some(Command::Send(message))) => {
                    self.send(Message::Text(message.encode().into())).await
                }
                Next::Command(Some(Command::Watch {
                    pictures,
                    keep_alive,
                })) => {
                    self.forget_pictures();
                    self.pictures = Some(pictures);
                    self.keep_alive = keep_alive;
                    self.quiet_since = Instant::now();
                    true
                }
                Next::Command(Some(Command::Unwatch)) => {
                    self.forget_pictures();
                    true
                }
                Next::Command(Some(Command::Close(reason))) => {
                    self.say_goodbye(reason).await;
                    return End::Closed;
                }
                Next::Picture(Some(picture)) => self.send_picture(&picture).await,
                Next::Picture(None) => {
                    self.forget_pictures();
                    true
                }
                Next::Ping => self.send(Message::Ping(Bytes::new())).await,
                Next::KeepAlive => {
                    self.quiet_since = Instant::now();
                    self.send(Message::Binary(Bytes::from_static(&KEEP_ALIVE)))
                        .await
                }
            };
            if !sent {
                return End::Stuck;
            }
        }
    }

    /// Commands go before pictures: a reset must not be overtaken by what comes after it.
    async fn next(&mut self, commands: &mut mpsc::Receiver<Command>, pings: &mut Interval) -> Next {
        let quiet_until = self.quiet_since + KEEP_ALIVE_AFTER;
        let watching = self.pictures.is_some();
        let picture = async {
            match &mut self.pictures {
                Some(pictures) => pictures.next().await,
                None => pending().await,
            }
        };
        tokio::select! {
            biased;
            command = commands.recv() => Next::Command(command),
            picture = picture => Next::Picture(picture),
            _ = pings.tick() => Next::Ping,
            () = sleep_until(quiet_until), if watching && self.keep_alive => Next::KeepAlive,
        }
    }

    async fn send_picture(&mut self, picture: &Picture) -> bool {
        for message in framing::messages(picture) {
            if !self.send(Message::Binary(message.clone())).await {
                return false;
            }
        }
        self.quiet_since = Instant::now();
        self.stats.pictures += 1;
        self.stats.bytes += picture.bytes() as u64;
        true
    }

    async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(STUCK, self.sink.send(message)).await, Ok(Ok(())))
    }

    async fn say_goodbye(&mut self, reason: CloseReason) {
        let frame = CloseFrame {
            code: reason.code(),
            reason: Utf8Bytes::from_static(reason.text()),
        };
        // The page may be gone already; then there is nobody to tell.
        let _ = timeout(FAREWELL, self.sink.send(Message::Close(Some(frame)))).await;
    }

    fn forget_pictures(&mut self) {
        if let Some(pictures) = self.pictures.take() {
            self.stats.dropped += pictures.dropped();
        }
    }
}
