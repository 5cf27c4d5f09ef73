//! The sound server, the source that is heard, and the microphone of pages.

use std::sync::Arc;

use selkies_audio::{Look as Found, PulseSound, Server};
use selkies_embedded::{Survey, install_line};
use selkies_media::sound::SoundError;

use super::finding::{Finding, State};
use super::{Look, Start, Teller};

const SOUND: &str = "sound";
const MICROPHONE: &str = "microphone";

pub(super) fn looks(start: &Arc<Start>, our_own: bool) -> Vec<Look> {
    let start = start.clone();
    vec![Look {
        topics: vec![SOUND, MICROPHONE],
        vital: false,
        look: Box::new(move |teller: &Teller| {
            let settings = &start.settings;
            let refused = settings.microphone_enabled.locked && !settings.microphone_enabled.value;
            let (sound, voice) = if settings.audio_enabled.value {
                look(
                    &Server::OfEnvironment,
                    &settings.audio_device_name,
                    our_own.then(|| start.command.is_some()),
                )
            } else {
                let off = || Finding::new(State::Off, "--audio-enabled false");
                (off(), off())
            };
            teller.tell(SOUND, sound);
            teller.tell(
                MICROPHONE,
                if refused {
                    Finding::new(State::Off, "--microphone-enabled false|locked")
                } else {
                    voice
                },
            );
        }),
    }]
}

/// `our_own`: a desktop that would start a sound server; whether it is for one command.
fn look(server: &Server, device: &str, our_own: Option<bool>) -> (Finding, Finding) {
    let sound = match PulseSound::new(server.clone(), device) {
        Ok(sound) => sound,
        Err(error) => {
            // The server does not start with such a name.
            let says = format!("--audio-device-name {device}: {error}");
            let finding = Finding::new(State::Fails, says)
                .advise("give the name of a source as `pactl list short sources` shows it")
                .vital();
            return (finding.clone(), finding);
        }
    };
    if let Some(for_one_command) = our_own
        && !crate::sound::names_one()
    {
        return private(for_one_command);
    }
    if !server.is_there() {
        let nobody = Finding::new(State::Fails, "no sound server answers")
            .advise("pulseaudio --start, or PipeWire with pipewire-pulse; PULSE_SERVER names one");
        return (nobody.clone(), nobody);
    }
    judge(sound.look())
}

fn private(for_one_command: bool) -> (Finding, Finding) {
    let missing: Vec<_> = Survey::take(for_one_command, true)
        .missing
        .into_iter()
        .filter(|missing| missing.program == "pulseaudio")
        .collect();
    let finding = if missing.is_empty() {
        Finding::new(
            State::Works,
            "a PulseAudio of our own, started with the desktop",
        )
    } else {
        Finding::new(
            State::Fails,
            "no sound server answers, and PulseAudio is not installed",
        )
        .advise(install_line(&missing))
    };
    (finding.clone(), finding)
}

fn judge(found: Result<Found, SoundError>) -> (Finding, Finding) {
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            let refused = Finding::new(State::Fails, format!("the sound server: {error}")).advise(
                "look whether `pactl info` works; PULSE_SERVER and PULSE_COOKIE say where and how",
            );
            return (refused.clone(), refused);
        }
    };
    let Found {
        server,
        source: (source, is_there),
        makes_source,
        microphone: (microphone, has_microphone),
    } = found;
    let sound = match (is_there, makes_source) {
        (true, _) => Finding::new(State::Works, format!("{server}: {source} is there")),
        (false, true) => Finding::new(State::Works, format!("{server}: {source} will be made")),
        (false, false) => {
            Finding::new(State::Fails, format!("{server}: it has no source {source}"))
                .advise("--audio-device-name with a name that `pactl list short sources` shows")
        }
    };
    let voice = if has_microphone {
        format!("{microphone} is there")
    } else {
        format!("{microphone} will be made when somebody speaks")
    };
    (sound, Finding::new(State::Works, voice))
}

#[cfg(test)]
mod tests {
    use selkies_testkit::PulseServer;

    use super::*;

    #[test]
    fn a_sound_server_is_looked_at_and_stays_as_it_was() {
        let Some(server) = PulseServer::start() else {
            return;
        };
        let before = server.pactl(&["list", "short", "modules"]);
        let (sound, voice) = look(&Server::At(server.socket()), "output.monitor", None);
        assert_eq!(sound.state, State::Works, "{sound:?}");
        assert!(sound.says.contains("will be made"), "{sound:?}");
        assert_eq!(voice.state, State::Works, "{voice:?}");
        let (sound, _) = look(&Server::At(server.socket()), "nosuchsource", None);
        assert_eq!(sound.state, State::Fails, "{sound:?}");
        assert_eq!(server.pactl(&["list", "short", "modules"]), before);
    }

    #[test]
    fn without_a_server_it_is_silent_and_with_a_bad_name_it_does_not_start() {
        let nowhere = || Server::At("/nowhere/native".into());
        let (sound, _) = look(&nowhere(), "output.monitor", None);
        assert_eq!((sound.state, sound.vital), (State::Fails, false));
        let (sound, _) = look(&nowhere(), "a b", None);
        assert_eq!((sound.state, sound.vital), (State::Fails, true));
    }
}
