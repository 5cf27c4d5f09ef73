//! HTTP routes, login, static files; and the loop that drives the session.
//!
//! [`Server::bind`] opens the listener, [`Server::run`] serves until it is told to stop. The tour:
//! [`routes`] (what answers where), [`gate`] (who gets in), [`drive`] (the one loop around the
//! session), [`desk`] (the threads that talk to the desktop). The server names no display server
//! and no codec: it is handed both.
#![forbid(unsafe_code)]

mod assets;
mod clips;
mod credentials;
mod desk;
mod drive;
mod gate;
mod listen;
mod login;
mod routes;
mod secret;
mod socket;

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use selkies_desktop::Desktop;
use selkies_media::{Clock, EncoderFactory};
use selkies_settings::Settings;
use tokio::net::TcpListener;
use tokio::sync::watch;

use credentials::Credentials;
pub use desk::Pads;
pub use drive::SoundParts;
use login::Logins;
pub use secret::random_word;

/// What a server is made of.
pub struct Parts {
    /// Resolved; features that are not there withheld.
    pub settings: Settings,
    /// The desktop to show.
    pub desktop: Arc<dyn Desktop>,
    /// Its game controllers, if it has any.
    pub gamepads: Option<Pads>,
    /// What encodes it.
    pub encoders: Arc<dyn EncoderFactory>,
    /// Its sound. `None`: it is silent, and pages are told that sound and microphone are off.
    pub sound: Option<SoundParts>,
    /// Stamps everything.
    pub clock: Clock,
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address is taken, forbidden or not ours.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// What was asked for.
        address: String,
        /// What the operating system said.
        source: io::Error,
    },
}

/// A listener that is open; nothing is served yet.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    state: Arc<State>,
    driver: drive::Driver,
}

/// What every request sees.
struct State {
    prefix: String,
    allowed_origins: Vec<String>,
    credentials: Option<Credentials>,
    logins: Logins,
    inbox: drive::Inbox,
    stopping: watch::Receiver<bool>,
}

impl Server {
    /// Opens the listener.
    ///
    /// # Errors
    /// [`StartError::Listen`] when it cannot be had.
    pub async fn bind(mut parts: Parts) -> Result<Self, StartError> {
        let (stop, stopping) = watch::channel(false);
        let (driver, inbox) = drive::Driver::new(&mut parts, stop);
        let settings = &parts.settings;
        let address = format!("{}:{}", bracketed(&settings.addr), settings.port);
        let listen = |source| StartError::Listen {
            address: address.clone(),
            source,
        };
        let listener = TcpListener::bind(&address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let state = Arc::new(State {
            prefix: settings.subfolder.clone(),
            allowed_origins: gate::origins(&settings.allowed_origins),
            credentials: Credentials::from_settings(settings),
            logins: Logins::new(address.port()),
            inbox,
            stopping,
        });
        Ok(Self {
            listener,
            address,
            state,
            driver,
        })
    }

    /// Where it listens; the port is the real one, also when 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Path and query of a link that logs in whoever opens it first; `None` when nobody needs to.
    #[must_use]
    pub fn login_path(&self) -> Option<String> {
        self.state.credentials.as_ref()?;
        Some(format!(
            "{}/login?code={}",
            self.state.prefix,
            self.state.logins.new_code()
        ))
    }

    /// Serves until `shutdown` is done, then tells every page and ends. Pages that do not hang up
    /// by themselves are cut off.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) {
        let Self {
            listener,
            state,
            driver,
            ..
        } = self;
        let stopping = state.stopping.clone();
        let driving = tokio::spawn(driver.run(shutdown));
        listen::serve(listener, routes::router(state), stopping).await;
        if let Err(error) = driving.await {
            tracing::error!(%error, "the driver of the session ended badly");
        }
    }
}

/// An IPv6 address needs brackets in front of a port.
fn bracketed(address: &str) -> String {
    if address.contains(':') && !address.starts_with('[') {
        format!("[{address}]")
    } else {
        address.to_owned()
    }
}
