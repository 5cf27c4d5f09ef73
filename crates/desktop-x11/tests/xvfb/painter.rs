//! A client that draws and remembers what it drew, and a viewer that believes the damage.

use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop as _, FrameSource, Outputs};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_media::time::Clock;
use selkies_media::{Frame, Rect, Size, Surface};
use selkies_testkit::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{
    ChangeGCAux, ConnectionExt as _, CreateGCAux, Gcontext, Rectangle, Window,
};
use x11rb::rust_connection::RustConnection;

/// How long a picture may take on a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// What everything is painted over with at the start.
pub(crate) const GROUND: u32 = 0x20_4060;

pub(crate) fn desktop(xserver: &XServer) -> X11Desktop {
    X11Desktop::new(Server::new(xserver.display()))
}

pub(crate) fn frames(xserver: &XServer) -> Box<dyn FrameSource> {
    desktop(xserver)
        .frames(Clock::starting_at(Instant::now()))
        .expect("the server can be captured")
}

pub(crate) fn outputs(xserver: &XServer) -> Box<dyn Outputs> {
    desktop(xserver).outputs().expect("the server runs")
}

/// Draws on the root window.
pub(crate) struct Painter {
    connection: RustConnection,
    root: Window,
    gc: Gcontext,
    size: Size,
    pixels: Vec<u32>,
}

impl Painter {
    /// Connects and paints everything in [`GROUND`].
    pub(crate) fn on(xserver: &XServer, size: Size) -> Self {
        let (connection, number) =
            RustConnection::connect(Some(xserver.display())).expect("the server runs");
        let root = connection.setup().roots[number].root;
        let gc = connection
            .generate_id()
            .expect("a new client has identifiers");
        connection
            .create_gc(gc, root, &CreateGCAux::new())
            .expect("it can be sent");
        let mut painter = Self {
            connection,
            root,
            gc,
            size,
            pixels: Vec::new(),
        };
        painter.screen_is_now(size);
        painter
    }

    /// The screen has another size: paints all of it anew.
    pub(crate) fn screen_is_now(&mut self, size: Size) {
        self.size = size;
        self.pixels = vec![GROUND; size.pixels() as usize];
        self.fill(size.as_rect(), GROUND);
    }

    /// Fills `area` and returns when it is done.
    pub(crate) fn fill(&mut self, area: Rect, colour: u32) {
        self.fill_all(&[(area, colour)]);
    }

    /// Fills all these areas and returns when it is done.
    pub(crate) fn fill_all(&mut self, areas: &[(Rect, u32)]) {
        for (area, colour) in areas {
            self.connection
                .change_gc(self.gc, &ChangeGCAux::new().foreground(*colour))
                .expect("it can be sent");
            let (x, y, width, height) = (
                area.x as i16,
                area.y as i16,
                area.width as u16,
                area.height as u16,
            );
            let area = Rectangle {
                x,
                y,
                width,
                height,
            };
            self.connection
                .poly_fill_rectangle(self.root, self.gc, &[area])
                .expect("it can be sent");
        }
        for (area, colour) in areas {
            let area = area.clipped_to(self.size);
            for y in area.rows() {
                let row = (y * self.size.width) as usize;
                self.pixels[row + area.x as usize..row + area.right() as usize].fill(*colour);
            }
        }
        self.connection
            .get_input_focus()
            .expect("it can be sent")
            .reply()
            .expect("the server runs");
    }

    /// Puts the pointer there.
    pub(crate) fn point_at(&self, x: i16, y: i16) {
        self.connection
            .warp_pointer(x11rb::NONE, self.root, 0, 0, 0, 0, x, y)
            .expect("it can be sent");
        self.connection
            .get_input_focus()
            .expect("it can be sent")
            .reply()
            .expect("the server runs");
    }

    /// What the screen should look like.
    pub(crate) fn pixels(&self) -> &[u32] {
        &self.pixels
    }

    pub(crate) fn connection(&self) -> (&RustConnection, Window) {
        (&self.connection, self.root)
    }
}

/// Keeps a picture of its own and updates only what frames mark as damaged, as an encoder of
/// stripes does.
#[derive(Default)]
pub(crate) struct Viewer {
    pixels: Vec<u32>,
    size: Size,
    frames: usize,
}

impl Viewer {
    pub(crate) fn take(&mut self, frame: &Frame) {
        self.frames += 1;
        let size = frame.size();
        assert!(
            !frame.damage.is_empty(),
            "a frame without change is no frame"
        );
        if size != self.size {
            assert_eq!(
                frame.damage.rects(),
                [size.as_rect()],
                "another size is damage all over"
            );
            self.size = size;
            self.pixels = vec![0; size.pixels() as usize];
        }
        for area in frame.damage.rects() {
            for y in area.rows() {
                let row = (y * size.width) as usize;
                let pixels = &pixels_of(frame, y)[area.x as usize..area.right() as usize];
                self.pixels[row + area.x as usize..row + area.right() as usize]
                    .copy_from_slice(pixels);
            }
        }
        for y in 0..size.height {
            let row = (y * size.width) as usize;
            let mine = &self.pixels[row..row + size.width as usize];
            assert!(
                pixels_of(frame, y) == mine,
                "row {y} changed outside the damage"
            );
        }
    }

    /// Takes frames until all pixels are those of `painter`.
    pub(crate) fn follow(&mut self, source: &mut dyn FrameSource, painter: &Painter) {
        self.come_to(source, painter.size, painter.pixels());
    }

    /// Takes frames until all pixels are `expected`.
    pub(crate) fn come_to(&mut self, source: &mut dyn FrameSource, size: Size, expected: &[u32]) {
        let deadline = Instant::now() + DEADLINE;
        while self.size != size || self.pixels != expected {
            assert!(
                Instant::now() < deadline,
                "the picture never became what was drawn"
            );
            if let Some(frame) = source
                .next(Duration::from_millis(100))
                .expect("the server runs")
            {
                self.take(&frame);
            }
        }
    }

    /// How many frames it took.
    pub(crate) const fn frames(&self) -> usize {
        self.frames
    }
}

/// The next frame within the deadline.
pub(crate) fn next(source: &mut dyn FrameSource) -> Frame {
    let deadline = Instant::now() + DEADLINE;
    while Instant::now() < deadline {
        if let Some(frame) = source
            .next(Duration::from_millis(100))
            .expect("the server runs")
        {
            return frame;
        }
    }
    panic!("no frame came");
}

/// Reads until nothing changes any more.
pub(crate) fn settle(source: &mut dyn FrameSource) {
    while source
        .next(Duration::from_millis(50))
        .expect("the server runs")
        .is_some()
    {}
}

/// A row of a frame without the unused bytes.
pub(crate) fn pixels_of(frame: &Frame, y: u32) -> Vec<u32> {
    let Surface::Cpu(surface) = &frame.surface else {
        panic!("pixels are in memory")
    };
    let (pixels, _) = surface.row(y).as_chunks::<4>();
    pixels
        .iter()
        .map(|pixel| u32::from_le_bytes(*pixel) & 0xff_ffff)
        .collect()
}

/// Runs `work` on a thread of its own.
pub(crate) fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    let thread = std::thread::Builder::new().name("background".to_owned());
    thread.spawn(work).expect("the machine has a thread left")
}
