//! Which sound server is heard: one that is there, or one of our own.

use std::path::Path;
use std::sync::Arc;

use selkies_audio::{OpusCodecs, PulseSound, Server};
use selkies_embedded::SoundServer;
use selkies_media::sound::Channels;
use selkies_server::SoundParts;
use selkies_settings::Settings;

/// What a desktop of our own is to start. `None`: its programs use a server that is named and there,
/// or nobody wants to hear them. The server of whoever sits at this machine is not meant: viewers
/// would hear that one's programs, and those would hear viewers.
pub(crate) fn of_our_own(settings: &Settings) -> Option<SoundServer> {
    if !settings.audio_enabled.value || names_one() {
        return None;
    }
    let channels = u8::try_from(settings.audio_channels).ok();
    let channels = channels.and_then(Channels::of).unwrap_or_default();
    let sound = PulseSound::new(Server::OfEnvironment, &settings.audio_device_name).ok()?;
    Some(SoundServer {
        sink: sound.sink_arguments(channels),
    })
}

/// Whether the environment names a sound server that is there.
pub(crate) fn names_one() -> bool {
    Server::is_named(|name| std::env::var_os(name)) && Server::OfEnvironment.is_there()
}

/// The sound of the desktop, whose own sound server listens at `socket` if it has one.
pub(crate) fn parts(
    settings: &Settings,
    socket: Option<&Path>,
) -> anyhow::Result<Option<SoundParts>> {
    if !settings.audio_enabled.value {
        return Ok(None);
    }
    let server = match socket {
        Some(socket) => Server::At(socket.to_owned()),
        None => Server::OfEnvironment,
    };
    let device = &settings.audio_device_name;
    let sound = PulseSound::new(server, device)
        .map_err(|error| anyhow::anyhow!("--audio-device-name {device}: {error}"))?;
    Ok(Some(SoundParts {
        sound: Arc::new(sound),
        codecs: Arc::new(OpusCodecs),
    }))
}
