//! What is asked of a page through the probe in it.

use std::time::Duration;

use anyhow::{Context, Result};
use selkies_media::Size;
use tokio::time::{Instant, sleep};

use crate::browser::{Browser, Page};
use crate::chance::Chance;

const PROBE: &str = include_str!("probe.js");
/// A picture that takes longer than this does not come.
const PATIENCE: Duration = Duration::from_secs(20);
/// A flip that takes longer is lost.
const PRESS_PATIENCE: u32 = 2000;
/// The first presses make the page take the focus and the server open its input.
const WARM_UP: usize = 3;

/// What a page showed in a while.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched {
    /// Different pictures per second.
    pub(crate) shown: f64,
    /// Frames per second that the page itself painted: an upper bound of the above.
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
        sleep(Duration::from_millis(120 + u64::from(chance.below(140)))).await;
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
