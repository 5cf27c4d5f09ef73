//! A program that has copied something, well behaved or not.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use selkies_testkit::XServer;
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ConnectionExt as _, CreateWindowAux, EventMask,
    PropMode, Property, SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent,
    Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{CURRENT_TIME, NONE};

/// What an owner does when it is asked for a form.
#[derive(Clone)]
pub(crate) enum Answer {
    Bytes(Vec<u8>),
    /// Bytes that are said to be of another kind.
    Typed(&'static str, Vec<u8>),
    /// Words of four bytes.
    Words(Vec<u32>),
    /// In pieces of so many bytes, announced as so many.
    Pieces(Arc<Vec<u8>>, usize, u32),
    /// Dies after so many pieces.
    DiesAfter(Arc<Vec<u8>>, usize, usize),
    Refuses,
    /// Does not answer.
    Silent,
}

pub(crate) fn pieces(bytes: &[u8], size: usize) -> Answer {
    let announced = u32::try_from(bytes.len()).expect("it is small");
    Answer::Pieces(Arc::new(bytes.to_vec()), size, announced)
}

/// A program that owns a selection until it is dropped or loses it.
pub(crate) struct Owner {
    stop: Arc<AtomicBool>,
    /// How often it was asked.
    pub(crate) asked: Arc<AtomicUsize>,
    thread: Option<JoinHandle<()>>,
}

impl Owner {
    /// Copies `forms`, which say what they are called.
    pub(crate) fn copies(xserver: &XServer, forms: &[(&str, Answer)]) -> Self {
        Self::owns(xserver, "CLIPBOARD", forms)
    }

    pub(crate) fn owns(xserver: &XServer, selection: &str, forms: &[(&str, Answer)]) -> Self {
        let mut owning = Owning::connect(xserver);
        let selection = owning.atom(selection);
        owning.answers = forms
            .iter()
            .map(|(name, answer)| (owning.atom(name), answer.clone()))
            .collect();
        owning.order = forms.iter().map(|(name, _)| owning.atom(name)).collect();
        owning.take(selection);
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::new(AtomicUsize::new(0));
        let (stopped, counter) = (stop.clone(), asked.clone());
        let thread = Builder::new()
            .name("owner".to_owned())
            .spawn(move || {
                while !stopped.load(Ordering::SeqCst) && owning.serve(&counter) {
                    std::thread::sleep(Duration::from_millis(1));
                }
            })
            .expect("threads can be made");
        Self {
            stop,
            asked,
            thread: Some(thread),
        }
    }

    /// Ends the program.
    pub(crate) fn quit(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            if !std::thread::panicking() {
                ended.expect("it does not panic");
            }
        }
    }
}

struct Sending {
    window: Window,
    property: Atom,
    kind: Atom,
    bytes: Arc<Vec<u8>>,
    size: usize,
    sent: usize,
    /// Pieces until it dies.
    lives: usize,
}

/// The program itself; tests that need every step use it without a thread.
pub(crate) struct Owning {
    pub(crate) connection: RustConnection,
    pub(crate) window: Window,
    answers: HashMap<Atom, Answer>,
    order: Vec<Atom>,
    sending: Vec<Sending>,
}

impl Owning {
    pub(crate) fn connect(xserver: &XServer) -> Self {
        let (connection, screen) =
            x11rb::connect(Some(xserver.display())).expect("the server is there");
        let root = connection.setup().roots[screen].root;
        let window = connection.generate_id().expect("there are enough");
        connection
            .create_window(
                0,
                window,
                root,
                0,
                0,
                1,
                1,
                0,
                WindowClass::INPUT_ONLY,
                0,
                &CreateWindowAux::new(),
            )
            .expect("sent")
            .check()
            .expect("made");
        Self {
            connection,
            window,
            answers: HashMap::new(),
            order: Vec::new(),
            sending: Vec::new(),
        }
    }

    pub(crate) fn atom(&self, name: &str) -> Atom {
        let asked = self.connection.intern_atom(false, name.as_bytes());
        asked.expect("sent").reply().expect("answered").atom
    }

    pub(crate) fn take(&self, selection: Atom) {
        self.connection
            .set_selection_owner(self.window, selection, CURRENT_TIME)
            .expect("sent")
            .check()
            .expect("taken");
    }

    /// `false`: it is over.
    fn serve(&mut self, asked: &AtomicUsize) -> bool {
        while let Some(event) = self.connection.poll_for_event().expect("the server lives") {
            match event {
                Event::SelectionRequest(request) => {
                    asked.fetch_add(1, Ordering::SeqCst);
                    self.answer(&request);
                }
                Event::PropertyNotify(change) if change.state == Property::DELETE => {
                    let lives = self.go_on(change.window, change.atom);
                    if !lives {
                        return false;
                    }
                }
                Event::SelectionClear(_) => return false,
                _ => {}
            }
            self.connection.flush().expect("the server lives");
        }
        true
    }

    fn answer(&mut self, request: &SelectionRequestEvent) {
        let (window, property, target) = (request.requestor, request.property, request.target);
        let put8 = |kind: Atom, bytes: &[u8]| {
            self.connection
                .change_property8(PropMode::REPLACE, window, property, kind, bytes)
                .expect("sent");
        };
        let put32 = |kind: Atom, words: &[u32]| {
            self.connection
                .change_property32(PropMode::REPLACE, window, property, kind, words)
                .expect("sent");
        };
        let mut answered = true;
        match self.answers.get(&target) {
            None if target == self.atom("TARGETS") => put32(AtomEnum::ATOM.into(), &self.order),
            None | Some(Answer::Refuses) => answered = false,
            Some(Answer::Silent) => return,
            Some(Answer::Bytes(bytes)) => put8(target, bytes),
            Some(Answer::Typed(kind, bytes)) => put8(self.atom(kind), bytes),
            Some(Answer::Words(words)) => put32(target, words),
            Some(answer @ (Answer::Pieces(bytes, size, _) | Answer::DiesAfter(bytes, size, _))) => {
                let (announced, lives) = match answer {
                    Answer::Pieces(_, _, announced) => (*announced, usize::MAX),
                    Answer::DiesAfter(_, _, lives) => (0, *lives),
                    _ => unreachable!("only these two come in pieces"),
                };
                let listen =
                    ChangeWindowAttributesAux::new().event_mask(EventMask::PROPERTY_CHANGE);
                self.connection
                    .change_window_attributes(window, &listen)
                    .expect("sent");
                put32(self.atom("INCR"), &[announced]);
                self.sending.push(Sending {
                    window,
                    property,
                    kind: target,
                    bytes: bytes.clone(),
                    size: *size,
                    sent: 0,
                    lives,
                });
            }
        }
        let event = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time: request.time,
            requestor: window,
            selection: request.selection,
            target,
            property: if answered { property } else { NONE },
        };
        self.connection
            .send_event(false, window, EventMask::NO_EVENT, event)
            .expect("sent");
    }

    fn go_on(&mut self, window: Window, property: Atom) -> bool {
        let sending = self
            .sending
            .iter_mut()
            .find(|sending| (sending.window, sending.property) == (window, property));
        let Some(sending) = sending else {
            return true;
        };
        if sending.lives == 0 {
            return false;
        }
        sending.lives -= 1;
        let end = (sending.sent + sending.size).min(sending.bytes.len());
        let piece = &sending.bytes[sending.sent..end];
        sending.sent = end;
        self.connection
            .change_property8(PropMode::REPLACE, window, property, sending.kind, piece)
            .expect("sent");
        if piece.is_empty() {
            self.sending
                .retain(|sending| (sending.window, sending.property) != (window, property));
        }
        true
    }
}
