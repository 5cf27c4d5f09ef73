//! The sound of the desktop and the microphone of its programs, as the session wants them.

use std::sync::Arc;
use std::time::Duration;

use selkies_media::sound::{AudioCodecs, Channels, FrameDuration, Sound, SoundShape, Voice};
use selkies_media::{Bitrate, Clock};
use selkies_pipeline::sound::{
    Microphone, SoundNotice, SoundPipeline, SoundSpec, SoundStopped, SoundSubscription,
};
use selkies_proto::sound::Speech;
use selkies_session::ViewerId;
use selkies_settings::Settings;
use tokio::task::JoinSet;
use tokio::time::timeout;

/// How long the sound server may take to undo what we did there.
const PATIENCE: Duration = Duration::from_secs(1);

/// What the sound of a desktop is made of.
#[derive(Clone)]
pub struct SoundParts {
    /// The sound server.
    pub sound: Arc<dyn Sound>,
    /// What makes packets and reads them.
    pub codecs: Arc<dyn AudioCodecs>,
}

/// Both ways. Nothing runs before [`Sounds::start`].
pub(super) struct Sounds {
    /// `None`: there is no sound here, or nobody may hear it.
    parts: Option<SoundParts>,
    spec: SoundSpec,
    clock: Clock,
    pipeline: Option<SoundPipeline>,
    microphone: Option<Microphone>,
    /// A microphone could not be had, and it was said.
    failed: bool,
    /// What was stopped and has not ended yet.
    ending: JoinSet<()>,
}

impl Sounds {
    pub(super) fn new(settings: &Settings, parts: Option<SoundParts>, clock: Clock) -> Self {
        Self {
            parts: parts.filter(|_| settings.audio_enabled.value),
            spec: spec(settings),
            clock,
            pipeline: None,
            microphone: None,
            failed: false,
            ending: JoinSet::new(),
        }
    }

    /// Programs have something to play to from now on, also while nobody listens.
    pub(super) fn start(&mut self) {
        let Some(SoundParts { sound, codecs }) = self.parts.clone() else {
            return;
        };
        let tell = |notice| report("sound", &notice);
        match SoundPipeline::start(self.spec, sound, codecs, self.clock, tell) {
            Ok(pipeline) => self.pipeline = Some(pipeline),
            Err(error) => tracing::error!(%error, "no thread for the sound"),
        }
    }

    pub(super) fn subscribe(&self) -> Option<SoundSubscription> {
        self.pipeline.as_ref().map(SoundPipeline::subscribe)
    }

    pub(super) fn set_bitrate(&mut self, bitrate: Bitrate) {
        if let Some(pipeline) = &self.pipeline {
            pipeline.set_bitrate(bitrate);
        }
    }

    pub(super) fn speak(&mut self, viewer: ViewerId, Speech(packet): Speech) {
        if self.microphone.is_none() && !self.failed {
            self.plug();
        }
        if let Some(microphone) = &self.microphone {
            microphone.push(Voice(viewer.0), packet);
        }
    }

    fn plug(&mut self) {
        let Some(SoundParts { sound, codecs }) = self.parts.clone() else {
            return;
        };
        let tell = |notice| report("microphone", &notice);
        match Microphone::start(sound, codecs, tell) {
            Ok(microphone) => {
                tracing::info!("the desktop has a microphone");
                self.microphone = Some(microphone);
            }
            Err(error) => {
                self.failed = true;
                tracing::error!(%error, "no thread for the microphone");
            }
        }
    }

    pub(super) fn fall_silent(&self, viewer: ViewerId) {
        if let Some(microphone) = &self.microphone {
            microphone.leave(Voice(viewer.0));
        }
    }

    pub(super) fn unplug(&mut self) {
        self.failed = false;
        if let Some(microphone) = self.microphone.take() {
            let dropped = microphone.dropped();
            tracing::info!(dropped, "the desktop has no microphone any more");
            self.see_off(microphone.stop());
        }
    }

    /// Programs get back what they had before us.
    pub(super) async fn finish(&mut self) {
        self.unplug();
        if let Some(pipeline) = self.pipeline.take() {
            self.see_off(pipeline.stop());
        }
        let ended = async { while self.ending.join_next().await.is_some() {} };
        if timeout(PATIENCE, ended).await.is_err() {
            tracing::warn!("the sound server does not let us go");
        }
    }

    fn see_off(&mut self, stopped: SoundStopped) {
        while self.ending.try_join_next().is_some() {}
        self.ending.spawn_blocking(|| stopped.join());
    }
}

/// Pages are told nothing: what they hear goes on by itself.
fn report(what: &'static str, notice: &SoundNotice) {
    match notice {
        SoundNotice::Lost(why) => {
            tracing::warn!(
                what,
                why,
                "there is no sound; it is looked for until it is back"
            );
        }
        SoundNotice::Back => tracing::info!(what, "the sound is back"),
    }
}

fn spec(settings: &Settings) -> SoundSpec {
    let channels = u8::try_from(settings.audio_channels).ok();
    let frame: Result<FrameDuration, _> = settings.audio_frame_duration_ms.value.parse();
    SoundSpec {
        // The settings offer no others than there are.
        shape: SoundShape {
            channels: channels.and_then(Channels::of).unwrap_or_default(),
            frame: frame.unwrap_or_default(),
        },
        bitrate: Bitrate::from_bits_per_second(settings.audio_bits().into()),
    }
}

#[cfg(test)]
mod tests {
    use selkies_settings::{Sources, resolve};

    use super::*;

    #[test]
    fn the_settings_say_what_a_packet_is() {
        let flags = [
            ("audio_channels", "6"),
            ("audio_frame_duration_ms", "2.5"),
            ("audio_bitrate", "96000"),
        ];
        let flags = flags.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let spec = spec(&resolve(&Sources::new().flags(flags)).settings);
        assert_eq!(spec.shape.channels, Channels::Surround51);
        assert_eq!(spec.shape.frame, FrameDuration::Ms2_5);
        assert_eq!(spec.bitrate.bits_per_second(), 96_000);
        let spec = super::spec(&Settings::default());
        assert_eq!(spec.shape, SoundShape::default());
        assert_eq!(spec.bitrate.bits_per_second(), 320_000);
    }
}
