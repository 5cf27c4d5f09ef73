//! Names of earlier servers that are more than another spelling of one of ours.

use crate::parse::switch;

/// Three switches that say together what `enable_clipboard` says in one word: whether at all, into
/// the desktop, out of it.
pub(crate) const CLIPBOARD_SWITCHES: [&str; 3] = [
    "clipboard_enabled",
    "clipboard_in_enabled",
    "clipboard_out_enabled",
];

/// Variables for the container's start script, not for the server.
pub(crate) const CONTAINER: [&str; 5] = [
    "SELKIES_INTERPOSER",
    "SELKIES_ENABLE_INTERNAL_TURN",
    "SELKIES_WAYLAND_COMPOSITOR",
    "SELKIES_WAYLAND_OUTPUTS",
    "SELKIES_WAYLAND_X11_FALLBACK",
];

/// Variables that are accepted and change nothing, each with the reason. Those with our prefix are
/// flags as well.
pub(crate) const IGNORED: [(&str, &str); 13] = [
    (
        "SELKIES_MEDIA_PIPELINE",
        "there is one capture and encoding stack",
    ),
    (
        "SELKIES_ENCODER_RTC",
        "one choice serves both transports, give it as encoder",
    ),
    (
        "SELKIES_JSON_CONFIG",
        "settings come from flags and the environment",
    ),
    (
        "SELKIES_VIDEO_PACKETLOSS_PERCENT",
        "repair is adapted to the loss that is measured",
    ),
    (
        "SELKIES_AUDIO_PACKETLOSS_PERCENT",
        "audio_redundancy repairs lost sound",
    ),
    (
        "SELKIES_METRICS_HTTP_PORT",
        "metrics are served on the main port",
    ),
    (
        "SELKIES_WEBRTC_PACER_STALE_MS",
        "the pacer decides by itself what is too old",
    ),
    ("PWA_APP_NAME", PWA),
    ("PWA_APP_SHORT_NAME", PWA),
    ("PWA_START_URL", PWA),
    ("PWA_CACHE", PWA),
    ("PWA_APP_PATH", PWA),
    ("PWA_ICON_URL", PWA),
];

const PWA: &str = "the page's manifest is part of the program; ui_title names the page";

/// Why a variable changes nothing, if it is one that is accepted and changes nothing.
pub(crate) fn ignored(variable: &str) -> Option<&'static str> {
    IGNORED
        .iter()
        .find(|(name, _)| *name == variable)
        .map(|(_, why)| *why)
}

/// What the three switches say in one word of `enable_clipboard`, and the name to blame for it.
/// A switch that cannot be read is handed on as it is, so that reading it as a policy fails too.
pub(crate) fn clipboard_policy(
    lookup: impl Fn(&str) -> Option<String>,
    name: impl Fn(&str) -> String,
) -> Option<(String, String)> {
    let given: Vec<(&str, String)> = CLIPBOARD_SWITCHES
        .iter()
        .filter_map(|&switch| lookup(switch).map(|raw| (switch, raw)))
        .collect();
    let names: Vec<String> = given.iter().map(|(switch, _)| name(switch)).collect();
    let mut on = CLIPBOARD_SWITCHES.map(|switch| (switch, true));
    for (given, raw) in given.iter().filter(|(_, raw)| !raw.trim().is_empty()) {
        let Some(value) = switch(raw) else {
            return Some((name(given), raw.clone()));
        };
        for (_, slot) in on.iter_mut().filter(|(switch, _)| switch == given) {
            *slot = value.value.unwrap_or(true);
        }
    }
    let policy = match on.map(|(_, on)| on) {
        [true, true, true] => "true",
        [true, true, false] => "in",
        [true, false, true] => "out",
        [false, ..] | [true, false, false] => "false",
    };
    (!names.is_empty()).then(|| (names.join("+"), policy.to_owned()))
}
