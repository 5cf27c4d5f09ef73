//! A desktop without a display server: it paints a numbered card and writes down what was done
//! to it. Tests and `--test-card` use it; so does anyone who asks whether a fault is the display's.
//!
//! The picture is a colour gradient with a row of square blocks at the upper left: white, black,
//! then the 16 bits of the picture's number, most significant first, white for one.

mod clipboard;
mod cursor;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use selkies_clip::Store;
use selkies_media::frame::CpuSurface;
use selkies_media::{Clock, Damage, Frame, Rect, Size, Surface};

use crate::input::InputEvent;
use crate::{
    Clipboard, CursorSource, Desktop, DesktopError, FrameSource, InputSink, Outputs, Selection,
};

/// Side of one block in pixels.
pub const BLOCK: u32 = 16;
/// Blocks in the row: two markers and 16 bits.
const BLOCKS: u32 = 18;
/// The recorder forgets the oldest event beyond this.
const MOST_EVENTS: usize = 65_536;

/// The card. Clones are the same card.
#[derive(Clone)]
pub struct TestCard {
    shared: Arc<Shared>,
    now: fn() -> Instant,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    size: Size,
    number: u16,
    moving: bool,
    lost: bool,
    sources: usize,
    /// When it was last painted anew, by the card's own clock.
    painted: Option<Instant>,
    events: VecDeque<InputEvent>,
    remembered: clipboard::Remembered,
    pointer: cursor::Pointer,
}

impl TestCard {
    /// A still card of `size`, showing number 0. `now` reads the clock.
    #[must_use]
    pub fn new(size: Size, now: fn() -> Instant) -> Self {
        let state = State {
            size,
            number: 0,
            moving: false,
            lost: false,
            sources: 0,
            painted: None,
            events: VecDeque::new(),
            remembered: clipboard::Remembered::default(),
            pointer: cursor::Pointer::default(),
        };
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
            now,
        }
    }

    /// Shows the next number.
    pub fn advance(&self) {
        let mut state = self.lock();
        state.number = state.number.wrapping_add(1);
        state.painted = Some((self.now)());
        drop(state);
        self.shared.changed.notify_all();
    }

    /// While `moving`, every look at the card finds a new number.
    pub fn set_moving(&self, moving: bool) {
        self.lock().moving = moving;
        self.shared.changed.notify_all();
    }

    /// Pulls the plug: every loan is lost until [`Self::restore`].
    pub fn lose(&self) {
        self.lock().lost = true;
        self.shared.changed.notify_all();
    }

    /// Plugs it in again.
    pub fn restore(&self) {
        self.lock().lost = false;
    }

    /// The number it shows.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.lock().number
    }

    /// How many frame sources are on loan: nobody watching means none.
    #[must_use]
    pub fn sources(&self) -> usize {
        self.lock().sources
    }

    /// Takes the events written down since the last call.
    #[must_use]
    pub fn take_events(&self) -> Vec<InputEvent> {
        self.lock().events.drain(..).collect()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A test that panicked while holding the lock has failed already; the card stays usable.
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn lend(&self) -> Result<(), DesktopError> {
        if self.lock().lost {
            Err(unplugged())
        } else {
            Ok(())
        }
    }

    /// Lets a loan that waits for the card look at `woken`.
    fn waker(&self, woken: Arc<AtomicBool>) -> Arc<dyn Fn() + Send + Sync> {
        let card = self.clone();
        Arc::new(move || {
            // Under the lock, or it could come between a look and the sleep after it.
            let state = card.lock();
            woken.store(true, Ordering::Relaxed);
            drop(state);
            card.shared.changed.notify_all();
        })
    }
}

fn unplugged() -> DesktopError {
    DesktopError::Lost("the test card is unplugged".to_owned())
}

impl Desktop for TestCard {
    fn frames(&self, clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError> {
        self.lend()?;
        self.lock().sources += 1;
        Ok(Box::new(Source {
            card: self.clone(),
            clock,
            shown: None,
        }))
    }

    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError> {
        self.lend()?;
        Ok(Box::new(self.clone()))
    }

    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError> {
        self.lend()?;
        Ok(Box::new(self.clone()))
    }

    fn cursor(&self) -> Result<Box<dyn CursorSource>, DesktopError> {
        self.lend()?;
        Ok(Box::new(cursor::Loan::new(self)))
    }

    fn draw_cursor(&self, on: bool) {
        self.lock().pointer.drawn = on;
    }

    fn clipboard(
        &self,
        selections: &[Selection],
        _: Arc<dyn Store>,
    ) -> Result<Box<dyn Clipboard>, DesktopError> {
        self.lend()?;
        Ok(Box::new(clipboard::Loan::new(self, selections)))
    }
}

impl InputSink for TestCard {
    fn inject(&mut self, event: &InputEvent) -> Result<(), DesktopError> {
        self.lend()?;
        let mut state = self.lock();
        if state.events.len() == MOST_EVENTS {
            state.events.pop_front();
        }
        state.events.push_back(*event);
        Ok(())
    }
}

impl Outputs for TestCard {
    fn size(&mut self) -> Result<Size, DesktopError> {
        self.lend()?;
        Ok(self.lock().size)
    }

    fn resize(&mut self, wanted: Size) -> Result<Size, DesktopError> {
        self.lend()?;
        self.lock().size = wanted;
        self.shared.changed.notify_all();
        Ok(wanted)
    }
}

/// One loan of the card's pictures.
struct Source {
    card: TestCard,
    clock: Clock,
    shown: Option<(Size, u16)>,
}

impl FrameSource for Source {
    fn next(&mut self, patience: Duration) -> Result<Option<Frame>, DesktopError> {
        let state = self.card.lock();
        let (mut state, _) = self
            .card
            .shared
            .changed
            .wait_timeout_while(state, patience, |state| {
                !state.lost && !state.moving && self.shown == Some((state.size, state.number))
            })
            .unwrap_or_else(PoisonError::into_inner);
        if state.lost {
            return Err(unplugged());
        }
        if state.moving {
            state.number = state.number.wrapping_add(1);
            state.painted = Some((self.card.now)());
        }
        let painted = state.painted;
        let (size, number) = (state.size, state.number);
        drop(state);
        if self.shown == Some((size, number)) {
            return Ok(None);
        }
        let damage = match self.shown {
            Some((before, _)) if before == size => {
                let mut row = Damage::none();
                row.add(Rect::new(0, 0, BLOCK * BLOCKS, BLOCK).clipped_to(size));
                row
            }
            _ => Damage::full(size),
        };
        self.shown = Some((size, number));
        let stride = size.width as usize * CpuSurface::PIXEL;
        let surface = CpuSurface::new(size, stride, Arc::new(paint(size, number)))
            .expect("the painter fills as many bytes as the size needs");
        let captured = self.clock.stamp((self.card.now)());
        let damaged = painted.map_or(captured, |painted| self.clock.stamp(painted));
        Ok(Some(Frame {
            damaged,
            captured,
            surface: Surface::Cpu(surface),
            damage,
        }))
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.card.lock().sources -= 1;
    }
}

/// The pixels of card `number`, blue, green, red, unused.
#[must_use]
pub fn paint(size: Size, number: u16) -> Vec<u8> {
    let mut bytes =
        Vec::with_capacity(usize::try_from(size.pixels()).unwrap_or(0) * CpuSurface::PIXEL);
    for y in 0..size.height {
        for x in 0..size.width {
            let [blue, green, red] = match block(number, x, y) {
                Some(true) => [255; 3],
                Some(false) => [0; 3],
                None => gradient(size, x, y),
            };
            bytes.extend_from_slice(&[blue, green, red, 0]);
        }
    }
    bytes
}

/// Whether the block at (`x`, `y`) is white; `None` outside the row.
fn block(number: u16, x: u32, y: u32) -> Option<bool> {
    if y >= BLOCK {
        return None;
    }
    match x / BLOCK {
        0 => Some(true),
        1 => Some(false),
        bit @ 2..BLOCKS => Some(number >> (BLOCKS - 1 - bit) & 1 == 1),
        _ => None,
    }
}

fn gradient(size: Size, x: u32, y: u32) -> [u8; 3] {
    let share = |part: u32, whole: u32| u8::try_from(part * 255 / whole.max(1)).unwrap_or(u8::MAX);
    [share(x, size.width), share(y, size.height), 96]
}

#[cfg(test)]
#[expect(
    clippy::disallowed_methods,
    reason = "a test is its own edge of the world and brings the clock"
)]
mod tests {
    use super::*;

    fn card() -> TestCard {
        TestCard::new(Size::new(320, 64), Instant::now)
    }

    fn clock() -> Clock {
        Clock::starting_at(Instant::now())
    }

    fn read_number(frame: &Frame) -> u16 {
        let Surface::Cpu(pixels) = &frame.surface else {
            panic!("the card is painted in memory")
        };
        let row = pixels.row(BLOCK / 2);
        (2..BLOCKS).fold(0, |number, bit| {
            let at = (bit * BLOCK + BLOCK / 2) as usize * CpuSurface::PIXEL;
            number << 1 | u16::from(row[at] > 127)
        })
    }

    #[test]
    fn a_still_card_is_shown_once() {
        let card = card();
        let mut source = card.frames(clock()).expect("plugged in");
        let first = source
            .next(Duration::ZERO)
            .expect("plugged in")
            .expect("the whole picture");
        assert_eq!(first.damage, Damage::full(first.size()));
        assert!(source.next(Duration::ZERO).expect("plugged in").is_none());
    }

    #[test]
    fn the_number_can_be_read_back() {
        let card = card();
        let mut source = card.frames(clock()).expect("plugged in");
        for expected in 0..300u16 {
            let frame = source
                .next(Duration::ZERO)
                .expect("plugged in")
                .expect("a new number");
            assert_eq!(read_number(&frame), expected);
            card.advance();
        }
    }

    #[test]
    fn unplugging_ends_every_loan_and_restoring_lends_again() {
        let card = card();
        let mut source = card.frames(clock()).expect("plugged in");
        let mut input = card.input().expect("plugged in");
        card.lose();
        assert!(matches!(
            source.next(Duration::from_secs(9)),
            Err(DesktopError::Lost(_))
        ));
        assert!(input.inject(&InputEvent::ReleaseKeys).is_err());
        assert!(card.frames(clock()).is_err());
        card.restore();
        assert_eq!(card.sources(), 1);
        drop(source);
        assert_eq!(card.sources(), 0);
        assert!(card.frames(clock()).is_ok());
    }

    #[test]
    fn a_resized_card_is_painted_all_over() {
        let card = card();
        let mut source = card.frames(clock()).expect("plugged in");
        let _ = source.next(Duration::ZERO);
        card.outputs()
            .expect("plugged in")
            .resize(Size::new(41, 23))
            .expect("any size");
        let frame = source
            .next(Duration::ZERO)
            .expect("plugged in")
            .expect("a new size");
        assert_eq!(frame.damage, Damage::full(Size::new(41, 23)));
    }
}
