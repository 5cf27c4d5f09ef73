//! The pointer.

use selkies_desktop::{Button, InputEvent, ScrollDirection};
use selkies_media::Point;
use x11rb::protocol::xproto::ConnectionExt as _;

use super::app::{Seen, Stage, eventually, sink};

fn place(stage: &Stage) -> (i16, i16) {
    let reply = stage
        .control
        .query_pointer(stage.root())
        .expect("sent")
        .reply();
    let reply = reply.expect("a reply");
    (reply.root_x, reply.root_y)
}

/// Fails unless the pointer gets there.
fn arrives(stage: &Stage, wanted: (i16, i16)) {
    assert_eq!(eventually(|| place(stage), &wanted), wanted);
}

fn to(stage: &mut Stage, x: i32, y: i32) {
    stage.inject(InputEvent::PointerTo(Point { x, y }));
}

fn by(stage: &mut Stage, x: i32, y: i32) {
    stage.inject(InputEvent::PointerBy(Point { x, y }));
}

#[test]
fn the_pointer_goes_exactly_where_it_is_sent_and_stops_at_the_edges() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for ((x, y), wanted) in [
        ((0, 0), (0, 0)),
        ((1, 1), (1, 1)),
        ((123, 456), (123, 456)),
        ((799, 599), (799, 599)),
        ((-1, 300), (0, 300)),
        ((800, 600), (799, 599)),
        ((i32::MIN, i32::MAX), (0, 599)),
        ((i32::MAX, i32::MIN), (799, 0)),
    ] {
        to(&mut stage, x, y);
        arrives(&stage, wanted);
    }
}

#[test]
fn relative_moves_add_up_without_acceleration() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    to(&mut stage, 100, 100);
    for (x, y, wanted) in [
        (1, -1, (101, 99)),
        (200, 100, (301, 199)),
        (-300, 0, (1, 199)),
    ] {
        by(&mut stage, x, y);
        arrives(&stage, wanted);
    }
    for _ in 0..50 {
        by(&mut stage, 7, 3);
    }
    arrives(&stage, (351, 349));
    by(&mut stage, i32::MAX, i32::MIN);
    arrives(&stage, (799, 0));
}

#[test]
fn five_buttons_arrive_by_their_numbers_and_only_when_they_change() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    to(&mut stage, 10, 10);
    stage.all();
    for (button, number) in [
        (Button::Left, 1),
        (Button::Middle, 2),
        (Button::Right, 3),
        (Button::Back, 8),
        (Button::Forward, 9),
    ] {
        for down in [false, true, true, false, false] {
            stage.inject(InputEvent::Button { button, down });
        }
        let seen = stage.all().into_iter().filter_map(|seen| match seen {
            Seen::Button { number, down, .. } => Some((number, down)),
            _ => None,
        });
        assert_eq!(seen.collect::<Vec<_>>(), [(number, true), (number, false)]);
    }
}

#[test]
fn every_notch_of_the_wheel_is_one_click() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    for (direction, number, notches) in [
        (ScrollDirection::Up, 4, 1),
        (ScrollDirection::Down, 5, 64),
        (ScrollDirection::Left, 6, 3),
        (ScrollDirection::Right, 7, 2),
    ] {
        stage.inject(InputEvent::Scroll { direction, notches });
        let clicks = stage.all();
        let count = |wanted| {
            let is_it = |seen: &&Seen| matches!(seen, Seen::Button { number: n, down, .. } if (*n, *down) == (number, wanted));
            clicks.iter().filter(is_it).count()
        };
        assert_eq!(
            (count(true), count(false)),
            (usize::from(notches), usize::from(notches))
        );
        assert_eq!(clicks.len(), 2 * usize::from(notches));
    }
}

#[test]
fn a_click_waits_for_the_keys_before_it_and_hits_its_own_place() {
    let Some(mut stage) = Stage::set("us") else {
        return;
    };
    to(&mut stage, 50, 50);
    stage.all();
    stage.tap(0x0100_6f22);
    assert!(stage.sink.next_wakeup().is_some(), "the key settles");
    // The pointer does not wait for keys, but for clicks.
    to(&mut stage, 60, 70);
    for down in [true, false] {
        stage.inject(InputEvent::Button {
            button: Button::Left,
            down,
        });
    }
    to(&mut stage, 500, 500);
    let seen = stage.all();
    let early = Seen::Motion { x: 60, y: 70 };
    let key = seen.iter().position(|seen| {
        matches!(
            seen,
            Seen::KeyPress {
                keysym: 0x0100_6f22,
                ..
            }
        )
    });
    let click = seen.iter().position(|seen| {
        matches!(
            seen,
            Seen::Button {
                number: 1,
                down: true,
                x: 60,
                y: 70,
                ..
            }
        )
    });
    let late = seen
        .iter()
        .position(|seen| *seen == Seen::Motion { x: 500, y: 500 });
    assert_eq!(seen.first(), Some(&early), "{seen:?}");
    assert!(key.is_some() && key < click && click < late, "{seen:?}");
}

#[test]
fn a_dropped_sink_leaves_no_button_down() {
    let Some(stage) = Stage::set("us") else {
        return;
    };
    let mut dropped = sink(&stage.server);
    let press = InputEvent::Button {
        button: Button::Left,
        down: true,
    };
    dropped.inject(&press).expect("the server takes it");
    let down = || {
        let reply = stage
            .control
            .query_pointer(stage.root())
            .expect("sent")
            .reply();
        u16::from(reply.expect("a reply").mask) & 0x100 != 0
    };
    assert!(eventually(down, &true));
    drop(dropped);
    assert!(!eventually(down, &false));
}
