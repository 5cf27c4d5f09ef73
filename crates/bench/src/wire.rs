//! Bytes on the wire, as the kernel counts them for each TCP connection. The program `ss` asks it.

use anyhow::{Context, Result};
use tokio::process::Command;

/// Bytes sent so far by the connections of the listener on `port`.
pub(crate) async fn sent_from(port: u16) -> Result<u64> {
    let output = Command::new("ss")
        .args(["-tinH", "state", "established"])
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
    Ok(sum_of_sent(&String::from_utf8_lossy(&output.stdout)))
}

fn sum_of_sent(text: &str) -> u64 {
    text.split_whitespace()
        .filter_map(|word| word.strip_prefix("bytes_sent:")?.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bytes_of_all_connections_are_added() {
        let text = "0 0 127.0.0.1:8082 127.0.0.1:40000\n\t cubic rtt:0.02/0.01 bytes_sent:1200 bytes_acked:1200 segs_out:9\n\
                    0 0 127.0.0.1:8082 127.0.0.1:40001\n\t cubic bytes_acked:7\n\
                    0 0 127.0.0.1:8082 127.0.0.1:40002\n\t cubic bytes_sent:34 bytes_received:99\n";
        assert_eq!(sum_of_sent(text), 1234);
        assert_eq!(sum_of_sent(""), 0);
    }
}
