//! BGRX pixels to the planes an H.264 encoder reads.

use std::ops::Range;

use selkies_media::frame::CpuSurface;
use selkies_media::geometry::{Rect, Size};
use yuv::{
    BufferStoreMut, YuvConversionMode, YuvError, YuvPlanarImageMut, YuvRange, YuvStandardMatrix,
    bgra_to_yuv420, bgra_to_yuv444,
};

/// Luma and both chroma planes of a stripe of a picture, in BT.709: 4:2:0 in limited range, or 4:4:4 in full
/// range. They outlive the frames, so that only changed rows are converted.
///
/// With 4:2:0 two by two pixels share their chroma, so an odd side grows by one; what is added
/// repeats the last column or row.
#[derive(Debug)]
pub(crate) struct Planes {
    /// All columns, and the rows that are converted.
    area: Rect,
    coded: Size,
    full_colour: bool,
    luma: Vec<u8>,
    chroma: [Vec<u8>; 2],
    /// A row or two that cannot be converted where they are.
    copy: Vec<u8>,
}

/// One plane; rows follow each other without a gap.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plane<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) stride: u32,
}

impl Planes {
    /// With 4:2:0, `area` begins at an even row.
    pub(crate) fn new(area: Rect, full_colour: bool) -> Self {
        let step = if full_colour { 1 } else { 2 };
        debug_assert_eq!(area.y % step, 0, "two stripes would share a row of chroma");
        let coded = Size::new(
            area.width.next_multiple_of(step),
            area.height.next_multiple_of(step),
        );
        let luma = coded.width as usize * coded.height as usize;
        let chroma = luma / (step * step) as usize;
        let chroma = [vec![0; chroma], vec![0; chroma]];
        Self {
            area,
            coded,
            full_colour,
            luma: vec![0; luma],
            chroma,
            copy: Vec::new(),
        }
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
            Plane {
                bytes: &self.luma,
                stride: self.coded.width,
            },
            Plane {
                bytes: blue,
                stride: chroma_stride,
            },
            Plane {
                bytes: red,
                stride: chroma_stride,
            },
        ]
    }

    /// Converts what is in here of `changed`, of a picture as wide as these planes.
    pub(crate) fn update(&mut self, surface: &CpuSurface, changed: Rect) -> Result<(), YuvError> {
        let step = self.step();
        // A sample of chroma may belong to two rows and columns of luma.
        let start = changed.y.max(self.area.y) / step * step;
        let end = changed.bottom().min(self.area.bottom());
        let left = changed.x / step * step;
        let right = changed.right().min(self.area.width);
        let right = right.next_multiple_of(step).min(self.area.width);
        if start >= end || left >= right {
            return Ok(());
        }
        let end = end.next_multiple_of(step);
        // The converter takes whole strides. From the middle of a row they reach into the next one, which
        // the last rows do not have.
        let last = (self.area.bottom() - 1) / step * step;
        let inner = start..end.min(last).max(start);
        self.update_inner(surface, left..right, inner.clone())?;
        self.update_whole(surface, inner.end..end)?;
        if self.coded.width > self.area.width {
            self.repeat_last_column(start..end);
        }
        Ok(())
    }

    /// `rows` must not be the last ones.
    fn update_inner(
        &mut self,
        surface: &CpuSurface,
        columns: Range<u32>,
        rows: Range<u32>,
    ) -> Result<(), YuvError> {
        let stride = surface.stride();
        let first = columns.start as usize * CpuSurface::PIXEL;
        let pixels = surface
            .bytes()
            .get(rows.start as usize * stride + first..rows.end as usize * stride + first);
        self.convert(pixels.unwrap_or_default(), stride, columns, rows)
    }

    /// `rows` begin and end between samples of chroma.
    fn update_whole(
        &mut self,
        surface: &CpuSurface,
        Range { start, end }: Range<u32>,
    ) -> Result<(), YuvError> {
        let step = self.step();
        let columns = 0..self.area.width;
        // The converter takes rows only with all of their padding, which the last one may lack.
        let stride = surface.stride();
        let padded = u32::try_from(surface.bytes().len() / stride.max(1)).unwrap_or(u32::MAX);
        let middle = (end.min(padded) / step * step).max(start);
        let pixels = surface
            .bytes()
            .get(start as usize * stride..middle as usize * stride);
        self.convert(
            pixels.unwrap_or_default(),
            stride,
            columns.clone(),
            start..middle,
        )?;

        let mut copy = std::mem::take(&mut self.copy);
        copy.clear();
        for row in middle..end {
            copy.extend_from_slice(surface.row(row.min(self.area.bottom() - 1)));
        }
        let converted = self.convert(
            &copy,
            self.area.width as usize * CpuSurface::PIXEL,
            columns,
            middle..end,
        );
        self.copy = copy;
        converted
    }

    /// `pixels` begin with the first of `columns` and are as many strides as there are `rows`: the
    /// converter looks at the slices' lengths.
    fn convert(
        &mut self,
        pixels: &[u8],
        stride: usize,
        columns: Range<u32>,
        rows: Range<u32>,
    ) -> Result<(), YuvError> {
        if rows.is_empty() {
            return Ok(());
        }
        let from = |range: Range<usize>, column: u32| {
            range.start + column as usize..range.end + column as usize
        };
        let luma = from(self.luma_of(&rows), columns.start);
        let chroma = from(self.chroma_of(&rows), columns.start / self.step());
        let chroma_stride = self.chroma_stride();
        let [blue, red] = &mut self.chroma;
        let mut image = YuvPlanarImageMut {
            y_plane: BufferStoreMut::Borrowed(self.luma.get_mut(luma).unwrap_or_default()),
            y_stride: self.coded.width,
            u_plane: BufferStoreMut::Borrowed(blue.get_mut(chroma.clone()).unwrap_or_default()),
            u_stride: chroma_stride,
            v_plane: BufferStoreMut::Borrowed(red.get_mut(chroma).unwrap_or_default()),
            v_stride: chroma_stride,
            width: columns.end - columns.start,
            height: rows.end - rows.start,
        };
        let (convert, range): (Convert, _) = if self.full_colour {
            (bgra_to_yuv444, YuvRange::Full)
        } else {
            (bgra_to_yuv420, YuvRange::Limited)
        };
        let stride = u32::try_from(stride).map_err(|_| YuvError::PointerOverflow)?;
        convert(
            &mut image,
            pixels,
            stride,
            range,
            YuvStandardMatrix::Bt709,
            YuvConversionMode::Balanced,
        )
    }

    fn repeat_last_column(&mut self, rows: Range<u32>) {
        let rows = self.luma_of(&rows);
        for row in self
            .luma
            .get_mut(rows)
            .unwrap_or_default()
            .chunks_exact_mut(self.coded.width as usize)
        {
            if let [.., last, added] = row {
                *added = *last;
            }
        }
    }

    const fn luma_of(&self, rows: &Range<u32>) -> Range<usize> {
        let (stride, top) = (self.coded.width as usize, self.area.y);
        (rows.start - top) as usize * stride..(rows.end - top) as usize * stride
    }

    fn chroma_of(&self, rows: &Range<u32>) -> Range<usize> {
        let (stride, step, top) = (self.chroma_stride() as usize, self.step(), self.area.y);
        let row = |row: u32| ((row - top) / step) as usize * stride;
        row(rows.start)..row(rows.end)
    }

    const fn chroma_stride(&self) -> u32 {
        self.coded.width / self.step()
    }

    /// Rows and columns of luma that share a sample of chroma.
    const fn step(&self) -> u32 {
        if self.full_colour { 1 } else { 2 }
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

#[cfg(test)]
mod tests;
