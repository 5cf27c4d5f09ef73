//! One viewer's link: a pair of bounded channels on our side, a WebSocket on the other.
//!
//! What comes in is decoded and passed on as [`Event`]s; what goes out are [`Command`]s and the
//! pictures of one subscription. The link knows no roles and decides nothing. Start with
//! [`websocket::run`].
#![forbid(unsafe_code)]

mod commands;
mod framing;
mod hearing;
mod inflate;
mod room;
mod showing;
mod side;
pub mod websocket;
mod writer;

use std::sync::{Arc, Mutex, PoisonError};

use selkies_clip::Format;
use selkies_pipeline::Subscription;
use selkies_pipeline::sound::SoundSubscription;
use selkies_proto::sound::Speech;
use selkies_proto::{ClientMessage, CloseReason, ServerMessage};
use tokio::sync::mpsc;

use commands::{Latest, Waiting};

pub use commands::Commands;
pub use room::Room;

/// Commands that may wait for a link. A viewer that reads nothing fills it and is let go.
pub const COMMANDS: usize = 256;

/// What a link is told.
pub enum Command {
    /// Send this.
    Send(ServerMessage),
    /// Send these pictures from now on, instead of what was sent before.
    Watch {
        /// Begins with a keyframe.
        pictures: Subscription,
        /// Show a sign of life while nothing changes.
        keep_alive: bool,
        /// Pictures per second at most.
        framerate: f64,
    },
    /// The stream has as many pictures per second at most from now on.
    Pace(f64),
    /// Send no more pictures.
    Unwatch,
    /// Send this sound from now on, instead of what was sent before.
    Listen {
        /// Begins now.
        sound: SoundSubscription,
        /// So many earlier packets are repeated in each message, as far as they have room.
        redundancy: u8,
    },
    /// Repeat so many from now on.
    Redundancy(u8),
    /// Send no more sound.
    Unlisten,
    /// Show what is copied, beside the pictures. What is being shown of something else becomes void,
    /// and what still waits to be shown is forgotten.
    Show(Showing),
    /// Say why, and end.
    Close(CloseReason),
}

/// What is copied, and how a page is to be told.
#[derive(Clone, Debug, PartialEq)]
pub struct Showing {
    /// In these forms; the best first. None: nothing is copied.
    pub forms: Vec<Format>,
    /// Say how many forms there are.
    pub counted: bool,
    /// It is what is marked with the mouse. What was copied goes first.
    pub primary: bool,
    /// It is the answer to `cr`.
    pub answer: bool,
}

/// What a link reports.
#[derive(Debug)]
pub enum Event {
    /// The page said something.
    Message(ClientMessage),
    /// The page sent something that is no message.
    Malformed,
    /// The page sent sound of its microphone.
    Microphone(Speech),
}

/// Our end of a link.
#[derive(Clone, Debug)]
pub struct Handle {
    commands: mpsc::Sender<Waiting>,
    latest: Arc<Mutex<Latest>>,
}

impl Handle {
    /// A handle, and what its link is run with.
    #[must_use]
    pub fn new() -> (Self, Commands) {
        let (commands, waiting) = mpsc::channel(COMMANDS);
        let latest = Arc::default();
        let handle = Self { commands, latest };
        let commands = Commands::new(waiting, handle.latest.clone());
        (handle, commands)
    }

    /// Passes a command on without waiting. `false`: the link is gone, or too far behind to keep.
    #[must_use]
    pub fn tell(&self, command: Command) -> bool {
        let waiting = match command {
            Command::Show(showing) => {
                // Putting something there leaves it whole wherever it is interrupted.
                let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
                if !latest.put(showing) {
                    return true;
                }
                Waiting::Latest
            }
            command => Waiting::Command(command),
        };
        self.commands.try_send(waiting).is_ok()
    }
}

/// What a link did, for the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Pictures sent.
    pub pictures: u64,
    /// Bytes of pictures sent.
    pub bytes: u64,
    /// Bytes sent of what was copied.
    pub copied: u64,
    /// Pictures dropped because the viewer read too slowly.
    pub dropped: u64,
    /// Packets of sound sent.
    pub sound: u64,
    /// Packets of sound dropped because the viewer read too slowly.
    pub unheard: u64,
}
