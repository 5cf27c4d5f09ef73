//! The table. One entry is
//!
//! ```text
//! /// What it does.
//! name: Kind { default and bounds } .column(…) .column(…);
//! ```
//!
//! and the columns are the builder methods of [`Definition`]: `per_output`, `per_viewer` (else one
//! value for the process), `client` (pages may ask for another value), `private` (pages are not told),
//! `in_effect` (the feature is built), `former` (names of earlier servers), `aliases` (environment
//! variables without our prefix, strongest first), `words`, `limits`, `open`, `synonyms`,
//! `unoffered`, `megabits`, `normalise`.

use std::collections::BTreeMap;

use crate::definition::{Definition, Group, Spec};
use crate::kind::{self, Value};
use crate::parse::{relay_user, url_prefix};
use crate::resolve::resolve;
use crate::sources::{Record, Sources};

macro_rules! settings {
    ($($group:ident { $(
        $(#[doc = $doc:literal])+
        $name:ident: $kind:ident { $($spec:tt)* } $(. $column:ident ($($argument:tt)*))*;
    )+ })+) => {
        /// The value of every setting, and where it came from.
        #[derive(Clone, Debug, PartialEq)]
        pub struct Settings {
            $($( $(#[doc = $doc])+ pub $name: kind::$kind, )+)+
            pub(crate) records: BTreeMap<&'static str, Record>,
        }

        static TABLE: &[Definition] = &[$($(
            Definition::new(
                stringify!($name), Group::$group, concat!($($doc),+), Spec::$kind { $($spec)* },
            ) $(.$column($($argument)*))*,
        )+)+];

        impl Settings {
            /// Every setting at the default of its row, nothing derived yet.
            pub(crate) fn initial() -> Self {
                let mut settings = Self {
                    $($( $name: kind::$kind::default(), )+)+
                    records: BTreeMap::new(),
                };
                for definition in TABLE {
                    settings.put(definition.name, definition.initial());
                }
                settings
            }

            /// The value of the setting of that canonical name.
            #[must_use]
            pub fn value(&self, name: &str) -> Option<Value> {
                match name {
                    $($( stringify!($name) => Some(Value::$kind(self.$name.clone())), )+)+
                    _ => None,
                }
            }

            /// Sets it; the value must be of the setting's kind.
            pub(crate) fn put(&mut self, name: &str, value: Value) {
                match (name, value) {
                    $($( (stringify!($name), Value::$kind(value)) => self.$name = value, )+)+
                    (name, value) => debug_assert!(false, "{name} cannot be {value:?}"),
                }
            }
        }
    };
}

/// Every row, in the order of the documentation.
#[must_use]
pub fn definitions() -> &'static [Definition] {
    TABLE
}

impl Default for Settings {
    /// What holds when nobody says anything.
    fn default() -> Self {
        resolve(&Sources::default()).settings
    }
}

/// Spellings of a yes and a no for the settings that know more than these two.
const YES_NO: &[(&str, &str)] = &[
    ("1", "true"),
    ("yes", "true"),
    ("on", "true"),
    ("0", "false"),
    ("no", "false"),
    ("off", "false"),
];

settings! {
    Listener {
        /// Port that serves everything: pages, API, WebSocket and signalling. 0 takes a free one.
        port: Int { initial: 8082, min: 0, max: 65_535 }
            .private() .in_effect() .aliases(&["CUSTOM_WS_PORT"]);
        /// Address to listen on.
        addr: Text { initial: "0.0.0.0" } .private() .in_effect();
        /// Path of a Unix socket to listen on instead of TCP.
        unix_socket: Text { initial: "" } .private();
        /// Directory to serve the page from; empty serves the one inside the program.
        web_root: Text { initial: "" } .private() .aliases(&["WEB_ROOT"]);
        /// URL prefix of every route: `desk`, `/desk` and `/desk/` mean the same.
        subfolder: Text { initial: "" } .in_effect() .aliases(&["SUBFOLDER"]) .normalise(url_prefix);
        /// Encrypt the listener with TLS.
        enable_https: Bool { initial: false };
        /// Certificate file, PEM.
        https_cert: Text { initial: "/etc/ssl/certs/ssl-cert-snakeoil.pem" } .private();
        /// Key file, PEM; empty or missing looks for the key in the certificate file.
        https_key: Text { initial: "/etc/ssl/private/ssl-cert-snakeoil.key" } .private();
        /// Seconds between looks at the certificate for a newer one; 0 never looks.
        cert_reload_interval: Int { initial: 30, min: 0, max: 86_400 };
        /// Port of the token API, open only when master_token is set.
        control_port: Int { initial: 8083, min: 0, max: 65_535 } .private();
        /// Address the token API listens on.
        control_addr: Text { initial: "127.0.0.1" } .private();
    }

    Access {
        /// Ask for user and password before anything else.
        enable_basic_auth: Bool { initial: true } .in_effect();
        /// User name of the login.
        basic_auth_user: Text { initial: "ubuntu" }
            .private() .in_effect() .aliases(&["CUSTOM_USER", "USERNAME", "USER"]);
        /// Password of the login; without one, a password is made up and printed at start.
        basic_auth_password: Secret {} .in_effect() .aliases(&["PASSWORD", "PASSWD"]);
        /// Second password that only lets its user watch.
        basic_auth_viewonly_password: Secret {} .in_effect() .aliases(&["VIEWONLY_PASSWORD"]);
        /// Further origins whose pages may open a WebSocket, separated by commas; `*` is any.
        allowed_origins: Text { initial: "" } .in_effect();
        /// Turns on secure mode: whoever knows it hands out the tokens that open a page.
        master_token: Secret {};
        /// Offer links for others.
        enable_sharing: Bool { initial: true } .in_effect();
        /// A token viewer that was handed the keyboard and mouse may use them.
        enable_collab: Bool { initial: true };
        /// Let others watch by a link.
        enable_shared: Bool { initial: true } .in_effect();
        /// Let a second player in by a link.
        enable_player2: Bool { initial: true } .in_effect();
        /// Let a third player in by a link.
        enable_player3: Bool { initial: true } .in_effect();
        /// Let a fourth player in by a link.
        enable_player4: Bool { initial: true } .in_effect();
    }

    Desktop {
        /// X display to stream, such as `:0`. Without it DISPLAY counts, and without that a desktop is
        /// started.
        display: Text { initial: "" } .private() .in_effect();
        /// Start a desktop of our own, even when a display is there.
        embedded: Bool { initial: false } .private() .in_effect();
        /// Let the desktop follow the size of the page.
        enable_resize: Bool { initial: true } .in_effect() .aliases(&["WEBRTC_ENABLE_RESIZE"]);
        /// Keep the desktop at manual_width by manual_height. Giving a width or a height turns it on for
        /// good.
        is_manual_resolution_mode: Bool { initial: false } .per_output() .client() .in_effect();
        /// Width of the desktop in manual mode; 0 is not given.
        manual_width: Int { initial: 0, min: 0, max: 16_384 } .per_output() .client() .in_effect();
        /// Height of the desktop in manual mode; 0 is not given.
        manual_height: Int { initial: 0, min: 0, max: 16_384 } .per_output() .client() .in_effect();
        /// Round sizes down to a multiple of 16 instead of 2.
        force_aligned_resolution: Bool { initial: false } .per_output() .client() .in_effect();
        /// Dots per inch of the desktop.
        scaling_dpi: Choice {
            initial: "96",
            menu: &["96", "120", "144", "168", "192", "216", "240", "264", "288"],
        } .client();
        /// Stretch a picture of low resolution in the page instead of streaming every pixel of a dense
        /// screen.
        use_css_scaling: Bool { initial: false } .per_viewer() .client();
        /// Allow a second screen.
        second_screen: Bool { initial: true };
        /// Stream a Wayland compositor of our own instead of an X display.
        wayland: Bool { initial: false } .aliases(&["PIXELFLUX_WAYLAND"]);
        /// Number N of the socket `wayland-N` the compositor opens.
        wayland_socket_index: Int { initial: 0, min: 0, max: 9_999 };
        /// Socket on which the applications live, when it is not the compositor's own.
        app_wayland_display: Text { initial: "" } .private();
        /// Existing compositor to stream from, as its client.
        wayland_host_display: Text { initial: "" } .private();
        /// Port or host:port for the HTTP interface by which programs see and use the desktop.
        computer_use_bind: Text { initial: "" } .private();
    }

    Video {
        /// How the picture is encoded. `h264enc` takes hardware where it works and software otherwise;
        /// the first of several is the default.
        encoder: Choice {
            initial: "h264enc",
            menu: &["h264enc", "openh264enc", "h264enc-striped", "jpeg"],
        } .per_output() .client() .in_effect() .aliases(&["WEBRTC_ENCODER"])
            .synonyms(&[
                ("x264enc", "h264enc"),
                ("x264enc-striped", "h264enc-striped"),
                ("nvh264enc", "h264enc"),
                ("vah264enc", "h264enc"),
            ])
            .unoffered(&[
                "nvh265enc", "vah265enc", "x265enc", "vp8enc", "vavp9enc", "vp9enc", "nvav1enc", "vaav1enc",
                "svtav1enc", "av1enc", "rav1enc",
            ]);
        /// Pictures per second at most.
        framerate: Range { initial: 60, min: 8, max: 120 }
            .limits(1, 500) .per_output() .client() .in_effect();
        /// Quality (`crf`) or bit rate (`cbr`) of H.264 stays constant. Without a choice it follows the
        /// encoder: `cbr` for `openh264enc`, `crf` for the others.
        rate_control_mode: Choice { initial: "crf", menu: &["cbr", "crf"] } .per_output() .client() .in_effect();
        /// Let pages choose between the two; off keeps `crf`.
        enable_rate_control: Bool { initial: true } .in_effect();
        /// Constant quality of H.264; lower is better and larger.
        video_crf: Range { initial: 25, min: 5, max: 50 }
            .limits(0, 51) .per_output() .client() .in_effect() .former(&["h264_crf"]);
        /// Constant bit rate in kbit/s. A number below 100, or a span that ends at 100 or below, is
        /// taken for Mbit/s.
        video_bitrate: Range { initial: 8_000, min: 100, max: 1_000_000 }
            .limits(100, 1_000_000) .megabits() .per_output() .client() .in_effect();
        /// Quality of JPEG, 100 is best.
        jpeg_quality: Range { initial: 40, min: 1, max: 100 }
            .limits(1, 100) .per_output() .client() .in_effect();
        /// Keep every pixel's colour (4:4:4) instead of one for four (4:2:0).
        video_fullcolor: Bool { initial: false }
            .per_output() .client() .in_effect() .former(&["h264_fullcolor"]);
        /// Encode every picture, also when nothing changed.
        video_streaming_mode: Bool { initial: false } .per_output() .client() .former(&["h264_streaming_mode"]);
        /// Encode in software even if hardware could.
        use_cpu: Bool { initial: false } .per_output() .client();
        /// Send what has not changed for a quarter of a second again in better quality. Off by default with `cbr`.
        use_paint_over_quality: Bool { initial: true } .per_output() .client() .in_effect();
        /// JPEG quality of what has come to rest.
        paint_over_jpeg_quality: Range { initial: 90, min: 1, max: 100 }
            .limits(1, 100) .per_output() .client() .in_effect();
        /// H.264 quality of what has come to rest; counts only when lower than video_crf.
        video_paintover_crf: Range { initial: 18, min: 5, max: 50 }
            .limits(0, 51) .per_output() .client() .in_effect() .former(&["h264_paintover_crf"]);
        /// Pictures sent to reach that quality; each paints over its share of what has come to rest.
        video_paintover_burst_frames: Range { initial: 5, min: 1, max: 30 }
            .limits(1, 1_000) .per_output() .client() .in_effect() .former(&["h264_paintover_burst_frames"]);
        /// Seconds between keyframes; 0 sends them only when someone needs one.
        keyframe_interval: Float { initial: 0.0, min: 0.0, max: 300.0 }
            .in_effect() .former(&["keyframe_distance"])
            .synonyms(&[("-1", "0"), ("-1.0", "0")]);
        /// Lower bound of the quantiser with `cbr`; 0 leaves it to the encoder.
        video_min_qp: Int { initial: 0, min: 0, max: 51 };
        /// Upper bound of the quantiser with `cbr`; 0 leaves it to the encoder.
        video_max_qp: Int { initial: 0, min: 0, max: 51 };
        /// Encoded pieces that may wait for one viewer before they are dropped and a keyframe follows.
        backpressure_queue_size: Int { initial: 120, min: 1, max: 100_000 } .in_effect();
        /// Render node of the hardware encoder, such as `/dev/dri/renderD128`.
        encode_dri: Text { initial: "" } .private() .former(&["dri_node"]) .aliases(&["DRI_NODE"]);
        /// Render node of the Wayland compositor.
        render_dri: Text { initial: "" } .private() .aliases(&["DRINODE"]);
        /// `true` picks the first GPU, `false` none; or a vendor, driver or PCI vendor id to pick by.
        auto_gpu: Text { initial: "true" } .aliases(&["AUTO_GPU"]);
        /// Number of the GPU to use and to watch; -1 is none.
        gpu_id: Text { initial: "" };
        /// PNG file drawn into the picture.
        watermark_path: Text { initial: "" } .private() .aliases(&["WATERMARK_PNG"]);
        /// Where: 1 top left, 2 top right, 3 bottom left, 4 bottom right, 5 middle, 6 moving about; 0 and
        /// -1 draw none.
        watermark_location: Int { initial: -1, min: -1, max: 6 } .aliases(&["WATERMARK_LOCATION"]);
        /// Path of a Unix socket that gives out the raw H.264.
        recording_socket: Text { initial: "" } .private() .aliases(&["PIXELFLUX_RECORDING_SOCKET"]);
    }

    Audio {
        /// Send the desktop's sound. Off turns the microphone off as well.
        audio_enabled: Bool { initial: true } .in_effect();
        /// The page's microphone is on at first. Locked to false, it is refused.
        microphone_enabled: Bool { initial: false } .in_effect();
        /// Bits per second of the sound.
        audio_bitrate: Choice {
            initial: "320000",
            menu: &[
                "32000", "48000", "64000", "96000", "128000", "192000", "256000", "320000", "384000", "510000",
            ],
        } .open(6_000, 510_000) .client() .in_effect();
        /// Channels of the sound.
        audio_channels: Int { initial: 2, min: 1, max: 8 } .words(&["1", "2", "6", "8"]) .in_effect();
        /// Milliseconds of sound in one packet.
        audio_frame_duration_ms: Choice { initial: "10", menu: &["2.5", "5", "10", "20", "40", "60"] } .in_effect();
        /// Repeat earlier packets inside later ones, so that a lost one is not heard.
        audio_redundancy: Bool { initial: true } .in_effect();
        /// How many earlier packets each one repeats.
        audio_redundancy_distance: Int { initial: 2, min: 0, max: 4 } .in_effect();
        /// PulseAudio source that is streamed.
        audio_device_name: Text { initial: "output.monitor" } .private() .in_effect();
    }

    Input {
        /// Draw the cursor as the browser's own instead of into the picture, where every viewer sees it.
        use_browser_cursors: Bool { initial: true } .per_viewer() .client() .in_effect();
        /// Tell pages what the cursor looks like; else they show one of their own.
        enable_cursors: Bool { initial: true } .in_effect();
        /// Longest side of the cursor's images at 96 dots per inch; larger ones are made smaller.
        /// -1 is 32. Browsers show none above 128.
        cursor_size: Int { initial: -1, min: -1, max: 512 } .in_effect() .aliases(&["XCURSOR_SIZE"]);
        /// Pass the page's gamepads on to the desktop.
        gamepad_enabled: Bool { initial: true } .in_effect();
        /// Gamepads as kernel devices: `auto` uses them when no interposer is loaded and the device can
        /// be written.
        uinput_gamepad: Text { initial: "auto" } .words(&["auto", "true", "false"]) .in_effect() .synonyms(YES_NO);
        /// Directory of the sockets the joystick interposer connects to.
        js_socket_path: Text { initial: "/tmp" } .private() .in_effect();
        /// Unix socket that takes relative mouse motion.
        uinput_mouse_socket: Text { initial: "" } .private();
    }

    Exchange {
        /// Which way the clipboard goes: both, into the desktop, out of it, or neither.
        enable_clipboard: Text { initial: "true" }
            .words(&["true", "in", "out", "false"]) .synonyms(YES_NO) .in_effect();
        /// Pictures and other formats on the clipboard, not only text.
        enable_binary_clipboard: Bool { initial: true } .client() .in_effect();
        /// Largest thing that may be copied in either direction, in MiB.
        clipboard_limit: Int { initial: 32, min: 1, max: 64 } .in_effect();
        /// Let our page know also of what is marked with the mouse (the PRIMARY selection of X11).
        clipboard_primary: Bool { initial: false } .in_effect();
        /// Which way files may go.
        file_transfers: List { menu: &["upload", "download"] };
        /// Directory that takes uploads and is listed for downloads.
        file_manager_path: Text { initial: "~/Desktop" }
            .private() .former(&["upload_dir"]) .aliases(&["FILE_MANAGER_PATH"]);
        /// Limit of all transfers together, in Mbit/s; 0 is none.
        file_transfer_limit_mbps: Float { initial: 0.0, min: 0.0, max: 1_000_000.0 };
        /// Slow transfers down before they disturb the picture.
        file_transfer_cc: Bool { initial: true };
        /// Run the shell commands a controlling page asks for.
        command_enabled: Bool { initial: false };
    }

    Network {
        /// Transport a page begins with.
        mode: Text { initial: "websockets" } .words(&["websockets", "webrtc"]);
        /// Let pages switch the transport.
        enable_dual_mode: Bool { initial: true };
        /// UDP port all WebRTC peers share; 0 takes the number of port.
        webrtc_port: Int { initial: 0, min: 0, max: 65_535 } .private();
        /// Bend the bit rate to what the link carries.
        congestion_control: Bool { initial: false };
        /// Spread the packets of a picture over time.
        webrtc_pacer: Bool { initial: true };
        /// Addresses to announce instead of the machine's own: up to one of IPv4 and one of IPv6.
        webrtc_public_ip: Text { initial: "" };
        /// STUN server.
        stun_host: Text { initial: "stun.l.google.com" };
        /// Port of the STUN server.
        stun_port: Int { initial: 19_302, min: 1, max: 65_535 };
        /// TURN server; empty uses none. An IPv6 address stands in brackets.
        turn_host: Text { initial: "" } .aliases(&["TURN_HOST"]);
        /// Port of the TURN server.
        turn_port: Int { initial: 443, min: 1, max: 65_535 } .aliases(&["TURN_PORT"]);
        /// How the TURN server is reached.
        turn_protocol: Text { initial: "udp" } .words(&["udp", "tcp"]) .aliases(&["TURN_PROTOCOL"]);
        /// Encrypt the way to the TURN server.
        turn_tls: Bool { initial: false } .aliases(&["TURN_TLS"]);
        /// Secret from which TURN credentials are made.
        turn_shared_secret: Secret {} .aliases(&["TURN_SHARED_SECRET"]);
        /// TURN user with a lasting password; counts before the shared secret.
        turn_username: Text { initial: "" } .aliases(&["TURN_USERNAME"]);
        /// Password of that user.
        turn_password: Secret {} .aliases(&["TURN_PASSWORD"]);
        /// Service that gives out TURN credentials.
        turn_rest_uri: Text { initial: "" };
        /// Key for that service.
        turn_rest_api_key: Secret {};
        /// User named in TURN credentials; a colon becomes a dash.
        turn_rest_username: Text { initial: "selkies" } .normalise(relay_user);
        /// Header that carries the user to that service.
        turn_rest_username_auth_header: Text { initial: "x-auth-user" };
        /// Header that carries the protocol to that service.
        turn_rest_protocol_header: Text { initial: "x-turn-protocol" };
        /// Header that carries the choice of TLS to that service.
        turn_rest_tls_header: Text { initial: "x-turn-tls" };
        /// Take TURN credentials from Cloudflare.
        enable_cloudflare_turn: Bool { initial: false };
        /// Id of the Cloudflare TURN key.
        cloudflare_turn_token_id: Secret {};
        /// Token of the Cloudflare TURN key.
        cloudflare_turn_api_token: Secret {};
        /// File with a whole RTC configuration; read again when it changes.
        rtc_config_json: Text { initial: "/tmp/rtc.json" } .private();
    }

    Page {
        /// Title of the page.
        ui_title: Text { initial: "Selkies" } .in_effect();
        /// Show the logo.
        ui_show_logo: Bool { initial: true } .in_effect();
        /// Show the side bar at all.
        ui_show_sidebar: Bool { initial: true } .in_effect();
        /// Show the switches for picture, sound, microphone and gamepad.
        ui_show_core_buttons: Bool { initial: true } .in_effect();
        /// Show the video section.
        ui_sidebar_show_video_settings: Bool { initial: true } .in_effect();
        /// Show the screen section.
        ui_sidebar_show_screen_settings: Bool { initial: true } .in_effect();
        /// Show the audio section.
        ui_sidebar_show_audio_settings: Bool { initial: true };
        /// Show the statistics section.
        ui_sidebar_show_stats: Bool { initial: true } .in_effect();
        /// Show the clipboard section.
        ui_sidebar_show_clipboard: Bool { initial: true } .in_effect();
        /// Show the file section.
        ui_sidebar_show_files: Bool { initial: true };
        /// Show the applications section; it also needs command_enabled.
        ui_sidebar_show_apps: Bool { initial: true };
        /// Show the sharing section; it also needs enable_sharing.
        ui_sidebar_show_sharing: Bool { initial: true };
        /// Show the gamepad section.
        ui_sidebar_show_gamepads: Bool { initial: true } .in_effect();
        /// Show the fullscreen button.
        ui_sidebar_show_fullscreen: Bool { initial: true } .in_effect();
        /// Show the button for fullscreen with a locked pointer.
        ui_sidebar_show_gaming_mode: Bool { initial: true } .in_effect();
        /// Show the button for a trackpad on touch screens.
        ui_sidebar_show_trackpad: Bool { initial: true } .in_effect();
        /// Show the button for the on-screen keyboard.
        ui_sidebar_show_keyboard_button: Bool { initial: true } .in_effect();
        /// Show the keys a touch screen lacks.
        ui_sidebar_show_soft_buttons: Bool { initial: true } .in_effect();
        /// Show the list of keyboard shortcuts.
        ui_sidebar_show_shortcuts: Bool { initial: true } .in_effect();
    }

    Operation {
        /// Log decisions, not only events.
        debug: Bool { initial: false } .private() .in_effect();
        /// Log what happens to the cursor.
        debug_cursors: Bool { initial: false };
        /// Shell command to run when the first page comes.
        run_after_connect: Text { initial: "" } .private();
        /// Shell command to run when the last page has gone, and at the end.
        run_after_disconnect: Text { initial: "" } .private();
        /// Hold the stream back until app_ready_file exists.
        app_wait_ready: Bool { initial: false };
        /// The file app_wait_ready waits for.
        app_ready_file: Text { initial: "/tmp/selkies-appready" } .private();
        /// Serve Prometheus metrics at /api/metrics.
        enable_metrics_http: Bool { initial: false };
        /// Take the statistics of WebRTC pages and write them as CSV.
        enable_webrtc_statistics: Bool { initial: false };
        /// Directory of those files.
        webrtc_statistics_dir: Text { initial: "/tmp" } .private();
    }
}
