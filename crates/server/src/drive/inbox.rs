//! Where links and threads leave word for the driver.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use selkies_media::Clock;
use selkies_media::trace::Steps;
use selkies_pipeline::Notice;
use selkies_session::{Role, ViewerId};
use selkies_transport::websocket::{End, Identity};
use selkies_transport::{Event, Handle, Room, Stats};
use tokio::sync::mpsc;

use crate::desk::{CLIPS_UNDER_WAY, Report};

/// Something for the driver.
pub(super) enum Note {
    Joined {
        viewer: ViewerId,
        role: Role,
        link: Handle,
    },
    Event {
        viewer: ViewerId,
        event: Event,
    },
    Left {
        viewer: ViewerId,
        end: End,
        stats: Stats,
    },
    Desk(Report),
    Pipeline {
        generation: u64,
        notice: Notice,
    },
}

/// Where links leave their notes.
#[derive(Clone)]
pub(crate) struct Inbox {
    notes: mpsc::Sender<Note>,
    viewers: Arc<AtomicU64>,
    clock: Clock,
    steps: Arc<Mutex<Steps>>,
    room: Room,
}

impl Inbox {
    pub(super) fn new(notes: mpsc::Sender<Note>, clock: Clock) -> Self {
        Self {
            notes,
            viewers: Arc::new(AtomicU64::new(1)),
            clock,
            steps: Arc::default(),
            room: Room::of(CLIPS_UNDER_WAY),
        }
    }

    /// Announces a viewer. `None`: the server stops.
    pub(crate) async fn join(&self, role: Role, link: Handle) -> Option<ViewerId> {
        let viewer = ViewerId(self.viewers.fetch_add(1, Ordering::Relaxed));
        self.notes
            .send(Note::Joined { viewer, role, link })
            .await
            .ok()?;
        Some(viewer)
    }

    /// What the link of `viewer` is run with.
    pub(crate) fn identity(&self, viewer: ViewerId) -> Identity {
        Identity {
            viewer: viewer.0,
            clock: self.clock,
            steps: self.steps.clone(),
            room: self.room.clone(),
        }
    }

    /// How long the steps of pictures took, of all viewers since the start.
    pub(crate) fn steps(&self) -> Steps {
        self.steps
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) async fn event(&self, viewer: ViewerId, event: Event) {
        // A driver that has stopped needs no more events; the link is told to end.
        let _ = self.notes.send(Note::Event { viewer, event }).await;
    }

    pub(crate) async fn left(&self, viewer: ViewerId, end: End, stats: Stats) {
        let _ = self.notes.send(Note::Left { viewer, end, stats }).await;
    }
}
