//! BGRX pixels to the planes an H.264 encoder reads.

use std::ops::Range;

use selkies_media::frame::CpuSurface;
use selkies_media::geometry::Size;
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvError, YuvPlanarImageMut, YuvRange, YuvStandardMatrix, bgra_to_yuv420,
    bgra_to_yuv444,
};

/// Luma and both chroma planes of a picture, in BT.709: 4:2:0 in limited range, or 4:4:4 in full
/// range. They outlive the frames, so that only changed rows are converted.
///
/// With 4:2:0 two by two pixels share their chroma, so an odd side grows by one; what is added
/// repeats the last column or row.
#[derive(Debug)]
pub(crate) struct Planes {
    size: Size,
    coded: Size,
    full_colour: bool,
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
}

/// One plane; rows follow each other without a gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: u32,
}

impl Planes {
    pub(crate) fn new(size: Size, full_colour: bool) -> Self {
        let step = if full_colour { 1 } else { 2 };
        let coded = Size::new(size.width.next_multiple_of(step), size.height.next_multiple_of(step));
        let luma = area(coded);
        let chroma = luma / (step * step) as usize;
        Self { size, coded, full_colour, luma: vec![0; luma], chroma: [vec![0; chroma], vec![0; chroma]] }
    }

    /// Size of the luma plane.
    pub(crate) const fn coded(&self) -> Size {
        self.coded
    }

    pub(crate) const fn full_colour(&self) -> bool {
        self.full_colour
    }

    pub(crate) fn planes(&self) -> [Plane<'_>; 3] {
        let chroma_stride = self.chroma_stride();
        let [blue, red] = &self.chroma;
        [
            Plane { bytes: &self.luma, stride: self.coded.width },
            Plane { bytes: blue, stride: chroma_stride },
            Plane { bytes: red, stride: chroma_stride },
        ]
    }

    /// Converts `rows` of a picture of the size these planes were made for.
    pub(crate) fn update(&mut self, surface: &CpuSurface, rows: Range<u32>) -> Result<(), YuvError> {
        let (start, end) = if self.full_colour {
            (rows.start, rows.end.min(self.size.height))
        } else {
            // A row of chroma belongs to two of luma.
            (rows.start & !1, rows.end.saturating_add(1).min(self.coded.height + 1) & !1)
        };
        let end = end.min(self.size.height);
        if start >= end {
            return Ok(());
        }
        self.convert(surface, start, end)?;
        if self.coded.width > self.size.width {
            self.repeat_last_column(start, end);
        }
        if self.coded.height > self.size.height && end == self.size.height {
            let (last, added) = (self.luma_at(end - 1), self.luma_at(end));
            self.luma.copy_within(last..added, added);
        }
        Ok(())
    }

    fn convert(&mut self, surface: &CpuSurface, start: u32, end: u32) -> Result<(), YuvError> {
        let luma_start = self.luma_at(start);
        let chroma_stride = self.chroma_stride();
        let chroma_row = if self.full_colour { start } else { start / 2 };
        let chroma_start = chroma_row as usize * chroma_stride as usize;
        let [blue, red] = &mut self.chroma;
        let mut image = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(self.luma.get_mut(luma_start..).unwrap_or_default()),
            y_stride: self.coded.width,
            u_plane: BufferStoreMut::Borrowed(blue.get_mut(chroma_start..).unwrap_or_default()),
            u_stride: chroma_stride,
            v_plane: BufferStoreMut::Borrowed(red.get_mut(chroma_start..).unwrap_or_default()),
            v_stride: chroma_stride,
            width: self.size.width,
            height: end - start,
        };
        let stride = u32::try_from(surface.stride()).map_err(|_| YuvError::PointerOverflow)?;
        let pixels = surface.bytes().get(start as usize * surface.stride()..).unwrap_or_default();
        let (convert, range): (Convert, _) = if self.full_colour {
            (bgra_to_yuv444, YuvRange::Full)
        } else {
            (bgra_to_yuv420, YuvRange::Limited)
        };
        convert(&mut image, pixels, stride, range, YuvStandardMatrix::Bt709, YuvConversionMode::Balanced)
    }

    fn repeat_last_column(&mut self, start: u32, end: u32) {
        let rows = self.luma_at(start)..self.luma_at(end);
        for row in self.luma.get_mut(rows).unwrap_or_default().chunks_exact_mut(self.coded.width as usize) {
            if let [.., last, added] = row {
                *added = *last;
            }
        }
    }

    const fn luma_at(&self, row: u32) -> usize {
        row as usize * self.coded.width as usize
    }

    const fn chroma_stride(&self) -> u32 {
        if self.full_colour { self.coded.width } else { self.coded.width / 2 }
    }
}

type Convert = fn(
    &mut YuvPlanarImageMut<'_, u8>,
    &[u8],
    u32,
    YuvRange,
    YuvStandardMatrix,
    YuvConversionMode,
) -> Result<(), YuvError>;

const fn area(size: Size) -> usize {
    size.width as usize * size.height as usize
}

#[cfg(test)]
mod tests;
