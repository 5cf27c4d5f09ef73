//! What the hands do: keys and pointers. Remembers what each viewer holds and lets go of it when
//! the viewer can no longer do so itself.

use std::collections::BTreeMap;
use std::time::Duration;

use selkies_desktop::{Button, InputEvent, Keysym, ScrollDirection};
use selkies_media::{Point, Size, Timestamp};
use selkies_proto::client::PointerButtons;

use crate::{Action, Session, ViewerId};

/// More keys than anyone has fingers for; the one held longest is released for the next.
const MOST_KEYS: usize = 1024;

/// A page that says which keys it holds, and then falls silent about one, has lost it.
const KEY_SILENCE: Duration = Duration::from_secs(2);

/// A page says ten times a second which keys it holds. When it is late with that, the network stalls
/// and may hold back the key's release: nothing is to be typed in the meantime.
const KEY_LATE: Duration = Duration::from_millis(300);

/// A wheel that is said to have turned farther is broken.
const MOST_NOTCHES: u8 = 64;

/// What one viewer holds.
#[derive(Default)]
pub(crate) struct Hands {
    /// By keysym.
    keys: BTreeMap<u32, Held>,
    /// The page repeats which keys it holds. Older pages don't, and their keys stay down.
    heartbeats: bool,
    /// Bits of [`BUTTONS`] and the thumb bits.
    buttons: u8,
    /// Wheel bits of the last message, to see the edges.
    wheel: u8,
}

/// A key that is held.
struct Held {
    /// The last sign of that.
    sign: Timestamp,
    /// The next sign is late.
    late: bool,
}

/// Bits of `mask` that are buttons in every message: left, middle, right, and a pen's eraser.
const BUTTONS: u8 = 0b0010_0111;
/// Bits that are thumb buttons when no notches come with them.
const THUMB: u8 = 0b0001_1000;
/// Bits that are wheel pulses when notches come with them.
const WHEEL: u8 = 0b1101_1000;

const ERASER: u8 = 1 << 5;

const BUTTON_BITS: [(u8, Button); 5] = [
    (1 | ERASER, Button::Left),
    (1 << 1, Button::Middle),
    (1 << 2, Button::Right),
    (1 << 3, Button::Back),
    (1 << 4, Button::Forward),
];

/// Bit 3 turns down and bit 4 up, unlike X11's button 4 and 5.
const WHEEL_BITS: [(u8, ScrollDirection); 4] = [
    (1 << 3, ScrollDirection::Down),
    (1 << 4, ScrollDirection::Up),
    (1 << 6, ScrollDirection::Left),
    (1 << 7, ScrollDirection::Right),
];

impl Hands {
    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        if !self.heartbeats {
            return None;
        }
        let due = |held: &Held| held.sign + if held.late { KEY_SILENCE } else { KEY_LATE };
        self.keys.values().map(due).min()
    }

    /// Which button events the new mask makes, in the order left, middle, right, back, forward.
    /// What somebody else holds as well, given by their bits, does not go up.
    fn press_and_release(&mut self, buttons: PointerButtons, elsewhere: u8) -> Vec<InputEvent> {
        let meant = if buttons.notches == 0 {
            BUTTONS | THUMB
        } else {
            BUTTONS
        };
        let before = self.buttons;
        let after = before & !meant | buttons.mask & meant;
        self.buttons = after;
        BUTTON_BITS
            .iter()
            .filter(|(bits, _)| (before & bits != 0) != (after & bits != 0))
            .filter(|(bits, _)| after & bits != 0 || elsewhere & bits == 0)
            .map(|(bits, button)| InputEvent::Button {
                button: *button,
                down: after & bits != 0,
            })
            .collect()
    }

    fn scroll(&mut self, buttons: PointerButtons) -> Vec<InputEvent> {
        let notches = buttons.notches.min(MOST_NOTCHES);
        let now = if notches == 0 {
            0
        } else {
            buttons.mask & WHEEL
        };
        let rising = now & !self.wheel;
        self.wheel = now;
        WHEEL_BITS
            .iter()
            .filter(|(bit, _)| rising & bit != 0)
            .map(|(_, direction)| InputEvent::Scroll {
                direction: *direction,
                notches,
            })
            .collect()
    }

    fn held_longest(&self) -> Option<u32> {
        let oldest = self.keys.iter().min_by_key(|(_, held)| held.sign);
        oldest.map(|(keysym, _)| *keysym)
    }
}

impl Session {
    pub(crate) fn key_down(&mut self, now: Timestamp, id: ViewerId, keysym: u32) {
        let Some(hands) = self.hands(id) else { return };
        if hands.keys.contains_key(&keysym) {
            self.key_is_held(now, id, keysym);
            return;
        }
        let full = hands.keys.len() >= MOST_KEYS;
        if let Some(oldest) = hands.held_longest().filter(|_| full) {
            self.key_up(id, oldest);
        }
        if let Some(hands) = self.hands(id) {
            let held = Held {
                sign: now,
                late: false,
            };
            hands.keys.insert(keysym, held);
        }
        self.inject(InputEvent::KeyDown(Keysym(keysym)));
    }

    pub(crate) fn key_up(&mut self, id: ViewerId, keysym: u32) {
        let Some(hands) = self.hands(id) else { return };
        if hands.keys.remove(&keysym).is_some() {
            self.let_go(keysym);
        }
    }

    pub(crate) fn keys_held(&mut self, now: Timestamp, id: ViewerId, keysyms: &[u32]) {
        let Some(hands) = self.hands(id) else { return };
        hands.heartbeats = true;
        for keysym in keysyms {
            self.key_is_held(now, id, *keysym);
        }
    }

    /// A key that is not down is not pressed by this: its `ku` may have overtaken it.
    fn key_is_held(&mut self, now: Timestamp, id: ViewerId, keysym: u32) {
        let paused = !self.repeats(keysym);
        let hands = self.hands(id);
        let Some(held) = hands.and_then(|hands| hands.keys.get_mut(&keysym)) else {
            return;
        };
        held.sign = now;
        held.late = false;
        if paused {
            self.inject(InputEvent::ResumeRepeat(Keysym(keysym)));
        }
    }

    /// Whether somebody holds the key for all we know.
    fn repeats(&self, keysym: u32) -> bool {
        let mut held = self
            .viewers
            .values()
            .filter_map(|viewer| viewer.hands.keys.get(&keysym));
        held.any(|held| !held.late)
    }

    /// The viewer's own keys; and everything, if nobody else holds any: that also switches off a
    /// Caps Lock that got stuck.
    pub(crate) fn release_keys(&mut self, id: ViewerId) {
        let Some(hands) = self.hands(id) else { return };
        let held = std::mem::take(&mut hands.keys);
        let others = self
            .viewers
            .values()
            .any(|viewer| !viewer.hands.keys.is_empty());
        if others {
            for keysym in held.into_keys() {
                self.let_go(keysym);
            }
        } else {
            self.inject(InputEvent::ReleaseKeys);
        }
    }

    /// The viewer goes, or may no longer drive; or the desktop knows nothing of what was held.
    pub(crate) fn release_all(&mut self, id: ViewerId) {
        self.press_buttons(id, PointerButtons::default());
        let Some(hands) = self.hands(id) else { return };
        hands.wheel = 0;
        if !hands.keys.is_empty() {
            self.release_keys(id);
        }
    }

    /// Stops the repeat of keys that may not be held any more, and releases those that surely are
    /// not.
    pub(crate) fn mind_silent_keys(&mut self, now: Timestamp) {
        let (mut late, mut silent) = (Vec::new(), Vec::new());
        for viewer in self
            .viewers
            .values_mut()
            .filter(|viewer| viewer.hands.heartbeats)
        {
            viewer.hands.keys.retain(|keysym, held| {
                let silence = now.since(held.sign);
                if silence >= KEY_SILENCE {
                    silent.push(*keysym);
                } else if silence >= KEY_LATE && !held.late {
                    held.late = true;
                    late.push(*keysym);
                }
                silence < KEY_SILENCE
            });
        }
        for keysym in late {
            if !self.repeats(keysym) {
                self.inject(InputEvent::PauseRepeat(Keysym(keysym)));
            }
        }
        for keysym in silent {
            self.let_go(keysym);
        }
    }

    pub(crate) fn pointer_at(&mut self, id: ViewerId, x: i32, y: i32, buttons: PointerButtons) {
        let Some(size) = self.stream.desktop_size() else {
            return;
        };
        // First where, then what: a press belongs to the place it came with.
        self.inject(InputEvent::PointerTo(inside(size, x, y)));
        self.pointer_buttons(id, buttons);
    }

    pub(crate) fn pointer_moved(
        &mut self,
        id: ViewerId,
        dx: i32,
        dy: i32,
        buttons: PointerButtons,
    ) {
        if dx != 0 || dy != 0 {
            self.inject(InputEvent::PointerBy(Point { x: dx, y: dy }));
        }
        self.pointer_buttons(id, buttons);
    }

    fn pointer_buttons(&mut self, id: ViewerId, buttons: PointerButtons) {
        self.press_buttons(id, buttons);
        let Some(hands) = self.hands(id) else { return };
        for event in hands.scroll(buttons) {
            self.inject(event);
        }
    }

    fn press_buttons(&mut self, id: ViewerId, buttons: PointerButtons) {
        let elsewhere = self
            .viewers
            .iter()
            .filter(|(other, _)| **other != id)
            .fold(0, |held, (_, viewer)| held | viewer.hands.buttons);
        let Some(hands) = self.hands(id) else { return };
        for event in hands.press_and_release(buttons, elsewhere) {
            self.inject(event);
        }
    }

    /// Somebody does not hold the key any more. It goes up when nobody does.
    fn let_go(&mut self, keysym: u32) {
        let held = self
            .viewers
            .values()
            .any(|viewer| viewer.hands.keys.contains_key(&keysym));
        if !held {
            self.inject(InputEvent::KeyUp(Keysym(keysym)));
        } else if !self.repeats(keysym) {
            self.inject(InputEvent::PauseRepeat(Keysym(keysym)));
        }
    }

    fn hands(&mut self, id: ViewerId) -> Option<&mut Hands> {
        self.viewers.get_mut(&id).map(|viewer| &mut viewer.hands)
    }

    pub(crate) fn mark_next_input(&mut self, now: Timestamp, id: ViewerId, mark: u32) {
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.mark = Some((mark, now));
        }
    }

    /// The input its page wants traced has had its effect, if it has one.
    pub(crate) fn pass_mark(&mut self, viewer: ViewerId) {
        let seen = self.viewers.get_mut(&viewer);
        let mark = seen.and_then(|viewer| viewer.mark.take());
        let Some((id, received)) = mark else { return };
        if let Some(last @ Action::Inject(_)) = self.actions.back().cloned() {
            // Before the event itself: its answer may come before we are done with it.
            self.actions.pop_back();
            self.actions.push_back(Action::Mark {
                viewer,
                id,
                received,
            });
            self.actions.push_back(last);
        }
    }

    fn inject(&mut self, event: InputEvent) {
        // While the display server is gone there is nobody to press or release anything.
        if self.stream.desktop_size().is_some() {
            self.actions.push_back(Action::Inject(event));
        }
    }
}

fn inside(size: Size, x: i32, y: i32) -> Point {
    let clamp = |value: i32, side: u32| {
        value.clamp(0, i32::try_from(side.saturating_sub(1)).unwrap_or(i32::MAX))
    };
    Point {
        x: clamp(x, size.width),
        y: clamp(y, size.height),
    }
}
