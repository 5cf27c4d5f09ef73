//! The data socket: from an admitted request to a running link.

use std::sync::Arc;

use axum::Extension;
use axum::extract::ws::{WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State as Shared};
use axum::response::Response;
use selkies_proto::client::Slot;
use selkies_proto::limits::MESSAGE;
use selkies_session::Role;
use selkies_transport::{Handle, websocket};
use serde::Deserialize;

use crate::State;
use crate::credentials::Grant;

/// What a page says of itself when it connects.
#[derive(Debug, Deserialize)]
pub(crate) struct Wishes {
    role: Option<String>,
    slot: Option<String>,
}

impl Wishes {
    /// A full login may take any role; a lesser one cannot be talked up.
    fn role(&self, grant: Grant) -> Role {
        match (grant, self.role.as_deref()) {
            (Grant::Full, None) => Role::Controller,
            (Grant::Full, Some("viewer")) => Role::Observer { slot: self.slot() },
            (Grant::Full, Some(_)) | (Grant::ViewOnly, _) => Role::Observer { slot: None },
        }
    }

    fn slot(&self) -> Option<Slot> {
        self.slot
            .as_deref()?
            .parse()
            .ok()
            .filter(|slot: &Slot| slot.get() <= 4)
    }
}

pub(crate) async fn connect(
    Shared(state): Shared<Arc<State>>,
    Extension(grant): Extension<Grant>,
    Query(wishes): Query<Wishes>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let role = wishes.role(grant);
    upgrade
        .max_message_size(MESSAGE)
        .max_frame_size(MESSAGE)
        .on_upgrade(move |socket| serve(state, role, socket))
}

async fn serve(state: Arc<State>, role: Role, socket: WebSocket) {
    let (link, commands) = Handle::new();
    let Some(viewer) = state.inbox.join(role, link).await else {
        return;
    };
    let inbox = &state.inbox;
    let (end, stats) = websocket::run(socket, commands, inbox.identity(viewer), |event| {
        inbox.event(viewer, event)
    })
    .await;
    inbox.left(viewer, end, stats).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(grant: Grant, role: Option<&str>, slot: Option<&str>) -> Role {
        Wishes {
            role: role.map(str::to_owned),
            slot: slot.map(str::to_owned),
        }
        .role(grant)
    }

    #[test]
    fn a_full_login_may_take_any_role() {
        assert_eq!(role(Grant::Full, None, None), Role::Controller);
        assert_eq!(
            role(Grant::Full, Some("viewer"), None),
            Role::Observer { slot: None }
        );
        assert_eq!(
            role(Grant::Full, Some("viewer"), Some("3")),
            Role::Observer { slot: Slot::new(3) }
        );
    }

    #[test]
    fn a_view_only_login_only_watches() {
        for wish in [None, Some("viewer"), Some("controller")] {
            assert_eq!(
                role(Grant::ViewOnly, wish, Some("2")),
                Role::Observer { slot: None }
            );
        }
    }

    #[test]
    fn what_is_not_understood_gets_the_least() {
        assert_eq!(
            role(Grant::Full, Some("admin"), None),
            Role::Observer { slot: None }
        );
        for slot in ["0", "5", "-1", "two", "999999999999"] {
            assert_eq!(
                role(Grant::Full, Some("viewer"), Some(slot)),
                Role::Observer { slot: None }
            );
        }
    }
}
