use std::time::Duration;

use selkies_desktop::Rumble;

use super::bench::{Bench, HELLO, NOTHING, player};
use crate::{Input, Role, ViewerId};

fn rumble(slot: u8, strong: f32, millis: u64) -> Input {
    Input::Rumble(Rumble {
        slot,
        strong,
        weak: 0.5,
        duration: Duration::from_millis(millis),
    })
}

/// A page with a controller in this slot, which understands rumble.
fn with_pad(bench: &mut Bench, role: Role, slot: u8) -> ViewerId {
    let viewer = bench.join(role).0;
    bench.say(viewer, r#"_selkies,{"rumble":true}"#);
    let told = bench.say(viewer, &format!("js,c,{slot},UGFk,4,17"));
    assert_eq!(told.last(), Some(&format!("pad {slot} Pad connects")));
    viewer
}

#[test]
fn what_a_gamepad_does_is_done_to_the_desktops() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    assert_eq!(bench.say(owner, "js,c,0,UGFk,4,17"), ["pad 0 Pad connects"]);
    assert_eq!(bench.say(owner, "js,b,0,0,1"), ["pad 0 button 0 at 1"]);
    assert_eq!(
        bench.say(owner, "js,b,0,16,0.5"),
        ["pad 0 button 16 at 0.5"]
    );
    assert_eq!(
        bench.say(owner, "js,a,0,3,-0.25"),
        ["pad 0 axis 3 at -0.25"]
    );
    assert_eq!(bench.say(owner, "js,h,0"), NOTHING);
    assert_eq!(bench.say(owner, "js,d,0"), ["pad 0 disconnects"]);
    assert_eq!(bench.counts(owner), crate::Counts::default());
}

#[test]
fn a_gamepad_needs_no_display_server() {
    let mut bench = Bench::without_desktop();
    let page = bench.controller();
    assert_eq!(bench.say(page, "js,c,1,UGFk,4,17"), ["pad 1 Pad connects"]);
    assert_eq!(bench.say(page, "js,b,1,0,1"), ["pad 1 button 0 at 1"]);
}

#[test]
fn controls_that_the_standard_mapping_does_not_know_are_ignored() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    for text in ["js,b,0,17,1", "js,b,0,255,1", "js,a,0,4,1", "js,a,0,9,-1"] {
        assert_eq!(bench.say(owner, text), NOTHING, "{text}");
    }
    assert_eq!(bench.counts(owner).unsuitable, 4);
    assert!(bench.is_asleep());
}

/// Who may have which slot, when nobody has any.
#[test]
fn a_controller_may_have_any_slot_a_player_its_own_and_a_spectator_none() {
    let roles = [
        (Role::Controller, [true, true, true, true]),
        (Role::Observer { slot: None }, [false, false, false, false]),
        (player(1), [true, false, false, false]),
        (player(2), [false, true, false, false]),
        (player(3), [false, false, true, false]),
        (player(4), [false, false, false, true]),
    ];
    for (role, allowed) in roles {
        let mut bench = Bench::new();
        let viewer = bench.join(role).0;
        for (slot, allowed) in allowed.into_iter().enumerate() {
            let told = bench.say(viewer, &format!("js,c,{slot},UGFk,4,17"));
            assert_eq!(!told.is_empty(), allowed, "{role:?} {slot}");
            let told = bench.say(viewer, &format!("js,b,{slot},0,1"));
            assert_eq!(!told.is_empty(), allowed, "{role:?} {slot}");
        }
        let refused = allowed.iter().filter(|allowed| !**allowed).count() * 2;
        assert_eq!(bench.counts(viewer).refused, refused as u64, "{role:?}");
    }
}

#[test]
fn nobody_moves_a_gamepad_that_is_not_connected_or_somebody_elses() {
    let mut bench = Bench::new();
    let first = with_pad(&mut bench, Role::Controller, 0);
    let second = bench.controller();
    for text in ["js,b,0,0,1", "js,a,0,0,1", "js,h,0", "js,d,0", "js,b,1,0,1"] {
        assert_eq!(bench.say(second, text), NOTHING, "{text}");
    }
    assert_eq!(bench.counts(second).refused, 5);
    assert_eq!(bench.say(first, "js,b,0,0,1"), ["pad 0 button 0 at 1"]);
}

#[test]
fn a_player_takes_its_slot_from_a_controller_but_not_the_other_way_round() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 1);
    let second = bench.join(player(2)).0;
    assert_eq!(
        bench.say(second, "js,c,1,UGFk,4,17"),
        ["pad 1 disconnects", "pad 1 Pad connects"]
    );
    assert_eq!(bench.say(owner, "js,b,1,0,1"), NOTHING);
    assert_eq!(bench.say(owner, "js,c,1,UGFk,4,17"), NOTHING);
    assert_eq!(bench.counts(owner).refused, 2);
    assert_eq!(bench.leave(second), ["pad 1 disconnects"]);
    assert_eq!(bench.say(owner, "js,c,1,UGFk,4,17"), ["pad 1 Pad connects"]);
}

/// The link of the page before may be dead without anybody knowing.
#[test]
fn a_player_that_comes_back_has_its_slot_again() {
    let mut bench = Bench::new();
    let before = with_pad(&mut bench, player(3), 2);
    let after = bench.join(player(3)).0;
    assert_eq!(
        bench.say(after, "js,c,2,UGFk,4,17"),
        ["pad 2 disconnects", "pad 2 Pad connects"]
    );
    assert_eq!(bench.say(before, "js,b,2,0,1"), NOTHING);
    assert_eq!(bench.leave(before), NOTHING);
    assert_eq!(bench.say(after, "js,b,2,0,1"), ["pad 2 button 0 at 1"]);
}

#[test]
fn gamepads_go_with_whoever_had_them() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "js,c,0,UGFk,4,17");
    bench.say(owner, "js,c,3,UGFk,4,17");
    let next = bench.controller();
    let told = bench.say(next, HELLO);
    for gone in ["pad 0 disconnects", "pad 3 disconnects"] {
        assert!(told.iter().any(|told| told == gone), "{gone}: {told:?}");
    }
    bench.say(next, "js,c,0,UGFk,4,17");
    let told = bench.give(&Input::ShutDown);
    assert!(
        told.iter().any(|told| told == "pad 0 disconnects"),
        "{told:?}"
    );
}

#[test]
fn what_is_held_is_let_go_when_the_heartbeats_end() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    bench.say(owner, "js,b,0,0,1");
    bench.say(owner, "js,h,0");
    assert_eq!(bench.pass(1900), NOTHING);
    bench.say(owner, "js,h,0");
    assert_eq!(bench.pass(1999), NOTHING);
    assert_eq!(bench.pass(1), ["pad 0 rests"]);
    assert!(bench.is_asleep());
    // It is still there, and its page comes back to it.
    assert_eq!(bench.say(owner, "js,a,0,1,1"), ["pad 0 axis 1 at 1"]);
    assert_eq!(bench.pass(2000), ["pad 0 rests"]);
}

#[test]
fn a_gamepad_at_rest_may_be_silent() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    for text in [
        "js,b,0,0,1",
        "js,a,0,1,0.5",
        "js,h,0",
        "js,b,0,0,0",
        "js,a,0,1,0",
    ] {
        bench.say(owner, text);
    }
    assert!(bench.is_asleep());
    assert_eq!(bench.pass(60_000), NOTHING);
}

/// Older pages don't send any.
#[test]
fn without_heartbeats_what_is_held_stays_held() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    bench.say(owner, "js,b,0,0,1");
    assert!(bench.is_asleep());
    assert_eq!(bench.pass(60_000), NOTHING);
    assert_eq!(bench.leave(owner), ["pad 0 disconnects"]);
}

#[test]
fn where_gamepads_are_switched_off_nobody_has_one() {
    let mut bench = Bench::set(&[("SELKIES_GAMEPAD_ENABLED", "false")]);
    let owner = bench.owner();
    for text in ["js,c,0,UGFk,4,17", "js,b,0,0,1", "js,d,0"] {
        assert_eq!(bench.say(owner, text), NOTHING, "{text}");
    }
    assert_eq!(bench.counts(owner).refused, 3);
}

#[test]
fn rumble_reaches_the_owner_of_the_slot_alone() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    let second = with_pad(&mut bench, player(2), 1);
    let told = |viewer: ViewerId, pad: u8| {
        let json = format!(r#"{{"event":"rumble","pad":{pad},"strong":1.0,"weak":0.5,"ms":200}}"#);
        format!("{}< _selkies,{json}", viewer.0)
    };
    assert_eq!(bench.give(&rumble(0, 1.0, 200)), [told(owner, 0)]);
    assert_eq!(bench.give(&rumble(1, 1.0, 200)), [told(second, 1)]);
    assert_eq!(bench.give(&rumble(2, 1.0, 200)), NOTHING);
    assert_eq!(bench.give(&rumble(9, 1.0, 200)), NOTHING);
    bench.leave(second);
    assert_eq!(bench.give(&rumble(1, 1.0, 200)), NOTHING);
}

#[test]
fn pages_that_know_nothing_of_rumble_hear_nothing_of_it() {
    let mut bench = Bench::new();
    let owner = bench.owner();
    bench.say(owner, "js,c,0,UGFk,4,17");
    assert_eq!(bench.give(&rumble(0, 1.0, 200)), NOTHING);
}

#[test]
fn of_many_orders_to_shake_the_last_one_counts() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    assert_eq!(bench.give(&rumble(0, 1.0, 100)).len(), 1);
    for _ in 0..100 {
        assert_eq!(bench.give(&rumble(0, 0.75, 100)), NOTHING);
    }
    assert_eq!(bench.give(&rumble(0, f32::NAN, 100_000)), NOTHING);
    let last = r#"{"event":"rumble","pad":0,"strong":0.0,"weak":0.5,"ms":65535}"#;
    assert_eq!(bench.pass(20), [format!("{}< _selkies,{last}", owner.0)]);
    assert!(bench.is_asleep());
}

#[test]
fn an_order_to_shake_goes_with_its_gamepad() {
    let mut bench = Bench::new();
    let owner = with_pad(&mut bench, Role::Controller, 0);
    bench.give(&rumble(0, 1.0, 100));
    bench.give(&rumble(0, 0.5, 100));
    bench.say(owner, "js,d,0");
    assert!(bench.is_asleep());
    assert_eq!(bench.pass(1000), NOTHING);
}
