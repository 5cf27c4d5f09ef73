//! Where a scene plays: an X server and the product showing it, both of our own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::ChildStdout;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use selkies_media::Size;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::process::{Process, find, quiet};

/// How long a program may take until it is ready; a busy machine needs seconds.
const READY: Duration = Duration::from_secs(20);
/// No line that we wait for is longer.
const LONGEST_LINE: u64 = 4096;

/// A private Xvfb.
#[derive(Debug)]
pub(crate) struct XServer {
    display: String,
    _process: Process,
    _folder: TempDir,
}

impl XServer {
    /// Starts one with a screen of `size` on a free display.
    pub(crate) async fn start(size: Size) -> Result<Self> {
        let program = find(&["Xvfb"]).context("Xvfb is not installed (package xvfb)")?;
        let folder = tempfile::tempdir()?;
        let mut command = quiet(&program);
        command.args(["-displayfd", "1", "-nolisten", "tcp", "-noreset"]);
        command.args(["-screen", "0", &format!("{size}x24")]);
        let mut process = Process::start("Xvfb", &mut command, folder.path())?;
        let output = process.take_output()?;
        let Some(number) = first_line(output, |line| line.trim().parse::<u32>().ok()).await? else {
            return Err(process.complaint("did not come up"));
        };
        Ok(Self {
            display: format!(":{number}"),
            _process: process,
            _folder: folder,
        })
    }

    pub(crate) fn display(&self) -> &str {
        &self.display
    }
}

/// The program that is measured, serving a display on a free port.
#[derive(Debug)]
pub(crate) struct Product {
    process: Process,
    address: SocketAddr,
    /// From being started until it took a connection.
    pub(crate) start: Duration,
    _folder: TempDir,
}

impl Product {
    /// Starts `program` for `display` and waits until it takes connections.
    pub(crate) async fn start(program: &Path, display: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut command = quiet(program);
        // What the user has set for his own desktop is not what is measured.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SELKIES_") {
                command.env_remove(name);
            }
        }
        command.args(["--display", display, "--addr", "127.0.0.1", "--port", "0"]);
        command.arg("--enable-basic-auth=false");
        let began = Instant::now();
        let mut process = Process::start("selkies", &mut command, folder.path())?;
        let output = process.take_output()?;
        let Some(address) = first_line(output, address).await? else {
            return Err(process.complaint("did not say where it listens"));
        };
        TcpStream::connect(address)
            .await
            .map_err(|_| process.complaint("does not listen where it says"))?;
        Ok(Self {
            process,
            address,
            start: began.elapsed(),
            _folder: folder,
        })
    }

    pub(crate) fn id(&self) -> u32 {
        self.process.id()
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// The address of its page.
    pub(crate) fn page(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The address of its data socket.
    pub(crate) fn socket(&self) -> String {
        format!("ws://{}/api/websockets", self.address)
    }

    pub(crate) fn complaint(&self, what: &str) -> anyhow::Error {
        self.process.complaint(what)
    }
}

/// Reads lines until one is `wanted`, for at most [`READY`]. `None`: there was none.
async fn first_line<T>(
    output: ChildStdout,
    wanted: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>> {
    let output = tokio::process::ChildStdout::from_std(output)?;
    let mut reader = BufReader::new(output);
    let search = async {
        loop {
            let mut line = String::new();
            let read = (&mut reader).take(LONGEST_LINE).read_line(&mut line).await;
            if !read.is_ok_and(|bytes| bytes > 0) {
                return None;
            }
            if let Some(found) = wanted(&line) {
                return Some(found);
            }
        }
    };
    Ok(timeout(READY, search).await.ok().flatten())
}

/// The address in a line such as `Open  http://127.0.0.1:8082/`.
fn address(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    rest.split(['/', ' ', '\n']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_is_found_where_it_is_printed() {
        let expected = SocketAddr::from(([127, 0, 0, 1], 8082));
        assert_eq!(address("  Open  http://127.0.0.1:8082/\n"), Some(expected));
        assert_eq!(address("  Open  http://127.0.0.1:8082"), Some(expected));
        assert_eq!(address("nothing to see"), None);
        assert_eq!(address("http://localhost/"), None);
    }
}
