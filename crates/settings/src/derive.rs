//! Values that follow from others.

use crate::kind::{Bool, Choice};
use crate::table::Settings;

/// Width and height that stand in for the one that was not given.
const MANUAL_SIZE: (i64, i64) = (1024, 768);

pub(crate) fn derive(settings: &mut Settings) {
    rate_control(settings);
    manual_resolution(settings);
    if !settings.audio_enabled.value {
        settings.microphone_enabled = Bool {
            value: false,
            locked: true,
        };
        settings.note("microphone_enabled", "audio_enabled is off");
    }
    if settings.webrtc_port == 0 && settings.port != 0 {
        settings.webrtc_port = settings.port;
        settings.note("webrtc_port", "it takes the number of port");
    }
}

fn rate_control(settings: &mut Settings) {
    let is_cbr_encoder = settings.mode == "webrtc" || settings.encoder.value == "openh264enc";
    if !settings.enable_rate_control.value {
        settings.rate_control_mode = Choice {
            value: "crf".to_owned(),
            allowed: vec!["crf".to_owned()],
        };
        settings.note("rate_control_mode", "enable_rate_control is off");
    } else if is_cbr_encoder && !settings.is_set("rate_control_mode") {
        "cbr".clone_into(&mut settings.rate_control_mode.value);
        settings.note(
            "rate_control_mode",
            "the encoder or the transport wants a constant bit rate",
        );
    }
    if settings.rate_control_mode.value == "cbr" && !settings.is_set("use_paint_over_quality") {
        settings.use_paint_over_quality.value = false;
        settings.note("use_paint_over_quality", "rate_control_mode is cbr");
    }
}

fn manual_resolution(settings: &mut Settings) {
    let (width, height) = (settings.manual_width, settings.manual_height);
    if !settings.is_manual_resolution_mode.value && width == 0 && height == 0 {
        return;
    }
    settings.is_manual_resolution_mode = Bool {
        value: true,
        locked: true,
    };
    settings.note("is_manual_resolution_mode", "a fixed size was asked for");
    if width == 0 {
        settings.manual_width = MANUAL_SIZE.0;
        settings.note("manual_width", "manual mode needs one");
    }
    if height == 0 {
        settings.manual_height = MANUAL_SIZE.1;
        settings.note("manual_height", "manual mode needs one");
    }
}

impl Settings {
    /// Somebody gave this setting a value, and it was taken.
    #[must_use]
    pub fn is_set(&self, name: &str) -> bool {
        self.records.get(name).is_some_and(|record| record.is_set)
    }

    /// Clipboard content may go into the desktop.
    #[must_use]
    pub fn clipboard_in(&self) -> bool {
        matches!(self.enable_clipboard.as_str(), "true" | "in")
    }

    /// Clipboard content may go out of the desktop.
    #[must_use]
    pub fn clipboard_out(&self) -> bool {
        matches!(self.enable_clipboard.as_str(), "true" | "out")
    }

    pub(crate) fn note(&mut self, name: &'static str, because: &'static str) {
        self.records.entry(name).or_default().because = Some(because);
    }
}
