//! Prints what the keys of keyboard layouts write, as a private X server's tables say: a line for
//! each key, the layout, the keycode and the four levels (plain, Shift, AltGr, both), separated by
//! tabs. Dead keys are written `dead`; a level that writes nothing is empty. The end-to-end tests
//! make their key events from it.

use std::env;
use std::io::{self, BufWriter, Write as _};
use std::process::Command;

use selkies_media::Size;
use selkies_testkit::XServer;
use x11rb::connection::Connection as _;
use x11rb::protocol::xkb::{ConnectionExt as _, GetMapReply, ID, MapPart};
use x11rb::rust_connection::RustConnection;

const LEVELS: usize = 4;

fn main() -> io::Result<()> {
    let Some(server) = XServer::start(Size::new(64, 48), &[]) else {
        return Ok(());
    };
    let (connection, _) =
        RustConnection::connect(Some(server.display())).map_err(io::Error::other)?;
    let xkb = connection
        .xkb_use_extension(1, 0)
        .map_err(io::Error::other)?;
    xkb.reply().map_err(io::Error::other)?;
    let mut out = BufWriter::new(io::stdout().lock());
    for layout in env::args().skip(1) {
        let (name, variant) = layout
            .strip_suffix(')')
            .and_then(|layout| layout.split_once('('))
            .unwrap_or((&layout, ""));
        let done = Command::new("setxkbmap")
            .args(["-display", server.display(), "-layout", name])
            .args(["-variant", variant])
            .status()?;
        if !done.success() {
            return Err(io::Error::other(format!("there is no layout {layout}")));
        }
        let map = fetch(&connection).map_err(io::Error::other)?;
        let keys = map.map.syms_rtrn.iter().flatten();
        for (key, code) in keys.zip(map.first_key_sym..=u8::MAX) {
            let levels = key.syms.iter().take(LEVELS.min(key.width.into()));
            let written: Vec<_> = levels.map(|symbol| written(*symbol)).collect();
            if written.iter().any(|level| !level.is_empty()) {
                writeln!(out, "{layout}\t{code}\t{}", written.join("\t"))?;
            }
        }
    }
    out.flush()
}

fn fetch(
    connection: &RustConnection,
) -> Result<GetMapReply, Box<dyn std::error::Error + Send + Sync>> {
    let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS;
    let (none, virtual_none) = (MapPart::from(0_u16), 0_u16.into());
    let keyboard = ID::USE_CORE_KBD.into();
    let request = connection.xkb_get_map(
        keyboard,
        parts,
        none,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        0,
        virtual_none,
        0,
        0,
        0,
        0,
        0,
        0,
    )?;
    connection.flush()?;
    Ok(request.reply()?)
}

fn written(symbol: u32) -> String {
    if matches!(symbol, 0xfe50..=0xfe6f | 0xfe80..=0xfe93) {
        return "dead".to_owned();
    }
    let character = xkeysym::Keysym::new(symbol).key_char();
    let writes = |c: &char| !matches!(symbol, 0xff00..=0xffff) && !c.is_control();
    character
        .filter(writes)
        .map(String::from)
        .unwrap_or_default()
}
