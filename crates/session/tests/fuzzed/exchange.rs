//! What must hold of what is copied, as part of the [`model`](super): who brings and who is shown
//! what, and that nothing is left of what was not brought to its end.

use std::collections::BTreeMap;

use selkies_clip::Step;
use selkies_desktop::Selection;
use selkies_proto::client::{ClientMessage, ClipPiece, ProposedValue};
use selkies_session::{Input, Role, Showing, ViewerId};
use selkies_settings::Settings;

/// What the operator and the pages have said of it.
pub(crate) struct Exchange {
    inwards: bool,
    outwards: bool,
    primary: bool,
    binary: bool,
    locked: bool,
    largest: u64,
    bringing: BTreeMap<ViewerId, Bringing>,
}

/// What a viewer is bringing, as the desktop sees it.
#[derive(Default)]
struct Bringing {
    open: Option<u64>,
    whole: usize,
    bytes: u64,
}

impl Exchange {
    pub(crate) fn new(settings: &Settings) -> Self {
        let binary = settings.enable_binary_clipboard;
        Self {
            inwards: settings.clipboard_in(),
            outwards: settings.clipboard_out(),
            primary: settings.clipboard_primary.value,
            binary: binary.value,
            locked: binary.locked,
            largest: u64::try_from(settings.clipboard_limit).expect("a size") << 20,
            bringing: BTreeMap::new(),
        }
    }

    /// A controller says this.
    pub(crate) fn hear(&mut self, message: &ClientMessage) {
        let key = "enable_binary_clipboard";
        let mut propose = |value: &ProposedValue| match value {
            ProposedValue::Bool(on) if !self.locked => self.binary = *on,
            ProposedValue::Text(word) if !self.locked => {
                self.binary = word.to_ascii_lowercase().parse().unwrap_or(self.binary);
            }
            _ => {}
        };
        match message {
            ClientMessage::LiveValue { key: named, value } if *named == key => propose(value),
            ClientMessage::Settings(proposal) => {
                let named = proposal.values.iter().filter(|(named, _)| named == key);
                named.for_each(|(_, value)| propose(value));
            }
            _ => {}
        }
    }

    /// `role` is that of `viewer`, if it is here.
    pub(crate) fn check_step(
        &mut self,
        input: &Input,
        desktop: bool,
        role: Option<Role>,
        viewer: ViewerId,
        step: &Step,
    ) {
        if *step == Step::Abort {
            assert!(
                self.bringing.remove(&viewer).is_some(),
                "{viewer:?} brings nothing"
            );
            return;
        }
        let Input::Said {
            viewer: speaker,
            message,
        } = input
        else {
            panic!("{input:?} brings {step:?}");
        };
        assert_eq!((*speaker, role), (viewer, Some(Role::Controller)));
        assert!(self.inwards && desktop, "it may not come in: {step:?}");
        let binary = self.binary;
        let bringing = self.bringing.entry(viewer).or_default();
        match step {
            Step::Begin { mime, total } => {
                assert!(is_open(mime, binary), "{mime}");
                bringing.bytes += total;
                assert!(bringing.bytes <= self.largest, "{} bytes", bringing.bytes);
                bringing.open = Some(*total);
            }
            Step::Append(bytes) => {
                let left = bringing.open.as_mut().expect("it has begun");
                assert!(!bytes.is_empty(), "nothing is appended");
                let said = match message {
                    ClientMessage::Clip(
                        ClipPiece::Whole { data, .. } | ClipPiece::Part { data, .. },
                    ) => &data.0,
                    other => panic!("{other:?} has no bytes"),
                };
                assert_eq!(said, bytes, "as they were said");
                let bytes = bytes.len() as u64;
                *left = left.checked_sub(bytes).expect("no more than announced");
            }
            Step::End => {
                assert_eq!(bringing.open.take(), Some(0), "as long as announced");
                bringing.whole += 1;
            }
            Step::Offer => {
                assert!(bringing.whole > 0, "none of its forms is whole");
                self.bringing.remove(&viewer);
            }
            Step::Abort => {}
        }
    }

    /// `clips`: the page of the viewer knows several forms.
    pub(crate) fn check_showing(
        &self,
        input: &Input,
        role: Role,
        clips: bool,
        viewer: ViewerId,
        showing: &Showing,
    ) {
        let Showing {
            forms,
            counted,
            primary,
            answer,
        } = showing;
        assert!(role == Role::Controller && self.outwards, "{viewer:?}");
        assert_eq!(*counted, clips, "as the page understands it");
        assert!(forms.len() <= if clips { 8 } else { 1 });
        assert!(!forms.is_empty() || *answer, "nothing is shown");
        for form in forms {
            assert!(is_open(&form.mime, self.binary), "{form:?}");
            assert!(form.content.len() <= self.largest, "{form:?}");
        }
        assert!(!primary || (clips && self.primary), "marks are not for it");
        match input {
            Input::Copied(copied) => {
                assert_eq!(*primary, copied.selection == Selection::Primary);
                assert!(!answer);
            }
            Input::Offered { viewer: by, .. } => {
                assert!(*by != viewer && !primary && !answer, "its own comes back");
            }
            Input::Said {
                viewer: speaker,
                message,
            } if *message == ClientMessage::FetchClipboard => {
                assert!(*speaker == viewer && *answer && !primary);
            }
            // It asked, now or before.
            _ => assert!(!answer && !primary),
        }
    }

    /// Who is not here brings nothing.
    pub(crate) fn finish(&self, is_here: impl Fn(&ViewerId) -> bool) {
        for viewer in self.bringing.keys() {
            assert!(is_here(viewer), "something is left of {viewer:?}");
        }
    }

    pub(crate) fn expect_nothing_open(&self) {
        assert!(self.bringing.is_empty());
    }
}

fn is_open(mime: &str, binary: bool) -> bool {
    let plain = matches!(mime, "text/plain" | "text/uri-list");
    plain || (binary && (mime == "text/html" || mime.starts_with("image/")))
}
