//! Notices of inotify about sockets, turned into notices about devices.

use crate::nodes::Node;

/// `struct inotify_event` without its name.
const HEAD: usize = 16;

/// What a program watches: the number that it knows, and ours beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watch {
    pub(crate) known: i32,
    pub(crate) ours: i32,
}

/// Rewrites notices in place and returns how long they are then. What is not about a device of
/// ours goes, when it comes from the directory of sockets.
pub(crate) fn translate(notices: &mut [u8], watch: Watch) -> usize {
    let (mut from, mut to) = (0, 0);
    while let Some(len) = length(notices.get(from..).unwrap_or_default()) {
        let Some(notice) = notices.get_mut(from..from + len) else {
            break;
        };
        let keep = of_whom(notice) != Some(watch.ours) || rewrite(notice, watch.known);
        if keep {
            notices.copy_within(from..from + len, to);
            to += len;
        }
        from += len;
    }
    to
}

/// Of the first notice; `None` at the end.
fn length(notices: &[u8]) -> Option<usize> {
    let bytes = notices.get(12..HEAD)?.first_chunk()?;
    let name = usize::try_from(u32::from_ne_bytes(*bytes)).ok()?;
    Some(HEAD + name)
}

fn of_whom(notice: &[u8]) -> Option<i32> {
    notice.first_chunk().copied().map(i32::from_ne_bytes)
}

fn rewrite(notice: &mut [u8], known: i32) -> bool {
    let (head, name) = notice.split_at_mut(HEAD.min(notice.len()));
    let end = name.iter().position(|byte| *byte == 0);
    let Some(node) = end.and_then(|end| Node::of_socket(name.get(..end)?)) else {
        return false;
    };
    for (place, byte) in head.iter_mut().zip(known.to_ne_bytes()) {
        *place = byte;
    }
    // The field keeps its length; what is behind the name is zeros, as inotify(7) allows.
    let new = node.name();
    for (place, byte) in name
        .iter_mut()
        .zip(new.bytes().iter().chain(std::iter::repeat(&0)))
    {
        *place = *byte;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCH: Watch = Watch { known: 1, ours: 2 };

    fn notice(watch: i32, name: &str) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(watch.to_ne_bytes());
        bytes.extend(0x100u32.to_ne_bytes());
        bytes.extend(0u32.to_ne_bytes());
        let room = if name.is_empty() {
            0
        } else {
            (name.len() + 1).next_multiple_of(16)
        };
        bytes.extend(u32::try_from(room).expect("short").to_ne_bytes());
        bytes.extend(name.as_bytes());
        bytes.resize(HEAD + room, 0);
        bytes
    }

    fn names(mut notices: Vec<u8>) -> Vec<(i32, String)> {
        let len = translate(&mut notices, WATCH);
        let (mut rest, mut names) = (&notices[..len], Vec::new());
        while let Some(len) = length(rest) {
            let name = String::from_utf8_lossy(&rest[HEAD..len]);
            let name = name.trim_end_matches('\0').to_owned();
            names.push((of_whom(rest).expect("a number"), name));
            rest = &rest[len..];
        }
        names
    }

    #[test]
    fn a_socket_is_a_device_and_the_rest_of_its_directory_is_nothing() {
        let notices = [
            notice(2, "selkies_event1001.sock"),
            notice(2, "something"),
            notice(1, "event5"),
            notice(2, ""),
            notice(2, "selkies_js0.sock"),
        ];
        let wanted = [(1, "event1001"), (1, "event5"), (1, "js0")];
        assert_eq!(
            names(notices.concat()),
            wanted.map(|(watch, name)| (watch, name.to_owned()))
        );
    }

    #[test]
    fn torn_notices_end_the_list() {
        let mut notices = notice(1, "event5");
        notices.extend([0; 7]);
        assert_eq!(names(notices).len(), 1);
        assert_eq!(
            translate(&mut notice(2, "selkies_js0.sock")[..20], WATCH),
            0
        );
    }
}
