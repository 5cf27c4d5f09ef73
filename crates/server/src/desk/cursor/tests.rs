use std::sync::mpsc::{self, Receiver, RecvTimeoutError};

use selkies_desktop::testcard::TestCard;
use selkies_media::{Point, Size};

use super::*;

const DEADLINE: Duration = Duration::from_secs(10);

fn card() -> TestCard {
    TestCard::new(Size::new(64, 48), Instant::now)
}

/// A square of one colour, all of it to be seen.
fn square(side: u32, shade: u8) -> CursorImage {
    let pixel = [shade, shade ^ 0xff, 7, 255];
    CursorImage {
        size: Size::new(side, side),
        hotspot: Point { x: 2, y: 1 },
        rgba: pixel.repeat((side * side) as usize).into(),
    }
}

fn follow(card: &TestCard) -> (Following, Receiver<Cursor>) {
    let (tell, told) = mpsc::sync_channel(256);
    let report = move |report| match report {
        // The test may be over.
        Report::Cursor(cursor) => drop(tell.send(cursor)),
        other => panic!("{other:?}"),
    };
    let following = Following::start(Arc::new(card.clone()), 32, report);
    (following.expect("threads can be made"), told)
}

fn next(told: &Receiver<Cursor>) -> Cursor {
    told.recv_timeout(DEADLINE).expect("it is told")
}

fn decoded(cursor: &Cursor) -> (u32, u32, Vec<u8>) {
    let file = STANDARD.decode(&*cursor.png).expect("it is base64");
    let mut reader = png::Decoder::new(std::io::Cursor::new(file))
        .read_info()
        .expect("it is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("it is small")];
    let info = reader.next_frame(&mut pixels).expect("it is whole");
    assert_eq!(info.color_type, png::ColorType::Rgba);
    (info.width, info.height, pixels)
}

#[test]
fn each_shape_arrives_as_it_is_and_one_that_stays_is_told_once() {
    let card = card();
    card.set_cursor(square(20, 9));
    let (_following, told) = follow(&card);
    let first = next(&told);
    assert_eq!((first.width, first.height), (20, 20));
    assert_eq!((first.hot_x, first.hot_y), (2, 1));
    assert_eq!(decoded(&first), (20, 20, square(20, 9).rgba.to_vec()));
    card.set_cursor(square(20, 9));
    card.set_cursor(CursorImage::hidden());
    assert_eq!(next(&told), Cursor::hidden());
    card.set_cursor(square(20, 9));
    assert_eq!(next(&told), first);
}

#[test]
fn a_flood_is_thinned_out_and_ends_with_its_last_shape() {
    let card = card();
    let (_following, told) = follow(&card);
    let begun = Instant::now();
    for shade in 0..100 {
        card.set_cursor(square(4, shade));
        thread::sleep(Duration::from_millis(3));
    }
    card.set_cursor(square(4, 200));
    let last = drawn(&square(4, 200), 32, 1).expect("it can be drawn").png;
    let mut count = 0;
    while next(&told).png != last {
        count += 1;
    }
    let most = begun.elapsed().as_millis() / SPACING.as_millis() + u128::from(BURST);
    assert!(count > 0 && count <= most, "{count} of at most {most}");
}

/// A pointer that looks different whenever somebody looks.
struct Restless {
    looks: u8,
    until: Instant,
    quit: Arc<Quit>,
}

impl CursorSource for Restless {
    fn next(&mut self, _: Duration) -> Result<Option<CursorImage>, DesktopError> {
        if Instant::now() >= self.until {
            self.quit.now();
        }
        self.looks = self.looks.wrapping_add(1);
        Ok(Some(square(4, self.looks)))
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        Arc::new(|| {})
    }
}

#[test]
fn nobody_looks_more_often_than_somebody_is_told() {
    let quit = Arc::new(Quit::default());
    let told = Arc::new(Mutex::new(0));
    let count = told.clone();
    let mut follower = Follower {
        desktop: Arc::new(card()),
        quit: quit.clone(),
        report: Box::new(move |_| *count.lock().expect("no test panics here") += 1),
        images: Images::new(32),
        pace: Pace::default(),
        told: None,
    };
    let mut source = Restless {
        looks: 0,
        until: Instant::now() + SPACING * 4,
        quit,
    };
    follower.follow(&mut source);
    let told = *told.lock().expect("no test panics here");
    assert!(
        told > 1 && source.looks <= 2 * told,
        "{} looks",
        source.looks
    );
}

#[test]
fn a_desktop_that_was_gone_is_followed_again() {
    let card = card();
    card.set_cursor(square(4, 1));
    let (_following, told) = follow(&card);
    next(&told);
    card.lose();
    card.set_cursor(square(4, 2));
    card.restore();
    let after = next(&told);
    assert_eq!(decoded(&after).2, square(4, 2).rgba.to_vec());
}

#[test]
fn the_thread_ends_with_its_owner() {
    let card = card();
    let (following, told) = follow(&card);
    drop(following);
    assert_eq!(
        told.recv_timeout(DEADLINE),
        Err(RecvTimeoutError::Disconnected)
    );
    card.lose();
    let (following, told) = follow(&card);
    drop(following);
    assert_eq!(
        told.recv_timeout(DEADLINE),
        Err(RecvTimeoutError::Disconnected)
    );
}

#[test]
fn a_few_may_come_at_once_and_then_one_at_a_time() {
    let mut pace = Pace::default();
    let start = Instant::now();
    for _ in 0..BURST {
        assert_eq!(pace.early_by(start), Duration::ZERO);
        pace.spend(start);
    }
    assert_eq!(pace.early_by(start), SPACING);
    let mut now = start;
    for _ in 0..12 {
        now += pace.early_by(now);
        pace.spend(now);
    }
    assert_eq!(now - start, SPACING * 12, "about a second");
    now += DEADLINE;
    for _ in 0..BURST {
        assert_eq!(pace.early_by(now), Duration::ZERO, "rest earns no more");
        pace.spend(now);
    }
    assert_eq!(pace.early_by(now), SPACING);
}

#[test]
fn large_shapes_are_made_small_and_the_hotspot_goes_with_them() {
    let cursor = drawn(&square(100, 3), 25, 7).expect("it can be drawn");
    assert_eq!((cursor.width, cursor.height), (25, 25));
    let (width, height, pixels) = decoded(&cursor);
    assert_eq!((width, height), (25, 25));
    assert_eq!(pixels[..4], [3, 252, 7, 255]);
    assert_eq!((cursor.hot_x, cursor.hot_y), (0, 0));
}

#[test]
fn images_are_kept_by_what_they_show_and_not_for_ever() {
    let mut images = Images::new(32);
    let first = images.of(&square(4, 0)).expect("it can be drawn");
    assert_ne!(first.handle, 0);
    let again = images.of(&square(4, 0)).expect("it can be drawn");
    assert!(Arc::ptr_eq(&first.png, &again.png), "made once");
    let mut elsewhere = square(4, 0);
    elsewhere.hotspot = Point { x: 0, y: 0 };
    let other = images.of(&elsewhere).expect("it can be drawn");
    assert_ne!(first.handle, other.handle, "it points elsewhere");
    for shade in 1..=200 {
        images.of(&square(4, shade)).expect("it can be drawn");
        assert!(images.made.len() <= MOST_SHAPES);
    }
    let late = images.of(&square(4, 0)).expect("it can be drawn");
    assert!(!Arc::ptr_eq(&first.png, &late.png), "made anew");
    assert_eq!(first, late, "the same shape has the same handle");
}

#[test]
fn margins_and_shapes_of_margins_only_leave_nothing_behind() {
    let mut image = square(2, 1);
    image.rgba = Arc::from([0; 16]);
    let mut images = Images::new(32);
    assert_eq!(
        images.of(&image).expect("it can be drawn"),
        Cursor::hidden()
    );
}

#[test]
fn the_longest_side_follows_the_settings() {
    let mut settings = Settings::default();
    assert_eq!(longest_side(&settings), Some(32));
    "144".clone_into(&mut settings.scaling_dpi.value);
    assert_eq!(longest_side(&settings), Some(48));
    settings.cursor_size = 24;
    assert_eq!(longest_side(&settings), Some(36));
    settings.cursor_size = 512;
    assert_eq!(longest_side(&settings), Some(128));
    settings.enable_cursors.value = false;
    assert_eq!(longest_side(&settings), None);
}
