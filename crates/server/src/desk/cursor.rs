//! Tells what the pointer looks like: small images, each made once.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use selkies_desktop::{CursorImage, CursorSource, Desktop, DesktopError};
use selkies_proto::server::Cursor;
use selkies_settings::Settings;
use sha2::{Digest, Sha256};

use super::{After, RETRY, Report};

/// Between two shapes in the long run. An animated cursor has up to 60 a second, and every viewer
/// is told of each.
const SPACING: Duration = Duration::from_millis(84);
/// So many may follow each other at once: a pointer that crosses a few windows.
const BURST: u32 = 3;
/// Shapes whose images are kept: more than a desktop shows in a day without an animation.
const MOST_SHAPES: usize = 64;
/// The longest side at 96 dots per inch, unless it is set.
const SIDE: i64 = 32;
/// Browsers show no larger cursors.
const LONGEST_SIDE: i64 = 128;

/// The longest side of the images that pages get. `None`: they get none.
pub(crate) fn longest_side(settings: &Settings) -> Option<u32> {
    if !settings.enable_cursors.value {
        return None;
    }
    let side = match settings.cursor_size {
        set if set > 0 => set,
        _ => SIDE,
    };
    let dots = settings.scaling_dpi.value.parse().unwrap_or(96);
    u32::try_from((side * dots / 96).clamp(1, LONGEST_SIDE)).ok()
}

/// Our end of the thread, which ends when this is dropped.
pub(super) struct Following(Arc<Quit>);

impl Following {
    pub(super) fn start(
        desktop: Arc<dyn Desktop>,
        side: u32,
        report: impl Fn(Report) + Send + 'static,
    ) -> io::Result<Self> {
        let quit = Arc::new(Quit::default());
        let mut follower = Follower {
            desktop,
            quit: quit.clone(),
            report: Box::new(report),
            images: Images::new(side),
            pace: Pace::default(),
            told: None,
        };
        thread::Builder::new()
            .name("desktop:cursor".to_owned())
            .spawn(move || follower.run())?;
        Ok(Self(quit))
    }
}

impl Drop for Following {
    fn drop(&mut self) {
        self.0.now();
    }
}

struct Follower {
    desktop: Arc<dyn Desktop>,
    quit: Arc<Quit>,
    report: Box<dyn Fn(Report) + Send>,
    images: Images,
    pace: Pace,
    /// The handle of the image that was told last.
    told: Option<u32>,
}

impl Follower {
    fn run(&mut self) {
        while !self.quit.is_now() {
            let error = match self.desktop.cursor() {
                Ok(mut source) => match self.follow(&mut *source) {
                    After::End => return,
                    After::ConnectAgain(error) => error,
                },
                Err(error @ DesktopError::Unusable(_)) => {
                    tracing::debug!(%error, "pages show a pointer of their own");
                    return;
                }
                Err(error) => error,
            };
            tracing::debug!(%error, "the pointer's shape waits for the desktop");
            self.quit.rest(RETRY);
        }
    }

    fn follow(&mut self, source: &mut dyn CursorSource) -> After {
        self.quit.wakes(source.waker());
        let mut waiting = None;
        while !self.quit.is_now() {
            let patience = match &waiting {
                None => Duration::MAX,
                Some(image) => {
                    let early = self.pace.early_by(Instant::now());
                    if early.is_zero() {
                        self.tell(image);
                        waiting = None;
                        continue;
                    }
                    // What it looks like until then nobody is told, so nobody looks.
                    self.quit.rest(early);
                    Duration::ZERO
                }
            };
            match source.next(patience) {
                // Of those that come too fast the last one counts.
                Ok(news) => waiting = news.or(waiting),
                Err(error) => return After::ConnectAgain(error),
            }
        }
        After::End
    }

    fn tell(&mut self, image: &CursorImage) {
        let cursor = match self.images.of(image) {
            Ok(cursor) => cursor,
            Err(error) => {
                tracing::warn!(%error, "a shape of the pointer cannot be written down");
                return;
            }
        };
        if self.told.replace(cursor.handle) != Some(cursor.handle) {
            self.pace.spend(Instant::now());
            (self.report)(Report::Cursor(cursor));
        }
    }
}

/// Lets a thread that waits come to its end.
#[derive(Default)]
struct Quit {
    state: Mutex<Quitting>,
    changed: Condvar,
}

#[derive(Default)]
struct Quitting {
    now: bool,
    wake: Option<Arc<dyn Fn() + Send + Sync>>,
}

impl Quit {
    fn now(&self) {
        let mut state = self.lock();
        state.now = true;
        let wake = state.wake.take();
        drop(state);
        self.changed.notify_all();
        if let Some(wake) = wake {
            wake();
        }
    }

    fn is_now(&self) -> bool {
        self.lock().now
    }

    /// What the thread waits with from now on.
    fn wakes(&self, wake: Arc<dyn Fn() + Send + Sync>) {
        self.lock().wake = Some(wake);
    }

    fn rest(&self, span: Duration) {
        let state = self.lock();
        // Whether the time is over or it is time to quit, the caller looks again.
        drop(
            self.changed
                .wait_timeout_while(state, span, |state| !state.now),
        );
    }

    fn lock(&self) -> MutexGuard<'_, Quitting> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Keeps shapes apart: [`BURST`] at once, one every [`SPACING`] in the long run.
#[derive(Default)]
struct Pace {
    /// When it will be as if nothing had been sent.
    rested: Option<Instant>,
}

impl Pace {
    /// How long it is too early for the next one.
    fn early_by(&self, now: Instant) -> Duration {
        let ahead = self
            .rested
            .map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
        ahead.saturating_sub(SPACING * (BURST - 1))
    }

    fn spend(&mut self, now: Instant) {
        self.rested = Some(self.rested.map_or(now, |at| at.max(now)) + SPACING);
    }
}

/// The images that were made last, the latest first.
struct Images {
    side: u32,
    made: VecDeque<([u8; 32], Cursor)>,
}

impl Images {
    fn new(side: u32) -> Self {
        Self {
            side,
            made: VecDeque::with_capacity(MOST_SHAPES),
        }
    }

    fn of(&mut self, image: &CursorImage) -> Result<Cursor, png::EncodingError> {
        if image.is_hidden() {
            return Ok(Cursor::hidden());
        }
        let key = digest(image);
        let known = self.made.iter().position(|(other, _)| *other == key);
        let entry = match known.and_then(|place| self.made.remove(place)) {
            Some(entry) => entry,
            None => (key, drawn(image, self.side, handle(key))?),
        };
        let cursor = entry.1.clone();
        self.made.truncate(MOST_SHAPES - 1);
        self.made.push_front(entry);
        Ok(cursor)
    }
}

/// Of the pixels and the hotspot.
fn digest(image: &CursorImage) -> [u8; 32] {
    let mut digest = Sha256::new();
    for side in [image.size.width, image.size.height] {
        digest.update(side.to_le_bytes());
    }
    for at in [image.hotspot.x, image.hotspot.y] {
        digest.update(at.to_le_bytes());
    }
    digest.update(&image.rgba);
    digest.finalize().into()
}

/// 0 says that there is nothing to see.
fn handle([a, b, c, d, ..]: [u8; 32]) -> u32 {
    u32::from_le_bytes([a, b, c, d]).max(1)
}

fn drawn(image: &CursorImage, side: u32, handle: u32) -> Result<Cursor, png::EncodingError> {
    let image = image.cropped().fitted(side);
    if image.is_hidden() {
        return Ok(Cursor::hidden());
    }
    let (width, height) = (image.size.width, image.size.height);
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&image.rgba)?;
    writer.finish()?;
    let within = |at: i32, length: u32| u32::try_from(at).unwrap_or(0).min(length - 1);
    Ok(Cursor {
        png: STANDARD.encode(file).into(),
        width,
        height,
        hot_x: within(image.hotspot.x, width),
        hot_y: within(image.hotspot.y, height),
        handle,
    })
}

#[cfg(test)]
mod tests;
