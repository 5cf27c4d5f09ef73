//! What a key means, in one spelling.

use selkies_desktop::Keysym;
use xkeysym::key;

/// Where the code points of Unicode begin among the keysyms (X11 protocol, appendix A).
const UNICODE: u32 = 0x0100_0000;

/// The symbols of vendors (XF86 media keys and the like). They have no other meaning than a key
/// of a keyboard, so they are of use only where the server's map has them.
const VENDORS: std::ops::RangeInclusive<u32> = 0x1000_0000..=0x1fff_ffff;

/// `XF86keysym.h`.
const XF86_STOP: u32 = 0x1008_ff28;
const XF86_REFRESH: u32 = 0x1008_ff29;
const XF86_RELOAD: u32 = 0x1008_ff73;

/// A keysym in canonical spelling: a character is always its Unicode keysym, even where X has an
/// older name for it, so that equal symbols are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Symbol(u32);

impl Symbol {
    /// What a viewer asks for. A keypad key is the main key it stands for; control characters are
    /// the keys that write them. `None`: nothing a key could mean.
    pub(super) fn asked(keysym: Keysym) -> Option<Self> {
        match keysym.0 {
            0x20..=0x7e | 0xa0..=0xffff => Some(Self::on_key(main_key(keysym.0))),
            UNICODE.. => match keysym.0.checked_sub(UNICODE).and_then(char::from_u32) {
                Some(control) if control.is_control() => writes(control).map(Self),
                Some('\u{fdd0}'..='\u{fdef}') => None,
                Some(c) if u32::from(c) & 0xfffe == 0xfffe => None,
                Some(_) => Some(Self(keysym.0)),
                None => VENDORS.contains(&keysym.0).then_some(Self(keysym.0)),
            },
            _ => None,
        }
    }

    /// What a key of the server's map means. `None` for an empty place.
    pub(super) fn in_map(keysym: u32) -> Option<Self> {
        (keysym != key::NoSymbol && keysym != key::VoidSymbol).then(|| Self::on_key(keysym))
    }

    fn on_key(keysym: u32) -> Self {
        // The keys above 0xff00 write control characters or, on the keypad, characters that other
        // keys write too; they are themselves.
        if keysym > 0xff00 {
            return Self(keysym);
        }
        let character = xkeysym::Keysym::new(keysym).key_char();
        Self(character.map_or(keysym, |character| UNICODE | u32::from(character)))
    }

    /// That of a character.
    pub(super) fn of(character: char) -> Self {
        Self(UNICODE | u32::from(character))
    }

    /// The character it writes.
    pub(super) fn character(self) -> Option<char> {
        self.0.checked_sub(UNICODE).and_then(char::from_u32)
    }

    /// The keysym that most programs know it by.
    pub(super) fn keysym(self) -> u32 {
        self.character().map_or(self.0, |character| {
            xkeysym::Keysym::from_char(character).raw()
        })
    }

    /// Whether it only changes what other keys mean.
    pub(super) fn is_modifier(self) -> bool {
        xkeysym::Keysym::new(self.0).is_modifier_key() || matches!(self.0, 0xfe01..=0xfe1f)
    }

    /// One that does the same where a keyboard lacks this one.
    pub(super) fn stand_in(self) -> Option<Self> {
        let stand_in = match self.0 {
            key::Shift_R => key::Shift_L,
            key::Control_R => key::Control_L,
            key::Alt_R | key::Meta_L | key::Meta_R => key::Alt_L,
            key::Super_R | key::Hyper_L | key::Hyper_R => key::Super_L,
            key::Mode_switch => key::ISO_Level3_Shift,
            // Keyboards have one of the two.
            XF86_REFRESH => XF86_RELOAD,
            XF86_STOP => key::Cancel,
            _ => return None,
        };
        Some(Self(stand_in))
    }

    /// Whether it puts something into a text, as opposed to doing something to it.
    pub(super) fn writes(self) -> bool {
        self.character().is_some() || self.is_dead()
    }

    /// Whether it waits for the next symbol to change it. The accessibility symbols lie between the
    /// two ranges of keysymdef.h.
    const fn is_dead(self) -> bool {
        matches!(self.0, 0xfe50..=0xfe6f | 0xfe80..=0xfe93)
    }

    /// Whether it turns a modifier on for commands: Control, Alt, Meta, Super, Hyper.
    pub(super) fn commands(self) -> bool {
        matches!(
            self.0,
            key::Control_L | key::Control_R | key::Meta_L..=key::Hyper_R
        )
    }

    /// Whether a spare key may be given this meaning. Only what writes or edits: the server acts
    /// on some symbols itself (it locks modifiers, changes accessibility, ends), and a viewer gets
    /// those only where the owner of the desktop has put them on a key.
    pub(super) fn can_be_lent(self) -> bool {
        self.writes()
            || matches!(self.0, key::BackSpace..=key::Break | key::F1..=key::F35 | key::Delete)
    }

    /// Whether it is likely that a spare key was given this meaning by a program: it writes, and
    /// is not one of the few such symbols that keyboards have on keys of their own.
    pub(super) fn looks_lent(self) -> bool {
        let common = self
            .character()
            .is_some_and(|character| matches!(character, ' ' | '(' | ')' | '±'));
        self.writes() && !common
    }
}

/// The main key that means what a keypad key means.
fn main_key(keysym: u32) -> u32 {
    match keysym {
        key::KP_Space => key::space,
        key::KP_Tab => key::Tab,
        key::KP_Enter => key::Return,
        key::KP_F1..=key::KP_F4 => keysym - key::KP_F1 + key::F1,
        key::KP_Home..=key::KP_End => keysym - key::KP_Home + key::Home,
        key::KP_Insert => key::Insert,
        key::KP_Delete => key::Delete,
        key::KP_Equal => key::equal,
        key::KP_Multiply..=key::KP_9 => keysym & 0x7f,
        _ => keysym,
    }
}

/// The key that writes a control character.
fn writes(control: char) -> Option<u32> {
    match control {
        '\u{8}' => Some(key::BackSpace),
        '\t' => Some(key::Tab),
        '\n' | '\r' => Some(key::Return),
        '\u{1b}' => Some(key::Escape),
        '\u{7f}' => Some(key::Delete),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(keysym: u32) -> Option<Symbol> {
        Symbol::asked(Keysym(keysym))
    }

    #[test]
    fn old_and_unicode_spellings_are_equal() {
        for (old, character) in [
            (0xe9, 'é'),
            (0x41, 'A'),
            (key::Cyrillic_es, 'с'),
            (key::Greek_alpha, 'α'),
            (key::EuroSign, '€'),
            (key::hebrew_shin, 'ש'),
        ] {
            assert_eq!(asked(old), Some(Symbol::of(character)));
            assert_eq!(asked(0x0100_0000 | u32::from(character)), asked(old));
            assert_eq!(Symbol::in_map(old), asked(old));
            assert_eq!(Symbol::of(character).keysym(), old);
        }
        assert_eq!(Symbol::of('漢').keysym(), 0x0100_6f22);
    }

    #[test]
    fn keypad_keys_fold_into_main_keys() {
        assert_eq!(asked(key::KP_7), Some(Symbol::of('7')));
        assert_eq!(asked(key::KP_Decimal), Some(Symbol::of('.')));
        assert_eq!(asked(key::KP_Enter), asked(key::Return));
        assert_eq!(asked(key::KP_Page_Down), asked(key::Page_Down));
        assert_eq!(asked(key::KP_F4), asked(key::F4));
        assert_ne!(Symbol::in_map(key::KP_7), asked(key::_7));
    }

    #[test]
    fn what_no_key_can_mean_is_refused() {
        for absurd in [
            0,
            1,
            0x1f,
            0x7f,
            0x9f,
            0x1_0000,
            0xff_ffff,
            0x0100_0000,
            0x0100_d800,
            0x0100_ffff,
            0x0100_fdd0,
            0x0111_0000,
            0x0fff_ffff,
            0x2000_0000,
            u32::MAX,
        ] {
            assert_eq!(asked(absurd), None, "{absurd:#x}");
        }
    }

    #[test]
    fn line_ends_and_tabs_are_keys() {
        assert_eq!(asked(0x0100_000a), asked(key::Return));
        assert_eq!(asked(0x0100_0009), asked(key::Tab));
        assert_eq!(asked(0x0100_0001), None);
    }

    #[test]
    fn symbols_the_server_acts_on_are_never_lent() {
        for acted_on in [
            key::Terminate_Server,
            key::Caps_Lock,
            key::Num_Lock,
            key::ISO_Level3_Shift,
            key::AccessX_Enable,
            key::SlowKeys_Enable,
            key::Pointer_Left,
            0x1008_fe01,
        ] {
            assert!(
                !asked(acted_on).expect("a symbol").can_be_lent(),
                "{acted_on:#x}"
            );
        }
        for lent in [
            key::dead_acute,
            key::F24,
            key::EuroSign,
            key::Undo,
            key::Delete,
        ] {
            assert!(asked(lent).expect("a symbol").can_be_lent(), "{lent:#x}");
        }
    }
}
