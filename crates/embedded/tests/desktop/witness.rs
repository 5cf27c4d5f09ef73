//! Looks at a desktop from outside: at its screen as a client, at its processes through proc(5).

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::randr::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{self, AtomEnum, ConnectionExt as _, GetGeometryReply, ImageFormat};
use x11rb::rust_connection::{DefaultStream, RustConnection};

/// Looks again and again until `found`.
pub(crate) fn until(what: &str, mut found: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !found() {
        assert!(Instant::now() < deadline, "not within 20 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub(crate) fn instance(environment: &[(OsString, OsString)]) -> String {
    let found = environment
        .iter()
        .find(|(name, _)| name == "SELKIES_INSTANCE");
    let (_, value) = found.expect("programs are marked");
    format!("SELKIES_INSTANCE={}", value.display())
}

/// All running processes with `mark` in their environment.
pub(crate) fn marked(mark: &str) -> Vec<i32> {
    processes()
        .into_iter()
        .filter(|pid| runs(*pid) && environment(*pid).split('\0').any(|one| one == mark))
        .collect()
}

pub(crate) fn named(mark: &str, name: &str) -> Vec<i32> {
    let mut found = marked(mark);
    found.retain(|pid| {
        fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|comm| comm.trim() == name)
    });
    found
}

pub(crate) fn environment(pid: i32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Children of marked processes that have got rid of the mark.
pub(crate) fn descendants_without_mark(mark: &str) -> Vec<i32> {
    let inside: HashSet<i32> = marked(mark).into_iter().collect();
    processes()
        .into_iter()
        .filter(|pid| !inside.contains(pid))
        .filter(|pid| stat(*pid).is_some_and(|(_, parent)| inside.contains(&parent)))
        .collect()
}

/// A process that has ended and was not asked for yet does not run.
pub(crate) fn runs(pid: i32) -> bool {
    stat(pid).is_some_and(|(state, _)| !matches!(state.as_str(), "Z" | "X"))
}

/// True when the lock belongs to a server that runs: the number was taken at once.
pub(crate) fn lock_is_anothers(lock: &str) -> bool {
    fs::read_to_string(lock).is_ok_and(|pid| pid.trim().parse().is_ok_and(runs))
}

fn stat(pid: i32) -> Option<(String, i32)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    Some((fields.next()?.to_owned(), fields.next()?.parse().ok()?))
}

fn processes() -> Vec<i32> {
    fs::read_dir("/proc")
        .expect("there is one")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// A connection to the desktop's X server.
pub(crate) struct Screen {
    connection: RustConnection,
}

impl Screen {
    pub(crate) fn connect(display: &str, cookie: [u8; 16]) -> Result<Self, String> {
        Self::with(display, b"MIT-MAGIC-COOKIE-1".to_vec(), cookie.to_vec())
    }

    pub(crate) fn connect_without(display: &str) -> Result<Self, String> {
        Self::with(display, Vec::new(), Vec::new())
    }

    fn with(display: &str, protocol: Vec<u8>, secret: Vec<u8>) -> Result<Self, String> {
        let number = display.trim_start_matches(':');
        let stream = UnixStream::connect(format!("/tmp/.X11-unix/X{number}"))
            .map_err(|error| error.to_string())?;
        let (stream, _) =
            DefaultStream::from_unix_stream(stream).map_err(|error| error.to_string())?;
        RustConnection::connect_to_stream_with_auth_info(stream, 0, protocol, secret)
            .map(|connection| Self { connection })
            .map_err(|error| error.to_string())
    }

    pub(crate) fn root(&self) -> &xproto::Screen {
        self.connection
            .setup()
            .roots
            .first()
            .expect("there is a screen")
    }

    pub(crate) fn has_extension(&self, name: &'static str) -> bool {
        let found = self.connection.query_extension(name.as_bytes());
        found
            .expect("it answers")
            .reply()
            .expect("it answers")
            .present
    }

    /// A window manager says so with a window that says so itself (EWMH).
    pub(crate) fn is_managed(&self) -> bool {
        let check = |window| {
            self.property(window, "_NET_SUPPORTING_WM_CHECK", AtomEnum::WINDOW)
                .first()
                .copied()
        };
        check(self.root().root).is_some_and(|window| check(window) == Some(window))
    }

    /// The frames of all windows, the panel among them.
    pub(crate) fn windows(&self) -> Vec<GetGeometryReply> {
        self.property(self.root().root, "_NET_CLIENT_LIST", AtomEnum::WINDOW)
            .into_iter()
            .filter_map(|window| {
                let tree = self.connection.query_tree(window).ok()?.reply().ok()?;
                let outer = if tree.parent == tree.root {
                    window
                } else {
                    tree.parent
                };
                self.connection.get_geometry(outer).ok()?.reply().ok()
            })
            .collect()
    }

    pub(crate) fn work_area(&self) -> Option<xproto::Rectangle> {
        let area = self.property(self.root().root, "_NET_WORKAREA", AtomEnum::CARDINAL);
        let &[x, y, width, height] = area.get(..4)? else {
            return None;
        };
        Some(xproto::Rectangle {
            x: x.try_into().ok()?,
            y: y.try_into().ok()?,
            width: width.try_into().ok()?,
            height: height.try_into().ok()?,
        })
    }

    /// The size of the pixmap behind everything.
    pub(crate) fn wallpaper(&self) -> Option<(u16, u16)> {
        let pixmap = self.property(self.root().root, "_XROOTPMAP_ID", AtomEnum::PIXMAP);
        let size = self
            .connection
            .get_geometry(*pixmap.first()?)
            .ok()?
            .reply()
            .ok()?;
        Some((size.width, size.height))
    }

    /// How many different colours the wallpaper has along its middle column.
    pub(crate) fn colours(&self) -> usize {
        let (width, height) = self.wallpaper().expect("there is one");
        let pixmap = self.property(self.root().root, "_XROOTPMAP_ID", AtomEnum::PIXMAP);
        let x = i16::try_from(width / 2).expect("it is small");
        let image = self
            .connection
            .get_image(ImageFormat::Z_PIXMAP, pixmap[0], x, 0, 1, height, !0)
            .expect("it answers")
            .reply()
            .expect("it answers");
        image.data.chunks_exact(4).collect::<HashSet<_>>().len()
    }

    pub(crate) fn resize(&self, (width, height): (u16, u16)) {
        let connection = &self.connection;
        let root = self.root().root;
        let resources = connection
            .randr_get_screen_resources(root)
            .expect("it answers")
            .reply()
            .expect("it answers");
        let (crtc, output) = (resources.crtcs[0], resources.outputs[0]);
        let name = format!("test-{width}x{height}");
        let info = randr::ModeInfo {
            width,
            height,
            dot_clock: u32::from(width) * u32::from(height) * 60,
            htotal: width,
            vtotal: height,
            name_len: u16::try_from(name.len()).expect("it is short"),
            ..randr::ModeInfo::default()
        };
        let mode = connection
            .randr_create_mode(root, info, name.as_bytes())
            .expect("it answers")
            .reply()
            .expect("a new mode")
            .mode;
        connection
            .randr_add_output_mode(output, mode)
            .expect("it answers")
            .check()
            .expect("it fits");
        let set = |mode, outputs: &[u32]| {
            connection
                .randr_set_crtc_config(
                    crtc,
                    0_u32,
                    0_u32,
                    0,
                    0,
                    mode,
                    randr::Rotation::ROTATE0,
                    outputs,
                )
                .expect("it answers")
                .reply()
                .expect("it is set");
        };
        set(0, &[]);
        connection
            .randr_set_screen_size(root, width, height, u32::from(width), u32::from(height))
            .expect("it answers")
            .check()
            .expect("it fits");
        set(mode, &[output]);
    }

    fn property(&self, window: u32, name: &str, kind: AtomEnum) -> Vec<u32> {
        let read = || {
            let atom = self
                .connection
                .intern_atom(false, name.as_bytes())
                .ok()?
                .reply()
                .ok()?
                .atom;
            let value = self
                .connection
                .get_property(false, window, atom, kind, 0, 256)
                .ok()?;
            Some(value.reply().ok()?.value32()?.collect())
        };
        read().unwrap_or_default()
    }
}
