//! Pictures like photographs, in motion. The X server holds them; each frame is a few copies
//! inside it, so that the scene itself costs little.

use std::sync::{Mutex, PoisonError};

use anyhow::Result;
use selkies_media::{Rect, Size};
use x11rb::protocol::xproto::Pixmap;

use super::painter::Painter;
use crate::strip::Mark;

/// How much larger the photograph is than what is shown of it: the room to pan in.
const ROOM: Size = Size::new(320, 192);
/// The window that moves, its steps per frame, and where its way begins.
const WINDOW: Size = Size::new(640, 360);
const STEP: (u32, u32) = (4, 3);
const TOP: u32 = 32;
/// Side of the squares that wander over the moving screen, and how many.
const SQUARE: u32 = 128;
const SQUARES: u32 = 6;
/// Largest cells of the noise; halved for each finer layer.
const CELL: u32 = 128;
const LAYERS: u32 = 5;
/// Brightness levels of the finest grain, as film has it.
const GRAIN: u32 = 9;

pub(super) struct Motion {
    photograph: Pixmap,
    /// Where a frame is put together, so that none is seen half done.
    easel: Pixmap,
    size: Size,
    frame: u32,
}

impl Motion {
    /// A moving picture over the whole screen.
    pub(super) fn new(painter: &Painter) -> Result<Self> {
        let size = painter.size();
        let whole = Size::new(size.width + ROOM.width, size.height + ROOM.height);
        Ok(Self {
            photograph: hang(painter, whole)?,
            easel: painter.pixmap(size)?,
            size,
            frame: 0,
        })
    }

    /// The next frame over the whole screen, with the strip and the box if there is one.
    pub(super) fn screen(
        &mut self,
        painter: &Painter,
        mark: Mark,
        square: Option<(Rect, u32)>,
    ) -> Result<()> {
        self.compose(painter)?;
        if let Some((rect, colour)) = square {
            painter.fill_on(self.easel, rect, colour)?;
        }
        painter.strip_on(self.easel, mark)?;
        painter.show(self.easel, self.size.as_rect(), (0, 0))
    }

    /// Pans over the photograph; squares cut out of it wander on ways of their own.
    fn compose(&mut self, painter: &Painter) -> Result<()> {
        self.frame += 1;
        let step = f64::from(self.frame);
        let pan = (
            sway(step * 0.021, ROOM.width),
            sway(step * 0.034 + 1.0, ROOM.height),
        );
        let view = Rect::new(pan.0, pan.1, self.size.width, self.size.height);
        painter.copy(self.photograph, self.easel, view, (0, 0))?;
        for index in 0..SQUARES {
            let (own, speed) = (f64::from(index), 1.0 + f64::from(index) * 0.23);
            let to = (
                sway(step * 0.019 * speed + own, self.size.width - SQUARE),
                sway(step * 0.027 * speed + own * 2.0, self.size.height - SQUARE),
            );
            let cut = Rect::new(index * SQUARE, (index % 3) * SQUARE, SQUARE, SQUARE);
            painter.copy(self.photograph, self.easel, cut, to)?;
        }
        Ok(())
    }
}

/// A window with a photograph that moves over whatever was on the screen before.
pub(super) struct MovingWindow {
    photograph: Pixmap,
    behind: Pixmap,
    easel: Pixmap,
    at: Rect,
    steps: u32,
}

impl MovingWindow {
    pub(super) fn new(painter: &Painter) -> Result<Self> {
        let screen = painter.size();
        let behind = painter.pixmap(screen)?;
        painter.keep(behind)?;
        let easel = painter.pixmap(screen)?;
        painter.keep(easel)?;
        Ok(Self {
            photograph: hang(painter, WINDOW)?,
            behind,
            easel,
            at: Rect::default(),
            steps: 0,
        })
    }

    /// Moves it one step on.
    pub(super) fn advance(&mut self, painter: &Painter) -> Result<()> {
        self.steps += 1;
        let at = position(painter.size(), self.steps);
        painter.copy(self.behind, self.easel, self.at, (self.at.x, self.at.y))?;
        painter.copy(self.photograph, self.easel, WINDOW.as_rect(), (at.x, at.y))?;
        let changed = self.at.around(at);
        self.at = at;
        painter.show(self.easel, changed, (changed.x, changed.y))
    }
}

/// Where the window is after so many steps: it bounces from side to side, below the strip.
fn position(screen: Size, steps: u32) -> Rect {
    let bounce = |way: u32, room: u32| {
        let way = way % (2 * room.max(1));
        if way < room { way } else { 2 * room - way }
    };
    let x = bounce(steps * STEP.0, screen.width.saturating_sub(WINDOW.width));
    let room = screen.height.saturating_sub(WINDOW.height + TOP);
    let y = TOP + bounce(steps * STEP.1, room);
    Rect::new(x, y, WINDOW.width, WINDOW.height)
}

/// A photograph of `size` in the X server's memory.
fn hang(painter: &Painter, size: Size) -> Result<Pixmap> {
    let pixmap = painter.pixmap(size)?;
    with_photograph(size, |pixels| painter.upload(pixmap, size, pixels))?;
    Ok(pixmap)
}

/// To and fro between 0 and `room`.
fn sway(phase: f64, room: u32) -> u32 {
    let middle = f64::from(room) / 2.0;
    (middle + middle * phase.sin()).clamp(0.0, f64::from(room)) as u32
}

/// Painting a photograph takes a while, so the last one is kept.
fn with_photograph<T>(size: Size, use_it: impl FnOnce(&[u8]) -> T) -> T {
    static LAST: Mutex<Option<(Size, Vec<u8>)>> = Mutex::new(None);
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    if last.as_ref().is_none_or(|(of, _)| *of != size) {
        *last = Some((size, photograph(size)));
    }
    use_it(last.as_ref().map_or(&[], |(_, pixels)| pixels))
}

/// Smooth noise of several sizes and a fine grain, in three colours that partly agree.
fn photograph(size: Size) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(size.pixels() as usize * 4);
    for y in 0..size.height {
        for x in 0..size.width {
            let light = (0..LAYERS)
                .map(|layer| noise(x, y, CELL >> layer, layer) >> layer)
                .sum::<u32>();
            let grain = hash(x, y, 99) % GRAIN;
            for colour in 0..3 {
                let tint = noise(x, y, CELL, 20 + colour) / 3;
                pixels.push(u8::try_from((light / 3 + tint + grain).min(255)).unwrap_or(255));
            }
            pixels.push(0);
        }
    }
    pixels
}

/// Value noise from 0 to 255: random at the corners of cells, blended between them.
fn noise(x: u32, y: u32, cell: u32, seed: u32) -> u32 {
    let corner = |right: u32, down: u32| hash(x / cell + right, y / cell + down, seed) & 255;
    let (along, down) = (x % cell, y % cell);
    let blend = |from: u32, to: u32, share: u32| (from * (cell - share) + to * share) / cell;
    let upper = blend(corner(0, 0), corner(1, 0), along);
    let lower = blend(corner(0, 1), corner(1, 1), along);
    blend(upper, lower, down)
}

fn hash(x: u32, y: u32, seed: u32) -> u32 {
    let mut mixed = x
        .wrapping_mul(0x9E37_79B1)
        .wrapping_add(y.wrapping_mul(0x85EB_CA6B))
        .wrapping_add(seed.wrapping_mul(0xC2B2_AE35));
    for _ in 0..2 {
        mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    }
    mixed ^ (mixed >> 13)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_photograph_is_rich_in_levels_and_smooth_but_not_flat() {
        let size = Size::new(256, 64);
        let pixels = photograph(size);
        assert_eq!(pixels.len(), size.pixels() as usize * 4);
        let greens: Vec<u8> = pixels.chunks(4).map(|pixel| pixel[1]).collect();
        let mut levels = greens.clone();
        levels.sort_unstable();
        levels.dedup();
        assert!(levels.len() > 60, "{}", levels.len());
        let steps: u32 = greens
            .windows(2)
            .map(|pair| u32::from(pair[0].abs_diff(pair[1])))
            .sum();
        let mean = f64::from(steps) / greens.len() as f64;
        assert!((1.0..12.0).contains(&mean), "{mean}");
    }

    #[test]
    fn the_window_moves_evenly_and_stays_on_the_screen() {
        let screen = Size::new(1280, 720);
        let mut before = position(screen, 0);
        for steps in 1..2000 {
            let at = position(screen, steps);
            assert!(at.right() <= screen.width && at.bottom() <= screen.height);
            assert!(at.x.abs_diff(before.x) <= STEP.0 && at.y.abs_diff(before.y) <= STEP.1);
            assert_ne!(at, before);
            before = at;
        }
    }

    #[test]
    fn swaying_stays_in_the_room() {
        let places: Vec<u32> = (0..1000)
            .map(|step| sway(f64::from(step) * 0.1, 320))
            .collect();
        assert!(places.iter().all(|&place| place <= 320));
        assert!(places.contains(&0) && places.iter().any(|&place| place > 315));
    }
}
