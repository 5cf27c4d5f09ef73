//! The desktop on a real X server: that it comes up, comes back and goes away.

mod alone;
mod sound;
mod witness;

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use selkies_embedded::{Embedded, Event, Options, StartError};
use selkies_testkit::require_tool;

use witness::{Screen, marked, named, until};

/// Events may take this long on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

fn options(command: &[&str]) -> Options {
    Options {
        largest: (2560, 1600),
        command: (!command.is_empty()).then(|| command.iter().map(Into::into).collect()),
        ..Options::default()
    }
}

/// `None` when the machine lacks one of `tools`.
fn start(tools: &[&str], command: &[&str]) -> Option<Embedded> {
    for tool in ["Xvfb"].iter().chain(tools) {
        require_tool(tool)?;
    }
    Some(Embedded::start(options(command)).expect("the desktop starts"))
}

fn instance(embedded: &Embedded) -> String {
    witness::instance(&embedded.environment())
}

#[test]
fn the_display_answers_with_the_secret_and_refuses_without() {
    let Some(embedded) = start(&[], &["sleep", "60"]) else {
        return;
    };
    let screen = Screen::connect(&embedded.display(), embedded.cookie()).expect("we are let in");
    let root = screen.root();
    assert_eq!((root.width_in_pixels, root.height_in_pixels), (1280, 720));
    assert!(Screen::connect(&embedded.display(), [0; 16]).is_err());
    assert!(Screen::connect_without(&embedded.display()).is_err());
    let mut extensions = vec![
        "RANDR",
        "MIT-SHM",
        "DAMAGE",
        "XFIXES",
        "XTEST",
        "XKEYBOARD",
        "Composite",
    ];
    extensions.retain(|name| !screen.has_extension(name));
    assert_eq!(extensions, Vec::<&str>::new(), "missing extensions");
}

#[test]
fn the_authority_file_is_private_and_holds_the_secret() {
    use std::os::unix::fs::MetadataExt as _;
    let Some(embedded) = start(&[], &["sleep", "60"]) else {
        return;
    };
    let file = embedded.authority_file();
    let mode = |path: &std::path::Path| path.metadata().expect("it is there").mode() & 0o777;
    assert_eq!(mode(file), 0o600);
    assert_eq!(mode(file.parent().expect("it has one")), 0o700);
    let bytes = std::fs::read(file).expect("we can read it");
    assert!(bytes.windows(16).any(|part| part == embedded.cookie()));
    assert!(!format!("{embedded:?}").contains(&format!("{:?}", embedded.cookie())));
}

#[test]
fn windows_panel_and_wallpaper_follow_the_size_of_the_screen() {
    let Some(embedded) = start(&["openbox", "tint2", "xterm"], &[]) else {
        return;
    };
    let screen = Screen::connect(&embedded.display(), embedded.cookie()).expect("we are let in");
    until("the window manager, a terminal and the panel", || {
        screen.is_managed()
            && screen.windows().len() >= 2
            && screen.work_area().is_some_and(|area| area.height < 720)
    });
    let at_first = sizes(&screen);
    for size in [(390, 700), (2560, 1600), (320, 240), (1280, 720)] {
        screen.resize(size);
        until("a wallpaper as large as the screen", || {
            screen.wallpaper() == Some(size)
        });
        until("no window outside", || {
            let windows = screen.windows();
            !windows.is_empty()
                && windows.iter().all(|window| {
                    let inside = |start: i16, length: u16, room: u16| {
                        start >= 0 && i32::from(start) + i32::from(length) <= i32::from(room)
                    };
                    inside(window.x, window.width, size.0)
                        && inside(window.y, window.height, size.1)
                })
        });
        until("a panel along the bottom", || {
            screen.work_area().is_some_and(|area| {
                area.width == size.0 && area.height < size.1 && area.height + 80 > size.1
            })
        });
    }
    assert!(screen.colours() > 50, "the wallpaper is a picture");
    until("every window has its first size again", || {
        sizes(&screen) == at_first
    });
}

#[test]
fn what_crashes_comes_back() {
    let Some(embedded) = start(&["openbox", "xterm"], &[]) else {
        return;
    };
    let events = embedded.events();
    let mark = instance(&embedded);
    until("a window manager and a terminal", || {
        named(&mark, "openbox").len() == 1 && named(&mark, "xterm").len() == 1
    });
    let display = embedded.display();
    let server = named(&mark, "Xvfb");
    let begin = Instant::now();
    kill(server.first().copied());
    assert_eq!(
        events.recv_timeout(PATIENCE),
        Ok(Event::XServerDied { restarts: 1 })
    );
    assert_eq!(
        events.recv_timeout(PATIENCE),
        Ok(Event::Restarted { display })
    );
    let screen = Screen::connect(&embedded.display(), embedded.cookie()).expect("it answers again");
    assert!(
        begin.elapsed() < Duration::from_secs(5),
        "{:?}",
        begin.elapsed()
    );
    until("the window manager again", || screen.is_managed());
    until("one terminal again", || named(&mark, "xterm").len() == 1);

    let manager = named(&mark, "openbox");
    kill(manager.first().copied());
    match events.recv_timeout(PATIENCE) {
        Ok(Event::ProgramExited { name, .. }) => assert_eq!(name, "openbox"),
        other => panic!("{other:?}"),
    }
    until("another window manager", || {
        let now = named(&mark, "openbox");
        now.len() == 1 && now != manager
    });

    let terminal = named(&mark, "xterm");
    kill(terminal.first().copied());
    match events.recv_timeout(PATIENCE) {
        Ok(Event::ProgramExited { name, .. }) => assert_eq!(name, "terminal"),
        other => panic!("{other:?}"),
    }
    assert_eq!(named(&mark, "xterm"), [], "a closed terminal stays closed");
}

#[test]
fn a_server_that_crashes_again_and_again_is_given_up() {
    let Some(embedded) = start(&[], &["sleep", "60"]) else {
        return;
    };
    let events = embedded.events();
    let mark = instance(&embedded);
    let mut died = 0;
    loop {
        let server = named(&mark, "Xvfb");
        kill(server.first().copied());
        loop {
            match events.recv_timeout(PATIENCE).expect("something happens") {
                Event::XServerDied { restarts } => {
                    died += 1;
                    assert_eq!(restarts, died);
                }
                Event::Restarted { .. } => break,
                Event::GaveUp => {
                    assert_eq!(died, 5);
                    assert_eq!(named(&mark, "Xvfb"), []);
                    return;
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

#[test]
fn stopping_ends_everything_even_what_does_not_want_to() {
    let stubborn = "trap '' TERM HUP INT; \
        setsid sh -c 'trap \"\" TERM HUP; sleep 300; sleep 300' & \
        (setsid env -i sleep 300 & sleep 300) & \
        while :; do sleep 300; done";
    let Some(embedded) = start(&["openbox"], &["sh", "-c", stubborn]) else {
        return;
    };
    let mark = instance(&embedded);
    until("all of it runs", || named(&mark, "sleep").len() >= 3);
    let cleaned = witness::descendants_without_mark(&mark);
    let directory = embedded.authority_file().parent().map(ToOwned::to_owned);
    let number = embedded.display().trim_start_matches(':').to_owned();
    let begin = Instant::now();
    embedded.stop();
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(2), "it took {took:?}");
    assert_eq!(marked(&mark), []);
    assert!(
        cleaned.iter().all(|pid| !witness::runs(*pid)),
        "{cleaned:?}"
    );
    assert!(!directory.expect("it has one").exists());
    let lock = format!("/tmp/.X{number}-lock");
    assert!(!std::path::Path::new(&lock).exists() || witness::lock_is_anothers(&lock));
}

#[test]
fn two_desktops_live_side_by_side() {
    let (Some(one), Some(two)) = (start(&[], &["sleep", "60"]), start(&[], &["sleep", "60"]))
    else {
        return;
    };
    assert_ne!(one.display(), two.display());
    assert_ne!(one.cookie(), two.cookie());
    assert!(Screen::connect(&one.display(), two.cookie()).is_err());
    let (first, second) = (instance(&one), instance(&two));
    one.stop();
    assert_eq!(marked(&first), []);
    Screen::connect(&two.display(), two.cookie()).expect("the other one is untouched");
    assert!(!marked(&second).is_empty());
}

#[test]
fn the_end_of_a_command_is_told() {
    let Some(embedded) = start(&[], &["sh", "-c", "exit 7"]) else {
        return;
    };
    match embedded.events().recv_timeout(PATIENCE) {
        Ok(Event::CommandExited { status }) => assert_eq!(status.code(), Some(7)),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_command_that_is_not_there_is_an_error_at_once() {
    if require_tool("Xvfb").is_none() {
        return;
    }
    for command in ["no-such-program", "/etc/passwd", "./nothing"] {
        let refused = Embedded::start(options(&[command]));
        assert!(matches!(refused, Err(StartError::NoCommand(name)) if name == command));
    }
}

fn sizes(screen: &Screen) -> Vec<(u16, u16)> {
    let windows = screen.windows();
    let mut sizes: Vec<_> = windows.iter().map(|one| (one.width, one.height)).collect();
    sizes.sort_unstable();
    sizes
}

fn kill(pid: Option<i32>) {
    let pid = pid.and_then(Pid::from_raw).expect("it runs");
    kill_process(pid, Signal::KILL).expect("it is ours");
}
