//! Who hears the desktop, and who speaks into its microphone. What one viewer turns on or off
//! touches nobody else.

use std::time::Duration;

use selkies_media::{Bitrate, Timestamp};
use selkies_proto::ServerMessage;
use selkies_proto::client::ProposedValue;
use selkies_proto::limits::{EARLIER_SOUND, SPEECH_RATE};
use selkies_proto::sound::Speech;
use selkies_settings::{Settings, Verdict};

use crate::settle::proposed;
use crate::viewers::{Role, Viewer};
use crate::{Action, Session, ViewerId};

/// A viewer that sends nothing for so long has ended its sentence: a page says by silence that its
/// microphone is off.
const SILENCE: Duration = Duration::from_secs(2);

/// Packets that may come at once, after a link was held up; in the long run there are
/// [`SPEECH_RATE`] in a second.
const BURST: u32 = 50;

/// What is the same for everyone.
pub(crate) struct Sound {
    bits: u32,
    /// Programs have a microphone of ours.
    plugged: bool,
}

impl Sound {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            bits: settings.audio_bits(),
            plugged: false,
        }
    }
}

/// One viewer's ear.
#[derive(Default)]
pub(crate) struct Ear {
    hears: bool,
    /// Its page can read messages that repeat earlier packets.
    pub(crate) reads_redundancy: bool,
    /// How many it was given last.
    redundancy: u8,
}

/// One viewer's mouth.
#[derive(Default)]
pub(crate) struct Mouth {
    /// It was told that nobody listens.
    refused: bool,
    /// It has spoken since it came: it may at any time again, and programs keep their microphone.
    spoke: bool,
    /// When it said the last word of a sentence that has not ended.
    last: Option<Timestamp>,
    /// When it will have been silent for as long as it has sent too fast.
    ahead: Timestamp,
}

impl Mouth {
    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        self.last.map(|last| last + SILENCE)
    }

    /// Whether one more packet may come now.
    fn admits(&mut self, now: Timestamp) -> bool {
        let each = Duration::from_secs(1) / SPEECH_RATE;
        if self.ahead.since(now) > each * (BURST - 1) {
            return false;
        }
        self.ahead = self.ahead.max(now) + each;
        true
    }
}

impl Session {
    pub(crate) fn start_sound(&mut self, id: ViewerId) {
        if self.settings.audio_enabled.value {
            self.listen(id);
            self.send(id, ServerMessage::AudioStarted);
        } else {
            self.send(id, ServerMessage::AudioDisabled);
        }
    }

    pub(crate) fn stop_sound(&mut self, id: ViewerId) {
        if self.settings.audio_enabled.value {
            self.unlisten(id);
            self.send(id, ServerMessage::AudioStopped);
        }
    }

    /// Those who only watch have no word for it, and hear from the beginning.
    pub(crate) fn greet_with_sound(&mut self, id: ViewerId) {
        let watches_only = |viewer: &Viewer| matches!(viewer.role, Role::Observer { .. });
        if self.settings.audio_enabled.value && self.viewers.get(&id).is_some_and(watches_only) {
            self.listen(id);
        }
    }

    fn listen(&mut self, id: ViewerId) {
        let redundancy = self.redundancy();
        if let Some(viewer) = self.viewers.get_mut(&id)
            && !std::mem::replace(&mut viewer.ear.hears, true)
        {
            viewer.ear.redundancy = redundancy;
            self.actions.push_back(Action::Listen {
                viewer: id,
                redundancy,
            });
        }
    }

    pub(crate) fn unlisten(&mut self, id: ViewerId) {
        if let Some(viewer) = self.viewers.get_mut(&id)
            && std::mem::take(&mut viewer.ear.hears)
        {
            self.actions.push_back(Action::Unlisten { viewer: id });
        }
    }

    /// How many earlier packets are repeated in each message: none, unless every page that is here
    /// can read them.
    fn redundancy(&self) -> u8 {
        let all = self.viewers.values().all(|it| it.ear.reads_redundancy);
        if !self.settings.audio_redundancy.value || !all {
            return 0;
        }
        let wanted = u8::try_from(self.settings.audio_redundancy_distance).unwrap_or(0);
        wanted.min(EARLIER_SOUND)
    }

    pub(crate) fn propose_audio_bits(&mut self, value: &ProposedValue) -> Verdict {
        let verdict = self
            .settings
            .propose_audio_bits(&mut self.sound.bits, &proposed(value));
        if verdict == Verdict::Changed {
            let rate = Bitrate::from_bits_per_second(self.sound.bits.into());
            self.actions.push_back(Action::SoundBitrate(rate));
        }
        verdict
    }

    pub(crate) fn speak(&mut self, now: Timestamp, id: ViewerId, speech: Speech) {
        let open = self.microphone_is_open();
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        if !open || viewer.role != Role::Controller {
            viewer.counts.refused = viewer.counts.refused.saturating_add(1);
            // Once: the page stops recording, what is still on its way is dropped.
            if !std::mem::replace(&mut viewer.mouth.refused, true) {
                self.send(id, ServerMessage::MicrophoneDisabled);
            }
            return;
        }
        if !viewer.mouth.admits(now) {
            viewer.counts.hurried = viewer.counts.hurried.saturating_add(1);
            return;
        }
        viewer.mouth.spoke = true;
        viewer.mouth.last = Some(now);
        self.sound.plugged = true;
        self.actions.push_back(Action::Speak { viewer: id, speech });
    }

    /// Unless it is locked, `false` is only what a page begins with.
    fn microphone_is_open(&self) -> bool {
        let microphone = self.settings.microphone_enabled;
        self.settings.audio_enabled.value && (microphone.value || !microphone.locked)
    }

    /// It says nothing more, at least for now.
    pub(crate) fn fall_silent(&mut self, id: ViewerId) {
        if let Some(viewer) = self.viewers.get_mut(&id)
            && viewer.mouth.last.take().is_some()
        {
            self.actions.push_back(Action::FallSilent { viewer: id });
        }
    }

    pub(crate) fn sound_catch_up(&mut self, now: Timestamp) {
        let over = |viewer: &Viewer| {
            let due = viewer.mouth.next_wakeup();
            due.is_some_and(|due| due <= now)
        };
        let ids = self.viewers.iter().filter(|(_, viewer)| over(viewer));
        for id in ids.map(|(id, _)| *id).collect::<Vec<_>>() {
            self.fall_silent(id);
        }
        if self.sound.plugged && !self.viewers.values().any(|viewer| viewer.mouth.spoke) {
            self.sound.plugged = false;
            self.actions.push_back(Action::Unplug);
        }
        let redundancy = self.redundancy();
        for (id, viewer) in &mut self.viewers {
            if viewer.ear.hears && viewer.ear.redundancy != redundancy {
                viewer.ear.redundancy = redundancy;
                self.actions.push_back(Action::Redundancy {
                    viewer: *id,
                    redundancy,
                });
            }
        }
    }
}
