//! Who gets in, and what answers where.

use crate::http::{ask, basic, get};
use crate::page::{Kind, Page};
use crate::serving::{Served, refusal};

const WITH_LOGIN: &[(&str, &str)] = &[
    ("enable_basic_auth", "true"),
    ("basic_auth_user", "ada"),
    ("basic_auth_password", "pass:word"),
    ("basic_auth_viewonly_password", "look"),
];

const SOCKET: &str = "/api/websockets";

#[tokio::test(flavor = "multi_thread")]
async fn the_mode_and_the_health_are_told_to_everyone() {
    for (flags, admitted) in [(&[] as &[(&str, &str)], true), (WITH_LOGIN, false)] {
        let served = Served::with(flags).await;
        let status = get(served.address, "/api/status", &[]).await;
        assert_eq!(status.status, 200);
        assert_eq!(status.header("content-type"), Some("application/json"));
        assert_eq!(
            status.body,
            format!(
                r#"{{"current_mode":"websockets","available_modes":["websockets"],"enable_dual_mode":false,"admitted":{admitted}}}"#
            )
        );
        let health = get(served.address, "/api/health", &[]).await;
        assert_eq!((health.status, health.body.as_str()), (200, "OK"));
        let head = ask(served.address, "HEAD", "/api/status", &[]).await;
        assert_eq!((head.status, head.body.as_str()), (200, ""));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_of_the_other_transport_and_of_switched_off_features_say_so() {
    let served = Served::open().await;
    for (method, path, status) in [
        ("GET", "/api/webrtc/signaling", 409),
        ("GET", "/api/webrtc/signaling/", 409),
        ("GET", "/api/ws", 409),
        ("GET", "/api/turn", 409),
        ("POST", "/api/switch", 403),
        ("POST", "/api/upload", 403),
        ("GET", "/api/files/", 403),
        ("GET", "/api/files/a/b.txt", 403),
        ("POST", "/api/tokens", 404),
        ("GET", "/api/metrics", 404),
        ("GET", "/api/nothing/of/that/name", 404),
        ("GET", "/api/", 404),
        ("GET", "/nothing.html", 404),
        ("GET", "/../Cargo.toml", 404),
        ("GET", "/%2e%2e/Cargo.toml", 404),
        ("POST", "/api/status", 405),
        ("DELETE", "/api/health", 405),
        ("GET", "/api/switch", 405),
        ("GET", "/api/upload", 405),
        ("POST", "/api/websockets", 405),
        ("POST", "/", 405),
        ("PUT", "/index.html", 405),
    ] {
        let answer = ask(served.address, method, path, &[]).await;
        assert_eq!(answer.status, status, "{method} {path}");
    }
    // Pages ask this way whether the transport is the right one: anything but 409 and 401 is a yes.
    for path in [SOCKET, "/api/websockets/"] {
        let status = get(served.address, path, &[]).await.status;
        assert!([400, 426].contains(&status), "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_is_served_with_a_policy_and_looked_for_by_its_tag() {
    let served = Served::open().await;
    let page = get(served.address, "/", &[]).await;
    assert_eq!(page.status, 200);
    assert!(page.body.to_ascii_lowercase().starts_with("<!doctype html"));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    // Both, or the browser does not let the page's threads share memory.
    assert_eq!(
        page.header("cross-origin-opener-policy"),
        Some("same-origin")
    );
    assert_eq!(
        page.header("cross-origin-embedder-policy"),
        Some("require-corp")
    );
    let policy = page.header("content-security-policy").expect("a policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "frame-ancestors 'self'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");

    // As pages ask after a lost connection, query included.
    let head = ask(served.address, "HEAD", "/?role=viewer", &[]).await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert_eq!(head.header("content-length"), page.header("content-length"));

    let tag = page.header("etag").expect("a tag");
    let again = get(served.address, "/", &[("If-None-Match", tag)]).await;
    assert_eq!((again.status, again.body.as_str()), (304, ""));
    assert!(get(served.address, "/manifest.json", &[]).await.status == 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_password_there_is_nothing_to_see() {
    let served = Served::with(WITH_LOGIN).await;
    for path in [
        "/",
        "/index.html",
        SOCKET,
        "/api/turn",
        "/api/files/",
        "/api/none",
    ] {
        let answer = get(served.address, path, &[]).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (401, "Authorization Required")
        );
        assert_eq!(
            answer.header("www-authenticate"),
            Some(r#"Basic realm="Selkies Restricted", charset="UTF-8""#)
        );
        assert_eq!(answer.header("set-cookie"), None);
    }
    let nonsense = "Basic %%%".to_owned();
    for wrong in [basic("ada", "wrong"), basic("eve", "pass:word"), nonsense] {
        let answer = get(served.address, "/", &[("Authorization", &wrong)]).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (401, "Invalid Credentials")
        );
        assert!(answer.header("www-authenticate").is_some());
    }
    assert_eq!(refusal(served.connect(SOCKET, &[]).await), 401);
    let guess = [("Cookie", "selkies-1=guess")];
    assert_eq!(refusal(served.connect(SOCKET, &guess).await), 401);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_opens_everything_and_begins_a_session() {
    let served = Served::with(WITH_LOGIN).await;
    let login = basic("ada", "pass:word");
    let browser = [
        ("Authorization", login.as_str()),
        ("Accept", "text/html,*/*"),
    ];
    let page = get(served.address, "/", &browser).await;
    assert_eq!(page.status, 200);
    let set = page.header("set-cookie").expect("a session").to_owned();
    for property in ["HttpOnly", "SameSite=Lax", "Path=/;"] {
        assert!(set.contains(property), "{set}");
    }
    let cookie = page.cookie();
    for headers in [[("Cookie", cookie.as_str())], [("Authorization", &login)]] {
        assert_eq!(get(served.address, "/", &headers).await.status, 200);
        let socket = served.connect(SOCKET, &headers).await.expect("let in");
        let page = Page::run(Kind::Owner, socket);
        page.picture(0).await;
    }
    let known = get(served.address, "/", &[("Cookie", &cookie), browser[1]]).await;
    assert_eq!(known.header("set-cookie"), None, "one session is enough");
    let program = get(served.address, "/", &[("Authorization", &login)]).await;
    assert_eq!(program.header("set-cookie"), None, "programs need none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_link_works_once_and_leaves_no_trace_in_the_address() {
    let served = Served::with(WITH_LOGIN).await;
    let link = served.login.clone().expect("a link");
    assert_eq!(
        get(served.address, "/login?code=guess", &[])
            .await
            .header("set-cookie"),
        None
    );
    let looked = ask(served.address, "HEAD", &link, &[]).await;
    assert_eq!(
        looked.header("set-cookie"),
        None,
        "a look does not use it up"
    );
    let opened = get(served.address, &link, &[]).await;
    assert_eq!((opened.status, opened.header("location")), (303, Some("/")));
    assert_eq!(opened.header("cache-control"), Some("no-store"));
    let cookie = opened.cookie();
    let known = [("Cookie", cookie.as_str())];
    assert_eq!(get(served.address, "/", &known).await.status, 200);
    let page = Page::run(
        Kind::Owner,
        served.connect(SOCKET, &known).await.expect("let in"),
    );
    page.picture(0).await;

    let again = get(served.address, &link, &[]).await;
    assert_eq!((again.status, again.header("location")), (303, Some("/")));
    assert_eq!(again.header("set-cookie"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_for_watching_only_watches_whatever_the_page_believes() {
    let served = Served::with(WITH_LOGIN).await;
    let full = basic("ada", "pass:word");
    let look = basic("ada", "look");
    let owner = served.connect(SOCKET, &[("Authorization", &full)]).await;
    let owner = Page::run(Kind::Owner, owner.expect("let in"));
    owner.picture(0).await;
    let _ = served.card.take_events();
    let visit = get(
        served.address,
        "/",
        &[("Authorization", &look), ("Accept", "text/html")],
    )
    .await;
    let cookie = visit.cookie();
    let ways = [
        ("Authorization", look.as_str(), SOCKET),
        ("Cookie", &cookie, SOCKET),
        ("Cookie", &cookie, "/api/websockets?role=controller"),
        ("Authorization", &look, "/api/websockets?role=viewer&slot=2"),
    ];
    for (header, value, path) in ways {
        let socket = served.connect(path, &[(header, value)]).await;
        // It takes itself for the owner and does all that an owner does.
        let page = Page::run(Kind::Owner, socket.expect("let in"));
        page.picture(0).await;
        page.say("kd,65").await;
        page.say("m,5,5,1,0").await;
        page.say("r,800x600,primary").await;
        page.settled().await;
        page.leave().await;
    }
    let mark = owner.settled().await;
    served.card.advance();
    let shown = owner.picture(mark).await;
    assert_eq!((shown.size, shown.keyframe), (crate::page::WINDOW, false));
    assert_eq!(served.card.take_events(), []);

    // Coming back with the full password is enough to get its rights.
    let visit = get(
        served.address,
        "/",
        &[
            ("Cookie", &cookie),
            ("Authorization", &full),
            ("Accept", "text/html"),
        ],
    )
    .await;
    let socket = served.connect(SOCKET, &[("Cookie", &visit.cookie())]).await;
    let page = Page::run(Kind::Owner, socket.expect("let in"));
    assert_eq!(owner.ends().await.0, 1000);
    page.picture(0).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_cannot_use_the_visitors_login() {
    let served = Served::with(&[("allowed_origins", "https://friend.example")]).await;
    let own = format!("http://{}", served.address);
    for (origin, welcome) in [
        (own.as_str(), true),
        ("https://friend.example", true),
        ("https://evil.example", false),
        ("null", false),
        ("http://127.0.0.1:1", false),
    ] {
        let outcome = served.connect(SOCKET, &[("Origin", origin)]).await;
        if welcome {
            assert!(outcome.is_ok(), "{origin}");
        } else {
            assert_eq!(refusal(outcome), 403, "{origin}");
        }
    }
    // Not before the password is asked for, and not for what is no WebSocket.
    let other = [("Origin", "https://evil.example")];
    assert_eq!(get(served.address, "/", &other).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_below_a_prefix() {
    let mut flags = WITH_LOGIN.to_vec();
    flags.push(("subfolder", "desk"));
    let served = Served::with(&flags).await;
    let login = basic("ada", "pass:word");
    let known = [("Authorization", login.as_str()), ("Accept", "text/html")];
    assert_eq!(
        get(served.address, "/desk/api/status", &[]).await.status,
        200
    );
    assert_eq!(get(served.address, "/api/status", &[]).await.status, 401);
    assert_eq!(get(served.address, "/desk/", &[]).await.status, 401);
    let page = get(served.address, "/desk/", &known).await;
    assert_eq!(page.status, 200);
    assert!(
        page.header("set-cookie")
            .is_some_and(|set| set.contains("Path=/desk/;"))
    );
    // Relative addresses in the page need the slash.
    for path in ["/", "/desk", "/elsewhere"] {
        let answer = get(served.address, path, &known).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/desk/")),
            "{path}"
        );
    }
    let link = served.login.clone().expect("a link");
    assert!(link.starts_with("/desk/login?code="), "{link}");
    let opened = get(served.address, &link, &[]).await;
    assert_eq!(opened.header("location"), Some("/desk/"));
    let cookie = opened.cookie();
    let socket = served
        .connect("/desk/api/websockets", &[("Cookie", &cookie)])
        .await;
    Page::run(Kind::Owner, socket.expect("let in"))
        .picture(0)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_login_there_is_no_link_and_no_session() {
    let served = Served::open().await;
    assert_eq!(served.login, None);
    let page = get(served.address, "/", &[("Accept", "text/html")]).await;
    assert_eq!((page.status, page.header("set-cookie")), (200, None));
    let link = get(served.address, "/login?code=guess", &[]).await;
    assert_eq!((link.status, link.header("set-cookie")), (303, None));
}
