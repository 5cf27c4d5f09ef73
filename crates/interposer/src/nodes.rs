//! The names of the devices, and of the sockets they stand for.

/// Which of the kernel's two interfaces a device has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interface {
    /// `js*`
    Joystick,
    /// `event*`
    Evdev,
}

/// One of our devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) interface: Interface,
    pub(crate) slot: u8,
}

/// Where programs look.
pub(crate) const DIRECTORY: &[u8] = b"/dev/input";
/// How many devices there are.
pub(crate) const COUNT: u8 = 8;
/// The major number of input devices (`Documentation/admin-guide/devices.txt`).
pub(crate) const MAJOR: u32 = 13;

impl Node {
    /// All of them, by number.
    pub(crate) fn nth(number: u8) -> Option<Self> {
        let interface = if number < COUNT / 2 {
            Interface::Joystick
        } else {
            Interface::Evdev
        };
        let slot = number % (COUNT / 2);
        (number < COUNT).then_some(Self { interface, slot })
    }

    /// From a name in the directory.
    pub(crate) fn named(name: &[u8]) -> Option<Self> {
        let (interface, digit) = match name {
            [b'j', b's', digit] => (Interface::Joystick, digit),
            [b'e', b'v', b'e', b'n', b't', b'1', b'0', b'0', digit] => (Interface::Evdev, digit),
            _ => return None,
        };
        let slot = digit.checked_sub(b'0')?;
        (slot < COUNT / 2).then_some(Self { interface, slot })
    }

    /// From a whole path. Redundant slashes are as good as none.
    pub(crate) fn at(path: &[u8]) -> Option<Self> {
        let name = path.strip_prefix(DIRECTORY)?.strip_prefix(b"/")?;
        Self::named(without_leading(name))
    }

    /// From the name of a socket.
    pub(crate) fn of_socket(file: &[u8]) -> Option<Self> {
        Self::named(file.strip_prefix(b"selkies_")?.strip_suffix(b".sock")?)
    }

    /// Its name in the directory.
    pub(crate) fn name(self) -> Name {
        let mut name = Name::default();
        match self.interface {
            Interface::Joystick => name.push(b"js"),
            Interface::Evdev => name.push(b"event100"),
        }
        name.push(&[b'0' + self.slot]);
        name
    }

    /// The name of its socket.
    pub(crate) fn socket(self) -> Name {
        let mut name = Name::default();
        name.push(b"selkies_");
        name.push(self.name().bytes());
        name.push(b".sock");
        name
    }

    /// Its minor number: those of the kernel's own event devices end long before.
    pub(crate) fn minor(self) -> u32 {
        match self.interface {
            Interface::Joystick => u32::from(self.slot),
            Interface::Evdev => 64 + 1000 + u32::from(self.slot),
        }
    }
}

/// Whether `path` is the directory itself.
pub(crate) fn is_directory(path: &[u8]) -> bool {
    path.strip_prefix(DIRECTORY)
        .is_some_and(|rest| without_leading(rest).is_empty())
}

fn without_leading(mut path: &[u8]) -> &[u8] {
    while let Some(rest) = path.strip_prefix(b"/") {
        path = rest;
    }
    path
}

/// A short name that needs no allocation; always ends with a zero.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Name {
    bytes: [u8; 32],
    len: usize,
}

impl Name {
    fn push(&mut self, part: &[u8]) {
        for byte in part {
            // The last place stays zero.
            if let Some(place) = self.bytes.get_mut(self.len).filter(|_| self.len < 31) {
                *place = *byte;
                self.len += 1;
            }
        }
    }

    /// Without the zero.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_is_found_by_its_path_and_by_its_socket() {
        for number in 0..COUNT {
            let node = Node::nth(number).expect("eight");
            let path = [DIRECTORY, b"/", node.name().bytes()].concat();
            assert_eq!(Node::at(&path), Some(node));
            assert_eq!(Node::of_socket(node.socket().bytes()), Some(node));
        }
        assert_eq!(Node::nth(COUNT), None);
        let last = Node::nth(7).expect("the last");
        assert_eq!(last.name().bytes(), b"event1003");
        assert_eq!(last.socket().bytes(), b"selkies_event1003.sock");
        assert_eq!(Node::at(b"/dev/input//js3"), Node::nth(3));
    }

    #[test]
    fn other_paths_are_not_ours() {
        for path in [
            "",
            "/",
            "/dev/input",
            "/dev/input/",
            "/dev/input/js4",
            "/dev/input/js00",
            "/dev/input/event100",
            "/dev/input/event1004",
            "/dev/input/event0",
            "/dev/inputjs0",
            "/dev/js0",
            "js0",
            "/dev/input/js0/",
            "/dev/input/mice",
            "/dev/input/ js0",
        ] {
            assert_eq!(Node::at(path.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn the_directory_is_known_with_and_without_a_slash() {
        assert!(is_directory(b"/dev/input"));
        assert!(is_directory(b"/dev/input/"));
        assert!(!is_directory(b"/dev/inputs"));
        assert!(!is_directory(b"/dev"));
    }
}
