use proptest::prelude::*;

use super::*;
use crate::geometry::Size;

const SIZE: Size = Size::new(640, 360);
const PICTURES: u32 = 5;

fn at(millis: u64) -> Timestamp {
    Timestamp::from_micros(1_000_000 + millis * 1000)
}

fn rest() -> Rest {
    Rest::new(&squares(SIZE.as_rect(), 64))
}

/// Paints over until nothing is due before `end`, a picture every 16 ms; returns what and when.
fn paint(rest: &mut Rest, from: Timestamp, end: Timestamp) -> Vec<(Timestamp, Vec<Rect>)> {
    let mut now = from;
    let mut painted = Vec::new();
    while let Some(due) = rest.due().filter(|due| *due < end) {
        now = (now + Duration::from_millis(16)).max(due);
        let parts = rest.take(now, PICTURES);
        if !parts.is_empty() {
            painted.push((now, parts));
        }
    }
    painted
}

fn damage(rect: Rect) -> Damage {
    let mut damage = Damage::none();
    damage.add(rect);
    damage
}

#[test]
fn a_still_picture_is_painted_over_once_in_as_many_pictures_as_were_asked_for() {
    for pictures in [1, 2, 5, 30, 1000] {
        let mut rest = rest();
        assert_eq!(rest.due(), None);
        rest.encoded(at(0), SIZE.as_rect(), false);
        assert_eq!(rest.due(), Some(at(250)));
        let mut bursts = Vec::new();
        while rest.due().is_some() {
            bursts.push(rest.take(at(250), pictures));
        }
        let parts = squares(SIZE.as_rect(), 64);
        assert_eq!(bursts.concat(), parts);
        assert!(bursts.len() <= parts.len().min(pictures as usize));
        assert!(bursts.len() >= parts.len().min(pictures as usize) * 3 / 4);
    }
}

#[test]
fn what_was_sent_sharp_is_not_painted_over() {
    let mut rest = rest();
    rest.encoded(at(0), SIZE.as_rect(), false);
    rest.encoded(at(9), SIZE.as_rect(), true);
    assert_eq!(rest.due(), None);
    rest.all_stale();
    assert_eq!(
        rest.due(),
        Some(at(259)),
        "unless sharp means more than before"
    );
}

#[test]
fn what_moves_keeps_only_its_own_part_waiting() {
    let mut rest = rest();
    let film = Rect::new(70, 70, 200, 100);
    rest.encoded(at(0), SIZE.as_rect(), false);
    let mut painted = Vec::new();
    for frame in 0..60 {
        let now = at(frame * 33);
        rest.encoded(now, film, false);
        painted.extend(paint(&mut rest, now, at((frame + 1) * 33)));
    }
    let parts: Vec<Rect> = painted
        .iter()
        .flat_map(|(_, parts)| parts.clone())
        .collect();
    let still: Vec<Rect> = squares(SIZE.as_rect(), 64)
        .into_iter()
        .filter(|part| !part.overlaps(film))
        .collect();
    assert_eq!(parts, still);
}

#[test]
fn damage_during_a_burst_is_left_out_of_it_and_painted_later() {
    let mut rest = rest();
    rest.encoded(at(0), SIZE.as_rect(), false);
    let first = rest.take(at(250), PICTURES);
    let last = Rect::new(639, 359, 1, 1);
    rest.encoded(at(260), last, false);
    let rest_of_it = paint(&mut rest, at(260), at(500));
    assert!(
        rest_of_it
            .iter()
            .all(|(_, parts)| parts.iter().all(|part| !part.overlaps(last)))
    );
    let count: usize = rest_of_it.iter().map(|(_, parts)| parts.len()).sum();
    assert_eq!(first.len() + count + 1, squares(SIZE.as_rect(), 64).len());
    assert_eq!(rest.due(), Some(at(510)));
    assert_eq!(rest.take(at(510), PICTURES).len(), 1);
    assert_eq!(rest.due(), None);
}

#[test]
fn bursts_keep_their_distance() {
    let mut rest = rest();
    for step in 0..200 {
        // A window that moves 5 ms by 5 ms leaves something behind each time.
        rest.encoded(at(step * 5), Rect::new(step as u32 * 3, 100, 3, 3), false);
    }
    let painted = paint(&mut rest, at(250), at(5000));
    for pair in painted.windows(2) {
        let [(one, _), (other, _)] = pair else {
            panic!("two")
        };
        assert!(
            other.since(*one) >= REST,
            "each is small enough for one picture"
        );
    }
}

#[test]
fn a_clock_is_painted_over_once_and_sent_sharp_afterwards() {
    let mut rest = rest();
    rest.encoded(at(0), SIZE.as_rect(), false);
    let clock = Rect::new(600, 340, 30, 10);
    let mut painted_over = 0;
    let mut now = at(0);
    for second in 1..20 {
        for (_, parts) in paint(&mut rest, now, at(second * 1000)) {
            painted_over += usize::from(parts.iter().any(|part| part.overlaps(clock)));
        }
        now = at(second * 1000);
        let sharp = rest.sharp_at_once(now, &damage(clock));
        assert_eq!(sharp, second > 1, "tick {second}");
        rest.encoded(now, clock, sharp);
    }
    assert_eq!(painted_over, 2, "with everything, and after the first tick");
}

#[test]
fn what_is_large_or_changes_quickly_or_after_long_is_not_sent_sharp_at_once() {
    let mut rest = rest();
    let (small, large) = (Rect::new(0, 0, 50, 50), Rect::new(0, 0, 300, 200));
    rest.encoded(at(0), SIZE.as_rect(), false);
    paint(&mut rest, at(0), at(400));
    rest.encoded(at(400), SIZE.as_rect(), false);
    assert!(rest.sharp_at_once(at(700), &damage(small)));
    assert!(!rest.sharp_at_once(at(700), &damage(large)));
    assert!(!rest.sharp_at_once(at(649), &damage(small)));
    assert!(!rest.sharp_at_once(at(700), &Damage::none()));
    rest.encoded(at(3000), SIZE.as_rect(), true);
    assert!(!rest.sharp_at_once(at(3400), &damage(small)));
}

#[test]
fn squares_cover_everything_once() {
    let area = Rect::new(0, 90, 130, 70);
    let parts = squares(area, 64);
    assert_eq!(parts.len(), 6);
    assert_eq!(parts[5], Rect::new(128, 154, 2, 6));
    assert_eq!(
        parts.iter().map(|part| part.pixels()).sum::<u64>(),
        area.pixels()
    );
}

proptest! {
    #[test]
    fn nothing_is_painted_that_has_not_rested_and_nothing_is_forgotten(
        changes in prop::collection::vec((0u64..400, 0u32..640, 0u32..360, 1u32..200, 1u32..200, any::<bool>()), 1..40),
        pictures in 1u32..40,
    ) {
        let mut rest = rest();
        let mut parts: Vec<(Rect, Option<Timestamp>)> =
            squares(SIZE.as_rect(), 64).into_iter().map(|part| (part, None)).collect();
        let mut now = at(0);
        let end = changes.iter().map(|change| change.0).sum::<u64>() + 10_000;
        let mut changes = changes.into_iter();
        let mut pause = None;
        loop {
            let change = pause.take().or_else(|| changes.next());
            let next = change.map_or(at(end), |change| now + Duration::from_millis(change.0));
            // What the loop around it does: paints when it is due, unless something changes first.
            while let Some(due) = rest.due().filter(|due| *due <= next) {
                now = now.max(due);
                for area in rest.take(now, pictures) {
                    let part = parts.iter_mut().find(|part| part.0 == area).expect("a part");
                    let rough = part.1.take();
                    prop_assert!(rough.is_some_and(|rough| now.since(rough) >= REST), "{:?}", part);
                }
            }
            let Some((_, x, y, width, height, sharp)) = change else { break };
            now = next;
            let area = Rect::new(x, y, width, height).clipped_to(SIZE);
            rest.encoded(now, area, sharp);
            for part in parts.iter_mut().filter(|part| part.0.overlaps(area)) {
                part.1 = (!sharp).then_some(now);
            }
        }
        prop_assert_eq!(rest.due(), None);
        prop_assert!(parts.iter().all(|part| part.1.is_none()));
    }
}
