//! Prints how long it takes to hand an input event to a private X server.

use std::io::{self, Write as _};
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop as _, InputEvent, Keysym};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_media::{Point, Size};
use selkies_testkit::XServer;

/// Events of each kind.
const EVENTS: usize = 4000;

fn main() -> io::Result<()> {
    let Some(server) = XServer::start(Size::new(800, 600), &[]) else {
        return Ok(());
    };
    let desktop = X11Desktop::new(Server::new(server.display()));
    let mut input = desktop.input().map_err(io::Error::other)?;
    for (what, key) in [("plain key", 'a'), ("key with Shift", 'A')] {
        let key = Keysym(key.into());
        measure(what, |number| {
            let event = if number % 2 == 0 {
                InputEvent::KeyDown(key)
            } else {
                InputEvent::KeyUp(key)
            };
            input.inject(&event).map_err(io::Error::other)
        })?;
    }
    measure("motion", |number| {
        let x = i32::try_from(number % 700).unwrap_or(0);
        let event = InputEvent::PointerTo(Point { x, y: 5 });
        input.inject(&event).map_err(io::Error::other)
    })
}

fn measure(what: &str, mut event: impl FnMut(usize) -> io::Result<()>) -> io::Result<()> {
    let mut times: Vec<Duration> = Vec::with_capacity(EVENTS);
    for number in 0..EVENTS {
        let start = Instant::now();
        event(number)?;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let [half, most, all] = [EVENTS / 2, EVENTS * 99 / 100, EVENTS - 1].map(|place| times[place]);
    writeln!(
        io::stdout(),
        "{what}: half within {half:?}, 99 % within {most:?}, all within {all:?}"
    )
}
