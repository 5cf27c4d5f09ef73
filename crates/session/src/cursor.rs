//! What the pointer looks like, and who wants it in the picture.

use selkies_proto::ServerMessage;
use selkies_proto::server::Cursor;

use crate::viewers::{Role, Video, Viewer};
use crate::{Action, Session, ViewerId};

/// The desktop's pointer.
#[derive(Default)]
pub(crate) struct Pointer {
    /// As it was last, if that is known.
    shape: Option<Cursor>,
    /// It is drawn into the picture.
    drawn: bool,
}

impl Session {
    /// It has another shape. Who has stopped its video learns that when it starts it again.
    pub(crate) fn cursor_is(&mut self, cursor: Cursor) {
        let message = ServerMessage::Cursor(cursor.clone());
        self.pointer.shape = Some(cursor);
        for (id, viewer) in &self.viewers {
            if viewer.video != Video::Off {
                self.actions.push_back(Action::Send {
                    viewer: *id,
                    message: message.clone(),
                });
            }
        }
    }

    /// Tells a page that knows nothing of it, or has forgotten it.
    pub(crate) fn send_cursor(&mut self, id: ViewerId) {
        if let Some(cursor) = self.pointer.shape.clone() {
            self.send(id, ServerMessage::Cursor(cursor));
        }
    }

    /// A page that cannot show a pointer of its own wants it in the picture, or no longer.
    pub(crate) fn want_cursor_drawn(&mut self, id: ViewerId, wanted: bool) {
        if let Some(viewer) = self.viewers.get_mut(&id) {
            viewer.wants_cursor = wanted;
        }
    }

    /// All who watch see one picture. So the pointer is in it while somebody who drives wants it
    /// there and watches.
    pub(crate) fn draw_cursor_if_wanted(&mut self) {
        let wants = |viewer: &Viewer| {
            viewer.wants_cursor && viewer.role == Role::Controller && viewer.watches()
        };
        let wanted = self.viewers.values().any(wants);
        if std::mem::replace(&mut self.pointer.drawn, wanted) != wanted {
            self.actions.push_back(Action::DrawCursor(wanted));
        }
    }
}
