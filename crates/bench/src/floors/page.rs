//! The shortest way from a press to a picture that this browser has: a page of our own sends the
//! press over a WebSocket and gets an H.264 picture back that was encoded beforehand. Nothing is
//! captured or encoded meanwhile.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use selkies_desktop::testcard;
use selkies_encode::Backends;
use selkies_media::damage::Damage;
use selkies_media::encoder::{Directive, EncoderFactory as _, EncoderKind, Rate, Shape, Tuning};
use selkies_media::frame::{CpuSurface, Surface};
use selkies_media::{Frame, Rect, Size, Timestamp};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use crate::browser::Browser;
use crate::metric::Sink;
use crate::page;
use crate::stats::median;
use crate::strip::Mark;

const PAGE: &str = include_str!("page.html");
const WORKER: &str = include_str!("worker.js");
/// Longer request heads are not read.
const LONGEST_HEAD: usize = 8192;
/// How often we look for the beginning of a request that comes in pieces.
const LOOKS: u32 = 1000;
/// How many pictures are encoded beforehand; then it starts again with the first. Even, so that
/// the flip goes on.
const PICTURES: u16 = 64;
/// Side of the box that flips.
const BOX: u32 = 192;
const ECHOES: u32 = 100;

/// What a page needs at least.
#[derive(Clone, Debug)]
pub(crate) struct PageFloor {
    /// Milliseconds of each press until the picture showed it.
    pub(crate) presses: Vec<f64>,
    /// Milliseconds of a message from the page's worker to a server and back, half within.
    pub(crate) echo: f64,
}

/// The page and its server, until this is dropped.
#[derive(Debug)]
pub(crate) struct Shortest {
    pub(crate) address: String,
    _server: Server,
}

impl Shortest {
    pub(crate) async fn start(size: Size, sink: Sink) -> Result<Self> {
        let pictures = tokio::task::spawn_blocking(move || encode(size)).await??;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let place = listener.local_addr()?;
        Ok(Self {
            address: format!("http://{place}/?size={size}&sink={}", sink.name()),
            _server: Server(tokio::spawn(serve(listener, pictures.into()))),
        })
    }
}

/// Shows pictures by `sink`, presses `times` and measures.
pub(crate) async fn page(
    browser: &Browser,
    size: Size,
    sink: Sink,
    times: usize,
) -> Result<PageFloor> {
    let shortest = Shortest::start(size, sink).await?;
    let (page, _) = page::open(browser, size, &shortest.address).await?;
    let presses = page::press(&page, size, times).await?;
    let echoes = page
        .value(&format!("echo({ECHOES})"), Duration::ZERO)
        .await?;
    let echoes: Vec<f64> = echoes
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_f64)
        .collect();
    let echo = median(&echoes).context("the page of the floor did not hear its echo")?;
    page.close().await?;
    Ok(PageFloor { presses, echo })
}

/// Ends with its owner.
#[derive(Debug)]
struct Server(JoinHandle<()>);

impl Drop for Server {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn serve(listener: TcpListener, pictures: Arc<[Bytes]>) {
    let mut connections = tokio::task::JoinSet::new();
    // A connection that fails is one of the browser's; if it mattered, the page shows no picture.
    while let Ok((stream, _)) = listener.accept().await {
        let pictures = pictures.clone();
        connections.spawn(async move {
            let _ = answer(stream, &pictures).await;
        });
    }
}

async fn answer(mut stream: TcpStream, pictures: &[Bytes]) -> Result<()> {
    stream.set_nodelay(true)?;
    if wants_socket(&stream).await? {
        return echo(stream, pictures).await;
    }
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        head.push(stream.read_u8().await?);
    }
    let (status, kind, body) = if head.starts_with(b"GET /worker.js ") {
        ("200 OK", "text/javascript", WORKER)
    } else if head.starts_with(b"GET /?") {
        ("200 OK", "text/html", PAGE)
    } else {
        ("404 Not Found", "text/plain", "")
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}

/// Looks at the beginning of a request without taking it.
async fn wants_socket(stream: &TcpStream) -> Result<bool> {
    const WANTED: &[u8] = b"GET /socket";
    let mut start = [0; WANTED.len()];
    for _ in 0..LOOKS {
        match stream.peek(&mut start).await? {
            // Browsers open connections in advance and close them unused.
            0 => break,
            length if length == start.len() => return Ok(start == WANTED),
            _ => sleep(Duration::from_millis(1)).await,
        }
    }
    anyhow::bail!("a connection without a request")
}

/// Sends the first picture, and the next one for each press; every other word goes back as it is.
async fn echo(stream: TcpStream, pictures: &[Bytes]) -> Result<()> {
    let mut socket = accept_async(stream).await?;
    let mut next = pictures.iter().cycle();
    let mut picture = || next.next().cloned().context("there are pictures");
    socket.send(Message::Binary(picture()?)).await?;
    while let Some(message) = socket.next().await {
        let Message::Text(word) = message? else {
            continue;
        };
        let answer = if word.as_str() == "press" {
            Message::Binary(picture()?)
        } else {
            Message::Text(word)
        };
        socket.send(answer).await?;
    }
    Ok(())
}

/// A keyframe with the box black, then differences that flip it.
fn encode(size: Size) -> Result<Vec<Bytes>> {
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let tuning = Tuning {
        rate: Rate::Quality(25),
        jpeg_quality: 60,
        framerate: 60.0,
        paint_over: None,
    };
    let shape = Shape {
        size,
        full_colour: false,
    };
    let mut encoder = Backends::new(cores).open(EncoderKind::H264, shape, &tuning)?;
    let mut card = testcard::paint(size, 0);
    let stride = size.width as usize * CpuSurface::PIXEL;
    let mut pictures = Vec::new();
    for number in 0..PICTURES {
        let mark = Mark {
            number,
            flip: number % 2 == 1,
        };
        mark.paint(&mut card, stride);
        let place = Rect::new((size.width - BOX) / 2, (size.height - BOX) / 2, BOX, BOX);
        fill(&mut card, stride, place, if mark.flip { 255 } else { 0 });
        let surface = CpuSurface::new(size, stride, Arc::new(card.clone()))
            .context("the card has as many pixels as its size says")?;
        let frame = Frame {
            captured: Timestamp::ZERO,
            damaged: Timestamp::ZERO,
            surface: Surface::Cpu(surface),
            damage: Damage::full(size),
        };
        let how = Directive {
            keyframe: number == 0,
        };
        let mut units = Vec::new();
        encoder.encode(&frame, how, &mut units)?;
        let unit = units.into_iter().next();
        pictures.push(unit.context("the encoder made no picture")?.data);
    }
    Ok(pictures)
}

fn fill(pixels: &mut [u8], stride: usize, place: Rect, level: u8) {
    let columns = place.x as usize * CpuSurface::PIXEL..place.right() as usize * CpuSurface::PIXEL;
    let rows = pixels
        .chunks_mut(stride)
        .skip(place.y as usize)
        .take(place.height as usize);
    for row in rows {
        if let Some(part) = row.get_mut(columns.clone()) {
            part.fill(level);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "x264")]
    #[test]
    fn every_flip_is_a_picture_and_the_first_one_is_the_largest() {
        let pictures = encode(Size::new(640, 480)).expect("the encoder is in this build");
        assert_eq!(pictures.len(), usize::from(PICTURES));
        let (first, others) = pictures.split_first().expect("there are some");
        assert!(others.iter().all(|other| other.len() < first.len()));
        assert!(pictures.iter().all(|picture| picture.starts_with(&[0, 0])));
    }

    #[tokio::test]
    async fn the_server_of_the_floor_gives_pages_pictures_and_echoes() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let pictures = [b"first", b"other"].map(|bytes| Bytes::from_static(bytes));
        let _server = Server(tokio::spawn(serve(listener, pictures.into())));

        // One that is closed unused does no harm.
        drop(TcpStream::connect(address).await.expect("it listens"));
        for (path, expected) in [("/?800x600", PAGE), ("/worker.js", WORKER), ("/x", "")] {
            let mut stream = TcpStream::connect(address).await.expect("it listens");
            let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
            stream
                .write_all(request.as_bytes())
                .await
                .expect("it reads");
            let mut answer = String::new();
            stream
                .read_to_string(&mut answer)
                .await
                .expect("it answers");
            let (_, body) = answer.split_once("\r\n\r\n").expect("head and body");
            assert_eq!(body, expected, "{path}");
        }

        let url = format!("ws://{address}/socket");
        let (mut socket, _) = tokio_tungstenite::connect_async(url)
            .await
            .expect("a socket");
        for word in ["press", "echo", "press"] {
            socket.send(Message::text(word)).await.expect("it listens");
        }
        let mut answers = Vec::new();
        for _ in 0..4 {
            let answer = socket.next().await.expect("an answer").expect("a message");
            answers.push(answer.into_data());
        }
        let expected: [&[u8]; 4] = [b"first", b"other", b"echo", b"first"];
        assert_eq!(answers, expected);
    }

    #[test]
    fn only_the_place_is_filled() {
        let mut pixels = vec![1; 8 * 4 * 4];
        fill(&mut pixels, 8 * 4, Rect::new(2, 1, 3, 2), 9);
        assert_eq!(
            pixels.iter().filter(|&&level| level == 9).count(),
            3 * 2 * 4
        );
        assert_eq!(pixels[8 * 4 + 2 * 4], 9);
        assert_eq!(pixels[8 * 4 + 5 * 4], 1);
    }
}
