//! Our own hand on the screen: its first size, the resources, the wallpaper, order among windows.
//!
//! A thread of its own with a connection of its own, so that a server that does not answer holds up
//! nobody. It ends with the server.

use std::io;
use std::os::unix::net::UnixStream;
use std::sync::mpsc::SyncSender;
use std::thread::{self, JoinHandle};

use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ReplyError, ReplyOrIdError};
use x11rb::protocol::Event;
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, EventMask, PropMode, Screen,
};
use x11rb::rust_connection::{DefaultStream, RustConnection};
use x11rb::wrapper::ConnectionExt as _;

use crate::authority::PROTOCOL;
use crate::tidy::Tidy;
use crate::wallpaper::Wallpaper;
use crate::xserver::SOCKETS;

/// What it tells the keeper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// The screen has its first size and programs may start.
    Ready,
    /// A window manager has taken over.
    Managed,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum PaintError {
    #[error("cannot reach the server: {0}")]
    Reach(#[from] io::Error),
    #[error("cannot connect: {0}")]
    Connect(#[from] ConnectError),
    #[error("the connection ended: {0}")]
    Ended(#[from] ConnectionError),
    #[error("the server refused: {0}")]
    Refused(#[from] ReplyError),
    #[error("the server refused: {0}")]
    RefusedId(#[from] ReplyOrIdError),
    #[error("the wallpaper cannot be read: {0}")]
    Picture(#[from] png::DecodingError),
    #[error("{0}")]
    Lacking(&'static str),
}

/// What it does, and where.
pub(crate) struct Task {
    pub(crate) number: u32,
    pub(crate) cookie: [u8; 16],
    /// The size the screen gets.
    pub(crate) first: (u32, u32),
    pub(crate) resources: String,
}

/// Starts it. Notices go to `notices`, and `wake` is called after each.
pub(crate) fn start(
    task: Task,
    notices: SyncSender<Notice>,
    wake: impl Fn() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    thread::Builder::new()
        .name("wallpaper".to_owned())
        .spawn(move || {
            let tell = |notice| {
                // Nobody listens any more when the desktop is about to end.
                let _ = notices.try_send(notice);
                wake();
            };
            match paint(&task, &tell) {
                Ok(()) | Err(PaintError::Ended(_)) => {}
                Err(error) => tracing::warn!(%error, "the wallpaper is not drawn any more"),
            }
        })
}

fn paint(task: &Task, tell: &dyn Fn(Notice)) -> Result<(), PaintError> {
    let stream = UnixStream::connect(format!("{SOCKETS}/X{}", task.number))?;
    let (stream, _) = DefaultStream::from_unix_stream(stream)?;
    let connection = RustConnection::connect_to_stream_with_auth_info(
        stream,
        0,
        PROTOCOL.into(),
        task.cookie.to_vec(),
    )?;
    let screen = connection
        .setup()
        .roots
        .first()
        .ok_or(PaintError::Lacking("the server has no screen"))?;
    let root = screen.root;
    let check = atom(&connection, "_NET_SUPPORTING_WM_CHECK")?;
    connection.change_window_attributes(
        root,
        &ChangeWindowAttributesAux::new()
            .event_mask(EventMask::STRUCTURE_NOTIFY | EventMask::PROPERTY_CHANGE),
    )?;
    if let Err(error) = set_size(&connection, root, task.first) {
        tracing::warn!(%error, "the screen keeps its largest size");
    }
    connection.change_property8(
        PropMode::REPLACE,
        root,
        AtomEnum::RESOURCE_MANAGER,
        AtomEnum::STRING,
        task.resources.as_bytes(),
    )?;
    connection.sync()?;
    tell(Notice::Ready);

    let mut wallpaper = Wallpaper::upload(&connection, screen)?;
    let mut tidy = Tidy::new(&connection, root)?;
    let mut drawn = (0, 0);
    loop {
        let size = size_of(&connection, screen)?;
        if size != drawn {
            wallpaper.draw(&connection, size)?;
            drawn = size;
        }
        // All that has happened meanwhile is one reason to look again.
        let mut event = Some(connection.wait_for_event()?);
        let mut untidy = false;
        while let Some(one) = event {
            if let Event::PropertyNotify(change) = &one {
                if change.atom == check {
                    tell(Notice::Managed);
                }
                untidy |= tidy.concerns(change.atom);
            }
            event = connection.poll_for_event()?;
        }
        if untidy {
            tidy.look(&connection)?;
        }
    }
}

fn size_of(connection: &RustConnection, screen: &Screen) -> Result<(u16, u16), PaintError> {
    let now = connection.get_geometry(screen.root)?.reply()?;
    Ok((now.width, now.height))
}

fn atom(connection: &RustConnection, name: &str) -> Result<Atom, PaintError> {
    Ok(connection
        .intern_atom(false, name.as_bytes())?
        .reply()?
        .atom)
}

/// Shrinks the screen from the size of its memory, which is the largest it can have.
fn set_size(
    connection: &RustConnection,
    root: u32,
    (width, height): (u32, u32),
) -> Result<(), PaintError> {
    let resources = connection.randr_get_screen_resources(root)?.reply()?;
    let (Some(&crtc), Some(&output)) = (resources.crtcs.first(), resources.outputs.first()) else {
        return Err(PaintError::Lacking("the screen cannot be resized"));
    };
    let (Ok(width), Ok(height)) = (u16::try_from(width), u16::try_from(height)) else {
        return Err(PaintError::Lacking("no screen is that large"));
    };
    // The name only has to differ from those that others give to modes they make.
    let name = format!("start-{width}x{height}");
    let mode = connection
        .randr_create_mode(
            root,
            randr::ModeInfo {
                width,
                height,
                // 60 pictures per second: nothing is ever sent to a monitor, but programs ask.
                dot_clock: u32::from(width) * u32::from(height) * 60,
                htotal: width,
                vtotal: height,
                hsync_start: width,
                hsync_end: width,
                vsync_start: height,
                vsync_end: height,
                name_len: u16::try_from(name.len()).unwrap_or(0),
                ..randr::ModeInfo::default()
            },
            name.as_bytes(),
        )?
        .reply()?
        .mode;
    connection.randr_add_output_mode(output, mode)?;
    connection.grab_server()?;
    let changed = change_mode(connection, root, crtc, output, mode, (width, height));
    connection.ungrab_server()?;
    connection.flush()?;
    changed
}

fn change_mode(
    connection: &RustConnection,
    root: u32,
    crtc: randr::Crtc,
    output: randr::Output,
    mode: randr::Mode,
    (width, height): (u16, u16),
) -> Result<(), PaintError> {
    // A screen smaller than what a CRTC shows is refused, so the CRTC goes dark first.
    let off = randr::SetConfig::SUCCESS;
    let now = x11rb::CURRENT_TIME;
    let answer = connection
        .randr_set_crtc_config(crtc, now, now, 0, 0, 0, randr::Rotation::ROTATE0, &[])?
        .reply()?;
    if answer.status != off {
        return Err(PaintError::Lacking("the screen cannot be resized now"));
    }
    connection
        .randr_set_screen_size(root, width, height, millimetres(width), millimetres(height))?
        .check()?;
    connection
        .randr_set_crtc_config(
            crtc,
            now,
            now,
            0,
            0,
            mode,
            randr::Rotation::ROTATE0,
            &[output],
        )?
        .reply()?;
    Ok(())
}

/// The length of `pixels` at 96 dots per inch.
fn millimetres(pixels: u16) -> u32 {
    (u32::from(pixels) * 254 + 480) / 960
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inch_has_ninety_six_pixels() {
        assert_eq!(millimetres(1920), 508);
        assert_eq!(millimetres(960), 254);
    }
}
