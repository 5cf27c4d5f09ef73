//! What is logged.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use selkies_desktop::Selection;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::owner::{Answer, Owner};
use crate::requestor::Requestor;
use crate::stage::{Working, xserver};
use crate::store::{Memory, clip};

/// Everything that is logged while the tests run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn nothing_that_is_copied_is_logged_nor_where_it_lies() {
    const CANARY: &str = "canary-5f2d91";
    let Some(xserver) = xserver() else { return };
    let log = Log::default();
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new("trace"))
        .with_writer(log.clone())
        .with_ansi(false)
        .init();
    let working = Working::on(&xserver);
    let canary = || Answer::Bytes(CANARY.as_bytes().to_vec());
    let owner = Owner::copies(
        &xserver,
        &[("UTF8_STRING", canary()), ("text/html", canary())],
    );
    working.wait_for(&[
        ("text/plain", CANARY.as_bytes()),
        ("text/html", CANARY.as_bytes()),
    ]);
    drop(owner);
    let path = xserver.folder().join(CANARY);
    fs::write(&path, CANARY).expect("there is room");
    let list = format!("file://{}\r\n", path.display());
    let answer = Answer::Bytes(list.clone().into_bytes());
    let owner = Owner::copies(&xserver, &[("text/uri-list", answer)]);
    working.wait_for(&[("text/uri-list", list.as_bytes())]);
    drop(owner);

    // More than there is room for, which is said.
    let small = Working::with(&xserver, "small", &[Selection::Clipboard], Memory::of(1));
    let _owner = Owner::copies(&xserver, &[("UTF8_STRING", canary())]);
    small.wait_for(&[]);
    let refused = working.offer_as(
        Selection::Primary,
        clip(&[("text/plain", CANARY.as_bytes())]),
    );
    let refused = format!("{:?}", refused.expect_err("it was not asked for"));
    assert!(!refused.contains(CANARY), "{refused}");
    working.offer(&[("text/plain", CANARY.as_bytes())]);
    let requestor = Requestor::on(&xserver);
    requestor.paste("UTF8_STRING").expect("it is offered");

    let text = log.0.lock().unwrap_or_else(PoisonError::into_inner);
    let text = String::from_utf8_lossy(&text);
    assert!(
        text.contains("copied on the desktop"),
        "it is the right log"
    );
    assert!(text.contains("no room for what was copied"), "{text}");
    assert!(!text.contains(CANARY), "{text}");
    assert!(
        !text.contains(&format!("{:?}", CANARY.as_bytes())),
        "{text}"
    );
}
