//! The address, and what browsers leave out where it is not secure.

use std::io::{self, ErrorKind};
use std::net::{IpAddr, TcpListener, ToSocketAddrs};
use std::sync::Arc;

use super::finding::{Finding, State};
use super::{Look, Start};

pub(super) fn looks(start: &Arc<Start>) -> Vec<Look> {
    let (one, two) = (start.clone(), start.clone());
    vec![
        Look::at("address", true, move || {
            address(&one.settings.addr, one.settings.port)
        }),
        Look::at("secure context", false, move || {
            secure(&two.settings.addr, two.settings.port)
        }),
    ]
}

fn address(addr: &str, port: i64) -> Finding {
    let tried = resolve(addr, port).and_then(|(host, port)| TcpListener::bind((host, port)));
    match tried.and_then(|listener| listener.local_addr()) {
        Ok(_) if port == 0 => Finding::new(State::Works, format!("{addr}, on a free port")),
        Ok(free) => Finding::new(State::Works, format!("{free} is free")),
        Err(error) => {
            let advice = match error.kind() {
                ErrorKind::AddrInUse => format!(
                    "`ss -ltnp 'sport = :{port}'` shows who has it; --port 0 takes a free one"
                ),
                ErrorKind::PermissionDenied => "--port 1024 or above needs no rights".to_owned(),
                _ => "--addr 0.0.0.0 listens everywhere, --addr 127.0.0.1 on this machine only"
                    .to_owned(),
            };
            Finding::new(
                State::Fails,
                format!("cannot listen on {addr}:{port}: {error}"),
            )
            .advise(advice)
            .vital()
        }
    }
}

/// A host without the brackets an IPv6 address may have, and a port.
fn resolve(addr: &str, port: i64) -> io::Result<(&str, u16)> {
    let bare = addr
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    let port = u16::try_from(port).map_err(io::Error::other)?;
    Ok((bare.unwrap_or(addr), port))
}

/// What a browser allows only to pages that came over https or from the same machine (W3C Secure
/// Contexts, 3.1).
fn secure(addr: &str, port: i64) -> Finding {
    let addresses: Vec<IpAddr> = resolve(addr, port)
        .and_then(|place| place.to_socket_addrs())
        .map(|found| found.map(|address| address.ip()).collect())
        .unwrap_or_default();
    if !addresses.is_empty() && addresses.iter().all(IpAddr::is_loopback) {
        return Finding::new(
            State::Works,
            "reached from this machine or through a tunnel: browsers allow everything",
        );
    }
    let port = if port == 0 {
        "PORT".to_owned()
    } else {
        port.to_string()
    };
    Finding::new(
        State::Depends,
        "http from other machines: to such pages browsers give no H.264 decoder (JPEG comes instead), no \
         sound, no microphone, no clipboard but by paste, no system keys and, some of them, no gamepads",
    )
    .advise(format!(
        "a proxy that does TLS, or ssh -L {port}:localhost:{port} HOST and http://localhost:{port}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_the_end() {
        let taken = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
        let port = taken.local_addr().expect("it has one").port();
        let finding = address("127.0.0.1", port.into());
        assert_eq!((finding.state, finding.vital), (State::Fails, true));
        assert!(finding.advice.is_some_and(|text| text.contains("--port 0")));
        assert_eq!(address("localhost", 0).state, State::Works);
        assert_eq!(
            address("192.0.2.1", 0).state,
            State::Fails,
            "RFC 5737: nobody's"
        );
    }

    #[test]
    fn only_this_machine_is_secure_without_https() {
        for (addr, state) in [
            ("127.0.0.1", State::Works),
            ("localhost", State::Works),
            ("[::1]", State::Works),
            ("0.0.0.0", State::Depends),
            ("::", State::Depends),
        ] {
            assert_eq!(secure(addr, 8082).state, state, "{addr}");
        }
    }
}
