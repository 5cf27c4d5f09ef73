//! What must hold of sound: nobody hears or speaks who may not, what one does touches nobody else,
//! and nothing stays of who has gone.

use std::collections::BTreeMap;

use selkies_media::{Bitrate, Timestamp};
use selkies_proto::client::{Capabilities, ClientMessage};
use selkies_proto::limits::SPEECH_RATE;
use selkies_proto::server::ServerMessage;
use selkies_session::{Action, Input, Role, ViewerId};
use selkies_settings::Settings;

/// What may come at once, and a little for rounding.
const BURST: u64 = 51;

pub(super) struct Sounds {
    settings: Settings,
    viewers: BTreeMap<ViewerId, Heard>,
    bits: Option<Bitrate>,
    plugged: bool,
}

struct Heard {
    role: Role,
    ours: bool,
    reads_redundancy: bool,
    /// As it was told, and with how much.
    hears: Option<u8>,
    /// As it wants it.
    wants: bool,
    speaking: bool,
    spoke: Option<Timestamp>,
    packets: u64,
    refused: bool,
}

impl Sounds {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            viewers: BTreeMap::new(),
            bits: None,
            plugged: false,
        }
    }

    pub(super) fn learn(&mut self, input: &Input) {
        let on = self.settings.audio_enabled.value;
        match input {
            Input::Joined { viewer, role } => {
                let watches_only = matches!(role, Role::Observer { .. });
                self.viewers.entry(*viewer).or_insert(Heard {
                    role: *role,
                    ours: false,
                    reads_redundancy: false,
                    hears: None,
                    wants: on && watches_only,
                    speaking: false,
                    spoke: None,
                    packets: 0,
                    refused: false,
                });
            }
            Input::Said { viewer, message } => {
                if let Some(seen) = self.viewers.get_mut(viewer) {
                    seen.say(message, on);
                }
            }
            _ => {}
        }
    }

    pub(super) fn check(&mut self, now: Timestamp, input: &Input, action: &Action) {
        match action {
            Action::Listen { viewer, redundancy } => {
                let seen = self.here(*viewer);
                assert!(seen.wants, "{viewer:?} did not ask");
                let before = seen.hears.replace(*redundancy);
                assert_eq!(before, None, "{viewer:?} hears already");
            }
            Action::Redundancy { viewer, redundancy } => {
                let before = self.here(*viewer).hears.replace(*redundancy);
                assert!(before.is_some(), "{viewer:?} hears nothing");
                assert_ne!(before, Some(*redundancy), "nothing changes");
            }
            Action::Unlisten { viewer } => {
                let before = self.here(*viewer).hears.take();
                assert!(before.is_some(), "{viewer:?} hears nothing");
            }
            Action::SoundBitrate(rate) => {
                assert_ne!(self.bits, Some(*rate), "nothing changes");
                assert!(
                    (6_000..=510_000).contains(&rate.bits_per_second()),
                    "{rate}"
                );
                self.bits = Some(*rate);
                self.expect_controller(input);
            }
            Action::Speak { viewer, .. } => {
                assert!(matches!(input, Input::Microphone { viewer: who, .. } if who == viewer));
                let microphone = self.settings.microphone_enabled;
                let open = microphone.value || !microphone.locked;
                assert!(open && self.settings.audio_enabled.value, "nobody may");
                self.plugged = true;
                let seen = self.here(*viewer);
                assert_eq!(seen.role, Role::Controller, "{viewer:?}");
                seen.speaking = true;
                let since = *seen.spoke.get_or_insert(now);
                seen.packets += 1;
                let millis = u64::try_from(now.since(since).as_millis()).unwrap_or(u64::MAX);
                let most = BURST + u64::from(SPEECH_RATE) * millis / 1000 + 1;
                assert!(seen.packets <= most, "{} in {millis} ms", seen.packets);
            }
            Action::FallSilent { viewer } => {
                // Who has left is forgotten after it.
                let seen = self.viewers.get_mut(viewer).expect("it has spoken");
                assert!(
                    std::mem::take(&mut seen.speaking),
                    "{viewer:?} said nothing"
                );
            }
            Action::Unplug => {
                assert!(std::mem::take(&mut self.plugged), "nothing is plugged in");
            }
            Action::Close { viewer, .. } => {
                let seen = self
                    .viewers
                    .get_mut(viewer)
                    .expect("only who is here is sent away");
                assert!(seen.hears.is_none() && !seen.speaking, "{viewer:?}");
                self.viewers.remove(viewer);
            }
            Action::Send { viewer, message } => self.check_message(*viewer, message),
            _ => {}
        }
    }

    fn check_message(&mut self, viewer: ViewerId, message: &ServerMessage) {
        let on = self.settings.audio_enabled.value;
        let seen = self.here(viewer);
        match message {
            ServerMessage::AudioStarted => assert!(on && seen.hears.is_some()),
            ServerMessage::AudioStopped => assert!(on && seen.hears.is_none()),
            ServerMessage::AudioDisabled => assert!(!on),
            ServerMessage::MicrophoneDisabled => {
                assert!(!std::mem::replace(&mut seen.refused, true), "once");
            }
            _ => {}
        }
    }

    pub(super) fn finish(&mut self, input: &Input) {
        if let Input::Left { viewer } = input {
            let seen = self.viewers.remove(viewer);
            assert!(
                !seen.is_some_and(|seen| seen.speaking),
                "{viewer:?} goes on"
            );
        }
        let all = self.viewers.values().all(|seen| seen.reads_redundancy);
        let distance = self.settings.audio_redundancy_distance;
        let redundancy = if all && self.settings.audio_redundancy.value {
            u8::try_from(distance).unwrap_or(0)
        } else {
            0
        };
        for (viewer, seen) in &self.viewers {
            let wanted = seen.wants.then_some(redundancy);
            assert_eq!(seen.hears, wanted, "{viewer:?}");
        }
        let needed = self.viewers.values().any(|seen| seen.spoke.is_some());
        assert_eq!(self.plugged, needed, "a microphone for those who speak");
    }

    /// Nobody speaks any more.
    pub(super) fn expect_quiet(&self) {
        let speaking = self.viewers.values().any(|seen| seen.speaking);
        assert!(!speaking && !self.plugged, "somebody speaks");
    }

    fn expect_controller(&self, input: &Input) {
        let Input::Said { viewer, .. } = input else {
            panic!("{input:?} changes the sound");
        };
        let role = self.viewers.get(viewer).map(|seen| seen.role);
        assert_eq!(role, Some(Role::Controller), "{input:?}");
    }

    fn here(&mut self, viewer: ViewerId) -> &mut Heard {
        let seen = self.viewers.get_mut(&viewer);
        seen.expect("only who is here gets anything")
    }
}

impl Heard {
    fn say(&mut self, message: &ClientMessage, on: bool) {
        let may = self.role == Role::Controller || self.ours;
        match message {
            ClientMessage::Capabilities(known) => self.ours = *known != Capabilities::default(),
            ClientMessage::Settings(proposal) => {
                // A page that asks for a display we do not have is sent away.
                if let Some(reads) = proposal.audio_redundancy {
                    self.reads_redundancy = reads;
                }
            }
            ClientMessage::StartAudio if may => self.wants = on,
            ClientMessage::StopAudio if may => self.wants = false,
            _ => {}
        }
    }
}
