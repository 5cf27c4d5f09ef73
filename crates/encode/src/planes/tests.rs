use std::sync::Arc;

use proptest::prelude::*;

use super::*;

fn noise(size: Size, stride: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    // Ends with the last pixel, not with the padding of the last row.
    let length = stride * (size.height as usize - 1) + size.width as usize * 4;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    })
    .take(length)
    .collect()
}

fn surface(size: Size, stride: usize, pixels: Vec<u8>) -> CpuSurface {
    CpuSurface::new(size, stride, Arc::new(pixels)).expect("the pixels fit")
}

fn plain(size: Size, bgr: [u8; 3]) -> CpuSurface {
    let pixels = [bgr[0], bgr[1], bgr[2], 0].repeat(size.pixels() as usize);
    surface(size, size.width as usize * 4, pixels)
}

/// BT.709 as ITU-R writes it, in floating point.
fn expected(bgr: [u8; 3], full: bool) -> [f64; 3] {
    let [b, g, r] = bgr.map(|level| f64::from(level) / 255.0);
    let luma = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    let (blue, red) = ((b - luma) / 1.8556, (r - luma) / 1.5748);
    if full {
        [255.0 * luma, 255.0 * blue + 128.0, 255.0 * red + 128.0]
    } else {
        [
            219.0 * luma + 16.0,
            224.0 * blue + 128.0,
            224.0 * red + 128.0,
        ]
    }
}

#[test]
fn every_sample_of_a_plain_colour_is_bt709() {
    let colours = [
        [0, 0, 0],
        [255, 255, 255],
        [0, 0, 255],
        [0, 255, 0],
        [255, 0, 0],
        [13, 77, 200],
    ];
    for size in [(1, 1), (2, 2), (3, 5), (5, 3), (64, 33), (127, 64)].map(|(w, h)| Size::new(w, h))
    {
        for (bgr, full) in colours
            .into_iter()
            .flat_map(|bgr| [(bgr, false), (bgr, true)])
        {
            let mut planes = Planes::new(size.as_rect(), full);
            planes
                .update(&plain(size, bgr), size.as_rect())
                .expect("converts");
            for (plane, want) in planes.planes().into_iter().zip(expected(bgr, full)) {
                let worst = plane
                    .bytes
                    .iter()
                    .map(|level| (f64::from(*level) - want).abs())
                    .fold(0.0, f64::max);
                assert!(
                    worst < 1.6,
                    "{bgr:?} at {size}, full {full}: off by {worst}"
                );
            }
        }
    }
}

#[test]
fn an_odd_side_repeats_the_last_column_and_row() {
    let size = Size::new(5, 3);
    let mut planes = Planes::new(size.as_rect(), false);
    assert_eq!(planes.coded(), Size::new(6, 4));
    planes
        .update(&surface(size, 20, noise(size, 20, 9)), size.as_rect())
        .expect("converts");
    let luma: Vec<&[u8]> = planes.luma.chunks(6).collect();
    assert!(luma.iter().all(|row| row[5] == row[4]));
    assert_eq!(luma[3], luma[2]);
    assert_eq!(Planes::new(size.as_rect(), true).coded(), size);
}

#[test]
fn the_padding_between_rows_is_never_read_as_pixels() {
    for full in [false, true] {
        let size = Size::new(31, 16);
        let padded = noise(size, 160, 4);
        let tight = padded
            .chunks(160)
            .flat_map(|row| &row[..31 * 4])
            .copied()
            .collect();
        let mut planes = [
            Planes::new(size.as_rect(), full),
            Planes::new(size.as_rect(), full),
        ];
        planes[0]
            .update(&surface(size, 160, padded), size.as_rect())
            .expect("converts");
        planes[1]
            .update(&surface(size, 31 * 4, tight), size.as_rect())
            .expect("converts");
        assert_eq!(planes[0].luma, planes[1].luma);
        assert_eq!(planes[0].chroma, planes[1].chroma);
    }
}

proptest! {
    #[test]
    fn converting_only_what_changed_gives_the_same_planes(
        width in 1u32..70, height in 1u32..70, top in (0u32..20).prop_map(|pairs| pairs * 2), full: bool,
        x in 0u32..80, y in 0u32..100, columns in 0u32..80, rows in 0u32..80, padding in 0usize..9, seed: u32,
    ) {
        let size = Size::new(width, top + height);
        let area = Rect::new(0, top, width, height);
        let changed = Rect::new(x, y, columns, rows);
        let stride = (width as usize + padding) * 4;
        let before = noise(size, stride, seed);
        let mut after = before.clone();
        let within = changed.clipped_to(size);
        for y in within.rows() {
            let row = y as usize * stride;
            let pixels = row + within.x as usize * 4..row + within.right() as usize * 4;
            after[pixels].iter_mut().for_each(|level| *level ^= 0x5A);
        }

        let mut partly = Planes::new(area, full);
        partly.update(&surface(size, stride, before), size.as_rect()).expect("converts");
        let after = surface(size, stride, after);
        partly.update(&after, changed).expect("converts");
        let mut wholly = Planes::new(area, full);
        wholly.update(&after, Rect::new(0, 0, u32::MAX, u32::MAX)).expect("converts");
        prop_assert_eq!(partly.luma, wholly.luma);
        prop_assert_eq!(partly.chroma, wholly.chroma);
    }
}
