//! `js,…`: what the game controllers of a page do.

use super::ClientMessage;
use super::fields::{exactly, finite, unsigned};
use crate::clip::Data;
use crate::limits;

/// What one controller does. Indices are those of the W3C standard mapping (Gamepad, section 14);
/// controllers without it have others, up to 255.
#[derive(Clone, Debug, PartialEq)]
pub enum GamepadEvent {
    /// `js,c,<slot>,<name>,<axes>,<buttons>`: it is there, its controls at rest.
    Connected {
        /// What the browser calls it, at most [`NAME`](limits::GAMEPAD_NAME) characters of it.
        name: String,
        /// How many axes it has.
        axes: u16,
        /// How many buttons it has.
        buttons: u16,
    },
    /// `js,b,<slot>,<index>,<value>`.
    Button {
        /// Which.
        index: u8,
        /// How far it is pressed, 0 to 1.
        value: f32,
    },
    /// `js,a,<slot>,<index>,<value>`.
    Axis {
        /// Which.
        index: u8,
        /// -1 is left or up, 1 is right or down.
        value: f32,
    },
    /// `js,h,<slot>`: some of its controls are still off rest.
    Held,
    /// `js,d,<slot>`: it is gone.
    Disconnected,
}

pub(super) fn read(content: &str) -> Option<ClientMessage> {
    let (action, rest) = content.split_once(',')?;
    let (number, event) = match action {
        "c" => {
            let [number, name, axes, buttons] = exactly(rest)?;
            let connected = GamepadEvent::Connected {
                name: read_name(name)?,
                axes: unsigned(axes)?,
                buttons: unsigned(buttons)?,
            };
            (number, connected)
        }
        "b" => {
            let [number, index, value] = exactly(rest)?;
            let button = GamepadEvent::Button {
                index: unsigned(index)?,
                value: within(value, 0.0)?,
            };
            (number, button)
        }
        "a" => {
            let [number, index, value] = exactly(rest)?;
            let axis = GamepadEvent::Axis {
                index: unsigned(index)?,
                value: within(value, -1.0)?,
            };
            (number, axis)
        }
        "h" => (rest, GamepadEvent::Held),
        "d" => (rest, GamepadEvent::Disconnected),
        _ => return None,
    };
    let slot = unsigned(number).filter(|slot| *slot < limits::GAMEPADS)?;
    Some(ClientMessage::Gamepad { slot, event })
}

/// Base64 of Latin-1. What is beyond the limit is not looked at.
fn read_name(base64: &str) -> Option<String> {
    let most = limits::GAMEPAD_NAME.div_ceil(3) * 4;
    let text = match base64.get(..most) {
        Some(begin) => begin,
        None => base64,
    };
    let bytes = Data::decode(text)?.0;
    let letters = bytes.iter().map(|byte| char::from(*byte));
    let printable = letters.filter(|letter| !letter.is_control());
    Some(printable.take(limits::GAMEPAD_NAME).collect())
}

/// A finite number, cut to `least..=1`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a position between -1 and 1 needs no more than 24 bits"
)]
fn within(text: &str, least: f64) -> Option<f32> {
    // A negative zero is the same place and reads like another.
    finite(text).map(|value| (value.clamp(least, 1.0) + 0.0) as f32)
}
