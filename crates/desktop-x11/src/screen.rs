//! The root window: how large it is and whether its pixels are the ones we can read.

use selkies_desktop::DesktopError;
use selkies_media::Size;
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{
    ConnectionExt as _, ImageOrder, Screen, Setup, VisualClass, Visualtype, Window,
};

use crate::failure::{broken, failed};
use crate::wire::XConnection;

/// The screen with that number, as it was when the connection was made.
pub(crate) fn screen(connection: &XConnection, number: usize) -> Result<&Screen, DesktopError> {
    let missing = || DesktopError::Unusable(format!("it has no screen {number}"));
    connection.setup().roots.get(number).ok_or_else(missing)
}

/// The size of the screen now; [`Screen`] only tells what it was once.
pub(crate) fn size(connection: &XConnection, root: Window) -> Result<Size, DesktopError> {
    let geometry = connection
        .get_geometry(root)
        .map_err(broken)?
        .reply()
        .map_err(failed)?;
    Ok(Size::new(
        u32::from(geometry.width),
        u32::from(geometry.height),
    ))
}

/// Accepts screens whose pixels are four bytes in the order blue, green, red, unused.
pub(crate) fn accept_pixels(setup: &Setup, screen: &Screen) -> Result<(), DesktopError> {
    let depth = screen.root_depth;
    let unusable = |why: String| Err(DesktopError::Unusable(why));
    if depth != 24 && depth != 32 {
        return unusable(format!("its colours have {depth} bits; 24 are needed"));
    }
    let format = setup
        .pixmap_formats
        .iter()
        .find(|format| format.depth == depth);
    if !format.is_some_and(|format| format.bits_per_pixel == 32 && format.scanline_pad == 32) {
        return unusable("its pixels are not stored in four bytes each".to_owned());
    }
    if setup.image_byte_order != ImageOrder::LSB_FIRST {
        return unusable("its pixels are stored in big endian order".to_owned());
    }
    let visuals = screen
        .allowed_depths
        .iter()
        .flat_map(|depth| &depth.visuals);
    if !visuals
        .filter(|visual| visual.visual_id == screen.root_visual)
        .any(is_bgr)
    {
        return unusable("its colours are not blue, green and red of eight bits each".to_owned());
    }
    Ok(())
}

fn is_bgr(visual: &Visualtype) -> bool {
    let direct =
        visual.class == VisualClass::TRUE_COLOR || visual.class == VisualClass::DIRECT_COLOR;
    direct
        && (visual.red_mask, visual.green_mask, visual.blue_mask)
            == (0xff_0000, 0x00_ff00, 0x00_00ff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use x11rb::protocol::xproto::{Depth, Format};

    fn sound() -> (Setup, Screen) {
        let visual = Visualtype {
            visual_id: 7,
            class: VisualClass::TRUE_COLOR,
            red_mask: 0xff_0000,
            green_mask: 0xff00,
            blue_mask: 0xff,
            ..Visualtype::default()
        };
        let format = Format {
            depth: 24,
            bits_per_pixel: 32,
            scanline_pad: 32,
        };
        let setup = Setup {
            pixmap_formats: vec![format],
            image_byte_order: ImageOrder::LSB_FIRST,
            ..Setup::default()
        };
        let depth = Depth {
            depth: 24,
            visuals: vec![visual],
        };
        let screen = Screen {
            root_depth: 24,
            root_visual: 7,
            allowed_depths: vec![depth],
            ..Screen::default()
        };
        (setup, screen)
    }

    #[test]
    fn blue_green_red_in_four_bytes_is_accepted() {
        let (setup, screen) = sound();
        accept_pixels(&setup, &screen).expect("this is what most servers have");
    }

    #[test]
    fn every_other_kind_of_pixel_is_refused_with_its_reason() {
        fn reason(change: impl Fn(&mut Setup, &mut Screen)) -> String {
            let (mut setup, mut screen) = sound();
            change(&mut setup, &mut screen);
            match accept_pixels(&setup, &screen) {
                Err(DesktopError::Unusable(why)) => why,
                other => panic!("{other:?}"),
            }
        }
        assert!(reason(|_, screen| screen.root_depth = 30).contains("30 bits"));
        assert!(
            reason(|setup, _| setup.pixmap_formats[0].bits_per_pixel = 24).contains("four bytes")
        );
        assert!(
            reason(|setup, _| setup.image_byte_order = ImageOrder::MSB_FIRST)
                .contains("big endian")
        );
        assert!(
            reason(|_, screen| screen.allowed_depths[0].visuals[0].red_mask = 0xff)
                .contains("eight bits")
        );
        assert!(reason(|_, screen| screen.root_visual = 8).contains("eight bits"));
    }
}
