//! Mode lines: the timings RandR wants for a size, although a virtual screen has no beam.
//!
//! By VESA's Coordinated Video Timings 1.1 with reduced blanking at 60 Hz; the standard rounds
//! widths to eight pixels, we keep them as asked.

use selkies_media::Size;
use x11rb::protocol::randr::{ModeFlag, ModeInfo};

/// What the names of modes made by us begin with.
const PREFIX: &[u8] = b"selkies-";

const REFRESH: u64 = 60;
/// Pixels between one row and the next, where the synchronisation pulse begins and ends in them.
const BLANK: u16 = 160;
const SYNC_FROM: u16 = 48;
const SYNC_TO: u16 = 80;
/// Rows in front of the vertical pulse and at least after it.
const FRONT_ROWS: u16 = 3;
const LEAST_BACK_ROWS: u16 = 6;
/// The shortest pause between two pictures, in nanoseconds.
const SHORTEST_PAUSE: u64 = 460_000;
/// Pixel clocks are multiples of this, in hertz.
const CLOCK_STEP: u64 = 250_000;

/// The name of our mode for `size`.
pub(crate) fn mode_name(size: Size) -> String {
    format!("selkies-{size}")
}

/// Whether a mode of this name was made by us.
pub(crate) fn is_ours(name: &[u8]) -> bool {
    name.starts_with(PREFIX)
}

/// The mode for `size`, whose sides have to be at most 32767. Its `id` and `name_len` are left
/// to the caller.
pub(crate) fn mode(size: Size) -> ModeInfo {
    let (width, height) = (size.width as u16, size.height as u16);
    let sync_rows = sync_rows(size);
    let row_time = (1_000_000_000 / REFRESH - SHORTEST_PAUSE) / u64::from(height.max(1));
    let pause_rows = (SHORTEST_PAUSE / row_time.max(1)) as u16 + 1;
    let blank_rows = pause_rows.max(FRONT_ROWS + sync_rows + LEAST_BACK_ROWS);
    let (htotal, vtotal) = (width + BLANK, height + blank_rows);
    let clock = REFRESH * u64::from(htotal) * u64::from(vtotal);
    let clock = (clock - clock % CLOCK_STEP).max(CLOCK_STEP);
    ModeInfo {
        width,
        height,
        dot_clock: u32::try_from(clock).unwrap_or(u32::MAX),
        hsync_start: width + SYNC_FROM,
        hsync_end: width + SYNC_TO,
        htotal,
        vsync_start: height + FRONT_ROWS,
        vsync_end: height + FRONT_ROWS + sync_rows,
        vtotal,
        mode_flags: ModeFlag::HSYNC_POSITIVE | ModeFlag::VSYNC_NEGATIVE,
        ..ModeInfo::default()
    }
}

/// The standard tells displays the aspect ratio by the length of the vertical pulse.
fn sync_rows(size: Size) -> u16 {
    let is = |w: u64, h: u64| u64::from(size.width) * h == u64::from(size.height) * w;
    match () {
        () if is(4, 3) => 4,
        () if is(16, 9) => 5,
        () if is(16, 10) => 6,
        () if is(5, 4) || is(15, 9) => 7,
        () => 10,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // The expected numbers are those of `cvt -r 1920 1080` and `cvt -r 1600 1200`.
    #[test]
    fn known_sizes_have_the_timings_of_the_standard() {
        let hd = mode(Size::new(1920, 1080));
        assert_eq!(
            (hd.dot_clock, hd.hsync_start, hd.hsync_end, hd.htotal),
            (138_500_000, 1968, 2000, 2080)
        );
        assert_eq!(
            (hd.vsync_start, hd.vsync_end, hd.vtotal),
            (1083, 1088, 1111)
        );
        let uxga = mode(Size::new(1600, 1200));
        assert_eq!(
            (
                uxga.dot_clock,
                uxga.hsync_start,
                uxga.hsync_end,
                uxga.htotal
            ),
            (130_250_000, 1648, 1680, 1760)
        );
        assert_eq!(
            (uxga.vsync_start, uxga.vsync_end, uxga.vtotal),
            (1203, 1207, 1235)
        );
    }

    proptest! {
        #[test]
        fn every_size_has_an_ordered_mode(width in 1u32..=32767, height in 1u32..=32767) {
            let mode = mode(Size::new(width, height));
            prop_assert_eq!((u32::from(mode.width), u32::from(mode.height)), (width, height));
            prop_assert!(mode.dot_clock > 0);
            prop_assert!(mode.width < mode.hsync_start && mode.hsync_start < mode.hsync_end && mode.hsync_end < mode.htotal);
            prop_assert!(mode.height < mode.vsync_start && mode.vsync_start < mode.vsync_end && mode.vsync_end < mode.vtotal);
        }
    }
}
