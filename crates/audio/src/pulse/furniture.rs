//! What programs play to and hear from: found, made when missing, taken away afterwards.

use pulseaudio::protocol::{Command, GetSinkInfo, LoadModuleParams, SinkInfo};
use selkies_media::sound::{Channels, RATE, SoundError};

use super::connection::{Connection, text};
use super::{c_string, speakers};

/// How what we made is called in the mixers of desktops.
const DESCRIPTION: &str = "Selkies";

/// What the devices of one desktop are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    /// The source that is heard.
    pub(super) device: String,
    /// The sink it is the monitor of, if its name says so.
    sink: Option<String>,
    /// What viewers' microphones are played to.
    pub(super) input: String,
    /// What programs hear them from.
    pub(super) microphone: String,
}

impl Names {
    /// The microphone of another source than the usual one is another, too, so that two desktops
    /// can share a server.
    pub(super) fn of(device: &str) -> Option<Self> {
        let proper = |sign: char| sign.is_ascii_alphanumeric() || "-._:+".contains(sign);
        if device.is_empty() || device.len() > 100 || !device.chars().all(proper) {
            return None;
        }
        let sink = device.strip_suffix(".monitor");
        let (input, microphone) = match sink.unwrap_or(device) {
            "output" => ("input".to_owned(), "SelkiesVirtualMic".to_owned()),
            other => (
                format!("{other}-input"),
                format!("SelkiesVirtualMic-{other}"),
            ),
        };
        Some(Self {
            device: device.to_owned(),
            sink: sink.map(str::to_owned),
            input,
            microphone,
        })
    }

    /// Whether the source is the monitor of a sink that can be made.
    pub(super) fn makes_sink(&self) -> bool {
        self.sink.is_some()
    }

    pub(super) fn sink_arguments(&self, channels: Channels) -> Option<String> {
        let arguments = sink_arguments(self.sink.as_ref()?, channels);
        Some(format!("{arguments} {PROMPT}"))
    }
}

/// Something we made at a server, and what it displaced.
#[derive(Debug)]
pub(super) struct Made {
    /// Which run of the server.
    run: u32,
    /// `None`: all that was needed was there.
    module: Option<u32>,
    displaced: Option<Displaced>,
}

/// A default that is another now.
#[derive(Debug)]
struct Displaced {
    kind: Kind,
    ours: String,
    before: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sink,
    Source,
}

impl Made {
    pub(super) fn is_on(&self, connection: &Connection) -> bool {
        self.run == connection.run
    }

    /// Takes it away and puts back what was there, as far as the server still knows of it.
    pub(super) fn undo(self, connection: &mut Connection) {
        if !self.is_on(connection) {
            return;
        }
        let restored = self
            .displaced
            .map_or(Ok(()), |displaced| displaced.restore(connection));
        let unloaded = self.module.map_or(Ok(()), |module| {
            connection.tell("to unload", &Command::UnloadModule(module))
        });
        for result in [restored, unloaded] {
            if let Err(error) = result {
                // Somebody else was faster.
                tracing::debug!(%error, "could not tidy up at the sound server");
            }
        }
    }
}

impl Displaced {
    fn restore(self, connection: &mut Connection) -> Result<(), SoundError> {
        let now = self.kind.current(connection)?;
        match self.before {
            Some(before) if now.as_deref() == Some(&self.ours) => {
                self.kind.choose(connection, &before)
            }
            // Somebody chose another one meanwhile, or there was none.
            _ => Ok(()),
        }
    }
}

impl Kind {
    fn current(self, connection: &mut Connection) -> Result<Option<String>, SoundError> {
        let server = connection.server()?;
        Ok(match self {
            Self::Sink => text(server.default_sink_name.as_ref()),
            Self::Source => text(server.default_source_name.as_ref()),
        })
    }

    fn choose(self, connection: &mut Connection, name: &str) -> Result<(), SoundError> {
        let name = c_string(name);
        match self {
            Self::Sink => connection.tell("a default", &Command::SetDefaultSink(name)),
            Self::Source => connection.tell("a default", &Command::SetDefaultSource(name)),
        }
    }

    /// Makes `ours` the default and remembers which one was. `None`: the server keeps no defaults,
    /// as PipeWire does not without a session manager.
    fn displace(
        self,
        connection: &mut Connection,
        ours: &str,
    ) -> Result<Option<Displaced>, SoundError> {
        let before = self.current(connection)?.filter(|before| before != ours);
        match self.choose(connection, ours) {
            Ok(()) => Ok(Some(Displaced {
                kind: self,
                ours: ours.to_owned(),
                before,
            })),
            Err(SoundError::Refused { why, .. }) => {
                tracing::warn!(device = ours, why, "the sound server keeps its default");
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Makes sure that there is the source to hear, and returns what had to be made for that.
pub(super) fn ensure_source(
    connection: &mut Connection,
    names: &Names,
    channels: Channels,
) -> Result<Option<Made>, SoundError> {
    if connection.has_source(&names.device)? {
        return Ok(None);
    }
    let Some(sink) = &names.sink else {
        return Err(SoundError::Refused {
            what: "to be heard",
            why: format!("it has no source {}", names.device),
        });
    };
    // What another desktop made for itself stays its own.
    let shared = default_is_ours(connection, names)?;
    let module = make_sink(connection, sink, channels)?;
    let mut made = Made {
        run: connection.run,
        module: Some(module),
        displaced: None,
    };
    if !shared {
        match Kind::Sink.displace(connection, sink) {
            Ok(displaced) => {
                // Nobody wanted that one: it was the only one there.
                made.displaced = displaced.filter(|it| it.before.as_ref() != Some(&names.input));
            }
            Err(error) => {
                made.undo(connection);
                return Err(error);
            }
        }
    }
    tracing::info!(sink = %sink, "made a sink at the sound server for programs to play to");
    Ok(Some(made))
}

/// Not so a microphone's: what programs play there all who listen to the microphone would hear.
fn default_is_ours(connection: &mut Connection, names: &Names) -> Result<bool, SoundError> {
    let Some(name) = connection.server()?.default_sink_name else {
        return Ok(false);
    };
    if name.to_bytes() == names.input.as_bytes() {
        return Ok(false);
    }
    let question = Command::GetSinkInfo(GetSinkInfo {
        index: None,
        name: Some(name),
    });
    match connection.ask::<SinkInfo>("about a sink", &question) {
        Ok(sink) => Ok(text(sink.description.as_ref()).as_deref() == Some(DESCRIPTION)),
        Err(SoundError::Refused { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

/// An idle sink works two seconds ahead, and the first sound would be heard that much later, unless
/// it is told that nothing can be taken back. Versions before 16 cannot be told.
const PROMPT: &str = "norewinds=1";

fn sink_arguments(name: &str, channels: Channels) -> String {
    let speakers: Vec<&str> = speakers(channels).iter().map(|(_, name)| *name).collect();
    format!(
        "sink_name={name} format=s16le rate={RATE} channels={} channel_map={} \
         sink_properties=device.description={DESCRIPTION}",
        channels.count(),
        speakers.join(","),
    )
}

/// A sink that plays to nothing but its monitor, at our rate, so that nothing is resampled.
fn make_sink(
    connection: &mut Connection,
    name: &str,
    channels: Channels,
) -> Result<u32, SoundError> {
    let arguments = sink_arguments(name, channels);
    let prompt = format!("{arguments} {PROMPT}");
    load(connection, "module-null-sink", &prompt).or_else(|error| match error {
        SoundError::Refused { .. } => load(connection, "module-null-sink", &arguments),
        other => Err(other),
    })
}

/// Makes sure that there is the microphone, makes it the default, and returns what to undo, the
/// first first.
pub(super) fn ensure_microphone(
    connection: &mut Connection,
    names: &Names,
) -> Result<Vec<Made>, SoundError> {
    let mut made = Vec::new();
    let result = make_microphone(connection, names, &mut made);
    if let Err(error) = result {
        for one in made.into_iter().rev() {
            one.undo(connection);
        }
        return Err(error);
    }
    Ok(made)
}

fn make_microphone(
    connection: &mut Connection,
    names: &Names,
    made: &mut Vec<Made>,
) -> Result<(), SoundError> {
    let run = connection.run;
    if !connection.has_sink(&names.input)? {
        let module = make_sink(connection, &names.input, Channels::Mono)?;
        made.push(Made {
            run,
            module: Some(module),
            displaced: None,
        });
    }
    let known = known_as(connection, &names.microphone)?;
    let ours = match known {
        Some(name) => name,
        None => {
            let module = make_virtual_source(connection, names)?;
            made.push(Made {
                run,
                module: Some(module),
                displaced: None,
            });
            known_as(connection, &names.microphone)?.ok_or(SoundError::Refused {
                what: "a microphone",
                why: "it made one of another name".to_owned(),
            })?
        }
    };
    let displaced = Kind::Source.displace(connection, &ours)?;
    made.push(Made {
        run,
        module: None,
        displaced,
    });
    Ok(())
}

/// The source of that name; PipeWire puts a word in front of it.
pub(super) fn known_as(
    connection: &mut Connection,
    name: &str,
) -> Result<Option<String>, SoundError> {
    for name in [name.to_owned(), format!("output.{name}")] {
        if connection.has_source(&name)? {
            return Ok(Some(name));
        }
    }
    Ok(None)
}

fn make_virtual_source(connection: &mut Connection, names: &Names) -> Result<u32, SoundError> {
    let arguments = format!(
        "source_name={} master={}.monitor source_properties=device.description={}",
        names.microphone, names.input, names.microphone,
    );
    // PipeWire has only the second.
    load(connection, "module-virtual-source", &arguments).or_else(|error| match error {
        SoundError::Refused { .. } => load(connection, "module-remap-source", &arguments),
        other => Err(other),
    })
}

fn load(connection: &mut Connection, name: &str, arguments: &str) -> Result<u32, SoundError> {
    let module = LoadModuleParams {
        name: c_string(name),
        arguments: Some(c_string(arguments)),
    };
    connection.ask_number("a module", &Command::LoadModule(module))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_devices_have_the_usual_names_and_others_their_own() {
        let usual = Names::of("output.monitor").expect("a proper name");
        assert_eq!(usual.sink.as_deref(), Some("output"));
        assert_eq!(usual.input, "input");
        assert_eq!(usual.microphone, "SelkiesVirtualMic");
        let other = Names::of("alsa_input.usb-1:2").expect("a proper name");
        assert_eq!(other.sink, None, "a microphone is the monitor of nothing");
        assert_ne!(other.input, usual.input);
        assert_ne!(other.microphone, usual.microphone);
    }

    #[test]
    fn a_name_cannot_be_more_than_a_name() {
        for name in [
            "",
            "a b",
            "a\nb",
            "a=b",
            "a\"b",
            "a\0",
            "ä",
            &"x".repeat(101),
        ] {
            assert_eq!(Names::of(name), None, "{name:?}");
        }
    }
}
