//! Who gets in. One gate before every route, in a fixed order: where a WebSocket comes from, then
//! who asks.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State as Shared};
use axum::http::header::{
    ACCEPT, AUTHORIZATION, COOKIE, HOST, ORIGIN, SET_COOKIE, UPGRADE, WWW_AUTHENTICATE,
};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::State;
use crate::credentials::{Grant, Refusal};

/// What everyone may ask: the mode of the server, whether it lives, and to be let in by a link.
const OPEN: [&str; 3] = ["/api/status", "/api/health", "/login"];

const CHALLENGE: HeaderValue =
    HeaderValue::from_static(r#"Basic realm="Selkies Restricted", charset="UTF-8""#);

/// The `Origin`s that are welcome besides our own.
pub(crate) fn origins(list: &str) -> Vec<String> {
    list.split(',')
        .map(|origin| origin.trim().trim_end_matches('/').to_ascii_lowercase())
        .filter(|origin| !origin.is_empty())
        .collect()
}

/// Lets a request through with its [`Grant`], or answers it.
pub(crate) async fn admit(
    Shared(state): Shared<Arc<State>>,
    mut request: Request,
    next: Next,
) -> Response {
    let headers = request.headers();
    if is_upgrade(headers) && !is_welcome_origin(headers, &state.allowed_origins) {
        tracing::warn!(origin = ?headers.get(ORIGIN), "a page of another origin was kept out");
        return (StatusCode::FORBIDDEN, "Forbidden origin").into_response();
    }
    if is_open(request.uri().path(), &state.prefix) {
        return next.run(request).await;
    }
    let Some(credentials) = &state.credentials else {
        request.extensions_mut().insert(Grant::Full);
        return next.run(request).await;
    };
    let now = Instant::now();
    let by_cookie = header(headers, &COOKIE).and_then(|cookies| state.logins.check(cookies, now));
    let grant = match (by_cookie, header(headers, &AUTHORIZATION)) {
        (Some(Grant::Full), _) => Grant::Full,
        // Also for those who were let in to watch: they may come back with the full password.
        (by_cookie, password) => match (credentials.check(password), by_cookie) {
            (Ok(grant), _) | (Err(_), Some(grant)) => grant,
            (Err(Refusal::Missing), None) => return unauthorised("Authorization Required"),
            (Err(Refusal::Wrong), None) => return unauthorised("Invalid Credentials"),
        },
    };
    // A session from here on: some browsers do not repeat the password for a WebSocket.
    let begins = by_cookie != Some(grant) && is_visit(&request);
    request.extensions_mut().insert(grant);
    let mut response = next.run(request).await;
    // A page that the browser knows already is a visit too.
    let seen = response.status().is_success() || response.status() == StatusCode::NOT_MODIFIED;
    if begins && seen {
        let cookie = state.logins.begin(grant, &cookie_path(&state.prefix), now);
        set_cookie(&mut response, &cookie);
    }
    response
}

/// Whether a request with these headers would be let in. A page that runs asks this of the open
/// status: a refusal would make the browser put its question for a password over the page.
pub(crate) fn would_admit(state: &State, headers: &HeaderMap) -> bool {
    let Some(credentials) = &state.credentials else {
        return true;
    };
    let cookies = header(headers, &COOKIE);
    let known = cookies.and_then(|cookies| state.logins.check(cookies, Instant::now()));
    known.is_some() || credentials.check(header(headers, &AUTHORIZATION)).is_ok()
}

/// A person opens a page. Programs that ask again and again with the password begin no sessions:
/// there is a bound on them, and theirs would push out those of people.
fn is_visit(request: &Request) -> bool {
    request.method() == Method::GET
        && !is_upgrade(request.headers())
        && header(request.headers(), &ACCEPT).is_some_and(|types| types.contains("text/html"))
}

pub(crate) fn cookie_path(prefix: &str) -> String {
    format!("{prefix}/")
}

pub(crate) fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
}

fn unauthorised(why: &'static str) -> Response {
    (
        StatusCode::UNAUTHORIZED,
        [(WWW_AUTHENTICATE, CHALLENGE)],
        why,
    )
        .into_response()
}

fn is_open(path: &str, prefix: &str) -> bool {
    path.strip_prefix(prefix)
        .is_some_and(|route| OPEN.contains(&route))
}

fn is_upgrade(headers: &HeaderMap) -> bool {
    header(headers, &UPGRADE).is_some_and(|protocol| protocol.eq_ignore_ascii_case("websocket"))
}

/// Browsers say which page opens a WebSocket, and let any page open one: without this check a
/// foreign page could use the visitor's login. Programs that are no browser say nothing.
fn is_welcome_origin(headers: &HeaderMap, allowed: &[String]) -> bool {
    let Some(origin) = headers.get(ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let origin = origin.to_ascii_lowercase();
    if allowed.iter().any(|one| one == "*" || *one == origin) {
        return true;
    }
    let Some((_, of_page)) = origin.split_once("://") else {
        return false;
    };
    let Some(host) = header(headers, &HOST) else {
        return false;
    };
    let host = host.to_ascii_lowercase();
    // Proxies that pass no port in `Host` are common; then the name must do.
    of_page == host || (port_of(&host).is_none() && without_port(of_page) == host)
}

fn port_of(host: &str) -> Option<&str> {
    let (_, port) = host.rsplit_once(':')?;
    (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())).then_some(port)
}

fn without_port(host: &str) -> &str {
    match port_of(host) {
        Some(port) => &host[..host.len() - port.len() - 1],
        None => host,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &axum::http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn welcome(origin: &str, host: &str, allowed: &str) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(ORIGIN, HeaderValue::from_str(origin).expect("a header"));
        headers.insert(HOST, HeaderValue::from_str(host).expect("a header"));
        is_welcome_origin(&headers, &origins(allowed))
    }

    #[test]
    fn our_own_pages_are_welcome() {
        assert!(welcome("http://localhost:8082", "localhost:8082", ""));
        assert!(welcome("https://Desk.example", "desk.example", ""));
        assert!(welcome("https://desk.example:8443", "desk.example", ""));
        assert!(welcome("http://[::1]:8082", "[::1]:8082", ""));
        assert!(is_welcome_origin(&HeaderMap::new(), &[]));
    }

    #[test]
    fn foreign_pages_are_not() {
        assert!(!welcome("http://evil.example", "localhost:8082", ""));
        assert!(!welcome("http://localhost:8083", "localhost:8082", ""));
        assert!(!welcome(
            "http://desk.example.evil.example",
            "desk.example",
            ""
        ));
        assert!(!welcome("null", "localhost:8082", ""));
        assert!(!welcome("http://[::1]:1", "[::1]:8082", ""));
    }

    #[test]
    fn those_the_operator_lists_are() {
        assert!(welcome(
            "https://portal.example",
            "localhost:8082",
            "https://portal.example/, https://b.example"
        ));
        assert!(welcome("http://anything", "localhost:8082", "*"));
        assert!(!welcome(
            "https://portal.example:444",
            "localhost:8082",
            "https://portal.example"
        ));
    }

    #[test]
    fn only_whole_routes_are_open() {
        assert!(is_open("/api/status", ""));
        assert!(is_open("/desk/api/health", "/desk"));
        assert!(!is_open("/api/status/x", ""));
        assert!(!is_open("/api/websockets", ""));
        assert!(!is_open("/api/status", "/desk"));
    }
}
