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
                .update(&plain(size, bgr), 0..size.height)
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
        .update(&surface(size, 20, noise(size, 20, 9)), 0..3)
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
            .update(&surface(size, 160, padded), 0..16)
            .expect("converts");
        planes[1]
            .update(&surface(size, 31 * 4, tight), 0..16)
            .expect("converts");
        assert_eq!(planes[0].luma, planes[1].luma);
        assert_eq!(planes[0].chroma, planes[1].chroma);
    }
}

proptest! {
    #[test]
    fn converting_only_changed_rows_gives_the_same_planes(
        width in 1u32..70, height in 1u32..70, full: bool, first in 0u32..80, count in 0u32..80, seed: u32,
    ) {
        let size = Size::new(width, height);
        let stride = width as usize * 4;
        let before = noise(size, stride, seed);
        let mut after = before.clone();
        let changed = first.min(height) as usize * stride..(first + count).min(height) as usize * stride;
        after[changed].iter_mut().for_each(|level| *level ^= 0x5A);

        let mut partly = Planes::new(size.as_rect(), full);
        partly.update(&surface(size, stride, before), 0..height).expect("converts");
        let after = surface(size, stride, after);
        partly.update(&after, first..first + count).expect("converts");
        let mut wholly = Planes::new(size.as_rect(), full);
        wholly.update(&after, 0..u32::MAX).expect("converts");
        prop_assert_eq!(partly.luma, wholly.luma);
        prop_assert_eq!(partly.chroma, wholly.chroma);
    }
}
