//! What pages may ask for at run time, and what comes of it.

use crate::definition::{Definition, Spec};
use crate::kind::{Bool, Choice, Int, Range};
use crate::names::find;
use crate::parse::{open_number, whole};
use crate::table::Settings;

/// A value as a page sends it.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposed {
    /// JSON true or false.
    Bool(bool),
    /// A JSON number.
    Number(f64),
    /// A JSON string.
    Text(String),
}

/// What became of a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Another value holds now.
    Changed,
    /// It holds already.
    Unchanged,
    /// Not possible; what was holds on.
    Refused,
}

macro_rules! output_values {
    ($($(#[doc = $doc:literal])+ $name:ident: $live:ty,)+) => {
        /// The values one output is streamed with, as far as pages may change them.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct OutputValues {
            $( $(#[doc = $doc])+ pub $name: $live, )+
        }

        impl OutputValues {
            /// The settings behind the fields.
            pub const NAMES: &'static [&'static str] = &[$(stringify!($name)),+];
        }

        impl Settings {
            /// What an output begins with.
            #[must_use]
            pub fn output_values(&self) -> OutputValues {
                OutputValues { $($name: self.$name.first()),+ }
            }

            fn change(&self, values: &mut OutputValues, key: &str, proposed: &Proposed, clamp: bool) -> Verdict {
                let Some(definition) = find(key) else { return Verdict::Refused };
                match definition.name {
                    "manual_width" | "manual_height" if self.is_manual_resolution_mode.locked => Verdict::Refused,
                    $(stringify!($name) => {
                        settle(&self.$name, definition, &mut values.$name, proposed, clamp)
                    })+
                    _ => Verdict::Refused,
                }
            }
        }
    };
}

output_values! {
    /// Name of the encoder.
    encoder: String,
    /// Pictures per second at most.
    framerate: u32,
    /// `crf` or `cbr`.
    rate_control_mode: String,
    /// Constant quality of H.264.
    video_crf: u32,
    /// Constant bit rate in kbit/s.
    video_bitrate: u32,
    /// Quality of JPEG.
    jpeg_quality: u32,
    /// 4:4:4 instead of 4:2:0.
    video_fullcolor: bool,
    /// Encode every picture.
    video_streaming_mode: bool,
    /// Encode in software.
    use_cpu: bool,
    /// Send what rests again in better quality.
    use_paint_over_quality: bool,
    /// JPEG quality of what rests.
    paint_over_jpeg_quality: u32,
    /// H.264 quality of what rests.
    video_paintover_crf: u32,
    /// Pictures sent to reach it.
    video_paintover_burst_frames: u32,
    /// Sizes in multiples of 16.
    force_aligned_resolution: bool,
    /// The size does not follow the page.
    is_manual_resolution_mode: bool,
    /// Width in manual mode, 0 when there is none.
    manual_width: i64,
    /// Height in manual mode, 0 when there is none.
    manual_height: i64,
}

impl OutputValues {
    /// The bit rate is held, not the quality.
    #[must_use]
    pub fn is_constant_bitrate(&self) -> bool {
        self.rate_control_mode == "cbr"
    }
}

impl Settings {
    /// Bits per second of the sound, before anyone asks.
    #[must_use]
    pub fn audio_bits(&self) -> u32 {
        bits(&self.audio_bitrate.value).unwrap_or(LEAST_AUDIO)
    }

    /// Takes a page's wish for `audio_bitrate`, which is everyone's. Otherwise as [`Self::propose`].
    pub fn propose_audio_bits(&self, value: &mut u32, proposed: &Proposed) -> Verdict {
        let wanted = find("audio_bitrate")
            .and_then(|definition| self.audio_bitrate.accept(definition, proposed, false))
            .and_then(|wanted| bits(&wanted));
        match wanted {
            None => Verdict::Refused,
            Some(wanted) if wanted == *value => Verdict::Unchanged,
            Some(wanted) => {
                *value = wanted;
                Verdict::Changed
            }
        }
    }

    /// Takes a page's wish for one output, by either generation of the setting's name. What is out of
    /// bounds, not on the menu, locked or no value of an output counts as not said.
    pub fn propose(&self, values: &mut OutputValues, key: &str, proposed: &Proposed) -> Verdict {
        self.change(values, key, proposed, false)
    }

    /// As [`Self::propose`], for the single-value messages: numbers out of bounds become the nearest
    /// bound, anything else that is not possible becomes the operator's value.
    pub fn set_clamped(
        &self,
        values: &mut OutputValues,
        key: &str,
        proposed: &Proposed,
    ) -> Verdict {
        self.change(values, key, proposed, true)
    }
}

/// Opus needs so many bits per second (RFC 6716, 2.1.1).
const LEAST_AUDIO: u32 = 6_000;

fn bits(text: &str) -> Option<u32> {
    text.parse().ok()
}

fn settle<S: Offer>(
    setting: &S,
    definition: &Definition,
    value: &mut S::Live,
    proposed: &Proposed,
    clamp: bool,
) -> Verdict {
    let accepted = setting.accept(definition, proposed, clamp);
    let next = match accepted {
        Some(next) => next,
        None if clamp => setting.first(),
        None => return Verdict::Refused,
    };
    if *value == next {
        return Verdict::Unchanged;
    }
    *value = next;
    Verdict::Changed
}

/// A setting pages may move within what the operator left open.
trait Offer {
    /// What holds at run time.
    type Live: PartialEq;
    /// What holds before anyone asks.
    fn first(&self) -> Self::Live;
    /// What `proposed` comes to, if it is possible.
    fn accept(
        &self,
        definition: &Definition,
        proposed: &Proposed,
        clamp: bool,
    ) -> Option<Self::Live>;
}

impl Offer for Bool {
    type Live = bool;

    fn first(&self) -> bool {
        self.value
    }

    fn accept(&self, _: &Definition, proposed: &Proposed, _: bool) -> Option<bool> {
        let wanted = match proposed {
            Proposed::Bool(wanted) => *wanted,
            Proposed::Text(text) => text.trim().to_ascii_lowercase().parse().ok()?,
            Proposed::Number(_) => return None,
        };
        (!self.locked || wanted == self.value).then_some(wanted)
    }
}

impl Offer for Range {
    type Live = u32;

    fn first(&self) -> u32 {
        self.initial
    }

    fn accept(&self, _: &Definition, proposed: &Proposed, clamp: bool) -> Option<u32> {
        let wanted = number(proposed)?;
        let (min, max) = (f64::from(self.min), f64::from(self.max));
        let wanted = whole(if clamp {
            wanted.clamp(min, max)
        } else {
            wanted
        })?;
        (self.min..=self.max).contains(&wanted).then_some(wanted)
    }
}

impl Offer for Int {
    type Live = Self;

    fn first(&self) -> Self {
        *self
    }

    fn accept(&self, definition: &Definition, proposed: &Proposed, clamp: bool) -> Option<Self> {
        let Spec::Int { min, max, .. } = definition.spec else {
            return None;
        };
        let wanted = number(proposed)?.round();
        // Saturates, and the bounds of the table are far inside.
        let wanted = wanted as Self;
        let wanted = if clamp {
            wanted.clamp(min, max)
        } else {
            wanted
        };
        (min..=max).contains(&wanted).then_some(wanted)
    }
}

impl Offer for Choice {
    type Live = String;

    fn first(&self) -> String {
        self.value.clone()
    }

    fn accept(&self, definition: &Definition, proposed: &Proposed, _: bool) -> Option<String> {
        let wanted = match proposed {
            Proposed::Text(text) => text.clone(),
            Proposed::Number(number) => number.to_string(),
            Proposed::Bool(_) => return None,
        };
        if !self.is_locked() && open_number(definition, &wanted).is_some() {
            return Some(wanted);
        }
        definition
            .on_menu(self.allowed.iter().map(String::as_str), &wanted)
            .map(str::to_owned)
    }
}

fn number(proposed: &Proposed) -> Option<f64> {
    let number = match proposed {
        Proposed::Number(number) => *number,
        Proposed::Text(text) => text.trim().parse().ok()?,
        Proposed::Bool(_) => return None,
    };
    number.is_finite().then_some(number)
}
