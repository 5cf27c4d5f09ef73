//! The threads that talk to the desktop: one types and points, one looks after its size and
//! whether it is there at all, one after what is copied. All connect again when the display server
//! went away.

mod clipboard;
mod cursor;
mod gamepads;
mod hands;
mod keeper;

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use selkies_clip::{Clip, Refusal, Step};
use selkies_desktop::{Copied, Desktop, DesktopError, InputEvent, PadEvent, Rumble};
use selkies_media::trace::Marks;
use selkies_media::{Clock, Size, Timestamp};
use selkies_proto::server::Cursor;

use clipboard::{Clipboards, Steps};
use hands::{Hands, InputQueue};
use keeper::{Keeper, Order};

pub(crate) use clipboard::{CLIPS_UNDER_WAY, Sharing};
pub(crate) use cursor::longest_side;
pub use gamepads::Pads;

/// Between two attempts to reach a display server that is gone.
const RETRY: Duration = Duration::from_millis(500);
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
    /// Its pointer looks like this.
    Cursor(Cursor),
    /// A program wants a game controller to shake.
    Rumble(Rumble),
    /// Somebody on it copied something.
    Copied(Copied),
    /// What that viewer copied is what is copied on it now.
    Offered { viewer: u64, clip: Clip },
    /// A form of what that viewer copied, or all of it, was not taken.
    ClipRefused { viewer: u64, why: Refusal },
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

/// Our end of the threads. They end when it is dropped, which waits until no key is held any more.
pub(crate) struct Desk {
    input: Arc<InputQueue>,
    /// `None`: what is copied is not shared.
    steps: Option<Arc<Steps>>,
    /// Until somebody wants to know what the pointer looks like.
    following: Option<cursor::Following>,
    /// `None`: there are no game controllers.
    gamepads: Option<gamepads::Serving>,
    orders: SyncSender<Order>,
    /// Disconnected when nothing is injected any more.
    let_go: Receiver<()>,
}

impl Desk {
    /// Starts the threads; `report` is called from them. Without `sharing` nobody looks at what is
    /// copied.
    pub(crate) fn start(
        desktop: Arc<dyn Desktop>,
        sharing: Option<Sharing>,
        clock: Clock,
        marks: Arc<Mutex<Marks>>,
        report: impl Fn(Report) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let (orders, received) = sync_channel(MOST_ORDERS);
        let input = Arc::new(InputQueue::default());
        let report: Arc<dyn Fn(Report) + Send + Sync> = Arc::new(report);
        let steps = match sharing {
            Some(sharing) => Some(start_clipboard(&desktop, sharing, &input, &report)?),
            None => None,
        };
        let keeper = Keeper {
            desktop: desktop.clone(),
            orders: received,
            report,
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
            steps,
            following: None,
            gamepads: None,
            orders,
            let_go,
        })
    }

    /// Reports what the pointer looks like, from now on, in images with no side longer than `side`.
    pub(crate) fn follow_cursor(
        &mut self,
        desktop: Arc<dyn Desktop>,
        side: u32,
        report: impl Fn(Report) + Send + 'static,
    ) -> io::Result<()> {
        self.following = Some(cursor::Following::start(desktop, side, report)?);
        Ok(())
    }

    /// Serves game controllers from now on.
    pub(crate) fn serve_gamepads(
        &mut self,
        pads: Pads,
        report: impl Fn(Report) + Send + 'static,
    ) -> io::Result<()> {
        self.gamepads = Some(gamepads::Serving::start(pads, report)?);
        Ok(())
    }

    pub(crate) fn gamepad(&self, slot: u8, event: PadEvent) {
        if let Some(gamepads) = &self.gamepads {
            gamepads.apply(slot, event);
        }
    }

    /// Does `event`; with a mark it is traced.
    pub(crate) fn inject(&self, event: InputEvent, mark: Option<Mark>) {
        self.input.push(event, mark);
    }

    /// Takes in what a viewer has copied. What is injected after its last step finds it set. A
    /// viewer that goes has to abort.
    pub(crate) fn clip(&self, viewer: u64, step: Step) {
        if let Some(steps) = &self.steps {
            steps.push(viewer, step, &self.input);
        }
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
        self.steps.iter().for_each(|steps| steps.close());
        self.input.close();
        // The sink releases what it holds when its thread ends, and this process may end right
        // after us: keys of a desktop that is not ours would stay down for ever.
        if self.let_go.recv_timeout(FAREWELL) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the desktop was left without an answer; keys may be down on it");
        }
    }
}

fn start_clipboard(
    desktop: &Arc<dyn Desktop>,
    sharing: Sharing,
    input: &Arc<InputQueue>,
    report: &Arc<dyn Fn(Report) + Send + Sync>,
) -> io::Result<Arc<Steps>> {
    let steps = Arc::new(Steps::default());
    let clipboards = Clipboards {
        desktop: desktop.clone(),
        sharing,
        steps: steps.clone(),
        input: input.clone(),
        report: report.clone(),
    };
    thread::Builder::new()
        .name("desktop:clipboard".to_owned())
        .spawn(move || clipboards.run())?;
    Ok(steps)
}

/// What a thread does after it has lost its connection.
enum After {
    ConnectAgain(DesktopError),
    End,
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Instant;

    use selkies_desktop::Keysym;
    use selkies_desktop::testcard::TestCard;

    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    fn desk(card: &TestCard) -> (Desk, mpsc::Receiver<Report>) {
        let (tell, reports) = mpsc::sync_channel(16);
        let clock = Clock::starting_at(Instant::now());
        let desk = Desk::start(
            Arc::new(card.clone()),
            None,
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
}
