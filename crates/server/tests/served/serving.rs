//! A server in this process, on a port of its own.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_desktop::testcard::TestCard;
use selkies_encode::Backends;
use selkies_media::{Clock, Size};
use selkies_server::{Parts, Server, SoundParts};
use selkies_settings::{Settings, Sources, Withheld, resolve};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{self, protocol::WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::band::Band;
use crate::gamepads::Recorder;
use crate::page::{Kind, Page};

/// For everything that has to happen. Generous: the machine may be busy with other things.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The size the card begins with; wide enough for its number.
pub(crate) const CARD: Size = Size::new(320, 128);

/// So that a JPEG picture has two stripes.
const TWO_CORES: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// As the program announces them: what is not built is off.
const WITHHELD: &[Withheld] = &[
    Withheld::only("encoder", &["h264enc", "jpeg"]),
    Withheld::off("command_enabled"),
    Withheld::off("file_transfers"),
    Withheld::off("second_screen"),
];

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) card: TestCard,
    pub(crate) pads: Recorder,
    /// Path and query of a link that logs in once.
    pub(crate) login: Option<String>,
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Served {
    /// Without login; each picture is sent once, so that they can be counted.
    pub(crate) async fn open() -> Self {
        Self::with(&[("use_paint_over_quality", "false")]).await
    }

    /// Without login unless the flags say so.
    pub(crate) async fn with(flags: &[(&str, &str)]) -> Self {
        Self::of(flags, None).await
    }

    /// The same with a band that plays.
    pub(crate) async fn sounding(flags: &[(&str, &str)]) -> (Self, Band) {
        let band = Band::default();
        (Self::of(flags, Some(band.parts())).await, band)
    }

    async fn of(flags: &[(&str, &str)], sound: Option<SoundParts>) -> Self {
        let card = TestCard::new(CARD, Instant::now);
        let (pads, lent) = Recorder::open();
        let parts = Parts {
            settings: settings(flags),
            desktop: Arc::new(card.clone()),
            gamepads: Some(lent),
            encoders: Arc::new(Backends::new(TWO_CORES)),
            sound,
            clock: Clock::starting_at(Instant::now()),
        };
        let server = Server::bind(parts).await.expect("a free port");
        let (address, login) = (server.address(), server.login_path());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(server.run(async {
            // A test that ends without stopping the server stops it.
            let _ = stopped.await;
        }));
        Self {
            address,
            card,
            pads,
            login,
            stop,
            running,
        }
    }

    /// Opens the page as its owner does.
    pub(crate) async fn page(&self, kind: Kind) -> Page {
        let socket = self
            .connect(kind.path(), &[])
            .await
            .expect("the page is let in");
        Page::run(kind, socket)
    }

    /// A WebSocket nobody plays a page on.
    pub(crate) async fn connect(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let stream = TcpStream::connect(self.address).await.expect("it listens");
        self.upgrade(stream, path, headers).await
    }

    pub(crate) async fn upgrade(
        &self,
        stream: TcpStream,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<WebSocketStream<TcpStream>, tungstenite::Error> {
        let mut request = format!("ws://{}{path}", self.address).into_client_request()?;
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).expect("a name");
            let value = HeaderValue::from_str(value).expect("a value");
            request.headers_mut().insert(name, value);
        }
        let config = WebSocketConfig::default().max_message_size(Some(64 << 20));
        let (socket, _) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(socket)
    }

    /// Stops it and waits for its end.
    pub(crate) async fn stop(self) {
        self.stop.send(()).expect("it runs");
        tokio::time::timeout(DEADLINE, self.running)
            .await
            .expect("the server ends when it is told to")
            .expect("the server ends well");
    }
}

/// The status of the answer to a WebSocket that was not let in.
pub(crate) fn refusal<S>(outcome: Result<S, tungstenite::Error>) -> u16 {
    match outcome {
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(other) => panic!("no answer but {other}"),
        Ok(_) => panic!("it was let in"),
    }
}

/// Waits until `found` finds something.
pub(crate) async fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + DEADLINE;
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn settings(flags: &[(&str, &str)]) -> Settings {
    let defaults = [
        ("addr", "127.0.0.1"),
        ("port", "0"),
        ("enable_basic_auth", "false"),
    ];
    let pairs = defaults
        .iter()
        .chain(flags)
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let resolved = resolve(&Sources::new().flags(pairs));
    assert!(resolved.problems.is_empty(), "{:?}", resolved.problems);
    let mut settings = resolved.settings;
    let asked = settings.withhold(WITHHELD);
    assert!(asked.is_empty(), "{asked:?}");
    settings
}
