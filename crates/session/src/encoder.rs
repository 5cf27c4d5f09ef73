//! Which encoder it is, and what becomes of one that fails.

use selkies_media::{EncoderKind, Timestamp};
use selkies_proto::ServerMessage;
use selkies_proto::client::DisplayId;
use selkies_settings::{OutputValues, Overlay};

use crate::Session;
use crate::stream::encoder_kind;

/// What remains when another encoder fails.
const LAST_RESORT: &str = "jpeg";

impl Session {
    /// Brings what runs in line with the values as they are now.
    pub(crate) fn follow_values(&mut self, now: Timestamp, before: &OutputValues) {
        let values = &self.stream.values;
        let other_encoder = values.encoder != before.encoder;
        let restart = other_encoder
            || values.video_fullcolor != before.video_fullcolor
            || values.rate_control_mode != before.rate_control_mode;
        let other_steps = values.force_aligned_resolution != before.force_aligned_resolution;
        if other_encoder {
            self.stream.fallback = None;
            self.stream.failed = false;
        }
        if other_steps {
            self.settle_size();
        }
        if restart {
            self.change_encoder(now);
        } else {
            self.retune();
        }
    }

    /// Falls back to JPEG. The encoder that failed is off the menu until the desktop or its size is
    /// another: a page that keeps asking for it would otherwise stop the stream each time.
    pub(crate) fn encoder_failed(&mut self, now: Timestamp, generation: u64, why: String) {
        let Some(failed) = self
            .stream
            .running
            .filter(|plan| plan.generation == generation)
        else {
            return;
        };
        self.stream.fallback = Some(why);
        let menu = &mut self.settings.encoder;
        let has_other = menu.allowed.iter().any(|name| name == LAST_RESORT);
        if failed.encoder == EncoderKind::Jpeg || !has_other {
            self.stream.failed = true;
            self.stop_stream();
            self.tell_stream_info();
            return;
        }
        menu.allowed
            .retain(|name| encoder_kind(name) != failed.encoder);
        LAST_RESORT.clone_into(&mut menu.value);
        LAST_RESORT.clone_into(&mut self.stream.values.encoder);
        self.change_encoder(now);
    }

    pub(crate) fn restore_encoders(&mut self) {
        self.settings.encoder = self.stream.encoders.clone();
        self.stream.failed = false;
        self.tell_stream_info();
    }

    /// The encoder or another thing that needs a new pipeline changed.
    fn change_encoder(&mut self, now: Timestamp) {
        self.restart_stream(now, |session| {
            let settings = session.settings_message(true);
            session.broadcast(&settings);
        });
        self.tell_stream_info();
    }

    pub(crate) fn settings_message(&self, announcement: bool) -> ServerMessage {
        let values = &self.stream.values;
        let overlay = Overlay {
            encoder: Some(&values.encoder),
            rate_control_mode: Some(&values.rate_control_mode),
            second_screen: Some(false),
        };
        ServerMessage::Settings {
            settings: self.settings.published(&overlay),
            display: announcement.then_some(DisplayId::Primary),
        }
    }

    /// What makes the pictures, or will.
    pub(crate) fn stream_info(&self) -> ServerMessage {
        let encoder = if self.stream.failed {
            "none"
        } else {
            match encoder_kind(&self.stream.values.encoder) {
                EncoderKind::H264 => "H.264, by the processor",
                EncoderKind::H264Striped => "H.264 in stripes, by the processor",
                EncoderKind::Jpeg => "JPEG",
            }
        };
        ServerMessage::StreamInfo {
            encoder: encoder.to_owned(),
            fallback: self.stream.fallback.clone(),
        }
    }

    /// Tells the pages that understand it, if it is news.
    pub(crate) fn tell_stream_info(&mut self) {
        let info = self.stream_info();
        if self.stream.told.as_ref() != Some(&info) {
            self.tell_capable(&info);
            self.stream.told = Some(info);
        }
    }
}
