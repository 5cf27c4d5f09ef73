//! `m` and `m2`.

use super::fields::{exactly, saturating, unsigned};
use super::{ClientMessage, PointerButtons};
use crate::limits;

pub(super) fn at(content: &str) -> Option<ClientMessage> {
    let [x, y, mask, notches] = exactly(content)?;
    Some(ClientMessage::PointerAt {
        x: i32::try_from(saturating(x)?).ok()?,
        y: i32::try_from(saturating(y)?).ok()?,
        buttons: buttons(mask, notches)?,
    })
}

pub(super) fn moved(content: &str) -> Option<ClientMessage> {
    let [dx, dy, mask, notches] = exactly(content)?;
    Some(ClientMessage::PointerMoved {
        dx: relative(dx)?,
        dy: relative(dy)?,
        buttons: buttons(mask, notches)?,
    })
}

fn relative(text: &str) -> Option<i32> {
    let far = i64::from(limits::RELATIVE);
    i32::try_from(saturating(text)?.clamp(-far, far)).ok()
}

fn buttons(mask: &str, notches: &str) -> Option<PointerButtons> {
    let turned: u64 = unsigned(notches)?;
    Some(PointerButtons {
        mask: unsigned(mask)?,
        notches: u8::try_from(turned).map_or(limits::NOTCHES, |turned| turned.min(limits::NOTCHES)),
    })
}
