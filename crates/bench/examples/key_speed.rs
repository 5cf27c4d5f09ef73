//! Prints how long a key takes from a viewer's socket to a program on the desktop, while the whole
//! screen moves at 1920x1080 and 60 pictures a second and is streamed. The way back and the
//! browser are not in it.
//!
//! `cargo run --release -p selkies-bench --example key_speed -- [path of selkies] [presses] [busy threads]`

use std::env;
use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, anyhow, bail};
use futures_util::{SinkExt as _, StreamExt as _};
use selkies_media::Size;
use selkies_testkit::XServer;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio_tungstenite::tungstenite::Message;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, ImageFormat, InputFocus,
    WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

const SCREEN: Size = Size::new(1920, 1080);
/// The picture is larger than the screen by this, to pan in.
const ROOM: u32 = 128;
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 60);
/// No key is a multiple of a frame after another one.
const BETWEEN: Duration = Duration::from_micros(23_456);
const LETTERS: [u32; 4] = [0x61, 0x73, 0x64, 0x66];
/// Pictures that have to come before the keys do.
const WARM_UP: u32 = 120;
/// First byte of a message with H.264 or JPEG.
const PICTURES: [u8; 2] = [4, 3];

fn main() -> Result<()> {
    let mut words = env::args().skip(1);
    let program = words
        .next()
        .unwrap_or_else(|| "target/release/selkies".to_owned());
    let presses = words.next().map_or(Ok(2000), |count| count.parse())?;
    let busy = words.next().map_or(Ok(0), |count| count.parse::<u32>())?;
    let Some(server) = XServer::start(SCREEN, &[]) else {
        return Ok(());
    };
    let ends = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    for number in 0..busy {
        let ends = ends.clone();
        threads.push(spawn(&format!("busy:{number}"), move || spin(&ends))?);
    }
    let (painter, _) = RustConnection::connect(Some(server.display()))?;
    let drawn = Arc::new(AtomicU32::new(0));
    threads.push({
        let (ends, drawn) = (ends.clone(), drawn.clone());
        spawn("painter", move || {
            if let Err(error) = paint(&painter, &ends, &drawn) {
                complain(&error);
            }
        })?
    });
    let keys = listen(server.display())?;
    let floor = {
        let (connection, _) = RustConnection::connect(Some(server.display()))?;
        let ends = ends.clone();
        spawn("floor", move || ask(&connection, &ends))?
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(measure(&program, server.display(), presses, &keys, &drawn));
    ends.store(true, Ordering::Relaxed);
    for thread in threads {
        thread.join().map_err(|_| anyhow!("a thread panicked"))?;
    }
    let floor = floor.join().map_err(|_| anyhow!("a thread panicked"))??;
    say_spread("questions that the X server answered", floor)?;
    outcome
}

async fn measure(
    program: &str,
    display: &str,
    presses: usize,
    keys: &Receiver<Instant>,
    drawn: &AtomicU32,
) -> Result<()> {
    let mut selkies = Ended(
        Command::new(program)
            .args(["--display", display, "--addr", "127.0.0.1", "--port", "0"])
            .arg("--enable-basic-auth=false")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{program} does not start"))?,
    );
    let address = address(&mut selkies.0).await?;
    // As browsers do; a key would otherwise wait for the answer to the message before it.
    let (socket, _) = tokio_tungstenite::connect_async_with_config(address, None, true).await?;
    let (mut say, mut hear) = socket.split();
    let (width, height) = (SCREEN.width, SCREEN.height);
    for word in [
        r#"_selkies,{"desktop_state":true}"#.to_owned(),
        format!(
            r#"SETTINGS,{{"displayId":"primary","is_manual_resolution_mode":true,"manual_width":{width},"manual_height":{height},"initialClientWidth":{width},"initialClientHeight":{height}}}"#
        ),
    ] {
        say.send(Message::text(word)).await?;
    }
    let (mut pictures, mut bytes_received, mut counted) = (0_u32, 0_usize, None);
    let mut times = Vec::with_capacity(presses);
    let mut pressed: Option<(Instant, u32)> = None;
    let mut number = 0;
    let mut next = tokio::time::interval(BETWEEN);
    next.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    while times.len() < presses {
        tokio::select! {
            message = hear.next() => {
                let message = message.context("selkies closed the connection")??;
                if let Message::Binary(bytes) = &message
                    && let [kind, _, high, low, ..] = bytes[..]
                    && PICTURES.contains(&kind) && bytes.len() > 6
                {
                    pictures += 1;
                    bytes_received += bytes.len();
                    let id = u16::from_be_bytes([high, low]);
                    say.send(Message::text(format!("CLIENT_FRAME_ACK {id}"))).await?;
                }
            }
            _ = next.tick(), if pictures >= WARM_UP => {
                counted.get_or_insert_with(|| (Instant::now(), pictures, drawn.load(Ordering::Relaxed)));
                if let Some((since, key)) = pressed.take() {
                    let seen = keys.recv_timeout(Duration::from_secs(2)).context("a key did not arrive")?;
                    times.push(seen.saturating_duration_since(since));
                    say.send(Message::text(format!("ku,{key}"))).await?;
                } else {
                    let key = LETTERS[number % LETTERS.len()];
                    number += 1;
                    let since = Instant::now();
                    say.send(Message::text(format!("kd,{key}"))).await?;
                    pressed = Some((since, key));
                }
            }
        }
    }
    let (since, pictures_then, drawn_then) = counted.context("nothing was counted")?;
    let seconds = since.elapsed().as_secs_f64();
    let rate = |now: u32, then: u32| f64::from(now - then) / seconds;
    say_spread("keys", times)?;
    writeln!(
        std::io::stdout(),
        "meanwhile {:.1} frames drawn and {:.1} pictures received a second, of {} kB each",
        rate(drawn.load(Ordering::Relaxed), drawn_then),
        rate(pictures, pictures_then),
        bytes_received / 1000 / pictures.max(1) as usize,
    )?;
    Ok(())
}

/// Where it says that it listens.
async fn address(selkies: &mut Child) -> Result<String> {
    let out = selkies.stdout.take().context("its output was asked for")?;
    let out = tokio::process::ChildStdout::from_std(out)?;
    let mut lines = BufReader::new(out).lines();
    let found = async {
        while let Some(line) = lines.next_line().await? {
            if let Some(at) = line.find("http://") {
                let rest = &line[at + "http://".len()..];
                let host = rest.split(['/', ' ']).next().unwrap_or_default();
                return Ok(format!("ws://{host}/api/websockets"));
            }
        }
        bail!("selkies did not say where it listens")
    };
    tokio::time::timeout(Duration::from_secs(20), found).await?
}

/// How long the X server takes to answer anything at all: no key can be quicker.
fn ask(connection: &RustConnection, ends: &AtomicBool) -> Result<Vec<Duration>> {
    let mut times = Vec::new();
    while !ends.load(Ordering::Relaxed) {
        thread::sleep(BETWEEN);
        let since = Instant::now();
        connection.get_input_focus()?.reply()?;
        times.push(since.elapsed());
    }
    Ok(times)
}

fn say_spread(what: &str, mut times: Vec<Duration>) -> Result<()> {
    times.sort_unstable();
    let at = |share: usize| {
        times
            .get(times.len().saturating_sub(1) * share / 1000)
            .copied()
    };
    let [half, most, nearly, all] =
        [500, 950, 990, 1000].map(|share| at(share).unwrap_or_default());
    writeln!(
        std::io::stdout(),
        "{} {what}: half within {half:?}, 95 % within {most:?}, 99 % within {nearly:?}, all within {all:?}",
        times.len()
    )?;
    Ok(())
}

/// Moves a noisy picture over the whole screen, as often as a screen is drawn.
fn paint(connection: &RustConnection, ends: &AtomicBool, drawn: &AtomicU32) -> Result<()> {
    let screen = &connection.setup().roots[0];
    let (root, depth) = (screen.root, screen.root_depth);
    let [width, height] = [SCREEN.width, SCREEN.height].map(|side| (side + ROOM) as u16);
    let (picture, gc) = (connection.generate_id()?, connection.generate_id()?);
    connection.create_pixmap(depth, picture, root, width, height)?;
    connection.create_gc(gc, root, &CreateGCAux::new())?;
    let mut state = 1_u32;
    for row in 0..height {
        let mut line = Vec::with_capacity(usize::from(width) * 4);
        for column in 0..width {
            // A gradient under film grain.
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let grain = (state >> 28) as u8;
            line.extend([
                (column / 9) as u8,
                (row / 5) as u8,
                ((row + column) / 12) as u8,
                0,
            ]);
            for colour in line.iter_mut().rev().skip(1).take(3) {
                *colour = colour.saturating_add(grain);
            }
        }
        connection.put_image(
            ImageFormat::Z_PIXMAP,
            picture,
            gc,
            width,
            1,
            0,
            row as i16,
            0,
            depth,
            &line,
        )?;
    }
    connection.sync()?;
    let mut due = Instant::now();
    let mut frame = 0_i16;
    while !ends.load(Ordering::Relaxed) {
        let place = (frame % (2 * ROOM as i16) - ROOM as i16).abs();
        connection.copy_area(
            picture,
            root,
            gc,
            place,
            place / 2,
            0,
            0,
            SCREEN.width as u16,
            SCREEN.height as u16,
        )?;
        connection.sync()?;
        drawn.fetch_add(1, Ordering::Relaxed);
        frame = frame.wrapping_add(1) & 0x3fff;
        due = (due + FRAME).max(Instant::now());
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// A program's window that has the keyboard; tells when keys arrive in it.
fn listen(display: &str) -> Result<Receiver<Instant>> {
    let (connection, screen) = RustConnection::connect(Some(display))?;
    let root = connection.setup().roots[screen].root;
    let window = connection.generate_id()?;
    let aux = CreateWindowAux::new()
        .override_redirect(1)
        .event_mask(EventMask::KEY_PRESS | EventMask::STRUCTURE_NOTIFY);
    connection.create_window(
        0,
        window,
        root,
        0,
        0,
        8,
        8,
        0,
        WindowClass::INPUT_ONLY,
        0,
        &aux,
    )?;
    connection.map_window(window)?;
    connection.flush()?;
    while !matches!(connection.wait_for_event()?, Event::MapNotify(_)) {}
    connection.set_input_focus(InputFocus::PARENT, window, 0_u32)?;
    connection.sync()?;
    let (tell, keys) = sync_channel(1024);
    // It ends with the X server.
    drop(spawn("listener", move || {
        while let Ok(event) = connection.wait_for_event() {
            if matches!(event, Event::KeyPress(_)) && tell.send(Instant::now()).is_err() {
                break;
            }
        }
    })?);
    Ok(keys)
}

/// A machine that has other things to do.
fn spin(ends: &AtomicBool) {
    while !ends.load(Ordering::Relaxed) {
        std::hint::spin_loop();
    }
}

fn spawn<T: Send + 'static>(
    name: &str,
    run: impl FnOnce() -> T + Send + 'static,
) -> Result<thread::JoinHandle<T>> {
    Ok(thread::Builder::new().name(name.to_owned()).spawn(run)?)
}

fn complain(error: &anyhow::Error) {
    // Nobody is there to hear that nobody hears.
    let _ = writeln!(std::io::stderr(), "the screen does not move: {error:#}");
}

struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
