//! What is copied on the desktop on its way to a page, in parts between which everything else
//! goes first.

mod window;

use std::collections::VecDeque;
use std::future::pending;
use std::io;

use bytes::{Bytes, BytesMut};
use selkies_clip::Format;
use selkies_media::Timestamp;
use selkies_proto::ServerMessage;
use selkies_proto::clip::{Data, TEXT};
use selkies_proto::limits::CLIP_PART;
use selkies_proto::server::ClipPiece;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::Showing;
use window::Window;

/// Read at once: going to another thread for each part would cost more than the part.
const PARTS_READ: usize = 8;

/// What is being shown to a page, and what waits behind it.
#[derive(Default)]
pub(crate) struct Showings {
    running: Option<Running>,
    /// An answer waits for news: those are to be written to the browser's clipboard.
    asked: Option<Showing>,
    /// What was marked waits for what was copied, not the other way round.
    marked: Option<Showing>,
    window: Window,
}

struct Running {
    showing: Showing,
    /// Said before the next part.
    first: VecDeque<ServerMessage>,
    /// Forms that have not begun.
    forms: VecDeque<Format>,
    form: Option<Form>,
}

/// The form that is on its way.
struct Form {
    format: Format,
    started: bool,
    /// Bytes that were read.
    read: u64,
    /// Of these, what is still to be sent.
    ahead: Bytes,
    reading: Option<JoinHandle<io::Result<Bytes>>>,
}

impl Showings {
    /// Shows this next. Returns what is to be said at once, so that the page knows what became of
    /// that before.
    pub(crate) fn show(&mut self, showing: Showing) -> Vec<ServerMessage> {
        if let Some(running) = &self.running {
            if running.showing == showing {
                return Vec::new();
            }
            if showing.primary && self.is_of_clipboard() {
                self.marked = Some(showing);
                return Vec::new();
            }
            if showing.answer && self.is_of_clipboard() && !running.showing.answer {
                self.asked = Some(showing);
                return Vec::new();
            }
        }
        if !showing.primary {
            // It would tell of something older.
            self.asked = None;
        }
        let Some(running) = self.running.replace(Running::new(showing)) else {
            return Vec::new();
        };
        if running.showing.primary && self.is_of_clipboard() {
            self.marked.get_or_insert_with(|| running.showing.clone());
        }
        running.break_off()
    }

    fn is_of_clipboard(&self) -> bool {
        self.running
            .as_ref()
            .is_some_and(|running| !running.showing.primary)
    }

    /// The page has received everything up to ping `number`.
    pub(crate) fn arrived(&mut self, number: u32, now: Timestamp) {
        self.window.arrived(number, now);
    }

    /// Whether there is something to say, and the page can take it.
    pub(crate) fn may_send(&mut self, now: Timestamp) -> bool {
        self.running.is_some() && self.window.is_open(now)
    }

    /// When [`Self::may_send`] has to be looked at again, if nothing happens before.
    pub(crate) fn next_look(&self) -> Option<Timestamp> {
        self.running.as_ref()?;
        self.window.next_look()
    }

    /// A part was sent: the number of the ping that follows it.
    pub(crate) fn sent(&mut self, now: Timestamp) -> u32 {
        self.window.sent(now)
    }

    /// The next thing to say; waits for ever when there is none. Nothing is lost when it is dropped.
    pub(crate) async fn next(&mut self) -> ServerMessage {
        loop {
            let Some(running) = &mut self.running else {
                return pending().await;
            };
            if let Some(message) = running.next().await {
                return message;
            }
            let next = self.asked.take().or_else(|| self.marked.take());
            self.running = next.map(Running::new);
        }
    }
}

impl Running {
    fn new(showing: Showing) -> Self {
        let mut first = VecDeque::new();
        if showing.answer {
            first.push_back(ServerMessage::ClipReply);
        }
        if showing.counted {
            first.push_back(ServerMessage::ClipForms {
                count: u8::try_from(showing.forms.len().max(1)).unwrap_or(u8::MAX),
                primary: showing.primary,
            });
        }
        if showing.forms.is_empty() {
            first.push_back(whole(TEXT, Bytes::new()));
        }
        let forms = showing.forms.iter().cloned().collect();
        Self {
            showing,
            first,
            forms,
            form: None,
        }
    }

    /// `None`: all is said.
    async fn next(&mut self) -> Option<ServerMessage> {
        loop {
            if let Some(message) = self.first.pop_front() {
                return Some(message);
            }
            if self.form.is_none() {
                self.form = self.forms.pop_front().map(Form::new);
            }
            match self.form.as_mut()?.next(&mut self.first).await {
                Some(message) => return Some(message),
                None => self.form = None,
            }
        }
    }

    fn break_off(self) -> Vec<ServerMessage> {
        match self.form {
            Some(form) if form.started => void().into(),
            _ => Vec::new(),
        }
    }
}

impl Form {
    fn new(format: Format) -> Self {
        Self {
            format,
            started: false,
            read: 0,
            ahead: Bytes::new(),
            reading: None,
        }
    }

    /// The next piece; what has to follow it goes to `then`. `None`: the form is over.
    async fn next(&mut self, then: &mut VecDeque<ServerMessage>) -> Option<ServerMessage> {
        let bytes = self.format.content.len();
        let small = bytes <= CLIP_PART as u64;
        if !self.started && !small {
            self.started = true;
            return Some(self.start());
        }
        if self.ahead.is_empty() {
            let over = self.read >= bytes && (self.started || self.read > 0);
            if over {
                return None;
            }
            match self.read().await {
                Some(read) => self.ahead = read,
                None => {
                    // It will not be whole; the page counts it all the same.
                    self.read = bytes.max(1);
                    then.extend(void());
                    let begins = !std::mem::replace(&mut self.started, true);
                    return if begins {
                        Some(self.start())
                    } else {
                        then.pop_front()
                    };
                }
            }
        }
        if small {
            let all = std::mem::take(&mut self.ahead);
            self.read = bytes.max(1);
            return Some(whole(&self.format.mime, all));
        }
        let part = self.ahead.split_to(CLIP_PART.min(self.ahead.len()));
        if self.ahead.is_empty() && self.read >= bytes {
            then.push_back(ServerMessage::Clip(ClipPiece::End));
        }
        Some(ServerMessage::Clip(ClipPiece::Part(Data(part))))
    }

    /// The next bytes: as many as there are, or a multiple of a part. `None`: they cannot be had.
    async fn read(&mut self) -> Option<Bytes> {
        let left = self.format.content.len().saturating_sub(self.read);
        let most = (CLIP_PART * PARTS_READ) as u64;
        let wanted = usize::try_from(left.min(most)).unwrap_or(0);
        let reading = self.reading.get_or_insert_with(|| {
            let (content, offset) = (self.format.content.clone(), self.read);
            // It may lie in a file.
            spawn_blocking(move || {
                let mut bytes = BytesMut::zeroed(wanted);
                let mut filled = 0;
                while filled < wanted {
                    let rest = bytes.get_mut(filled..).unwrap_or_default();
                    match content.read_at(offset + filled as u64, rest)? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        more => filled += more,
                    }
                }
                Ok(bytes.freeze())
            })
        });
        let outcome = reading.await;
        self.reading = None;
        match outcome {
            Ok(Ok(bytes)) => {
                self.read += bytes.len() as u64;
                Some(bytes)
            }
            Ok(Err(error)) => {
                tracing::warn!(%error, "what is copied cannot be read");
                None
            }
            Err(_) => None,
        }
    }

    fn start(&self) -> ServerMessage {
        ServerMessage::Clip(ClipPiece::Start {
            mime: self.format.mime.clone(),
            bytes: self.format.content.len(),
        })
    }
}

fn whole(mime: &str, bytes: Bytes) -> ServerMessage {
    ServerMessage::Clip(ClipPiece::Whole {
        mime: mime.to_owned(),
        data: Data(bytes),
    })
}

fn void() -> [ServerMessage; 2] {
    [
        ServerMessage::Clip(ClipPiece::Void),
        ServerMessage::Clip(ClipPiece::End),
    ]
}

#[cfg(test)]
mod tests;
