//! The one model of controller that all devices are: the wired Xbox 360 pad as Linux shows it.

pub(crate) const NAME: &[u8] = b"Microsoft X-Box 360 pad\0";
/// Bus (USB), vendor, product, version.
pub(crate) const IDS: [u16; 4] = [3, 0x045e, 0x028e, 0x0114];

/// Evdev codes by the joystick API's numbers.
pub(crate) const BUTTONS: [u16; 11] = [
    0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e,
];
/// Evdev codes by the joystick API's numbers; the last two are hats.
pub(crate) const AXES: [u16; 8] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x11];
const TRIGGERS: [usize; 2] = [2, 5];
const HATS: [usize; 2] = [6, 7];
const FURTHEST: i32 = 32767;

/// Where the axes are when nobody touches them.
pub(crate) fn at_rest() -> [i32; AXES.len()] {
    let mut axes = [0; AXES.len()];
    for trigger in TRIGGERS {
        if let Some(axis) = axes.get_mut(trigger) {
            *axis = -FURTHEST;
        }
    }
    axes
}

/// Minimum, maximum, fuzz, flat, resolution.
pub(crate) fn range(axis: usize) -> [i32; 5] {
    if HATS.contains(&axis) {
        [-1, 1, 0, 0, 0]
    } else {
        [-FURTHEST, FURTHEST, 16, 128, 1]
    }
}
