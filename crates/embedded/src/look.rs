//! The desktop's looks: configuration of the programs, written to the private directory.
//!
//! Every program is told by its own command line where its file is, or finds it as a default of
//! the system (`XDG_CONFIG_DIRS`), so that no file of the user is read in its place or changed.

use std::io;

use crate::private_dir::PrivateDir;
use crate::programs::Programs;

macro_rules! asset {
    ($name:literal) => {
        include_bytes!(concat!("../../../assets/desktop/", $name))
    };
}

macro_rules! text {
    ($name:literal) => {
        include_str!(concat!("../../../assets/desktop/", $name))
    };
}

/// The picture behind everything, PNG.
pub(crate) const WALLPAPER: &[u8] = asset!("wallpaper.png");

/// Files that are written as they are.
const FIXED: [(&str, &[u8]); 21] = [
    ("theme/openbox-3/themerc", asset!("themerc")),
    ("theme/openbox-3/close.xbm", asset!("close.xbm")),
    ("theme/openbox-3/iconify.xbm", asset!("iconify.xbm")),
    ("theme/openbox-3/max.xbm", asset!("max.xbm")),
    ("theme/openbox-3/max_toggled.xbm", asset!("max_toggled.xbm")),
    ("xdg/gtk-3.0/settings.ini", asset!("gtk-settings.ini")),
    ("icons/menu.png", asset!("icons/menu.png")),
    ("icons/files.png", asset!("icons/files.png")),
    ("icons/terminal.png", asset!("icons/terminal.png")),
    ("icons/terminal.xpm", asset!("icons/terminal.xpm")),
    ("icons/accessories.svg", asset!("icons/accessories.svg")),
    ("icons/desktop.svg", asset!("icons/desktop.svg")),
    ("icons/development.svg", asset!("icons/development.svg")),
    ("icons/games.svg", asset!("icons/games.svg")),
    ("icons/graphics.svg", asset!("icons/graphics.svg")),
    ("icons/internet.svg", asset!("icons/internet.svg")),
    ("icons/multimedia.svg", asset!("icons/multimedia.svg")),
    ("icons/office.svg", asset!("icons/office.svg")),
    ("icons/other.svg", asset!("icons/other.svg")),
    ("icons/science.svg", asset!("icons/science.svg")),
    ("icons/system.svg", asset!("icons/system.svg")),
];

/// Files with places to fill in.
const FILLED: [(&str, &str); 8] = [
    ("menu.csv", text!("menu.csv")),
    ("rc.xml", text!("rc.xml")),
    ("menu.xml", text!("menu.xml")),
    ("tint2rc", text!("tint2rc")),
    ("jgmenurc", text!("jgmenurc")),
    ("menu.sh", text!("menu.sh")),
    ("terminal.desktop", text!("terminal.desktop")),
    ("files.desktop", text!("files.desktop")),
];

const DIRECTORIES: [&str; 3] = ["theme/openbox-3", "xdg/gtk-3.0", "icons"];

/// Writes all files. They name only programs that are there. Returns the X resources, as xrdb(1)
/// would load them.
pub(crate) fn write(dir: &PrivateDir, programs: &Programs) -> io::Result<String> {
    for directory in DIRECTORIES {
        dir.subdirectory(directory)?;
    }
    for (name, content) in FIXED {
        dir.write(name, content)?;
    }
    let places = Places::new(dir, programs);
    for (name, template) in FILLED {
        dir.write(name, places.fill(template).as_bytes())?;
    }
    Ok(places.fill(text!("Xresources")))
}

struct Places(Vec<(&'static str, String)>);

impl Places {
    fn new(dir: &PrivateDir, programs: &Programs) -> Self {
        let here = dir.path().display().to_string();
        let name = |program: &Option<std::path::PathBuf>| {
            program.as_ref().map(|path| path.display().to_string())
        };
        let menu = programs.menu.as_ref().map(|_| format!("sh {here}/menu.sh"));
        let terminal = name(&programs.terminal);
        let files = name(&programs.files);

        let mut keys = String::new();
        let mut items = String::new();
        let mut launchers = String::new();
        let mut rows = String::new();
        let mut add = |command: &Option<String>, label: &str, icon: &str, chords: &[&str]| {
            let Some(command) = command else { return };
            for chord in chords {
                keys.push_str(&format!(
                    "    <keybind key=\"{chord}\"><action name=\"Execute\"><command>{command}</command></action></keybind>\n"
                ));
            }
            items.push_str(&format!(
                "    <item label=\"{label}\" icon=\"{here}/icons/{icon}.png\"><action name=\"Execute\"><command>{command}</command></action></item>\n"
            ));
            if icon != "menu" {
                rows.push_str(&format!("{label},{command},{here}/icons/{icon}.png\n"));
                launchers.push_str(&format!("launcher_item_app = {here}/{icon}.desktop\n"));
            }
        };
        add(&terminal, "Terminal", "terminal", &["C-A-t", "W-t"]);
        add(&files, "Files", "files", &["W-e"]);
        add(&menu, "All programs", "menu", &["W-space", "A-F1"]);

        let panel_items = match (menu.is_some(), launchers.is_empty()) {
            (true, false) => "PLTSC",
            (true, true) => "PTSC",
            (false, false) => "LTSC",
            (false, true) => "TSC",
        };
        Self(vec![
            ("@DIR@", here),
            ("@KEYS@", keys),
            ("@ITEMS@", items),
            ("@LAUNCHERS@", launchers),
            ("@PROGRAMS@", rows),
            ("@PANEL_ITEMS@", panel_items.to_owned()),
            ("@MENU@", menu.unwrap_or_default()),
            ("@TERMINAL@", terminal.unwrap_or_default()),
            ("@FILES@", files.unwrap_or_default()),
        ])
    }

    fn fill(&self, template: &str) -> String {
        self.0
            .iter()
            .fold(template.to_owned(), |text, (place, value)| {
                text.replace(place, value)
            })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn written(name: &str, programs: &Programs) -> (PrivateDir, impl Fn(&str) -> String + use<>) {
        let dir = PrivateDir::create(&format!("selkies-look-{name}-{}", std::process::id()))
            .expect("a new directory");
        write(&dir, programs).expect("all files are written");
        let path = dir.path().to_owned();
        (dir, move |file: &str| {
            fs::read_to_string(path.join(file)).expect("it was written")
        })
    }

    #[test]
    fn every_place_is_filled() {
        let all = Programs {
            menu: Some("/usr/bin/jgmenu".into()),
            files: Some("/usr/bin/thunar".into()),
            terminal: Some("/usr/bin/xterm".into()),
            ..Programs::default()
        };
        let (_dir, read) = written("all", &all);
        for (name, _) in FILLED {
            let text = read(name);
            let left = text.split('@').skip(1).step_by(2).find(|word| {
                word.len() > 1 && word.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
            });
            assert_eq!(left, None, "{name}");
        }
        assert!(read("rc.xml").contains("<command>/usr/bin/xterm</command>"));
        assert!(read("tint2rc").contains("panel_items = PLTSC"));
    }

    #[test]
    fn what_is_missing_is_offered_nowhere() {
        let (_dir, read) = written("none", &Programs::default());
        assert!(read("tint2rc").contains("panel_items = TSC"));
        assert!(!read("menu.xml").contains("<item"));
        assert!(!read("rc.xml").contains("Execute"));
    }
}
