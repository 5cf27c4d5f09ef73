//! What a link is told, in order.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use selkies_proto::ServerMessage;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::{Command, Showing};

/// One place in the queue of a link.
pub(crate) enum Waiting {
    Command(Command),
    /// What is in [`Latest`] now.
    Latest,
}

/// The newest things that wait to be shown. Others that copy without a pause neither fill the queue
/// of a page that is behind, nor does such a page keep what they have copied in between.
#[derive(Debug, Default)]
pub(crate) struct Latest {
    copied: Option<Showing>,
    asked: Option<Showing>,
    marked: Option<Showing>,
}

impl Latest {
    /// Whether nothing waited before.
    pub(crate) fn put(&mut self, showing: Showing) -> bool {
        let first = self.copied.is_none() && self.asked.is_none() && self.marked.is_none();
        match (showing.primary, showing.answer) {
            (true, _) => self.marked = Some(showing),
            (false, true) => self.asked = Some(showing),
            (false, false) => {
                self.copied = Some(showing);
                // It would tell of something older.
                self.asked = None;
            }
        }
        first
    }

    fn take(&mut self) -> impl Iterator<Item = Showing> + use<> {
        let Self {
            copied,
            asked,
            marked,
        } = std::mem::take(self);
        [copied, asked, marked].into_iter().flatten()
    }
}

/// The commands that wait for a link. Of shapes of the pointer that follow each other only the last
/// is passed on: a page that was behind has no use for the rest of an animation.
pub struct Commands {
    waiting: mpsc::Receiver<Waiting>,
    latest: Arc<Mutex<Latest>>,
    /// Taken already, and next.
    taken: VecDeque<Command>,
}

impl Commands {
    pub(crate) const fn new(waiting: mpsc::Receiver<Waiting>, latest: Arc<Mutex<Latest>>) -> Self {
        Self {
            waiting,
            latest,
            taken: VecDeque::new(),
        }
    }

    /// `None`: nobody gives any more. Nothing is lost when this is given up while it waits.
    pub(crate) async fn recv(&mut self) -> Option<Command> {
        while self.taken.is_empty() {
            let waiting = self.waiting.recv().await?;
            self.take(waiting);
        }
        let mut command = self.taken.pop_front()?;
        while is_shape(&command) {
            match self.waiting.try_recv() {
                Ok(Waiting::Command(newer)) if is_shape(&newer) => command = newer,
                Ok(other) => {
                    self.take(other);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        Some(command)
    }

    fn take(&mut self, waiting: Waiting) {
        match waiting {
            Waiting::Command(command) => self.taken.push_back(command),
            Waiting::Latest => {
                let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
                self.taken.extend(latest.take().map(Command::Show));
            }
        }
    }
}

impl fmt::Debug for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commands").finish_non_exhaustive()
    }
}

fn is_shape(command: &Command) -> bool {
    matches!(command, Command::Send(ServerMessage::Cursor(_)))
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use bytes::Bytes;
    use selkies_clip::{Content, Format};
    use selkies_proto::clip::TEXT;
    use selkies_proto::server::Cursor;

    use super::*;
    use crate::{COMMANDS, Handle};

    fn shape(handle: u32) -> Command {
        let cursor = Cursor {
            handle,
            ..Cursor::hidden()
        };
        Command::Send(ServerMessage::Cursor(cursor))
    }

    async fn all(handle: Handle, mut commands: Commands) -> Vec<Command> {
        drop(handle);
        let mut left = Vec::new();
        while let Some(command) = commands.recv().await {
            left.push(command);
        }
        left
    }

    #[tokio::test]
    async fn of_an_animation_that_waited_its_last_shape_is_left_where_it_was() {
        let (handle, commands) = Handle::new();
        let mode = || Command::Send(ServerMessage::Mode);
        for command in [
            mode(),
            shape(1),
            mode(),
            shape(2),
            shape(3),
            mode(),
            shape(4),
        ] {
            assert!(handle.tell(command));
        }
        let left = all(handle, commands).await;
        let left = left.iter().map(|command| match command {
            Command::Send(ServerMessage::Cursor(cursor)) => cursor.handle,
            _ => 0,
        });
        assert_eq!(left.collect::<Vec<_>>(), [0, 1, 0, 3, 0, 4]);
    }

    fn showing(text: &str, primary: bool, answer: bool) -> (Showing, Weak<dyn Content>) {
        let content: Arc<dyn Content> = Arc::new(Bytes::copy_from_slice(text.as_bytes()));
        let kept = Arc::downgrade(&content);
        let mime = TEXT.to_owned();
        let showing = Showing {
            forms: vec![Format { mime, content }],
            counted: true,
            primary,
            answer,
        };
        (showing, kept)
    }

    #[tokio::test]
    async fn who_is_behind_keeps_only_the_latest_of_what_others_copy_and_is_not_let_go() {
        let (handle, commands) = Handle::new();
        let mut kept = Vec::new();
        for number in 0..4 * COMMANDS {
            let (showing, content) = showing("copied", false, number % 2 == 1);
            kept.push(content);
            assert!(handle.tell(Command::Show(showing)));
            let (showing, content) = self::showing("marked", true, false);
            kept.push(content);
            assert!(handle.tell(Command::Show(showing)));
        }
        let alive = kept.iter().filter(|content| content.strong_count() > 0);
        assert_eq!(alive.count(), 3);
        let left = all(handle, commands).await;
        let left = left.iter().map(|command| match command {
            Command::Show(showing) => (showing.primary, showing.answer),
            _ => panic!("nothing else was told"),
        });
        let expected = [(false, false), (false, true), (true, false)];
        assert_eq!(left.collect::<Vec<_>>(), expected);
    }

    #[tokio::test]
    async fn an_answer_gives_way_to_something_newer() {
        let (handle, commands) = Handle::new();
        for (text, answer) in [("old", true), ("new", false)] {
            assert!(handle.tell(Command::Show(showing(text, false, answer).0)));
        }
        let left = all(handle, commands).await;
        assert!(matches!(&*left, [Command::Show(showing)] if !showing.answer));
    }
}
