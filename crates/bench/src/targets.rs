//! What we want to reach. The only place where it is written down.

use selkies_media::Size;

use crate::metric::{Metric, Scene};

/// A bound on a measured value, or on how far it is above the floor of its own session.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// At most this many times the floor.
    TimesFloor(f64),
    /// At most so much above the floor.
    AboveFloor(f64),
    /// At most this many times the sum of the floor and a few units more.
    TimesFloorAnd {
        times: f64,
        more: f64,
    },
}

use Target::{AboveFloor, AtLeast, AtMost, TimesFloor, TimesFloorAnd};

/// What a press may take beyond the page's own floor, in milliseconds.
const PRESS: f64 = 6.0;

/// Up to which size a column of the table holds.
const COLUMNS: [Size; 2] = [Size::new(1280, 720), Size::new(1920, 1080)];

/// For each size of [`COLUMNS`], if there is a target for it.
type Row = (Scene, Metric, [Option<Target>; 2]);

const fn both(target: Target) -> [Option<Target>; 2] {
    [Some(target), Some(target)]
}

const fn each(small: Target, large: Target) -> [Option<Target>; 2] {
    [Some(small), Some(large)]
}

const fn small(target: Target) -> [Option<Target>; 2] {
    [Some(target), None]
}

const TABLE: &[Row] = &[
    (Scene::Idle, Metric::Processor, both(AtMost(0.002))),
    (Scene::Idle, Metric::WakeUps, both(AtMost(5.0))),
    (Scene::Idle, Metric::Video, both(AtMost(0.0))),
    (Scene::Typing, Metric::Processor, small(AtMost(0.07))),
    (Scene::Typing, Metric::Wire, small(AtMost(85.0))),
    (
        Scene::Motion,
        Metric::Shown,
        each(AtLeast(58.0), AtLeast(56.0)),
    ),
    (Scene::Motion, Metric::Processor, both(TimesFloor(1.2))),
    (
        Scene::Motion,
        Metric::Memory,
        each(AtMost(50.0), AtMost(75.0)),
    ),
    (Scene::Press, Metric::PressHalf, both(AboveFloor(PRESS))),
    (
        Scene::PressUnderMotion,
        Metric::PressHalf,
        both(TimesFloorAnd {
            times: 1.4,
            more: PRESS,
        }),
    ),
    (Scene::Start, Metric::Listening, both(AtMost(150.0))),
    (Scene::Start, Metric::FirstPicture, both(AtMost(350.0))),
    (Scene::Readers, Metric::Kept, both(AtLeast(95.0))),
    (Scene::Readers, Metric::MoreMemory, both(AtMost(64.0))),
];

/// The target of a value on a desktop of `size`, if there is one.
pub(crate) fn target(size: Size, scene: Scene, metric: Metric) -> Option<Target> {
    let column = COLUMNS
        .iter()
        .position(|most| size.width <= most.width && size.height <= most.height)?;
    let (_, _, targets) = TABLE
        .iter()
        .find(|(of, what, _)| *of == scene && *what == metric)?;
    *targets.get(column)?
}

impl Target {
    /// What is compared with [`Self::bound`]: the value of a session, or how it stands to the floor
    /// of the same session. `None`: it needs a floor, and that was not measured.
    pub(crate) fn judged(self, value: f64, floor: Option<f64>) -> Option<f64> {
        Some(match self {
            AtMost(_) | AtLeast(_) => value,
            TimesFloor(_) => value / floor?,
            AboveFloor(_) => value - floor?,
            TimesFloorAnd { more, .. } => value / (floor? + more),
        })
    }

    pub(crate) const fn bound(self) -> f64 {
        match self {
            AtMost(bound) | AtLeast(bound) | TimesFloor(bound) | AboveFloor(bound) => bound,
            TimesFloorAnd { times, .. } => times,
        }
    }

    /// Whether what was judged is within the bound.
    pub(crate) fn is_met(self, judged: f64) -> bool {
        match self {
            AtLeast(bound) => judged >= bound,
            _ => judged <= self.bound(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_desktops_have_targets_of_their_own() {
        let motion = |width, height| target(Size::new(width, height), Scene::Motion, Metric::Shown);
        assert_eq!(motion(1280, 720), Some(AtLeast(58.0)));
        assert_eq!(motion(1280, 721), Some(AtLeast(56.0)));
        assert_eq!(motion(1920, 1080), Some(AtLeast(56.0)));
        assert_eq!(motion(3840, 2160), None);
    }

    #[test]
    fn what_has_no_target_is_only_reported() {
        let size = Size::new(640, 480);
        assert_eq!(target(size, Scene::Window, Metric::Processor), None);
    }

    #[test]
    fn no_value_has_two_targets() {
        for (index, (scene, metric, _)) in TABLE.iter().enumerate() {
            let twin = TABLE
                .iter()
                .skip(index + 1)
                .find(|(of, what, _)| of == scene && what == metric);
            assert!(twin.is_none(), "{scene:?} {metric:?}");
        }
    }

    #[test]
    fn the_table_for_full_hd_asks_what_was_agreed() {
        let full = |scene, metric| target(Size::new(1920, 1080), scene, metric);
        for (scene, metric, expected) in [
            (Scene::Idle, Metric::Processor, Some(AtMost(0.002))),
            (Scene::Typing, Metric::Processor, None),
            (Scene::Motion, Metric::Shown, Some(AtLeast(56.0))),
            (Scene::Motion, Metric::Processor, Some(TimesFloor(1.2))),
            (Scene::Motion, Metric::Memory, Some(AtMost(75.0))),
            (Scene::Press, Metric::PressHalf, Some(AboveFloor(6.0))),
            (Scene::Start, Metric::Listening, Some(AtMost(150.0))),
        ] {
            assert_eq!(full(scene, metric), expected, "{scene:?} {metric:?}");
        }
    }

    #[test]
    fn a_bound_is_met_at_the_bound() {
        let is_met = |target: Target, value, floor| {
            let judged = target.judged(value, floor)?;
            Some(target.is_met(judged))
        };
        assert_eq!(is_met(AtMost(5.0), 5.0, None), Some(true));
        assert_eq!(is_met(AtMost(5.0), 5.1, None), Some(false));
        assert_eq!(is_met(AtLeast(5.0), 5.0, None), Some(true));
        assert_eq!(is_met(AtLeast(5.0), 4.9, None), Some(false));
        assert_eq!(is_met(TimesFloor(1.25), 2.5, Some(2.0)), Some(true));
        assert_eq!(is_met(TimesFloor(1.25), 2.6, Some(2.0)), Some(false));
        assert_eq!(is_met(TimesFloor(1.25), 0.1, None), None);
        assert_eq!(is_met(AboveFloor(6.0), 19.0, Some(13.0)), Some(true));
        assert_eq!(is_met(AboveFloor(6.0), 19.1, Some(13.0)), Some(false));
        let moving = TimesFloorAnd {
            times: 1.5,
            more: 6.0,
        };
        assert_eq!(is_met(moving, 24.0, Some(10.0)), Some(true));
        assert_eq!(is_met(moving, 24.1, Some(10.0)), Some(false));
    }
}
