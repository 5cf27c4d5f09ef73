//! Raw pictures.

use std::fmt;
use std::sync::Arc;

use crate::damage::Damage;
use crate::geometry::Size;
use crate::time::Timestamp;

/// One raw picture of an output and what changed in it since the frame before.
#[derive(Clone, Debug)]
pub struct Frame {
    /// When the display server first said that something changed.
    pub damaged: Timestamp,
    /// When its pixels were read from the display server.
    pub captured: Timestamp,
    /// The pixels. The size of the picture is [`Surface::size`].
    pub surface: Surface,
    /// What differs from the last frame handed out by the same source.
    pub damage: Damage,
}

impl Frame {
    /// Width and height of the picture.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.surface.size()
    }
}

/// Where the pixels of a frame are. Cloning shares them.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Surface {
    /// In memory of this process.
    Cpu(CpuSurface),
}

impl Surface {
    /// Width and height of the picture.
    #[must_use]
    pub const fn size(&self) -> Size {
        match self {
            Self::Cpu(surface) => surface.size,
        }
    }
}

/// Memory that holds pixels. It is immutable as long as a surface refers to it; dropping the last
/// reference gives it back to whoever lent it.
pub trait PixelMemory: Send + Sync {
    /// All bytes of it.
    fn bytes(&self) -> &[u8];
}

impl PixelMemory for Vec<u8> {
    fn bytes(&self) -> &[u8] {
        self
    }
}

/// Pixels in memory: four bytes each, in the order blue, green, red, unused (what X11 calls depth
/// 24 in 32 bits, little endian).
#[derive(Clone)]
pub struct CpuSurface {
    size: Size,
    stride: usize,
    memory: Arc<dyn PixelMemory>,
}

impl CpuSurface {
    /// Bytes per pixel.
    pub const PIXEL: usize = 4;

    /// A picture of `size` in `memory`, whose rows begin `stride` bytes apart. `None` when the
    /// memory does not hold that many bytes or the rows would overlap.
    #[must_use]
    pub fn new(size: Size, stride: usize, memory: Arc<dyn PixelMemory>) -> Option<Self> {
        let row = (size.width as usize).checked_mul(Self::PIXEL)?;
        let needed = match size.height as usize {
            0 => 0,
            rows => stride.checked_mul(rows - 1)?.checked_add(row)?,
        };
        (row <= stride && needed <= memory.bytes().len()).then_some(Self {
            size,
            stride,
            memory,
        })
    }

    /// Width and height of the picture.
    #[must_use]
    pub const fn size(&self) -> Size {
        self.size
    }

    /// Bytes from the start of one row to the start of the next.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.stride
    }

    /// All bytes, row after row, [`Self::stride`] apart.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// The pixels of row `y`, without padding; empty below the picture.
    #[must_use]
    pub fn row(&self, y: u32) -> &[u8] {
        let start = self.stride * y as usize;
        let end = start + self.size.width as usize * Self::PIXEL;
        if y >= self.size.height {
            return &[];
        }
        self.memory.bytes().get(start..end).unwrap_or(&[])
    }
}

impl fmt::Debug for CpuSurface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpuSurface")
            .field("size", &self.size)
            .field("stride", &self.stride)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_that_is_too_small_is_refused() {
        let size = Size::new(3, 2);
        assert!(CpuSurface::new(size, 12, Arc::new(vec![0; 23])).is_none());
        assert!(CpuSurface::new(size, 11, Arc::new(vec![0; 99])).is_none());
        assert!(
            CpuSurface::new(
                Size::new(u32::MAX, u32::MAX),
                usize::MAX,
                Arc::new(vec![0; 9])
            )
            .is_none()
        );
        let padded =
            CpuSurface::new(size, 16, Arc::new((0..28).collect::<Vec<u8>>())).expect("fits");
        assert_eq!(padded.row(1), (16..28).collect::<Vec<u8>>());
        assert_eq!(padded.row(2), [0u8; 0]);
    }
}
