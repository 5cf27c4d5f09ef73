//! What is typed and what lets people in is in no log.

use std::sync::Arc;

use bytes::Bytes;
use selkies_clip::{Clip, Format};
use selkies_desktop::Selection;

use crate::http::{basic, get};
use crate::log::Log;
use crate::page::{Kind, Page};
use crate::serving::{Served, until};

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
    // Brought in whole, in parts, broken, refused; and copied on the desktop.
    for line in [
        "cw,Q2FuYXJ5LUNsaXBib2FyZA==",
        "cws,1,16",
        "cwd,1,Q2FuYXJ5LUNsaXBib2FyZA==",
        "cwe,1",
        "cws,2,15",
        "cwd,2,Q2FuYXJ5LUNsaXBib2FyZA==",
        "cwe,2",
        "cb,application/pdf,Q2FuYXJ5LUNsaXBib2FyZA==",
        "cw,Q2FuYXJ5LUNsaXBib2FyZA==!",
        "cb,text/Canary-Kind!,Q2FuYXJ5",
    ] {
        page.say(line).await;
    }
    page.settled().await;
    let content = Arc::new(Bytes::from_static(b"Canary-Desktop"));
    let mime = "text/plain".to_owned();
    let formats = vec![Format { mime, content }];
    served.card.copy(Selection::Clipboard, Clip { formats });
    page.hears(0, "clipboard,Q2FuYXJ5LURlc2t0b3A=").await;
    page.say("cr").await;
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
        "☃",
    ];
    for secret in secrets {
        let line = text.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret} was logged");
    }
}
