//! What is at a sound server, without making anything.

use selkies_media::sound::SoundError;

use super::PulseSound;
use super::connection::text;
use super::furniture;

/// What a sound server has of what we need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    /// What it calls itself, with its version.
    pub server: String,
    /// The source that is heard, and whether it is there. Its sink is made when it is not.
    pub source: (String, bool),
    /// Whether a source that is not there can be made.
    pub makes_source: bool,
    /// The source that programs hear viewers from, and whether it is there already.
    pub microphone: (String, bool),
}

impl PulseSound {
    /// Asks the server what it has; blocks for as long as it may take to answer.
    ///
    /// # Errors
    /// When there is no server, or it does not let us in.
    pub fn look(&self) -> Result<Look, SoundError> {
        let mut connection = self.connect()?;
        let server = connection.server()?;
        let words = [server.server_name, server.server_version];
        let words: Vec<_> = words
            .iter()
            .filter_map(|word| text(word.as_ref()))
            .collect();
        let source = connection.has_source(&self.names.device)?;
        let microphone = furniture::known_as(&mut connection, &self.names.microphone)?;
        Ok(Look {
            server: words.join(" "),
            source: (self.names.device.clone(), source),
            makes_source: self.names.makes_sink(),
            microphone: (self.names.microphone.clone(), microphone.is_some()),
        })
    }
}

#[cfg(test)]
mod tests {
    use selkies_testkit::PulseServer;

    use super::*;
    use crate::Server;

    #[test]
    fn a_server_lets_us_in_every_time_and_nothing_is_made_there() {
        let Some(server) = PulseServer::start() else {
            return;
        };
        let before = server.pactl(&["list", "short", "modules"]);
        let sound =
            PulseSound::new(Server::At(server.socket()), "output.monitor").expect("a proper name");
        for time in 0..200 {
            let look = sound
                .look()
                .unwrap_or_else(|error| panic!("{time}: {error}"));
            assert!(look.server.starts_with("pulseaudio "), "{look:?}");
            assert_eq!(look.source, ("output.monitor".to_owned(), false));
            assert!(look.makes_source);
        }
        assert_eq!(server.pactl(&["list", "short", "modules"]), before);
    }
}
