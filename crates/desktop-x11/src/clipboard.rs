//! What is copied on an X server: reads it, and offers what others have copied.
//!
//! One connection does both. [`reading`] asks owners for what they have, one [`conversion`] after
//! the other; [`serving`] answers programs that paste what is ours. XFIXES tells when a selection
//! has a new owner, so nothing is asked while nothing is copied.

mod conversion;
mod decode;
mod files;
mod offer;
mod port;
mod reading;
mod serving;
mod taking;
mod targets;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use selkies_clip::{Clip, Store};
use selkies_desktop::{Clipboard, Copied, DesktopError, Selection};
use x11rb::connection::SequenceNumber;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{SelectionEvent, SelectionNotifyEvent};
use x11rb::protocol::xproto::{Atom, AtomEnum, Timestamp};
use x11rb::{CURRENT_TIME, NONE};

use self::offer::Offer;
use self::port::Port;
use self::reading::{Means, Outcome, Reading};
use self::serving::Serving;
use crate::server::Server;

/// How long an owner may take for each step of an answer.
const ANSWER: Duration = Duration::from_secs(2);
/// Between two readings of one selection: a program that copies all the time costs no more than this.
const SPACING: Duration = Duration::from_millis(100);
/// Many programs take what is marked anew with every move of the mouse: it is read when they are
/// done. A person who pastes it over there has to get there first.
const QUIET: Duration = Duration::from_millis(120);
/// Events that are handled before anything else has its turn.
const ROUND: usize = 256;

/// The selections of one X server.
pub(crate) struct XClipboard {
    port: Port,
    store: Arc<dyn Store>,
    fetching: Arc<()>,
    watched: Vec<Watched>,
    serving: Serving,
    ready: VecDeque<Copied>,
}

/// One selection.
struct Watched {
    selection: Selection,
    atom: Atom,
    /// It is ours.
    offer: Option<Offer>,
    /// Our last change of it: events with a smaller number tell of the time before.
    changed_at: SequenceNumber,
    /// We have given it back and not been told so yet.
    giving_back: bool,
    news: Option<News>,
    /// Before that nobody is asked.
    due: Instant,
    reading: Option<Reading>,
}

/// Somebody has taken a selection, or left it.
#[derive(Clone, Copy)]
enum News {
    /// Since when.
    Taken(Timestamp),
    Left,
}

impl XClipboard {
    pub(crate) fn connect(
        server: &Server,
        selections: &[Selection],
        store: Arc<dyn Store>,
    ) -> Result<Self, DesktopError> {
        let port = Port::connect(server)?;
        let mut watched = Vec::new();
        let due = Instant::now();
        for &selection in selections {
            let atom = match selection {
                Selection::Clipboard => port.atoms.CLIPBOARD,
                Selection::Primary => AtomEnum::PRIMARY.into(),
            };
            port.watch(atom)?;
            let owned = port.owner(atom)? != NONE;
            watched.push(Watched {
                selection,
                atom,
                offer: None,
                changed_at: 0,
                giving_back: false,
                news: owned.then_some(News::Taken(CURRENT_TIME)),
                due,
                reading: None,
            });
        }
        Ok(Self {
            port,
            store,
            fetching: Arc::default(),
            watched,
            serving: Serving::default(),
            ready: VecDeque::new(),
        })
    }

    /// Handles what has arrived. Whether there was anything.
    fn listen(&mut self, now: Instant) -> Result<bool, DesktopError> {
        for round in 0..ROUND {
            match self.port.event()? {
                Some((event, number)) => self.hear(&event, number, now)?,
                None => return Ok(round > 0),
            }
        }
        Ok(true)
    }

    fn hear(
        &mut self,
        event: &Event,
        number: SequenceNumber,
        now: Instant,
    ) -> Result<(), DesktopError> {
        match event {
            Event::XfixesSelectionNotify(change) => self.hear_change(change, number, now),
            Event::SelectionClear(gone) => {
                for watched in &mut self.watched {
                    if watched.atom == gone.selection && number >= watched.changed_at {
                        watched.offer = None;
                    }
                }
            }
            Event::SelectionRequest(request) => {
                let watched = self
                    .watched
                    .iter()
                    .find(|watched| watched.atom == request.selection);
                let offer = watched.and_then(|watched| watched.offer.as_ref());
                self.serving.answer(&self.port, offer, request, now)?;
            }
            Event::Error(error) => {
                // Programs that ask and are gone before they are answered.
                tracing::debug!(kind = ?error.error_kind, "the X server did not do something");
            }
            _ => {
                self.serving.hear(&self.port, event, now)?;
                self.read(|reading, means| reading.hear(means, event, now))?;
            }
        }
        Ok(())
    }

    fn hear_change(&mut self, change: &SelectionNotifyEvent, number: SequenceNumber, now: Instant) {
        let ours = self.port.window;
        for watched in &mut self.watched {
            if watched.atom != change.selection || number < watched.changed_at {
                continue;
            }
            if change.owner == ours {
                if let Some(offer) = &mut watched.offer {
                    offer.since = Some(change.selection_timestamp);
                }
                continue;
            }
            watched.offer = None;
            if watched.selection == Selection::Primary {
                watched.due = watched.due.max(now + QUIET);
            }
            let left =
                change.owner == NONE || change.subtype != SelectionEvent::SET_SELECTION_OWNER;
            watched.news = match left {
                true if std::mem::take(&mut watched.giving_back) => None,
                true => Some(News::Left),
                false => Some(News::Taken(change.timestamp)),
            };
        }
    }

    /// Takes up what is new. Whether there was anything.
    fn take_up(&mut self, now: Instant) -> Result<bool, DesktopError> {
        let mut busy = false;
        let means = Means {
            port: &self.port,
            store: &self.store,
            fetching: &self.fetching,
        };
        for watched in &mut self.watched {
            if watched.news.is_none() {
                continue;
            }
            // What was copied before is of no interest any more.
            self.ready
                .retain(|copied| copied.selection != watched.selection);
            if let Some(reading) = watched.reading.take() {
                busy = true;
                reading.cancel(&self.port)?;
            }
            let Some(news) = watched.news.take_if(|_| watched.due <= now) else {
                continue;
            };
            busy = true;
            watched.due = now + SPACING;
            match news {
                News::Taken(time) => {
                    watched.reading = Some(Reading::begin(&means, watched.atom, time, now)?);
                }
                News::Left => self.ready.push_back(Copied {
                    selection: watched.selection,
                    clip: Clip::default(),
                }),
            }
        }
        Ok(busy)
    }

    /// Does something with every reading, and takes what is whole.
    fn read(
        &mut self,
        mut step: impl FnMut(&mut Reading, &Means<'_>) -> Result<Outcome, DesktopError>,
    ) -> Result<(), DesktopError> {
        let means = Means {
            port: &self.port,
            store: &self.store,
            fetching: &self.fetching,
        };
        for watched in &mut self.watched {
            let Some(reading) = &mut watched.reading else {
                continue;
            };
            let selection = watched.selection;
            match step(reading, &means)? {
                Outcome::Going => continue,
                Outcome::Read(clip) => {
                    tracing::debug!(?selection, ?clip, "copied on the desktop");
                    self.ready.push_back(Copied { selection, clip });
                }
                Outcome::Secret => {
                    tracing::debug!(?selection, "a secret was copied; it stays there");
                }
            }
            watched.reading = None;
        }
        Ok(())
    }

    /// Gives up what does not go on.
    fn look(&mut self, now: Instant) -> Result<(), DesktopError> {
        self.serving.look(&self.port, now)?;
        self.read(|reading, means| reading.look(means, now))
    }

    /// When something is to be given up.
    fn deadline(&self) -> Option<Instant> {
        let readings = self.watched.iter().filter_map(|watched| {
            let reading = watched.reading.as_ref()?;
            Some(reading.deadline())
        });
        let news = self.watched.iter().filter_map(|watched| {
            watched.news?;
            Some(watched.due)
        });
        readings.chain(news).chain(self.serving.deadline()).min()
    }
}

impl Clipboard for XClipboard {
    fn next(&mut self, patience: Duration) -> Result<Option<Copied>, DesktopError> {
        let end = Instant::now().checked_add(patience);
        loop {
            self.port.flush()?;
            let now = Instant::now();
            let busy = self.listen(now)? | self.take_up(now)?;
            self.look(now)?;
            if let Some(copied) = self.ready.pop_front() {
                self.port.flush()?;
                return Ok(Some(copied));
            }
            if end.is_some_and(|end| end <= now) || self.port.bell.was_rung() {
                self.port.flush()?;
                return Ok(None);
            }
            // Sending may bring in events, which nobody would be woken for.
            self.port.flush()?;
            if let Some((event, number)) = self.port.event()? {
                self.hear(&event, number, now)?;
            } else if !busy {
                let until = end.into_iter().chain(self.deadline()).min();
                let left = until.map(|until| until.saturating_duration_since(now));
                self.port.wait(left.unwrap_or(Duration::MAX))?;
            }
        }
    }

    fn offer(&mut self, selection: Selection, clip: Clip) -> Result<(), DesktopError> {
        let watched = self
            .watched
            .iter_mut()
            .find(|watched| watched.selection == selection)
            .ok_or_else(|| DesktopError::Refused("the selection was not asked for".to_owned()))?;
        if clip.formats.is_empty() {
            return watched.give_back(&self.port);
        }
        let offer = Offer::new(&self.port, &clip)?;
        watched.changed_at = self
            .port
            .own(watched.atom, self.port.window, CURRENT_TIME)?;
        // Whatever was copied before, this was copied after it.
        watched.news = None;
        watched.giving_back = false;
        if let Some(reading) = watched.reading.take() {
            reading.cancel(&self.port)?;
        }
        self.ready.retain(|copied| copied.selection != selection);
        watched.offer = None;
        if self.port.owner(watched.atom)? != self.port.window {
            return Err(DesktopError::Refused(
                "another program took the selection at once".to_owned(),
            ));
        }
        watched.offer = Some(offer);
        Ok(())
    }

    fn waker(&self) -> Arc<dyn Fn() + Send + Sync> {
        let bell = self.port.bell.clone();
        Arc::new(move || bell.ring())
    }
}

impl Watched {
    fn give_back(&mut self, port: &Port) -> Result<(), DesktopError> {
        let Some(offer) = self.offer.take() else {
            return Ok(());
        };
        // With the time it became ours: whoever has taken it since keeps it.
        let since = offer.since.unwrap_or(CURRENT_TIME);
        self.changed_at = port.own(self.atom, NONE, since)?;
        self.giving_back = port.owner(self.atom)? == NONE;
        Ok(())
    }
}
