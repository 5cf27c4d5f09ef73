//! What is measured, and where.

/// One of the things the bench can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Scene {
    Idle,
    Typing,
    Window,
    Motion,
    Press,
    PressUnderMotion,
    Start,
    Readers,
}

impl Scene {
    pub(crate) const ALL: [Self; 8] = [
        Self::Idle,
        Self::Typing,
        Self::Window,
        Self::Motion,
        Self::Press,
        Self::PressUnderMotion,
        Self::Start,
        Self::Readers,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Typing => "typing",
            Self::Window => "window",
            Self::Motion => "motion",
            Self::Press => "press",
            Self::PressUnderMotion => "press-under-motion",
            Self::Start => "start",
            Self::Readers => "readers",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scene| scene.name() == name)
    }
}

/// A quantity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Metric {
    Processor,
    WakeUps,
    Wire,
    Video,
    Drawn,
    Painted,
    Shown,
    PressHalf,
    PressMost,
    Memory,
    Listening,
    FirstPicture,
    Got,
    Kept,
    MoreMemory,
    FloorCapture,
    FloorEncode,
    FloorEcho,
    Machine,
}

impl Metric {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Processor => "processor",
            Self::WakeUps => "wake-ups",
            Self::Wire => "bytes sent",
            Self::Video => "picture bytes",
            Self::Drawn => "drawn by the scene",
            Self::Painted => "painted by the page",
            Self::Shown => "shown in the page",
            Self::PressHalf => "press to picture, half within",
            Self::PressMost => "press to picture, 95 % within",
            Self::Memory => "memory (PSS)",
            Self::Listening => "start to listening",
            Self::FirstPicture => "address to first picture",
            Self::Got => "pictures to a reader alone",
            Self::Kept => "pictures it keeps beside 8 who never read",
            Self::MoreMemory => "memory more for those 8",
            Self::FloorCapture => "floor: capturing a frame",
            Self::FloorEncode => "floor: encoding a frame",
            Self::FloorEcho => "floor: page to server and back",
            Self::Machine => "whole machine busy",
        }
    }

    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::Processor | Self::Machine => "cores",
            Self::WakeUps => "/s",
            Self::Wire => "kB/s",
            Self::Video => "bytes",
            Self::Drawn | Self::Painted | Self::Shown | Self::Got => "frames/s",
            Self::PressHalf | Self::PressMost | Self::Listening | Self::FirstPicture => "ms",
            Self::FloorCapture | Self::FloorEncode | Self::FloorEcho => "ms",
            Self::Memory | Self::MoreMemory => "MiB",
            Self::Kept => "%",
        }
    }

    /// Digits after the point that mean something.
    pub(crate) const fn digits(self) -> usize {
        match self {
            Self::Processor => 4,
            Self::Machine | Self::FloorCapture | Self::FloorEncode | Self::FloorEcho => 2,
            Self::Video | Self::Listening | Self::FirstPicture => 0,
            _ => 1,
        }
    }
}

/// How a page shows pictures, by the words of its address and its statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Sink {
    /// A track of frames in a `<video>`.
    Video,
    /// Frames are drawn onto a canvas.
    Draw,
    /// Their pixels are put onto a canvas.
    Copy,
}

impl Sink {
    pub(crate) const ALL: [Self; 3] = [Self::Video, Self::Draw, Self::Copy];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Video => "video",
            Self::Draw => "draw",
            Self::Copy => "copy",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sink| sink.name() == name)
    }
}

/// One measured value of one session, and the least this machine allowed in it if that is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measured {
    pub(crate) scene: Scene,
    pub(crate) metric: Metric,
    pub(crate) value: f64,
    pub(crate) floor: Option<f64>,
    /// How the page showed it, where there was one.
    pub(crate) sink: Option<Sink>,
}

impl Measured {
    pub(crate) const fn new(scene: Scene, metric: Metric, value: f64) -> Self {
        Self {
            scene,
            metric,
            value,
            floor: None,
            sink: None,
        }
    }

    pub(crate) const fn above(self, floor: Option<f64>) -> Self {
        Self { floor, ..self }
    }

    pub(crate) const fn shown_by(self, sink: Sink) -> Self {
        Self {
            sink: Some(sink),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scene_and_every_sink_is_found_by_its_name() {
        for scene in Scene::ALL {
            assert_eq!(Scene::named(scene.name()), Some(scene));
        }
        assert_eq!(Scene::named("Idle"), None);
        for sink in Sink::ALL {
            assert_eq!(Sink::named(sink.name()), Some(sink));
        }
    }
}
