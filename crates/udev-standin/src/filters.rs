//! Which devices a program asks for.

use std::ffi::{CStr, CString};

use crate::pads::Pad;

/// The conditions of an enumeration. Within each list one has to hold, except where it says all.
#[derive(Debug, Default)]
pub(crate) struct Conditions {
    pub(crate) subsystems: Vec<CString>,
    pub(crate) other_subsystems: Vec<CString>,
    pub(crate) sysnames: Vec<CString>,
    pub(crate) properties: Vec<(CString, Option<CString>)>,
    /// All of them.
    pub(crate) attributes: Vec<(CString, Option<CString>)>,
    /// None of them.
    pub(crate) other_attributes: Vec<(CString, Option<CString>)>,
    /// None of our devices has a tag.
    pub(crate) tagged: bool,
    /// A device and all below it.
    pub(crate) parent: Option<Pad>,
}

impl Conditions {
    /// Whether `pad` meets them; `matches` compares a pattern of a shell with a text.
    pub(crate) fn meets(&self, pad: Pad, matches: &dyn Fn(&CStr, &str) -> bool) -> bool {
        let any = |patterns: &[CString], text: &str| patterns.iter().any(|one| matches(one, text));
        let has = |pairs: &[(&'static str, String)], name: &CString, value: &Option<CString>| {
            pairs.iter().any(|(own, text)| {
                matches(name, own) && value.as_ref().is_none_or(|value| matches(value, text))
            })
        };
        let subsystem = pad.subsystem();
        let (properties, attributes) = (pad.properties(), pad.attributes());
        (self.subsystems.is_empty() || any(&self.subsystems, subsystem))
            && !any(&self.other_subsystems, subsystem)
            && (self.sysnames.is_empty() || any(&self.sysnames, &pad.sysname()))
            && (self.properties.is_empty()
                || self
                    .properties
                    .iter()
                    .any(|(name, value)| has(&properties, name, value)))
            && self
                .attributes
                .iter()
                .all(|(name, value)| has(&attributes, name, value))
            && !self
                .other_attributes
                .iter()
                .any(|(name, value)| has(&attributes, name, value))
            && !self.tagged
            && self.parent.is_none_or(|parent| is_below(pad, parent))
    }
}

fn is_below(pad: Pad, parent: Pad) -> bool {
    std::iter::successors(Some(pad), |pad| pad.parent()).any(|one| one == parent)
}

/// The conditions of a monitor.
#[derive(Debug, Default)]
pub(crate) struct Interest {
    pub(crate) kinds: Vec<(CString, Option<CString>)>,
    pub(crate) tagged: bool,
}

impl Interest {
    pub(crate) fn covers(&self, pad: Pad) -> bool {
        let is = |wanted: &CString, text: &str| wanted.to_bytes() == text.as_bytes();
        let covered = self.kinds.iter().any(|(subsystem, devtype)| {
            is(subsystem, pad.subsystem())
                && devtype
                    .as_ref()
                    .is_none_or(|wanted| pad.devtype().is_some_and(|own| is(wanted, own)))
        });
        (self.kinds.is_empty() || covered) && !self.tagged
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pads::Part;

    fn text(text: &str) -> CString {
        CString::new(text).expect("no zeros")
    }

    fn found(conditions: &Conditions) -> usize {
        let same = |pattern: &CStr, text: &str| pattern.to_bytes() == text.as_bytes();
        Pad::all()
            .filter(|pad| conditions.meets(*pad, &same))
            .count()
    }

    #[test]
    fn without_conditions_everything_is_found() {
        assert_eq!(found(&Conditions::default()), 16);
    }

    #[test]
    fn conditions_narrow_what_is_found() {
        let input = || vec![text("input")];
        let joystick = || (text("ID_INPUT_JOYSTICK"), Some(text("1")));
        let cases = [
            (
                Conditions {
                    subsystems: input(),
                    ..Conditions::default()
                },
                12,
            ),
            (
                Conditions {
                    other_subsystems: input(),
                    ..Conditions::default()
                },
                4,
            ),
            (
                Conditions {
                    properties: vec![joystick()],
                    ..Conditions::default()
                },
                12,
            ),
            (
                Conditions {
                    sysnames: vec![text("js1"), text("js2")],
                    ..Conditions::default()
                },
                2,
            ),
            (
                Conditions {
                    attributes: vec![(text("idVendor"), None)],
                    ..Conditions::default()
                },
                4,
            ),
            (
                Conditions {
                    other_attributes: vec![(text("dev"), None)],
                    ..Conditions::default()
                },
                8,
            ),
            (
                Conditions {
                    subsystems: vec![text("hidraw")],
                    ..Conditions::default()
                },
                0,
            ),
            (
                Conditions {
                    tagged: true,
                    ..Conditions::default()
                },
                0,
            ),
            (
                Conditions {
                    parent: Some(Pad {
                        slot: 1,
                        part: Part::Input,
                    }),
                    ..Conditions::default()
                },
                3,
            ),
        ];
        for (conditions, count) in cases {
            assert_eq!(found(&conditions), count, "{conditions:?}");
        }
    }

    #[test]
    fn a_monitor_hears_of_what_it_wants() {
        let node = Pad {
            slot: 0,
            part: Part::Event,
        };
        let wants = |kinds: Vec<(CString, Option<CString>)>, tagged| {
            Interest { kinds, tagged }.covers(node)
        };
        assert!(wants(vec![], false));
        assert!(wants(
            vec![(text("hidraw"), None), (text("input"), None)],
            false
        ));
        assert!(!wants(vec![(text("usb"), Some(text("usb_device")))], false));
        assert!(!wants(vec![(text("input"), Some(text("x")))], false));
        assert!(!wants(vec![], true));
    }
}
