//! What the pointer looks like.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use selkies_desktop::{CursorImage, CursorSource, Desktop as _, DesktopError};
use selkies_media::{Point, Size};
use selkies_testkit::{XServer, require_tool};

use crate::painter::{DEADLINE, desktop, in_background};
use crate::pointer::{Program, Shape};

const SIZE: Size = Size::new(640, 480);
const PATIENT: Duration = Duration::from_secs(60);
/// `XC_left_ptr` and `XC_xterm` (X11 protocol, appendix B).
const ARROW: u16 = 68;
const BEAM: u16 = 152;

fn source(xserver: &XServer) -> Box<dyn CursorSource> {
    desktop(xserver).cursor().expect("the server has a pointer")
}

/// Waits for a shape of which `right` is true.
fn until(source: &mut dyn CursorSource, right: impl Fn(&CursorImage) -> bool) -> CursorImage {
    let deadline = Instant::now() + DEADLINE;
    loop {
        assert!(Instant::now() < deadline, "the shape never came");
        match source.next(Duration::from_millis(100)) {
            Ok(Some(image)) if right(&image) => return image,
            Ok(_) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

/// Reads until nothing changes any more.
fn settle(source: &mut dyn CursorSource) {
    while let Ok(Some(_)) = source.next(Duration::from_millis(50)) {}
}

/// As many of red, green and blue as the shape has, in eight bits.
fn straight(shape: &Shape) -> Vec<u8> {
    let pixel = |argb: &u32| {
        let alpha = argb >> 24;
        let channel = |shift: u32| {
            let value = f64::from(argb >> shift & 0xff);
            (value * 255.0 / f64::from(alpha)).round() as u8
        };
        match alpha {
            0 => [0; 4],
            _ => [channel(16), channel(8), channel(0), alpha as u8],
        }
    };
    shape.argb.iter().flat_map(pixel).collect()
}

fn covered(image: &CursorImage) -> Vec<bool> {
    let (pixels, _) = image.rgba.as_chunks::<4>();
    pixels.iter().map(|pixel| pixel[3] != 0).collect()
}

#[test]
fn a_shape_with_all_alphas_arrives_with_straight_colours_and_its_hotspot() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    let mut source = source(&xserver);
    for (side, hotspot) in [(1, (0, 0)), (24, (3, 5)), (33, (32, 32)), (128, (64, 0))] {
        let mut shape = Shape::motley(side, hotspot, side);
        shape.argb[0] = 0xff12_3456;
        program.show(&shape);
        let size = Size::new(side, side);
        let image = until(source.as_mut(), |image| image.size == size);
        let (x, y) = (hotspot.0.into(), hotspot.1.into());
        assert_eq!(image.hotspot, Point { x, y });
        assert!(*image.rgba == *straight(&shape), "{side}");
    }
}

#[test]
fn the_present_shape_comes_at_once_and_no_shape_comes_twice() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    program.show(&Shape::motley(16, (1, 2), 5));
    let mut source = source(&xserver);
    let first = source.next(Duration::ZERO).expect("the server runs");
    assert_eq!(first.map(|image| image.size), Some(Size::new(16, 16)));
    // Another cursor that looks the same.
    program.show(&Shape::motley(16, (1, 2), 5));
    let second = source.next(Duration::from_millis(100));
    assert_eq!(second.expect("the server runs"), None);
}

#[test]
fn a_program_that_changes_it_all_the_time_is_looked_at_now_and_then() {
    const SPAN: Duration = Duration::from_millis(300);
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut source = source(&xserver);
    let over = AtomicBool::new(false);
    let looks = std::thread::scope(|scope| {
        let flood = scope.spawn(|| {
            let program = Program::on(&xserver);
            let shapes = [1, 2].map(|seed| Shape::motley(16, (1, 2), seed));
            for shape in shapes.iter().cycle() {
                if over.load(Ordering::Relaxed) {
                    break;
                }
                program.show(shape);
            }
        });
        let end = Instant::now() + SPAN;
        let mut looks = 0;
        while Instant::now() < end {
            let left = end.saturating_duration_since(Instant::now());
            looks += u32::from(source.next(left).expect("the server runs").is_some());
        }
        over.store(true, Ordering::Relaxed);
        flood.join().expect("it does not panic");
        looks
    });
    assert!((2..=31).contains(&looks), "{looks} looks");
}

#[test]
fn a_shape_larger_than_makes_sense_is_none() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    let mut source = source(&xserver);
    program.show(&Shape::motley(24, (3, 5), 1));
    until(source.as_mut(), |image| image.size == Size::new(24, 24));
    program.show(&Shape::motley(600, (3, 5), 1));
    let image = until(source.as_mut(), |image| image.size != Size::new(24, 24));
    assert!(image.is_hidden(), "{}", image.size);
}

#[test]
fn glyphs_are_shapes_too() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    let mut source = source(&xserver);
    settle(source.as_mut());
    program.show_glyph(ARROW);
    let arrow = until(source.as_mut(), |image| !image.is_hidden());
    let (pixels, _) = arrow.rgba.as_chunks::<4>();
    for pixel in pixels {
        let known = [
            [0, 0, 0, 0],
            [0x11, 0x22, 0x33, 255],
            [255, 0xee, 0xdd, 255],
        ];
        assert!(known.contains(pixel), "{pixel:?}");
    }
    program.show_glyph(BEAM);
    let beam = until(source.as_mut(), |image| *image != arrow).cropped();
    assert!(beam.size.height > beam.size.width, "{}", beam.size);
    let middle = beam.size.width as i32 / 2;
    assert!((beam.hotspot.x - middle).abs() <= 1, "{:?}", beam.hotspot);
}

#[test]
fn a_transparent_shape_is_hidden() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    let mut source = source(&xserver);
    for side in [1, 16] {
        program.show(&Shape::motley(8, (0, 0), 1));
        until(source.as_mut(), |image| !image.is_hidden());
        program.show(&Shape::clear(side));
        until(source.as_mut(), CursorImage::is_hidden);
    }
}

#[test]
fn what_is_hidden_by_request_keeps_its_shape() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    program.show(&Shape::motley(8, (0, 0), 1));
    let mut source = source(&xserver);
    settle(source.as_mut());
    program.hide();
    let news = source.next(Duration::from_millis(100));
    assert_eq!(news.expect("the server runs"), None, "nobody is told");
}

#[test]
fn an_animation_goes_on_as_long_as_it_is_shown() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    let mut source = source(&xserver);
    settle(source.as_mut());
    program.animate(&[1, 2, 3].map(|seed| Shape::motley(8, (1, 1), seed)), 20);
    let mut seen = Vec::new();
    while seen.len() < 7 {
        seen.push(until(source.as_mut(), |image| !image.is_hidden()));
    }
    assert_eq!(seen[0], seen[3]);
    assert_eq!(seen[1..4], seen[4..7]);
    assert_ne!(seen[0], seen[1]);
}

#[test]
fn a_pointer_that_moves_but_keeps_its_shape_wakes_nobody() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let program = Program::on(&xserver);
    program.show(&Shape::motley(8, (1, 1), 1));
    let mut source = source(&xserver);
    settle(source.as_mut());
    let before = times_slept();
    let moving = in_background(move || {
        for x in 0..100 {
            program.move_to(x, x);
        }
        program
    });
    let news = source.next(Duration::from_millis(400));
    assert_eq!(news.expect("the server runs"), None);
    // With the program its shape would go.
    let _program = moving.join().expect("it does not panic");
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
fn one_who_waits_for_ever_can_be_woken_and_hears_of_the_end() {
    let Some(mut xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut source = source(&xserver);
    settle(source.as_mut());
    let wake = source.waker();
    let waiting = in_background(move || {
        let woken = source.next(Duration::MAX);
        (woken, source.next(PATIENT))
    });
    wake();
    xserver.kill();
    let (woken, end) = waiting.join().expect("it does not panic");
    assert!(matches!(woken, Ok(None)), "{woken:?}");
    assert!(matches!(end, Err(DesktopError::Lost(_))), "{end:?}");
}

#[test]
fn over_a_terminal_it_is_a_beam() {
    let (Some(xserver), Some(xterm)) = (XServer::start(SIZE, &[]), require_tool("xterm")) else {
        return;
    };
    let program = Program::on(&xserver);
    program.show_glyph(BEAM);
    program.move_to(300, 200);
    let mut source = source(&xserver);
    let beam = covered(&until(source.as_mut(), |image| !image.is_hidden()).cropped());
    drop(program);
    let terminal = Command::new(xterm)
        .args(["-display", xserver.display(), "-geometry", "200x60+0+0"])
        .env_remove("XCURSOR_THEME")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let _ended = Ended(terminal.expect("it is installed"));
    // Without the program the pointer is the screen's, until the terminal has come.
    until(source.as_mut(), |image| covered(&image.cropped()) != beam);
    until(source.as_mut(), |image| covered(&image.cropped()) == beam);
}

/// Ends with the test.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        // It may have ended with its server.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
