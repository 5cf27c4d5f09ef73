//! The pictures of an X screen; with the pointer if that is asked for.

mod cursor;
mod differences;
mod ffi;
mod motion;
mod pool;
mod segment;
mod watch;

#[cfg(test)]
mod tests;

use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, FrameSource};
use selkies_media::frame::PixelMemory as _;
use selkies_media::geometry::LARGEST;
use selkies_media::time::{Clock, Timestamp};
use selkies_media::{Damage, Frame, Rect, Size};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::Window;

use crate::failure::lost;
use crate::screen;
use crate::server::Server;
use crate::wire::XConnection;
use cursor::Overlay;
pub(crate) use cursor::Switch;
use differences::differences;
use motion::Motion;
use pool::Pool;
use segment::Reader;
use watch::Watch;

pub(crate) use segment::Way;

/// A picture may be refused when the screen shrinks just before it is read. When that happens so
/// many times in a row although the size stays, it has another reason.
const MOST_REFUSALS: u32 = 3;

/// Lends pictures of one screen.
pub(crate) struct Capture {
    connection: XConnection,
    root: Window,
    clock: Clock,
    watch: Watch,
    reader: Reader,
    pool: Pool,
    /// The server has painted where we have not asked yet.
    painted: bool,
    /// When we learnt of the first of what is not handed out yet.
    damaged: Option<Timestamp>,
    /// Painted, but not read yet.
    unread: Damage,
    motion: Motion,
    overlay: Overlay,
    refusals: u32,
}

impl Capture {
    /// Connects. Pixels come at best the way `best`; the pointer is drawn while `pointer` is on.
    pub(crate) fn connect(
        server: &Server,
        clock: Clock,
        best: Way,
        pointer: Switch,
    ) -> Result<Self, DesktopError> {
        let (connection, number) = server.connect()?;
        let screen = screen::screen(&connection, number)?;
        screen::accept_pixels(connection.setup(), screen)?;
        let root = screen.root;
        let watch = Watch::new(&connection, root)?;
        let reader = Reader::new(&connection, root, best)?;
        let size = visible_size(&connection, root)?;
        tracing::debug!(%size, way = ?reader.way(), display = server.display(), "capture starts");
        let unread = Damage::full(size);
        Ok(Self {
            connection,
            root,
            clock,
            watch,
            reader,
            pool: Pool::new(size),
            painted: true,
            damaged: None,
            unread,
            motion: Motion::default(),
            overlay: Overlay::new(pointer, root)?,
            refusals: 0,
        })
    }

    /// New buffers when the screen has another size. Tells whether it has.
    fn fit_to_screen(&mut self) -> Result<bool, DesktopError> {
        let size = visible_size(&self.connection, self.root)?;
        if size == self.pool.size() {
            return Ok(false);
        }
        tracing::debug!(%size, "the screen has another size");
        self.pool.dissolve(&self.connection);
        self.pool = Pool::new(size);
        self.unread = Damage::full(size);
        self.overlay.is_gone();
        Ok(true)
    }

    /// Reads what is unread. `None`: it is what it was, or all buffers are out; then it stays
    /// unread.
    fn read(&mut self, patience: Duration) -> Result<Option<Frame>, DesktopError> {
        let Some(place) = self
            .pool
            .vacant(&self.connection, &mut self.reader, patience)?
        else {
            return Ok(None);
        };
        if self.painted {
            self.unread
                .merge(&self.watch.painted_area(&self.connection)?);
            self.painted = false;
        }
        let (size, stride) = (self.pool.size(), self.pool.stride());
        self.unread.clip_to(size);
        let painted = !self.unread.is_empty();
        let buffer = self
            .pool
            .buffer(place)
            .expect("the pool has a buffer at a place it names");
        // Until all of it has arrived the buffer lacks all of it.
        buffer.missing.merge(&self.unread);
        buffer.missing.merge(&self.overlay.underlay());
        let spans = buffer.missing.row_spans();
        let captured = self.clock.stamp(Instant::now());
        self.reader
            .read(&self.connection, &mut buffer.segment, size.width, &spans)?;
        self.unread.clear();
        self.refusals = 0;
        let memory = Arc::get_mut(&mut buffer.segment.memory)
            .expect("nobody refers to a buffer that is read into");
        self.overlay.draw(memory.bytes_mut(), stride);

        // All that was read is compared, not only the unread part: the rest may have been painted
        // meanwhile, and that must not slip into the picture unnoticed.
        let memory = buffer.segment.memory.clone();
        let changed = match self.pool.latest() {
            // A pointer that moves over what rests is no reason to take more for moving than it.
            Some(latest) if !painted => differences(memory.bytes(), latest, stride, &spans),
            Some(_) if self.motion.is_trusted(captured) => whole_rows(&spans, size.width),
            Some(latest) => {
                let changed = differences(memory.bytes(), latest, stride, &spans);
                self.motion
                    .compared(captured, rows(&spans), rows(&changed.row_spans()));
                changed
            }
            None => Damage::full(size),
        };
        drop(memory);
        let damaged = self.damaged.take().unwrap_or(captured);
        self.overlay.is_drawn();
        if changed.is_empty() {
            self.pool.caught_up(place);
            return Ok(None);
        }
        self.pool.promote(place, &changed);
        let surface = self.pool.lend().expect("the latest picture is in the pool");
        Ok(Some(Frame {
            damaged,
            captured,
            surface,
            damage: changed,
        }))
    }

    /// Waits for the server or the switch of the pointer. False: in vain.
    fn wait(&self, patience: Duration) -> Result<bool, DesktopError> {
        let bell = &self.overlay.bell;
        let stream = self.connection.stream();
        let woken = stream.readable_within(bell, patience).map_err(lost)?;
        bell.was_rung();
        Ok(woken)
    }

    /// After a refusal: nothing, when the screen's size explains it or it may pass.
    fn look_after_refusal(&mut self, refusal: DesktopError) -> Result<(), DesktopError> {
        if self.fit_to_screen()? {
            return Ok(());
        }
        self.refusals += 1;
        tracing::debug!(%refusal, "a picture was refused");
        if self.refusals < MOST_REFUSALS {
            Ok(())
        } else {
            Err(refusal)
        }
    }
}

fn rows(spans: &[Range<u32>]) -> u32 {
    spans.iter().map(|span| span.end - span.start).sum()
}

fn whole_rows(spans: &[Range<u32>], width: u32) -> Damage {
    let mut all = Damage::none();
    for span in spans {
        all.add(Rect::new(0, span.start, width, span.end - span.start));
    }
    all
}

impl FrameSource for Capture {
    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, DesktopError> {
        let deadline = Instant::now().checked_add(patience);
        let left = || {
            deadline.map_or(patience, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            })
        };
        // A program may have moved the pointer, of which nobody is told.
        self.overlay.may_have_moved();
        loop {
            let news = self.watch.news(&self.connection)?;
            if news.painted {
                self.painted = true;
                let now = self.clock.stamp(Instant::now());
                self.damaged.get_or_insert(now);
            }
            if news.resized {
                self.fit_to_screen()?;
            }
            if news.moved {
                self.overlay.may_have_moved();
            }
            if news.reshaped {
                self.overlay.may_have_changed();
            }
            let asked = self.overlay.catch_up(&self.connection, self.pool.size())?;
            if self.overlay.differs() {
                let now = self.clock.stamp(Instant::now());
                self.damaged.get_or_insert(now);
            }
            if self.painted || !self.unread.is_empty() || self.overlay.differs() {
                match self.read(left()) {
                    Err(refusal @ DesktopError::Refused(_)) => self.look_after_refusal(refusal)?,
                    done => return done,
                }
            } else if asked {
                // Events that came with the answers are not seen by waiting for more.
            } else if left().is_zero() || !self.wait(left())? {
                return Ok(None);
            }
        }
    }
}

/// The size of the screen, but not more than we capture.
fn visible_size(connection: &XConnection, root: Window) -> Result<Size, DesktopError> {
    let size = screen::size(connection, root)?;
    let visible = size.clamped_to(LARGEST);
    if visible != size {
        tracing::warn!(%size, %visible, "the screen is too large: only its upper left part is shown");
    }
    Ok(visible)
}
