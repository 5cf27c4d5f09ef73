//! What the pointer looks like.

use std::sync::Arc;
use std::time::Duration;

use selkies_media::{Point, Size};

use crate::DesktopError;

/// The most pixels a cursor may have on a side; display servers offer no larger ones that make sense.
pub const LARGEST_CURSOR: u32 = 512;

/// One shape of the pointer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorImage {
    /// Pixels; both sides are 0 when the desktop hides its pointer.
    pub size: Size,
    /// The pixel that points, within the image.
    pub hotspot: Point,
    /// Rows from top to bottom, four bytes a pixel: red, green, blue, alpha; straight, not
    /// multiplied by alpha.
    pub rgba: Arc<[u8]>,
}

impl CursorImage {
    /// The desktop hides its pointer.
    #[must_use]
    pub fn hidden() -> Self {
        Self {
            size: Size::new(0, 0),
            hotspot: Point { x: 0, y: 0 },
            rgba: Arc::from([]),
        }
    }

    /// Whether there is nothing to draw.
    #[must_use]
    pub fn is_hidden(&self) -> bool {
        self.size.width == 0 || self.size.height == 0
    }
}

/// Tells what the pointer looks like.
pub trait CursorSource: Send {
    /// Waits at most `patience` for another shape. The first call returns the present one at once.
    /// `None`: it is still what it was, or woken.
    ///
    /// # Errors
    /// [`DesktopError::Lost`] when the display server is gone; the source is of no use afterwards.
    fn next(&mut self, patience: Duration) -> Result<Option<CursorImage>, DesktopError>;

    /// Lets [`Self::next`] return early, from any thread; the next one, if none is waiting.
    fn waker(&self) -> Arc<dyn Fn() + Send + Sync>;
}
