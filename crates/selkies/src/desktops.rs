//! Which desktop is shown: one that is there, or one of our own.

use std::ffi::OsString;
use std::process::ExitStatus;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use anyhow::Context;
use selkies_clip::Store;
use selkies_desktop::{
    Clipboard, CursorSource, Desktop, DesktopError, FrameSource, InputSink, Outputs, Selection,
};
use selkies_desktop_x11::{Cookie, Server, X11Desktop};
use selkies_embedded::{Embedded, Event, Options, SoundServer};
use selkies_media::Clock;
use tokio::sync::oneshot;

/// A desktop, and what has to end with us.
pub(crate) struct Chosen {
    pub(crate) desktop: Arc<dyn Desktop>,
    /// Ends everything on it when dropped.
    pub(crate) embedded: Option<Embedded>,
    /// The command it was started for ended, or the desktop itself cannot go on.
    pub(crate) ended: Option<oneshot::Receiver<Ended>>,
}

/// Why our own desktop is over.
#[derive(Debug)]
pub(crate) enum Ended {
    Command(ExitStatus),
    Failed(String),
}

/// The display of somebody else.
pub(crate) fn attach(name: &str) -> anyhow::Result<Chosen> {
    let desktop = X11Desktop::new(Server::new(name));
    let description = desktop
        .check()
        .with_context(|| format!("cannot show display {name}"))?;
    tracing::info!(%description, "attached to display {name}");
    Ok(Chosen {
        desktop: Arc::new(desktop),
        embedded: None,
        ended: None,
    })
}

/// A display of our own, with a small desktop on it or a single command.
pub(crate) fn embed(
    command: Option<Vec<String>>,
    first: Option<(u32, u32)>,
    environment: Vec<(OsString, OsString)>,
    sound: Option<SoundServer>,
) -> anyhow::Result<Chosen> {
    let mut options = Options {
        command: command.map(|words| words.into_iter().map(OsString::from).collect()),
        sound,
        environment,
        ..Options::default()
    };
    if let Some(first) = first {
        options.first = first;
    }
    let embedded = Embedded::start(options).context("cannot start a desktop")?;
    let display = Arc::new(Mutex::new(embedded.display()));
    tracing::info!(
        "started a desktop of our own on display {}",
        embedded.display()
    );

    let (tell, ended) = oneshot::channel();
    let events = embedded.events();
    let follower = display.clone();
    thread::Builder::new()
        .name("desktop:events".to_owned())
        .spawn(move || follow(&events, &follower, tell))?;
    let desktop = EmbeddedDesktop {
        lasting: X11Desktop::new(Server::new(embedded.display())),
        display,
        cookie: Cookie(embedded.cookie()),
    };
    desktop
        .now()
        .check()
        .context("our own display cannot be shown")?;
    Ok(Chosen {
        desktop: Arc::new(desktop),
        embedded: Some(embedded),
        ended: Some(ended),
    })
}

fn follow(events: &Receiver<Event>, display: &Mutex<String>, tell: oneshot::Sender<Ended>) {
    let end = loop {
        match events.recv() {
            Ok(Event::XServerDied { restarts }) => {
                tracing::error!(restarts, "the X server died and is started again");
            }
            Ok(Event::Restarted { display: new }) => {
                tracing::info!("the desktop is there again, on display {new}");
                *display.lock().unwrap_or_else(PoisonError::into_inner) = new;
            }
            Ok(Event::GaveUp) => break Ended::Failed("the X server died too often".to_owned()),
            Ok(Event::CommandExited { status }) => break Ended::Command(status),
            Ok(Event::CommandFailed { why }) => break Ended::Failed(why),
            Ok(other) => tracing::debug!(event = ?other, "on the desktop"),
            Err(_) => return,
        }
    };
    // Nobody listens any more when the server is ending anyway.
    let _ = tell.send(end);
}

/// Our own X server. It can come back under another number.
struct EmbeddedDesktop {
    display: Arc<Mutex<String>>,
    cookie: Cookie,
    /// What outlives a server, such as whether the pointer is drawn.
    lasting: X11Desktop,
}

impl EmbeddedDesktop {
    fn now(&self) -> X11Desktop {
        let display = self
            .display
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let server = Server::new(display).with_cookie(self.cookie.clone());
        self.lasting.moved_to(server)
    }
}

impl Desktop for EmbeddedDesktop {
    fn frames(&self, clock: Clock) -> Result<Box<dyn FrameSource>, DesktopError> {
        self.now().frames(clock)
    }

    fn input(&self) -> Result<Box<dyn InputSink>, DesktopError> {
        self.now().input()
    }

    fn outputs(&self) -> Result<Box<dyn Outputs>, DesktopError> {
        self.now().outputs()
    }

    fn cursor(&self) -> Result<Box<dyn CursorSource>, DesktopError> {
        self.now().cursor()
    }

    fn clipboard(
        &self,
        selections: &[Selection],
        store: Arc<dyn Store>,
    ) -> Result<Box<dyn Clipboard>, DesktopError> {
        self.now().clipboard(selections, store)
    }

    fn draw_cursor(&self, on: bool) {
        self.lasting.draw_cursor(on);
    }
}
