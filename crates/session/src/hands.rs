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

/// What one viewer holds.
#[derive(Default)]
pub(crate) struct Hands {
    /// Keysym to the last sign that it is held.
    keys: BTreeMap<u32, Timestamp>,
    /// The page repeats which keys it holds. Older pages don't, and their keys stay down.
    heartbeats: bool,
    /// Bits of [`BUTTONS`] and the thumb bits.
    buttons: u8,
    /// Wheel bits of the last message, to see the edges.
    wheel: u8,
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
        self.keys.values().min().map(|last| *last + KEY_SILENCE)
    }

    /// Which button events the new mask makes, in the order left, middle, right, back, forward.
    fn press_and_release(&mut self, buttons: PointerButtons) -> Vec<InputEvent> {
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
            .map(|(bits, button)| InputEvent::Button {
                button: *button,
                down: after & bits != 0,
            })
            .collect()
    }

    fn scroll(&mut self, buttons: PointerButtons) -> Vec<InputEvent> {
        let now = if buttons.notches == 0 {
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
                notches: buttons.notches,
            })
            .collect()
    }
}

impl Session {
    pub(crate) fn key_down(&mut self, now: Timestamp, id: ViewerId, keysym: u32) {
        let Some(hands) = self.hands(id) else { return };
        let known = hands.keys.insert(keysym, now).is_some();
        if known {
            return;
        }
        let evicted = if hands.keys.len() > MOST_KEYS {
            let oldest = hands
                .keys
                .iter()
                .min_by_key(|(_, last)| **last)
                .map(|(keysym, _)| *keysym);
            oldest.inspect(|keysym| {
                hands.keys.remove(keysym);
            })
        } else {
            None
        };
        if let Some(keysym) = evicted {
            self.inject(InputEvent::KeyUp(Keysym(keysym)));
        }
        self.inject(InputEvent::KeyDown(Keysym(keysym)));
    }

    pub(crate) fn key_up(&mut self, id: ViewerId, keysym: u32) {
        let Some(hands) = self.hands(id) else { return };
        if hands.keys.remove(&keysym).is_some() {
            self.inject(InputEvent::KeyUp(Keysym(keysym)));
        }
    }

    pub(crate) fn keys_held(&mut self, now: Timestamp, id: ViewerId, keysyms: &[u32]) {
        let Some(hands) = self.hands(id) else { return };
        hands.heartbeats = true;
        for keysym in keysyms {
            // A key that is not down is not pressed by this: its `ku` may have overtaken it.
            if let Some(last) = hands.keys.get_mut(keysym) {
                *last = now;
            }
        }
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
                self.inject(InputEvent::KeyUp(Keysym(keysym)));
            }
        } else {
            self.inject(InputEvent::ReleaseKeys);
        }
    }

    /// The viewer goes, or may no longer drive.
    pub(crate) fn release_all(&mut self, id: ViewerId) {
        let Some(hands) = self.hands(id) else { return };
        let buttons = hands.press_and_release(PointerButtons::default());
        let keys = !hands.keys.is_empty();
        for event in buttons {
            self.inject(event);
        }
        if keys {
            self.release_keys(id);
        }
    }

    pub(crate) fn release_silent_keys(&mut self, now: Timestamp) {
        let mut silent = Vec::new();
        for viewer in self
            .viewers
            .values_mut()
            .filter(|viewer| viewer.hands.heartbeats)
        {
            viewer.hands.keys.retain(|keysym, last| {
                let alive = now.since(*last) < KEY_SILENCE;
                if !alive {
                    silent.push(*keysym);
                }
                alive
            });
        }
        for keysym in silent {
            self.inject(InputEvent::KeyUp(Keysym(keysym)));
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
        let Some(hands) = self.hands(id) else { return };
        let mut events = hands.press_and_release(buttons);
        events.extend(hands.scroll(buttons));
        for event in events {
            self.inject(event);
        }
    }

    fn hands(&mut self, id: ViewerId) -> Option<&mut Hands> {
        self.viewers.get_mut(&id).map(|viewer| &mut viewer.hands)
    }

    fn inject(&mut self, event: InputEvent) {
        // While the display server is gone there is nobody to press or release anything.
        if self.stream.desktop_size().is_some() {
            self.actions.push_back(Action::Inject(event));
        }
    }

    /// A display server that comes back knows nothing of what was held.
    pub(crate) fn forget_hands(&mut self) {
        for viewer in self.viewers.values_mut() {
            viewer.hands = Hands {
                heartbeats: viewer.hands.heartbeats,
                ..Hands::default()
            };
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
