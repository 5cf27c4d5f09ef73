//! What programs on the desktop have copied.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use selkies_desktop::{DesktopError, Selection};
use selkies_testkit::XServer;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::ConnectionExt as _;

use crate::owner::{Answer, Owner, Owning, pieces};
use crate::requestor::Requestor;
use crate::stage::{PATIENCE, Working, xserver};
use crate::store::{Memory, forms, noise};

fn bytes(text: &str) -> Answer {
    Answer::Bytes(text.as_bytes().to_vec())
}

fn text(text: &str) -> Vec<(String, Vec<u8>)> {
    vec![("text/plain".to_owned(), text.as_bytes().to_vec())]
}

#[test]
fn all_forms_of_a_copy_come_together() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(5000);
    let _owner = Owner::copies(
        &xserver,
        &[
            ("image/png", Answer::Bytes(picture.clone())),
            ("application/x-something", bytes("something")),
            ("image/jpeg", bytes("worse")),
            ("text/html", bytes("<b>gr\u{fc}n</b>")),
            ("STRING", Answer::Bytes(b"gr\xfcn".to_vec())),
            ("UTF8_STRING", bytes("gr\u{fc}n")),
        ],
    );
    let expected = [
        ("text/plain", "gr\u{fc}n".as_bytes()),
        ("text/html", "<b>gr\u{fc}n</b>".as_bytes()),
        ("image/png", &picture),
    ];
    let copied = working.copied();
    assert_eq!(copied.selection, Selection::Clipboard);
    let expected = expected.map(|(mime, bytes)| (mime, bytes.to_vec()));
    assert_eq!(forms(&copied.clip), expected);
}

#[test]
fn what_was_copied_before_we_came_is_reported() {
    let Some(xserver) = xserver() else { return };
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("before"))]);
    assert_eq!(Working::on(&xserver).forms(), text("before"));
}

#[test]
fn thirty_megabytes_come_in_pieces() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(30 << 20);
    let start = Instant::now();
    let _owner = Owner::copies(&xserver, &[("image/png", pieces(&picture, 200_000))]);
    let found = working.forms();
    println!("read 30 MiB in {:?}", start.elapsed());
    assert_eq!(found.len(), 1);
    assert!(found[0].1 == picture, "every byte is as it was");
    // All at once, as programs do that know how much the server takes.
    let _owner = Owner::copies(
        &xserver,
        &[("image/png", Answer::Bytes(picture[..3 << 20].to_vec()))],
    );
    let found = working.forms();
    assert!(found[0].1 == picture[..3 << 20], "every byte is as it was");
}

#[test]
fn text_comes_as_unicode_however_it_was_written() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let utf16: Vec<u8> = "\u{feff}<p>\u{4e2d}</p>"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    for (name, answer, mime, expected) in [
        (
            "STRING",
            Answer::Bytes(b"caf\xe9".to_vec()),
            "text/plain",
            "caf\u{e9}",
        ),
        (
            "TEXT",
            Answer::Typed("COMPOUND_TEXT", b"\x1b%G\xe4\xb8\xad\x1b%@\xe9".to_vec()),
            "text/plain",
            "\u{4e2d}\u{e9}",
        ),
        (
            "text/plain;charset=utf-8",
            bytes("\u{1f600}\0"),
            "text/plain",
            "\u{1f600}",
        ),
        (
            "text/html",
            Answer::Bytes(utf16),
            "text/html",
            "<p>\u{4e2d}</p>",
        ),
        (
            "x-special/gnome-copied-files",
            bytes("cut\nfile:///a\nfile:///b"),
            "text/uri-list",
            "file:///a\r\nfile:///b\r\n",
        ),
    ] {
        let _owner = Owner::copies(&xserver, &[(name, answer)]);
        working.wait_for(&[(mime, expected.as_bytes())]);
    }
}

#[test]
fn a_program_that_does_not_say_what_it_has_is_asked_for_text() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let _owner = Owner::copies(
        &xserver,
        &[("TARGETS", Answer::Refuses), ("STRING", bytes("old"))],
    );
    assert_eq!(working.forms(), text("old"));
}

#[test]
fn answers_of_the_wrong_kind_are_left_out_and_another_name_is_tried() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let _owner = Owner::copies(
        &xserver,
        &[
            ("UTF8_STRING", Answer::Words(vec![1, 2, 3])),
            ("text/plain", bytes("right")),
            ("text/html", Answer::Refuses),
            ("image/png", Answer::Words(vec![0; 5000])),
        ],
    );
    assert_eq!(working.forms(), text("right"));
    let _owner = Owner::copies(
        &xserver,
        &[
            ("TARGETS", Answer::Typed("STRING", b"not a list".to_vec())),
            ("UTF8_STRING", bytes("guessed")),
        ],
    );
    assert_eq!(working.forms(), text("guessed"));
}

#[test]
fn a_program_that_does_not_answer_costs_its_own_clip() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let start = Instant::now();
    let _owner = Owner::copies(
        &xserver,
        &[
            ("UTF8_STRING", bytes("at once")),
            ("image/png", Answer::Silent),
        ],
    );
    assert_eq!(working.forms(), text("at once"));
    assert!(start.elapsed() >= Duration::from_secs(2));
    // Nobody waits for it when there is something newer.
    let silent = Owner::copies(&xserver, &[("TARGETS", Answer::Silent)]);
    let until = Instant::now() + PATIENCE;
    while silent.asked.load(Ordering::SeqCst) == 0 {
        assert!(Instant::now() < until, "it is asked in time");
        thread::yield_now();
    }
    let start = Instant::now();
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("newer"))]);
    assert_eq!(working.forms(), text("newer"));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_program_that_dies_in_the_middle_leaves_nothing_behind() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = Arc::new(noise(1 << 20));
    let dies = Answer::DiesAfter(picture, 100_000, 3);
    let _owner = Owner::copies(&xserver, &[("image/png", dies)]);
    assert!(working.copied().clip.formats.is_empty(), "it is gone");
    assert_eq!(working.store.alive(), 0);
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("alive"))]);
    assert_eq!(working.forms(), text("alive"));
}

#[test]
fn what_is_too_large_is_left_out_whether_it_says_so_or_not() {
    let Some(xserver) = xserver() else { return };
    let store = Memory::of(1 << 20);
    let working = Working::with(&xserver, "small", &[Selection::Clipboard], store);
    let large = Arc::new(noise((1 << 20) + 1));
    for announced in [0, 1 << 21, u32::MAX] {
        let large = Answer::Pieces(large.clone(), 50_000, announced);
        let _owner = Owner::copies(
            &xserver,
            &[("UTF8_STRING", bytes("small")), ("image/png", large)],
        );
        working.wait_for(&[("text/plain", b"small")]);
    }
    let _owner = Owner::copies(
        &xserver,
        &[("image/png", Answer::Bytes(large.as_ref().clone()))],
    );
    working.wait_for(&[]);
    assert_eq!(working.store.alive(), 0);
}

#[test]
fn of_many_changes_the_last_one_counts_and_nothing_piles_up() {
    const CHANGES: usize = 1000;
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let before = Requestor::on(&xserver).windows();
    let flood = Owning::connect(&xserver);
    let clipboard = flood.atom("CLIPBOARD");
    for _ in 0..CHANGES {
        // Never answered: every reading is given up for the next.
        flood
            .connection
            .set_selection_owner(flood.window, clipboard, 0_u32)
            .expect("sent");
    }
    flood.connection.flush().expect("the server lives");
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("the last"))]);
    let others = working.wait_for(&[("text/plain", b"the last")]);
    assert!(others <= 1, "nothing else was there to be read");
    drop(flood);
    let until = Instant::now() + PATIENCE;
    // One of the owner, one for the next answer.
    while Requestor::on(&xserver).windows() > before + 2 {
        assert!(Instant::now() < until, "no window is left");
        thread::yield_now();
    }
}

/// Takes `selection` without a pause for `span`; returns how often its owner was asked something.
fn flood(xserver: &XServer, selection: &str, span: Duration) -> usize {
    let owner = Owning::connect(xserver);
    let atom = owner.atom(selection);
    let end = Instant::now() + span;
    let mut asked = 0;
    while Instant::now() < end {
        owner.take(atom);
        while let Some(event) = owner.connection.poll_for_event().expect("the server lives") {
            asked += usize::from(matches!(event, Event::SelectionRequest(_)));
        }
    }
    asked
}

#[test]
fn a_program_that_copies_without_a_pause_is_asked_now_and_then() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let asked = flood(&xserver, "CLIPBOARD", Duration::from_millis(550));
    assert!((1..=7).contains(&asked), "{asked}");
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("last"))]);
    working.wait_for(&[("text/plain", b"last")]);
}

#[test]
fn what_is_marked_is_read_when_the_mouse_has_come_to_rest() {
    let Some(xserver) = xserver() else { return };
    let both = [Selection::Clipboard, Selection::Primary];
    let working = Working::with(&xserver, "marking", &both, Memory::of(1 << 20));
    let asked = flood(&xserver, "PRIMARY", Duration::from_millis(400));
    assert_eq!(asked, 0);
    let _owner = Owner::owns(&xserver, "PRIMARY", &[("UTF8_STRING", bytes("marked"))]);
    assert_eq!(working.wait_for(&[("text/plain", b"marked")]), 0);
}

#[test]
fn secrets_stay_where_they_are() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let hint = "x-kde-passwordManagerHint";
    for answer in [bytes("secret"), Answer::Refuses] {
        let secret = Owner::copies(&xserver, &[("UTF8_STRING", bytes("pw")), (hint, answer)]);
        let until = Instant::now() + PATIENCE;
        while secret.asked.load(Ordering::SeqCst) < 2 {
            assert!(Instant::now() < until, "it is asked in time");
            thread::yield_now();
        }
        // Once it has answered, the next thing is what is reported next.
        thread::sleep(Duration::from_millis(50));
        let asked = secret.asked.load(Ordering::SeqCst);
        assert_eq!(asked, 2, "for its forms and for the hint");
    }
    let public = Owner::copies(
        &xserver,
        &[("UTF8_STRING", bytes("hello")), (hint, bytes("public"))],
    );
    loop {
        let found = working.forms();
        if found == text("hello") {
            break;
        }
        assert_eq!(found, [], "secrets come and go");
    }
    drop(public);
}

#[test]
fn a_picture_behind_one_file_name_is_fetched() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let folder = xserver.folder();
    let mut picture = b"\x89PNG\r\n\x1a\n".to_vec();
    picture.extend(noise(100_000));
    let mut large = picture.clone();
    large.resize((10 << 20) + 1, 0);
    fs::write(folder.join("a picture"), &picture).expect("there is room");
    fs::write(folder.join("large"), &large).expect("there is room");
    fs::write(folder.join("text"), "no picture").expect("there is room");
    let uri = |name: &str| format!("file://{}/{name}\r\n", folder.display());

    let list = uri("a%20picture");
    let _owner = Owner::copies(&xserver, &[("text/uri-list", bytes(&list))]);
    let expected = [
        ("image/png", &picture[..]),
        ("text/uri-list", list.as_bytes()),
    ];
    working.wait_for(&expected);

    let several = uri("a%20picture") + &uri("text");
    let missing = uri("missing");
    let folder_itself = uri("");
    for list in [uri("large"), uri("text"), several, missing, folder_itself] {
        let _owner = Owner::copies(&xserver, &[("text/uri-list", bytes(&list))]);
        let others = working.wait_for(&[("text/uri-list", list.as_bytes())]);
        assert!(others <= 1, "only that the owner before has gone");
    }
}

#[test]
fn only_what_was_asked_for_is_read() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let both = Working::with(
        &xserver,
        "both",
        &[Selection::Clipboard, Selection::Primary],
        Memory::of(1 << 20),
    );
    let _marked = Owner::owns(&xserver, "PRIMARY", &[("UTF8_STRING", bytes("marked"))]);
    let marked = both.copied();
    assert_eq!(marked.selection, Selection::Primary);
    assert_eq!(forms(&marked.clip), [("text/plain", b"marked".to_vec())]);
    let _copied = Owner::copies(&xserver, &[("UTF8_STRING", bytes("copied"))]);
    assert_eq!(both.copied().selection, Selection::Clipboard);
    assert_eq!(working.copied().selection, Selection::Clipboard);
}

#[test]
fn what_goes_is_reported() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let mut owner = Owner::copies(&xserver, &[("UTF8_STRING", bytes("here"))]);
    assert_eq!(working.forms(), text("here"));
    owner.quit();
    assert!(working.copied().clip.formats.is_empty());
}

#[test]
fn nobody_wakes_up_while_nothing_is_copied() {
    let Some(xserver) = xserver() else { return };
    let name = "idle-clipboard";
    let working = Working::with(
        &xserver,
        name,
        &[Selection::Clipboard, Selection::Primary],
        Memory::of(1 << 20),
    );
    working.offer(&[("text/plain", b"quiet")]);
    let requestor = Requestor::on(&xserver);
    requestor.paste("UTF8_STRING").expect("it is offered");
    let switches = || {
        let tasks = fs::read_dir("/proc/self/task").expect("this is Linux");
        let status = tasks.filter_map(|task| {
            let path = task.ok()?.path();
            let called = fs::read_to_string(path.join("comm")).ok()?;
            (called.trim() == working.name).then(|| fs::read_to_string(path.join("status")).ok())?
        });
        let lines: String = status.collect();
        let count = |key: &str| {
            let line = lines.lines().find(|line| line.starts_with(key));
            line.expect("the thread is there").to_owned()
        };
        count("voluntary_ctxt_switches")
    };
    // It goes to rest after the last answer; then it stays there.
    let until = Instant::now() + PATIENCE;
    loop {
        let before = switches();
        thread::sleep(Duration::from_millis(500));
        if switches() == before {
            break;
        }
        assert!(Instant::now() < until, "it rests");
    }
}

#[test]
fn a_server_that_goes_ends_the_loan() {
    let Some(mut xserver) = xserver() else { return };
    let mut working = Working::on(&xserver);
    xserver.kill();
    let outcome = working.outcome();
    assert!(matches!(outcome, Err(DesktopError::Lost(_))), "{outcome:?}");
}
