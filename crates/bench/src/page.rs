//! What is asked of a page through the probe in it.

use std::time::Duration;

use anyhow::{Context, Result};
use selkies_media::Size;
use tokio::time::{Instant, sleep};

use crate::browser::{Browser, Page};
use crate::chance::Chance;
use crate::metric::Sink;

const PROBE: &str = include_str!("probe.js");
/// A picture that takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(20);
/// A flip that takes longer is lost.
const PRESS_PATIENCE: u32 = 2000;
/// Milliseconds between presses: at least so many, and up to so many more. A desktop counts as at rest a quarter of a
/// second after its last change, so some presses find it at rest and some do not.
const GAP: (u64, u32) = (120, 280);
/// The first presses make the page take the focus and the server open its input.
const WARM_UP: usize = 3;

/// What a page showed in a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Different pictures per second.
    pub(crate) shown: f64,
    /// Frames per second that the page itself painted. A canvas cannot show more than that; a video
    /// is composed beside the page.
    pub(crate) painted: f64,
}

/// Opens `address` and waits for the first picture. Returns the milliseconds from the navigation
/// until it was shown, too.
pub(crate) async fn open<'a>(
    browser: &'a Browser,
    size: Size,
    address: &str,
) -> Result<(Page<'a>, f64)> {
    let page = browser.page(size, PROBE).await?;
    page.open(address).await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        // While the page is being replaced by the new one there is nobody to answer.
        if let Ok(first) = page.value("window.bench?.first", Duration::ZERO).await
            && let Some(first) = first.as_f64()
        {
            return Ok((page, first));
        }
        anyhow::ensure!(
            Instant::now() < deadline,
            "{address} showed no picture of the scene within {PATIENCE:?}"
        );
        sleep(Duration::from_millis(20)).await;
    }
}

/// How pictures get onto the page.
pub(crate) async fn sink(page: &Page<'_>) -> Result<Sink> {
    let told = page.value("bench.sink()", Duration::ZERO).await?;
    let name = told.as_str().unwrap_or_default();
    Sink::named(name).with_context(|| format!("the page shows pictures by {name:?}"))
}

/// Counts the pictures shown in `span`.
pub(crate) async fn watch(page: &Page<'_>, span: Duration) -> Result<Watched> {
    let expression = format!("bench.watch({})", span.as_millis());
    let seen = page.value(&expression, span).await?;
    let number = |name: &str| {
        let value = seen[name].as_f64();
        value.with_context(|| format!("the probe did not count {name}"))
    };
    let (shown, frames, unread) = (number("shown")?, number("frames")?, number("unread")?);
    let seconds = number("ms")? / 1000.0;
    anyhow::ensure!(
        unread < frames / 2.0,
        "the scene could not be read in {unread} of {frames} frames of the page"
    );
    Ok(Watched {
        shown: shown.max(0.0) / seconds,
        painted: frames / seconds,
    })
}

/// Presses `times` at random moments; the milliseconds each took until the picture showed it.
pub(crate) async fn press(page: &Page<'_>, size: Size, times: usize) -> Result<Vec<f64>> {
    let (x, y) = (size.width / 2, size.height / 2);
    let mut chance = Chance::new(0x5e1c);
    let mut took = Vec::with_capacity(times);
    page.mouse("mouseMoved", x, y).await?;
    for index in 0..WARM_UP + times {
        sleep(Duration::from_millis(
            GAP.0 + u64::from(chance.below(GAP.1)),
        ))
        .await;
        let arm = format!("bench.arm({PRESS_PATIENCE})");
        if page.value(&arm, Duration::ZERO).await? != true {
            continue;
        }
        // Not in step with the call that armed the probe.
        sleep(Duration::from_micros(
            5000 + u64::from(chance.below(16_667)),
        ))
        .await;
        page.mouse("mousePressed", x, y).await?;
        sleep(Duration::from_millis(15)).await;
        page.mouse("mouseReleased", x, y).await?;
        let answer = page.value("bench.answer", Duration::ZERO).await?;
        if index >= WARM_UP {
            took.extend(answer["ms"].as_f64());
        }
    }
    anyhow::ensure!(
        took.len() * 10 >= times * 9,
        "only {} of {times} presses were seen to have an effect",
        took.len()
    );
    Ok(took)
}

#[cfg(test)]
mod tests {
    use selkies_media::Size;

    use super::*;
    use crate::floors;

    const SIZE: Size = Size::new(800, 600);
    /// Shows pictures with strips of its own instead of what is on the page.
    const STRIPS: &str = include_str!("page/strips.js");

    async fn start() -> Option<Browser> {
        let program = selkies_testkit::require_tool("chromium")?;
        Some(Browser::start(&program).await.expect("it starts"))
    }

    /// What `watch` says of pictures on an element: `rate` of them a second, each given `times`
    /// times. Returns how many were shown, and how many different ones were given.
    async fn shown(page: &Page<'_>, element: &str, rate: u32, times: u32) -> (f64, f64) {
        let play = format!("play('{element}', {rate}, {times})");
        page.value(&play, PATIENCE).await.expect("it plays");
        let span = Duration::from_millis(1500);
        let watch = format!("watched({})", span.as_millis());
        let watched = page.value(&watch, span).await.expect("it watches");
        let number = |name: &str| watched[name].as_f64().expect("a number");
        assert_eq!(number("unread"), 0.0, "{element} {rate} {times}");
        (number("shown"), number("given"))
    }

    #[tokio::test]
    async fn what_was_shown_is_counted_once_and_only_if_it_was_shown() {
        let Some(browser) = start().await else { return };
        let floor = floors::Shortest::start(SIZE, Sink::Video)
            .await
            .expect("a free port");
        let (page, _) = open(&browser, SIZE, &floor.address)
            .await
            .expect("it opens");
        page.value(STRIPS, Duration::ZERO).await.expect("a script");
        for element in ["video", "canvas"] {
            let (all, given) = shown(&page, element, 30, 1).await;
            assert!(all <= given + 1.0 && all > given * 0.7, "{all} of {given}");
            // Of 150 pictures a second a screen of 60 shows less than half.
            let (some, given) = shown(&page, element, 150, 1).await;
            assert!(some < given * 0.6, "{some} of {given} on {element}");
            let (once, given) = shown(&page, element, 30, 2).await;
            assert!(once <= given + 1.0, "{once} of {given} on {element}");
        }
    }

    #[tokio::test]
    async fn the_shortest_way_answers_presses_by_every_sink() {
        let Some(browser) = start().await else { return };
        for asked in Sink::ALL {
            let floor = floors::Shortest::start(SIZE, asked).await.expect("a port");
            let (page, first) = open(&browser, SIZE, &floor.address)
                .await
                .expect("it opens");
            assert!(first > 0.0);
            assert_eq!(sink(&page).await.expect("it says so"), asked);
            let presses = press(&page, SIZE, 4).await.expect("they are seen");
            assert_eq!(presses.len(), 4, "{asked:?}: {presses:?}");
            assert!(presses.iter().all(|&took| took > 0.0), "{presses:?}");
        }
    }
}
