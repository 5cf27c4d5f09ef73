//! What the fuzz target `session` does with its input, so that ordinary tests replay its corpus:
//! bytes become things that happen, and after each of them everything is checked.

mod model;
mod op;

use std::sync::LazyLock;

use selkies_settings::Settings;

use op::{Op, SEATS, World};

/// Longer inputs teach nothing that shorter ones don't.
const MOST_OPS: usize = 400;

/// What the operator may have set.
const SETTINGS: [&[(&str, &str)]; 9] = [
    &[],
    &[
        ("SELKIES_ENABLE_SHARING", "false"),
        ("SELKIES_ENCODER", "jpeg"),
    ],
    &[
        ("SELKIES_MANUAL_WIDTH", "1001"),
        ("SELKIES_MANUAL_HEIGHT", "701"),
    ],
    &[
        ("SELKIES_ENABLE_RESIZE", "false"),
        ("SELKIES_FRAMERATE", "30"),
    ],
    &[
        ("SELKIES_RATE_CONTROL_MODE", "cbr"),
        ("SELKIES_FORCE_ALIGNED_RESOLUTION", "true|locked"),
    ],
    &[
        ("SELKIES_ENABLE_CLIPBOARD", "in"),
        ("SELKIES_CLIPBOARD_LIMIT", "1"),
    ],
    &[
        ("SELKIES_ENABLE_CLIPBOARD", "out"),
        ("SELKIES_CLIPBOARD_LIMIT", "1"),
        ("SELKIES_CLIPBOARD_PRIMARY", "true"),
    ],
    &[("SELKIES_AUDIO_ENABLED", "false")],
    &[
        ("SELKIES_MICROPHONE_ENABLED", "false|locked"),
        ("SELKIES_AUDIO_REDUNDANCY_DISTANCE", "4"),
    ],
];

/// Reading settings takes longer than all the rest.
static RESOLVED: LazyLock<Vec<Settings>> =
    LazyLock::new(|| SETTINGS.into_iter().map(op::settings).collect());

/// What pages say often; `#` stands for a number of the input.
const SAYINGS: [&str; 69] = [
    "SETTINGS,{\"displayId\":\"primary\",\"initialClientWidth\":#,\"initialClientHeight\":#}",
    "SETTINGS,{\"encoder\":\"jpeg\"}",
    "SETTINGS,{\"encoder\":\"h264enc\"}",
    "SETTINGS,{\"encoder\":\"h264enc-striped\",\"framerate\":#,\"video_crf\":#,\"jpeg_quality\":#}",
    "SETTINGS,{\"displayId\":\"display2\"}",
    "SETTINGS,{\"rate_control_mode\":\"cbr\",\"video_bitrate\":#}",
    "SETTINGS,{\"rate_control_mode\":\"crf\",\"video_fullcolor\":true}",
    "SETTINGS,{\"video_fullcolor\":false}",
    "SETTINGS,{\"is_manual_resolution_mode\":true,\"manual_width\":#,\"manual_height\":#}",
    "SETTINGS,{\"is_manual_resolution_mode\":false,\"force_aligned_resolution\":true}",
    "SETTINGS,{\"force_aligned_resolution\":false}",
    "START_VIDEO",
    "START_VIDEO",
    "STOP_VIDEO",
    "REQUEST_KEYFRAME",
    "r,#x#,primary",
    "r,640x480,primary",
    "r,#x#,display2",
    "kd,#",
    "kd,#",
    "ku,#",
    "kh,#,#",
    "kd,65",
    "ku,65",
    "kh,65",
    "kr",
    "m,#,#,#,0",
    "m,#,#,#,#",
    "m2,#,-#,#,0",
    "m2,0,0,#,1",
    "_selkies,{\"desktop_state\":true}",
    "_gz,1",
    "_input,#",
    "START_AUDIO",
    "cr",
    "js,d,0",
    "_arg_fps,#",
    "vb,#",
    "_rc,cbr",
    "_crf,#",
    "_selkies,{\"clips\":true}",
    "_clip,2",
    "_clip,3",
    "cw,YWJj",
    "cb,image/png,YWJj",
    "cb,text/html,YWJj",
    "cb,video/mp4,YWJj",
    "cws,1,6",
    "cws,1,#",
    "cbs,2,image/png,3",
    "cwd,1,YWJj",
    "cbd,2,YWJj",
    "cwe,1",
    "cbe,2",
    "REQUEST_CLIPBOARD",
    "_ebc,false",
    "STOP_AUDIO",
    "SETTINGS,{\"audioRedundancy\":true}",
    "SETTINGS,{\"audioRedundancy\":false}",
    "SETTINGS,{\"audio_bitrate\":64000}",
    "ab,#",
    "_selkies,{\"rumble\":true}",
    "js,c,0,UGFk,4,17",
    "js,c,1,UGFk,4,17",
    "js,b,0,#,1",
    "js,b,1,0,0.#",
    "js,a,1,#,-0.5",
    "js,h,0",
    "js,d,1",
];

/// Reads `data` as a list of things that happen.
///
/// # Panics
/// When the session panics, or does what it must not.
pub(crate) fn session(data: &[u8]) {
    let mut bytes = Bytes(data);
    let choice = usize::from(bytes.byte()) % SETTINGS.len();
    let Some(settings) = RESOLVED.get(choice) else {
        return;
    };
    let mut world = World::with(settings.clone());
    for _ in 0..MOST_OPS {
        if bytes.0.is_empty() {
            break;
        }
        world.run(&bytes.op());
    }
    world.end();
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// Zero when there are no more.
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.byte(), self.byte()])
    }

    fn op(&mut self) -> Op {
        let seat = self.byte() % SEATS;
        match self.byte() % 32 {
            0 => Op::Join {
                seat,
                role: self.byte() % 6,
            },
            1 => Op::Leave { seat },
            2 => Op::Malformed { seat },
            3 => Op::Microphone { seat },
            4 | 5 => Op::DesktopUp {
                width: self.number(),
                height: self.number(),
            },
            6 => Op::DesktopLost,
            7..=9 => Op::Obey,
            10 => Op::Refuse,
            11 => Op::Resized {
                width: self.number(),
                height: self.number(),
            },
            12 => Op::EncoderFailed {
                current: self.byte() < 192,
            },
            13 | 14 => Op::Pass {
                millis: self.number() % 8000,
            },
            15 if self.byte() == 255 => Op::ShutDown,
            16 => Op::Say {
                seat,
                text: self.text(),
            },
            28 => Op::Rumble {
                slot: self.byte(),
                strong: self.byte(),
            },
            29 => Op::Copied {
                primary: self.byte() % 2 == 1,
                forms: self.byte(),
            },
            30 => Op::Offered {
                seat,
                forms: self.byte(),
            },
            31 => Op::ClipRefused {
                seat,
                why: self.byte(),
            },
            _ => Op::Say {
                seat,
                text: self.saying(),
            },
        }
    }

    fn saying(&mut self) -> String {
        let index = usize::from(self.byte()) % SAYINGS.len();
        let pattern = SAYINGS.get(index).copied().unwrap_or_default();
        let mut text = String::new();
        for letter in pattern.chars() {
            match letter {
                '#' => text += &(self.number() % 2048).to_string(),
                letter => text.push(letter),
            }
        }
        text
    }

    /// Anything at all, behind its length.
    fn text(&mut self) -> String {
        let length = usize::from(self.byte()).min(self.0.len());
        let (text, rest) = self.0.split_at(length);
        self.0 = rest;
        String::from_utf8_lossy(text).into_owned()
    }
}
