//! A desktop at rest: a panel, a document, a terminal full of text. The terminal may scroll.

use anyhow::Result;
use selkies_media::{Rect, Size};

use super::painter::{Painter, WHITE};
use crate::chance::Chance;

const WALLPAPER: u32 = 0x24_4b_5a;
const PANEL: u32 = 0x16_1a_1e;
const TITLE: u32 = 0x50_55_5a;
const PAPER: u32 = 0xfa_f8_f2;
const PRINT: u32 = 0x1c_1c_24;
const TERMINAL: u32 = 0x10_12_14;
const INKS: [u32; 5] = [0xd4_d4_d4, 0x8c_c9_6e, 0xe3_b3_5c, 0x6a_b0_f3, 0xd9_7b_8f];
/// Height of a line of the X server's own font, and the part above the baseline; all its
/// characters are 6 wide.
const LINE: u32 = 14;
const ASCENT: u32 = 11;
const LETTER: u32 = 6;
const BAR: u32 = 24;

const WORDS: [&str; 24] = [
    "warning:",
    "Compiling",
    "window",
    "->",
    "0x7f3a",
    "return",
    "match",
    "frames",
    "static",
    "error[E0308]",
    "{",
    "}",
    "listen",
    "10.2 ms",
    "buffer",
    "of",
    "the",
    "cursor",
    "=",
    "test",
    "ok",
    "&mut",
    "target/release",
    "//",
];

/// Draws all of it.
pub(super) fn paint(painter: &Painter) -> Result<()> {
    let size = painter.size();
    painter.fill(size.as_rect(), WALLPAPER)?;
    painter.fill(Rect::new(0, size.height - 32, size.width, 32), PANEL)?;
    painter.text(
        16,
        size.height - 12,
        WHITE,
        "Menu    Files    Terminal    12:00",
    )?;
    let mut chance = Chance::new(7);
    let document = document(size);
    painter.fill(title(document), TITLE)?;
    painter.fill(document, PAPER)?;
    for row in 0..document.height / LINE {
        write(painter, document, row, PRINT, &mut chance)?;
    }
    let mut terminal = Terminal::new(painter);
    painter.fill(title(terminal.area), TITLE)?;
    painter.fill(terminal.area, TERMINAL)?;
    for row in 0..terminal.rows {
        terminal.line(painter, row)?;
    }
    Ok(())
}

/// Text that scrolls up line by line.
pub(super) struct Terminal {
    area: Rect,
    rows: u32,
    lines: usize,
    chance: Chance,
}

impl Terminal {
    pub(super) fn new(painter: &Painter) -> Self {
        let area = terminal(painter.size());
        Self {
            area,
            rows: area.height / LINE,
            lines: 0,
            chance: Chance::new(11),
        }
    }

    /// One more line at the end.
    pub(super) fn scroll(&mut self, painter: &Painter) -> Result<()> {
        let Rect { x, y, width, .. } = self.area;
        let kept = Rect::new(x, y + LINE, width, (self.rows - 1) * LINE);
        painter.shift(kept, (x, y))?;
        let last = Rect::new(x, y + (self.rows - 1) * LINE, width, LINE);
        painter.fill(last, TERMINAL)?;
        self.line(painter, self.rows - 1)
    }

    fn line(&mut self, painter: &Painter, row: u32) -> Result<()> {
        self.lines += 1;
        let ink = INKS.get(self.lines % INKS.len()).copied().unwrap_or(WHITE);
        write(painter, self.area, row, ink, &mut self.chance)
    }
}

fn write(painter: &Painter, area: Rect, row: u32, ink: u32, chance: &mut Chance) -> Result<()> {
    let line = words((area.width / LETTER).saturating_sub(2) as usize, chance);
    painter.text(area.x + LETTER, area.y + row * LINE + ASCENT, ink, &line)
}

/// Words for a line of at most `columns` letters; some lines end early, as lines do.
fn words(columns: usize, chance: &mut Chance) -> String {
    let mut line = " ".repeat(chance.below(3) as usize * 4);
    loop {
        let word = WORDS
            .get(chance.below(WORDS.len() as u32) as usize)
            .copied()
            .unwrap_or_default();
        if line.len() + word.len() > columns || chance.below(14) == 0 {
            return line;
        }
        line.push_str(word);
        line.push(' ');
    }
}

fn title(window: Rect) -> Rect {
    Rect::new(window.x, window.y - BAR, window.width, BAR)
}

/// The left half, within margins.
fn terminal(size: Size) -> Rect {
    Rect::new(40, 64, size.width / 2 - 60, size.height - 144)
}

/// The right half, within margins.
fn document(size: Size) -> Rect {
    let left = size.width / 2 + 20;
    Rect::new(left, 64, size.width - left - 40, size.height - 144)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_differ() {
        let mut chance = Chance::new(1);
        let lines: Vec<String> = (0..200).map(|_| words(80, &mut chance)).collect();
        assert!(lines.iter().all(|line| line.len() <= 81));
        let different: std::collections::BTreeSet<String> = lines.into_iter().collect();
        assert!(different.len() > 150, "{}", different.len());
    }

    #[test]
    fn windows_do_not_overlap_nor_reach_the_strip_or_the_panel() {
        for size in [Size::new(800, 600), Size::new(1920, 1080)] {
            let (left, right) = (terminal(size), document(size));
            assert!(left.right() < right.x && right.right() < size.width);
            assert!(left.bottom() < size.height - 32);
            assert!(title(left).y > crate::strip::BLOCK);
        }
    }
}
