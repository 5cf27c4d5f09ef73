//! The program: reads the command line, chooses the parts, serves, ends cleanly.
#![forbid(unsafe_code)]

mod desktops;
mod doctor;
mod gamepads;
mod log;
mod sound;
mod welcome;
mod withheld;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::Context;
use selkies_embedded::Embedded;
use selkies_encode::Backends;
use selkies_media::Clock;
use selkies_server::{Parts, Server, random_word};
use selkies_settings::{
    Flags, Level, Notice, Secret, Settings, Sources, Subcommand, flags_from, help, resolve,
};
use tokio::signal::unix::{SignalKind, signal};

use desktops::{Chosen, Ended};

/// A mistake on the command line (sysexits(3) has no better number that shells know).
const USAGE: u8 = 2;

fn main() -> ExitCode {
    match prepare() {
        Ok(Task::Serve(settings, command)) => finish(run(*settings, command)),
        Ok(Task::Bench(words)) => finish(selkies_bench::run(words)),
        Ok(Task::Doctor(start, json)) => doctor::run(*start, json),
        Ok(Task::Nothing) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                say(io::stderr(), &format!("selkies: {problem}\n"));
            }
            ExitCode::from(USAGE)
        }
    }
}

fn finish(result: anyhow::Result<ExitCode>) -> ExitCode {
    result.unwrap_or_else(|error| {
        say(io::stderr(), &format!("selkies: {error:#}\n"));
        ExitCode::FAILURE
    })
}

/// What the command line asks for.
enum Task {
    Serve(Box<Settings>, Option<Vec<String>>),
    Bench(Vec<String>),
    /// What would work; whether for programs.
    Doctor(Box<doctor::Start>, bool),
    /// A question, which is answered.
    Nothing,
}

/// Reads flags and environment.
fn prepare() -> Result<Task, Vec<String>> {
    let started = |problem: selkies_settings::Problem| vec![problem.to_string()];
    let flags = flags_from(std::env::args().skip(1)).map_err(started)?;
    let Flags {
        pairs,
        command,
        help: asks_help,
        version,
        subcommand,
    } = flags;
    if asks_help {
        say(io::stdout(), &help());
        return Ok(Task::Nothing);
    }
    if version {
        say(
            io::stdout(),
            &format!("selkies {}\n", env!("CARGO_PKG_VERSION")),
        );
        return Ok(Task::Nothing);
    }
    if let Some(Subcommand::Bench(words)) = subcommand {
        return Ok(Task::Bench(words));
    }
    let resolved = resolve(&Sources::new().flags(pairs).environment(variables()));
    if !resolved.problems.is_empty() {
        return Err(resolved.problems.iter().map(ToString::to_string).collect());
    }
    let mut settings = resolved.settings;
    match subcommand {
        Some(Subcommand::Explain(name)) => {
            say(io::stdout(), &settings.explain(&name).map_err(started)?);
            return Ok(Task::Nothing);
        }
        Some(Subcommand::Dump) => {
            say(io::stdout(), &settings.dump());
            return Ok(Task::Nothing);
        }
        Some(Subcommand::Bench(_) | Subcommand::Doctor { .. }) | None => {}
    }
    let mut notices = resolved.notices;
    let warning = |text| Notice {
        level: Level::Warn,
        text,
    };
    notices.extend(settings.withhold(withheld::WITHHELD).iter().map(|asked| {
        let (given, instead) = (&asked.given, &asked.instead);
        warning(format!(
            "{given} is not available yet: {instead} holds instead"
        ))
    }));
    let idle = settings.without_effect();
    notices.extend(
        idle.iter()
            .map(|name| warning(format!("{name} was set and has no effect yet"))),
    );
    if let Some(Subcommand::Doctor { json }) = subcommand {
        notices.retain(|notice| notice.level != Level::Info);
        let start = doctor::Start {
            settings,
            command,
            complaints: notices.into_iter().map(|notice| notice.text).collect(),
        };
        return Ok(Task::Doctor(Box::new(start), json));
    }
    log::start(settings.debug.value);
    log::tell(notices);
    Ok(Task::Serve(Box::new(settings), command))
}

/// The environment as far as it is text: our variables are.
fn variables() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

fn run(mut settings: Settings, command: Option<Vec<String>>) -> anyhow::Result<ExitCode> {
    let clock = Clock::starting_at(Instant::now());
    let existing = existing_display(&settings, command.is_some())?;
    let controllers = gamepads::open(&settings, existing.is_none());
    let Chosen {
        desktop,
        embedded,
        ended,
    } = match existing {
        Some(display) => desktops::attach(&display)?,
        None => desktops::embed(
            command,
            first_size(&settings),
            controllers.environment,
            sound::of_our_own(&settings),
        )?,
    };
    let made_up = make_up_password(&mut settings);
    let cores = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let backends = Backends::new(cores);
    for backend in backends.describe() {
        match backend.version {
            Ok(version) => tracing::info!(encoder = backend.name, version, "can encode"),
            Err(why) => tracing::warn!(encoder = backend.name, why, "cannot encode"),
        }
    }

    // Two threads serve sockets; pictures have threads of their own.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.get().min(2))
        .thread_name("sockets")
        .enable_all()
        .build()
        .context("no threads for the sockets")?;
    let parts = Parts {
        settings: settings.clone(),
        desktop,
        gamepads: controllers.pads,
        encoders: Arc::new(backends),
        sound: sound::parts(
            &settings,
            embedded.as_ref().and_then(Embedded::sound_socket),
        )?,
        clock,
    };
    let code = runtime.block_on(async {
        let server = Server::bind(parts).await?;
        welcome::print(
            &settings,
            server.address(),
            server.login_path().as_deref(),
            made_up,
        )?;
        serve(server, ended).await
    });
    // The desktop ends before the threads are waited for: what they wait for is gone then.
    drop(embedded);
    drop(controllers.libraries);
    runtime.shutdown_timeout(Duration::from_millis(500));
    code
}

/// The display that is named, if one is; without one, or with a command to run, we need our own.
fn existing_display(settings: &Settings, runs_command: bool) -> anyhow::Result<Option<String>> {
    let named = Some(settings.display.clone()).filter(|display| !display.is_empty());
    if settings.embedded.value || runs_command {
        anyhow::ensure!(
            named.is_none(),
            "--display shows a desktop that is there; --embedded and commands need one of our own"
        );
        return Ok(None);
    }
    let inherited = || std::env::var("DISPLAY").ok();
    Ok(named
        .or_else(inherited)
        .filter(|display| !display.is_empty()))
}

fn first_size(settings: &Settings) -> Option<(u32, u32)> {
    let side = |pixels: i64| u32::try_from(pixels).ok().filter(|pixels| *pixels > 0);
    let manual = settings.is_manual_resolution_mode.value;
    manual
        .then(|| Some((side(settings.manual_width)?, side(settings.manual_height)?)))
        .flatten()
}

/// No default password: without one given, one is made up. Returns whether it was.
fn make_up_password(settings: &mut Settings) -> bool {
    let needed = settings.enable_basic_auth.value && settings.basic_auth_password.is_empty();
    if needed {
        settings.basic_auth_password = Secret::new(random_word());
    }
    needed
}

async fn serve(
    server: Server,
    ended: Option<tokio::sync::oneshot::Receiver<Ended>>,
) -> anyhow::Result<ExitCode> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let (tell, mut told) = tokio::sync::oneshot::channel();
    let shutdown = async move {
        let over = async {
            match ended {
                Some(ended) => ended.await.ok(),
                None => std::future::pending().await,
            }
        };
        let end = tokio::select! {
            _ = interrupt.recv() => None,
            _ = terminate.recv() => None,
            _ = hangup.recv() => None,
            end = over => end,
        };
        tracing::info!("stopping");
        // The receiver lives as long as the server runs.
        let _ = tell.send(end);
    };
    server.run(shutdown).await;
    match told.try_recv().ok().flatten() {
        None => Ok(ExitCode::SUCCESS),
        Some(Ended::Command(status)) => Ok(exit_code(status)),
        Some(Ended::Failed(why)) => anyhow::bail!("the desktop is over: {why}"),
    }
}

/// The command's own, as a shell would tell it.
fn exit_code(status: std::process::ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .unwrap_or(1);
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}

/// Whoever does not read what we print does not miss it.
fn say(mut to: impl Write, text: &str) {
    let _ = to.write_all(text.as_bytes()).and_then(|()| to.flush());
}

/// What a person can open to get to `address`.
fn reachable(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        format!("localhost:{}", address.port())
    } else {
        address.to_string()
    }
}
