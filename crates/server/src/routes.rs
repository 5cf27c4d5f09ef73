//! What answers where.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::{Query, State as Shared};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::{any, get, post};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::credentials::Grant;
use crate::{State, assets, gate, socket};

/// Every route, behind the gate.
pub(crate) fn router(state: Arc<State>) -> Router {
    let routes = Router::new()
        // Whoever only looks at a link must not use it up, and a GET route answers HEAD as well.
        .route(
            "/login",
            get(log_in).head(|| async { StatusCode::NO_CONTENT }),
        )
        .route("/api/status", get(status))
        .route("/api/health", get(|| async { "OK" }))
        .route("/api/websockets", get(socket::connect))
        .route("/api/websockets/", get(socket::connect))
        .route("/api/webrtc/signaling", any(other_mode))
        .route("/api/webrtc/signaling/", any(other_mode))
        .route("/api/ws", any(other_mode))
        .route("/api/trace", get(trace))
        .route("/api/turn", get(other_mode_json))
        .route("/api/switch", post(no_switch))
        .route("/api/upload", post(no_transfers))
        .route("/api/files/", any(no_transfers))
        .route("/api/files/{*path}", any(no_transfers))
        .route("/api/{*unknown}", any(|| async { StatusCode::NOT_FOUND }))
        .fallback(assets::serve)
        .with_state(state.clone());
    let routes = match state.prefix.as_str() {
        "" => routes,
        prefix => {
            let home = HeaderValue::from_str(&format!("{prefix}/")).ok();
            let elsewhere = move || {
                let home = home.clone();
                async move {
                    home.map(redirect)
                        .unwrap_or_else(|| StatusCode::NOT_FOUND.into_response())
                }
            };
            Router::new()
                // Nesting covers what is below the prefix: not the prefix with its slash, and the
                // one without it would be the page, with addresses that lead elsewhere.
                .route(&format!("{prefix}/"), any(assets::home))
                .route(prefix, any(elsewhere.clone()))
                .nest(prefix, routes)
                .fallback(elsewhere)
        }
    };
    routes
        .layer(from_fn_with_state(state, gate::admit))
        .layer(from_fn(assets::secure_headers))
}

/// Open to everyone: the mode, and whether the one who asks would be let in elsewhere.
async fn status(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Json<Value> {
    Json(json!({
        "current_mode": "websockets",
        "available_modes": ["websockets"],
        "enable_dual_mode": false,
        "admitted": gate::would_admit(&state, &headers),
    }))
}

/// How long each step of a picture took on our side, in microseconds, over all viewers since the
/// start: count, sum, and the spans that half, 95 % and 99 % of them do not exceed.
async fn trace(Shared(state): Shared<Arc<State>>) -> Json<Value> {
    let steps = state.inbox.steps();
    let rows = steps.iter().map(|(step, histogram)| {
        let micros = |share| histogram.percentile(share).map(|span| span.as_micros());
        let row = json!({
            "count": histogram.count(),
            "sum": histogram.sum().as_micros(),
            "p50": micros(0.5),
            "p95": micros(0.95),
            "p99": micros(0.99),
        });
        (step.name().to_owned(), row)
    });
    Json(Value::Object(rows.collect()))
}

/// Pages find out by this status which transport the server runs.
async fn other_mode() -> Response {
    (StatusCode::CONFLICT, "this server streams over WebSockets").into_response()
}

async fn other_mode_json() -> Response {
    failure(StatusCode::CONFLICT, "this server streams over WebSockets")
}

async fn no_switch() -> Response {
    failure(StatusCode::FORBIDDEN, "this server has one mode")
}

async fn no_transfers() -> Response {
    failure(StatusCode::FORBIDDEN, "file transfers are switched off")
}

fn failure(status: StatusCode, message: &str) -> Response {
    (
        status,
        Json(json!({ "status": "error", "message": message })),
    )
        .into_response()
}

#[derive(Deserialize)]
struct LoginLink {
    #[serde(default)]
    code: String,
}

/// Exchanges the word of a login link for a session and takes it out of the address bar. A word
/// that is used up leads to the same place, where the browser asks for the password.
async fn log_in(Shared(state): Shared<Arc<State>>, Query(link): Query<LoginLink>) -> Response {
    let path = gate::cookie_path(&state.prefix);
    let Ok(home) = HeaderValue::from_str(&path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = redirect(home);
    response
        .headers_mut()
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if state.logins.redeem(&link.code) {
        let cookie = state.logins.begin(Grant::Full, &path, Instant::now());
        gate::set_cookie(&mut response, &cookie);
    } else {
        tracing::info!("a login link was opened that is not valid, or not any more");
    }
    response
}

fn redirect(to: HeaderValue) -> Response {
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    (
        StatusCode::SEE_OTHER,
        [(LOCATION, to), (CONTENT_TYPE, plain)],
    )
        .into_response()
}
