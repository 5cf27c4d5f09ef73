//! What we want to reach. The only place where it is written down.

use selkies_media::Size;

use crate::metric::{Metric, Scene};

/// A bound on a measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Target {
    AtMost(f64),
    AtLeast(f64),
    /// At most this many times the floor.
    TimesFloor(f64),
    /// At most this many times the sum of the floor and a few units more.
    TimesFloorAnd {
        times: f64,
        more: f64,
    },
}

use Target::{AtLeast, AtMost, TimesFloor, TimesFloorAnd};

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
    (
        Scene::Press,
        Metric::PressHalf,
        both(TimesFloorAnd {
            times: 1.0,
            more: 6.0,
        }),
    ),
    (
        Scene::PressUnderMotion,
        Metric::PressHalf,
        both(TimesFloorAnd {
            times: 1.4,
            more: 6.0,
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
    /// The bound in the units of the value. `None`: it needs a floor that was not measured.
    pub(crate) fn bound(self, floor: Option<f64>) -> Option<f64> {
        match self {
            AtMost(bound) | AtLeast(bound) => Some(bound),
            TimesFloor(times) => Some(floor? * times),
            TimesFloorAnd { times, more } => Some((floor? + more) * times),
        }
    }

    /// Whether `value` is within the bound. `None` as for [`Self::bound`].
    pub(crate) fn is_met(self, value: f64, floor: Option<f64>) -> Option<bool> {
        let bound = self.bound(floor)?;
        Some(match self {
            AtLeast(_) => value >= bound,
            AtMost(_) | TimesFloor(_) | TimesFloorAnd { .. } => value <= bound,
        })
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
    fn a_bound_is_met_at_the_bound() {
        assert_eq!(AtMost(5.0).is_met(5.0, None), Some(true));
        assert_eq!(AtMost(5.0).is_met(5.1, None), Some(false));
        assert_eq!(AtLeast(5.0).is_met(4.9, None), Some(false));
        assert_eq!(TimesFloor(1.2).is_met(1.19, Some(1.0)), Some(true));
        assert_eq!(TimesFloor(1.2).is_met(0.1, None), None);
        let press = TimesFloorAnd {
            times: 1.5,
            more: 6.0,
        };
        assert_eq!(press.bound(Some(10.0)), Some(24.0));
    }
}
