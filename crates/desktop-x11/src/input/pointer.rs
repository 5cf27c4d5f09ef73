//! The pointer in the numbers of X.

use selkies_desktop::{Button, DesktopError, ScrollDirection};
use selkies_media::Point;

use super::port::Port;

/// The buttons that are down.
#[derive(Debug, Default)]
pub(super) struct Pointer {
    down: Vec<u8>,
}

impl Pointer {
    /// Starts from a pointer whose buttons are up: a process that died may have left some down. The
    /// server drops the release of a button that is up.
    pub(super) fn new(port: &mut Port) -> Result<Self, DesktopError> {
        for button in [
            Button::Left,
            Button::Middle,
            Button::Right,
            Button::Back,
            Button::Forward,
        ] {
            port.button(number(button), false)?;
        }
        Ok(Self::default())
    }

    /// Moves to a place. The server keeps it on the screen.
    pub(super) fn move_to(port: &mut Port, place: Point) -> Result<(), DesktopError> {
        port.move_to(saturate(place.x), saturate(place.y))
    }

    /// Moves by a distance.
    pub(super) fn move_by(port: &mut Port, distance: Point) -> Result<(), DesktopError> {
        port.move_by(saturate(distance.x), saturate(distance.y))
    }

    /// Presses or lets go of a button, if it is not down or up already.
    pub(super) fn button(
        &mut self,
        port: &mut Port,
        button: Button,
        down: bool,
    ) -> Result<(), DesktopError> {
        let number = number(button);
        let place = self.down.iter().position(|other| *other == number);
        match place {
            None if down => self.down.push(number),
            Some(place) if !down => drop(self.down.swap_remove(place)),
            _ => return Ok(()),
        }
        port.button(number, down)
    }

    /// Lets go of every button.
    pub(super) fn release_all(&mut self, port: &mut Port) -> Result<(), DesktopError> {
        self.down
            .drain(..)
            .try_for_each(|number| port.button(number, false))
    }

    /// Turns the wheel.
    pub(super) fn scroll(
        port: &mut Port,
        direction: ScrollDirection,
        notches: u8,
    ) -> Result<(), DesktopError> {
        // The wheel is four buttons by convention, one press per notch.
        let number = match direction {
            ScrollDirection::Up => 4,
            ScrollDirection::Down => 5,
            ScrollDirection::Left => 6,
            ScrollDirection::Right => 7,
        };
        for _ in 0..notches {
            port.click(number)?;
        }
        Ok(())
    }
}

/// The number of a button by convention: 4 to 7 are the wheel.
const fn number(button: Button) -> u8 {
    match button {
        Button::Left => 1,
        Button::Middle => 2,
        Button::Right => 3,
        Button::Back => 8,
        Button::Forward => 9,
    }
}

fn saturate(pixels: i32) -> i16 {
    let bounded = pixels.clamp(-i32::from(i16::MAX), i32::from(i16::MAX));
    i16::try_from(bounded).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_saturate() {
        assert_eq!(saturate(i32::MIN), -32_767);
        assert_eq!(saturate(-5), -5);
        assert_eq!(saturate(i32::MAX), 32_767);
    }
}
