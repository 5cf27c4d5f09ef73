//! Sizes and rectangles in pixels; the origin is the upper left corner.

use std::fmt;
use std::ops::Range;

/// The largest picture we capture and encode (8K UHD).
pub const LARGEST: Size = Size {
    width: 7680,
    height: 4320,
};

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Size {
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// A size of `width` × `height` pixels.
    #[must_use]
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// True when there is no pixel in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// No side larger than `limit`'s, none smaller than one pixel.
    #[must_use]
    pub fn clamped_to(self, limit: Self) -> Self {
        Self::new(
            self.width.clamp(1, limit.width.max(1)),
            self.height.clamp(1, limit.height.max(1)),
        )
    }

    /// Both sides rounded down to a multiple of `step`, but never below it.
    #[must_use]
    pub fn rounded_down_to(self, step: u32) -> Self {
        let step = step.max(1);
        Self::new(
            (self.width / step).max(1) * step,
            (self.height / step).max(1) * step,
        )
    }

    /// The rectangle of this size at the origin.
    #[must_use]
    pub const fn as_rect(self) -> Rect {
        Rect {
            x: 0,
            y: 0,
            width: self.width,
            height: self.height,
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// A place on an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Point {
    /// Pixels from the left edge.
    pub x: i32,
    /// Pixels from the upper edge.
    pub y: i32,
}

/// An axis-aligned rectangle; `width` or `height` zero means empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Rect {
    /// Left edge.
    pub x: u32,
    /// Upper edge.
    pub y: u32,
    /// Pixels per row.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Rect {
    /// A rectangle with its upper left corner at (`x`, `y`).
    #[must_use]
    pub const fn new(x: u32, y: u32, width: u32, height: u32) -> Self {
        Self {
            x,
            y,
            width,
            height,
        }
    }

    /// True when there is no pixel in it.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// First column to the right of it.
    #[must_use]
    pub const fn right(self) -> u32 {
        self.x.saturating_add(self.width)
    }

    /// First row below it.
    #[must_use]
    pub const fn bottom(self) -> u32 {
        self.y.saturating_add(self.height)
    }

    /// The rows it touches.
    #[must_use]
    pub const fn rows(self) -> Range<u32> {
        self.y..self.bottom()
    }

    /// Number of pixels.
    #[must_use]
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// The part of it inside `size`.
    #[must_use]
    pub fn clipped_to(self, size: Size) -> Self {
        let x = self.x.min(size.width);
        let y = self.y.min(size.height);
        Self::new(
            x,
            y,
            self.right().min(size.width) - x,
            self.bottom().min(size.height) - y,
        )
    }

    /// The smallest rectangle around both; an empty one adds nothing.
    #[must_use]
    pub fn around(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let x = self.x.min(other.x);
        let y = self.y.min(other.y);
        Self::new(
            x,
            y,
            self.right().max(other.right()) - x,
            self.bottom().max(other.bottom()) - y,
        )
    }

    /// Whether the two share a pixel.
    #[must_use]
    pub const fn overlaps(self, other: Self) -> bool {
        !self.is_empty()
            && !other.is_empty()
            && self.x < other.right()
            && other.x < self.right()
            && self.y < other.bottom()
            && other.y < self.bottom()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_leaves_only_what_is_inside() {
        let size = Size::new(100, 50);
        assert_eq!(
            Rect::new(90, 40, 30, 30).clipped_to(size),
            Rect::new(90, 40, 10, 10)
        );
        assert!(Rect::new(200, 0, 5, 5).clipped_to(size).is_empty());
        assert_eq!(
            Rect::new(0, 0, u32::MAX, u32::MAX).clipped_to(size),
            size.as_rect()
        );
    }

    #[test]
    fn a_size_rounds_down_but_never_to_nothing() {
        assert_eq!(
            Size::new(1001, 601).rounded_down_to(2),
            Size::new(1000, 600)
        );
        assert_eq!(Size::new(1, 1).rounded_down_to(2), Size::new(2, 2));
        assert_eq!(Size::new(0, 9000).clamped_to(LARGEST), Size::new(1, 4320));
    }

    #[test]
    fn rectangles_join_and_meet() {
        let a = Rect::new(0, 0, 10, 10);
        let b = Rect::new(20, 5, 10, 10);
        assert_eq!(a.around(b), Rect::new(0, 0, 30, 15));
        assert!(!a.overlaps(b));
        assert!(a.overlaps(Rect::new(9, 9, 1, 1)));
        assert_eq!(Rect::default().around(b), b);
    }
}
