//! The one controller that programs see, and how a standard one becomes it.
//!
//! It is the wired Xbox 360 pad with the numbering of Linux's `xpad` driver: the model that every
//! game knows. Button and axis numbers are those of the joystick API.

use selkies_desktop::PadEvent;

/// What programs read as the name.
pub const NAME: &str = "Microsoft X-Box 360 pad";
/// USB vendor: Microsoft.
pub const VENDOR: u16 = 0x045e;
/// USB product: Xbox 360 controller.
pub const PRODUCT: u16 = 0x028e;
/// Device release.
pub const VERSION: u16 = 0x0114;

/// Evdev codes of the buttons (`linux/input-event-codes.h`): A B X Y, shoulders, select, start,
/// guide, sticks.
pub const BUTTONS: [u16; 11] = [
    0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e,
];
/// Evdev codes of the axes: left stick, left trigger, right stick, right trigger, hat.
pub const AXES: [u8; 8] = [0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x10, 0x11];

/// A stick's or trigger's furthest value.
pub const FURTHEST: i16 = 32767;
/// The first of the two hats, which go from -1 to 1.
pub const FIRST_HAT: u8 = 6;
const LEFT_TRIGGER: u8 = 2;
const RIGHT_TRIGGER: u8 = 5;

/// One control has a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// A button went down or up.
    Button {
        /// Its number.
        number: u8,
        /// Whether it is down.
        pressed: bool,
    },
    /// A stick, a trigger or a hat moved.
    Axis {
        /// Its number.
        number: u8,
        /// Where it is; hats know -1, 0 and 1 only.
        value: i16,
    },
}

/// Where every control of one controller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    buttons: [bool; BUTTONS.len()],
    axes: [i16; AXES.len()],
    /// Up, down, left, right: opposite ones cancel out as long as both are held.
    directions: [bool; 4],
}

impl Default for State {
    fn default() -> Self {
        let mut axes = [0; AXES.len()];
        for trigger in [LEFT_TRIGGER, RIGHT_TRIGGER] {
            axes[usize::from(trigger)] = -FURTHEST;
        }
        Self {
            buttons: [false; BUTTONS.len()],
            axes,
            directions: [false; 4],
        }
    }
}

impl State {
    /// Every control as a change, buttons first.
    pub fn all(&self) -> impl Iterator<Item = Change> + use<> {
        let buttons = (0u8..).zip(self.buttons);
        let axes = (0u8..).zip(self.axes);
        buttons
            .map(|(number, pressed)| Change::Button { number, pressed })
            .chain(axes.map(|(number, value)| Change::Axis { number, value }))
    }

    /// The changes that lead from `before` to here.
    pub fn since(&self, before: &Self) -> impl Iterator<Item = Change> + use<> {
        self.all()
            .zip(before.all())
            .filter_map(|(now, then)| (now != then).then_some(now))
    }

    /// Does what a standard controller did.
    pub fn apply(&mut self, event: &PadEvent) {
        match *event {
            PadEvent::Connect { .. } | PadEvent::Neutral | PadEvent::Disconnect => {
                *self = Self::default();
            }
            PadEvent::Button { index, value } if value.is_finite() => self.button(index, value),
            PadEvent::Axis { index, value } if value.is_finite() => {
                let axis = match index {
                    0 | 1 => index,
                    2 | 3 => index + 1,
                    _ => return,
                };
                self.move_to(axis, scaled(value));
            }
            PadEvent::Button { .. } | PadEvent::Axis { .. } => {}
        }
    }

    fn button(&mut self, index: u8, value: f32) {
        let pressed = value >= 0.5;
        let number = match index {
            0..=5 => index,
            6 => return self.move_to(LEFT_TRIGGER, trigger(value)),
            7 => return self.move_to(RIGHT_TRIGGER, trigger(value)),
            8 => 6,
            9 => 7,
            10 => 9,
            11 => 10,
            12..=15 => return self.point(index - 12, pressed),
            16 => 8,
            _ => return,
        };
        if let Some(button) = self.buttons.get_mut(usize::from(number)) {
            *button = pressed;
        }
    }

    fn point(&mut self, direction: u8, pressed: bool) {
        if let Some(held) = self.directions.get_mut(usize::from(direction)) {
            *held = pressed;
        }
        let [up, down, left, right] = self.directions.map(i16::from);
        self.move_to(FIRST_HAT, right - left);
        self.move_to(FIRST_HAT + 1, down - up);
    }

    fn move_to(&mut self, number: u8, value: i16) {
        if let Some(axis) = self.axes.get_mut(usize::from(number)) {
            *axis = value;
        }
    }
}

/// -1..1 to the whole range of an axis.
#[expect(clippy::cast_possible_truncation, reason = "clamped to the range")]
fn scaled(value: f32) -> i16 {
    (value.clamp(-1.0, 1.0) * f32::from(FURTHEST)).round() as i16
}

/// 0..1 to the whole range of an axis, so that a released trigger is at its negative end.
fn trigger(value: f32) -> i16 {
    scaled(value.clamp(0.0, 1.0) * 2.0 - 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(events: &[PadEvent]) -> Vec<Change> {
        let mut state = State::default();
        for event in events {
            state.apply(event);
        }
        state.since(&State::default()).collect()
    }

    fn button(index: u8, value: f32) -> PadEvent {
        PadEvent::Button { index, value }
    }

    fn axis(index: u8, value: f32) -> PadEvent {
        PadEvent::Axis { index, value }
    }

    #[test]
    fn every_standard_button_has_its_place() {
        let places = [
            (0, 0),
            (1, 1),
            (2, 2),
            (3, 3),
            (4, 4),
            (5, 5),
            (8, 6),
            (9, 7),
            (10, 9),
            (11, 10),
            (16, 8),
        ];
        for (standard, number) in places {
            let pressed = Change::Button {
                number,
                pressed: true,
            };
            assert_eq!(after(&[button(standard, 1.0)]), [pressed], "{standard}");
        }
        assert!(after(&[button(17, 1.0), button(255, 1.0)]).is_empty());
    }

    #[test]
    fn triggers_are_axes_that_rest_at_their_negative_end() {
        let rest: Vec<_> = State::default().all().skip(11).collect();
        assert_eq!(
            rest[2],
            Change::Axis {
                number: 2,
                value: -32767
            }
        );
        for (index, number) in [(6, 2), (7, 5)] {
            let full = Change::Axis {
                number,
                value: 32767,
            };
            assert_eq!(after(&[button(index, 1.0)]), [full]);
            let half = Change::Axis { number, value: 0 };
            assert_eq!(after(&[button(index, 0.5)]), [half]);
            assert!(after(&[button(index, 0.0)]).is_empty());
        }
    }

    #[test]
    fn sticks_reach_both_ends_and_no_further() {
        for (index, number) in [(0, 0), (1, 1), (2, 3), (3, 4)] {
            for (value, reached) in [(-1.0, -32767), (1.0, 32767), (7.5, 32767), (-0.5, -16384)] {
                let moved = Change::Axis {
                    number,
                    value: reached,
                };
                assert_eq!(after(&[axis(index, value)]), [moved]);
            }
        }
        assert!(after(&[axis(4, 1.0), axis(0, f32::NAN), button(6, f32::INFINITY)]).is_empty());
    }

    #[test]
    fn opposite_directions_cancel_out_while_both_are_held() {
        let hat = |number, value| vec![Change::Axis { number, value }];
        assert_eq!(after(&[button(12, 1.0)]), hat(7, -1));
        assert_eq!(after(&[button(13, 1.0)]), hat(7, 1));
        assert_eq!(after(&[button(14, 1.0)]), hat(6, -1));
        assert_eq!(after(&[button(15, 1.0)]), hat(6, 1));
        assert!(after(&[button(14, 1.0), button(15, 1.0)]).is_empty());
        assert_eq!(
            after(&[button(14, 1.0), button(15, 1.0), button(14, 0.0)]),
            hat(6, 1)
        );
    }

    #[test]
    fn letting_go_of_everything_is_rest() {
        for end in [
            PadEvent::Neutral,
            PadEvent::Disconnect,
            PadEvent::Connect {
                name: String::new(),
            },
        ] {
            assert!(after(&[button(0, 1.0), axis(1, 1.0), button(12, 1.0), end]).is_empty());
        }
    }
}
