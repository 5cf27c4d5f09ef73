use std::time::Duration;

use selkies_desktop::FrameSource as _;
use selkies_media::{Rect, Surface};
use selkies_testkit::XServer;
use x11rb::protocol::xproto::CreateGCAux;
use x11rb::protocol::xproto::{ConnectionExt as _, Rectangle};

use super::*;

const SIZE: Size = Size::new(123, 77);
const AT_ONCE: Duration = Duration::from_secs(5);

fn capture(xserver: &XServer, best: Way) -> Capture {
    let clock = Clock::starting_at(Instant::now());
    Capture::connect(
        &Server::new(xserver.display()),
        clock,
        best,
        Switch::default(),
    )
    .expect("the server can be captured")
}

/// Fills `area` and returns when it is done.
fn fill(xserver: &XServer, area: Rect, colour: u32) {
    let (connection, number) = Server::new(xserver.display())
        .connect()
        .expect("the server runs");
    let root = connection.setup().roots[number].root;
    let gc = connection
        .generate_id()
        .expect("a new client has identifiers");
    connection
        .create_gc(gc, root, &CreateGCAux::new().foreground(colour))
        .expect("it can be sent");
    let area = Rectangle {
        x: area.x as i16,
        y: area.y as i16,
        width: area.width as u16,
        height: area.height as u16,
    };
    connection
        .poly_fill_rectangle(root, gc, &[area])
        .expect("it can be sent")
        .check()
        .expect("the area is legal");
}

fn pixel(frame: &Frame, x: usize, y: u32) -> [u8; 3] {
    let Surface::Cpu(surface) = &frame.surface else {
        panic!("pixels are in memory")
    };
    surface.row(y)[x * 4..x * 4 + 3]
        .try_into()
        .expect("three bytes")
}

#[test]
fn every_way_delivers_the_same_pixels() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    fill(&xserver, SIZE.as_rect(), 0x10_2030);
    for (round, way) in [Way::Descriptor, Way::SystemV, Way::Socket]
        .into_iter()
        .enumerate()
    {
        let mut capture = capture(&xserver, way);
        let first = capture
            .next(AT_ONCE)
            .expect("the server runs")
            .expect("the first picture comes at once");
        assert_eq!(capture.reader.way(), way);
        assert_eq!(pixel(&first, 100, 70), [0x30, 0x20, 0x10]);
        let change = Rect::new(11 * round as u32, 13, 9, 5);
        fill(&xserver, change, 0xaa_bbcc);
        let second = capture
            .next(AT_ONCE)
            .expect("the server runs")
            .expect("something changed");
        assert_eq!(second.damage.rects(), [change], "{way:?}");
        assert_eq!(pixel(&second, 11 * round, 13), [0xcc, 0xbb, 0xaa]);
        assert_eq!(
            pixel(&first, 11 * round, 13),
            [0x30, 0x20, 0x10],
            "a frame does not change afterwards"
        );
    }
}

#[test]
fn without_the_extension_pixels_come_through_the_socket() {
    let Some(xserver) = XServer::start(SIZE, &["-extension", "MIT-SHM"]) else {
        return;
    };
    fill(&xserver, SIZE.as_rect(), 0x10_2030);
    let mut capture = capture(&xserver, Way::Descriptor);
    let frame = capture
        .next(AT_ONCE)
        .expect("the server runs")
        .expect("the first picture comes at once");
    assert_eq!(capture.reader.way(), Way::Socket);
    assert_eq!(pixel(&frame, 122, 76), [0x30, 0x20, 0x10]);
}

#[test]
fn an_idle_screen_costs_no_requests() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut capture = capture(&xserver, Way::Descriptor);
    while capture
        .next(Duration::from_millis(50))
        .expect("the server runs")
        .is_some()
    {}
    let number = |capture: &Capture| {
        capture
            .connection
            .no_operation()
            .expect("it can be sent")
            .sequence_number()
    };
    let before = number(&capture);
    for _ in 0..20 {
        assert!(
            capture
                .next(Duration::from_millis(10))
                .expect("the server runs")
                .is_none()
        );
    }
    assert_eq!(number(&capture), before + 1);
}

#[test]
fn a_shrunken_screen_that_was_not_announced_yet_is_noticed_by_the_refusal() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut capture = capture(&xserver, Way::Descriptor);
    capture
        .next(AT_ONCE)
        .expect("the server runs")
        .expect("the first picture comes at once");
    // As if the screen had been larger when we looked last.
    capture.pool = Pool::new(Size::new(200, 100));
    capture.unread = Damage::full(capture.pool.size());
    let frame = capture
        .next(AT_ONCE)
        .expect("the server runs")
        .expect("new buffers are empty");
    assert_eq!(frame.size(), SIZE);
}

#[test]
fn what_is_painted_between_the_question_and_the_reading_is_marked_too() {
    let Some(xserver) = XServer::start(SIZE, &[]) else {
        return;
    };
    let mut capture = capture(&xserver, Way::Descriptor);
    let (early, late) = (Rect::new(5, 5, 9, 9), Rect::new(50, 50, 9, 9));
    drop(capture.next(AT_ONCE).expect("the server runs"));
    fill(&xserver, late, 0x11_1111);
    drop(
        capture
            .next(AT_ONCE)
            .expect("the server runs")
            .expect("something changed"),
    );
    // The buffer next in turn lacks `late`. It is read again because of `early`, and by then
    // `late` has other pixels of which no event told yet.
    fill(&xserver, early, 0x22_2222);
    fill(&xserver, late, 0x33_3333);
    capture.unread.add(early);
    let frame = capture
        .read(AT_ONCE)
        .expect("the server runs")
        .expect("something changed");
    assert_eq!(pixel(&frame, 50, 50), [0x33; 3]);
    assert_eq!(frame.damage.rects(), [early, late]);
}
