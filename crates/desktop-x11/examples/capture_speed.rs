//! How long a capture takes: `cargo run --release -p selkies-desktop-x11 --example capture_speed`.
//!
//! Starts an X server of its own, paints on it and reads it back. The time of a picture counts
//! from the moment the server has painted to the moment the frame is there, so it holds the
//! question where was painted, the reading and the comparison.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop, FrameSource};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_media::time::Clock;
use selkies_media::{Rect, Size};
use selkies_testkit::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{ChangeGCAux, ConnectionExt as _, CreateGCAux, Rectangle};
use x11rb::rust_connection::RustConnection;

const ROUNDS: u32 = 300;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = io::stdout();
    for size in [Size::new(1920, 1080), Size::new(3840, 2160)] {
        let Some(xserver) = XServer::start(size, &[]) else {
            return Ok(());
        };
        let desktop = X11Desktop::new(Server::new(xserver.display()));
        writeln!(out, "{}", desktop.check()?)?;
        let mut source = desktop.frames(Clock::starting_at(Instant::now()))?;
        while source.next(Duration::from_millis(50))?.is_some() {}
        for (what, area) in [
            ("all of it", size.as_rect()),
            ("256x256", Rect::new(500, 500, 256, 256)),
            ("a column of 16", Rect::new(900, 0, 16, size.height)),
            ("16x16", Rect::new(33, 77, 16, 16)),
        ] {
            let times = measure(&xserver, source.as_mut(), area)?;
            let at = |share: usize| times[(times.len() - 1) * share / 100].as_secs_f64() * 1000.0;
            writeln!(
                out,
                "{size}, {what} painted: median {:.3} ms, 95 % {:.3} ms",
                at(50),
                at(95)
            )?;
        }
    }
    Ok(())
}

fn measure(
    xserver: &XServer,
    source: &mut dyn FrameSource,
    area: Rect,
) -> Result<Vec<Duration>, Box<dyn std::error::Error>> {
    let (connection, number) = RustConnection::connect(Some(xserver.display()))?;
    let root = connection.setup().roots[number].root;
    let gc = connection.generate_id()?;
    connection.create_gc(gc, root, &CreateGCAux::new())?;
    let area = Rectangle {
        x: area.x as i16,
        y: area.y as i16,
        width: area.width as u16,
        height: area.height as u16,
    };
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        connection.change_gc(gc, &ChangeGCAux::new().foreground(0x01_0203 * (round + 1)))?;
        connection.poly_fill_rectangle(root, gc, &[area])?;
        connection.get_input_focus()?.reply()?;
        let start = Instant::now();
        let frame = source
            .next(Duration::from_secs(5))?
            .ok_or("nothing was captured")?;
        times.push(start.elapsed());
        drop(frame);
    }
    times.sort();
    Ok(times)
}
