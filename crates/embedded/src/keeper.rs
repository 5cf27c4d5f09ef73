//! The thread that starts everything, keeps it running and ends it.
//!
//! One thread, and the same one for all: children are asked to end when the *thread* that started
//! them does.

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::Signal;

use crate::child::Child;
use crate::environment::{self, MARKER, Variables};
use crate::events::Outlet;
use crate::guard::Guard;
use crate::painter::{self, Notice};
use crate::patience::{Allowance, Backoff};
use crate::private_dir::PrivateDir;
use crate::xserver::{self, Recipe};
use crate::{Event, StartError, authority, ending};

/// How long the first connection may take before programs start without what it sets up.
const PAINTER: Duration = Duration::from_secs(5);
/// Programs that need a window manager wait this long for one.
const WINDOW_MANAGER: Duration = Duration::from_secs(3);
/// The X server's end is noticed by its programs first. This long an end of one of them may turn
/// out to be the server's.
const SUSPICION: Duration = Duration::from_millis(150);
/// What is left of programs when the X server is gone may take this long to end.
const AFTERMATH: Duration = Duration::from_millis(300);

/// Ends the keeper or tells it to look around.
#[derive(Clone, Debug)]
pub(crate) struct Bell {
    fd: Arc<OwnedFd>,
    stop: Arc<AtomicBool>,
}

impl Bell {
    pub(crate) fn new() -> std::io::Result<Self> {
        use rustix::event::{EventfdFlags, eventfd};
        let fd = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Self {
            fd: Arc::new(fd),
            stop: Arc::default(),
        })
    }

    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.ring();
    }

    fn ring(&self) {
        // Fails only when it is ringing already.
        let _ = rustix::io::write(&*self.fd, &1_u64.to_ne_bytes());
    }

    fn quieten(&self) {
        // Fails only when it is not ringing.
        let _ = rustix::io::read(&*self.fd, &mut [0; 8]);
    }

    fn stops(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }
}

/// What a program is to the desktop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The message bus: needs no X server.
    Bus,
    /// The sound server: needs no X server.
    Sound,
    /// Started first, and again when it ends.
    WindowManager,
    /// Started again when it ends.
    Kept,
    /// A window that the person on the desktop may close.
    Window,
    /// What the desktop is for.
    Command,
}

/// A program of the desktop.
#[derive(Debug)]
pub(crate) struct Program {
    role: Role,
    name: String,
    arguments: Vec<OsString>,
    /// Variables for it alone.
    environment: Variables,
    child: Option<Child>,
    backoff: Backoff,
    due: Option<Instant>,
}

impl Program {
    pub(crate) fn new(role: Role, name: &str, arguments: Vec<OsString>) -> Self {
        Self {
            role,
            name: name.to_owned(),
            arguments,
            environment: Variables::new(),
            child: None,
            backoff: Backoff::default(),
            due: None,
        }
    }

    pub(crate) fn with<const N: usize>(mut self, variables: [(&str, OsString); N]) -> Self {
        self.environment
            .extend(variables.map(|(name, value)| (name.into(), value)));
        self
    }

    fn command(&self, environment: &Variables) -> Option<Command> {
        let (program, rest) = self.arguments.split_first()?;
        let mut command = Command::new(program);
        command
            .args(rest)
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(environment::get(environment, "HOME").unwrap_or_else(|| "/".as_ref()));
        Some(command)
    }

    fn start(&mut self, environment: &Variables) -> std::io::Result<()> {
        self.due = None;
        let Some(command) = self.command(environment) else {
            return Ok(());
        };
        tracing::debug!(program = %self.name, "start");
        self.child = Some(Child::start(&self.name, command, false)?);
        Ok(())
    }
}

/// Everything the keeper needs to begin.
pub(crate) struct Setup {
    pub(crate) x_server: PathBuf,
    pub(crate) largest: (u32, u32),
    pub(crate) first: (u32, u32),
    pub(crate) cookie: [u8; 16],
    pub(crate) host: Vec<u8>,
    pub(crate) instance: String,
    pub(crate) resources: String,
    pub(crate) dir: PrivateDir,
    pub(crate) environment: Variables,
    pub(crate) programs: Vec<Program>,
    pub(crate) outlet: Arc<Outlet>,
    pub(crate) bell: Bell,
}

/// Runs until the bell says stop. `started` gets the display's number, or why there is none.
pub(crate) fn run(setup: Setup, started: &SyncSender<Result<u32, StartError>>) {
    let guard = match Guard::start(&setup.instance, &setup.dir) {
        Ok(guard) => guard,
        Err(source) => {
            let what = "start the guard, /bin/sh";
            // Whoever started us waits for this very answer.
            let _ = started.send(Err(StartError::Io { what, source }));
            return;
        }
    };
    let mut keeper = Keeper {
        setup,
        server: None,
        painter: None,
        notices: None,
        allowance: Allowance::default(),
    };
    let begun = keeper.start_server(None);
    let runs = begun.is_ok();
    // As above.
    let _ = started.send(begun);
    if runs {
        keeper.keep();
    }
    keeper.end();
    // In this order: the guard has nothing to do when all has ended.
    drop(guard);
}

struct Server {
    child: Child,
    number: u32,
}

struct Keeper {
    setup: Setup,
    server: Option<Server>,
    painter: Option<JoinHandle<()>>,
    notices: Option<Receiver<Notice>>,
    allowance: Allowance,
}

impl Keeper {
    /// Starts the X server, on `number` if it can be had, and lines up the programs.
    fn start_server(&mut self, number: Option<u32>) -> Result<u32, StartError> {
        let setup = &self.setup;
        let secret = setup.dir.path().join("server-authority");
        let recipe = Recipe {
            program: &setup.x_server,
            largest: setup.largest,
            authority: &secret,
            environment: &setup.environment,
        };
        let write = |name: &str, number| {
            let content = authority::file(&setup.host, number, &setup.cookie);
            setup
                .dir
                .write(name, &content)
                .map_err(|source| StartError::Io {
                    what: "write the authority file",
                    source,
                })
        };
        write("server-authority", None)?;
        let (child, number) = match (xserver::start(&recipe, number), number) {
            (Err(error), Some(_)) => {
                tracing::warn!(%error, "the display's number cannot be had again");
                xserver::start(&recipe, None)?
            }
            (result, _) => result?,
        };
        self.server = Some(Server { child, number });
        write("Xauthority", Some(number))?;
        self.prepare_screen(number)?;
        let display = format!(":{number}");
        environment::set(&mut self.setup.environment, "DISPLAY", display.as_str());
        self.setup.outlet.set_display(&display);
        tracing::info!(number, "the X server of the desktop runs");
        self.line_up();
        Ok(number)
    }

    /// Waits until the screen has its first size and its resources, because programs read them once.
    fn prepare_screen(&mut self, number: u32) -> Result<(), StartError> {
        let (sender, notices) = sync_channel(8);
        let bell = self.setup.bell.clone();
        let screen = painter::Task {
            number,
            cookie: self.setup.cookie,
            first: self.setup.first,
            resources: self.setup.resources.clone(),
        };
        let painter = painter::start(screen, sender, move || bell.ring()).map_err(|source| {
            StartError::Io {
                what: "start a thread",
                source,
            }
        })?;
        self.painter = Some(painter);
        if notices.recv_timeout(PAINTER).is_err() {
            tracing::warn!("the screen could not be prepared");
        }
        self.notices = Some(notices);
        Ok(())
    }

    fn line_up(&mut self) {
        let now = Instant::now();
        let managed = self
            .setup
            .programs
            .iter()
            .any(|program| program.role == Role::WindowManager);
        for program in &mut self.setup.programs {
            if program.child.is_none() {
                program.due = Some(match program.role {
                    Role::Bus | Role::Sound | Role::WindowManager => now,
                    Role::Kept | Role::Window | Role::Command if managed => now + WINDOW_MANAGER,
                    Role::Kept | Role::Window | Role::Command => now,
                });
            }
        }
    }

    fn keep(&mut self) {
        loop {
            self.start_due();
            self.wait();
            self.setup.bell.quieten();
            if self.setup.bell.stops() {
                return;
            }
            self.heed_notices();
            self.log_output();
            if self.server_died(Duration::ZERO) {
                self.revive();
            } else {
                self.collect();
            }
        }
    }

    fn start_due(&mut self) {
        let now = Instant::now();
        for program in &mut self.setup.programs {
            if program.due.is_some_and(|due| due <= now)
                && let Err(error) = program.start(&self.setup.environment)
            {
                tracing::warn!(program = %program.name, %error, "could not start a program");
                match program.role {
                    Role::Bus | Role::Sound | Role::WindowManager | Role::Kept => {
                        program.due = Some(now + program.backoff.wait(Duration::ZERO));
                    }
                    Role::Command => {
                        let why = error.to_string();
                        self.setup.outlet.send(&Event::CommandFailed { why });
                    }
                    Role::Window => {}
                }
            }
        }
    }

    /// Until something ends, says something, is due or rings.
    fn wait(&self) {
        let now = Instant::now();
        let children = self
            .setup
            .programs
            .iter()
            .filter_map(|program| program.child.as_ref())
            .chain(self.server.as_ref().map(|server| &server.child));
        let mut fds = vec![PollFd::new(&*self.setup.bell.fd, PollFlags::IN)];
        for child in children {
            fds.push(PollFd::new(&child.ended, PollFlags::IN));
            if child.output.open {
                fds.push(PollFd::new(&child.output.pipe, PollFlags::IN));
            }
        }
        let due = self
            .setup
            .programs
            .iter()
            .filter_map(|program| program.due)
            .min();
        let timeout =
            due.and_then(|due| Timespec::try_from(due.saturating_duration_since(now)).ok());
        match poll(&mut fds, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => tracing::error!(%error, "could not wait for the desktop"),
        }
    }

    fn heed_notices(&mut self) {
        let managed = self
            .notices
            .iter()
            .flat_map(Receiver::try_iter)
            .any(|notice| notice == Notice::Managed);
        if managed {
            let now = Instant::now();
            for program in &mut self.setup.programs {
                // Only those that never ran wait for this; others wait because they failed.
                if program.due.is_some() && program.backoff.is_fresh() {
                    program.due = Some(now);
                }
            }
        }
    }

    fn log_output(&mut self) {
        for program in &mut self.setup.programs {
            if let Some(child) = &mut program.child {
                child.log_output();
            }
        }
        if let Some(server) = &mut self.server {
            server.child.log_output();
        }
    }

    fn server_died(&mut self, patience: Duration) -> bool {
        self.server
            .as_mut()
            .is_some_and(|server| ending::ends_within(&mut server.child, patience))
    }

    /// Deals with programs that have ended.
    fn collect(&mut self) {
        let ended: Vec<(usize, ExitStatus)> = self
            .setup
            .programs
            .iter_mut()
            .enumerate()
            .filter_map(|(index, program)| Some((index, program.child.as_mut()?.status()?)))
            .collect();
        if ended.is_empty() {
            return;
        }
        let failed = ended.iter().any(|(_, status)| !status.success());
        if failed && self.server_died(SUSPICION) {
            return self.revive();
        }
        for (index, status) in ended {
            if let Some(program) = self.setup.programs.get_mut(index) {
                bury(program, status, &self.setup.outlet);
            }
        }
    }

    /// The X server is gone, and its programs with it.
    fn revive(&mut self) {
        let number = self.bury_server();
        match self.allowance.spend(Instant::now()) {
            Some(restarts) => {
                tracing::warn!(restarts, "the X server ended; starting it again");
                self.setup.outlet.send(&Event::XServerDied { restarts });
                match self.start_server(number) {
                    Ok(number) => self.setup.outlet.send(&Event::Restarted {
                        display: format!(":{number}"),
                    }),
                    Err(error) => {
                        tracing::error!(%error, "the X server does not start again");
                        self.bury_server();
                        self.setup.outlet.send(&Event::GaveUp);
                    }
                }
            }
            None => {
                tracing::error!("the X server ends again and again; giving up");
                self.setup.outlet.send(&Event::GaveUp);
            }
        }
    }

    /// Ends what cannot live without the X server. What programs started without windows goes on.
    fn bury_server(&mut self) -> Option<u32> {
        let number = self.server.take().map(|mut server| {
            ending::end_one(&mut server.child, AFTERMATH);
            xserver::clean_up(server.number, server.child.pid().as_raw_nonzero().get());
            server.number
        });
        self.join_painter();
        let affected = |program: &&mut Program| !matches!(program.role, Role::Bus | Role::Sound);
        for program in self.setup.programs.iter_mut().filter(affected) {
            program.due = None;
            if let Some(child) = &mut program.child {
                child.signal(Signal::TERM);
            }
        }
        let deadline = Instant::now() + AFTERMATH;
        for program in self.setup.programs.iter_mut().filter(affected) {
            if let Some(mut child) = program.child.take() {
                let left = deadline.saturating_duration_since(Instant::now());
                ending::end_one(&mut child, left);
            }
            program.backoff = Backoff::default();
        }
        number
    }

    fn join_painter(&mut self) {
        self.notices = None;
        if let Some(painter) = self.painter.take()
            && painter.join().is_err()
        {
            tracing::error!("the wallpaper's thread panicked");
        }
    }

    fn end(mut self) {
        let mark = format!("{MARKER}={}", self.setup.instance);
        let mut children: Vec<_> = self
            .setup
            .programs
            .iter_mut()
            .filter_map(|program| program.child.take())
            .collect();
        let server = self.server.as_mut().map(|server| &mut server.child);
        ending::end(&mark, &mut children, server);
        if let Some(server) = &self.server {
            xserver::clean_up(server.number, server.child.pid().as_raw_nonzero().get());
        }
        self.join_painter();
    }
}

/// Notes the end of `program` and decides whether it comes back.
fn bury(program: &mut Program, status: ExitStatus, outlet: &Outlet) {
    let Some(mut child) = program.child.take() else {
        return;
    };
    child.log_output();
    let name = program.name.clone();
    match program.role {
        Role::Bus | Role::Sound | Role::WindowManager | Role::Kept => {
            let wait = program.backoff.wait(child.since.elapsed());
            tracing::warn!(program = %name, %status, said = %child.recent(), "a program ended; starting it again");
            program.due = Some(Instant::now() + wait);
            outlet.send(&Event::ProgramExited { name, status });
        }
        Role::Window => {
            tracing::debug!(program = %name, %status, "a program ended");
            outlet.send(&Event::ProgramExited { name, status });
        }
        Role::Command => {
            tracing::info!(program = %name, %status, "the command ended");
            outlet.send(&Event::CommandExited { status });
        }
    }
}
