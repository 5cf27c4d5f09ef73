//! What must hold of game controllers, as part of the [`model`](super): only who may have one moves
//! it, and nothing is left of it when its owner has gone.

use std::collections::{BTreeMap, BTreeSet};

use selkies_desktop::PadEvent;
use selkies_proto::client::{ClientMessage, GamepadEvent};
use selkies_session::{Input, Role, ViewerId};
use selkies_settings::Settings;

/// The controllers as the desktop sees them.
pub(crate) struct Pads {
    enabled: bool,
    there: BTreeMap<u8, Pad>,
}

struct Pad {
    owner: ViewerId,
    role: Role,
    held: BTreeSet<(bool, u8)>,
}

impl Pads {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            enabled: settings.gamepad_enabled.value,
            there: BTreeMap::new(),
        }
    }

    /// `role` is that of who speaks in `input`, if anybody does.
    pub(crate) fn check(&mut self, input: &Input, role: Option<Role>, slot: u8, event: &PadEvent) {
        assert!(self.enabled && slot < 4, "there is no slot {slot}");
        let said = match input {
            Input::Said {
                viewer,
                message: ClientMessage::Gamepad { slot: named, event },
            } => {
                assert_eq!(*named, slot, "another slot");
                Some((*viewer, event))
            }
            _ => None,
        };
        match event {
            PadEvent::Connect { .. } => {
                let (owner, said) = said.expect("somebody connects it");
                assert!(matches!(said, GamepadEvent::Connected { .. }), "{said:?}");
                let role = role.expect("it is here");
                assert!(may_have(role, slot), "{role:?} takes {slot}");
                let held = BTreeSet::new();
                let pad = Pad { owner, role, held };
                assert!(self.there.insert(slot, pad).is_none(), "it was there");
            }
            PadEvent::Button { index, value } => {
                assert!(*index < 17 && (0.0..=1.0).contains(value));
                self.moved(said, slot, (true, *index), *value != 0.0);
            }
            PadEvent::Axis { index, value } => {
                assert!(*index < 4 && (-1.0..=1.0).contains(value));
                self.moved(said, slot, (false, *index), *value != 0.0);
            }
            PadEvent::Neutral => {
                let pad = self.there.get_mut(&slot).expect("it is there");
                assert!(!pad.held.is_empty(), "nothing of it is held");
                pad.held.clear();
            }
            PadEvent::Disconnect => {
                let pad = self.there.remove(&slot).expect("it was there");
                if let Some((speaker, GamepadEvent::Connected { .. })) = said {
                    let by_itself = speaker == pad.owner;
                    let own = matches!(role, Some(Role::Observer { .. }));
                    let by_right = own || pad.role == Role::Controller;
                    assert!(by_itself || by_right, "a player's own is taken away");
                }
            }
        }
    }

    fn moved(
        &mut self,
        said: Option<(ViewerId, &GamepadEvent)>,
        slot: u8,
        what: (bool, u8),
        held: bool,
    ) {
        let pad = self.there.get_mut(&slot).expect("it is there");
        let (speaker, _) = said.expect("somebody moves it");
        assert_eq!(speaker, pad.owner, "somebody else's");
        if held {
            pad.held.insert(what);
        } else {
            pad.held.remove(&what);
        }
    }

    pub(crate) fn check_rumble(&self, viewer: ViewerId, slot: u8) {
        let pad = self.there.get(&slot).expect("there is one to shake");
        assert_eq!(pad.owner, viewer, "it shakes its owner's hands");
    }

    /// Whoever has one is here.
    pub(crate) fn finish(&self, is_here: impl Fn(ViewerId) -> bool) {
        for (slot, pad) in &self.there {
            assert!(is_here(pad.owner), "slot {slot} of nobody");
        }
    }
}

fn may_have(role: Role, slot: u8) -> bool {
    match role {
        Role::Controller => true,
        Role::Observer { slot: Some(own) } => own.get() == slot + 1,
        Role::Observer { slot: None } => false,
    }
}
