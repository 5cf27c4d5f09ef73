//! What is not built yet. Pages are told that it is off; an operator who asks for it is told once.

use selkies_settings::Withheld;

/// Settings whose features are missing, or there only in part.
pub(crate) const WITHHELD: &[Withheld] = &[
    Withheld::only("encoder", &["h264enc", "h264enc-striped", "jpeg"]),
    Withheld::only("use_cpu", &["true"]),
    Withheld::off("command_enabled"),
    Withheld::off("file_transfers"),
    Withheld::off("second_screen"),
    Withheld::off("enable_collab"),
    Withheld::off("video_streaming_mode"),
    Withheld::off("enable_dual_mode"),
    Withheld::off("congestion_control"),
    Withheld::only("mode", &["websockets"]),
    Withheld::only("scaling_dpi", &["96"]),
    Withheld::off("enable_https"),
    Withheld::off("unix_socket"),
    Withheld::off("web_root"),
    Withheld::off("master_token"),
    Withheld::off("wayland"),
    Withheld::off("recording_socket"),
    Withheld::off("watermark_path"),
    Withheld::off("run_after_connect"),
    Withheld::off("run_after_disconnect"),
    Withheld::off("app_wait_ready"),
    Withheld::off("enable_metrics_http"),
    Withheld::off("computer_use_bind"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_a_setting_and_pages_see_it_off() {
        let mut settings = selkies_settings::Settings::default();
        assert!(
            settings.withhold(WITHHELD).is_empty(),
            "nobody asked for anything"
        );
        let published = settings.published(&selkies_settings::Overlay::default());
        for (name, value) in [
            ("second_screen", serde_json::json!(false)),
            ("file_transfers", serde_json::json!([])),
        ] {
            assert_eq!(published[name]["value"], value, "{name}");
        }
        assert_eq!(
            published["second_screen"]["locked"],
            serde_json::json!(true)
        );
        assert_eq!(
            published["encoder"]["allowed"],
            serde_json::json!(["h264enc", "h264enc-striped", "jpeg"])
        );
    }
}
