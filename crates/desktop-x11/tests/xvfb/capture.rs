use std::time::{Duration, Instant};

use selkies_desktop::{Desktop as _, DesktopError};
use selkies_media::time::Clock;
use selkies_media::{Rect, Size};
use selkies_testkit::XServer;

use crate::painter::{
    DEADLINE, GROUND, Painter, Viewer, desktop, frames, in_background, next, outputs, pixels_of,
    settle,
};

const SIZE: Size = Size::new(640, 480);
const PATIENT: Duration = Duration::from_secs(60);

/// A repeatable row of numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 33) as u32 % limit
    }

    fn area(&mut self, size: Size) -> Rect {
        let (x, y) = (self.below(size.width), self.below(size.height));
        Rect::new(
            x,
            y,
            1 + self.below(size.width - x),
            1 + self.below(size.height - y),
        )
    }

    fn colour(&mut self) -> u32 {
        self.below(0x100_0000)
    }
}

#[test]
fn what_is_drawn_is_captured_at_any_size() {
    for (width, height) in [(1, 1), (3, 5), (1, 200), (333, 1), (641, 479), (1921, 1081)] {
        let size = Size::new(width, height);
        let Some(xserver) = XServer::start(size, &[]) else {
            return;
        };
        let mut painter = Painter::on(&xserver, size);
        let (mut source, mut viewer, mut dice) =
            (frames(&xserver), Viewer::default(), Dice(u64::from(width)));
        viewer.follow(source.as_mut(), &painter);
        for _ in 0..10 {
            painter.fill(dice.area(size), dice.colour());
            viewer.follow(source.as_mut(), &painter);
        }
    }
}

#[test]
fn an_8k_screen_is_captured() {
    let size = Size::new(7680, 4320);
    let Some(xserver) = XServer::start(size, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, size);
    let mut source = frames(&xserver);
    let first = next(source.as_mut());
    assert_eq!(first.size(), size);
    let change = Rect::new(7600, 4300, 80, 20);
    painter.fill(change, 0x12_3456);
    let second = next(source.as_mut());
    assert_eq!(second.damage.rects(), [change]);
    assert_eq!(pixels_of(&second, 4319)[7599..=7600], [GROUND, 0x12_3456]);
    assert_eq!(pixels_of(&second, 2000), vec![GROUND; 7680]);
}

#[test]
fn a_screen_larger_than_8k_is_cut_off() {
    let Some(xserver) = XServer::start(Size::new(7700, 300), &[]) else {
        return;
    };
    assert_eq!(next(frames(&xserver).as_mut()).size(), Size::new(7680, 300));
}

#[test]
fn only_what_changed_is_marked() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let mut source = frames(&xserver);
    settle(source.as_mut());
    for area in [
        Rect::new(101, 57, 30, 20),
        Rect::new(0, 0, 1, 1),
        Rect::new(639, 479, 1, 1),
        Rect::new(7, 0, 1, 480),
    ] {
        painter.fill(area, 0xff_ffff);
        assert_eq!(next(source.as_mut()).damage.rects(), [area]);
    }
}

#[test]
fn what_is_painted_over_with_the_same_colour_is_no_change() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let mut source = frames(&xserver);
    settle(source.as_mut());
    for _ in 0..5 {
        painter.fill(SIZE.as_rect(), GROUND);
        assert!(
            source
                .next(Duration::from_millis(100))
                .expect("the server runs")
                .is_none()
        );
    }
    // Neither are the same pixels around a real change.
    let change = Rect::new(300, 200, 10, 10);
    painter.fill_all(&[(SIZE.as_rect(), GROUND), (change, 0xff_0000)]);
    assert_eq!(next(source.as_mut()).damage.rects(), [change]);
}

#[test]
fn an_idle_screen_wakes_nobody() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let _painter = Painter::on(&xserver, SIZE);
    let mut source = frames(&xserver);
    settle(source.as_mut());
    let (start, before) = (Instant::now(), times_slept());
    assert!(
        source
            .next(Duration::from_millis(400))
            .expect("the server runs")
            .is_none()
    );
    assert!(start.elapsed() >= Duration::from_millis(400));
    let woken = times_slept() - before;
    assert!(woken <= 3, "{woken} wakeups");
}

/// How often this thread gave up the processor to wait (proc(5)).
fn times_slept() -> u64 {
    let status = std::fs::read_to_string("/proc/thread-self/status").expect("Linux has it");
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.and_then(|count| count.trim().parse().ok())
        .expect("Linux counts them")
}

#[test]
fn a_change_ends_the_waiting() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let mut source = frames(&xserver);
    settle(source.as_mut());
    let start = Instant::now();
    let waiting = in_background(move || source.next(PATIENT).map(|frame| frame.is_some()));
    painter.fill(Rect::new(5, 5, 5, 5), 0xff);
    assert!(
        waiting
            .join()
            .expect("it does not panic")
            .expect("the server runs")
    );
    assert!(start.elapsed() < DEADLINE);
}

#[test]
fn many_small_changes_all_arrive() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let (mut source, mut viewer, mut dice) = (frames(&xserver), Viewer::default(), Dice(1));
    viewer.follow(source.as_mut(), &painter);
    for _ in 0..20 {
        let dots: Vec<_> = (0..500)
            .map(|_| {
                (
                    Rect::new(dice.below(SIZE.width), dice.below(SIZE.height), 1, 1),
                    dice.colour(),
                )
            })
            .collect();
        painter.fill_all(&dots);
        viewer.follow(source.as_mut(), &painter);
    }
}

#[test]
fn painting_during_the_capture_is_never_missed() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let (mut source, mut viewer) = (frames(&xserver), Viewer::default());
    viewer.take(&next(source.as_mut()));
    std::thread::scope(|scope| {
        let painting = scope.spawn(|| {
            let mut dice = Dice(2);
            for _ in 0..400 {
                painter.fill(dice.area(SIZE), dice.colour());
            }
        });
        while !painting.is_finished() {
            if let Some(frame) = source
                .next(Duration::from_millis(5))
                .expect("the server runs")
            {
                viewer.take(&frame);
            }
        }
    });
    viewer.follow(source.as_mut(), &painter);
    assert!(viewer.frames() > 3);
}

#[test]
fn two_sources_see_the_same_and_do_not_disturb_each_other() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let (mut one, mut two, mut dice) = (frames(&xserver), frames(&xserver), Dice(3));
    let (mut first, mut second) = (Viewer::default(), Viewer::default());
    for round in 0..30 {
        painter.fill(dice.area(SIZE), dice.colour());
        first.follow(one.as_mut(), &painter);
        if round % 3 == 0 {
            second.follow(two.as_mut(), &painter);
        }
    }
    drop(one);
    painter.fill(SIZE.as_rect(), 0x77_7777);
    second.follow(two.as_mut(), &painter);
}

#[test]
fn held_frames_never_change_and_what_was_missed_meanwhile_comes_later() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let (mut source, mut viewer) = (frames(&xserver), Viewer::default());
    viewer.follow(source.as_mut(), &painter);
    let mut held = Vec::new();
    for colour in 0..10 {
        painter.fill(Rect::new(10 * colour, 50, 10, 10), 0x11_1111 * colour);
        if let Some(frame) = source
            .next(Duration::from_millis(200))
            .expect("the server runs")
        {
            viewer.take(&frame);
            let rows: Vec<_> = (0..SIZE.height).map(|y| pixels_of(&frame, y)).collect();
            held.push((frame, rows));
        }
    }
    assert!(
        (2..10).contains(&held.len()),
        "{} frames while none came back",
        held.len()
    );
    painter.fill(SIZE.as_rect(), 0x12_3456);
    assert!(
        source
            .next(Duration::from_millis(50))
            .expect("the server runs")
            .is_none()
    );
    for (frame, rows) in &held {
        assert!((0..SIZE.height).all(|y| pixels_of(frame, y) == rows[y as usize]));
    }
    // A frame that comes back while the source waits for one is used at once.
    let start = Instant::now();
    let waiting = in_background(move || {
        let frame = source
            .next(PATIENT)
            .expect("the server runs")
            .expect("a frame came back");
        (source, frame)
    });
    held.remove(0);
    let (mut source, frame) = waiting.join().expect("a frame comes");
    assert!(start.elapsed() < DEADLINE);
    viewer.take(&frame);
    drop(frame);
    viewer.follow(source.as_mut(), &painter);
    drop(source);
    let (frame, rows) = &held[0];
    assert!(
        pixels_of(frame, 55) == rows[55],
        "a frame outlives its source"
    );
}

#[test]
fn the_pointer_is_not_in_the_picture() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let painter = Painter::on(&xserver, SIZE);
    let (mut source, mut viewer) = (frames(&xserver), Viewer::default());
    viewer.follow(source.as_mut(), &painter);
    for place in [100, 200, 300] {
        painter.point_at(place, place);
        assert!(
            source
                .next(Duration::from_millis(100))
                .expect("the server runs")
                .is_none()
        );
    }
    assert!(next(frames(&xserver).as_mut()).size() == SIZE);
    viewer.follow(frames(&xserver).as_mut(), &painter);
}

#[test]
fn a_new_size_is_followed() {
    let Some(xserver) = XServer::start(Size::new(1000, 800), &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, Size::new(1000, 800));
    let (mut source, mut outputs, mut viewer) =
        (frames(&xserver), outputs(&xserver), Viewer::default());
    viewer.follow(source.as_mut(), &painter);
    for (width, height) in [(641, 479), (1000, 800), (800, 790), (1, 1), (999, 3)] {
        let size = Size::new(width, height);
        assert_eq!(outputs.resize(size).expect("it is below the largest"), size);
        painter.screen_is_now(size);
        viewer.follow(source.as_mut(), &painter);
    }
}

#[test]
fn a_storm_of_sizes_leaves_the_right_picture() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut painter = Painter::on(&xserver, SIZE);
    let (mut source, mut viewer) = (frames(&xserver), Viewer::default());
    let last = std::thread::scope(|scope| {
        let storm = scope.spawn(|| {
            let (mut outputs, mut dice, mut last) = (outputs(&xserver), Dice(4), SIZE);
            for _ in 0..60 {
                last = Size::new(1 + dice.below(SIZE.width), 1 + dice.below(SIZE.height));
                assert_eq!(outputs.resize(last).expect("it is below the largest"), last);
                let mut painter = Painter::on(&xserver, last);
                painter.fill(dice.area(last), dice.colour());
            }
            last
        });
        while !storm.is_finished() {
            if let Some(frame) = source
                .next(Duration::from_millis(5))
                .expect("the server runs")
            {
                viewer.take(&frame);
            }
        }
        storm.join().expect("every size is reached")
    });
    painter.screen_is_now(last);
    viewer.follow(source.as_mut(), &painter);
}

#[test]
fn a_screen_of_16_bits_is_refused_with_a_clear_sentence() {
    let Some(xserver) = XServer::start(SIZE, &["-screen", "0", "640x480x16"]) else {
        return;
    };
    let refusals = [
        desktop(&xserver)
            .frames(Clock::starting_at(Instant::now()))
            .map(drop),
        desktop(&xserver).check().map(drop),
    ];
    for refusal in refusals {
        let Err(DesktopError::Unusable(why)) = refusal else {
            panic!("{refusal:?}")
        };
        assert!(why.contains("16 bits"), "{why}");
    }
}

#[test]
fn a_server_without_damage_is_refused_with_its_name() {
    let Some(xserver) = XServer::start(SIZE, &["-extension", "DAMAGE"]) else {
        return;
    };
    let refusal = desktop(&xserver)
        .frames(Clock::starting_at(Instant::now()))
        .map(drop);
    let Err(DesktopError::Unusable(why)) = refusal else {
        panic!("{refusal:?}")
    };
    assert!(why.contains("DAMAGE"), "{why}");
}

#[test]
fn a_server_that_dies_is_noticed_at_once() {
    let Some(mut xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut source = frames(&xserver);
    let mut outputs = outputs(&xserver);
    settle(source.as_mut());
    let waiting = in_background(move || {
        let end = source.next(PATIENT).map(drop);
        (end, Instant::now(), source)
    });
    let death = Instant::now();
    xserver.kill();
    let (end, noticed, mut source) = waiting.join().expect("it does not panic");
    assert!(matches!(end, Err(DesktopError::Lost(_))), "{end:?}");
    assert!(noticed - death < Duration::from_secs(1));
    let again = source.next(PATIENT).map(drop);
    assert!(matches!(again, Err(DesktopError::Lost(_))), "{again:?}");
    assert!(matches!(outputs.size(), Err(DesktopError::Lost(_))));
    assert!(matches!(
        outputs.resize(Size::new(9, 9)),
        Err(DesktopError::Lost(_))
    ));
}

#[test]
fn a_server_describes_itself() {
    let Some(xserver) = XServer::start(SIZE, &["-extension", "MIT-SHM"]) else {
        return;
    };
    let description = desktop(&xserver).check().expect("it can be used");
    assert_eq!((description.size, description.depth), (SIZE, 24));
    assert_eq!(description.missing, ["MIT-SHM"]);
    assert!(
        description
            .to_string()
            .contains("640x480 in 24 bits, with DAMAGE"),
        "{description}"
    );
}
