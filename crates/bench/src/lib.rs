//! `selkies bench`: measures the program on scenes of our own, next to the least this machine
//! allows.
//!
//! A scene is drawn on a private X server, the program shows it, and a headless Chromium watches.
//! Whatever is started is ended; everything stays on the loopback interface. Start with
//! [`measures`], then [`targets`] for what we want to reach. How it is measured and what it does
//! not show: `docs/latency.md`.
#![forbid(unsafe_code)]

mod browser;
mod chance;
mod floors;
mod measures;
mod metric;
mod options;
mod page;
mod proc;
mod process;
mod profile;
mod progress;
mod report;
mod scenes;
mod stage;
mod stats;
mod strip;
mod targets;
mod viewer;
mod wire;

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::Mutex;

use browser::Browser;
use measures::Bench;
use options::Options;
use progress::Progress;
use report::{Environment, Report};

/// Carries out `selkies bench` with the words after it. Fails when something could not be
/// measured; with `--strict` also when a target was missed.
pub fn run(words: impl IntoIterator<Item = String>) -> Result<ExitCode> {
    let Some(options) = options::parse(words)? else {
        say(options::HELP);
        return Ok(ExitCode::SUCCESS);
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let result = runtime.block_on(async {
        // Dropping the measurement ends everything that it has started.
        tokio::select! {
            result = measure(&options) => result,
            () = told_to_stop() => anyhow::bail!("interrupted"),
        }
    });
    // What still computes is in this process only and ends with it.
    runtime.shutdown_background();
    let report = result?;
    say(&format!("\n{}", report.table()));
    if let Some(path) = &options.json {
        let text = format!("{:#}\n", report.json());
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let failed = options.strict && report.misses() > 0;
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

async fn measure(options: &Options) -> Result<Report> {
    if cfg!(debug_assertions) && options.bin.is_none() {
        note("This is a debug build: its numbers mean nothing. Build with --release.");
    }
    let program = match &options.bin {
        Some(path) => path.clone(),
        None => std::env::current_exe().context("this program has no path any more")?,
    };
    let (processor, cores, load) = proc::describe();
    let chromium = browser::locate(options.chromium.as_deref())?;
    let mut measured = Vec::new();
    let mut notes = Vec::new();
    let mut version = String::new();
    let expected = |scene| measures::expected(scene, options.seconds);
    let all: Vec<Duration> = options
        .scenes
        .iter()
        .map(|&scene| expected(scene))
        .collect();
    let mut progress = Progress::new(&all, options.sessions);
    for session in 1..=options.sessions {
        let browser = Browser::start(&chromium).await?;
        version = browser.version().await?;
        let bench = Bench {
            program: &program,
            browser: &browser,
            size: options.size,
            seconds: options.seconds,
            sink: options.sink,
            page_floors: Mutex::default(),
        };
        for &scene in &options.scenes {
            note(&progress.line(session, options.sessions, scene));
            let began = Instant::now();
            let values = bench.measure(scene, &mut notes).await;
            measured.extend(values.with_context(|| format!("in the scene {}", scene.name()))?);
            progress.did(expected(scene), began.elapsed());
        }
    }
    let environment = Environment {
        processor,
        cores,
        load,
        browser: version,
        product: product_version(&program),
        size: options.size,
        seconds: options.seconds,
        sessions: options.sessions,
        sink: options.sink,
    };
    Ok(Report::new(environment, &measured, notes))
}

fn product_version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    text.ok()
        .filter(|text| !text.is_empty())
        .unwrap_or_else(|| PathBuf::from(program).display().to_string())
}

async fn told_to_stop() {
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    let mut signals = tokio::task::JoinSet::new();
    for kind in kinds {
        if let Ok(mut signal) = signal(kind) {
            signals.spawn(async move { signal.recv().await });
        }
    }
    if signals.join_next().await.is_none() {
        std::future::pending::<()>().await;
    }
}

/// Whoever does not read what we print does not miss it.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
