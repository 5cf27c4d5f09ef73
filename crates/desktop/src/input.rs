//! What may be done to a desktop. Only the session makes these out of what viewers send.

use selkies_media::Point;

/// An X11 keysym: what a key means, not where it is (X11 protocol, appendix A). Values above
/// `0x0100_0000` are Unicode code points with that offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Keysym(pub u32);

/// A button of a pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Button {
    /// The one under the index finger.
    Left,
    /// The wheel, pressed.
    Middle,
    /// The one that opens menus.
    Right,
    /// The thumb's, towards the past.
    Back,
    /// The thumb's, towards the future.
    Forward,
}

/// Where a wheel turns the content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ScrollDirection {
    /// Towards the top.
    Up,
    /// Towards the end.
    Down,
    /// Towards the left.
    Left,
    /// Towards the right.
    Right,
}

/// One thing a hand did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InputEvent {
    /// A key goes down. The sink finds the keycode and the modifiers that produce this symbol.
    KeyDown(Keysym),
    /// That key goes up. A key that is not down is ignored.
    KeyUp(Keysym),
    /// A key that is down repeats no more until [`Self::ResumeRepeat`]: nobody knows whether it is
    /// still held. It stays down. Ignored for a key that does not repeat.
    PauseRepeat(Keysym),
    /// A key whose repeat was paused is held after all and repeats again, after the usual delay.
    ResumeRepeat(Keysym),
    /// Every key the sink holds goes up, and Caps Lock is switched off.
    ReleaseKeys,
    /// The pointer moves to a place on the desktop; outside it stops at the edge.
    PointerTo(Point),
    /// The pointer moves by so many pixels.
    PointerBy(Point),
    /// A button goes down or up.
    Button {
        /// Which.
        button: Button,
        /// Down or up.
        down: bool,
    },
    /// The wheel turns by whole notches.
    Scroll {
        /// Which way.
        direction: ScrollDirection,
        /// How many notches; the session keeps it between 1 and 64.
        notches: u8,
    },
}
