//! Connections: how many there may be, how long one may take to say what it wants, and how it
//! ends so that the other side hears our last words.

use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// What visitors may use up.
#[derive(Clone, Copy)]
struct Limits {
    /// Connections beyond this wait in the queue of the operating system.
    connections: u32,
    /// How long a request's headers may take, and how long a connection may wait for its next one.
    headers: Duration,
}

/// Well below the number of files a process may open on most systems (1024), and several
/// connections for each viewer.
const LIMITS: Limits = Limits {
    connections: 512,
    headers: Duration::from_secs(10),
};

/// How long answers and goodbyes that are under way may take when the server stops.
const FAREWELL: Duration = Duration::from_millis(500);
/// How long we listen after our last word. See [`Connection`].
const LINGER: Duration = Duration::from_secs(2);
/// The kernel takes more from us when less than this waits to be sent (tcp(7)). What lies in its
/// buffer cannot be replaced by a newer picture any more; a part of one is enough to keep the link
/// busy until we are asked for the rest.
const UNSENT: u32 = 32 << 10;
/// Before the next attempt when the system has no file or memory left for a connection.
const OUT_OF_ROOM: Duration = Duration::from_millis(500);

/// Serves `router` until `stopping` turns true; then answers what was asked and ends.
pub(crate) async fn serve(listener: TcpListener, router: Router, stopping: watch::Receiver<bool>) {
    serve_within(LIMITS, listener, router, stopping).await;
}

async fn serve_within(
    limits: Limits,
    listener: TcpListener,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let room = Arc::new(Semaphore::new(limits.connections as usize));
    let stopped = stopping.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            // An error says that nobody can stop us any more, which is as good a reason to stop.
            _ = stopping.wait_for(|stopping| *stopping) => break,
            connection = next(&listener, &room) => {
                let serving = serve_one(connection, limits, router.clone(), stopped.clone());
                connections.spawn(serving);
            }
            Some(ended) = connections.join_next() => note_panic(ended),
        }
    }
    drop(listener);
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            note_panic(ended);
        }
        // Also those that became WebSockets, and those that wait for the other side to hang up.
        room.acquire_many(limits.connections).await.map(drop)
    };
    if timeout(FAREWELL, all_ended).await.is_err() {
        tracing::debug!("some connections were cut off");
    }
}

/// The next connection for which there is room.
async fn next(listener: &TcpListener, room: &Arc<Semaphore>) -> Connection {
    let place = room
        .clone()
        .acquire_owned()
        .await
        .expect("nobody closes this semaphore");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return Connection::new(stream, place),
            Err(error) if concerns_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "no further connection can be taken at the moment");
                sleep(OUT_OF_ROOM).await;
            }
        }
    }
}

fn concerns_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

async fn serve_one(
    connection: Connection,
    limits: Limits,
    router: Router,
    mut stopping: watch::Receiver<bool>,
) {
    let service = TowerToHyperService::new(router);
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.headers);
    let serving = http
        .serve_connection(TokioIo::new(connection), service)
        .with_upgrades();
    let mut serving = pin!(serving);
    let stopped = async {
        // As above: nobody is left who could say so.
        let _ = stopping.wait_for(|stopping| *stopping).await;
    };
    let served = tokio::select! {
        served = &mut serving => served,
        () = stopped => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

fn note_panic(ended: Result<(), tokio::task::JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "serving a connection ended badly");
    }
}

/// A TCP connection that ends politely. Closing one on which unread bytes wait resets it, and a
/// reset overtakes what we said last: the reason why we end. So we say that nothing follows, and
/// read away what still comes, for a while (RFC 9112 §9.6).
struct Connection {
    /// Taken when it ends.
    open: Option<(TcpStream, OwnedSemaphorePermit)>,
}

impl Connection {
    fn new(stream: TcpStream, place: OwnedSemaphorePermit) -> Self {
        // Nagle's algorithm would hold back the end of a picture until the page acknowledges the rest.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "the connection stays with delayed sending");
        }
        if let Err(error) = SockRef::from(&stream).set_tcp_notsent_lowat(UNSENT) {
            tracing::debug!(%error, "the kernel keeps more of a picture than it can send");
        }
        Self {
            open: Some((stream, place)),
        }
    }

    fn stream(self: Pin<&mut Self>) -> io::Result<Pin<&mut TcpStream>> {
        match &mut self.get_mut().open {
            Some((stream, _)) => Ok(Pin::new(stream)),
            None => Err(io::ErrorKind::NotConnected.into()),
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if let (Some((stream, place)), Ok(runtime)) =
            (self.open.take(), runtime::Handle::try_current())
        {
            runtime.spawn(async move {
                // Whatever goes wrong: the connection ends here.
                let _ = timeout(LINGER, read_away(stream)).await;
                drop(place);
            });
        }
    }
}

async fn read_away(mut stream: TcpStream) -> io::Result<()> {
    stream.shutdown().await?;
    let mut nowhere = vec![0; 16 << 10];
    while stream.read(&mut nowhere).await? > 0 {}
    Ok(())
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream()?.poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write(context, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream()?.poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream()?.poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use axum::routing::get;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(20);

    async fn ask(stream: &mut TcpStream) -> String {
        let request = b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n";
        stream
            .write_all(request)
            .await
            .expect("the request is taken");
        read_all(stream).await
    }

    async fn read_all(stream: &mut TcpStream) -> String {
        let mut all = String::new();
        let reading = stream.read_to_string(&mut all);
        timeout(DEADLINE, reading)
            .await
            .expect("an end")
            .expect("a good end");
        all
    }

    #[tokio::test]
    async fn beyond_the_bound_connections_wait_until_the_idle_ones_are_cut() {
        let limits = Limits {
            connections: 2,
            headers: Duration::from_millis(500),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let router = Router::new().route("/", get(|| async { "here" }));
        let (stop, stopping) = watch::channel(false);
        let serving = tokio::spawn(serve_within(limits, listener, router, stopping));

        let began = Instant::now();
        let mut idle = Vec::new();
        for _ in 0..2 {
            idle.push(TcpStream::connect(address).await.expect("it listens"));
        }
        let mut third = TcpStream::connect(address).await.expect("it listens");
        assert!(ask(&mut third).await.ends_with("here"));
        drop(third);
        assert!(
            began.elapsed() >= limits.headers,
            "there was no room before"
        );
        for mut connection in idle {
            read_all(&mut connection).await;
        }
        stop.send_replace(true);
        timeout(DEADLINE, serving)
            .await
            .expect("it stops")
            .expect("it stops well");
    }
}
