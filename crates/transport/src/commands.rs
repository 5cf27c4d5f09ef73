//! What a link is told, in order.

use selkies_proto::ServerMessage;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use crate::Command;

/// The commands that wait for a link. Of shapes of the pointer that follow each other only the last
/// is passed on: a page that was behind has no use for the rest of an animation.
pub(crate) struct Commands {
    waiting: mpsc::Receiver<Command>,
    /// Taken to see whether it is a shape, and it was none.
    next: Option<Command>,
}

impl Commands {
    pub(crate) fn new(waiting: mpsc::Receiver<Command>) -> Self {
        Self {
            waiting,
            next: None,
        }
    }

    /// `None`: nobody gives any more. Nothing is lost when this is given up while it waits.
    pub(crate) async fn recv(&mut self) -> Option<Command> {
        let mut command = match self.next.take() {
            Some(command) => command,
            None => self.waiting.recv().await?,
        };
        while is_shape(&command) {
            match self.waiting.try_recv() {
                Ok(newer) if is_shape(&newer) => command = newer,
                Ok(other) => {
                    self.next = Some(other);
                    break;
                }
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        Some(command)
    }
}

fn is_shape(command: &Command) -> bool {
    matches!(command, Command::Send(ServerMessage::Cursor(_)))
}

#[cfg(test)]
mod tests {
    use selkies_proto::server::Cursor;

    use super::*;

    fn shape(handle: u32) -> Command {
        let cursor = Cursor {
            handle,
            ..Cursor::hidden()
        };
        Command::Send(ServerMessage::Cursor(cursor))
    }

    #[tokio::test]
    async fn of_an_animation_that_waited_its_last_shape_is_left_where_it_was() {
        let (tell, waiting) = mpsc::channel(16);
        let mut commands = Commands::new(waiting);
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
            assert!(tell.try_send(command).is_ok());
        }
        drop(tell);
        let mut left = Vec::new();
        while let Some(command) = commands.recv().await {
            left.push(match command {
                Command::Send(ServerMessage::Cursor(cursor)) => cursor.handle,
                _ => 0,
            });
        }
        assert_eq!(left, [0, 1, 0, 3, 0, 4]);
    }
}
