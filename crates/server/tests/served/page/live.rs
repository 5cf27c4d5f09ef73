//! What a page does by itself.

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use futures_util::{SinkExt, StreamExt};
use selkies_proto::sound::decode_sound;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use super::screen::{Outcome, Screen};
use super::{Entry, Kind, Order, Shared, WINDOW};

/// Between two acknowledgements.
const BEAT: Duration = Duration::from_millis(50);
/// A viewer page stops its video when it opens, and starts it so much later.
const VIEWER_STARTS: Duration = Duration::from_millis(250);
/// Without video for so long, a page does something about it.
const PATIENCE: Duration = Duration::from_secs(3);
const KEYFRAME_TRIES: u32 = 5;
/// After the page's own choice of an encoder it makes sure.
const AFTER_CHOICE: Duration = Duration::from_millis(1500);
/// Between two requests for a keyframe.
const KEYFRAME_SPACING: Duration = Duration::from_millis(500);

/// Heard before the page knows the mode.
const BEFORE_MODE: [&str; 5] = [
    "MODE ",
    "KILL ",
    "AUTH_SUCCESS,",
    "MK_ACCESS,",
    "ROLE_UPDATE,",
];

pub(super) async fn live(
    kind: Kind,
    socket: WebSocketStream<TcpStream>,
    shared: Arc<Shared>,
    mut orders: mpsc::Receiver<Order>,
) {
    let mut page = Live {
        kind,
        socket,
        shared,
        screen: Screen::new(kind.is_owner()),
        choice: match kind {
            Kind::OwnerWith(encoder) => Some(encoder),
            _ => None,
        },
        window: WINDOW,
        knows_mode: false,
        killed: false,
        ended: false,
        wants_video: true,
        clip: None,
        tries: 0,
        alive: Instant::now(),
        start_due: None,
        keyframe_due: None,
        keyframe_asked: None,
    };
    page.open().await;
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !page.ended {
        tokio::select! {
            message = page.socket.next() => match message {
                Some(Ok(message)) => page.take(message).await,
                Some(Err(error)) => page.end(1006, error.to_string()),
                None => page.end(1006, String::new()),
            },
            order = orders.recv() => match order {
                Some(order) => page.obey(order).await,
                None => {
                    // It may be closed already.
                    let _ = page.socket.close(None).await;
                    while let Some(Ok(_)) = page.socket.next().await {}
                    return;
                }
            },
            _ = beat.tick(), if !page.killed => page.beat().await,
        }
    }
}

struct Live {
    kind: Kind,
    socket: WebSocketStream<TcpStream>,
    shared: Arc<Shared>,
    screen: Screen,
    /// The encoder its user has chosen.
    choice: Option<&'static str>,
    window: (u32, u32),
    knows_mode: bool,
    killed: bool,
    ended: bool,
    wants_video: bool,
    /// The length and the text of a clip that comes in parts.
    clip: Option<(usize, String)>,
    tries: u32,
    /// When there was video last.
    alive: Instant,
    start_due: Option<Instant>,
    keyframe_due: Option<Instant>,
    keyframe_asked: Option<Instant>,
}

impl Live {
    async fn open(&mut self) {
        self.say("_gz,1").await;
        if self.kind == Kind::Capable {
            self.say("_selkies,{\"desktop_state\":true,\"clips\":true}")
                .await;
        }
        if self.kind.is_owner() {
            self.say_settings().await;
        }
        self.say("cr").await;
    }

    async fn say(&mut self, text: impl Into<String>) {
        let text = text.into();
        self.shared.note(Entry::Sent(text.clone()));
        // A connection that is over says so when it is read.
        let _ = self.socket.send(Message::text(text)).await;
    }

    async fn say_settings(&mut self) {
        let mut settings = json!({});
        if let Some(encoder) = self.choice {
            settings["encoder"] = encoder.into();
        }
        settings["is_manual_resolution_mode"] = false.into();
        settings["initialClientWidth"] = self.window.0.into();
        settings["initialClientHeight"] = self.window.1.into();
        settings["scaling_dpi"] = 96.into();
        settings["keyboardLayout"] = "us".into();
        settings["useCssScaling"] = false.into();
        settings["displayId"] = "primary".into();
        settings["audioRedundancy"] = true.into();
        self.say(format!("SETTINGS,{settings}")).await;
    }

    async fn obey(&mut self, order: Order) {
        match order {
            Order::Say(text) => self.say(text).await,
            Order::SayBytes(bytes) => {
                // As above.
                let _ = self.socket.send(Message::binary(bytes)).await;
            }
            Order::ResizeWindow(width, height) => {
                self.window = (width, height);
                self.say_size().await;
            }
            Order::PickEncoder(name) => {
                self.choice = Some(name);
                name.clone_into(&mut self.screen.encoder);
                self.say_settings().await;
                self.keyframe_due = Some(Instant::now() + AFTER_CHOICE);
            }
            Order::Hide => {
                self.wants_video = false;
                self.say("STOP_VIDEO").await;
            }
            Order::Show => {
                self.wants_video = true;
                self.alive = Instant::now();
                self.tries = 0;
                self.say("START_VIDEO").await;
            }
        }
    }

    async fn say_size(&mut self) {
        let (width, height) = self.window;
        self.say(format!("r,{width}x{height},primary")).await;
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Text(text) => self.hear(text.as_str()).await,
            Message::Binary(bytes) if bytes.first() == Some(&5) => {
                let mut text = String::new();
                match GzDecoder::new(&bytes[1..]).read_to_string(&mut text) {
                    Ok(_) => self.hear(&text).await,
                    Err(error) => self.shared.fault(format!("compressed text: {error}")),
                }
            }
            Message::Binary(bytes) if bytes.first() == Some(&1) => self.listen(&bytes),
            Message::Binary(bytes) => self.see(&bytes).await,
            Message::Close(Some(frame)) => self.end(frame.code.into(), frame.reason.to_string()),
            Message::Close(None) => self.end(1005, String::new()),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
    }

    fn end(&mut self, code: u16, reason: String) {
        self.ended = true;
        self.shared.note(Entry::Closed(code, reason));
    }

    async fn hear(&mut self, text: &str) {
        self.shared.note(Entry::Heard(text.to_owned()));
        if !self.knows_mode && !BEFORE_MODE.iter().any(|verb| text.starts_with(verb)) {
            self.shared
                .fault(format!("it ignores what comes before the mode: {text}"));
        }
        match text {
            "MODE websockets" => self.learn_mode().await,
            "PIPELINE_RESETTING primary" => self.screen.reset(),
            "VIDEO_STARTED" => {
                self.screen.stopped = false;
                self.alive = Instant::now();
            }
            "VIDEO_STOPPED" => self.screen.stopped = self.kind.is_owner(),
            "AUDIO_STARTED" | "AUDIO_STOPPED" | "AUDIO_DISABLED" => {}
            "MICROPHONE_DISABLED" | "_gz,1" => {}
            _ if text.starts_with('{') => self.read(text).await,
            _ if text.starts_with("DISPLAY_CONFIG_UPDATE,{") => {}
            _ if text.starts_with("cursor,") => self.show_cursor(text),
            _ if text.starts_with("_selkies,") && self.kind == Kind::Capable => {}
            _ if text.starts_with("_clip,") && self.kind == Kind::Capable => {}
            _ if text.starts_with("clipboard") && self.kind.is_owner() => self.take_clip(text),
            // The client hangs up at once and may miss the code that follows; here it is waited for.
            _ if text.starts_with("KILL ") => self.killed = true,
            _ => self.shared.fault(format!("it does not know {text}")),
        }
    }

    /// The client joins the parts and decodes them once. What is void is dropped.
    fn take_clip(&mut self, text: &str) {
        let (verb, content) = text.split_once(',').unwrap_or((text, ""));
        let is_well = match verb {
            "clipboard_reply" => content == "cr",
            "clipboard" => STANDARD.decode(content).is_ok(),
            "clipboard_binary" => {
                let base64 = content.split_once(',').map(|(_, base64)| base64);
                base64.is_some_and(|base64| STANDARD.decode(base64).is_ok())
            }
            "clipboard_start" => {
                let bytes = content.split_once(',').map(|(_, bytes)| bytes.parse());
                match bytes {
                    Some(Ok(bytes)) => {
                        self.clip = Some((bytes, String::new()));
                        true
                    }
                    _ => false,
                }
            }
            "clipboard_data" => {
                if let Some((_, joined)) = &mut self.clip {
                    joined.push_str(content);
                }
                self.clip.is_some()
            }
            "clipboard_finish" => self.clip.take().is_some_and(|(bytes, joined)| {
                // A lone sign of padding says that it is void.
                let void = joined.len() % 4 == 1 && joined.ends_with('=');
                let whole = STANDARD.decode(&joined);
                void || whole.is_ok_and(|whole| whole.len() == bytes)
            }),
            _ => false,
        };
        if !is_well {
            let start: String = text.chars().take(80).collect();
            self.shared.fault(format!("no clip: {start}"));
        }
    }

    async fn learn_mode(&mut self) {
        self.knows_mode = true;
        if self.kind.is_owner() {
            self.say("START_AUDIO").await;
        } else {
            self.say("kr").await;
            self.say("STOP_VIDEO").await;
            self.start_due = Some(Instant::now() + VIEWER_STARTS);
        }
    }

    async fn read(&mut self, text: &str) {
        let Ok(message) = serde_json::from_str::<Value>(text) else {
            self.shared.fault(format!("no JSON: {text}"));
            return;
        };
        match message["type"].as_str() {
            Some("server_settings") => {
                let encoder = &message["settings"]["encoder"];
                let is_allowed = |choice: &&str| {
                    let allowed = encoder["allowed"].as_array();
                    allowed.is_some_and(|allowed| allowed.iter().any(|one| one == *choice))
                };
                let choice = self.choice.filter(is_allowed);
                match choice.or(encoder["value"].as_str()) {
                    Some(name) => name.clone_into(&mut self.screen.encoder),
                    None => self.shared.fault(format!("no encoder: {encoder}")),
                }
                if self.kind.is_owner() {
                    self.say_size().await;
                }
            }
            Some("stream_resolution") => {
                let side = |name: &str| u32::try_from(message[name].as_u64()?).ok();
                self.screen.size = side("width").zip(side("height"));
            }
            _ => self.shared.fault(format!("it does not know {text}")),
        }
    }

    /// The page makes an image of it, whose name it looks up first.
    fn show_cursor(&self, text: &str) {
        let content = text.strip_prefix("cursor,").map(serde_json::from_str);
        let Some(Ok::<Value, _>(cursor)) = content else {
            self.shared.fault(format!("no JSON: {text}"));
            return;
        };
        let numbers = ["width", "height", "hotx", "hoty", "handle"].map(|name| &cursor[name]);
        let [width, height, hot_x, hot_y, handle] = numbers.map(Value::as_u64);
        let inside = |at: Option<u64>, length: Option<u64>| at < length && at.is_some();
        let is_sound = match cursor["curdata"].as_str() {
            Some("") => numbers.iter().all(|number| **number == 0),
            Some(_) => inside(hot_x, width) && inside(hot_y, height) && handle > Some(0),
            None => false,
        };
        if !is_sound {
            self.shared.fault(format!("no cursor: {text}"));
        }
    }

    fn listen(&self, bytes: &[u8]) {
        if let Err(error) = decode_sound(bytes) {
            self.shared.fault(format!("no sound: {error}"));
        }
        self.shared.seen().sound.push(bytes.to_vec());
        self.shared.changed.notify_waiters();
    }

    async fn see(&mut self, bytes: &[u8]) {
        self.alive = Instant::now();
        match self.screen.take(bytes) {
            Outcome::Shown(shown) => {
                self.tries = 0;
                self.shared.note(Entry::Shown(shown));
            }
            Outcome::Discarded(why) => self.shared.note(Entry::Discarded(why)),
            Outcome::Incomplete => {
                self.shared.note(Entry::Discarded("no keyframe came first"));
                self.ask_keyframe().await;
            }
            Outcome::SignOfLife => self.shared.note(Entry::SignOfLife),
            Outcome::Fault(what) => self.shared.fault(what),
        }
    }

    async fn ask_keyframe(&mut self) {
        let now = Instant::now();
        let asked = self.keyframe_asked;
        if asked.is_none_or(|asked| now.duration_since(asked) >= KEYFRAME_SPACING) {
            self.keyframe_asked = Some(now);
            self.say("REQUEST_KEYFRAME").await;
        }
    }

    async fn beat(&mut self) {
        if let Some(id) = self.screen.last_id.filter(|_| self.kind.is_owner()) {
            self.shared.seen().acknowledged.push(id);
            // As above.
            let text = format!("CLIENT_FRAME_ACK {id}");
            let _ = self.socket.send(Message::text(text)).await;
        }
        let now = Instant::now();
        if self.keyframe_due.is_some_and(|due| due <= now) {
            self.keyframe_due = None;
            self.ask_keyframe().await;
        }
        if self.start_due.is_some_and(|due| due <= now) {
            self.start_due = None;
            self.alive = now;
            self.say("START_VIDEO").await;
        }
        self.watch_over_video(now).await;
    }

    /// An owner that has seen nothing since it opened asks for keyframes; one that has shown itself
    /// again, and any viewer, starts its video anew.
    async fn watch_over_video(&mut self, now: Instant) {
        if !self.knows_mode || !self.wants_video || self.start_due.is_some() {
            return;
        }
        let silence = now.duration_since(self.alive);
        if self.kind.is_owner() {
            let never_any = self.screen.last_id.is_none() && !self.screen.stopped;
            if never_any && silence >= PATIENCE && self.tries < KEYFRAME_TRIES {
                self.tries += 1;
                self.alive = now;
                self.ask_keyframe().await;
            } else if self.screen.stopped && silence >= PATIENCE {
                self.alive = now;
                self.say("START_VIDEO").await;
            }
        } else if silence >= PATIENCE * 2_u32.pow(self.tries.min(3)) {
            self.tries += 1;
            self.say("START_VIDEO").await;
        }
    }
}
