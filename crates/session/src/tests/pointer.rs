//! The pointer: places, buttons, and the wheel that shares their bits.

use super::bench::{Bench, NOTHING};
use crate::ViewerId;

fn page() -> (Bench, ViewerId) {
    let mut bench = Bench::new();
    let owner = bench.owner();
    (bench, owner)
}

/// What each of these messages does, in order, without the places.
fn done(messages: &[&str]) -> Vec<String> {
    let (mut bench, owner) = page();
    let told = messages.iter().flat_map(|text| bench.say(owner, text));
    let told = told.filter(|told| !told.starts_with("at "));
    told.collect()
}

#[test]
fn a_press_belongs_to_the_place_it_came_with() {
    let (mut bench, owner) = page();
    assert_eq!(bench.say(owner, "m,400,300,0,0"), ["at 400,300"]);
    assert_eq!(
        bench.say(owner, "m,401,300,1,0"),
        ["at 401,300", "Left down"]
    );
    assert_eq!(bench.say(owner, "m,402,300,0,0"), ["at 402,300", "Left up"]);
}

#[test]
fn a_place_outside_the_desktop_is_its_edge() {
    let (mut bench, owner) = page();
    assert_eq!(bench.say(owner, "m,-5,-1,0,0"), ["at 0,0"]);
    assert_eq!(bench.say(owner, "m,1280,720,0,0"), ["at 1279,719"]);
    assert_eq!(
        bench.say(owner, "m,2147483647,-2147483648,0,0"),
        ["at 1279,0"]
    );
}

#[test]
fn moves_are_passed_on_and_no_move_is_none() {
    let (mut bench, owner) = page();
    assert_eq!(bench.say(owner, "m2,5,-7,0,0"), ["by 5,-7"]);
    assert_eq!(bench.say(owner, "m2,0,0,0,0"), NOTHING);
    assert_eq!(bench.say(owner, "m2,0,0,1,0"), ["Left down"]);
    assert_eq!(
        bench.say(owner, "m2,99999,0,0,0"),
        ["by 32767,0", "Left up"]
    );
}

#[test]
fn each_bit_is_its_button() {
    let cases = [
        (1, "Left"),
        (2, "Middle"),
        (4, "Right"),
        (8, "Back"),
        (16, "Forward"),
        (32, "Left"),
    ];
    for (mask, button) in cases {
        assert_eq!(
            done(&[&format!("m,1,1,{mask},0"), "m,1,1,0,0"]),
            [format!("{button} down"), format!("{button} up")],
            "{mask}"
        );
    }
    assert_eq!(done(&["m,1,1,64,0", "m,1,1,128,0", "m,1,1,0,0"]), NOTHING);
}

#[test]
fn all_bits_at_once_are_five_buttons() {
    assert_eq!(
        done(&["m,1,1,255,0", "m,1,1,0,0"]),
        [
            "Left down",
            "Middle down",
            "Right down",
            "Back down",
            "Forward down",
            "Left up",
            "Middle up",
            "Right up",
            "Back up",
            "Forward up"
        ]
    );
}

#[test]
fn a_pens_eraser_and_the_left_button_are_one() {
    assert_eq!(
        done(&["m,1,1,32,0", "m,1,1,33,0", "m,1,1,1,0", "m,1,1,0,0"]),
        ["Left down", "Left up"]
    );
}

#[test]
fn a_vertical_notch_is_a_clear_a_set_and_a_restore() {
    assert_eq!(
        done(&["m2,0,0,0,1", "m2,0,0,8,1", "m2,0,0,0,1"]),
        ["scroll Down 1"]
    );
    assert_eq!(
        done(&["m2,0,0,0,1", "m2,0,0,16,1", "m2,0,0,0,1"]),
        ["scroll Up 1"]
    );
}

#[test]
fn a_horizontal_notch_is_a_set_and_a_restore() {
    assert_eq!(done(&["m2,0,0,128,1", "m2,0,0,0,1"]), ["scroll Right 1"]);
    assert_eq!(done(&["m2,0,0,64,1", "m2,0,0,0,1"]), ["scroll Left 1"]);
}

#[test]
fn notches_count_up_to_sixty_four() {
    assert_eq!(done(&["m2,0,0,8,3"]), ["scroll Down 3"]);
    assert_eq!(done(&["m2,0,0,8,1000"]), ["scroll Down 64"]);
}

#[test]
fn a_wheel_bit_that_stays_set_is_one_pulse() {
    assert_eq!(
        done(&["m2,0,0,8,1", "m2,0,0,8,1", "m2,0,0,0,1", "m2,0,0,8,1"]),
        ["scroll Down 1", "scroll Down 1"]
    );
}

#[test]
fn the_wheel_turns_in_the_middle_of_a_drag() {
    assert_eq!(
        done(&[
            "m,1,1,1,0",
            "m2,0,0,1,1",
            "m2,0,0,9,1",
            "m2,0,0,1,1",
            "m,9,9,1,0",
            "m,9,9,0,0"
        ]),
        ["Left down", "scroll Down 1", "Left up"]
    );
}

#[test]
fn the_wheel_does_not_let_go_of_a_thumb_button() {
    assert_eq!(
        done(&["m,1,1,8,0", "m2,0,0,128,1", "m2,0,0,0,1", "m,1,1,0,0"]),
        ["Back down", "scroll Right 1", "Back up"]
    );
}

#[test]
fn a_button_that_two_hold_goes_up_with_the_second() {
    let (mut bench, owner) = page();
    let other = bench.controller();
    bench.say(owner, "m2,0,0,1,0");
    assert_eq!(bench.say(other, "m2,0,0,32,0"), ["Left down"]);
    assert_eq!(bench.say(owner, "m2,0,0,0,0"), NOTHING);
    assert_eq!(bench.leave(other), ["Left up"]);
    bench.expect_hands_off();
}
