//! A page on a link that takes one thing after the other: pictures do not wait behind a clip.

use std::net::SocketAddr;

use selkies_desktop::Selection;
use selkies_proto::limits::CLIP_PART;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::clip;
use crate::serving::{DEADLINE, Served};

const TEXT: u8 = 1;
const BINARY: u8 = 2;
const PING: u8 = 9;
const PONG: u8 = 10;

/// Frames of RFC 6455, by hand: other implementations answer pings by themselves.
struct Raw(TcpStream);

impl Raw {
    async fn open(address: SocketAddr) -> Self {
        let mut stream = TcpStream::connect(address).await.expect("it listens");
        let request = format!(
            "GET /api/websockets HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        );
        let sent = stream.write_all(request.as_bytes()).await;
        sent.expect("it listens");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("an answer"));
        }
        assert!(head.starts_with(b"HTTP/1.1 101 "));
        Self(stream)
    }

    async fn send(&mut self, kind: u8, payload: &[u8]) {
        let mut frame = vec![0x80 | kind];
        match u8::try_from(payload.len()) {
            Ok(length) if length < 126 => frame.push(0x80 | length),
            _ => {
                let length = u16::try_from(payload.len()).expect("short");
                frame.push(0x80 | 126);
                frame.extend(length.to_be_bytes());
            }
        }
        // A mask of zeros changes nothing.
        frame.extend([0; 4]);
        frame.extend(payload);
        self.0.write_all(&frame).await.expect("it listens");
    }

    async fn next(&mut self) -> (u8, Vec<u8>) {
        timeout(DEADLINE, async {
            let kind = self.0.read_u8().await?;
            assert_eq!(kind & 0xf0, 0x80, "one frame is one message");
            let length = match self.0.read_u8().await? {
                126 => u64::from(self.0.read_u16().await?),
                127 => self.0.read_u64().await?,
                short => u64::from(short),
            };
            let mut payload = vec![0; usize::try_from(length).expect("it fits")];
            self.0.read_exact(&mut payload).await?;
            std::io::Result::Ok((kind & 0x0f, payload))
        })
        .await
        .expect("something comes")
        .expect("it is connected")
    }
}

/// Now and then the page answers no ping before a new picture is there: only so many parts may come
/// until then.
#[tokio::test(flavor = "multi_thread")]
async fn pictures_do_not_wait_behind_a_large_clip() {
    const BYTES: usize = 30_000_000;
    const EVERY: usize = 64;
    const MOST_UNDER_WAY: usize = 32;
    // A busy machine may need seconds for a picture; a page is given a part in each.
    const SLOW: usize = 8;
    let served = Served::open().await;
    let mut page = Raw::open(served.address).await;
    page.send(TEXT, b"_selkies,{\"each_ack\":true}").await;
    let settings =
        r#"SETTINGS,{"displayId":"primary","initialClientWidth":384,"initialClientHeight":256}"#;
    page.send(TEXT, settings.as_bytes()).await;
    let image = clip(&[("image/png", &vec![7; BYTES])]);
    served.card.copy(Selection::Clipboard, image);

    let (mut parts, mut waits) = (0, 0);
    let mut waiting_since = None;
    let mut open_ping = None;
    loop {
        let (kind, payload) = page.next().await;
        match kind {
            TEXT if payload.starts_with(b"clipboard_data,") => {
                parts += 1;
                if parts % EVERY == 0 {
                    served.card.advance();
                    waiting_since.get_or_insert(parts);
                }
            }
            TEXT if payload == b"clipboard_finish" => break,
            TEXT => {}
            BINARY if payload.len() > 4 => {
                let id = u16::from_be_bytes([payload[2], payload[3]]);
                let ack = format!("CLIENT_FRAME_ACK {id}");
                page.send(TEXT, ack.as_bytes()).await;
                if let Some(since) = waiting_since.take() {
                    let behind = parts - since;
                    assert!(behind <= MOST_UNDER_WAY + SLOW, "{behind} parts in a row");
                    waits += 1;
                }
            }
            PING => open_ping = Some(payload),
            other => assert_eq!(other, BINARY, "a frame nobody expects"),
        }
        if waiting_since.is_none()
            && let Some(ping) = open_ping.take()
        {
            page.send(PONG, &ping).await;
        }
    }
    assert_eq!(parts, BYTES.div_ceil(CLIP_PART));
    assert!(
        waits >= parts / EVERY - 1,
        "{waits} pictures were waited for"
    );
}
