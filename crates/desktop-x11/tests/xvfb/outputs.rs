use selkies_desktop::DesktopError;
use selkies_media::Size;
use selkies_testkit::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::randr::ConnectionExt as _;

use crate::painter::{Painter, outputs};

const LARGEST: Size = Size::new(2000, 1200);

#[test]
fn the_screen_gets_exactly_the_size_asked_for() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let mut outputs = outputs(&xserver);
    assert_eq!(outputs.size().expect("the server runs"), LARGEST);
    for (width, height) in [
        (1600, 900),
        (1601, 901),
        (900, 1200),
        (2000, 13),
        (2000, 1200),
        (1, 1),
        (1024, 768),
    ] {
        let size = Size::new(width, height);
        assert_eq!(outputs.resize(size).expect("it is below the largest"), size);
        assert_eq!(outputs.size().expect("the server runs"), size);
    }
}

#[test]
fn a_size_beyond_the_limits_becomes_the_nearest_one() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let mut outputs = outputs(&xserver);
    assert_eq!(
        outputs.resize(Size::new(9000, 700)).expect("it is cut"),
        Size::new(2000, 700)
    );
    assert_eq!(
        outputs
            .resize(Size::new(u32::MAX, u32::MAX))
            .expect("it is cut"),
        LARGEST
    );
    let least = outputs.resize(Size::new(0, 0)).expect("it is cut");
    assert!(!least.is_empty() && least.pixels() <= 64, "{least}");
}

#[test]
fn two_hundred_sizes_leave_no_heap_of_modes() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let painter = Painter::on(&xserver, LARGEST);
    let (connection, root) = painter.connection();
    let modes = || {
        let resources = connection
            .randr_get_screen_resources(root)
            .expect("it can be sent")
            .reply();
        resources.expect("the server runs").modes.len()
    };
    let (mut outputs, before) = (outputs(&xserver), modes());
    for step in 0..200 {
        let size = Size::new(700 + step % 37 * 3, 500 + step);
        assert_eq!(outputs.resize(size).expect("it is below the largest"), size);
    }
    assert!(modes() <= before + 2, "{} modes, {before} before", modes());
}

#[test]
fn the_screen_has_96_dots_per_inch_at_every_size() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let mut outputs = outputs(&xserver);
    for size in [Size::new(1920, 1080), Size::new(960, 600)] {
        outputs.resize(size).expect("it is below the largest");
        let painter = Painter::on(&xserver, size);
        let (connection, _) = painter.connection();
        let screen = &connection.setup().roots[0];
        assert_eq!(u32::from(screen.width_in_pixels), size.width);
        let millimetres = f64::from(size.width) * 25.4 / 96.0;
        assert!((f64::from(screen.width_in_millimeters) - millimetres).abs() <= 1.0);
    }
}

#[test]
fn the_mode_on_the_monitor_has_the_size_of_the_screen() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let size = Size::new(1366, 768);
    outputs(&xserver)
        .resize(size)
        .expect("it is below the largest");
    let painter = Painter::on(&xserver, size);
    let (connection, root) = painter.connection();
    let resources = connection
        .randr_get_screen_resources(root)
        .expect("it can be sent")
        .reply()
        .expect("it runs");
    let crtc = connection
        .randr_get_crtc_info(resources.crtcs[0], 0)
        .expect("it can be sent")
        .reply()
        .expect("it runs");
    assert_eq!(
        (u32::from(crtc.width), u32::from(crtc.height)),
        (size.width, size.height)
    );
}

#[test]
fn a_mode_left_behind_by_an_earlier_run_is_used_again() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    let size = Size::new(1111, 777);
    let painter = Painter::on(&xserver, LARGEST);
    let (connection, root) = painter.connection();
    let name = b"selkies-1111x777";
    let mode = x11rb::protocol::randr::ModeInfo {
        width: 1111,
        height: 777,
        name_len: name.len() as u16,
        ..Default::default()
    };
    connection
        .randr_create_mode(root, mode, name)
        .expect("it can be sent")
        .reply()
        .expect("it is a good mode");
    assert_eq!(
        outputs(&xserver).resize(size).expect("the mode is there"),
        size
    );
}

#[test]
fn two_who_resize_at_once_both_get_a_legal_size() {
    let Some(xserver) = XServer::start(LARGEST, &[]) else {
        return;
    };
    std::thread::scope(|scope| {
        for offset in [0, 5] {
            let xserver = &xserver;
            scope.spawn(move || {
                let mut outputs = outputs(xserver);
                for step in 0..20 {
                    match outputs.resize(Size::new(600 + step, 400 + offset)) {
                        Ok(_) | Err(DesktopError::Refused(_)) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let size = Size::new(1234, 567);
    assert_eq!(
        outputs(&xserver)
            .resize(size)
            .expect("nobody interferes any more"),
        size
    );
}

#[test]
fn a_server_without_randr_keeps_its_size_and_says_why() {
    let Some(xserver) = XServer::start(LARGEST, &["-extension", "RANDR"]) else {
        return;
    };
    let mut outputs = outputs(&xserver);
    let refusal = outputs.resize(Size::new(800, 600));
    let Err(DesktopError::Refused(why)) = refusal else {
        panic!("{refusal:?}")
    };
    assert!(why.contains("RandR"), "{why}");
    assert_eq!(outputs.size().expect("the server runs"), LARGEST);
}
