//! Which pipeline runs, at which size, for whom.

use std::time::Duration;

use selkies_media::encoder::{Rate, Shape, Tuning};
use selkies_media::{Bitrate, EncoderKind, Size, Timestamp};
use selkies_proto::ServerMessage;
use selkies_proto::client::DisplayId;
use selkies_proto::server::DesktopState;
use selkies_settings::{OutputValues, Overlay, Settings};

use crate::viewers::{Role, Video, Viewer};
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
    desktop: Desktop,
    resizing: Resizing,
    /// The last size a page asked for; a desktop that comes back gets it again.
    wanted: Option<Size>,
    running: Option<Plan>,
    generation: u64,
    /// Why it is not the encoder that was asked for.
    fallback: Option<String>,
    /// No encoder works: nothing is started until someone chooses another.
    failed: bool,
    /// Nobody has watched since then.
    idle_since: Option<Timestamp>,
    keyframe_due: Option<Timestamp>,
    keyframe_at: Option<Timestamp>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Desktop {
    Starting,
    Up(Size),
    Lost,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Resizing {
    No,
    /// Asked for, no answer yet. While it lasts no pipeline is started.
    To(Size),
    /// Another size was wanted meanwhile.
    Then(Size),
}

impl Stream {
    pub(crate) fn new(settings: &Settings) -> Self {
        Self {
            owner: None,
            values: settings.output_values(),
            desktop: Desktop::Starting,
            resizing: Resizing::No,
            wanted: None,
            running: None,
            generation: 0,
            fallback: None,
            failed: false,
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

    pub(crate) fn next_wakeup(&self) -> Option<Timestamp> {
        let idle = self
            .idle_since
            .filter(|_| self.running.is_some())
            .map(|since| since + RELOAD_GRACE);
        [idle, self.keyframe_due].into_iter().flatten().min()
    }

    fn encoder(&self) -> EncoderKind {
        match self.values.encoder.as_str() {
            "jpeg" => EncoderKind::Jpeg,
            _ => EncoderKind::H264,
        }
    }

    /// What would be started now; `None` while there is nothing to encode or nothing to do it.
    fn plan(&self) -> Option<Plan> {
        let size = self.desktop_size()?;
        if self.resizing != Resizing::No || self.failed {
            return None;
        }
        let values = &self.values;
        let rate = match values.rate_control_mode.as_str() {
            "cbr" => Rate::Bitrate(Bitrate::from_kbps(values.video_bitrate)),
            _ => Rate::Quality(small(values.video_crf)),
        };
        Some(Plan {
            generation: self.generation,
            encoder: self.encoder(),
            shape: Shape {
                size,
                full_colour: values.video_fullcolor,
            },
            tuning: Tuning {
                rate,
                jpeg_quality: small(values.jpeg_quality),
                framerate: f64::from(values.framerate),
            },
        })
    }
}

fn small(value: u32) -> u8 {
    u8::try_from(value).unwrap_or(u8::MAX)
}

/// Whether `new` needs another pipeline, or only other tuning.
fn needs_restart(old: &Plan, new: &Plan) -> bool {
    let same_kind =
        std::mem::discriminant(&old.tuning.rate) == std::mem::discriminant(&new.tuning.rate);
    old.encoder != new.encoder || old.shape != new.shape || !same_kind
}

impl Session {
    pub(crate) fn desktop_up(&mut self, now: Timestamp, size: Size) {
        let restarted = self.stream.desktop == Desktop::Lost;
        self.stream.desktop = Desktop::Up(size);
        self.stream.resizing = Resizing::No;
        self.forget_hands();
        if restarted {
            self.tell_desktop_state(DesktopState::Restarted);
        }
        let wanted = self.forced_size().or(self.stream.wanted);
        match wanted {
            Some(wanted) if wanted != size => self.resize_to(wanted),
            _ => self.lay_out(now),
        }
    }

    pub(crate) fn desktop_lost(&mut self) {
        if self.stream.desktop == Desktop::Lost {
            return;
        }
        self.stream.desktop = Desktop::Lost;
        self.stream.resizing = Resizing::No;
        self.stop_stream();
        self.tell_desktop_state(DesktopState::Lost);
    }

    pub(crate) fn resized(&mut self, now: Timestamp, size: Size, answer: bool) {
        let Desktop::Up(before) = self.stream.desktop else {
            return;
        };
        self.stream.desktop = Desktop::Up(size);
        match (self.stream.resizing, answer) {
            (Resizing::Then(next), true) if next != size => {
                self.stream.resizing = Resizing::No;
                self.resize_to(next);
                return;
            }
            (Resizing::To(_) | Resizing::Then(_), true) => self.stream.resizing = Resizing::No,
            // Somebody else's change, or an answer nobody waits for.
            _ if before == size
                && self
                    .stream
                    .running
                    .is_some_and(|plan| plan.shape.size == size) =>
            {
                return;
            }
            (Resizing::To(_) | Resizing::Then(_), false) => return,
            (Resizing::No, _) => {}
        }
        self.lay_out(now);
    }

    /// Asks for another size of the desktop, or remembers to.
    pub(crate) fn want_size(&mut self, size: Size) {
        self.stream.wanted = Some(size);
        let Some(current) = self.stream.desktop_size() else {
            return;
        };
        match self.stream.resizing {
            Resizing::No if current == size => {}
            Resizing::No => self.resize_to(size),
            Resizing::To(target) if target == size => {}
            Resizing::To(_) | Resizing::Then(_) => self.stream.resizing = Resizing::Then(size),
        }
    }

    pub(crate) fn is_resizing(&self) -> bool {
        self.stream.resizing != Resizing::No
    }

    fn resize_to(&mut self, size: Size) {
        self.stream.resizing = Resizing::To(size);
        self.actions.push_back(Action::Resize(size));
    }

    /// The size or the owner changed: everyone learns what there is, the stream begins anew.
    pub(crate) fn lay_out(&mut self, now: Timestamp) {
        self.reset_announced(now, |session| {
            let displays = session.displays();
            session.broadcast(&displays);
            if let Some(resolution) = session.stream_resolution() {
                session.broadcast(&resolution);
            }
        });
    }

    /// Stops the stream, says what changed, and starts it for everyone who watches. The order is
    /// the wire's: a page drops its decoders at the reset and must not see old pictures after it,
    /// nor new ones before it knows their size and encoder.
    fn reset_announced(&mut self, now: Timestamp, announce: impl FnOnce(&mut Self)) {
        let watching: Vec<_> = self
            .viewers
            .iter()
            .filter(|(_, viewer)| viewer.watches())
            .map(|(id, _)| *id)
            .collect();
        if self.stream.running.is_some() {
            for id in &watching {
                self.actions.push_back(Action::Unwatch { viewer: *id });
            }
            self.broadcast(&ServerMessage::PipelineResetting(DisplayId::Primary));
            self.stop_stream();
        }
        announce(self);
        for id in watching {
            self.watch(now, id);
        }
    }

    /// The encoder or another thing that needs a new pipeline changed.
    fn change_encoder(&mut self, now: Timestamp) {
        self.reset_announced(now, |session| {
            let settings = session.settings_message(true);
            session.broadcast(&settings);
        });
        self.tell_stream_info();
    }

    /// Brings what runs in line with the values as they are now.
    pub(crate) fn follow_values(&mut self, now: Timestamp, before: &OutputValues) {
        if self.stream.values.encoder != before.encoder {
            self.stream.fallback = None;
            self.stream.failed = false;
        }
        let running = self.stream.running;
        let planned = self.stream.plan();
        match (running, planned) {
            (Some(old), Some(new)) if !needs_restart(&old, &new) => {
                if old.tuning != new.tuning {
                    self.stream.running = Some(Plan {
                        generation: old.generation,
                        ..new
                    });
                    self.actions.push_back(Action::Tune(new.tuning));
                }
            }
            (Some(_), Some(_)) => self.change_encoder(now),
            _ if self.stream.values.encoder != before.encoder => self.change_encoder(now),
            _ => {}
        }
    }

    pub(crate) fn encoder_failed(&mut self, now: Timestamp, generation: u64, why: String) {
        if self
            .stream
            .running
            .is_none_or(|plan| plan.generation != generation)
        {
            return;
        }
        let another = self.stream.encoder() != EncoderKind::Jpeg
            && self
                .settings
                .encoder
                .allowed
                .iter()
                .any(|name| name == "jpeg");
        self.stream.fallback = Some(why);
        if another {
            "jpeg".clone_into(&mut self.stream.values.encoder);
            self.change_encoder(now);
        } else {
            self.stream.failed = true;
            self.stop_stream();
            self.tell_stream_info();
        }
    }

    /// A viewer wants pictures from now on.
    pub(crate) fn begin_video(&mut self, now: Timestamp, id: ViewerId) {
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
        viewer.owes_started =
            matches!(viewer.role, Role::Controller) && viewer.video != Video::Unasked;
        viewer.video = Video::On { since: now };
        self.actions.push_back(Action::Unwatch { viewer: id });
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
            let Some(plan) = self.stream.plan() else {
                return;
            };
            self.stream.generation += 1;
            let plan = Plan {
                generation: self.stream.generation,
                ..plan
            };
            self.stream.running = Some(plan);
            self.stream.keyframe_at = Some(now);
            self.actions.push_back(Action::StartPipeline(plan));
        }
        self.stream.idle_since = None;
        let Some(viewer) = self.viewers.get_mut(&id) else {
            return;
        };
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

    pub(crate) fn stop_stream(&mut self) {
        self.stream.keyframe_due = None;
        self.stream.idle_since = None;
        if self.stream.running.take().is_some() {
            self.actions.push_back(Action::StopPipeline);
        }
    }

    /// A viewer is gone: its display has no owner, and its stream ends if nobody else watches.
    pub(crate) fn disown(&mut self, now: Timestamp, id: ViewerId) {
        if self.stream.owner == Some(id) {
            self.stream.owner = None;
            let displays = self.displays();
            self.broadcast(&displays);
        }
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

    pub(crate) fn stream_resolution(&self) -> Option<ServerMessage> {
        let size = self.stream.desktop_size().filter(|_| !self.is_resizing())?;
        Some(ServerMessage::StreamResolution {
            width: size.width,
            height: size.height,
            display: DisplayId::Primary,
        })
    }

    pub(crate) fn settings_message(&self, announcement: bool) -> ServerMessage {
        let values = &self.stream.values;
        let overlay = Overlay {
            encoder: Some(&values.encoder),
            rate_control_mode: Some(&values.rate_control_mode),
            second_screen: Some(false),
        };
        ServerMessage::Settings {
            settings: self.settings.published(&overlay),
            display: announcement.then_some(DisplayId::Primary),
        }
    }

    pub(crate) fn stream_info(&self) -> Option<ServerMessage> {
        let encoder = if self.stream.failed {
            "none"
        } else {
            match self.stream.running?.encoder {
                EncoderKind::H264 => "H.264, by the processor",
                EncoderKind::Jpeg => "JPEG",
            }
        };
        Some(ServerMessage::StreamInfo {
            encoder: encoder.to_owned(),
            fallback: self.stream.fallback.clone(),
        })
    }

    fn tell_stream_info(&mut self) {
        let Some(info) = self.stream_info() else {
            return;
        };
        for (id, viewer) in &self.viewers {
            if viewer.capabilities.desktop_state {
                self.actions.push_back(Action::Send {
                    viewer: *id,
                    message: info.clone(),
                });
            }
        }
    }
}
