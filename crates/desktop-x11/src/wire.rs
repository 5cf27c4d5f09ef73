//! The byte stream to an X server, with an end to waiting.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, connect, socket_with};
use x11rb::reexports::x11rb_protocol::parse_display::ConnectAddress;
use x11rb::reexports::x11rb_protocol::xauth::Family;
use x11rb::rust_connection::{DefaultStream, PollMode, RustConnection, Stream};
use x11rb::utils::RawFdContainer;

use crate::bell::Bell;

/// A connection to an X server. Requests on it fail, rather than block for ever, when the server
/// does not read or answer for [`PATIENCE`].
pub(crate) type XConnection = RustConnection<Wire>;

/// A server that is silent for longer than this counts as gone. Long enough for another client
/// that grabs the server while a window is dragged, or for a machine that swaps.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a full queue of connections is left alone before the next try.
const QUEUE_PAUSE: Duration = Duration::from_millis(20);

/// A socket to an X server.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: DefaultStream,
    local: bool,
    patience: Duration,
}

impl Wire {
    /// Connects within `patience` (per address of a host name) and tells the peer's address the
    /// way authority files write it.
    pub(crate) fn connect(
        address: &ConnectAddress<'_>,
        patience: Duration,
    ) -> Result<(Self, (Family, Vec<u8>))> {
        let (stream, peer) = match address {
            ConnectAddress::Hostname(host, port) => {
                DefaultStream::from_tcp_stream(over_tcp(host, *port, patience)?)?
            }
            ConnectAddress::Socket(path) => {
                DefaultStream::from_unix_stream(over_unix(path, patience)?)?
            }
            _ => {
                return Err(Error::new(
                    ErrorKind::Unsupported,
                    "unknown kind of address",
                ));
            }
        };
        Ok((
            Self {
                stream,
                local: matches!(address, ConnectAddress::Socket(_)),
                patience,
            },
            peer,
        ))
    }

    /// Whether descriptors and memory can be shared over it.
    pub(crate) const fn is_local(&self) -> bool {
        self.local
    }

    /// Waits until there is something to read, the server hangs up or `bell` is rung, at most
    /// `patience`. False: nothing of it happened.
    pub(crate) fn readable_within(&self, bell: &Bell, patience: Duration) -> Result<bool> {
        let server = PollFd::from_borrowed_fd(self.stream.as_fd(), PollFlags::IN);
        let bell = PollFd::from_borrowed_fd(bell.as_fd(), PollFlags::IN);
        wait(&mut [server, bell], patience)
    }
}

impl AsFd for Wire {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

impl Stream for Wire {
    fn poll(&self, mode: PollMode) -> Result<()> {
        let mut flags = PollFlags::empty();
        flags.set(PollFlags::IN, mode.readable());
        flags.set(PollFlags::OUT, mode.writable());
        let server = PollFd::from_borrowed_fd(self.stream.as_fd(), flags);
        if wait(&mut [server], self.patience)? {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::TimedOut,
            format!("it did not answer for {} seconds", self.patience.as_secs()),
        ))
    }

    fn read(&self, buf: &mut [u8], fd_storage: &mut Vec<RawFdContainer>) -> Result<usize> {
        self.stream.read(buf, fd_storage)
    }

    fn write(&self, buf: &[u8], fds: &mut Vec<RawFdContainer>) -> Result<usize> {
        self.stream.write(buf, fds)
    }

    fn write_vectored(&self, bufs: &[IoSlice<'_>], fds: &mut Vec<RawFdContainer>) -> Result<usize> {
        self.stream.write_vectored(bufs, fds)
    }
}

/// Waits for one of `fds`, at most `patience`. Whether there was one.
pub(crate) fn wait(fds: &mut [PollFd<'_>], patience: Duration) -> Result<bool> {
    let deadline = Instant::now().checked_add(patience);
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(fds, timeout.as_ref()) {
            Ok(ready) => return Ok(ready > 0),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn over_tcp(host: &str, port: u16, patience: Duration) -> Result<TcpStream> {
    let mut failure = Error::new(ErrorKind::NotFound, "the host name has no address");
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(stream) => {
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A stopped server does not accept, and once its queue is full a blocking connect would wait for
/// it without end.
fn over_unix(path: &str, patience: Duration) -> Result<UnixStream> {
    let address = SocketAddrUnix::new(path)?;
    let deadline = Instant::now() + patience;
    loop {
        let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
        match connect(&socket, &address) {
            Ok(()) => return Ok(socket.into()),
            Err(Errno::AGAIN) if Instant::now() < deadline => std::thread::sleep(QUEUE_PAUSE),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}
