//! Game controllers: who has which slot, what of it is off rest, and whom it shakes.
//!
//! A slot belongs to the viewer that connected a controller to it. A player may have its own slot
//! only, and takes it from whoever has it; a controller may have any that no player holds.

use std::time::Duration;

use selkies_desktop::gamepad::PADS;
use selkies_desktop::{PadEvent, Rumble};
use selkies_media::Timestamp;
use selkies_proto::ServerMessage;
use selkies_proto::client::{GamepadEvent, Slot};
use selkies_proto::server;

use crate::viewers::Role;
use crate::{Action, Session, ViewerId};

/// Controls of the standard mapping (W3C Gamepad, section 14).
const BUTTONS: u8 = 17;
const AXES: u8 = 4;

/// A page that says ten times a second that something is held, and then falls silent, has lost it.
const SILENCE: Duration = Duration::from_secs(2);

/// Between two orders to shake: some games give one for each of their pictures. The last one
/// counts, and a motor takes longer to follow.
const SHAKE_SPACING: Duration = Duration::from_millis(20);

/// Who has which controller of the desktop.
#[derive(Default)]
pub(crate) struct Gamepads {
    slots: [Option<Pad>; PADS as usize],
}

/// A controller somebody has.
struct Pad {
    owner: ViewerId,
    /// It is a player's own.
    own: bool,
    /// A bit for each control that is off rest: buttons, then axes.
    held: u32,
    /// The page repeats that something is held. Older pages don't.
    heartbeats: bool,
    /// The last time it said anything.
    sign: Timestamp,
    /// What it is to be told, and how soon it may be.
    shake: Option<Rumble>,
    shake_from: Timestamp,
}

impl Pad {
    fn hold(&mut self, control: u8, held: bool) {
        let bit = 1 << control;
        self.held = if held {
            self.held | bit
        } else {
            self.held & !bit
        };
    }

    fn silent_at(&self) -> Option<Timestamp> {
        (self.heartbeats && self.held != 0).then(|| self.sign + SILENCE)
    }

    fn next_wakeup(&self) -> Option<Timestamp> {
        let shake = self.shake.map(|_| self.shake_from);
        [self.silent_at(), shake].into_iter().flatten().min()
    }
}

impl Gamepads {
    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.slots
            .iter()
            .flatten()
            .filter_map(Pad::next_wakeup)
            .min()
    }

    fn of(&mut self, slot: u8) -> Option<&mut Pad> {
        self.slots.get_mut(usize::from(slot))?.as_mut()
    }
}

impl Session {
    pub(crate) fn gamepad(&mut self, now: Timestamp, id: ViewerId, slot: u8, event: GamepadEvent) {
        if !self.settings.gamepad_enabled.value || !self.may_have(id, slot) {
            self.count(id, |counts| &mut counts.refused);
            return;
        }
        if let GamepadEvent::Connected { name, .. } = event {
            self.connect_pad(now, id, slot, name);
            return;
        }
        let Some(pad) = self.gamepads.of(slot).filter(|pad| pad.owner == id) else {
            self.count(id, |counts| &mut counts.refused);
            return;
        };
        pad.sign = now;
        match event {
            GamepadEvent::Button { index, value } if index < BUTTONS => {
                pad.hold(index, value > 0.0);
                self.tell_pad(slot, PadEvent::Button { index, value });
            }
            GamepadEvent::Axis { index, value } if index < AXES => {
                pad.hold(BUTTONS + index, value != 0.0);
                self.tell_pad(slot, PadEvent::Axis { index, value });
            }
            GamepadEvent::Button { .. } | GamepadEvent::Axis { .. } => {
                self.count(id, |counts| &mut counts.unsuitable);
            }
            GamepadEvent::Held => pad.heartbeats = true,
            GamepadEvent::Disconnected => self.disconnect_pad(slot),
            GamepadEvent::Connected { .. } => {}
        }
    }

    /// Whether the viewer's role allows this slot, if nobody else has it.
    fn may_have(&self, id: ViewerId, slot: u8) -> bool {
        match self.viewers.get(&id).map(|viewer| viewer.role) {
            Some(Role::Controller) => slot < PADS,
            Some(Role::Observer { slot: Some(own) }) => pad_of(own) == slot,
            Some(Role::Observer { slot: None }) | None => false,
        }
    }

    fn connect_pad(&mut self, now: Timestamp, id: ViewerId, slot: u8, name: String) {
        let role = self.viewers.get(&id).map(|viewer| viewer.role);
        let own = matches!(role, Some(Role::Observer { .. }));
        let taken = self
            .gamepads
            .of(slot)
            .is_some_and(|pad| pad.own && pad.owner != id);
        if taken && !own {
            self.count(id, |counts| &mut counts.refused);
            return;
        }
        self.disconnect_pad(slot);
        if let Some(place) = self.gamepads.slots.get_mut(usize::from(slot)) {
            *place = Some(Pad {
                owner: id,
                own,
                held: 0,
                heartbeats: false,
                sign: now,
                shake: None,
                shake_from: now,
            });
            self.tell_pad(slot, PadEvent::Connect { name });
        }
    }

    fn disconnect_pad(&mut self, slot: u8) {
        let place = self.gamepads.slots.get_mut(usize::from(slot));
        if place.and_then(Option::take).is_some() {
            self.tell_pad(slot, PadEvent::Disconnect);
        }
    }

    /// The viewer goes: so do its controllers.
    pub(crate) fn take_pads(&mut self, id: ViewerId) {
        for slot in 0..PADS {
            if self.gamepads.of(slot).is_some_and(|pad| pad.owner == id) {
                self.disconnect_pad(slot);
            }
        }
    }

    /// Lets go of what nobody holds any more for all we know, and shakes whom it is time to.
    pub(crate) fn mind_pads(&mut self, now: Timestamp) {
        for slot in 0..PADS {
            let Some(pad) = self.gamepads.of(slot) else {
                continue;
            };
            let silent = pad.silent_at().is_some_and(|due| due <= now);
            if silent {
                pad.held = 0;
            }
            let shake = pad.shake.take_if(|_| pad.shake_from <= now);
            if silent {
                self.tell_pad(slot, PadEvent::Neutral);
            }
            if let Some(rumble) = shake {
                self.shake(now, rumble);
            }
        }
    }

    /// A program wants a controller to shake: only whoever has it is told.
    pub(crate) fn rumble(&mut self, now: Timestamp, rumble: Rumble) {
        let Some(pad) = self.gamepads.of(rumble.slot) else {
            return;
        };
        if pad.shake_from <= now {
            self.shake(now, rumble);
        } else {
            pad.shake = Some(rumble);
        }
    }

    fn shake(&mut self, now: Timestamp, rumble: Rumble) {
        let Some(pad) = self.gamepads.of(rumble.slot) else {
            return;
        };
        pad.shake = None;
        pad.shake_from = now + SHAKE_SPACING;
        let owner = pad.owner;
        let understands = |id| {
            let viewer = self.viewers.get(&id);
            viewer.is_some_and(|viewer| viewer.capabilities.rumble)
        };
        if !understands(owner) {
            return;
        }
        let longest = rumble.duration.min(Rumble::LONGEST);
        let message = server::Rumble {
            pad: rumble.slot,
            strong: part(rumble.strong),
            weak: part(rumble.weak),
            ms: u16::try_from(longest.as_millis()).unwrap_or(u16::MAX),
        };
        self.send(owner, ServerMessage::Rumble(message));
    }

    fn tell_pad(&mut self, slot: u8, event: PadEvent) {
        self.actions.push_back(Action::Gamepad { slot, event });
    }
}

/// Players are counted from 1, controllers from 0.
fn pad_of(slot: Slot) -> u8 {
    slot.get() - 1
}

fn part(strength: f32) -> f32 {
    if strength.is_finite() {
        strength.clamp(0.0, 1.0)
    } else {
        0.0
    }
}
