//! The devices: for each of four controllers a USB device, an input device, and its two nodes.

/// How many controllers there are.
pub(crate) const PADS: u8 = 4;
const MAJOR: u32 = 13;

/// One device in the tree of `/sys`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pad {
    pub(crate) slot: u8,
    pub(crate) part: Part,
}

/// Which of a controller's devices; each has the one before as its parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// What is plugged in.
    Usb,
    /// What the driver makes of it.
    Input,
    /// `/dev/input/event*`
    Event,
    /// `/dev/input/js*`
    Joystick,
}

const PARTS: [Part; 4] = [Part::Usb, Part::Input, Part::Event, Part::Joystick];

/// Names and their values.
pub(crate) type Pairs = Vec<(&'static str, String)>;

impl Pad {
    /// Every device of every controller, in the order of their paths.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        (0..PADS).flat_map(|slot| PARTS.map(|part| Self { slot, part }))
    }

    /// From a path in `/sys`, which may lead through links of classes.
    pub(crate) fn at(syspath: &str) -> Option<Self> {
        let syspath = syspath.trim_end_matches('/');
        let name = syspath
            .strip_prefix("/sys/class/input/")
            .or_else(|| syspath.strip_prefix("/sys/bus/usb/devices/"));
        Self::all().find(|pad| match name {
            Some(name) => pad.sysname() == name,
            None => pad.syspath() == syspath,
        })
    }

    /// From the number of a node.
    pub(crate) fn numbered(major: u32, minor: u32) -> Option<Self> {
        Self::all().find(|pad| pad.number() == Some((major, minor)))
    }

    /// From the name of a socket.
    pub(crate) fn of_socket(file: &str) -> Option<Self> {
        Self::all().find(|pad| pad.socket().is_some_and(|name| name == file))
    }

    /// The socket that is there when this is.
    pub(crate) fn socket(self) -> Option<String> {
        matches!(self.part, Part::Event | Part::Joystick)
            .then(|| format!("selkies_{}.sock", self.sysname()))
    }

    pub(crate) fn sysname(self) -> String {
        match self.part {
            Part::Usb => format!("usb{}", 1000 + u32::from(self.slot)),
            Part::Input => format!("input{}", 1000 + u32::from(self.slot)),
            Part::Event => format!("event{}", 1000 + u32::from(self.slot)),
            Part::Joystick => format!("js{}", self.slot),
        }
    }

    pub(crate) fn syspath(self) -> String {
        match self.parent() {
            None => format!("/sys/devices/virtual/selkies/{}", self.sysname()),
            Some(parent) => {
                let class = if self.part == Part::Input {
                    "/input"
                } else {
                    ""
                };
                format!("{}{class}/{}", parent.syspath(), self.sysname())
            }
        }
    }

    pub(crate) fn parent(self) -> Option<Self> {
        let part = match self.part {
            Part::Usb => return None,
            Part::Input => Part::Usb,
            Part::Event | Part::Joystick => Part::Input,
        };
        Some(Self { part, ..self })
    }

    pub(crate) fn subsystem(self) -> &'static str {
        match self.part {
            Part::Usb => "usb",
            Part::Input | Part::Event | Part::Joystick => "input",
        }
    }

    pub(crate) fn devtype(self) -> Option<&'static str> {
        (self.part == Part::Usb).then_some("usb_device")
    }

    pub(crate) fn driver(self) -> Option<&'static str> {
        (self.part == Part::Usb).then_some("usb")
    }

    pub(crate) fn node(self) -> Option<String> {
        matches!(self.part, Part::Event | Part::Joystick)
            .then(|| format!("/dev/input/{}", self.sysname()))
    }

    /// Major and minor, as the preload library has them, too.
    pub(crate) fn number(self) -> Option<(u32, u32)> {
        match self.part {
            Part::Usb | Part::Input => None,
            Part::Event => Some((MAJOR, 64 + 1000 + u32::from(self.slot))),
            Part::Joystick => Some((MAJOR, self.slot.into())),
        }
    }

    /// What rules of udev would have found out.
    pub(crate) fn properties(self) -> Pairs {
        let syspath = self.syspath();
        let path = syspath.strip_prefix("/sys").unwrap_or(&syspath);
        let mut pairs: Pairs = vec![
            ("DEVPATH", path.to_owned()),
            ("SUBSYSTEM", self.subsystem().to_owned()),
            ("USEC_INITIALIZED", "1".to_owned()),
        ];
        let mut add = |name, value: &str| pairs.push((name, value.to_owned()));
        if let Some(devtype) = self.devtype() {
            add("DEVTYPE", devtype);
        }
        if let (Some(node), Some((major, minor))) = (self.node(), self.number()) {
            add("DEVNAME", &node);
            add("MAJOR", &major.to_string());
            add("MINOR", &minor.to_string());
        }
        add("ID_BUS", "usb");
        add("ID_VENDOR", "Microsoft");
        add("ID_VENDOR_ID", "045e");
        add("ID_MODEL", "Controller");
        add("ID_MODEL_ID", "028e");
        add("ID_REVISION", "0114");
        add("ID_SERIAL", &format!("Microsoft_Controller_{}", self.slot));
        if self.part == Part::Usb {
            add("PRODUCT", "45e/28e/114");
            return pairs;
        }
        add("ID_INPUT", "1");
        add("ID_INPUT_JOYSTICK", "1");
        match self.part {
            Part::Input => {
                add("PRODUCT", "3/45e/28e/114");
                add("NAME", "\"Microsoft X-Box 360 pad\"");
            }
            Part::Event => {
                add("ID_INPUT_EVENT_JOYSTICK", "1");
                add("ID_INPUT_GAMEPAD", "1");
            }
            Part::Usb | Part::Joystick => {}
        }
        pairs
    }

    /// What the kernel would say in files beside it.
    pub(crate) fn attributes(self) -> Pairs {
        let pairs: &[(&str, &str)] = match self.part {
            Part::Usb => &[
                ("idVendor", "045e"),
                ("idProduct", "028e"),
                ("bcdDevice", "0114"),
                ("manufacturer", "Microsoft"),
                ("product", "Controller"),
                ("bDeviceClass", "ff"),
            ],
            Part::Input => &[
                ("name", "Microsoft X-Box 360 pad"),
                ("id/bustype", "0003"),
                ("id/vendor", "045e"),
                ("id/product", "028e"),
                ("id/version", "0114"),
                ("uniq", ""),
                ("properties", "0"),
                // Bitmaps in words of 64 bits, the highest first.
                ("capabilities/ev", "20000b"),
                ("capabilities/key", "7cdb000000000000 0 0 0 0"),
                ("capabilities/abs", "3003f"),
                ("capabilities/rel", "0"),
                ("capabilities/ff", "100010000 0"),
            ],
            Part::Event | Part::Joystick => &[],
        };
        let own = pairs
            .iter()
            .map(|(name, value)| (*name, (*value).to_owned()));
        let phys = || ("phys", format!("selkies/input{}", self.slot));
        let device = || {
            let (major, minor) = self.number()?;
            Some(("dev", format!("{major}:{minor}")))
        };
        own.chain((self.part == Part::Input).then(phys))
            .chain(device())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_found_by_its_path_its_number_and_its_socket() {
        assert_eq!(Pad::all().count(), 16);
        for pad in Pad::all() {
            assert_eq!(Pad::at(&pad.syspath()), Some(pad));
            if let Some((major, minor)) = pad.number() {
                assert_eq!(Pad::numbered(major, minor), Some(pad));
                let socket = pad.socket().expect("a node has one");
                assert_eq!(Pad::of_socket(&socket), Some(pad));
            }
        }
        assert_eq!(Pad::at("/sys/class/input/js2").map(|pad| pad.slot), Some(2));
        assert_eq!(Pad::at("/sys/class/tty/tty1"), None);
        assert_eq!(Pad::numbered(4, 1), None);
        assert_eq!(Pad::of_socket("selkies_usb1000.sock"), None);
    }

    #[test]
    fn a_node_s_ancestors_are_an_input_device_and_a_usb_device() {
        let node = Pad {
            slot: 3,
            part: Part::Event,
        };
        assert_eq!(
            node.syspath(),
            "/sys/devices/virtual/selkies/usb1003/input/input1003/event1003"
        );
        let input = node.parent().expect("an input device");
        assert_eq!((input.subsystem(), input.devtype()), ("input", None));
        let usb = input.parent().expect("a USB device");
        assert_eq!(
            (usb.subsystem(), usb.devtype()),
            ("usb", Some("usb_device"))
        );
        assert_eq!(usb.parent(), None);
    }

    #[test]
    fn the_key_bitmap_is_that_of_the_buttons() {
        let buttons = [
            0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13a, 0x13b, 0x13c, 0x13d, 0x13e,
        ];
        let word = buttons
            .iter()
            .fold(0u64, |word, code| word | 1 << (code - 0x100));
        let input = Pad {
            slot: 0,
            part: Part::Input,
        };
        let attributes = input.attributes();
        let keys = attributes
            .iter()
            .find(|(name, _)| *name == "capabilities/key");
        assert_eq!(keys.expect("a bitmap").1, format!("{word:x} 0 0 0 0"));
    }

    #[test]
    fn an_event_node_says_what_it_is() {
        let node = Pad {
            slot: 0,
            part: Part::Event,
        };
        let properties = node.properties();
        for (name, value) in [
            ("ID_INPUT_JOYSTICK", "1"),
            ("ID_INPUT_EVENT_JOYSTICK", "1"),
            ("ID_INPUT_GAMEPAD", "1"),
            ("DEVNAME", "/dev/input/event1000"),
            ("MINOR", "1064"),
        ] {
            assert!(properties.contains(&(name, value.to_owned())), "{name}");
        }
    }
}
