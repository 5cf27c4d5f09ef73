//! Which pipeline runs, and for whom.

use std::time::Duration;

use selkies_media::encoder::{PaintOver, Rate, Shape, Tuning};
use selkies_media::{Bitrate, EncoderKind, Size, Timestamp};
use selkies_proto::ServerMessage;
use selkies_proto::client::DisplayId;
use selkies_settings::{Choice, OutputValues, Settings};

use crate::desktop::{Desktop, Resizing};
use crate::viewers::{Video, Viewer};
use crate::{Action, Plan, Session, ViewerId};

/// A page that reloads is back within this; until then its stream is kept.
const RELOAD_GRACE: Duration = Duration::from_secs(3);
/// At most one requested keyframe per stream in this time: it costs every viewer.
const KEYFRAME_SPACING: Duration = Duration::from_millis(250);

/// The one output and its stream.
pub(crate) struct Stream {
    /// The controller whose page decides size and quality.
    pub(crate) owner: Option<ViewerId>,
    /// What clients may change, as it is now.
    pub(crate) values: OutputValues,
    pub(crate) desktop: Desktop,
    pub(crate) resizing: Resizing,
    /// The last size a page asked for, as it asked.
    pub(crate) asked: Option<Size>,
    pub(crate) running: Option<Plan>,
    generation: u64,
    /// The encoders the operator offers; the settings offer fewer while one of them fails.
    pub(crate) encoders: Choice,
    /// Why it is not the encoder that was asked for.
    pub(crate) fallback: Option<String>,
    /// No encoder works: nothing is started until something changes.
    pub(crate) failed: bool,
    /// What our own pages were last told of the stream.
    pub(crate) told: Option<ServerMessage>,
    /// Nobody has watched since then.
    idle_since: Option<Timestamp>,
    keyframe_due: Option<Timestamp>,
    keyframe_at: Option<Timestamp>,
}

impl Stream {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            owner: None,
            values: settings.output_values(),
            desktop: Desktop::Starting,
            resizing: Resizing::No,
            asked: None,
            running: None,
            generation: 0,
            encoders: settings.encoder.clone(),
            fallback: None,
            failed: false,
            told: None,
            idle_since: None,
            keyframe_due: None,
            keyframe_at: None,
        }
    }

    pub(crate) fn desktop_size(&self) -> Option<Size> {
        match self.desktop {
            Desktop::Up(size) => Some(size),
            Desktop::Starting | Desktop::Lost => None,
        }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.desktop == Desktop::Lost
    }

    pub(crate) fn runs_at(&self, size: Size) -> bool {
        self.running.is_some_and(|plan| plan.shape.size == size)
    }

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        let idle = self
            .idle_since
            .filter(|_| self.running.is_some())
            .map(|since| since + RELOAD_GRACE);
        [idle, self.keyframe_due].into_iter().flatten().min()
    }

    /// What is started next; `None` while there is nothing to encode or nothing to do it.
    fn next_plan(&mut self, settings: &Settings) -> Option<Plan> {
        let size = self.desktop_size()?;
        if self.resizing != Resizing::No || self.failed {
            return None;
        }
        self.generation += 1;
        Some(Plan {
            generation: self.generation,
            encoder: encoder_kind(&self.values.encoder),
            shape: Shape {
                size,
                full_colour: self.values.video_fullcolor,
            },
            tuning: self.tuning(settings),
        })
    }

    fn tuning(&self, settings: &Settings) -> Tuning {
        let values = &self.values;
        let paint_over = paints_over(values, settings).then(|| PaintOver {
            crf: small(values.video_paintover_crf),
            jpeg_quality: small(values.paint_over_jpeg_quality),
            pictures: values.video_paintover_burst_frames,
        });
        let rate = if values.is_constant_bitrate() {
            Rate::Bitrate(Bitrate::from_kbps(values.video_bitrate))
        } else {
            Rate::Quality(small(values.video_crf))
        };
        Tuning {
            rate,
            jpeg_quality: small(values.jpeg_quality),
            framerate: f64::from(values.framerate),
            paint_over,
        }
    }
}

/// A constant bit rate is there to be kept, so with one this needs somebody who wants it: the
/// operator, or a page where it is off for that very reason.
fn paints_over(values: &OutputValues, settings: &Settings) -> bool {
    const NAME: &str = "use_paint_over_quality";
    let asked_for = settings.is_set(NAME) || !settings.use_paint_over_quality.value;
    values.use_paint_over_quality && (asked_for || !values.is_constant_bitrate())
}

/// What makes the pictures pages know by this name.
pub(crate) fn encoder_kind(name: &str) -> EncoderKind {
    match name {
        "jpeg" => EncoderKind::Jpeg,
        "h264enc-striped" => EncoderKind::H264Striped,
        _ => EncoderKind::H264,
    }
}

/// The settings' bounds are far below.
fn small(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

impl Session {
    /// Stops the stream, says what changed, and starts it for everyone who watches. The order is
    /// the wire's: a page drops its decoders at the reset and must not see old pictures after it,
    /// nor new ones before it knows their size and encoder.
    pub(crate) fn restart_stream(&mut self, now: Timestamp, announce: impl FnOnce(&mut Self)) {
        self.stop_stream();
        announce(self);
        for id in self.everyone() {
            if self.viewers.get(&id).is_some_and(Viewer::watches) {
                self.watch(now, id);
            }
        }
    }

    /// Other quality or rate, without a restart.
    pub(crate) fn retune(&mut self) {
        let tuning = self.stream.tuning(&self.settings);
        if let Some(running) = &mut self.stream.running
            && running.tuning != tuning
        {
            running.tuning = tuning;
            self.actions.push_back(Action::Tune(tuning));
        }
    }

    /// A viewer wants pictures from now on.
    pub(crate) fn begin_video(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        viewer.video = Video::On;
        viewer.started = Some(now);
        viewer.start_due = None;
        self.unwatch(id);
        if self.stream.running.is_some() {
            self.send(id, ServerMessage::PipelineResetting(DisplayId::Primary));
        }
        if let Some(resolution) = self.stream_resolution() {
            self.send(id, resolution);
        }
        self.watch(now, id);
    }

    /// Connects a viewer that wants pictures with the pipeline, starting it if need be. While
    /// there can be none, the viewer waits for the next layout.
    fn watch(&mut self, now: Timestamp, id: ViewerId) {
        if self.stream.running.is_none() {
            let Some(plan) = self.stream.next_plan(&self.settings) else {
                return;
            };
            self.stream.running = Some(plan);
            self.stream.keyframe_at = Some(now);
            self.actions.push_back(Action::StartPipeline(plan));
        }
        self.stream.idle_since = None;
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        viewer.attached = true;
        let keep_alive = viewer.needs_keep_alive();
        let owes_started = std::mem::take(&mut viewer.owes_started);
        self.actions.push_back(Action::Watch {
            viewer: id,
            keep_alive,
        });
        if owes_started {
            self.send(id, ServerMessage::VideoStarted);
        }
    }

    pub(crate) fn unwatch(&mut self, id: ViewerId) {
        if let Some(viewer) = self.viewers.get_mut(&id)
            && std::mem::take(&mut viewer.attached)
        {
            self.actions.push_back(Action::Unwatch { viewer: id });
        }
    }

    /// Every page is told, also one that has stopped its video: its decoders must not go on with
    /// what the next pipeline makes.
    pub(crate) fn stop_stream(&mut self) {
        self.stream.keyframe_due = None;
        self.stream.idle_since = None;
        if self.stream.running.take().is_none() {
            return;
        }
        for id in self.everyone() {
            self.unwatch(id);
        }
        self.broadcast(&ServerMessage::PipelineResetting(DisplayId::Primary));
        self.actions.push_back(Action::StopPipeline);
    }

    /// Somebody is gone. If nobody is left who watches, the stream ends soon.
    pub(crate) fn note_idleness(&mut self, now: Timestamp) {
        if !self.viewers.values().any(Viewer::watches) {
            self.stream.idle_since.get_or_insert(now);
        }
    }

    pub(crate) fn want_keyframe(&mut self, due: Timestamp) {
        let earliest = self
            .stream
            .keyframe_at
            .map_or(due, |last| (last + KEYFRAME_SPACING).max(due));
        let due = self
            .stream
            .keyframe_due
            .map_or(earliest, |waiting| waiting.min(earliest));
        self.stream.keyframe_due = Some(due);
    }

    pub(crate) fn stream_catch_up(&mut self, now: Timestamp) {
        if self
            .stream
            .idle_since
            .is_some_and(|since| now.since(since) >= RELOAD_GRACE)
        {
            self.stop_stream();
        }
        if self.stream.keyframe_due.is_some_and(|due| due <= now) {
            self.stream.keyframe_due = None;
            if self.stream.running.is_some() {
                self.stream.keyframe_at = Some(now);
                self.actions.push_back(Action::RequestKeyframe);
            }
        }
    }
}
