//! The threads that talk to the desktop: one types and points, one looks after its size and
//! whether it is there at all. Both connect again when the display server went away.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use selkies_desktop::{Button, Desktop, DesktopError, InputEvent, InputSink, Outputs};
use selkies_media::trace::{InputMark, Marks};
use selkies_media::{Clock, Size, Timestamp};

/// Between two attempts to reach a display server that is gone.
const RETRY: Duration = Duration::from_millis(500);
/// Between two looks at the size and the health of the display server.
const LOOK: Duration = Duration::from_secs(2);
/// Before a desktop is tried again that is there but could not be captured.
const SECOND_CHANCE: Duration = Duration::from_secs(2);
/// Events that may wait while the display server is slow.
const MOST_EVENTS: usize = 4096;
/// Orders that may wait; each takes the display server some milliseconds.
const MOST_ORDERS: usize = 16;

/// What the desktop's threads report.
#[derive(Debug)]
pub(crate) enum Report {
    /// It answers and has this size.
    Up(Size),
    /// It does not.
    Lost(String),
    /// It has this size now; whether because it was ordered.
    Resized { size: Size, answer: bool },
}

enum Order {
    Resize(Size),
    /// Somebody could not use the desktop: see what is the matter and report.
    Check,
}

/// An input that is to be found again in the picture that answers it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mark {
    /// Whose: the number of the viewer.
    pub(crate) viewer: u64,
    /// What its page calls it.
    pub(crate) id: u32,
    /// When it arrived.
    pub(crate) received: Timestamp,
}

/// How long a display server may take to let go of the keys we hold.
const FAREWELL: Duration = Duration::from_millis(500);

/// Our end of both threads. They end when it is dropped, which waits until no key is held any more.
pub(crate) struct Desk {
    input: Arc<InputQueue>,
    orders: SyncSender<Order>,
    /// Disconnected when nothing is injected any more.
    let_go: Receiver<()>,
}

impl Desk {
    /// Starts both threads; `report` is called from them.
    pub(crate) fn start(
        desktop: Arc<dyn Desktop>,
        clock: Clock,
        marks: Arc<Mutex<Marks>>,
        report: impl Fn(Report) + Send + 'static,
    ) -> io::Result<Self> {
        let (orders, received) = sync_channel(MOST_ORDERS);
        let input = Arc::new(InputQueue::default());
        let keeper = Keeper {
            desktop: desktop.clone(),
            orders: received,
            report: Box::new(report),
        };
        thread::Builder::new()
            .name("desktop:outputs".to_owned())
            .spawn(move || keeper.run())?;
        let queue = input.clone();
        let (holding, let_go) = sync_channel(0);
        thread::Builder::new()
            .name("desktop:input".to_owned())
            .spawn(move || {
                let _holding = holding;
                Hands {
                    desktop: &*desktop,
                    queue: &queue,
                    clock,
                    marks: &marks,
                }
                .run();
            })?;
        Ok(Self {
            input,
            orders,
            let_go,
        })
    }

    /// Does `event`; with a mark it is traced.
    pub(crate) fn inject(&self, event: InputEvent, mark: Option<Mark>) {
        self.input.push(event, mark);
    }

    /// `false`: too many orders wait; the caller gets no answer to this one.
    pub(crate) fn resize(&self, size: Size) -> bool {
        self.orders.try_send(Order::Resize(size)).is_ok()
    }

    pub(crate) fn check(&self) {
        // A full queue means that it is being talked to anyway.
        let _ = self.orders.try_send(Order::Check);
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.input.close();
        // The sink releases what it holds when its thread ends, and this process may end right
        // after us: keys of a desktop that is not ours would stay down for ever.
        if self.let_go.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the desktop was left without an answer; keys may be down on it");
        }
    }
}

/// Looks after the size and the health of the desktop.
struct Keeper {
    desktop: Arc<dyn Desktop>,
    orders: Receiver<Order>,
    report: Box<dyn Fn(Report) + Send>,
}

/// What a thread does after it has lost its connection.
enum After {
    ConnectAgain(DesktopError),
    End,
}

impl Keeper {
    fn run(self) {
        let mut known_lost = false;
        loop {
            match self
                .desktop
                .outputs()
                .and_then(|mut outputs| Ok((outputs.size()?, outputs)))
            {
                Ok((size, mut outputs)) => {
                    known_lost = false;
                    (self.report)(Report::Up(size));
                    match self.serve(&mut *outputs, size) {
                        After::End => return,
                        After::ConnectAgain(error) => self.tell_lost(&mut known_lost, &error),
                    }
                }
                Err(error) => self.tell_lost(&mut known_lost, &error),
            }
            if !self.rest(RETRY) {
                return;
            }
        }
    }

    /// The first failure of a row is news; the attempts after it are not.
    fn tell_lost(&self, known: &mut bool, error: &DesktopError) {
        if !std::mem::replace(known, true) {
            (self.report)(Report::Lost(error.to_string()));
        }
    }

    fn serve(&self, outputs: &mut dyn Outputs, mut size: Size) -> After {
        loop {
            let outcome = match self.orders.recv_timeout(LOOK) {
                Ok(Order::Resize(wanted)) => resize(outputs, wanted).map(|new| {
                    size = new;
                    (self.report)(Report::Resized { size, answer: true });
                }),
                // It may be gone for good, which shows at once, or only have refused something.
                Ok(Order::Check) => match outputs.size() {
                    Ok(_) if !self.rest(SECOND_CHANCE) => return After::End,
                    Ok(_) => outputs.size().map(|new| {
                        size = new;
                        (self.report)(Report::Up(size));
                    }),
                    Err(error) => Err(error),
                },
                Err(RecvTimeoutError::Timeout) => outputs.size().map(|new| {
                    if std::mem::replace(&mut size, new) != new {
                        (self.report)(Report::Resized {
                            size,
                            answer: false,
                        });
                    }
                }),
                Err(RecvTimeoutError::Disconnected) => return After::End,
            };
            if let Err(error) = outcome {
                return After::ConnectAgain(error);
            }
        }
    }

    /// Waits, deaf to orders: they are for a desktop that is not there. `false`: nobody gives any
    /// more.
    fn rest(&self, span: Duration) -> bool {
        let until = Instant::now() + span;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.orders.recv_timeout(left) {
                Ok(Order::Resize(_) | Order::Check) => {}
                Err(RecvTimeoutError::Timeout) => return true,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
    }
}

/// The size the desktop has afterwards, which is the old one when it cannot be changed.
fn resize(outputs: &mut dyn Outputs, wanted: Size) -> Result<Size, DesktopError> {
    match outputs.resize(wanted) {
        Err(DesktopError::Refused(why)) => {
            tracing::warn!(%wanted, why, "the desktop keeps its size");
            outputs.size()
        }
        outcome => outcome,
    }
}

/// Types and points.
struct Hands<'a> {
    desktop: &'a dyn Desktop,
    queue: &'a InputQueue,
    clock: Clock,
    marks: &'a Mutex<Marks>,
}

impl Hands<'_> {
    fn run(&self) {
        while self.queue.is_open() {
            let error = match self.desktop.input() {
                Ok(mut sink) => match self.serve(&mut *sink) {
                    After::End => return,
                    After::ConnectAgain(error) => error,
                },
                Err(error) => error,
            };
            tracing::debug!(%error, "keys and pointer wait for the desktop");
            self.queue.rest(RETRY);
        }
    }

    fn serve(&self, sink: &mut dyn InputSink) -> After {
        loop {
            let outcome = match self.queue.take(sink.next_wakeup()) {
                Taken::Event(event, None) => sink.inject(&event),
                Taken::Event(event, Some(mark)) => self.inject_traced(sink, &event, mark),
                Taken::Woke => sink.wake(),
                Taken::Closed => return After::End,
            };
            match outcome {
                Ok(()) => {}
                // One event that cannot be carried out is no reason to drop the others.
                Err(DesktopError::Refused(why)) => {
                    tracing::debug!(why, "an input event was refused");
                }
                Err(error) => return After::ConnectAgain(error),
            }
        }
    }

    fn inject_traced(
        &self,
        sink: &mut dyn InputSink,
        event: &InputEvent,
        mark: Mark,
    ) -> Result<(), DesktopError> {
        let Mark {
            viewer,
            id,
            received,
        } = mark;
        let begun = self.now();
        // Known before it is done: the answer may come before we are.
        self.marks().begun(InputMark {
            viewer,
            id,
            received,
            begun,
            injected: begun,
        });
        let outcome = sink.inject(event);
        let injected = self.now();
        self.marks().injected(viewer, id, injected);
        outcome
    }

    fn marks(&self) -> MutexGuard<'_, Marks> {
        // Adding and removing marks leaves the list whole wherever it is interrupted.
        self.marks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.clock.stamp(Instant::now())
    }
}

/// Events on their way to the display server. Moves of the pointer that wait are merged: only the
/// last place counts.
#[derive(Default)]
struct InputQueue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    events: VecDeque<(InputEvent, Option<Mark>)>,
    closed: bool,
}

enum Taken {
    Event(InputEvent, Option<Mark>),
    Woke,
    Closed,
}

impl InputQueue {
    fn push(&self, event: InputEvent, mark: Option<Mark>) {
        let mut waiting = self.lock();
        match (waiting.events.back_mut(), event) {
            (Some((InputEvent::PointerTo(last), traced)), InputEvent::PointerTo(place)) => {
                *last = place;
                *traced = traced.or(mark);
            }
            _ => waiting.events.push_back((event, mark)),
        }
        if waiting.events.len() > MOST_EVENTS {
            // Hopelessly behind: let go of everything rather than leave a key down.
            tracing::warn!(
                dropped = waiting.events.len(),
                "the display server is too slow for its input"
            );
            waiting.events.clear();
            waiting
                .events
                .extend(everything_up().map(|event| (event, None)));
        }
        drop(waiting);
        self.changed.notify_one();
    }

    fn take(&self, patience: Option<Duration>) -> Taken {
        let waiting = self.lock();
        let idle = |waiting: &mut Waiting| waiting.events.is_empty() && !waiting.closed;
        let mut waiting = match patience {
            None => self
                .changed
                .wait_while(waiting, idle)
                .unwrap_or_else(PoisonError::into_inner),
            Some(patience) => {
                self.changed
                    .wait_timeout_while(waiting, patience, idle)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0
            }
        };
        if waiting.closed {
            return Taken::Closed;
        }
        match waiting.events.pop_front() {
            Some((event, mark)) => Taken::Event(event, mark),
            None => Taken::Woke,
        }
    }

    /// Waits while the desktop is gone; what was meant for it is dropped.
    fn rest(&self, span: Duration) {
        let waiting = self.lock();
        let (mut waiting, _) = self
            .changed
            .wait_timeout_while(waiting, span, |waiting| !waiting.closed)
            .unwrap_or_else(PoisonError::into_inner);
        waiting.events.clear();
    }

    fn is_open(&self) -> bool {
        !self.lock().closed
    }

    fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn everything_up() -> impl Iterator<Item = InputEvent> {
    let buttons = [
        Button::Left,
        Button::Middle,
        Button::Right,
        Button::Back,
        Button::Forward,
    ];
    let released = buttons.into_iter().map(|button| InputEvent::Button {
        button,
        down: false,
    });
    std::iter::once(InputEvent::ReleaseKeys).chain(released)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use selkies_desktop::Keysym;
    use selkies_desktop::testcard::TestCard;
    use selkies_media::Point;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn desk(card: &TestCard) -> (Desk, mpsc::Receiver<Report>) {
        let (tell, reports) = mpsc::sync_channel(16);
        let clock = Clock::starting_at(Instant::now());
        let desk = Desk::start(
            Arc::new(card.clone()),
            clock,
            Arc::default(),
            move |report| {
                // The test may be over.
                let _ = tell.send(report);
            },
        );
        (desk.expect("threads can be made"), reports)
    }

    fn card() -> TestCard {
        TestCard::new(Size::new(64, 48), Instant::now)
    }

    fn wait_for_events(card: &TestCard, count: usize) -> Vec<InputEvent> {
        let until = Instant::now() + DEADLINE;
        let mut events = Vec::new();
        while events.len() < count && Instant::now() < until {
            events.extend(card.take_events());
            thread::sleep(Duration::from_millis(2));
        }
        events
    }

    #[test]
    fn the_size_is_reported_and_changed() {
        let card = card();
        let (desk, reports) = desk(&card);
        assert!(
            matches!(reports.recv_timeout(DEADLINE), Ok(Report::Up(size)) if size == Size::new(64, 48))
        );
        assert!(desk.resize(Size::new(32, 32)));
        match reports.recv_timeout(DEADLINE) {
            Ok(Report::Resized { size, answer: true }) => assert_eq!(size, Size::new(32, 32)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_desktop_that_goes_is_reported_once_and_again_when_it_is_back() {
        let card = card();
        let (desk, reports) = desk(&card);
        assert!(matches!(reports.recv_timeout(DEADLINE), Ok(Report::Up(_))));
        card.lose();
        desk.check();
        assert!(matches!(
            reports.recv_timeout(DEADLINE),
            Ok(Report::Lost(_))
        ));
        card.restore();
        assert!(matches!(reports.recv_timeout(DEADLINE), Ok(Report::Up(_))));
    }

    #[test]
    fn events_arrive_in_order_and_go_on_after_a_loss() {
        let card = card();
        let (desk, reports) = desk(&card);
        assert!(matches!(reports.recv_timeout(DEADLINE), Ok(Report::Up(_))));
        let (down, up) = (
            InputEvent::KeyDown(Keysym(65)),
            InputEvent::KeyUp(Keysym(65)),
        );
        desk.inject(down, None);
        desk.inject(up, None);
        assert_eq!(wait_for_events(&card, 2), [down, up]);
        card.lose();
        desk.inject(down, None);
        card.restore();
        let until = Instant::now() + DEADLINE;
        while card.take_events().is_empty() {
            assert!(Instant::now() < until, "input comes back");
            desk.inject(up, None);
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn waiting_moves_are_merged_and_a_flood_lets_go_of_everything() {
        let queue = InputQueue::default();
        for x in 0..100 {
            queue.push(InputEvent::PointerTo(Point { x, y: 0 }), None);
        }
        assert!(matches!(
            queue.take(None),
            Taken::Event(InputEvent::PointerTo(Point { x: 99, .. }), None)
        ));
        for _ in 0..=MOST_EVENTS {
            queue.push(InputEvent::KeyDown(Keysym(65)), None);
        }
        assert!(matches!(
            queue.take(None),
            Taken::Event(InputEvent::ReleaseKeys, None)
        ));
    }
}
