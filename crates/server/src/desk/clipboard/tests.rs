use std::sync::mpsc;
use std::thread;
use std::time::Instant;

use bytes::Bytes;
use selkies_clip::{Content, Format, Step};
use selkies_desktop::testcard::TestCard;
use selkies_desktop::{InputEvent, Keysym};
use selkies_media::{Clock, Size};

use super::*;
use crate::clips::{Clips, Limits};
use crate::desk::Desk;

const DEADLINE: Duration = Duration::from_secs(10);

struct Stage {
    card: TestCard,
    desk: Desk,
    reports: mpsc::Receiver<Report>,
}

impl Stage {
    fn with(selections: &[Selection]) -> Self {
        let card = TestCard::new(Size::new(64, 48), Instant::now);
        let sharing = Sharing {
            store: Arc::new(Clips::new(Limits::of(1 << 20))),
            selections: selections.to_vec(),
        };
        let (tell, reports) = mpsc::sync_channel(16);
        let report = move |report| {
            // The test may be over.
            let _ = tell.send(report);
        };
        let desk = Desk::start(
            Arc::new(card.clone()),
            Some(sharing),
            Clock::starting_at(Instant::now()),
            Arc::default(),
            report,
        );
        let desk = desk.expect("threads can be made");
        Self {
            card,
            desk,
            reports,
        }
    }

    fn copies(&self, viewer: u64, text: &str) {
        let total = text.len() as u64;
        let mime = "text/plain".to_owned();
        self.desk.clip(viewer, Step::Begin { mime, total });
        for piece in text.as_bytes().chunks(2) {
            let piece = Bytes::copy_from_slice(piece);
            self.desk.clip(viewer, Step::Append(piece));
        }
        self.desk.clip(viewer, Step::End);
        self.desk.clip(viewer, Step::Offer);
    }

    /// Of the reports about clips the next.
    fn report(&self) -> Report {
        let until = Instant::now() + DEADLINE;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let report = self.reports.recv_timeout(left).expect("a report comes");
            if matches!(report, Report::Copied(_) | Report::ClipRefused { .. }) {
                return report;
            }
        }
    }

    fn wait_until_copied(&self, text: &str) {
        let until = Instant::now() + DEADLINE;
        while self.copied(Selection::Clipboard).as_deref() != Some(text) {
            assert!(Instant::now() < until, "it is copied in time");
            thread::sleep(Duration::from_millis(2));
        }
    }

    fn copied(&self, selection: Selection) -> Option<String> {
        let clip = self.card.copied(selection)?;
        let content = &clip.formats.first()?.content;
        let mut bytes = vec![0; usize::try_from(content.len()).expect("it is small")];
        content.read_at(0, &mut bytes).expect("it is there");
        String::from_utf8(bytes).ok()
    }
}

fn clip(text: &'static str) -> Clip {
    let content: Arc<dyn Content> = Arc::new(Bytes::from_static(text.as_bytes()));
    let mime = "text/plain".to_owned();
    Clip {
        formats: vec![Format { mime, content }],
    }
}

#[test]
fn what_is_copied_on_either_side_reaches_the_other() {
    let stage = Stage::with(&[Selection::Clipboard]);
    stage.copies(1, "from a viewer");
    stage.wait_until_copied("from a viewer");
    let there = clip("from the desktop");
    stage.card.copy(Selection::Clipboard, there.clone());
    match stage.report() {
        Report::Copied(Copied { selection, clip }) => {
            assert_eq!(selection, Selection::Clipboard);
            assert_eq!(clip, there);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(stage.copied(Selection::Primary), None);
}

#[test]
fn both_selections_are_set_where_both_are_shared() {
    let stage = Stage::with(&[Selection::Primary, Selection::Clipboard]);
    stage.copies(1, "both");
    stage.wait_until_copied("both");
    assert_eq!(stage.copied(Selection::Primary).as_deref(), Some("both"));
}

#[test]
fn what_is_typed_after_copying_finds_it_copied() {
    let stage = Stage::with(&[Selection::Clipboard]);
    for round in 0..200_u32 {
        let text = format!("text {round}");
        stage.copies(u64::from(round % 3), &text);
        let key = InputEvent::KeyDown(Keysym(round));
        let start = Instant::now();
        stage.desk.inject(key, None);
        let until = Instant::now() + DEADLINE;
        while stage.card.take_events().is_empty() {
            assert!(Instant::now() < until, "the key is pressed in time");
            thread::yield_now();
        }
        let took = start.elapsed();
        assert_eq!(stage.copied(Selection::Clipboard), Some(text), "{took:?}");
        // Nobody who waits for room in here holds up the clipboard.
        stage.reports.try_iter().for_each(drop);
    }
}

#[test]
fn a_refusal_is_reported_to_the_one_it_is_about() {
    let stage = Stage::with(&[Selection::Clipboard]);
    let begin = |total| Step::Begin {
        mime: "text/plain".to_owned(),
        total,
    };
    stage.desk.clip(7, begin(u64::MAX));
    stage.desk.clip(8, Step::End);
    for expected in [(7, Refusal::TooLarge), (8, Refusal::Broken)] {
        match stage.report() {
            Report::ClipRefused { viewer, why } => assert_eq!((viewer, why), expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_clip_for_a_desktop_that_is_gone_is_refused_and_the_next_one_is_taken() {
    let stage = Stage::with(&[Selection::Clipboard]);
    stage.copies(1, "there");
    stage.wait_until_copied("there");
    stage.card.lose();
    match stage.report() {
        Report::Copied(Copied { clip, .. }) => assert_eq!(clip, Clip::default(), "it is gone"),
        other => panic!("{other:?}"),
    }
    stage.copies(1, "lost");
    match stage.report() {
        Report::ClipRefused { viewer, why } => {
            assert_eq!((viewer, why), (1, Refusal::Failed));
        }
        other => panic!("{other:?}"),
    }
    stage.card.restore();
    let until = Instant::now() + DEADLINE;
    while stage.copied(Selection::Clipboard).as_deref() != Some("back") {
        assert!(Instant::now() < until, "the clipboard comes back");
        stage.copies(1, "back");
        // Nobody who waits for room in here holds up the clipboard.
        stage.reports.try_iter().for_each(drop);
        thread::sleep(Duration::from_millis(20));
    }
}
