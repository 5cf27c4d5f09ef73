//! The first words, byte by byte.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::page::{Entry, Kind, Page, WINDOW};
use crate::serving::{CARD, Served};

const NO_DISPLAYS: &str = r#"DISPLAY_CONFIG_UPDATE,{"type":"display_config_update","displays":[]}"#;
const PRIMARY: &str =
    r#"DISPLAY_CONFIG_UPDATE,{"type":"display_config_update","displays":["primary"]}"#;

/// By kind of entry, the names of the settings the existing client looks for.
const SETTINGS: &str = include_str!("../conformance/server-settings.json");

/// Never to be told.
const PRIVATE: [&str; 34] = [
    "port",
    "addr",
    "unix_socket",
    "web_root",
    "control_port",
    "encode_dri",
    "render_dri",
    "debug",
    "audio_device_name",
    "watermark_path",
    "recording_socket",
    "file_manager_path",
    "run_after_connect",
    "run_after_disconnect",
    "https_cert",
    "https_key",
    "rtc_config_json",
    "app_ready_file",
    "js_socket_path",
    "uinput_mouse_socket",
    "webrtc_statistics_dir",
    "computer_use_bind",
    "wayland_host_display",
    "app_wayland_display",
    "display",
    "master_token",
    "basic_auth_user",
    "basic_auth_password",
    "basic_auth_viewonly_password",
    "turn_shared_secret",
    "turn_password",
    "turn_rest_api_key",
    "cloudflare_turn_token_id",
    "cloudflare_turn_api_token",
];

fn texts(page: &Page) -> Vec<String> {
    page.seen().heard(0).map(str::to_owned).collect()
}

fn resolution((width, height): (u32, u32)) -> String {
    format!(
        r#"{{"type":"stream_resolution","width":{width},"height":{height},"displayId":"primary"}}"#
    )
}

fn settings(text: &str) -> Value {
    let message: Value = serde_json::from_str(text).expect("settings are JSON");
    assert_eq!(message["type"], "server_settings");
    assert_eq!(message.get("displayId"), None, "this is no announcement");
    message["settings"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_owner_is_greeted_in_the_order_it_needs_and_sees_the_desktop() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    let first = page.picture(0).await;
    page.hears(0, "AUDIO_DISABLED").await;
    page.settled().await;

    let resolution = resolution(WINDOW);
    let heard = texts(&page);
    assert_eq!(heard[..2], ["MODE websockets", NO_DISPLAYS]);
    settings(&heard[2]);
    let mut rest = heard[3..].to_vec();
    // Said between the two if the desktop is there later than the page.
    let early = [
        NO_DISPLAYS.to_owned(),
        self::resolution((CARD.width, CARD.height)),
    ];
    rest.retain(|text| !early.contains(text));
    rest.sort();
    rest.dedup();
    let nothing = ["clipboard_reply,cr", "clipboard,"];
    let mut expected = [
        "AUDIO_DISABLED",
        PRIMARY,
        "_gz,1",
        &resolution,
        nothing[0],
        nothing[1],
    ];
    expected.sort_unstable();
    assert_eq!(rest, expected);
    let of_size = |text: &&String| text.contains("stream_resolution");
    assert_eq!(heard.iter().rfind(of_size), Some(&resolution));

    let [w1, w0] = (WINDOW.0 as u16).to_be_bytes();
    let [h1, h0] = (WINDOW.1 as u16).to_be_bytes();
    assert_eq!(first.header, [4, 1, 0, 0, 0, 0, w1, w0, h1, h0]);
    assert_eq!(first.number, served.card.number());
    page.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_viewer_is_greeted_with_the_displays_there_are() {
    let served = Served::open().await;
    let owner = served.page(Kind::Owner).await;
    owner.picture(0).await;
    let viewer = served.page(Kind::Shared).await;
    viewer.picture(0).await;
    let heard = texts(&viewer);
    assert_eq!(heard[..2], ["MODE websockets", PRIMARY]);
    settings(&heard[2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_setting_the_client_looks_for_is_there_in_its_shape() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let settings = settings(&texts(&page)[2]);

    let kinds: BTreeMap<String, Vec<String>> =
        serde_json::from_str(SETTINGS).expect("the vectors are JSON");
    assert_eq!(kinds.values().map(Vec::len).sum::<usize>(), 68);
    for (kind, names) in kinds {
        for name in names {
            let entry = &settings[&name];
            assert!(has_shape(&kind, entry), "{name} is no {kind}: {entry}");
        }
    }
    for name in PRIVATE {
        assert_eq!(settings.get(name), None, "{name} is nobody's business");
    }
    assert_eq!(settings["encoder"]["value"], "h264enc");
    assert_eq!(settings["ws_max_message_bytes"]["value"], 8_388_608);
}

fn has_shape(kind: &str, entry: &Value) -> bool {
    let value = &entry["value"];
    let allowed = entry["allowed"].as_array();
    let number = |name: &str| entry[name].as_i64();
    let shape = match kind {
        "bool" => value.is_boolean() && entry["locked"].is_boolean(),
        // Pages compare words, also when they are numbers.
        "choice" => {
            allowed.is_some_and(|all| all.iter().all(Value::is_string) && all.contains(value))
        }
        "list" => {
            allowed.is_some()
                && value
                    .as_array()
                    .is_some_and(|all| all.iter().all(Value::is_string))
        }
        "range" => match (number("min"), number("default"), number("max")) {
            (Some(min), Some(first), Some(max)) => {
                min <= first && first <= max && *value == serde_json::json!([min, max])
            }
            _ => false,
        },
        "number" => value.is_number(),
        "text" => value.is_string(),
        "fact" => return value.is_boolean() || value.is_u64(),
        _ => panic!("no kind of setting: {kind}"),
    };
    shape && entry["overridden"].is_boolean()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_shows_video_acknowledges_it_and_nobody_minds_old_ids() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    page.until("acknowledgements", |seen| {
        (seen.acknowledged.len() > 3).then_some(())
    })
    .await;
    for id in ["0", "65535", "32768", "1"] {
        page.say(format!("CLIENT_FRAME_ACK {id}")).await;
    }
    let mark = page.settled().await;
    served.card.advance();
    assert!(!page.picture(mark).await.keyframe);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_the_page_is_answered_once() {
    let served = Served::open().await;
    let page = served.page(Kind::Owner).await;
    page.picture(0).await;
    let mark = page.settled().await;
    let said = Entry::Sent(format!("r,{}x{},primary", WINDOW.0, WINDOW.1));
    assert!(page.seen().entries(0).any(|entry| *entry == said));
    page.resize_window(WINDOW.0, WINDOW.1).await;
    page.settled().await;
    served.card.advance();
    let next = page.picture(mark).await;
    assert!(
        !next.keyframe,
        "the size in force is no reason to begin anew"
    );
    let words: Vec<String> = page.seen().heard(mark).map(str::to_owned).collect();
    assert_eq!(words, ["_gz,1"], "nor to say anything");
}
