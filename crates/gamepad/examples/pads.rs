//! Serves controllers in the directory that is given, and plays with the first: a button every second.
#![expect(clippy::print_stdout, reason = "an example talks to a person")]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use selkies_desktop::{Gamepads, PadEvent};
use selkies_gamepad::Place;
use selkies_gamepad::sockets::Sockets;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let place = std::env::args_os()
        .nth(1)
        .map_or(Place::Private, |path| Place::At(PathBuf::from(path)));
    let mut sockets = Sockets::open(&place, Arc::new(|rumble| println!("{rumble:?}")))?;
    println!("SELKIES_JS_SOCKET_PATH={}", sockets.directory().display());
    for turn in 0u32.. {
        let value = if turn % 2 == 0 { 1.0 } else { 0.0 };
        sockets.apply(0, &PadEvent::Button { index: 0, value })?;
        std::thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}
