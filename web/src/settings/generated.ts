// Generated from crates/settings by `make generate`; do not edit.

/** A switch. A locked one stays as it is. */
export interface SwitchEntry {
  readonly value: boolean;
  readonly locked: boolean;
  readonly overridden: boolean;
}

/** A number the user may move from `min` to `max`; `default` holds until then. */
export interface RangeEntry {
  readonly value: readonly [number, number];
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly overridden: boolean;
}

/** One of `allowed`; with a single one there is nothing to choose. */
export interface ChoiceEntry {
  readonly value: string;
  readonly allowed: readonly string[];
  readonly overridden: boolean;
}

/** Any of `allowed`. */
export interface ListEntry {
  readonly value: readonly string[];
  readonly allowed: readonly string[];
  readonly overridden: boolean;
}

/** A plain number. */
export interface NumberEntry {
  readonly value: number;
  readonly overridden: boolean;
}

/** Plain text. */
export interface TextEntry {
  readonly value: string;
  readonly overridden: boolean;
}

/** Something the server derived. */
export interface FactEntry<T> {
  readonly value: T;
}

/** What a setting belongs to: everyone, one streamed output, or one page. */
export type SettingScope = "process" | "output" | "viewer";

interface Described {
  readonly group: string;
  readonly doc: string;
  readonly scope: SettingScope;
  /** The page may ask the server for another value. */
  readonly client: boolean;
  /** The feature behind it is built. */
  readonly inEffect: boolean;
}

/** What is known of a setting before the server has spoken. */
export type SettingDescription = Described &
  (
    | { readonly kind: "switch"; readonly default: boolean }
    | { readonly kind: "range"; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: "choice"; readonly default: string; readonly menu: readonly string[] }
    | { readonly kind: "list"; readonly default: readonly string[]; readonly menu: readonly string[] }
    | { readonly kind: "number"; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: "text"; readonly default: string; readonly words: readonly string[] }
  );

/** The `settings` of a `server_settings` message. */
export interface ServerSettings {
  /** URL prefix of every route: `desk`, `/desk` and `/desk/` mean the same. */
  readonly subfolder: TextEntry;
  /** Encrypt the listener with TLS. */
  readonly enable_https: SwitchEntry;
  /** Seconds between looks at the certificate for a newer one; 0 never looks. */
  readonly cert_reload_interval: NumberEntry;
  /** Ask for user and password before anything else. */
  readonly enable_basic_auth: SwitchEntry;
  /** Further origins whose pages may open a WebSocket, separated by commas; `*` is any. */
  readonly allowed_origins: TextEntry;
  /** Offer links for others. */
  readonly enable_sharing: SwitchEntry;
  /** A token viewer that was handed the keyboard and mouse may use them. */
  readonly enable_collab: SwitchEntry;
  /** Let others watch by a link. */
  readonly enable_shared: SwitchEntry;
  /** Let a second player in by a link. */
  readonly enable_player2: SwitchEntry;
  /** Let a third player in by a link. */
  readonly enable_player3: SwitchEntry;
  /** Let a fourth player in by a link. */
  readonly enable_player4: SwitchEntry;
  /** Let the desktop follow the size of the page. */
  readonly enable_resize: SwitchEntry;
  /** Keep the desktop at manual_width by manual_height. Giving a width or a height turns it on for good. */
  readonly is_manual_resolution_mode: SwitchEntry;
  /** Width of the desktop in manual mode; 0 is not given. */
  readonly manual_width: NumberEntry;
  /** Height of the desktop in manual mode; 0 is not given. */
  readonly manual_height: NumberEntry;
  /** Round sizes down to a multiple of 16 instead of 2. */
  readonly force_aligned_resolution: SwitchEntry;
  /** Dots per inch of the desktop. */
  readonly scaling_dpi: ChoiceEntry;
  /** Stretch a picture of low resolution in the page instead of streaming every pixel of a dense screen. */
  readonly use_css_scaling: SwitchEntry;
  /** Allow a second screen. */
  readonly second_screen: SwitchEntry;
  /** Stream a Wayland compositor of our own instead of an X display. */
  readonly wayland: SwitchEntry;
  /** Number N of the socket `wayland-N` the compositor opens. */
  readonly wayland_socket_index: NumberEntry;
  /** How the picture is encoded. `h264enc` takes hardware where it works and software otherwise; the first of several is the default. */
  readonly encoder: ChoiceEntry;
  /** Pictures per second at most. */
  readonly framerate: RangeEntry;
  /** Quality (`crf`) or bit rate (`cbr`) of H.264 stays constant. Without a choice it follows the encoder: `cbr` for `openh264enc`, `crf` for the others. */
  readonly rate_control_mode: ChoiceEntry;
  /** Let pages choose between the two; off keeps `crf`. */
  readonly enable_rate_control: SwitchEntry;
  /** Constant quality of H.264; lower is better and larger. */
  readonly video_crf: RangeEntry;
  /** Constant bit rate in kbit/s. A number below 100, or a span that ends at 100 or below, is taken for Mbit/s. */
  readonly video_bitrate: RangeEntry;
  /** Quality of JPEG, 100 is best. */
  readonly jpeg_quality: RangeEntry;
  /** Keep every pixel's colour (4:4:4) instead of one for four (4:2:0). */
  readonly video_fullcolor: SwitchEntry;
  /** Encode every picture, also when nothing changed. */
  readonly video_streaming_mode: SwitchEntry;
  /** Encode in software even if hardware could. */
  readonly use_cpu: SwitchEntry;
  /** Send what has not changed for a quarter of a second again in better quality. Off by default with `cbr`. */
  readonly use_paint_over_quality: SwitchEntry;
  /** JPEG quality of what has come to rest. */
  readonly paint_over_jpeg_quality: RangeEntry;
  /** H.264 quality of what has come to rest; counts only when lower than video_crf. */
  readonly video_paintover_crf: RangeEntry;
  /** Pictures sent to reach that quality; each paints over its share of what has come to rest. */
  readonly video_paintover_burst_frames: RangeEntry;
  /** Seconds between keyframes; 0 sends them only when someone needs one. */
  readonly keyframe_interval: NumberEntry;
  /** Lower bound of the quantiser with `cbr`; 0 leaves it to the encoder. */
  readonly video_min_qp: NumberEntry;
  /** Upper bound of the quantiser with `cbr`; 0 leaves it to the encoder. */
  readonly video_max_qp: NumberEntry;
  /** Encoded pieces that may wait for one viewer before they are dropped and a keyframe follows. */
  readonly backpressure_queue_size: NumberEntry;
  /** `true` picks the first GPU, `false` none; or a vendor, driver or PCI vendor id to pick by. */
  readonly auto_gpu: TextEntry;
  /** Number of the GPU to use and to watch; -1 is none. */
  readonly gpu_id: TextEntry;
  /** Where: 1 top left, 2 top right, 3 bottom left, 4 bottom right, 5 middle, 6 moving about; 0 and -1 draw none. */
  readonly watermark_location: NumberEntry;
  /** Send the desktop's sound. Off turns the microphone off as well. */
  readonly audio_enabled: SwitchEntry;
  /** The page's microphone is on at first. Locked to false, it is refused. */
  readonly microphone_enabled: SwitchEntry;
  /** Bits per second of the sound. */
  readonly audio_bitrate: ChoiceEntry;
  /** Channels of the sound. */
  readonly audio_channels: NumberEntry;
  /** Milliseconds of sound in one packet. */
  readonly audio_frame_duration_ms: ChoiceEntry;
  /** Repeat earlier packets inside later ones, so that a lost one is not heard. */
  readonly audio_redundancy: SwitchEntry;
  /** How many earlier packets each one repeats. */
  readonly audio_redundancy_distance: NumberEntry;
  /** Draw the cursor as the browser's own instead of into the picture, where every viewer sees it. */
  readonly use_browser_cursors: SwitchEntry;
  /** Tell pages what the cursor looks like; else they show one of their own. */
  readonly enable_cursors: SwitchEntry;
  /** Longest side of the cursor's images at 96 dots per inch; larger ones are made smaller. -1 is 32. Browsers show none above 128. */
  readonly cursor_size: NumberEntry;
  /** Pass the page's gamepads on to the desktop. */
  readonly gamepad_enabled: SwitchEntry;
  /** Gamepads as kernel devices: `auto` uses them when no interposer is loaded and the device can be written. */
  readonly uinput_gamepad: TextEntry;
  /** Which way the clipboard goes: both, into the desktop, out of it, or neither. */
  readonly enable_clipboard: TextEntry;
  /** Pictures and other formats on the clipboard, not only text. */
  readonly enable_binary_clipboard: SwitchEntry;
  /** Largest thing that may be copied in either direction, in MiB. */
  readonly clipboard_limit: NumberEntry;
  /** Let our page know also of what is marked with the mouse (the PRIMARY selection of X11). */
  readonly clipboard_primary: SwitchEntry;
  /** Which way files may go. */
  readonly file_transfers: ListEntry;
  /** Limit of all transfers together, in Mbit/s; 0 is none. */
  readonly file_transfer_limit_mbps: NumberEntry;
  /** Slow transfers down before they disturb the picture. */
  readonly file_transfer_cc: SwitchEntry;
  /** Run the shell commands a controlling page asks for. */
  readonly command_enabled: SwitchEntry;
  /** Transport a page begins with. */
  readonly mode: TextEntry;
  /** Let pages switch the transport. */
  readonly enable_dual_mode: SwitchEntry;
  /** Bend the bit rate to what the link carries. */
  readonly congestion_control: SwitchEntry;
  /** Spread the packets of a picture over time. */
  readonly webrtc_pacer: SwitchEntry;
  /** Addresses to announce instead of the machine's own: up to one of IPv4 and one of IPv6. */
  readonly webrtc_public_ip: TextEntry;
  /** STUN server. */
  readonly stun_host: TextEntry;
  /** Port of the STUN server. */
  readonly stun_port: NumberEntry;
  /** TURN server; empty uses none. An IPv6 address stands in brackets. */
  readonly turn_host: TextEntry;
  /** Port of the TURN server. */
  readonly turn_port: NumberEntry;
  /** How the TURN server is reached. */
  readonly turn_protocol: TextEntry;
  /** Encrypt the way to the TURN server. */
  readonly turn_tls: SwitchEntry;
  /** TURN user with a lasting password; counts before the shared secret. */
  readonly turn_username: TextEntry;
  /** Service that gives out TURN credentials. */
  readonly turn_rest_uri: TextEntry;
  /** User named in TURN credentials; a colon becomes a dash. */
  readonly turn_rest_username: TextEntry;
  /** Header that carries the user to that service. */
  readonly turn_rest_username_auth_header: TextEntry;
  /** Header that carries the protocol to that service. */
  readonly turn_rest_protocol_header: TextEntry;
  /** Header that carries the choice of TLS to that service. */
  readonly turn_rest_tls_header: TextEntry;
  /** Take TURN credentials from Cloudflare. */
  readonly enable_cloudflare_turn: SwitchEntry;
  /** Title of the page. */
  readonly ui_title: TextEntry;
  /** Show the logo. */
  readonly ui_show_logo: SwitchEntry;
  /** Show the side bar at all. */
  readonly ui_show_sidebar: SwitchEntry;
  /** Show the switches for picture, sound, microphone and gamepad. */
  readonly ui_show_core_buttons: SwitchEntry;
  /** Show the video section. */
  readonly ui_sidebar_show_video_settings: SwitchEntry;
  /** Show the screen section. */
  readonly ui_sidebar_show_screen_settings: SwitchEntry;
  /** Show the audio section. */
  readonly ui_sidebar_show_audio_settings: SwitchEntry;
  /** Show the statistics section. */
  readonly ui_sidebar_show_stats: SwitchEntry;
  /** Show the clipboard section. */
  readonly ui_sidebar_show_clipboard: SwitchEntry;
  /** Show the file section. */
  readonly ui_sidebar_show_files: SwitchEntry;
  /** Show the applications section; it also needs command_enabled. */
  readonly ui_sidebar_show_apps: SwitchEntry;
  /** Show the sharing section; it also needs enable_sharing. */
  readonly ui_sidebar_show_sharing: SwitchEntry;
  /** Show the gamepad section. */
  readonly ui_sidebar_show_gamepads: SwitchEntry;
  /** Show the fullscreen button. */
  readonly ui_sidebar_show_fullscreen: SwitchEntry;
  /** Show the button for fullscreen with a locked pointer. */
  readonly ui_sidebar_show_gaming_mode: SwitchEntry;
  /** Show the button for a trackpad on touch screens. */
  readonly ui_sidebar_show_trackpad: SwitchEntry;
  /** Show the button for the on-screen keyboard. */
  readonly ui_sidebar_show_keyboard_button: SwitchEntry;
  /** Show the keys a touch screen lacks. */
  readonly ui_sidebar_show_soft_buttons: SwitchEntry;
  /** Show the list of keyboard shortcuts. */
  readonly ui_sidebar_show_shortcuts: SwitchEntry;
  /** Log what happens to the cursor. */
  readonly debug_cursors: SwitchEntry;
  /** Hold the stream back until app_ready_file exists. */
  readonly app_wait_ready: SwitchEntry;
  /** Serve Prometheus metrics at /api/metrics. */
  readonly enable_metrics_http: SwitchEntry;
  /** Take the statistics of WebRTC pages and write them as CSV. */
  readonly enable_webrtc_statistics: SwitchEntry;
  readonly clipboard_enabled: FactEntry<boolean>;
  readonly clipboard_in_enabled: FactEntry<boolean>;
  readonly clipboard_out_enabled: FactEntry<boolean>;
  readonly ws_max_message_bytes: FactEntry<number>;
}

/** Every published setting, in the order they are shown. */
export const SETTINGS = {
  subfolder: { kind: "text", default: "", words: [], group: "Listening and serving", scope: "process", client: false, inEffect: true, doc: "URL prefix of every route: `desk`, `/desk` and `/desk/` mean the same." },
  enable_https: { kind: "switch", default: false, group: "Listening and serving", scope: "process", client: false, inEffect: false, doc: "Encrypt the listener with TLS." },
  cert_reload_interval: { kind: "number", default: 30, min: 0, max: 86400, group: "Listening and serving", scope: "process", client: false, inEffect: false, doc: "Seconds between looks at the certificate for a newer one; 0 never looks." },
  enable_basic_auth: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Ask for user and password before anything else." },
  allowed_origins: { kind: "text", default: "", words: [], group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Further origins whose pages may open a WebSocket, separated by commas; `*` is any." },
  enable_sharing: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Offer links for others." },
  enable_collab: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: false, doc: "A token viewer that was handed the keyboard and mouse may use them." },
  enable_shared: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Let others watch by a link." },
  enable_player2: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Let a second player in by a link." },
  enable_player3: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Let a third player in by a link." },
  enable_player4: { kind: "switch", default: true, group: "Access and sharing", scope: "process", client: false, inEffect: true, doc: "Let a fourth player in by a link." },
  enable_resize: { kind: "switch", default: true, group: "Desktop and screens", scope: "process", client: false, inEffect: true, doc: "Let the desktop follow the size of the page." },
  is_manual_resolution_mode: { kind: "switch", default: false, group: "Desktop and screens", scope: "output", client: true, inEffect: true, doc: "Keep the desktop at manual_width by manual_height. Giving a width or a height turns it on for good." },
  manual_width: { kind: "number", default: 0, min: 0, max: 16384, group: "Desktop and screens", scope: "output", client: true, inEffect: true, doc: "Width of the desktop in manual mode; 0 is not given." },
  manual_height: { kind: "number", default: 0, min: 0, max: 16384, group: "Desktop and screens", scope: "output", client: true, inEffect: true, doc: "Height of the desktop in manual mode; 0 is not given." },
  force_aligned_resolution: { kind: "switch", default: false, group: "Desktop and screens", scope: "output", client: true, inEffect: true, doc: "Round sizes down to a multiple of 16 instead of 2." },
  scaling_dpi: { kind: "choice", default: "96", menu: ["96","120","144","168","192","216","240","264","288"], group: "Desktop and screens", scope: "process", client: true, inEffect: false, doc: "Dots per inch of the desktop." },
  use_css_scaling: { kind: "switch", default: false, group: "Desktop and screens", scope: "viewer", client: true, inEffect: false, doc: "Stretch a picture of low resolution in the page instead of streaming every pixel of a dense screen." },
  second_screen: { kind: "switch", default: true, group: "Desktop and screens", scope: "process", client: false, inEffect: false, doc: "Allow a second screen." },
  wayland: { kind: "switch", default: false, group: "Desktop and screens", scope: "process", client: false, inEffect: false, doc: "Stream a Wayland compositor of our own instead of an X display." },
  wayland_socket_index: { kind: "number", default: 0, min: 0, max: 9999, group: "Desktop and screens", scope: "process", client: false, inEffect: false, doc: "Number N of the socket `wayland-N` the compositor opens." },
  encoder: { kind: "choice", default: "h264enc", menu: ["h264enc","openh264enc","h264enc-striped","jpeg"], group: "Video", scope: "output", client: true, inEffect: true, doc: "How the picture is encoded. `h264enc` takes hardware where it works and software otherwise; the first of several is the default." },
  framerate: { kind: "range", default: 60, min: 8, max: 120, group: "Video", scope: "output", client: true, inEffect: true, doc: "Pictures per second at most." },
  rate_control_mode: { kind: "choice", default: "crf", menu: ["cbr","crf"], group: "Video", scope: "output", client: true, inEffect: true, doc: "Quality (`crf`) or bit rate (`cbr`) of H.264 stays constant. Without a choice it follows the encoder: `cbr` for `openh264enc`, `crf` for the others." },
  enable_rate_control: { kind: "switch", default: true, group: "Video", scope: "process", client: false, inEffect: true, doc: "Let pages choose between the two; off keeps `crf`." },
  video_crf: { kind: "range", default: 25, min: 5, max: 50, group: "Video", scope: "output", client: true, inEffect: true, doc: "Constant quality of H.264; lower is better and larger." },
  video_bitrate: { kind: "range", default: 8000, min: 100, max: 1000000, group: "Video", scope: "output", client: true, inEffect: true, doc: "Constant bit rate in kbit/s. A number below 100, or a span that ends at 100 or below, is taken for Mbit/s." },
  jpeg_quality: { kind: "range", default: 40, min: 1, max: 100, group: "Video", scope: "output", client: true, inEffect: true, doc: "Quality of JPEG, 100 is best." },
  video_fullcolor: { kind: "switch", default: false, group: "Video", scope: "output", client: true, inEffect: true, doc: "Keep every pixel's colour (4:4:4) instead of one for four (4:2:0)." },
  video_streaming_mode: { kind: "switch", default: false, group: "Video", scope: "output", client: true, inEffect: false, doc: "Encode every picture, also when nothing changed." },
  use_cpu: { kind: "switch", default: false, group: "Video", scope: "output", client: true, inEffect: false, doc: "Encode in software even if hardware could." },
  use_paint_over_quality: { kind: "switch", default: true, group: "Video", scope: "output", client: true, inEffect: true, doc: "Send what has not changed for a quarter of a second again in better quality. Off by default with `cbr`." },
  paint_over_jpeg_quality: { kind: "range", default: 90, min: 1, max: 100, group: "Video", scope: "output", client: true, inEffect: true, doc: "JPEG quality of what has come to rest." },
  video_paintover_crf: { kind: "range", default: 18, min: 5, max: 50, group: "Video", scope: "output", client: true, inEffect: true, doc: "H.264 quality of what has come to rest; counts only when lower than video_crf." },
  video_paintover_burst_frames: { kind: "range", default: 5, min: 1, max: 30, group: "Video", scope: "output", client: true, inEffect: true, doc: "Pictures sent to reach that quality; each paints over its share of what has come to rest." },
  keyframe_interval: { kind: "number", default: 0, min: 0, max: 300, group: "Video", scope: "process", client: false, inEffect: true, doc: "Seconds between keyframes; 0 sends them only when someone needs one." },
  video_min_qp: { kind: "number", default: 0, min: 0, max: 51, group: "Video", scope: "process", client: false, inEffect: false, doc: "Lower bound of the quantiser with `cbr`; 0 leaves it to the encoder." },
  video_max_qp: { kind: "number", default: 0, min: 0, max: 51, group: "Video", scope: "process", client: false, inEffect: false, doc: "Upper bound of the quantiser with `cbr`; 0 leaves it to the encoder." },
  backpressure_queue_size: { kind: "number", default: 120, min: 1, max: 100000, group: "Video", scope: "process", client: false, inEffect: true, doc: "Encoded pieces that may wait for one viewer before they are dropped and a keyframe follows." },
  auto_gpu: { kind: "text", default: "true", words: [], group: "Video", scope: "process", client: false, inEffect: false, doc: "`true` picks the first GPU, `false` none; or a vendor, driver or PCI vendor id to pick by." },
  gpu_id: { kind: "text", default: "", words: [], group: "Video", scope: "process", client: false, inEffect: false, doc: "Number of the GPU to use and to watch; -1 is none." },
  watermark_location: { kind: "number", default: -1, min: -1, max: 6, group: "Video", scope: "process", client: false, inEffect: false, doc: "Where: 1 top left, 2 top right, 3 bottom left, 4 bottom right, 5 middle, 6 moving about; 0 and -1 draw none." },
  audio_enabled: { kind: "switch", default: true, group: "Audio", scope: "process", client: false, inEffect: true, doc: "Send the desktop's sound. Off turns the microphone off as well." },
  microphone_enabled: { kind: "switch", default: false, group: "Audio", scope: "process", client: false, inEffect: true, doc: "The page's microphone is on at first. Locked to false, it is refused." },
  audio_bitrate: { kind: "choice", default: "320000", menu: ["32000","48000","64000","96000","128000","192000","256000","320000","384000","510000"], group: "Audio", scope: "process", client: true, inEffect: true, doc: "Bits per second of the sound." },
  audio_channels: { kind: "number", default: 2, min: 1, max: 8, group: "Audio", scope: "process", client: false, inEffect: true, doc: "Channels of the sound." },
  audio_frame_duration_ms: { kind: "choice", default: "10", menu: ["2.5","5","10","20","40","60"], group: "Audio", scope: "process", client: false, inEffect: true, doc: "Milliseconds of sound in one packet." },
  audio_redundancy: { kind: "switch", default: true, group: "Audio", scope: "process", client: false, inEffect: true, doc: "Repeat earlier packets inside later ones, so that a lost one is not heard." },
  audio_redundancy_distance: { kind: "number", default: 2, min: 0, max: 4, group: "Audio", scope: "process", client: false, inEffect: true, doc: "How many earlier packets each one repeats." },
  use_browser_cursors: { kind: "switch", default: true, group: "Input devices and cursor", scope: "viewer", client: true, inEffect: true, doc: "Draw the cursor as the browser's own instead of into the picture, where every viewer sees it." },
  enable_cursors: { kind: "switch", default: true, group: "Input devices and cursor", scope: "process", client: false, inEffect: true, doc: "Tell pages what the cursor looks like; else they show one of their own." },
  cursor_size: { kind: "number", default: -1, min: -1, max: 512, group: "Input devices and cursor", scope: "process", client: false, inEffect: true, doc: "Longest side of the cursor's images at 96 dots per inch; larger ones are made smaller. -1 is 32. Browsers show none above 128." },
  gamepad_enabled: { kind: "switch", default: true, group: "Input devices and cursor", scope: "process", client: false, inEffect: true, doc: "Pass the page's gamepads on to the desktop." },
  uinput_gamepad: { kind: "text", default: "auto", words: ["auto","true","false"], group: "Input devices and cursor", scope: "process", client: false, inEffect: true, doc: "Gamepads as kernel devices: `auto` uses them when no interposer is loaded and the device can be written." },
  enable_clipboard: { kind: "text", default: "true", words: ["true","in","out","false"], group: "Clipboard, files and commands", scope: "process", client: false, inEffect: true, doc: "Which way the clipboard goes: both, into the desktop, out of it, or neither." },
  enable_binary_clipboard: { kind: "switch", default: true, group: "Clipboard, files and commands", scope: "process", client: true, inEffect: true, doc: "Pictures and other formats on the clipboard, not only text." },
  clipboard_limit: { kind: "number", default: 32, min: 1, max: 64, group: "Clipboard, files and commands", scope: "process", client: false, inEffect: true, doc: "Largest thing that may be copied in either direction, in MiB." },
  clipboard_primary: { kind: "switch", default: false, group: "Clipboard, files and commands", scope: "process", client: false, inEffect: true, doc: "Let our page know also of what is marked with the mouse (the PRIMARY selection of X11)." },
  file_transfers: { kind: "list", default: ["upload","download"], menu: ["upload","download"], group: "Clipboard, files and commands", scope: "process", client: false, inEffect: false, doc: "Which way files may go." },
  file_transfer_limit_mbps: { kind: "number", default: 0, min: 0, max: 1000000, group: "Clipboard, files and commands", scope: "process", client: false, inEffect: false, doc: "Limit of all transfers together, in Mbit/s; 0 is none." },
  file_transfer_cc: { kind: "switch", default: true, group: "Clipboard, files and commands", scope: "process", client: false, inEffect: false, doc: "Slow transfers down before they disturb the picture." },
  command_enabled: { kind: "switch", default: false, group: "Clipboard, files and commands", scope: "process", client: false, inEffect: false, doc: "Run the shell commands a controlling page asks for." },
  mode: { kind: "text", default: "websockets", words: ["websockets","webrtc"], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Transport a page begins with." },
  enable_dual_mode: { kind: "switch", default: true, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Let pages switch the transport." },
  congestion_control: { kind: "switch", default: false, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Bend the bit rate to what the link carries." },
  webrtc_pacer: { kind: "switch", default: true, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Spread the packets of a picture over time." },
  webrtc_public_ip: { kind: "text", default: "", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Addresses to announce instead of the machine's own: up to one of IPv4 and one of IPv6." },
  stun_host: { kind: "text", default: "stun.l.google.com", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "STUN server." },
  stun_port: { kind: "number", default: 19302, min: 1, max: 65535, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Port of the STUN server." },
  turn_host: { kind: "text", default: "", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "TURN server; empty uses none. An IPv6 address stands in brackets." },
  turn_port: { kind: "number", default: 443, min: 1, max: 65535, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Port of the TURN server." },
  turn_protocol: { kind: "text", default: "udp", words: ["udp","tcp"], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "How the TURN server is reached." },
  turn_tls: { kind: "switch", default: false, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Encrypt the way to the TURN server." },
  turn_username: { kind: "text", default: "", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "TURN user with a lasting password; counts before the shared secret." },
  turn_rest_uri: { kind: "text", default: "", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Service that gives out TURN credentials." },
  turn_rest_username: { kind: "text", default: "selkies", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "User named in TURN credentials; a colon becomes a dash." },
  turn_rest_username_auth_header: { kind: "text", default: "x-auth-user", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Header that carries the user to that service." },
  turn_rest_protocol_header: { kind: "text", default: "x-turn-protocol", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Header that carries the protocol to that service." },
  turn_rest_tls_header: { kind: "text", default: "x-turn-tls", words: [], group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Header that carries the choice of TLS to that service." },
  enable_cloudflare_turn: { kind: "switch", default: false, group: "Transport, STUN and TURN", scope: "process", client: false, inEffect: false, doc: "Take TURN credentials from Cloudflare." },
  ui_title: { kind: "text", default: "Selkies", words: [], group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Title of the page." },
  ui_show_logo: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the logo." },
  ui_show_sidebar: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the side bar at all." },
  ui_show_core_buttons: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the switches for picture, sound, microphone and gamepad." },
  ui_sidebar_show_video_settings: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the video section." },
  ui_sidebar_show_screen_settings: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the screen section." },
  ui_sidebar_show_audio_settings: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: false, doc: "Show the audio section." },
  ui_sidebar_show_stats: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the statistics section." },
  ui_sidebar_show_clipboard: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the clipboard section." },
  ui_sidebar_show_files: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: false, doc: "Show the file section." },
  ui_sidebar_show_apps: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: false, doc: "Show the applications section; it also needs command_enabled." },
  ui_sidebar_show_sharing: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: false, doc: "Show the sharing section; it also needs enable_sharing." },
  ui_sidebar_show_gamepads: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the gamepad section." },
  ui_sidebar_show_fullscreen: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the fullscreen button." },
  ui_sidebar_show_gaming_mode: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the button for fullscreen with a locked pointer." },
  ui_sidebar_show_trackpad: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the button for a trackpad on touch screens." },
  ui_sidebar_show_keyboard_button: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the button for the on-screen keyboard." },
  ui_sidebar_show_soft_buttons: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the keys a touch screen lacks." },
  ui_sidebar_show_shortcuts: { kind: "switch", default: true, group: "What the page shows", scope: "process", client: false, inEffect: true, doc: "Show the list of keyboard shortcuts." },
  debug_cursors: { kind: "switch", default: false, group: "Operation and diagnosis", scope: "process", client: false, inEffect: false, doc: "Log what happens to the cursor." },
  app_wait_ready: { kind: "switch", default: false, group: "Operation and diagnosis", scope: "process", client: false, inEffect: false, doc: "Hold the stream back until app_ready_file exists." },
  enable_metrics_http: { kind: "switch", default: false, group: "Operation and diagnosis", scope: "process", client: false, inEffect: false, doc: "Serve Prometheus metrics at /api/metrics." },
  enable_webrtc_statistics: { kind: "switch", default: false, group: "Operation and diagnosis", scope: "process", client: false, inEffect: false, doc: "Take the statistics of WebRTC pages and write them as CSV." },
} as const satisfies Readonly<Record<string, SettingDescription>>;

/** Name of a published setting. */
export type SettingName = keyof typeof SETTINGS;
