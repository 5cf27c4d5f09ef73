//! Bytes on the wire, as the kernel counts them for each TCP connection. The program `ss` asks it.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use tokio::process::Command;

/// Bytes sent so far on each connection of a listener, by the address of the other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent(BTreeMap<String, u64>);

impl Sent {
    /// By the connections of the listener on `port`.
    pub(crate) async fn from_port(port: u16) -> Result<Self> {
        let output = Command::new("ss")
            .args(["-tinHO", "state", "established"])
            .arg(format!("( sport = :{port} )"))
            .kill_on_drop(true)
            .output()
            .await
            .context("ss is not installed (package iproute2): it counts the bytes on the wire")?;
        anyhow::ensure!(
            output.status.success(),
            "ss: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
        Ok(Self::parse(&String::from_utf8_lossy(&output.stdout)))
    }

    /// Bytes since `before`. A connection that has ended meanwhile is not counted.
    pub(crate) fn since(&self, before: &Self) -> u64 {
        self.0
            .iter()
            .map(|(peer, now)| now.saturating_sub(before.0.get(peer).copied().unwrap_or(0)))
            .sum()
    }

    /// One line for each connection: both queues, both addresses, then what the kernel knows.
    fn parse(text: &str) -> Self {
        let connections = text.lines().filter_map(|line| {
            let peer = line.split_whitespace().nth(3)?.to_owned();
            let sent = line
                .split_whitespace()
                .find_map(|word| word.strip_prefix("bytes_sent:"));
            Some((peer, sent?.parse().ok()?))
        });
        Self(connections.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    #[test]
    fn a_connection_that_ended_does_not_hide_what_the_others_sent() {
        let line = |port: u16, sent: u64| {
            format!(
                "0 0 127.0.0.1:8082 127.0.0.1:{port} cubic rtt:0.02/0.01 bytes_sent:{sent} bytes_acked:7\n"
            )
        };
        let before = Sent::parse(&(line(40_000, 900_000) + &line(40_001, 100)));
        let idle = "0 0 127.0.0.1:8082 127.0.0.1:40003 cubic bytes_received:99\n";
        let after = Sent::parse(&(line(40_001, 1100) + &line(40_002, 34) + idle));
        assert_eq!(after.since(&before), 1034);
        assert_eq!(Sent::parse("").since(&before), 0);
    }

    #[tokio::test]
    async fn the_kernel_counts_what_a_listener_sends() {
        if selkies_testkit::require_tool("ss").is_none() {
            return;
        }
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = listener.local_addr().expect("it has one");
        let mut there = TcpStream::connect(address).await.expect("it listens");
        let (mut here, _) = listener.accept().await.expect("it was called");
        let port = address.port();
        let before = Sent::from_port(port).await.expect("ss answers");
        here.write_all(&[0; 12_345]).await.expect("it reads");
        there
            .read_exact(&mut [0; 12_345])
            .await
            .expect("all of it comes");
        let after = Sent::from_port(port).await.expect("ss answers");
        assert_eq!(after.since(&before), 12_345);
    }
}
