//! The one loop around the session: take in what happened, carry out what it decides, sleep until
//! the next thing.

mod echo;
mod inbox;
mod sound;

use std::collections::HashMap;
use std::future::{Future, pending};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop, Selection};
use selkies_media::trace::Marks;
use selkies_media::{Clock, EncoderFactory, Timestamp};
use selkies_pipeline::{Notice, Pipeline, QueueLimits, Spec};
use selkies_session::{Action, Input, Plan, Session, ViewerId};
use selkies_settings::{Settings, Withheld};
use selkies_transport::websocket::End;
use selkies_transport::{Command, Event, Handle, Showing, Stats};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep_until, timeout};

use self::echo::Echo;
pub(crate) use self::inbox::Inbox;
use self::inbox::Note;
pub use self::sound::SoundParts;
use self::sound::Sounds;
use crate::Parts;
use crate::clips::{Clips, Limits};
use crate::desk::{self, Desk, Mark, Pads, Report, Sharing};

/// Notes that may wait. Links wait for room, and so do their pages.
const NOTES: usize = 256;
/// How long links may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);

/// Everything the session's decisions are carried out with.
pub(crate) struct Driver {
    session: Session,
    notes: mpsc::Receiver<Note>,
    tell: mpsc::Sender<Note>,
    links: HashMap<ViewerId, Handle>,
    /// Links that were let go but have not ended yet.
    leaving: usize,
    /// Links that were too far behind to be told something; the session does not know yet.
    let_go: Vec<ViewerId>,
    desktop: Arc<dyn Desktop>,
    encoders: Arc<dyn EncoderFactory>,
    clock: Clock,
    queue: QueueLimits,
    keyframe_interval: Option<Duration>,
    /// Until the desk has it.
    sharing: Option<Sharing>,
    desk: Option<Desk>,
    /// Until the desk has them.
    gamepads: Option<Pads>,
    /// How large images of the pointer may be, if pages get them.
    cursor_side: Option<u32>,
    /// Of the event that is injected next.
    mark: Option<Mark>,
    marks: Arc<Mutex<Marks>>,
    /// Pictures per second at most, as the running pipeline has it.
    framerate: f64,
    pipeline: Option<Pipeline>,
    sounds: Sounds,
    /// Of the pipeline that was started last.
    generation: u64,
    retired: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Driver {
    pub(crate) fn new(parts: &mut Parts, stop: watch::Sender<bool>) -> (Self, Inbox) {
        let (tell, notes) = mpsc::channel(NOTES);
        let inbox = Inbox::new(tell.clone(), parts.clock);
        let driver = Self {
            session: Session::new(announced(parts)),
            notes,
            tell,
            links: HashMap::new(),
            leaving: 0,
            let_go: Vec::new(),
            desktop: parts.desktop.clone(),
            encoders: parts.encoders.clone(),
            clock: parts.clock,
            queue: queue_limits(&parts.settings),
            keyframe_interval: keyframe_interval(&parts.settings),
            sharing: sharing(&parts.settings),
            desk: None,
            gamepads: parts.gamepads.take(),
            cursor_side: desk::longest_side(&parts.settings),
            mark: None,
            marks: Arc::default(),
            framerate: 0.0,
            pipeline: None,
            sounds: Sounds::new(&parts.settings, parts.sound.clone(), parts.clock),
            generation: 0,
            retired: JoinSet::new(),
            stop,
        };
        (driver, inbox)
    }

    pub(crate) async fn run(mut self, shutdown: impl Future<Output = ()>) {
        let tell = self.tell.clone();
        let echo = Mutex::new(Echo::default());
        let desk = Desk::start(
            self.desktop.clone(),
            self.sharing.take(),
            self.clock,
            self.marks.clone(),
            move |report| {
                // Looking for an echo leaves what is known of it whole wherever it is interrupted.
                // It takes a while, for which only the thread of the clipboard comes here.
                let is_echo = Echo::is_about(&report)
                    && echo
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .is_of_ours(&report, Instant::now());
                if !is_echo {
                    // The driver may have stopped.
                    let _ = tell.blocking_send(Note::Desk(report));
                }
            },
        );
        match desk {
            Ok(desk) => {
                self.desk = Some(desk);
                self.follow_cursor();
                self.serve_gamepads();
            }
            Err(error) => tracing::error!(%error, "no thread for the desktop"),
        }
        self.sounds.start();
        let mut shutdown = std::pin::pin!(shutdown);
        loop {
            let wakeup = self.session.next_wakeup();
            let clock = self.clock;
            let woken = async move {
                match wakeup {
                    Some(due) => sleep_until(clock.instant(due).into()).await,
                    None => pending().await,
                }
            };
            let note = tokio::select! {
                biased;
                () = &mut shutdown => break,
                note = self.notes.recv() => note,
                () = woken => None,
            };
            match note {
                Some(note) => self.take(note),
                None => self.decide(Input::Woke),
            }
            while self.retired.try_join_next().is_some() {}
        }
        self.finish().await;
    }

    fn follow_cursor(&mut self) {
        let (Some(desk), Some(side)) = (&mut self.desk, self.cursor_side) else {
            return;
        };
        let tell = self.tell.clone();
        let report = move |report| {
            // The driver may have stopped.
            let _ = tell.blocking_send(Note::Desk(report));
        };
        if let Err(error) = desk.follow_cursor(self.desktop.clone(), side, report) {
            tracing::error!(%error, "no thread for the pointer's shape");
        }
    }

    fn serve_gamepads(&mut self) {
        let (Some(desk), Some(pads)) = (&mut self.desk, self.gamepads.take()) else {
            return;
        };
        let tell = self.tell.clone();
        let report = move |report| {
            // The driver may have stopped.
            let _ = tell.blocking_send(Note::Desk(report));
        };
        if let Err(error) = desk.serve_gamepads(pads, report) {
            tracing::error!(%error, "no thread for the gamepads");
        }
    }

    fn take(&mut self, note: Note) {
        match note {
            Note::Joined { viewer, role, link } => {
                self.links.insert(viewer, link);
                self.decide(Input::Joined { viewer, role });
                tracing::info!(
                    viewer = viewer.0,
                    ?role,
                    viewers = self.session.viewers(),
                    "a viewer came"
                );
            }
            Note::Event { viewer, event } => self.decide(match event {
                Event::Message(message) => Input::Said { viewer, message },
                Event::Malformed => Input::Malformed { viewer },
                Event::Microphone(speech) => Input::Microphone { viewer, speech },
            }),
            Note::Left { viewer, end, stats } => self.see_off(viewer, end, stats),
            Note::Desk(report) => self.hear_desk(report),
            Note::Pipeline { generation, notice } => self.hear_pipeline(generation, notice),
        }
    }

    fn see_off(&mut self, viewer: ViewerId, end: End, stats: Stats) {
        let without_effect = self.session.counts(viewer).unwrap_or_default();
        if self.links.remove(&viewer).is_none() {
            self.leaving = self.leaving.saturating_sub(1);
        }
        self.decide(Input::Left { viewer });
        let viewers = self.session.viewers();
        tracing::info!(
            viewer = viewer.0,
            ?end,
            ?stats,
            ?without_effect,
            viewers,
            "a viewer went"
        );
    }

    fn hear_desk(&mut self, report: Report) {
        match report {
            Report::Up(size) => {
                tracing::info!(%size, "the desktop is there");
                self.decide(Input::DesktopUp { size });
            }
            Report::Lost(why) => {
                tracing::warn!(
                    why,
                    "the desktop is gone; it is looked for until it is back"
                );
                self.decide(Input::DesktopLost);
            }
            Report::Rumble(rumble) => self.decide(Input::Rumble(rumble)),
            Report::Cursor(cursor) => self.decide(Input::Cursor(cursor)),
            Report::Resized { size, answer } => self.decide(Input::Resized { size, answer }),
            Report::Copied(copied) => self.decide(Input::Copied(copied)),
            Report::Offered { viewer, clip } => {
                let viewer = ViewerId(viewer);
                self.decide(Input::Offered { viewer, clip });
            }
            Report::ClipRefused { viewer, why } => {
                tracing::debug!(viewer, ?why, "a clip was refused");
                let viewer = ViewerId(viewer);
                self.decide(Input::ClipRefused { viewer, why });
            }
        }
    }

    fn hear_pipeline(&mut self, generation: u64, notice: Notice) {
        if generation != self.generation || self.pipeline.is_none() {
            // What a pipeline says that was stopped meanwhile is true of nothing any more.
            tracing::debug!(generation, ?notice, "a word from a pipeline that is gone");
            return;
        }
        match notice {
            Notice::SizeChanged(size) => self.decide(Input::Resized {
                size,
                answer: false,
            }),
            Notice::SourceFailed(error) => {
                tracing::warn!(%error, "the desktop cannot be captured");
                self.decide(Input::DesktopLost);
                if let Some(desk) = &self.desk {
                    desk.check();
                }
            }
            Notice::EncoderFailed(error) => {
                tracing::error!(%error, "the encoder failed");
                self.decide(Input::EncoderFailed {
                    generation,
                    why: error.to_string(),
                });
            }
        }
    }

    /// One input, and all that follows from it. Links that are too far behind to be told something
    /// are let go, which is another input.
    fn decide(&mut self, input: Input) {
        let mut next = vec![input];
        while let Some(input) = next.pop() {
            self.session.handle(self.now(), input);
            while let Some(action) = self.session.next_action() {
                if let Err(consequence) = self.carry_out(action) {
                    next.push(consequence);
                }
            }
            next.extend(self.let_go.drain(..).map(|viewer| Input::Left { viewer }));
        }
    }

    fn carry_out(&mut self, action: Action) -> Result<(), Input> {
        match action {
            Action::Send { viewer, message } => self.tell(viewer, Command::Send(message)),
            Action::Close { viewer, reason } => {
                self.tell(viewer, Command::Close(reason));
                if self.links.remove(&viewer).is_some() {
                    self.leaving += 1;
                }
            }
            Action::Watch { viewer, keep_alive } => {
                if let Some(pipeline) = &self.pipeline {
                    let watch = Command::Watch {
                        pictures: pipeline.subscribe(),
                        keep_alive,
                        framerate: self.framerate,
                    };
                    self.tell(viewer, watch);
                }
            }
            Action::Unwatch { viewer } => self.tell(viewer, Command::Unwatch),
            Action::StartPipeline(plan) => return self.start_pipeline(plan),
            Action::StopPipeline => self.stop_pipeline(),
            Action::Tune(tuning) => {
                self.pipeline
                    .iter()
                    .for_each(|pipeline| pipeline.tune(tuning));
                self.pace(tuning.framerate);
            }
            Action::RequestKeyframe => self.pipeline.iter().for_each(Pipeline::request_keyframe),
            Action::Resize(size) => {
                let ordered = self.desk.as_ref().is_some_and(|desk| desk.resize(size));
                if !ordered {
                    tracing::warn!(%size, "the desktop is too busy to be resized");
                }
            }
            Action::DrawCursor(on) => self.desktop.draw_cursor(on),
            Action::Inject(event) => {
                let mark = self.mark.take();
                self.desk.iter().for_each(|desk| desk.inject(event, mark));
            }
            Action::Gamepad { slot, event } => {
                if let Some(desk) = &self.desk {
                    desk.gamepad(slot, event);
                }
            }
            Action::TakeClip { viewer, step } => {
                self.desk
                    .iter()
                    .for_each(|desk| desk.clip(viewer.0, step.clone()));
            }
            Action::ShowClip { viewer, showing } => {
                let selkies_session::Showing {
                    forms,
                    counted,
                    primary,
                    answer,
                } = showing;
                let showing = Showing {
                    forms,
                    counted,
                    primary,
                    answer,
                };
                self.tell(viewer, Command::Show(showing));
            }
            Action::Listen { viewer, redundancy } => {
                if let Some(sound) = self.sounds.subscribe() {
                    self.tell(viewer, Command::Listen { sound, redundancy });
                }
            }
            Action::Redundancy { viewer, redundancy } => {
                self.tell(viewer, Command::Redundancy(redundancy));
            }
            Action::Unlisten { viewer } => self.tell(viewer, Command::Unlisten),
            Action::SoundBitrate(bitrate) => self.sounds.set_bitrate(bitrate),
            Action::Speak { viewer, speech } => self.sounds.speak(viewer, speech),
            Action::FallSilent { viewer } => self.sounds.fall_silent(viewer),
            Action::Unplug => self.sounds.unplug(),
            Action::Mark {
                viewer,
                id,
                received,
            } => {
                let viewer = viewer.0;
                self.mark = Some(Mark {
                    viewer,
                    id,
                    received,
                });
            }
        }
        Ok(())
    }

    /// Tells every link how many pictures there are per second now.
    fn pace(&mut self, framerate: f64) {
        if self.framerate == framerate {
            return;
        }
        self.framerate = framerate;
        for viewer in self.links.keys().copied().collect::<Vec<_>>() {
            self.tell(viewer, Command::Pace(framerate));
        }
    }

    fn tell(&mut self, viewer: ViewerId, command: Command) {
        let Some(link) = self.links.get(&viewer) else {
            return;
        };
        if link.tell(command) {
            return;
        }
        tracing::info!(viewer = viewer.0, "a viewer is too far behind and let go");
        self.links.remove(&viewer);
        self.leaving += 1;
        self.let_go.push(viewer);
    }

    fn start_pipeline(&mut self, plan: Plan) -> Result<(), Input> {
        self.stop_pipeline();
        let Plan {
            generation,
            encoder,
            shape,
            tuning,
        } = plan;
        self.framerate = tuning.framerate;
        self.generation = generation;
        let spec = Spec {
            encoder,
            shape,
            tuning,
            keyframe_interval: self.keyframe_interval,
            queue: self.queue,
        };
        let tell = self.tell.clone();
        let notify = move |notice| {
            // The driver may have stopped.
            let _ = tell.blocking_send(Note::Pipeline { generation, notice });
        };
        match Pipeline::start(
            spec,
            self.desktop.clone(),
            self.encoders.clone(),
            self.clock,
            self.marks.clone(),
            notify,
        ) {
            Ok(pipeline) => {
                tracing::info!(?encoder, size = %shape.size, "a stream begins");
                self.pipeline = Some(pipeline);
                Ok(())
            }
            Err(error) => Err(Input::EncoderFailed {
                generation,
                why: error.to_string(),
            }),
        }
    }

    fn stop_pipeline(&mut self) {
        if let Some(pipeline) = self.pipeline.take() {
            let stopped = pipeline.stop();
            self.retired.spawn_blocking(|| stopped.join());
        }
    }

    /// Tells every page that the server stops, and gives their links a moment to say so.
    async fn finish(mut self) {
        self.decide(Input::ShutDown);
        self.desk = None;
        // Nothing new is served; what is being served is told to end.
        self.stop.send_replace(true);
        let goodbyes = async {
            while self.leaving > 0 {
                match self.notes.recv().await {
                    Some(Note::Left { .. }) => self.leaving -= 1,
                    // Somebody came while we went: the link ends when its handle is dropped here.
                    Some(_) => {}
                    None => break,
                }
            }
        };
        if timeout(FAREWELL, goodbyes).await.is_err() {
            tracing::debug!("some links were cut off without a goodbye");
        }
        self.sounds.finish().await;
    }

    fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now())
    }
}

/// As pages are told: without sound there is no microphone either.
fn announced(parts: &Parts) -> Settings {
    let mut settings = parts.settings.clone();
    if parts.sound.is_none() {
        // Who put the parts together has told the operator.
        let _ = settings.withhold(&[
            Withheld::off("audio_enabled"),
            Withheld::off("microphone_enabled"),
        ]);
    }
    settings
}

/// Two seconds of video at the configured rate, and never less than a few large keyframes.
fn queue_limits(settings: &Settings) -> QueueLimits {
    const LEAST: usize = 4 << 20;
    let two_seconds = usize::try_from(settings.video_bitrate.initial).unwrap_or(0) * 1000 / 8 * 2;
    let pictures = usize::try_from(settings.backpressure_queue_size)
        .unwrap_or(1)
        .max(1);
    QueueLimits {
        pictures,
        bytes: two_seconds.max(LEAST),
    }
}

/// What is copied is looked at, unless nobody may know of it.
fn sharing(settings: &Settings) -> Option<Sharing> {
    if !settings.clipboard_in() && !settings.clipboard_out() {
        return None;
    }
    let largest = u64::try_from(settings.clipboard_limit).unwrap_or(0) << 20;
    let primary = settings
        .clipboard_primary
        .value
        .then_some(Selection::Primary);
    Some(Sharing {
        store: Arc::new(Clips::new(Limits::of(largest))),
        selections: [Selection::Clipboard].into_iter().chain(primary).collect(),
    })
}

fn keyframe_interval(settings: &Settings) -> Option<Duration> {
    Duration::try_from_secs_f64(settings.keyframe_interval)
        .ok()
        .filter(|interval| !interval.is_zero())
}
