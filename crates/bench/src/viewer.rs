//! Viewers without a browser: sockets that take the product's pictures and do not decode them.

use std::time::Duration;

use anyhow::{Context, Result};
use futures_util::{SinkExt as _, StreamExt as _};
use selkies_media::Size;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long the first picture may take.
const FIRST: Duration = Duration::from_secs(20);
/// First byte of a message with H.264 or JPEG (the wire's two kinds of pictures), and the length
/// from which it carries one: shorter ones are signs of life.
const PICTURES: [u8; 2] = [4, 3];
const HEADER: usize = 6;

/// A connection that has asked for pictures.
pub(crate) struct Viewer {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    drives: bool,
}

/// What came in a while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) pictures: u32,
    /// Of messages with a picture in them.
    pub(crate) bytes: usize,
}

impl Viewer {
    /// One that drives the desktop, as the page of its owner does.
    pub(crate) async fn controller(address: &str, size: Size) -> Result<Self> {
        let settings = format!(
            r#"SETTINGS,{{"displayId":"primary","initialClientWidth":{},"initialClientHeight":{}}}"#,
            size.width, size.height
        );
        let words = [r#"_selkies,{"desktop_state":true}"#, &settings];
        Self::connect(address, &words, true).await
    }

    /// One that only watches.
    pub(crate) async fn observer(address: &str) -> Result<Self> {
        let words = [r#"_selkies,{"desktop_state":true}"#, "START_VIDEO"];
        Self::connect(&format!("{address}?role=viewer"), &words, false).await
    }

    async fn connect(address: &str, words: &[&str], drives: bool) -> Result<Self> {
        let (mut socket, _) = connect_async(address)
            .await
            .with_context(|| format!("a viewer cannot connect to {address}"))?;
        for word in words {
            socket.send(Message::text(*word)).await?;
        }
        Ok(Self { socket, drives })
    }

    /// Waits for the first picture.
    pub(crate) async fn first_picture(&mut self) -> Result<()> {
        let deadline = Instant::now() + FIRST;
        while Instant::now() < deadline {
            if self
                .receive(deadline)
                .await?
                .is_some_and(|(_, bytes)| bytes > 0)
            {
                return Ok(());
            }
        }
        anyhow::bail!("a viewer got no picture within {FIRST:?}")
    }

    /// Counts what comes in `span`.
    pub(crate) async fn watch(&mut self, span: Duration) -> Result<Received> {
        let deadline = Instant::now() + span;
        let mut received = Received::default();
        let mut last = None;
        while Instant::now() < deadline {
            let Some((id, bytes)) = self.receive(deadline).await? else {
                continue;
            };
            received.bytes += bytes;
            if bytes > 0 && last != Some(id) {
                last = Some(id);
                received.pictures += 1;
            }
        }
        Ok(received)
    }

    /// The next message, acknowledged as the page does it: number of its picture, and its length
    /// if it has one. `None`: the deadline came first.
    async fn receive(&mut self, deadline: Instant) -> Result<Option<(u16, usize)>> {
        let Ok(message) = timeout_at(deadline, self.socket.next()).await else {
            return Ok(None);
        };
        let message = message.context("the product closed a viewer's connection")??;
        let picture = picture(&message);
        if let (Some((id, _)), true) = (picture, self.drives) {
            let word = format!("CLIENT_FRAME_ACK {id}");
            self.socket.send(Message::text(word)).await?;
        }
        Ok(picture.or(Some((0, 0))))
    }
}

/// Number and length of the picture, or part of one, in a message.
fn picture(message: &Message) -> Option<(u16, usize)> {
    let Message::Binary(bytes) = message else {
        return None;
    };
    let [kind, _, high, low, ..] = bytes[..] else {
        return None;
    };
    let is_picture = PICTURES.contains(&kind) && bytes.len() > HEADER;
    is_picture.then(|| (u16::from_be_bytes([high, low]), bytes.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_told_from_other_messages() {
        let h264 = Message::binary(vec![4, 1, 1, 2, 0, 0, 5, 0, 2, 0xd0, 0, 0, 1]);
        assert_eq!(picture(&h264), Some((258, 13)));
        let jpeg = Message::binary(vec![3, 0, 0, 9, 0, 0, 0xff]);
        assert_eq!(picture(&jpeg), Some((9, 7)));
        for other in [
            Message::text("MODE websockets"),
            Message::binary(vec![3]),
            Message::binary(vec![1, 0, 0, 0, 0, 0, 0, 0]),
            Message::binary(Vec::new()),
        ] {
            assert_eq!(picture(&other), None, "{other:?}");
        }
    }
}
