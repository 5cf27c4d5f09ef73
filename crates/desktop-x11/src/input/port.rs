//! What the sink asks of the X server, request by request.

use selkies_desktop::DesktopError;
use x11rb::connection::{Connection, RequestConnection};
use x11rb::protocol::Event;
use x11rb::protocol::xkb::{
    self, ConnectionExt as _, EventType, Group, ID, MapPart, SelectEventsAux,
    SelectEventsAuxStateNotify, StatePart,
};
use x11rb::protocol::xproto::{
    self, BUTTON_PRESS_EVENT, BUTTON_RELEASE_EVENT, ConnectionExt as _, KEY_PRESS_EVENT,
    KEY_RELEASE_EVENT, MOTION_NOTIFY_EVENT, Mapping, ModMask,
};
use x11rb::protocol::xtest::{self, ConnectionExt as _};

use super::company::{Company, Holds};
use super::keymap::{Keycode, Keymap, Mods};
use super::pong::Pong;
use super::symbol::Symbol;
use crate::failure::{broken, failed};
use crate::server::Server;
use crate::wire::XConnection;

/// Motion to a place, as opposed to by a distance (XTEST extension, `XTestFakeInput`).
const ABSOLUTE: u8 = 0;
const RELATIVE: u8 = 1;

/// The modifiers and the group in force.
#[derive(Clone, Copy, Debug)]
pub(super) struct KeyboardState {
    /// All together.
    pub(super) mods: Mods,
    /// Those that some key holds.
    pub(super) held: Mods,
    /// Those that stay when no key is down.
    pub(super) lasting: Mods,
    pub(super) locked: Mods,
    pub(super) group: u8,
    pub(super) locked_group: u8,
}

/// What the server has told.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct News {
    /// The keyboard's table is no longer what [`Port::keymap`] read.
    pub(super) map_changed: bool,
    /// The program has read every key that was pressed before [`Port::ask_for_pong`].
    pub(super) pong: bool,
}

/// A connection that types and points.
#[derive(Debug)]
pub(super) struct Port {
    connection: XConnection,
    root: xproto::Window,
    /// The number of the request that read the map last.
    map_read: u64,
    company: Company,
    pong: Pong,
    /// What we hold.
    ours: Holds,
    /// Keys that leave modifiers and groups as they are.
    passive: Holds,
    /// How the keyboard stands, unless we have done something since that changes it.
    known: Option<KeyboardState>,
    /// The number of the request that asked for that.
    state_read: u64,
}

impl Port {
    pub(super) fn connect(server: &Server) -> Result<Self, DesktopError> {
        let (connection, screen) = server.connect()?;
        for name in [xtest::X11_EXTENSION_NAME, xkb::X11_EXTENSION_NAME] {
            if connection
                .extension_information(name)
                .map_err(broken)?
                .is_none()
            {
                return Err(DesktopError::Unusable(format!("it lacks {name}")));
            }
        }
        let xkb = connection.xkb_use_extension(1, 0).map_err(broken)?;
        connection
            .xtest_get_version(2, 2)
            .map_err(broken)?
            .reply()
            .map_err(failed)?;
        if !xkb.reply().map_err(failed)?.supported {
            return Err(DesktopError::Unusable(
                "its XKEYBOARD is not version 1".into(),
            ));
        }
        let root = connection
            .setup()
            .roots
            .get(screen)
            .map(|screen| screen.root);
        let root = root.ok_or_else(|| DesktopError::Unusable("it has no such screen".into()))?;
        // A window manager or a menu that grabs the server must not hold up keys and pointer.
        connection.xtest_grab_control(true).map_err(broken)?;
        let events = EventType::NEW_KEYBOARD_NOTIFY | EventType::MAP_NOTIFY;
        let none = EventType::from(0_u16);
        connection
            .xkb_select_events(
                core_keyboard(),
                none,
                events,
                parts(),
                parts(),
                &SelectEventsAux::new().state_notify(SelectEventsAuxStateNotify {
                    affect_state: all_but_buttons(),
                    state_details: all_but_buttons(),
                }),
            )
            .map_err(broken)?;
        let company = Company::join(&connection, root)?;
        let pong = Pong::new(&connection, root)?;
        Ok(Self {
            connection,
            root,
            map_read: 0,
            company,
            pong,
            ours: Holds::default(),
            passive: Holds::default(),
            known: None,
            state_read: 0,
        })
    }

    /// Presses a key or lets go of it. It stays down while somebody else holds it.
    pub(super) fn key(&mut self, code: Keycode, down: bool) -> Result<(), DesktopError> {
        if !self.passive.has_key(code) {
            self.known = None;
        }
        self.ours.set_key(code, down);
        self.company.tell(&self.connection, &self.ours)?;
        if down {
            return self.fake(KEY_PRESS_EVENT, code.0, 0, 0);
        }
        if !self.company.is_alone() {
            self.meet()?;
        }
        if self.company.holds_key(code) {
            return Ok(());
        }
        self.fake(KEY_RELEASE_EVENT, code.0, 0, 0)
    }

    /// Makes the press of a key that somebody else holds one that programs hear of.
    pub(super) fn take_over(&self, code: Keycode) -> Result<(), DesktopError> {
        if self.company.holds_key(code) {
            return self.fake(KEY_RELEASE_EVENT, code.0, 0, 0);
        }
        Ok(())
    }

    /// Presses a button or lets go of it. It stays down while somebody else holds it.
    pub(super) fn button(&mut self, number: u8, down: bool) -> Result<(), DesktopError> {
        self.ours.set_button(number, down);
        self.company.tell(&self.connection, &self.ours)?;
        if down {
            return self.fake(BUTTON_PRESS_EVENT, number, 0, 0);
        }
        if !self.company.is_alone() {
            self.meet()?;
        }
        if self.company.holds_button(number) {
            return Ok(());
        }
        self.fake(BUTTON_RELEASE_EVENT, number, 0, 0)
    }

    /// A press and a release of a button that nobody holds.
    pub(super) fn click(&self, number: u8) -> Result<(), DesktopError> {
        self.fake(BUTTON_PRESS_EVENT, number, 0, 0)?;
        self.fake(BUTTON_RELEASE_EVENT, number, 0, 0)
    }

    /// Learns what others on this server hold, and lets go of what those held who have ended.
    pub(super) fn meet(&mut self) -> Result<(), DesktopError> {
        let answer = self.company.ask(&self.connection)?;
        let left = self.company.hear(&self.connection, answer)?;
        self.let_go_of(&left)
    }

    fn let_go_of(&self, left: &[Holds]) -> Result<(), DesktopError> {
        for holds in left {
            let keys = holds.keys().filter(|code| !self.company.holds_key(*code));
            for code in keys.filter(|code| !self.ours.has_key(*code)) {
                self.fake(KEY_RELEASE_EVENT, code.0, 0, 0)?;
            }
            let buttons = holds
                .buttons()
                .filter(|number| !self.company.holds_button(*number));
            for number in buttons.filter(|number| !self.ours.has_button(*number)) {
                self.fake(BUTTON_RELEASE_EVENT, number, 0, 0)?;
            }
        }
        Ok(())
    }

    /// The keys that others hold, as far as is known.
    pub(super) fn held_by_others(&self) -> impl Iterator<Item = Keycode> {
        self.company.keys()
    }

    pub(super) fn move_to(&self, x: i16, y: i16) -> Result<(), DesktopError> {
        self.fake(MOTION_NOTIFY_EVENT, ABSOLUTE, x, y)
    }

    pub(super) fn move_by(&self, x: i16, y: i16) -> Result<(), DesktopError> {
        self.fake(MOTION_NOTIFY_EVENT, RELATIVE, x, y)
    }

    fn fake(&self, kind: u8, detail: u8, x: i16, y: i16) -> Result<(), DesktopError> {
        let fake = self
            .connection
            .xtest_fake_input(kind, detail, 0, self.root, x, y, 0);
        fake.map(drop).map_err(broken)
    }

    /// The keyboard as a table.
    pub(super) fn keymap(&mut self) -> Result<Keymap, DesktopError> {
        let none = MapPart::from(0_u16);
        let virtual_mods = xkb::VMod::from(0_u16);
        let request = self
            .connection
            .xkb_get_map(
                core_keyboard(),
                parts(),
                none,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                0,
                virtual_mods,
                0,
                0,
                0,
                0,
                0,
                0,
            )
            .map_err(broken)?;
        let number = request.sequence_number();
        let reply = request.reply().map_err(failed)?;
        self.map_read = number;
        let map = Keymap::from_reply(&reply);
        self.passive = Holds::default();
        for code in map.passive() {
            self.passive.set_key(code, true);
        }
        Ok(map)
    }

    /// How the keyboard stands by what the server has told of itself. `None`: it has to be asked.
    pub(super) fn known_state(&self) -> Option<KeyboardState> {
        self.known.filter(|_| self.company.is_alone())
    }

    /// Asks how the keyboard stands, and who else is at it.
    pub(super) fn state(&mut self) -> Result<KeyboardState, DesktopError> {
        let company = self.company.ask(&self.connection)?;
        let state = self
            .connection
            .xkb_get_state(core_keyboard())
            .map_err(broken)?;
        let number = state.sequence_number();
        let left = self.company.hear(&self.connection, company)?;
        let state = state.reply().map_err(failed)?;
        if !left.is_empty() {
            self.let_go_of(&left)?;
            return self.state();
        }
        // A latch ends with the next key.
        let latched = u16::from(state.latched_mods) != 0 || state.latched_group != 0;
        let state = KeyboardState {
            mods: read_mods(state.mods),
            held: read_mods(state.base_mods),
            lasting: read_mods(state.latched_mods) | read_mods(state.locked_mods),
            locked: read_mods(state.locked_mods),
            group: state.group.into(),
            locked_group: state.locked_group.into(),
        };
        self.known = (!latched).then_some(state);
        self.state_read = number;
        Ok(state)
    }

    /// Gives a key one meaning. Both levels have it, so that Shift does not matter, and so that
    /// the server does not think up a capital letter for the second one.
    pub(super) fn give_meaning(&self, code: Keycode, symbol: Symbol) -> Result<(), DesktopError> {
        let keysyms = [symbol.keysym(); 2];
        let change = self
            .connection
            .change_keyboard_mapping(1, code.0, 2, &keysyms);
        change.map(drop).map_err(broken)
    }

    /// Switches locked modifiers off.
    pub(super) fn unlock(&mut self, mods: Mods) -> Result<(), DesktopError> {
        self.known = None;
        let (off, none) = (ModMask::from(u16::from(mods.0)), ModMask::from(0_u16));
        let change = self.connection.xkb_latch_lock_state(
            core_keyboard(),
            off,
            none,
            false,
            Group::M1,
            none,
            false,
            0,
        );
        change.map(drop).map_err(broken)
    }

    /// Switches to a group for good.
    pub(super) fn lock_group(&mut self, group: u8) -> Result<(), DesktopError> {
        self.known = None;
        let none = ModMask::from(0_u16);
        let change = self.connection.xkb_latch_lock_state(
            core_keyboard(),
            none,
            none,
            true,
            Group::from(group),
            none,
            false,
            0,
        );
        change.map(drop).map_err(broken)
    }

    /// The highest keycode.
    pub(super) fn last_key(&self) -> Keycode {
        Keycode(self.connection.setup().max_keycode)
    }

    /// The keys that are down, whoever holds them.
    pub(super) fn keys_down(&self) -> Result<Vec<Keycode>, DesktopError> {
        let keys = self
            .connection
            .query_keymap()
            .map_err(broken)?
            .reply()
            .map_err(failed)?
            .keys;
        let down = move |code: &u8| keys[usize::from(code / 8)] & (1 << (code % 8)) != 0;
        Ok((0..=u8::MAX).filter(down).map(Keycode).collect())
    }

    /// Asks the program that gets the keys to say so when it has read them.
    pub(super) fn ask_for_pong(&mut self) -> Result<(), DesktopError> {
        self.pong.ask(&self.connection)
    }

    /// Does not wait for an answer any more.
    pub(super) fn forget_pong(&mut self) -> Result<(), DesktopError> {
        self.pong.forget(&self.connection)
    }

    /// Reads what the server has told meanwhile.
    pub(super) fn news(&mut self) -> Result<News, DesktopError> {
        let mut news = News::default();
        while let Some((event, number)) = self
            .connection
            .poll_for_event_with_sequence()
            .map_err(broken)?
        {
            // An event bears the number of the request that the server had carried out last, so
            // what the reading of the map has seen bears a smaller one.
            let new = number >= self.map_read;
            match event {
                Event::XkbMapNotify(_) | Event::XkbNewKeyboardNotify(_) => news.map_changed |= new,
                Event::MappingNotify(notify) => {
                    news.map_changed |= new && notify.request != Mapping::POINTER;
                }
                Event::XkbStateNotify(state) if number >= self.state_read => self.notice(&state),
                Event::ClientMessage(message) => {
                    self.company.notice(&message);
                    news.pong |= self.pong.hear(&self.connection, &message)?;
                }
                _ => {}
            }
        }
        Ok(news)
    }

    fn notice(&mut self, state: &xkb::StateNotifyEvent) {
        let latched = u16::from(state.latched_mods) != 0 || state.latched_group != 0;
        let told = KeyboardState {
            mods: read_mods(state.mods),
            held: read_mods(state.base_mods),
            lasting: read_mods(state.locked_mods),
            locked: read_mods(state.locked_mods),
            group: state.group.into(),
            locked_group: state.locked_group.into(),
        };
        self.known = self.known.filter(|_| !latched).map(|_| told);
    }

    pub(super) fn flush(&self) -> Result<(), DesktopError> {
        self.connection.flush().map_err(broken)
    }
}

fn core_keyboard() -> xkb::DeviceSpec {
    ID::USE_CORE_KBD.into()
}

fn all_but_buttons() -> StatePart {
    StatePart::from(0x1fff_u16)
}

/// What a [`Keymap`] is made from.
fn parts() -> MapPart {
    MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::KEY_ACTIONS | MapPart::MODIFIER_MAP
}

fn read_mods(mask: ModMask) -> Mods {
    // The high byte of the mask holds no modifier.
    Mods(u16::from(mask).to_le_bytes()[0])
}
