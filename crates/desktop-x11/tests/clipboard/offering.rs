//! What viewers have copied, for programs on the desktop.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use bytes::Bytes;
use selkies_clip::{Clip, Content, Format};
use selkies_desktop::{DesktopError, Selection};
use x11rb::NONE;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{ConnectionExt as _, Property};

use crate::owner::{Answer, Owner};
use crate::requestor::Requestor;
use crate::stage::{PATIENCE, Working, xserver};
use crate::store::{Memory, forms, noise};

fn pasted(requestor: &Requestor, target: &str) -> Option<Vec<u8>> {
    requestor.paste(target).map(|(_, bytes)| bytes)
}

#[test]
fn every_form_is_there_under_all_its_names() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let text = "gr\u{fc}n \u{20ac}";
    working.offer(&[
        ("text/plain", text.as_bytes()),
        ("text/html", b"<b>b</b>"),
        ("image/png", b"png"),
        ("image/x-unheard-of", b"rare"),
        ("text/uri-list", b"file:///a\r\n"),
    ]);
    let requestor = Requestor::on(&xserver);
    for (target, kind, expected) in [
        ("UTF8_STRING", "UTF8_STRING", text.as_bytes()),
        ("TEXT", "UTF8_STRING", text.as_bytes()),
        ("text/plain", "text/plain", text.as_bytes()),
        (
            "text/plain;charset=utf-8",
            "text/plain;charset=utf-8",
            text.as_bytes(),
        ),
        ("STRING", "STRING", b"gr\xfcn ?"),
        ("text/html", "text/html", b"<b>b</b>"),
        ("image/png", "image/png", b"png"),
        ("image/x-unheard-of", "image/x-unheard-of", b"rare"),
        ("text/uri-list", "text/uri-list", b"file:///a\r\n"),
        (
            "x-special/gnome-copied-files",
            "x-special/gnome-copied-files",
            b"copy\nfile:///a",
        ),
    ] {
        let found = requestor.paste(target);
        assert_eq!(
            found,
            Some((kind.to_owned(), expected.to_vec())),
            "{target}"
        );
    }
    for target in ["image/jpeg", "SAVE_TARGETS", "DELETE", "nonsense"] {
        assert_eq!(requestor.paste(target), None, "{target}");
    }
    assert_eq!(requestor.paste_from("PRIMARY", "UTF8_STRING"), None);

    let (kind, targets) = requestor.paste("TARGETS").expect("everybody has them");
    assert_eq!(kind, "ATOM");
    let (targets, _) = targets.as_chunks();
    let names: Vec<String> = targets
        .iter()
        .map(|atom| requestor.name(u32::from_ne_bytes(*atom)))
        .collect();
    for name in ["TARGETS", "MULTIPLE", "TIMESTAMP", "STRING", "image/png"] {
        assert!(names.iter().any(|other| other == name), "{name}: {names:?}");
    }
    let (kind, since) = requestor.paste("TIMESTAMP").expect("everybody has one");
    assert_eq!((kind.as_str(), since.len()), ("INTEGER", 4));
    assert_ne!(since, [0; 4]);
}

#[test]
fn thirty_megabytes_are_pasted_in_pieces() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(30 << 20);
    working.offer(&[("image/png", &picture)]);
    let start = Instant::now();
    let found = pasted(&Requestor::on(&xserver), "image/png").expect("it is offered");
    println!("pasted 30 MiB in {:?}", start.elapsed());
    assert!(found == picture, "every byte is as it was");
}

#[test]
fn long_text_is_pasted_in_latin_1_too() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let text = "gr\u{fc}n\u{20ac}".repeat(200_000);
    working.offer(&[("text/plain", text.as_bytes())]);
    let found = pasted(&Requestor::on(&xserver), "STRING").expect("it is offered");
    assert!(
        found == b"gr\xfcn?".repeat(200_000),
        "every letter is there"
    );
}

#[test]
fn several_forms_are_had_with_one_question() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(1 << 20);
    working.offer(&[("text/plain", b"text"), ("image/png", &picture)]);
    let requestor = Requestor::on(&xserver);
    let atom = |name: &str| requestor.atom(name);
    let question = atom("QUESTION");
    let places = [atom("A"), atom("B"), atom("C"), atom("D")];
    let pairs = [
        atom("UTF8_STRING"),
        places[0],
        atom("nonsense"),
        places[1],
        atom("image/png"),
        places[2],
        atom("MULTIPLE"),
        places[3],
    ];
    requestor.put_words(question, "ATOM_PAIR", &pairs);
    requestor.ask_for("CLIPBOARD", "MULTIPLE", question);
    assert_eq!(requestor.answer(), question);
    let (_, answer) = requestor.take(question);
    let (words, _) = answer.as_chunks();
    let answer: Vec<u32> = words.iter().map(|word| u32::from_ne_bytes(*word)).collect();
    let mut expected = pairs;
    expected[3] = NONE;
    expected[7] = NONE;
    assert_eq!(answer, expected);
    assert_eq!(requestor.take(places[0]).1, b"text");
    let (_, found) = requestor.fetch(places[2]);
    assert!(found == picture, "every byte is as it was");

    // A question without pairs, and one with too many.
    requestor.ask_for("CLIPBOARD", "MULTIPLE", question);
    assert_eq!(requestor.answer(), NONE);
    requestor.put_words(question, "ATOM_PAIR", &[places[0]; 200]);
    requestor.ask_for("CLIPBOARD", "MULTIPLE", question);
    assert_eq!(requestor.answer(), NONE);
}

#[test]
fn a_program_that_stalls_holds_up_nobody_and_is_given_up() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(2 << 20);
    working.offer(&[("image/png", &picture)]);
    let stalling = Requestor::on(&xserver);
    stalling.ask("image/png");
    let place = stalling.answer();
    stalling.take(place);
    assert!(!stalling.piece(place).is_empty());
    let start = Instant::now();
    for _ in 0..3 {
        let found = pasted(&Requestor::on(&xserver), "image/png").expect("it is offered");
        assert!(found == picture, "every byte is as it was");
    }
    println!("three pasted in {:?} beside it", start.elapsed());
    // The second piece is there; it is taken only when nobody listens for that any more.
    while stalling.is_listened_to() {
        assert!(start.elapsed() < PATIENCE, "it is given up in time");
        thread::sleep(Duration::from_millis(10));
    }
    assert!(start.elapsed() > Duration::from_secs(4), "it had its time");
    assert!(!stalling.piece(place).is_empty());
    pasted(&stalling, "TARGETS").expect("it may ask again");
    let (kind, _) = stalling.take(place);
    assert_eq!(kind, NONE, "nothing more came");
}

#[test]
fn a_program_that_dies_while_it_pastes_harms_nobody() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let picture = noise(1 << 20);
    working.offer(&[("image/png", &picture)]);
    for _ in 0..100 {
        let dying = Requestor::on(&xserver);
        dying.ask("image/png");
        let place = dying.answer();
        dying.take(place);
        dying.piece(place);
    }
    // More than may be under way at a time: those that died are not.
    let found = pasted(&Requestor::on(&xserver), "image/png").expect("it is offered");
    assert!(found == picture, "every byte is as it was");
}

#[test]
fn two_forms_at_once_reach_the_same_window() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let (picture, page) = (noise(1 << 20), vec![b'x'; 1 << 20]);
    working.offer(&[("image/png", &picture), ("text/html", &page)]);
    let requestor = Requestor::on(&xserver);
    let places = [requestor.atom("A"), requestor.atom("B")];
    for (target, place) in ["image/png", "text/html"].iter().zip(places) {
        requestor.ask_for("CLIPBOARD", target, place);
        assert_eq!(requestor.answer(), place);
    }
    let mut found = [Vec::new(), Vec::new()];
    let mut ended = 0;
    for place in places {
        requestor.take(place);
    }
    while ended < 2 {
        let event = requestor.event(|event| {
            matches!(event, Event::PropertyNotify(change) if change.state == Property::NEW_VALUE)
        });
        let Event::PropertyNotify(change) = event else {
            unreachable!("only this was waited for")
        };
        let Some(which) = places.iter().position(|place| *place == change.atom) else {
            continue;
        };
        match requestor.take(change.atom) {
            (NONE, _) => {}
            (_, bytes) if bytes.is_empty() => ended += 1,
            (_, bytes) => found[which].extend(bytes),
        }
    }
    assert!(found == [picture, page], "both are whole");
}

#[test]
fn what_we_offer_is_dropped_when_somebody_else_copies() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let content = Arc::new(Bytes::from_static(b"ours"));
    let kept: Arc<dyn Content> = content.clone();
    let clip = Clip {
        formats: vec![Format {
            mime: "text/plain".to_owned(),
            content: kept,
        }],
    };
    working
        .offer_as(Selection::Clipboard, clip)
        .expect("the selection is to be had");
    assert_eq!(Arc::strong_count(&content), 2);
    let theirs = Answer::Bytes(b"theirs".to_vec());
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", theirs)]);
    working.wait_for(&[("text/plain", b"theirs")]);
    assert_eq!(Arc::strong_count(&content), 1);
    assert_eq!(
        pasted(&Requestor::on(&xserver), "UTF8_STRING").as_deref(),
        Some(&b"theirs"[..])
    );
}

#[test]
fn what_we_offer_is_never_reported_back() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let requestor = Requestor::on(&xserver);
    for round in 0..100 {
        let theirs = format!("theirs {round}");
        let ours = format!("ours {round}");
        let answer = Answer::Bytes(theirs.clone().into_bytes());
        let _owner = Owner::copies(&xserver, &[("UTF8_STRING", answer)]);
        // While it is still being read, or after.
        if round % 2 == 0 {
            working.wait_for(&[("text/plain", theirs.as_bytes())]);
        }
        working.offer(&[("text/plain", ours.as_bytes())]);
        let found = pasted(&requestor, "UTF8_STRING");
        assert_eq!(found, Some(ours.into_bytes()));
    }
    // Everything there was to be heard has been heard before the answers.
    for copied in working.so_far() {
        for (_, bytes) in forms(&copied.clip) {
            let text = String::from_utf8(bytes).expect("it is text");
            assert!(text.starts_with("theirs"), "{text}");
        }
    }
}

#[test]
fn two_of_us_on_one_server_do_not_answer_each_other_for_ever() {
    let Some(xserver) = xserver() else { return };
    let one = Working::on(&xserver);
    let other = Working::with(
        &xserver,
        "other",
        &[Selection::Clipboard],
        Memory::of(1 << 20),
    );
    for round in 0..20 {
        let (by_one, by_other) = (format!("one {round}"), format!("other {round}"));
        one.offer(&[("text/plain", by_one.as_bytes())]);
        assert_eq!(other.wait_for(&[("text/plain", by_one.as_bytes())]), 0);
        other.offer(&[("text/plain", by_other.as_bytes())]);
        assert_eq!(one.wait_for(&[("text/plain", by_other.as_bytes())]), 0);
    }
    let requestor = Requestor::on(&xserver);
    assert_eq!(
        pasted(&requestor, "STRING").as_deref(),
        Some(&b"other 19"[..])
    );
    assert!(one.so_far().is_empty() && other.so_far().is_empty());
}

#[test]
fn nothing_takes_back_what_was_offered_but_not_what_others_copied() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let requestor = Requestor::on(&xserver);
    working.offer(&[("text/plain", b"ours")]);
    assert_ne!(requestor.owner("CLIPBOARD"), NONE);
    working.offer(&[]);
    assert_eq!(requestor.owner("CLIPBOARD"), NONE);
    let theirs = Answer::Bytes(b"theirs".to_vec());
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", theirs)]);
    working.offer(&[]);
    assert_ne!(requestor.owner("CLIPBOARD"), NONE);
    assert_eq!(
        working.wait_for(&[("text/plain", b"theirs")]),
        0,
        "that we took it back is no news"
    );
}

#[test]
fn both_selections_can_be_ours_and_only_those_that_were_asked_for() {
    let Some(xserver) = xserver() else { return };
    let both = Working::with(
        &xserver,
        "both",
        &[Selection::Clipboard, Selection::Primary],
        Memory::of(1 << 20),
    );
    let marked = crate::store::clip(&[("text/plain", b"marked")]);
    both.offer_as(Selection::Primary, marked.clone())
        .expect("the selection is to be had");
    both.offer(&[("text/plain", b"copied")]);
    let requestor = Requestor::on(&xserver);
    let found = requestor.paste_from("PRIMARY", "UTF8_STRING");
    assert_eq!(found.expect("it is offered").1, b"marked");
    assert_eq!(
        pasted(&requestor, "UTF8_STRING").as_deref(),
        Some(&b"copied"[..])
    );
    let refused = Working::on(&xserver).offer_as(Selection::Primary, marked);
    assert!(matches!(refused, Err(DesktopError::Refused(_))));
}

#[test]
fn a_question_from_before_we_had_it_is_refused() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    working.offer(&[("text/plain", b"now")]);
    let requestor = Requestor::on(&xserver);
    let (_, since) = requestor.paste("TIMESTAMP").expect("everybody has one");
    let since = u32::from_ne_bytes(since.try_into().expect("four bytes"));
    let ask_at = |time: u32| {
        let atom = |name: &str| requestor.atom(name);
        let (selection, target) = (atom("CLIPBOARD"), atom("UTF8_STRING"));
        requestor
            .connection
            .convert_selection(requestor.window, selection, target, atom("PLACE"), time)
            .expect("sent");
        requestor.connection.flush().expect("the server lives");
        requestor.answer()
    };
    assert_eq!(ask_at(since.wrapping_sub(1)), NONE);
    assert_ne!(ask_at(since), NONE);
}

#[test]
fn pasting_begins_as_soon_as_something_was_offered() {
    let Some(xserver) = xserver() else { return };
    let working = Working::on(&xserver);
    let requestor = Requestor::on(&xserver);
    let mut longest = Duration::ZERO;
    for round in 0..200 {
        let text = format!("round {round}");
        let start = Instant::now();
        working.offer(&[("text/plain", text.as_bytes())]);
        longest = longest.max(start.elapsed());
        assert_eq!(pasted(&requestor, "UTF8_STRING"), Some(text.into_bytes()));
    }
    println!("the longest of 200 offers took {longest:?}");
    assert!(longest < PATIENCE);
}
