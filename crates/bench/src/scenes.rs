//! The scenes: what an application on the desktop draws while it is watched.
//!
//! Each is drawn by a thread of ours as a client of the X server, over the whole screen, with the
//! [`strip`](crate::strip) at the upper left.

mod desktop;
mod motion;
mod painter;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use selkies_media::{Rect, Size};

use crate::strip::Mark;
use desktop::Terminal;
use motion::{Motion, MovingWindow};
use painter::{BLACK, Painter, WHITE};

/// How long the first picture of a scene may take.
const FIRST: Duration = Duration::from_secs(20);
/// How often a still scene looks whether it is over.
const GLANCE: Duration = Duration::from_millis(100);
/// Side of the box that answers presses.
const BOX: u32 = 192;

/// What is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawing {
    /// A desktop with text, at rest.
    Still,
    /// On that desktop, a terminal scrolls 30 lines a second.
    Typing,
    /// On that desktop, a window with a photograph moves, 60 times a second.
    Window,
    /// The whole screen moves, 60 times a second.
    Motion,
    /// On the desktop at rest a box changes between black and white with each press.
    Press,
    /// The same box on the moving screen.
    PressUnderMotion,
}

impl Drawing {
    const fn per_second(self) -> u32 {
        match self {
            Self::Still | Self::Press => 0,
            Self::Typing => 30,
            Self::Window | Self::Motion | Self::PressUnderMotion => 60,
        }
    }

    const fn has_box(self) -> bool {
        matches!(self, Self::Press | Self::PressUnderMotion)
    }
}

/// A scene that is being drawn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Show {
    over: Arc<AtomicBool>,
    drawn: Arc<AtomicU64>,
    thread: Option<JoinHandle<()>>,
}

impl Show {
    /// Starts to draw on `display` and returns when the first picture is there.
    pub(crate) fn start(display: &str, size: Size, drawing: Drawing) -> Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let drawn = Arc::new(AtomicU64::new(0));
        let (tell, told) = sync_channel(1);
        let painter = Painter::connect(display, size, drawing.has_box())?;
        let thread = thread::Builder::new().name("scene".to_owned()).spawn({
            let (over, drawn) = (over.clone(), drawn.clone());
            move || {
                let result = play(painter, drawing, &over, &drawn, &tell);
                // Later failures show as frames that are missing; nobody listens any more then.
                let _ = tell.try_send(result);
            }
        })?;
        let show = Self {
            over,
            drawn,
            thread: Some(thread),
        };
        told.recv_timeout(FIRST)
            .context("the scene did not begin")??;
        Ok(show)
    }

    /// Pictures drawn so far.
    pub(crate) fn drawn(&self) -> u64 {
        self.drawn.load(Ordering::Relaxed)
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic has been printed already; the measurement has no frames then.
            let _ = thread.join();
        }
    }
}

fn play(
    painter: Painter,
    drawing: Drawing,
    over: &AtomicBool,
    drawn: &AtomicU64,
    begun: &SyncSender<Result<()>>,
) -> Result<()> {
    let mut scene = Scene::new(painter, drawing)?;
    scene.painter.finish()?;
    let _ = begun.try_send(Ok(()));
    let period = Duration::from_secs(1)
        .checked_div(drawing.per_second())
        .unwrap_or(GLANCE);
    let is_still = drawing.per_second() == 0;
    let mut next = Instant::now() + period;
    while !over.load(Ordering::Relaxed) {
        if scene.painter.presses()? % 2 == 1 {
            scene.mark.flip = !scene.mark.flip;
            scene.mark.number = scene.mark.number.wrapping_add(1);
            scene.answer()?;
            drawn.fetch_add(1, Ordering::Relaxed);
        }
        let now = Instant::now();
        if now < next {
            wait(&scene.painter, next - now)?;
            continue;
        }
        if !is_still {
            scene.mark.number = scene.mark.number.wrapping_add(1);
            scene.advance()?;
            drawn.fetch_add(1, Ordering::Relaxed);
        }
        // Late frames are left out, not made up for in a burst.
        next = (next + period).max(Instant::now());
    }
    Ok(())
}

/// Until something comes from the X server, for at most `span`.
fn wait(painter: &Painter, span: Duration) -> Result<()> {
    let timeout = Timespec::try_from(span)?;
    match poll(
        &mut [PollFd::new(painter.stream(), PollFlags::IN)],
        Some(&timeout),
    ) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

struct Scene {
    painter: Painter,
    drawing: Drawing,
    mark: Mark,
    parts: Parts,
}

/// What moves.
enum Parts {
    Nothing,
    Terminal(Terminal),
    Window(MovingWindow),
    Screen(Motion),
}

impl Scene {
    fn new(painter: Painter, drawing: Drawing) -> Result<Self> {
        desktop::paint(&painter)?;
        let parts = match drawing {
            Drawing::Still | Drawing::Press => Parts::Nothing,
            Drawing::Typing => Parts::Terminal(Terminal::new(&painter)),
            Drawing::Window => Parts::Window(MovingWindow::new(&painter)?),
            Drawing::Motion | Drawing::PressUnderMotion => Parts::Screen(Motion::new(&painter)?),
        };
        let mut scene = Self {
            painter,
            drawing,
            mark: Mark::default(),
            parts,
        };
        if drawing.has_box() {
            scene.answer()?;
        } else {
            scene.painter.strip(scene.mark)?;
        }
        Ok(scene)
    }

    /// Draws the next picture.
    fn advance(&mut self) -> Result<()> {
        let painter = &self.painter;
        let answer = self
            .drawing
            .has_box()
            .then(|| (place_of_box(painter.size()), colour(self.mark.flip)));
        match &mut self.parts {
            Parts::Nothing => {}
            Parts::Terminal(terminal) => terminal.scroll(painter)?,
            Parts::Window(window) => window.advance(painter)?,
            Parts::Screen(motion) => {
                motion.screen(painter, self.mark, answer)?;
                return painter.finish();
            }
        }
        painter.strip(self.mark)?;
        painter.finish()
    }

    /// Draws the box as the last press left it.
    fn answer(&mut self) -> Result<()> {
        let painter = &self.painter;
        painter.fill(place_of_box(painter.size()), colour(self.mark.flip))?;
        painter.strip(self.mark)?;
        painter.finish()
    }
}

const fn colour(flip: bool) -> u32 {
    if flip { WHITE } else { BLACK }
}

fn place_of_box(size: Size) -> Rect {
    let (x, y) = ((size.width - BOX) / 2, (size.height - BOX) / 2);
    Rect::new(x, y, BOX, BOX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use selkies_testkit::XServer;

    const SIZE: Size = Size::new(800, 600);

    #[test]
    fn every_scene_begins_and_the_moving_ones_go_on() {
        let Some(server) = XServer::start(SIZE, &[]) else {
            return;
        };
        for drawing in [
            Drawing::Still,
            Drawing::Typing,
            Drawing::Window,
            Drawing::Motion,
            Drawing::Press,
            Drawing::PressUnderMotion,
        ] {
            let show = Show::start(server.display(), SIZE, drawing).expect("the server is there");
            let deadline = Instant::now() + FIRST;
            while drawing.per_second() > 0 && show.drawn() < 3 {
                assert!(Instant::now() < deadline, "{drawing:?} stands still");
                thread::sleep(Duration::from_millis(5));
            }
        }
    }

    #[test]
    fn without_an_x_server_there_is_no_show() {
        assert!(Show::start(":59001", SIZE, Drawing::Still).is_err());
    }
}
