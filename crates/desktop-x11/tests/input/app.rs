//! An X program that notes what is typed and done in its window, as a toolkit would see it.

use std::collections::VecDeque;
use std::process::Command;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use selkies_desktop::{Desktop, InputEvent, InputSink, Keysym};
use selkies_desktop_x11::{Server, X11Desktop};
use selkies_media::{Point, Size};
use selkies_testkit::{XServer, require_tool};
use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{
    ConnectionExt as _, EventType, GetMapReply, ID, MapPart, SelectEventsAux,
};
use x11rb::protocol::xproto::{
    AtomEnum, AutoRepeatMode, ChangeKeyboardControlAux, ClientMessageEvent, ConnectionExt as _,
    CreateWindowAux, EventMask, InputFocus, PropMode, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;

/// A busy machine may need so long for anything.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// The size of the screen.
pub(crate) const SCREEN: Size = Size::new(800, 600);

/// A row of the screen that tests send the pointer to only for a mark.
const MARKS: i32 = 590;

/// What the program saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    KeyPress {
        code: u8,
        keysym: u32,
        state: u16,
    },
    KeyRelease {
        code: u8,
    },
    Button {
        number: u8,
        down: bool,
        state: u16,
        x: i16,
        y: i16,
    },
    Motion {
        x: i16,
        y: i16,
    },
}

/// How the program behaves.
#[derive(Clone, Copy)]
pub(crate) struct Manner {
    /// So long it takes for each key before it looks at it.
    pub(crate) slowness: Duration,
    /// It answers `_NET_WM_PING`, as toolkits do.
    pub(crate) answers: bool,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            slowness: Duration::ZERO,
            answers: true,
        }
    }
}

/// A server, the program on it, and the sink under test.
pub(crate) struct Stage {
    pub(crate) sink: Box<dyn InputSink>,
    pub(crate) control: RustConnection,
    seen: Receiver<Seen>,
    window: u32,
    mark: i32,
    /// Seen, but not asked for yet.
    put_back: VecDeque<Seen>,
    program: Option<JoinHandle<()>>,
    pub(crate) server: XServer,
}

impl Stage {
    /// `None`: a program is missing and the test is over. The server's repeat is off.
    pub(crate) fn set(layout: &str) -> Option<Self> {
        Self::set_on(XServer::start(SCREEN, &[])?, layout, Manner::default())
    }

    /// The program behaves like that.
    pub(crate) fn set_with(layout: &str, manner: Manner) -> Option<Self> {
        Self::set_on(XServer::start(SCREEN, &[])?, layout, manner)
    }

    /// The server repeats a held key after `delay` every `interval` milliseconds.
    pub(crate) fn set_repeating(layout: &str, delay: u64, interval: u64) -> Option<Self> {
        let [delay, interval] = [delay, interval].map(|time| time.to_string());
        let rate = ["-ardelay", &delay, "-arinterval", &interval];
        let server = XServer::start(SCREEN, &rate)?;
        let stage = Self::set_on(server, layout, Manner::default())?;
        stage.set_repeat(AutoRepeatMode::ON);
        Some(stage)
    }

    fn set_on(server: XServer, layout: &str, manner: Manner) -> Option<Self> {
        set_layout(&server, layout)?;
        let sink = sink(&server);
        let (control, screen) =
            RustConnection::connect(Some(server.display())).expect("the server is there");
        let root = control.setup().roots[screen].root;
        let (sender, seen) = sync_channel(1 << 20);
        let (ready, started) = sync_channel(1);
        let display = server.display().to_owned();
        let program = Builder::new()
            .name("program".into())
            .spawn(move || run(&display, root, manner, &ready, &sender))
            .expect("a thread");
        let window = started.recv_timeout(PATIENCE).expect("the program starts");
        let stage = Self {
            sink,
            control,
            seen,
            window,
            mark: 0,
            put_back: VecDeque::new(),
            program: Some(program),
            server,
        };
        stage.set_repeat(AutoRepeatMode::OFF);
        Some(stage)
    }

    fn set_repeat(&self, mode: AutoRepeatMode) {
        let repeat = ChangeKeyboardControlAux::new().auto_repeat_mode(mode);
        self.control.change_keyboard_control(&repeat).expect("sent");
        self.control.sync().expect("done");
    }

    pub(crate) fn root(&self) -> u32 {
        self.control.setup().roots[0].root
    }

    pub(crate) fn inject(&mut self, event: InputEvent) {
        self.sink.inject(&event).expect("the server takes it");
    }

    pub(crate) fn down(&mut self, keysym: u32) {
        self.inject(InputEvent::KeyDown(Keysym(keysym)));
    }

    pub(crate) fn up(&mut self, keysym: u32) {
        self.inject(InputEvent::KeyUp(Keysym(keysym)));
    }

    pub(crate) fn tap(&mut self, keysym: u32) {
        self.down(keysym);
        self.up(keysym);
    }

    /// Does what the owner of a sink does: wakes it when it wants to be.
    pub(crate) fn catch_up(&mut self) {
        while let Some(patience) = self.sink.next_wakeup() {
            std::thread::sleep(patience);
            self.sink.wake().expect("the server takes it");
        }
    }

    /// Does the same until then.
    pub(crate) fn serve_until(&mut self, then: Instant) {
        while let Some(left) = then.checked_duration_since(Instant::now()) {
            let wakeup = self.sink.next_wakeup();
            std::thread::sleep(wakeup.map_or(left, |wakeup| wakeup.min(left)));
            if wakeup.is_some() {
                self.sink.wake().expect("the server takes it");
            }
        }
    }

    pub(crate) fn next(&mut self) -> Seen {
        let before = self.put_back.pop_front();
        before.unwrap_or_else(|| self.fresh())
    }

    fn fresh(&mut self) -> Seen {
        match self.seen.recv_timeout(PATIENCE) {
            Ok(seen) => seen,
            Err(RecvTimeoutError::Timeout) => panic!("nothing happened"),
            Err(RecvTimeoutError::Disconnected) => panic!("the program ended"),
        }
    }

    /// Everything until now: what comes before a mark that the program sees too.
    pub(crate) fn all(&mut self) -> Vec<Seen> {
        self.catch_up();
        self.mark();
        let all = self.until_mark();
        self.put_back.drain(..).chain(all).collect()
    }

    /// Sends the pointer to a place of its own.
    fn mark(&mut self) {
        self.mark = self.mark % 700 + 1;
        let mark = Point {
            x: self.mark,
            y: MARKS,
        };
        self.inject(InputEvent::PointerTo(mark));
    }

    fn until_mark(&mut self) -> Vec<Seen> {
        let mut all = Vec::new();
        loop {
            match self.fresh() {
                Seen::Motion { x, y } if (i32::from(x), i32::from(y)) == (self.mark, MARKS) => {
                    return all;
                }
                seen => all.push(seen),
            }
        }
    }

    /// The presses of the next keys that are not modifiers.
    pub(crate) fn presses(&mut self, count: usize) -> Vec<(u8, u32, u16)> {
        let mut presses = Vec::new();
        while presses.len() < count {
            if let Seen::KeyPress {
                code,
                keysym,
                state,
            } = self.next()
                && !xkeysym::Keysym::new(keysym).is_modifier_key()
            {
                presses.push((code, keysym, state));
            }
        }
        presses
    }

    /// What happens within a span, for which nothing must happen: the only place where time itself
    /// is what is waited for.
    pub(crate) fn lasts(&self, span: Duration) -> Vec<Seen> {
        let end = Instant::now() + span;
        let mut seen = Vec::new();
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            seen.extend(self.seen.recv_timeout(left));
        }
        seen
    }

    /// Types a text and reads what comes out.
    pub(crate) fn types(&mut self, text: &str) -> String {
        for character in text.chars() {
            self.tap(keysym(character));
        }
        self.catch_up();
        let presses = self.presses(text.chars().count());
        presses
            .into_iter()
            .map(|(_, keysym, _)| character(keysym))
            .collect()
    }

    pub(crate) fn keys_down(&self) -> Vec<u8> {
        let keys = self
            .control
            .query_keymap()
            .expect("sent")
            .reply()
            .expect("a reply")
            .keys;
        (0..=255_u8)
            .filter(|code| keys[usize::from(code / 8)] & (1 << (code % 8)) != 0)
            .collect()
    }

    /// The control connection may ask about the keyboard's state from now on.
    pub(crate) fn uses_xkb(&self) {
        let version = self.control.xkb_use_extension(1, 0).expect("sent");
        assert!(version.reply().expect("a reply").supported);
    }

    pub(crate) fn locked_mods(&self) -> u16 {
        self.uses_xkb();
        let state = self
            .control
            .xkb_get_state(core())
            .expect("sent")
            .reply()
            .expect("a reply");
        state.locked_mods.into()
    }

    pub(crate) fn set_layout(&mut self, layout: &str) {
        set_layout(&self.server, layout).expect("it was there before");
        self.settle();
    }

    /// The sink has been told of all that other connections have done before.
    pub(crate) fn settle(&mut self) {
        self.control.sync().expect("done");
        // The server writes what it has for all clients before it reads on.
        self.mark();
        let before = self.until_mark();
        self.put_back.extend(before);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let end = ClientMessageEvent::new(32, self.window, self.window, [0; 5]);
        let sent = self
            .control
            .send_event(false, self.window, EventMask::NO_EVENT, end);
        if sent.is_ok()
            && self.control.flush().is_ok()
            && let Some(program) = self.program.take()
        {
            let ended = program.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "the program panicked"
            );
        }
    }
}

/// Asks until the answer is `wanted` or patience ends, and returns the last answer: requests of two
/// connections need not be carried out in the order in which they were sent.
pub(crate) fn eventually<T: PartialEq>(ask: impl Fn() -> T, wanted: &T) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = ask();
        if answer == *wanted || Instant::now() > deadline {
            return answer;
        }
    }
}

/// Another sink on the same server.
pub(crate) fn sink(server: &XServer) -> Box<dyn InputSink> {
    X11Desktop::new(Server::new(server.display()))
        .input()
        .expect("an input sink")
}

pub(crate) fn keysym(character: char) -> u32 {
    match u32::from(character) {
        latin1 @ 0x20..=0xff => latin1,
        other => 0x0100_0000 | other,
    }
}

fn character(keysym: u32) -> char {
    xkeysym::Keysym::new(keysym)
        .key_char()
        .unwrap_or('\u{fffd}')
}

/// `layout` is a name as setxkbmap takes it, or one with a variant such as `ch(fr)`.
pub(crate) fn set_layout(server: &XServer, layout: &str) -> Option<()> {
    let program = require_tool("setxkbmap")?;
    let (layout, variant) = layout
        .strip_suffix(')')
        .and_then(|layout| layout.split_once('('))
        .unwrap_or((layout, ""));
    let done = Command::new(program)
        .args(["-display", server.display(), "-layout", layout])
        .args(["-variant", variant])
        .status();
    assert!(done.expect("it runs").success(), "{layout} is a layout");
    Some(())
}

fn core() -> u16 {
    ID::USE_CORE_KBD.into()
}

fn run(
    display: &str,
    root: u32,
    manner: Manner,
    ready: &SyncSender<u32>,
    sender: &SyncSender<Seen>,
) {
    let (connection, _) = RustConnection::connect(Some(display)).expect("the server is there");
    connection
        .xkb_use_extension(1, 0)
        .expect("sent")
        .reply()
        .expect("it has XKB");
    let maps = EventType::MAP_NOTIFY | EventType::NEW_KEYBOARD_NOTIFY;
    let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS;
    connection
        .xkb_select_events(
            core(),
            0_u16.into(),
            maps,
            parts,
            parts,
            &SelectEventsAux::new(),
        )
        .expect("sent");
    let window = connection.generate_id().expect("an id");
    let mask = EventMask::KEY_PRESS
        | EventMask::KEY_RELEASE
        | EventMask::BUTTON_PRESS
        | EventMask::BUTTON_RELEASE
        | EventMask::POINTER_MOTION
        | EventMask::STRUCTURE_NOTIFY;
    let aux = CreateWindowAux::new().override_redirect(1).event_mask(mask);
    let (width, height) = (SCREEN.width as u16, SCREEN.height as u16);
    connection
        .create_window(
            0,
            window,
            root,
            0,
            0,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &aux,
        )
        .expect("sent");
    let [protocols, ping] = ["WM_PROTOCOLS", "_NET_WM_PING"].map(|name| {
        let atom = connection.intern_atom(false, name.as_bytes());
        atom.expect("sent").reply().expect("a reply").atom
    });
    if manner.answers {
        connection
            .change_property32(
                PropMode::REPLACE,
                window,
                protocols,
                AtomEnum::ATOM,
                &[ping],
            )
            .expect("sent");
    }
    connection.map_window(window).expect("sent");
    connection.flush().expect("sent");
    while !matches!(
        connection.wait_for_event().expect("an event"),
        Event::MapNotify(_)
    ) {}
    connection
        .set_input_focus(InputFocus::PARENT, window, 0_u32)
        .expect("sent");
    connection.sync().expect("done");
    ready.send(window).expect("the test waits");
    let mut map = None;
    while let Ok(event) = connection.wait_for_event() {
        let seen = match event {
            // Like Xlib, it fetches the map when the next key needs it.
            Event::MappingNotify(_) | Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => {
                map = None;
                continue;
            }
            Event::KeyPress(key) => {
                std::thread::sleep(manner.slowness);
                let map = map.get_or_insert_with(|| fetch(&connection));
                let state = u16::from(key.state);
                Seen::KeyPress {
                    code: key.detail,
                    keysym: look_up(map, key.detail, state),
                    state,
                }
            }
            Event::KeyRelease(key) => Seen::KeyRelease { code: key.detail },
            Event::ButtonPress(b) | Event::ButtonRelease(b) => Seen::Button {
                number: b.detail,
                down: b.response_type & 0x7f == x11rb::protocol::xproto::BUTTON_PRESS_EVENT,
                state: b.state.into(),
                x: b.root_x,
                y: b.root_y,
            },
            Event::MotionNotify(motion) => Seen::Motion {
                x: motion.root_x,
                y: motion.root_y,
            },
            Event::ClientMessage(mut question) if question.type_ == protocols => {
                question.window = root;
                let mask = EventMask::SUBSTRUCTURE_NOTIFY | EventMask::SUBSTRUCTURE_REDIRECT;
                let answer = connection.send_event(false, root, mask, question);
                answer.expect("sent");
                connection.flush().expect("sent");
                continue;
            }
            Event::ClientMessage(_) => return,
            _ => continue,
        };
        sender.send(seen).expect("the test reads");
    }
}

/// The whole map of the keyboard.
pub(crate) fn fetch(connection: &RustConnection) -> GetMapReply {
    let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS;
    connection
        .xkb_get_map(
            core(),
            parts,
            0_u16.into(),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0_u16.into(),
            0,
            0,
            0,
            0,
            0,
            0,
        )
        .expect("sent")
        .reply()
        .expect("a map")
}

/// What Xlib makes of a key: the level by the type, and a capital where Lock is left over.
fn look_up(map: &GetMapReply, code: u8, state: u16) -> u32 {
    let keys = map.map.syms_rtrn.as_ref().expect("symbols were asked for");
    let types = map.map.types_rtrn.as_ref().expect("types were asked for");
    let key = &keys[usize::from(code - map.first_key_sym)];
    let groups = u16::from(key.group_info & 0x0f);
    if groups == 0 {
        return 0;
    }
    let group = usize::from((state >> 13 & 3) % groups);
    let kind = &types[usize::from(key.kt_index[group])];
    let mods = state & 0xff & u16::from(kind.mods_mask);
    let entry = kind
        .map
        .iter()
        .position(|entry| entry.active && u16::from(entry.mods_mask) == mods);
    let level = entry.map_or(0, |entry| kind.map[entry].level);
    let symbol = key.syms[group * usize::from(key.width) + usize::from(level)];
    let kept = entry
        .and_then(|entry| kind.preserve.get(entry))
        .map_or(0, |kept| kept.mask.into());
    let consumed = u16::from(kind.mods_mask) & !kept;
    let lock = state & !consumed & 2 != 0;
    let capital = xkeysym::Keysym::new(symbol)
        .key_char()
        .map(|c| c.to_uppercase().collect::<Vec<_>>());
    match capital.as_deref() {
        Some([capital]) if lock && capital.is_alphabetic() => keysym(*capital),
        _ => symbol,
    }
}
