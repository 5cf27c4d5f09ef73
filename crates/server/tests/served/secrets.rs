//! What is typed and what lets people in is in no log.

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

use crate::http::{basic, get};
use crate::page::{Kind, Page};
use crate::serving::{Served, until};

/// Everything that is logged while the tests run.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// As the program does with `--debug`. One log for the whole process: there can be no second.
    fn start() -> Self {
        static LOG: OnceLock<Log> = OnceLock::new();
        let log = LOG.get_or_init(|| {
            let log = Self::default();
            tracing_subscriber::fmt()
                .with_env_filter(EnvFilter::new("debug"))
                .with_writer(log.clone())
                .with_ansi(false)
                .init();
            log
        });
        log.clone()
    }

    fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

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

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_nothing_typed_is_logged() {
    const PASSWORD: &str = "Canary-Password-7319";
    const LOOK: &str = "Canary-Look-5127";
    let log = Log::start();
    let served = Served::with(&[
        ("enable_basic_auth", "true"),
        ("basic_auth_user", "canary-user"),
        ("basic_auth_password", PASSWORD),
        ("basic_auth_viewonly_password", LOOK),
    ])
    .await;
    let link = served.login.clone().expect("a link");
    let code = link.split_once('=').expect("a code").1.to_owned();
    let cookie = get(served.address, &link, &[]).await.cookie();
    let token = cookie.split_once('=').expect("a token").1.to_owned();
    // Again, wrong, and by the other ways.
    get(served.address, &link, &[]).await;
    let right = basic("canary-user", PASSWORD);
    let wrong = basic("canary-user", "Canary-Guess-9931");
    for login in [&right, &wrong, &basic("canary-user", LOOK)] {
        get(
            served.address,
            "/",
            &[("Authorization", login), ("Accept", "text/html")],
        )
        .await;
    }

    let known = [("Cookie", cookie.as_str())];
    let socket = served.connect("/api/websockets", &known).await;
    let page = Page::run(Kind::Owner, socket.expect("let in"));
    page.picture(0).await;
    for keysym in [16_777_216 + 0x2603, 16_777_216 + 0x2604] {
        page.say(format!("kd,{keysym}")).await;
        page.say(format!("ku,{keysym}")).await;
    }
    page.say("cw,Q2FuYXJ5LUNsaXBib2FyZA==").await;
    page.say("co,end,Canary-Typed").await;
    page.say("cmd,Canary-Command").await;
    page.say("kd,Canary-Malformed").await;
    page.say(r#"SETTINGS,{"encoder":"Canary-Encoder"}"#).await;
    page.settled().await;
    page.leave().await;
    until("the visit is in the log", || {
        let text = log.text();
        let complete = text.contains("a viewer came") && text.contains("a viewer went");
        complete.then_some(())
    })
    .await;
    served.stop().await;

    let text = log.text();
    let typed = (16_777_216 + 0x2603).to_string();
    let secrets = [
        PASSWORD,
        LOOK,
        "Canary",
        "Q2FuYXJ5",
        &code,
        &token,
        right.split_once(' ').expect("a login").1,
        wrong.split_once(' ').expect("a login").1,
        &typed,
        "2603",
        "☃",
    ];
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} was logged");
    }
}
