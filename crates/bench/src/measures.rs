//! What is measured in each scene.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use selkies_media::Size;
use tokio::sync::Mutex;
use tokio::time::sleep;

use crate::browser::{Browser, Page};
use crate::floors::{self, PageFloor, ProcessorFloor};
use crate::metric::{Measured, Metric, Scene, Sink};
use crate::page;
use crate::proc::{self, Machine, Work};
use crate::scenes::{Drawing, Show};
use crate::stage::{Product, XServer};
use crate::stats::{median, quantile};
use crate::viewer::Viewer;
use crate::wire::Sent;

const MIB: f64 = 1024.0 * 1024.0;
/// After the first picture a page and its server still set things up, and a picture at rest is
/// refined; that is not what a scene costs.
const SETTLE: Duration = Duration::from_secs(2);
/// Presses per second of a scene, and at least and at most so many in all.
const PRESSES_PER_SECOND: f64 = 3.0;
const FEWEST_PRESSES: usize = 20;
const MOST_PRESSES: usize = 60;
/// What is the same all the time, or is seen by comparison, needs no longer look.
const LONGEST_LOOK: f64 = 6.0;
/// How often the program and its page are started in one session.
const STARTS: usize = 5;
const MUTE: usize = 8;

/// What all scenes of a session share.
pub(crate) struct Bench<'a> {
    pub(crate) program: &'a Path,
    pub(crate) browser: &'a Browser,
    pub(crate) size: Size,
    pub(crate) seconds: f64,
    /// The way of showing pictures that is asked for.
    pub(crate) sink: Option<&'static str>,
    /// Each measured when the first scene needs it.
    pub(crate) page_floors: Mutex<BTreeMap<Sink, Option<PageFloor>>>,
}

/// About how long a scene takes with all that belongs to it, when it is watched for `seconds`.
pub(crate) fn expected(scene: Scene, seconds: f64) -> Duration {
    /// Starting X server, program and page, until all has settled.
    const SETTING: f64 = 4.0;
    const PRESS: f64 = 0.32;
    const START: f64 = 1.5;
    let look = seconds.min(LONGEST_LOOK);
    let pressing = presses(seconds) as f64 * PRESS;
    let span = match scene {
        Scene::Idle => SETTING + seconds + SETTLE.as_secs_f64() + look,
        Scene::Typing | Scene::Window => SETTING + seconds,
        Scene::Motion => SETTING + seconds + 2.0 * look + 2.0,
        // With the floor.
        Scene::Press => 2.0 * (SETTING + pressing),
        Scene::PressUnderMotion => SETTING + pressing,
        Scene::Start => START * STARTS as f64,
        Scene::Readers => SETTING + 2.0 * look,
    };
    Duration::from_secs_f64(span)
}

fn presses(seconds: f64) -> usize {
    ((seconds * PRESSES_PER_SECOND) as usize).clamp(FEWEST_PRESSES, MOST_PRESSES)
}

impl Bench<'_> {
    /// Plays one scene and measures. `notes` takes what is no value of the product.
    pub(crate) async fn measure(
        &self,
        scene: Scene,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Measured>> {
        match scene {
            Scene::Idle => self.idle().await,
            Scene::Typing => self.watched(scene, Drawing::Typing, None).await,
            Scene::Window => self.watched(scene, Drawing::Window, None).await,
            Scene::Motion => {
                let floor = noted(self.processor_floor().await, notes);
                let cores = floor.map(|floor| floor.cores());
                let mut measured = self.watched(scene, Drawing::Motion, cores).await?;
                let sink = measured.first().and_then(|value| value.sink);
                let millis = |time: Duration| time.as_secs_f64() * 1000.0;
                for (metric, value) in floor.into_iter().flat_map(|floor| {
                    [
                        (Metric::FloorCapture, floor.capture),
                        (Metric::FloorEncode, floor.encode),
                    ]
                }) {
                    let value = Measured::new(scene, metric, millis(value));
                    measured.push(Measured { sink, ..value });
                }
                Ok(measured)
            }
            Scene::Press => self.pressed(scene, Drawing::Press, notes).await,
            Scene::PressUnderMotion => self.pressed(scene, Drawing::PressUnderMotion, notes).await,
            Scene::Start => self.started().await,
            Scene::Readers => self.readers().await,
        }
    }

    fn span(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    fn look(&self) -> Duration {
        Duration::from_secs_f64(self.seconds.min(LONGEST_LOOK))
    }

    /// A scene on an X server of its own, the product showing it, and a page that is open there.
    async fn play(&self, drawing: Drawing) -> Result<Stage> {
        let server = XServer::start(self.size).await?;
        let display = server.display().to_owned();
        let size = self.size;
        let show = tokio::task::spawn_blocking(move || Show::start(&display, size, drawing));
        let show = show.await??;
        let product = Product::start(self.program, server.display()).await?;
        Ok(Stage {
            product,
            show,
            _server: server,
        })
    }

    fn address(&self, stage: &Stage) -> String {
        let asked = self.sink.map(|sink| format!("?sink={sink}"));
        stage.product.page() + &asked.unwrap_or_default()
    }

    async fn open(&self, stage: &Stage) -> Result<Page<'_>> {
        let opened = page::open(self.browser, self.size, &self.address(stage)).await;
        let (page, _) = opened
            .map_err(|error| error.context(stage.product.complaint("may know why").to_string()))?;
        sleep(SETTLE).await;
        Ok(page)
    }

    async fn idle(&self) -> Result<Vec<Measured>> {
        let stage = self.play(Drawing::Still).await?;
        let page = self.open(&stage).await?;
        let before = Reading::take(&stage).await?;
        sleep(self.span()).await;
        let mut measured = Reading::take(&stage).await?.since(&before, Scene::Idle);

        // The page does not tell what it receives; a second viewer does. Its first picture is a
        // keyframe of its own and does not count.
        let mut viewer = Viewer::observer(&stage.product.socket()).await?;
        viewer.first_picture().await?;
        viewer.watch(SETTLE).await?;
        let received = viewer.watch(self.look()).await?;
        let bytes = received.bytes as f64;
        measured.push(Measured::new(Scene::Idle, Metric::Video, bytes));
        measured.push(memory(&stage, Scene::Idle)?);
        let measured = shown_by(page::sink(&page).await?, measured);
        page.close().await?;
        Ok(measured)
    }

    async fn watched(
        &self,
        scene: Scene,
        drawing: Drawing,
        floor: Option<f64>,
    ) -> Result<Vec<Measured>> {
        let stage = self.play(drawing).await?;
        let page = self.open(&stage).await?;
        let before = Reading::take(&stage).await?;
        let seen = page::watch(&page, self.span()).await?;
        let mut measured = Reading::take(&stage).await?.since(&before, scene);
        for value in &mut measured {
            if value.metric == Metric::Processor {
                value.floor = floor;
            }
        }
        measured.push(Measured::new(scene, Metric::Shown, seen.shown));
        measured.push(Measured::new(scene, Metric::Painted, seen.painted));
        measured.push(memory(&stage, scene)?);
        let measured = shown_by(page::sink(&page).await?, measured);
        page.close().await?;
        Ok(measured)
    }

    async fn processor_floor(&self) -> Result<ProcessorFloor> {
        let server = XServer::start(self.size).await?;
        let (display, size, look) = (server.display().to_owned(), self.size, self.look());
        let work = move || floors::processor(&display, size, look);
        tokio::task::spawn_blocking(work).await?
    }

    async fn page_floor(&self, sink: Sink, notes: &mut Vec<String>) -> Option<PageFloor> {
        let mut known = self.page_floors.lock().await;
        if let Some(floor) = known.get(&sink) {
            return floor.clone();
        }
        let floor = floors::page(self.browser, self.size, sink, presses(self.seconds)).await;
        let floor = noted(floor, notes);
        known.insert(sink, floor.clone());
        floor
    }

    async fn pressed(
        &self,
        scene: Scene,
        drawing: Drawing,
        notes: &mut Vec<String>,
    ) -> Result<Vec<Measured>> {
        let stage = self.play(drawing).await?;
        let page = self.open(&stage).await?;
        let before = Reading::take(&stage).await?;
        let took = page::press(&page, self.size, presses(self.seconds)).await?;
        let mut measured = Reading::take(&stage).await?.since(&before, scene);
        let sink = page::sink(&page).await?;
        page.close().await?;
        drop(stage);

        let floor = self.page_floor(sink, notes).await;
        for (metric, of) in [
            (Metric::PressHalf, median as fn(&[f64]) -> Option<f64>),
            (Metric::PressMost, |values| quantile(values, 0.95)),
        ] {
            let value = of(&took).context("nothing was pressed")?;
            let floor = floor.as_ref().and_then(|floor| of(&floor.presses));
            measured.push(Measured::new(scene, metric, value).above(floor));
        }
        if let Some(floor) = floor {
            measured.push(Measured::new(scene, Metric::FloorEcho, floor.echo));
        }
        Ok(shown_by(sink, measured))
    }

    async fn started(&self) -> Result<Vec<Measured>> {
        let (mut listening, mut shown) = (Vec::new(), Vec::new());
        for _ in 0..STARTS {
            let stage = self.play(Drawing::Still).await?;
            listening.push(stage.product.start.as_secs_f64() * 1000.0);
            let address = self.address(&stage);
            let (page, first) = page::open(self.browser, self.size, &address).await?;
            shown.push(first);
            page.close().await?;
        }
        let value = |metric, values: &[f64]| -> Result<Measured> {
            let middle = median(values).context("nothing was started")?;
            Ok(Measured::new(Scene::Start, metric, middle))
        };
        Ok(vec![
            value(Metric::Listening, &listening)?,
            value(Metric::FirstPicture, &shown)?,
        ])
    }

    async fn readers(&self) -> Result<Vec<Measured>> {
        let stage = self.play(Drawing::Motion).await?;
        let socket = stage.product.socket();
        let mut good = Viewer::controller(&socket, self.size).await?;
        good.first_picture().await?;
        good.watch(SETTLE).await?;
        let alone = good.watch(self.look()).await?;
        let before = proc::memory(stage.product.id())?;

        let mut mute = Vec::new();
        for _ in 0..MUTE {
            mute.push(Viewer::observer(&socket).await?);
        }
        let beside = good.watch(self.look()).await?;
        let after = proc::memory(stage.product.id())?;
        drop(mute);
        let kept = f64::from(beside.pictures) / f64::from(alone.pictures.max(1)) * 100.0;
        let got = f64::from(alone.pictures) / self.look().as_secs_f64();
        let more = (after as f64 - before as f64) / MIB;
        Ok(vec![
            Measured::new(Scene::Readers, Metric::Got, got),
            Measured::new(Scene::Readers, Metric::Kept, kept),
            Measured::new(Scene::Readers, Metric::MoreMemory, more),
        ])
    }
}

fn shown_by(sink: Sink, measured: Vec<Measured>) -> Vec<Measured> {
    let measured = measured.into_iter();
    measured.map(|value| value.shown_by(sink)).collect()
}

/// Without its floor a value cannot be judged, but it can be measured.
fn noted<T>(floor: Result<T>, notes: &mut Vec<String>) -> Option<T> {
    floor
        .map_err(|error| notes.push(format!("There is no floor: {error:#}.")))
        .ok()
}

/// What plays. The product ends first, then the scene, then the X server.
struct Stage {
    product: Product,
    show: Show,
    _server: XServer,
}

/// All counters at one moment.
struct Reading {
    at: Instant,
    work: Work,
    sent: Sent,
    drawn: u64,
    machine: Machine,
}

impl Reading {
    async fn take(stage: &Stage) -> Result<Self> {
        let gone = || stage.product.complaint("is gone");
        Ok(Self {
            sent: Sent::from_port(stage.product.port()).await?,
            work: Work::of(stage.product.id()).map_err(|_| gone())?,
            drawn: stage.show.drawn(),
            machine: Machine::now()?,
            at: Instant::now(),
        })
    }

    fn since(&self, before: &Self, scene: Scene) -> Vec<Measured> {
        let seconds = (self.at - before.at).as_secs_f64();
        let (processor, wakes) = self.work.since(&before.work);
        let sent = self.sent.since(&before.sent) as f64;
        let drawn = self.drawn.saturating_sub(before.drawn) as f64;
        let mut values = vec![
            (Metric::Processor, processor.as_secs_f64() / seconds),
            (Metric::WakeUps, wakes as f64 / seconds),
            (Metric::Wire, sent / 1000.0 / seconds),
            (Metric::Machine, self.machine.busy_since(before.machine)),
        ];
        if drawn > 0.0 {
            values.push((Metric::Drawn, drawn / seconds));
        }
        values
            .into_iter()
            .map(|(metric, value)| Measured::new(scene, metric, value))
            .collect()
    }
}

fn memory(stage: &Stage, scene: Scene) -> Result<Measured> {
    let bytes = proc::memory(stage.product.id())? as f64;
    Ok(Measured::new(scene, Metric::Memory, bytes / MIB))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_long_sessions_of_everything_take_well_under_25_minutes() {
        let session: Duration = Scene::ALL.iter().map(|&scene| expected(scene, 30.0)).sum();
        assert!(session * 5 < Duration::from_secs(22 * 60), "{session:?}");
    }

    #[test]
    fn the_number_of_presses_follows_the_length_within_bounds() {
        assert_eq!(presses(1.0), 20);
        assert_eq!(presses(10.0), 30);
        assert_eq!(presses(600.0), 60);
    }
}
