//! Game controllers of viewers, as programs on the desktop are to see them.

use std::sync::Arc;
use std::time::Duration;

use crate::DesktopError;

/// How many controllers there are: slots `0..PADS`.
pub const PADS: u8 = 4;

/// One thing a controller did, in the W3C standard mapping (Gamepad, section 14: buttons 0 to 16,
/// axes 0 to 3). What the mapping does not know is ignored; values outside their range are clamped.
#[derive(Clone, Debug, PartialEq)]
pub enum PadEvent {
    /// Somebody has a controller for this slot. All its controls are at rest.
    Connect {
        /// What the browser calls it. For the log: programs always see the same model.
        name: String,
    },
    /// A button or trigger: 0 is released, 1 is fully pressed.
    Button {
        /// Which.
        index: u8,
        /// How far.
        value: f32,
    },
    /// A stick: -1 is left or up, 1 is right or down.
    Axis {
        /// Which.
        index: u8,
        /// How far.
        value: f32,
    },
    /// Every control goes back to rest; the controller stays.
    Neutral,
    /// The controller is gone and its controls are at rest.
    Disconnect,
}

/// A program wants a controller to shake. Each one replaces what the same slot did before.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rumble {
    /// Whose.
    pub slot: u8,
    /// The heavy, slow motor, 0 to 1.
    pub strong: f32,
    /// The light, fast motor, 0 to 1.
    pub weak: f32,
    /// For how long; at most [`Rumble::LONGEST`].
    pub duration: Duration,
}

impl Rumble {
    /// A program that wants more asks again.
    pub const LONGEST: Duration = Duration::from_millis(u16::MAX as u64);
}

/// Who is told of rumble. Called on a thread of the controllers, which waits: it must not block.
pub type OnRumble = Arc<dyn Fn(Rumble) + Send + Sync>;

/// The controllers of the desktop.
pub trait Gamepads: Send {
    /// Carries out one event. A slot that does not exist is ignored; a button or an axis before
    /// [`PadEvent::Connect`] counts as if that had come.
    ///
    /// # Errors
    /// [`DesktopError::Unusable`] when this slot has no device and will not get one;
    /// [`DesktopError::Lost`] when all of them are gone.
    fn apply(&mut self, slot: u8, event: &PadEvent) -> Result<(), DesktopError>;
}
