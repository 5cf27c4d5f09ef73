//! The link over a WebSocket (RFC 6455).

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::{Message, Utf8Bytes, WebSocket};
use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use selkies_media::Clock;
use selkies_media::trace::Steps;
use selkies_proto::client::{ClientBinary, clip_bytes};
use selkies_proto::sound::Speech;
use selkies_proto::{CloseReason, decode_binary, decode_text};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::room::Room;
use crate::side::Side;
use crate::writer::Writer;
use crate::{Commands, Event, Stats, inflate};

/// A page that has not answered two pings is gone.
const SILENCE: Duration = Duration::from_secs(75);

/// Text of a clip that is longer than this is decoded where it holds up nobody.
const LONG: usize = 64 << 10;

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

/// Whose link it is, and how its time is told and counted.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The number of the viewer.
    pub viewer: u64,
    /// Stamps everything.
    pub clock: Clock,
    /// Where the steps of every picture are counted.
    pub steps: Arc<Mutex<Steps>>,
    /// For what pages send of what they have copied.
    pub room: Room,
}

/// Runs the link until it ends. `report` is awaited for every event: a page that sends faster than
/// its events are handled is slowed down by its own connection.
pub async fn run<Reported>(
    socket: WebSocket,
    commands: Commands,
    identity: Identity,
    report: impl Fn(Event) -> Reported,
) -> (End, Stats)
where
    Reported: Future<Output = ()>,
{
    let (sink, stream) = socket.split();
    let side = Side::new(identity.clock);
    let room = identity.room.clone();
    let mut writer = Writer::new(sink, &side, identity);
    let reading = read(stream, &side, &room, report);
    let end = {
        let mut reading = pin!(reading);
        let mut writing = pin!(writer.write(commands));
        tokio::select! {
            end = &mut reading => end,
            end = &mut writing => end,
        }
    };
    writer.forget_pictures();
    writer.forget_sound();
    match end {
        End::TooLarge => writer.say_goodbye(CloseReason::TooLarge).await,
        End::Gone => writer.answer_goodbye().await,
        End::Stuck | End::Closed => {}
    }
    (end, writer.stats)
}

async fn read<Reported>(
    mut stream: SplitStream<WebSocket>,
    side: &Side,
    room: &Room,
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
            Message::Text(text) => event_of_text(text, room).await,
            Message::Binary(bytes) => event_of_binary(bytes, room).await,
            Message::Ping(_) => continue,
            Message::Pong(payload) => {
                side.hear_pong(&payload);
                continue;
            }
            Message::Close(_) => return End::Gone,
        };
        let event = match event {
            Event::Message(message) => side.overhear(message).map(Event::Message),
            other => Some(other),
        };
        if let Some(event) = event {
            report(event).await;
        }
    }
}

async fn event_of_text(text: Utf8Bytes, room: &Room) -> Event {
    let bytes = clip_bytes(&text);
    if bytes == 0 {
        return decode_text(&text).map_or(Event::Malformed, Event::Message);
    }
    let place = room.take(bytes).await;
    let decoded = if text.len() > LONG {
        let decoding = spawn_blocking(move || decode_text(&text).ok());
        decoding.await.ok().flatten()
    } else {
        decode_text(&text).ok()
    };
    decoded.map_or(Event::Malformed, |message| {
        Event::Message(place.hold(message))
    })
}

async fn event_of_binary(bytes: Bytes, room: &Room) -> Event {
    let gzip = match decode_binary(&bytes) {
        Ok(ClientBinary::GzipText(gzip)) => bytes.slice_ref(gzip),
        Ok(ClientBinary::Microphone(packet)) => {
            return Event::Microphone(Speech(bytes.slice_ref(packet)));
        }
        Err(_) => return Event::Malformed,
    };
    // A few bytes can stand for megabytes: not on a thread that everyone's pictures pass.
    let inflating = spawn_blocking(move || inflate::text(&gzip));
    match inflating.await.ok().flatten() {
        Some(text) => event_of_text(text.into(), room).await,
        None => Event::Malformed,
    }
}

/// The WebSocket library says so in its error's text only, once it is wrapped.
fn is_too_large(error: &axum::Error) -> bool {
    error.to_string().contains("too long")
}
