//! A private desktop of our own: X server, window manager, programs, supervised.
//!
//! [`Embedded::start`] starts Xvfb with a screen that RandR can resize, behind a secret of its own
//! and without TCP; a window manager, a panel, a wallpaper and a terminal in it, or one command.
//! What crashes is started again. Everything ends with the [`Embedded`], or with this process,
//! however that ends; nothing of the user's own configuration is changed.
//!
//! It shows nothing to anyone: pictures and input go through the display like with any X server.
//! Start reading at [`Embedded`], then `keeper.rs`.

mod authority;
mod child;
mod ending;
mod environment;
mod events;
mod ffi;
mod guard;
mod keeper;
mod look;
mod painter;
mod patience;
mod private_dir;
mod processes;
mod programs;
mod sound;
mod survey;
mod tidy;
mod wallpaper;
mod xserver;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

use environment::{MARKER, Variables};
use events::Outlet;
use keeper::{Bell, Program, Role, Setup};
use private_dir::PrivateDir;
use programs::Programs;

pub use events::Event;
pub use programs::{Missing, install_line};
pub use sound::SoundServer;
pub use survey::Survey;

/// What kind of desktop to start.
#[derive(Clone, Debug)]
pub struct Options {
    /// The largest size the screen can be given later. Its memory is four bytes per pixel.
    pub largest: (u32, u32),
    /// The size it starts with, also after a crash of the X server.
    pub first: (u32, u32),
    /// A program and its arguments, to run in place of panel, menu and terminal.
    pub command: Option<Vec<OsString>>,
    /// Start a sound server as well. `None`: programs use the one their environment names, if any.
    pub sound: Option<SoundServer>,
    /// Variables for the programs, on top of what they inherit.
    pub environment: Vec<(OsString, OsString)>,
}

impl Default for Options {
    /// A whole desktop, up to 8K UHD large.
    fn default() -> Self {
        Self {
            largest: (7680, 4320),
            first: (1280, 720),
            command: None,
            sound: None,
            environment: Vec::new(),
        }
    }
}

/// Why there is no desktop.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A program it cannot do without is not installed.
    #[error("{missing}. Install it: {}", install_line(&[*missing]))]
    Missing {
        /// Which.
        missing: Missing,
    },
    /// The command is not a program that can be run.
    #[error("there is no program {0:?}")]
    NoCommand(OsString),
    /// The directory for the sockets of X servers cannot be used.
    #[error(
        "{} cannot be used: {why}. As root: mkdir -m 1777 {}",
        xserver::SOCKETS,
        xserver::SOCKETS
    )]
    Sockets {
        /// What is wrong with it.
        why: String,
    },
    /// The X server did not come up.
    #[error("the X server did not start: {said}")]
    Server {
        /// What it said last.
        said: String,
    },
    /// The system refused something.
    #[error("could not {what}: {source}")]
    Io {
        /// What was to be done.
        what: &'static str,
        /// Its answer.
        source: io::Error,
    },
}

/// A running desktop. Dropping it ends it.
pub struct Embedded {
    outlet: Arc<Outlet>,
    bell: Bell,
    keeper: Option<JoinHandle<()>>,
    cookie: [u8; 16],
    authority_file: PathBuf,
    environment: Variables,
    missing: Vec<Missing>,
    sound_socket: Option<PathBuf>,
}

impl fmt::Debug for Embedded {
    /// Without the secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Embedded")
            .field("display", &self.display())
            .finish_non_exhaustive()
    }
}

impl Embedded {
    /// Starts the X server and returns when it can be connected to; the programs follow by
    /// themselves. Blocks for about half a second.
    ///
    /// # Errors
    /// [`StartError`]; nothing is left running then. Programs other than the X server may be
    /// missing, see [`Self::missing`].
    pub fn start(options: Options) -> Result<Self, StartError> {
        let io = |what| move |source| StartError::Io { what, source };
        let mut environment = environment::inherited(std::env::vars_os());
        for (name, value) in &options.environment {
            environment.retain(|(present, _)| present != name);
            environment.push((name.clone(), value.clone()));
        }
        let instance = hexadecimal(&random()?);
        let dir = PrivateDir::create(&format!("selkies-{instance}"))
            .map_err(io("make a private directory"))?;
        environment::complete(&mut environment, &dir.path().join("home"));

        let path = environment::get(&environment, "PATH").unwrap_or_default();
        let programs = Programs::find(path, options.command.is_some(), options.sound.is_some());
        let Some(x_server) = programs.x_server.clone() else {
            return Err(StartError::Missing {
                missing: programs::X_SERVER,
            });
        };
        for missing in &programs.missing {
            tracing::warn!("{missing}");
        }
        let command = options
            .command
            .map(|command| resolve(command, path))
            .transpose()?;
        let resources =
            look::write(&dir, &programs).map_err(io("write the desktop's configuration"))?;
        furnish(&mut environment, &dir, &programs, &instance).map_err(io("make a directory"))?;
        let mut sound_socket = None;
        if let (Some(options), Some(_)) = (&options.sound, &programs.sound) {
            sound::furnish(&mut environment, &dir, options)
                .map_err(io("write the sound server's configuration"))?;
            sound_socket = Some(sound::socket(&dir));
        }

        let outlet = Arc::new(Outlet::new());
        let bell = Bell::new().map_err(io("make an event descriptor"))?;
        let cookie = random()?;
        let authority_file = dir.path().join("Xauthority");
        let setup = Setup {
            x_server,
            largest: options.largest,
            first: (
                options.first.0.min(options.largest.0),
                options.first.1.min(options.largest.1),
            ),
            cookie,
            host: rustix::system::uname().nodename().to_bytes().to_vec(),
            instance,
            resources,
            programs: plan(&dir, &programs, command),
            dir,
            environment: environment.clone(),
            outlet: Arc::clone(&outlet),
            bell: bell.clone(),
        };
        let (sender, started) = sync_channel(1);
        let keeper = std::thread::Builder::new()
            .name("desktop".to_owned())
            .spawn(move || keeper::run(setup, &sender))
            .map_err(io("start a thread"))?;
        let mut embedded = Self {
            outlet,
            bell,
            keeper: Some(keeper),
            cookie,
            authority_file,
            environment,
            missing: programs.missing,
            sound_socket,
        };
        match started.recv() {
            Ok(Ok(number)) => {
                environment::set(&mut embedded.environment, "DISPLAY", format!(":{number}"));
                Ok(embedded)
            }
            Ok(Err(error)) => Err(error),
            Err(_) => Err(StartError::Io {
                what: "start the desktop",
                source: io::Error::other("its thread ended"),
            }),
        }
    }

    /// The name of the display, such as `:7`. It can change when the X server is started again.
    #[must_use]
    pub fn display(&self) -> String {
        self.outlet.display()
    }

    /// The secret that lets clients in, for `MIT-MAGIC-COOKIE-1`. The same as long as this lives.
    #[must_use]
    pub fn cookie(&self) -> [u8; 16] {
        self.cookie
    }

    /// The file that tells the secret to clients, for `XAUTHORITY`.
    #[must_use]
    pub fn authority_file(&self) -> &Path {
        &self.authority_file
    }

    /// The socket of the sound server that was started for the desktop; it listens soon.
    #[must_use]
    pub fn sound_socket(&self) -> Option<&Path> {
        self.sound_socket.as_deref()
    }

    /// The whole environment for a program that is to run on the desktop, and only that. What is
    /// started with it ends with the desktop.
    #[must_use]
    pub fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut environment = self.environment.clone();
        environment::set(&mut environment, "DISPLAY", self.display());
        environment
    }

    /// What happens. The first caller also gets what happened before; each gets its own queue,
    /// which ends with the desktop.
    #[must_use]
    pub fn events(&self) -> Receiver<Event> {
        self.outlet.listen()
    }

    /// Programs that would make the desktop better and are not installed.
    #[must_use]
    pub fn missing(&self) -> &[Missing] {
        &self.missing
    }

    /// Ends all programs and the X server and returns when they are gone, within two seconds.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.bell.stop();
        if let Some(keeper) = self.keeper.take()
            && keeper.join().is_err()
        {
            tracing::error!("the desktop's thread panicked");
        }
    }
}

/// Adds what makes an environment that of this desktop, but for the display's name.
fn furnish(
    environment: &mut Variables,
    dir: &PrivateDir,
    programs: &Programs,
    instance: &str,
) -> io::Result<()> {
    let inside = |name: &str| dir.path().join(name);
    environment::set(environment, MARKER, instance);
    environment::set(environment, "XAUTHORITY", inside("Xauthority"));
    environment::set(environment, "XDG_SESSION_TYPE", "x11");
    // Without these, toolkits would look for a Wayland compositor of the same user first.
    environment::set(environment, "GDK_BACKEND", "x11");
    environment::set(environment, "QT_QPA_PLATFORM", "xcb");
    let mut defaults = OsString::from(inside("xdg"));
    defaults.push(":");
    defaults.push(
        environment::get(environment, "XDG_CONFIG_DIRS")
            .filter(|directories| !directories.is_empty())
            .unwrap_or(OsStr::new("/etc/xdg")),
    );
    environment::set(environment, "XDG_CONFIG_DIRS", defaults);
    if environment::get(environment, "HOME") == Some(inside("home").as_os_str()) {
        dir.subdirectory("home")?;
    }
    if environment::get(environment, "XDG_RUNTIME_DIR").is_none_or(|run| !Path::new(run).is_dir()) {
        dir.subdirectory("run")?;
        environment::set(environment, "XDG_RUNTIME_DIR", inside("run"));
    }
    if programs.bus.is_some() {
        let mut address = OsString::from("unix:path=");
        address.push(inside("bus"));
        environment::set(environment, "DBUS_SESSION_BUS_ADDRESS", address);
    }
    Ok(())
}

/// The programs of the desktop, in the order they start.
fn plan(dir: &PrivateDir, programs: &Programs, command: Option<Vec<OsString>>) -> Vec<Program> {
    let line = |program: &Path, arguments: &[&OsStr]| {
        let mut line = vec![program.as_os_str().to_owned()];
        line.extend(arguments.iter().map(|argument| (*argument).to_owned()));
        line
    };
    let inside = |name: &str| dir.path().join(name).into_os_string();
    let mut plan = Vec::new();
    if let Some(bus) = &programs.bus {
        let mut address = OsString::from("--address=unix:path=");
        address.push(inside("bus"));
        let arguments = ["--session", "--nofork", "--nopidfile", "--nosyslog"].map(OsStr::new);
        let mut line = line(bus, &arguments);
        line.push(address);
        plan.push(Program::new(Role::Bus, "dbus-daemon", line));
    }
    if let Some(server) = &programs.sound {
        plan.push(sound::program(server, dir));
    }
    if let Some(window_manager) = &programs.window_manager {
        let config = inside("rc.xml");
        let arguments = [
            "--sm-disable".as_ref(),
            "--config-file".as_ref(),
            config.as_os_str(),
        ];
        let line = line(window_manager, &arguments);
        plan.push(Program::new(Role::WindowManager, "openbox", line));
    }
    if let Some(command) = command {
        let name = command
            .first()
            .map(|name| name.to_string_lossy().into_owned());
        plan.push(Program::new(
            Role::Command,
            &name.unwrap_or_default(),
            command,
        ));
        return plan;
    }
    if let Some(panel) = &programs.panel {
        let line = line(panel, &["-c".as_ref(), inside("tint2rc").as_os_str()]);
        plan.push(Program::new(Role::Kept, "tint2", line));
    }
    if let Some(terminal) = &programs.terminal {
        plan.push(Program::new(Role::Window, "terminal", line(terminal, &[])));
    }
    plan
}

/// Finds the command's program, so that a misspelt one is an error at once and not a dark screen.
fn resolve(mut command: Vec<OsString>, path: &OsStr) -> Result<Vec<OsString>, StartError> {
    let Some(first) = command.first_mut() else {
        return Err(StartError::NoCommand(OsString::new()));
    };
    let found = if first.as_encoded_bytes().contains(&b'/') {
        // The program runs in another directory than we do.
        std::path::absolute(&*first)
            .ok()
            .filter(|file| programs::executable(file))
    } else {
        first.to_str().and_then(|name| programs::search(path, name))
    };
    match found {
        Some(found) => {
            *first = found.into_os_string();
            Ok(command)
        }
        None => Err(StartError::NoCommand(first.clone())),
    }
}

fn random() -> Result<[u8; 16], StartError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| StartError::Io {
        what: "get random numbers",
        source: io::Error::other(error.to_string()),
    })?;
    Ok(bytes)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
