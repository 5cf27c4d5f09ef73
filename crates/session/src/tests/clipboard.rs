//! What is copied: who may bring it, and who is shown it.

use std::io;
use std::sync::Arc;

use selkies_clip::{Clip, Content, Format, Refusal, Step};
use selkies_desktop::{Copied, Selection};

use super::bench::{Bench, NOTHING};
use crate::{Action, Input, Role, ViewerId};

/// `_selkies` of a page that knows several forms.
const CLIPS: &str = "_selkies,{\"clips\":true}";

/// A content of this many bytes that nobody may read.
struct Sealed(u64);

impl Content for Sealed {
    fn len(&self) -> u64 {
        self.0
    }

    fn read_at(&self, _: u64, _: &mut [u8]) -> io::Result<usize> {
        panic!("the session looks into what is copied");
    }
}

fn clip(formats: &[(&str, u64)]) -> Clip {
    let format = |(mime, bytes): &(&str, u64)| Format {
        mime: (*mime).to_owned(),
        content: Arc::new(Sealed(*bytes)),
    };
    Clip {
        formats: formats.iter().map(format).collect(),
    }
}

fn copied(formats: &[(&str, u64)]) -> Input {
    Input::Copied(Copied {
        selection: Selection::Clipboard,
        clip: clip(formats),
    })
}

fn marked(formats: &[(&str, u64)]) -> Input {
    Input::Copied(Copied {
        selection: Selection::Primary,
        clip: clip(formats),
    })
}

const TEXT: (&str, u64) = ("text/plain", 5);
const PNG: (&str, u64) = ("image/png", 9);
const HTML: (&str, u64) = ("text/html", 7);

#[test]
fn text_that_is_whole_comes_in_at_once() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(
        bench.say(owner, "cw,aGVsbG8="),
        [
            "1 brings Begin(text/plain, 5 bytes)",
            "1 brings Append(5 bytes)",
            "1 brings End",
            "1 brings Offer",
        ]
    );
    assert_eq!(
        bench.say(owner, "cw,"),
        [
            "1 brings Begin(text/plain, 0 bytes)",
            "1 brings End",
            "1 brings Offer",
        ]
    );
}

#[test]
fn parts_come_in_as_they_are_said() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(
        bench.say(owner, "cbs,7,image/png,5"),
        ["1 brings Begin(image/png, 5 bytes)"]
    );
    assert_eq!(bench.say(owner, "cbd,7,YWJj"), ["1 brings Append(3 bytes)"]);
    assert_eq!(bench.say(owner, "cbd,7,"), NOTHING);
    assert_eq!(bench.say(owner, "cbd,7,YWI="), ["1 brings Append(2 bytes)"]);
    assert_eq!(
        bench.say(owner, "cbe,7"),
        ["1 brings End", "1 brings Offer"]
    );
    assert_eq!(bench.say(owner, "cbd,7,YWI="), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 1);
}

#[test]
fn what_is_too_long_or_too_short_does_not_come_in() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    bench.say(owner, "cws,1,4");
    let refused = "1< _selkies,{\"event\":\"clipboard\",\"refused\":\"broken\"}";
    bench.say(owner, "cwd,1,YWJj");
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), [refused]);
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), NOTHING);
    assert_eq!(bench.say(owner, "cwe,1"), ["1 brings Abort"]);

    bench.say(owner, "cws,2,4");
    bench.say(owner, "cwd,2,YWJj");
    assert_eq!(bench.say(owner, "cwe,2"), ["1 brings Abort", refused]);
}

#[test]
fn a_new_start_makes_void_what_was_begun() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "cws,1,4");
    assert_eq!(
        bench.say(owner, "cws,2,3"),
        ["1 brings Abort", "1 brings Begin(text/plain, 3 bytes)"]
    );
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), NOTHING);
    assert_eq!(bench.say(owner, "cwd,2,YWJj"), ["1 brings Append(3 bytes)"]);
    assert_eq!(bench.say(owner, "cwe,1"), NOTHING);
    assert_eq!(
        bench.say(owner, "cwe,2"),
        ["1 brings End", "1 brings Offer"]
    );
}

#[test]
fn what_is_too_large_is_refused_when_it_is_announced() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    let refused = "1< _selkies,{\"event\":\"clipboard\",\"refused\":\"too_large\"}";
    for bytes in [(32 << 20) + 1, 1 << 30, u64::MAX] {
        assert_eq!(bench.say(owner, &format!("cws,1,{bytes}")), [refused]);
        assert_eq!(bench.say(owner, "cwd,1,YWJj"), NOTHING);
        assert_eq!(bench.say(owner, "cwe,1"), NOTHING);
    }
    assert_eq!(
        bench.say(owner, &format!("cws,1,{}", 32 << 20)),
        ["1 brings Begin(text/plain, 33554432 bytes)"]
    );
}

#[test]
fn the_operator_says_how_much_may_be_copied() {
    let mut bench = Bench::set(&[("SELKIES_CLIPBOARD_LIMIT", "1")]);
    let owner = bench.owner();
    bench.say(owner, &format!("cws,1,{}", (1 << 20) + 1));
    assert_eq!(bench.counts(owner).unsuitable, 1);
    let large = ("text/plain", (1 << 20) + 1);
    assert_eq!(bench.give(&copied(&[large])), NOTHING);
    assert_eq!(
        bench.give(&copied(&[TEXT])),
        ["1< clip text/plain (5 bytes)"]
    );
}

#[test]
fn several_forms_are_one_thing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    assert_eq!(bench.say(owner, "_clip,3"), NOTHING);
    assert_eq!(
        bench.say(owner, "cb,text/html,YWJj"),
        [
            "1 brings Begin(text/html, 3 bytes)",
            "1 brings Append(3 bytes)",
            "1 brings End",
        ]
    );
    // One of them is not to be had.
    assert_eq!(
        bench.say(owner, "cb,application/pdf,YWJj"),
        ["1< _selkies,{\"event\":\"clipboard\",\"refused\":\"forbidden\"}"]
    );
    assert_eq!(
        bench.say(owner, "cw,YWJj"),
        [
            "1 brings Begin(text/plain, 3 bytes)",
            "1 brings Append(3 bytes)",
            "1 brings End",
            "1 brings Offer",
        ]
    );
    assert_eq!(bench.say(owner, "cw,").len(), 3, "a thing of its own");
}

#[test]
fn all_forms_together_are_no_larger_than_one_may_be() {
    let mut bench = Bench::set(&[("SELKIES_CLIPBOARD_LIMIT", "1")]);
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    bench.say(owner, "_clip,2");
    bench.say(owner, "cw,YWJj");
    assert_eq!(
        bench.say(owner, &format!("cbs,1,image/png,{}", (1 << 20) - 2)),
        ["1< _selkies,{\"event\":\"clipboard\",\"refused\":\"too_large\"}"]
    );
    assert_eq!(bench.say(owner, "cbe,1"), ["1 brings Offer"]);
}

#[test]
fn a_thing_none_of_whose_forms_came_is_not_offered() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "_clip,2");
    assert_eq!(bench.say(owner, "cb,video/mp4,YWJj"), NOTHING);
    bench.say(owner, "cws,1,3");
    assert_eq!(bench.say(owner, "cwe,1"), ["1 brings Abort"]);
    assert_eq!(bench.say(owner, "cw,YWJj").len(), 4, "a thing of its own");
}

#[test]
fn another_announcement_makes_void_what_was_begun() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "_clip,3");
    bench.say(owner, "cw,YWJj");
    assert_eq!(bench.say(owner, "_clip,1"), ["1 brings Abort"]);
    assert_eq!(bench.say(owner, "cw,YWJj").len(), 4);
}

#[test]
fn who_goes_takes_along_what_it_was_bringing() {
    for leave in [true, false] {
        let mut bench = Bench::new();
        let owner = bench.owner();
        bench.say(owner, "cws,1,3");
        let told = if leave {
            bench.leave(owner)
        } else {
            bench.give(&Input::ShutDown)
        };
        assert!(told.contains(&"1 brings Abort".to_owned()), "{told:?}");
    }
}

#[test]
fn a_superseded_page_takes_along_what_it_was_bringing() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "cws,1,3");
    let newer = bench.controller();
    let told = bench.say(newer, super::bench::HELLO);
    assert!(told.contains(&"1 brings Abort".to_owned()), "{told:?}");
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), NOTHING);
}

#[test]
fn what_does_not_go_on_is_given_up_and_makes_room() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    bench.say(owner, "cws,1,9");
    bench.pass(29_000);
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), ["1 brings Append(3 bytes)"]);
    let slow = bench.pass(29_000);
    assert!(!slow.contains(&"1 brings Abort".to_owned()), "{slow:?}");
    let stalled = bench.pass(2_000);
    let refused = "1< _selkies,{\"event\":\"clipboard\",\"refused\":\"broken\"}";
    assert!(
        stalled.contains(&"1 brings Abort".to_owned()),
        "{stalled:?}"
    );
    assert!(stalled.contains(&refused.to_owned()), "{stalled:?}");
    assert_eq!(bench.say(owner, "cwd,1,YWJj"), NOTHING);
    assert_eq!(bench.say(owner, "cw,YWJj").len(), 4);
    let idle = bench.pass(60_000);
    assert!(!idle.contains(&"1 brings Abort".to_owned()), "{idle:?}");
}

#[test]
fn who_brings_things_without_a_pause_brings_a_few() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let mut offered = 0;
    for _ in 0..1000 {
        let told = bench.say(owner, "cw,YWJj");
        offered += usize::from(told.contains(&"1 brings Offer".to_owned()));
    }
    assert_eq!(offered, 64);
    bench.pass(61);
    assert_eq!(bench.say(owner, "cw,YWJj").len(), 4);
    let other = bench.controller();
    assert_eq!(bench.say(other, "cw,YWJj").len(), 4);
}

#[test]
fn a_desktop_that_goes_takes_along_what_was_copied() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    bench.give(&copied(&[TEXT]));
    bench.say(owner, "cws,1,3");
    let told = bench.give(&Input::DesktopLost);
    let refused = "1< _selkies,{\"event\":\"clipboard\",\"refused\":\"failed\"}";
    assert!(told.contains(&"1 brings Abort".to_owned()), "{told:?}");
    assert!(told.contains(&refused.to_owned()), "{told:?}");
    assert_eq!(bench.say(owner, "cw,YWJj"), [refused]);
    assert_eq!(bench.say(owner, "cr"), ["1< answer clip of 0"]);
}

/// Everything that can be brought, and what comes of it by role, direction and binary clipboard.
#[test]
fn roles_direction_and_form_decide_what_comes_in() {
    let sayings = [
        ("cw,YWJj", false),
        ("cws,1,3", false),
        ("cb,text/uri-list,YWJj", false),
        ("cb,image/png,YWJj", true),
        ("cbs,1,text/html,3", true),
    ];
    for role in [
        Role::Controller,
        Role::Observer { slot: None },
        super::bench::player(2),
    ] {
        for policy in ["true", "in", "out", "false"] {
            for binary in ["true", "false"] {
                let mut bench = Bench::set(&[
                    ("SELKIES_ENABLE_CLIPBOARD", policy),
                    ("SELKIES_ENABLE_BINARY_CLIPBOARD", binary),
                ]);
                let (viewer, _) = bench.join(role);
                for (text, is_binary) in sayings {
                    let told = bench.say(viewer, text);
                    let open = role == Role::Controller
                        && matches!(policy, "true" | "in")
                        && (binary == "true" || !is_binary);
                    let begun = told.iter().any(|action| action.contains("Begin"));
                    assert_eq!(begun, open, "{role:?} {policy} {binary} {text}: {told:?}");
                    assert_eq!(told.is_empty(), !open, "{role:?} {policy} {binary} {text}");
                }
                let refused = bench.counts(viewer).refused;
                let expected = match (role, policy, binary) {
                    (Role::Controller, "true" | "in", "true") => 0,
                    (Role::Controller, "true" | "in", _) => 2,
                    _ => 5,
                };
                assert_eq!(refused, expected, "{role:?} {policy} {binary}");
            }
        }
    }
}

/// The same for what goes out: pushed, fetched and asked for.
#[test]
fn roles_direction_and_form_decide_what_goes_out() {
    for role in [
        Role::Controller,
        Role::Observer { slot: None },
        super::bench::player(2),
    ] {
        for policy in ["true", "in", "out", "false"] {
            for binary in ["true", "false"] {
                for clips in [true, false] {
                    let mut bench = Bench::set(&[
                        ("SELKIES_ENABLE_CLIPBOARD", policy),
                        ("SELKIES_ENABLE_BINARY_CLIPBOARD", binary),
                    ]);
                    let (viewer, _) = bench.join(role);
                    if clips {
                        bench.say(viewer, CLIPS);
                    }
                    let open = role == Role::Controller && matches!(policy, "true" | "out");
                    let shown = match (clips, binary) {
                        (true, "true") => {
                            "clip of 3 text/html (7 bytes) image/png (9 bytes) text/plain (5 bytes)"
                        }
                        (true, _) => "clip of 1 text/plain (5 bytes)",
                        (false, "true") => "clip image/png (9 bytes)",
                        (false, _) => "clip text/plain (5 bytes)",
                    };
                    let expect = |told: Vec<String>, how: &str| {
                        let wanted = format!("1< {how}{shown}");
                        let wanted: Vec<_> = Some(wanted).filter(|_| open).into_iter().collect();
                        assert_eq!(told, wanted, "{role:?} {policy} {binary} {clips}");
                    };
                    expect(bench.give(&copied(&[HTML, PNG, TEXT])), "");
                    expect(bench.say(viewer, "cr"), "answer ");
                    bench.say(viewer, "REQUEST_CLIPBOARD");
                    expect(bench.pass(150), "");
                }
            }
        }
    }
}

#[test]
fn a_page_that_knows_one_form_gets_the_best_picture_before_text() {
    let mut bench = Bench::new();
    bench.owner();
    assert_eq!(
        bench.give(&copied(&[TEXT, ("image/webp", 3), ("image/jpeg", 4)])),
        ["1< clip image/jpeg (4 bytes)"]
    );
    assert_eq!(
        bench.give(&copied(&[HTML, TEXT])),
        ["1< clip text/plain (5 bytes)"]
    );
    assert_eq!(bench.give(&copied(&[HTML])), NOTHING);
    assert_eq!(bench.give(&copied(&[("application/pdf", 4)])), NOTHING);
    assert_eq!(bench.give(&copied(&[])), NOTHING);
    assert_eq!(bench.say(ViewerId(1), "cr"), ["1< answer clip"]);
}

#[test]
fn who_brought_it_is_not_shown_it_and_everyone_else_is() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    let other = bench.controller();
    bench.observer();
    bench.say(owner, "cw,YWJj");
    let clip = clip(&[("text/plain", 3)]);
    assert_eq!(
        bench.give(&Input::Offered {
            viewer: owner,
            clip
        }),
        ["2< clip text/plain (3 bytes)"]
    );
    for viewer in [owner, other] {
        let told = bench.say(viewer, "cr");
        let answer = format!("{}< answer clip text/plain (3 bytes)", viewer.0);
        assert_eq!(told, [answer]);
    }
}

#[test]
fn a_page_that_asks_gets_what_is_newer_at_once_or_what_there_is_in_a_while() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.give(&copied(&[TEXT]));
    assert_eq!(bench.say(owner, "REQUEST_CLIPBOARD"), NOTHING);
    assert_eq!(bench.pass(100), NOTHING);
    // Asking again meanwhile changes nothing.
    assert_eq!(bench.say(owner, "REQUEST_CLIPBOARD"), NOTHING);
    assert_eq!(bench.pass(50), ["1< clip text/plain (5 bytes)"]);
    assert!(bench.is_asleep());

    bench.say(owner, "REQUEST_CLIPBOARD");
    assert_eq!(
        bench.give(&copied(&[("text/plain", 6)])),
        ["1< clip text/plain (6 bytes)"]
    );
    assert_eq!(bench.pass(1000), NOTHING);

    let late = bench.controller();
    assert_eq!(
        bench.say(late, "REQUEST_CLIPBOARD"),
        ["2< clip text/plain (6 bytes)"]
    );
}

#[test]
fn binary_forms_can_be_switched_while_it_runs() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "_ebc,false");
    assert_eq!(bench.give(&copied(&[PNG])), NOTHING);
    assert_eq!(bench.say(owner, "cb,image/png,YWJj"), NOTHING);
    bench.say(owner, "SETTINGS,{\"enable_binary_clipboard\":\"True\"}");
    assert_eq!(bench.give(&copied(&[PNG])), ["1< clip image/png (9 bytes)"]);
    bench.say(owner, "SETTINGS,{\"enable_binary_clipboard\":false}");
    assert_eq!(bench.give(&copied(&[PNG])), NOTHING);
    let viewer = bench.observer();
    bench.say(viewer, "_ebc,true");
    assert_eq!(bench.give(&copied(&[PNG])), NOTHING);
}

#[test]
fn a_locked_switch_stays_where_it_is() {
    let mut bench = Bench::set(&[("SELKIES_ENABLE_BINARY_CLIPBOARD", "false|locked")]);
    let owner = bench.owner();
    bench.say(owner, "_ebc,true");
    bench.say(owner, "SETTINGS,{\"enable_binary_clipboard\":true}");
    assert_eq!(bench.give(&copied(&[PNG])), NOTHING);
    assert_eq!(bench.counts(owner).unsuitable, 2);
}

#[test]
fn marks_are_for_pages_that_know_them_if_the_operator_wants_that() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, CLIPS);
    assert_eq!(bench.give(&marked(&[TEXT])), NOTHING);

    let mut bench = Bench::set(&[("SELKIES_CLIPBOARD_PRIMARY", "true")]);
    let owner = bench.owner();
    assert_eq!(bench.give(&marked(&[TEXT])), NOTHING);
    bench.say(owner, CLIPS);
    let told = bench.give(&marked(&[TEXT]));
    assert_eq!(told, ["1< mark of 1 text/plain (5 bytes)"]);
    // What is copied is still what it was.
    assert_eq!(bench.say(owner, "cr"), ["1< answer clip of 0"]);
}

#[test]
fn a_refusal_of_the_desktop_is_told_to_pages_that_understand_it() {
    let mut bench = Bench::new();
    let viewer = bench.owner();
    let refused = Input::ClipRefused {
        viewer,
        why: Refusal::Failed,
    };
    assert_eq!(bench.give(&refused), NOTHING);
    bench.say(viewer, CLIPS);
    assert_eq!(
        bench.give(&refused),
        ["1< _selkies,{\"event\":\"clipboard\",\"refused\":\"failed\"}"]
    );
    assert_eq!(bench.counts(viewer).unsuitable, 2);
    bench.leave(viewer);
    assert_eq!(bench.give(&refused), NOTHING);
}

#[test]
fn no_action_prints_what_was_copied() {
    let step = Step::Append("canary".into());
    let action = Action::TakeClip {
        viewer: ViewerId(1),
        step,
    };
    let printed = format!("{action:?} {:?}", copied(&[TEXT]));
    assert!(!printed.contains("canary"), "{printed}");
    assert!(
        printed.contains("6 bytes") && printed.contains("5 bytes"),
        "{printed}"
    );
}
