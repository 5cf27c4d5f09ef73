//! The pointer in the pictures.

use std::time::{Duration, Instant};

use selkies_desktop::{Desktop as _, FrameSource};
use selkies_media::time::Clock;
use selkies_media::{Damage, Rect, Size};
use selkies_testkit::XServer;

use crate::painter::{
    DEADLINE, GROUND, Painter, Viewer, desktop, in_background, next, outputs, settle,
};
use crate::pointer::{Program, Shape};

const SIZE: Size = Size::new(320, 200);

/// A screen with a program on it, and what it should look like with its pointer.
struct Scene {
    xserver: XServer,
    painter: Painter,
    program: Program,
    shape: Shape,
    at: (i32, i32),
    drawn: bool,
}

impl Scene {
    fn open() -> Option<Self> {
        let xserver = XServer::start(SIZE, &[])?;
        let painter = Painter::on(&xserver, SIZE);
        let program = Program::on(&xserver);
        let mut scene = Self {
            xserver,
            painter,
            program,
            shape: Shape::motley(16, (4, 6), 1),
            at: (0, 0),
            drawn: false,
        };
        scene.look_like(Shape::motley(16, (4, 6), 1));
        scene.move_to(100, 100);
        Some(scene)
    }

    fn look_like(&mut self, shape: Shape) {
        self.program.show(&shape);
        self.shape = shape;
    }

    fn move_to(&mut self, x: i32, y: i32) {
        self.program.move_to(x as i16, y as i16);
        self.at = (x, y);
    }

    /// Where the whole of the pointer is.
    fn area(&self) -> Rect {
        let hot = (
            i32::from(self.shape.hotspot.0),
            i32::from(self.shape.hotspot.1),
        );
        let (x, y) = (self.at.0 - hot.0, self.at.1 - hot.1);
        let side = self.shape.size.width;
        Rect::new(x as u32, y as u32, side, side)
    }

    fn expected(&self) -> Vec<u32> {
        let mut pixels = self.painter.pixels().to_vec();
        if !self.drawn {
            return pixels;
        }
        for (place, argb) in self.shape.argb.iter().enumerate() {
            let side = self.shape.size.width as usize;
            let x = self.at.0 - i32::from(self.shape.hotspot.0) + (place % side) as i32;
            let y = self.at.1 - i32::from(self.shape.hotspot.1) + (place / side) as i32;
            if (0..SIZE.width as i32).contains(&x) && (0..SIZE.height as i32).contains(&y) {
                let under = &mut pixels[y as usize * SIZE.width as usize + x as usize];
                *under = over(*argb, *under);
            }
        }
        pixels
    }

    fn see(&self, viewer: &mut Viewer, source: &mut dyn FrameSource) {
        viewer.come_to(source, SIZE, &self.expected());
    }
}

fn over(argb: u32, under: u32) -> u32 {
    let rest = f64::from(255 - (argb >> 24)) / 255.0;
    let channel = |shift: u32| {
        let below = (f64::from(under >> shift & 0xff) * rest).round() as u32;
        ((argb >> shift & 0xff) + below).min(255) << shift
    };
    channel(16) | channel(8) | channel(0)
}

#[test]
fn it_is_drawn_while_it_is_wanted_and_leaves_nothing_behind() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    let mut viewer = Viewer::default();
    scene.see(&mut viewer, source.as_mut());
    for _ in 0..2 {
        desktop.draw_cursor(true);
        scene.drawn = true;
        scene.see(&mut viewer, source.as_mut());
        scene.move_to(110, 104);
        scene.see(&mut viewer, source.as_mut());
        scene.look_like(Shape::motley(24, (0, 0), 9));
        scene.see(&mut viewer, source.as_mut());
        desktop.draw_cursor(false);
        scene.drawn = false;
        scene.see(&mut viewer, source.as_mut());
    }
}

#[test]
fn a_capture_that_begins_while_it_is_wanted_begins_with_it() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    desktop.draw_cursor(true);
    scene.drawn = true;
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    let mut viewer = Viewer::default();
    scene.see(&mut viewer, source.as_mut());
    assert_eq!(viewer.frames(), 1);
}

#[test]
fn only_where_it_was_and_where_it_is_changes() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    desktop.draw_cursor(true);
    let mut shape = Shape::motley(16, (0, 0), 0);
    shape.argb.fill(0xffff_ffff);
    scene.look_like(shape);
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    settle(source.as_mut());
    let before = scene.area();
    scene.move_to(200, 40);
    let frame = next(source.as_mut());
    let mut both = Damage::none();
    both.add(scene.area());
    both.add(before);
    let mut marked = frame.damage.rects().to_vec();
    let mut expected = both.rects().to_vec();
    for rects in [&mut marked, &mut expected] {
        rects.sort_by_key(|rect| rect.y);
    }
    assert_eq!(marked, expected);
    // For as long as a video is recognised by: it is still no reason to mark more.
    let until = Instant::now() + Duration::from_millis(600);
    let mut x = 200;
    while Instant::now() < until {
        x = if x == 200 { 230 } else { 200 };
        scene.move_to(x, 40);
        let frame = next(source.as_mut());
        assert!(frame.damage.bounds().width <= 46, "{:?}", frame.damage);
    }
}

#[test]
fn it_waits_for_movements_and_wakes_for_nothing_else() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    desktop.draw_cursor(true);
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    settle(source.as_mut());
    let still = source.next(Duration::from_millis(100));
    assert!(still.expect("the server runs").is_none());
    let begun = Instant::now();
    let waiting = in_background(move || {
        let frame = source.next(Duration::from_secs(60));
        (frame.map(|frame| frame.is_some()), source)
    });
    scene.move_to(50, 60);
    let (moved, mut source) = waiting.join().expect("it does not panic");
    assert!(moved.expect("the server runs"));
    // Switched while it waits.
    let waiting = in_background(move || source.next(Duration::from_secs(60)).map(|f| f.is_some()));
    desktop.draw_cursor(false);
    let gone = waiting.join().expect("it does not panic");
    assert!(gone.expect("the server runs"));
    assert!(begun.elapsed() < DEADLINE);
}

#[test]
fn what_a_program_moved_is_found_when_it_is_looked_for_next() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    desktop.draw_cursor(true);
    scene.drawn = true;
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    let mut viewer = Viewer::default();
    scene.see(&mut viewer, source.as_mut());
    scene.program.warp_to(30, 150);
    scene.at = (30, 150);
    scene.see(&mut viewer, source.as_mut());
}

#[test]
fn another_size_of_the_screen_keeps_it() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    desktop.draw_cursor(true);
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    settle(source.as_mut());
    let smaller = Size::new(160, 120);
    let resized = outputs(&scene.xserver).resize(smaller);
    if resized.ok() != Some(smaller) {
        return;
    }
    let deadline = Instant::now() + DEADLINE;
    while next(source.as_mut()).size() != smaller {
        assert!(Instant::now() < deadline);
    }
    settle(source.as_mut());
    scene.move_to(20, 20);
    let frame = next(source.as_mut());
    assert!(frame.damage.bounds().height <= 120);
}

#[test]
fn whatever_happens_the_picture_is_the_screen_and_the_pointer_on_it() {
    let Some(mut scene) = Scene::open() else {
        return;
    };
    let desktop = desktop(&scene.xserver);
    let clock = Clock::starting_at(Instant::now());
    let mut source = desktop.frames(clock).expect("the server can be captured");
    let mut viewer = Viewer::default();
    // A repeatable row of numbers (splitmix64).
    let mut state = 7_u64;
    let mut below = move |limit: u32| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 33) as u32 % limit
    };
    // A picture that somebody keeps makes the next one come from another buffer.
    let mut kept = Vec::new();
    for step in 0..300 {
        match below(8) {
            0 => {
                scene.drawn = below(3) > 0;
                desktop.draw_cursor(scene.drawn);
            }
            1 => {
                let (side, seed) = (1 + below(60), below(1000));
                let hot = (below(side) as u16, below(side) as u16);
                scene.look_like(Shape::motley(side, hot, seed));
            }
            2 | 3 => {
                let area = Rect::new(below(300), below(190), 1 + below(200), 1 + below(100));
                scene.painter.fill(area, below(0x100_0000));
            }
            4 => {
                kept.clear();
                if let Some(frame) = source.next(Duration::ZERO).expect("the server runs") {
                    viewer.take(&frame);
                    kept.push(frame);
                }
            }
            _ => scene.move_to(below(SIZE.width) as i32, below(SIZE.height) as i32),
        }
        if below(3) == 0 || step % 10 == 0 {
            scene.see(&mut viewer, source.as_mut());
        }
    }
    assert_ne!(scene.painter.pixels(), vec![GROUND; SIZE.pixels() as usize]);
}
