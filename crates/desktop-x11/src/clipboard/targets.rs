//! What programs call the forms of a clip (ICCCM §2.6.2, and what toolkits agree on).

use x11rb::atom_manager;
use x11rb::protocol::xproto::Atom;

atom_manager! {
    /// All names we use.
    pub(super) Atoms: AtomsCookie {
        CLIPBOARD,
        TARGETS,
        MULTIPLE,
        TIMESTAMP,
        INCR,
        ATOM_PAIR,
        // Where answers to us lie.
        _SELKIES_CLIP,

        UTF8_STRING,
        TEXT,
        COMPOUND_TEXT,
        PLAIN: b"text/plain",
        PLAIN_UTF8: b"text/plain;charset=utf-8",
        PLAIN_UTF8_LARGE: b"text/plain;charset=UTF-8",

        HTML: b"text/html",
        HTML_UTF8: b"text/html;charset=utf-8",
        HTML_UTF8_LARGE: b"text/html;charset=UTF-8",

        URI_LIST: b"text/uri-list",
        GNOME_FILES: b"x-special/gnome-copied-files",

        PNG: b"image/png",
        JPEG: b"image/jpeg",
        JPG: b"image/jpg",
        BMP: b"image/bmp",
        X_BMP: b"image/x-bmp",
        MS_BMP: b"image/x-MS-bmp",
        WEBP: b"image/webp",
        SVG_XML: b"image/svg+xml",
        SVG: b"image/svg",

        PASSWORD_HINT: b"x-kde-passwordManagerHint",
    }
}

/// What is asked for, and how the answer is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// What forms there are.
    Targets,
    /// Whether it is a secret.
    Secret,
    /// A form that is called so here.
    Form(&'static str),
}

/// One thing to ask for, by the names it has; the best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) kind: Kind,
    pub(super) names: Vec<Atom>,
}

pub(super) const TEXT: &str = "text/plain";
pub(super) const HTML: &str = "text/html";
pub(super) const FILES: &str = "text/uri-list";

/// What to ask for when `offered` is there: every form we have a use for, one picture of all.
/// What takes its owner longest to make comes last.
pub(super) fn wanted(atoms: &Atoms, offered: &[Atom]) -> Vec<Wanted> {
    let forms = [
        (Kind::Secret, &[atoms.PASSWORD_HINT][..]),
        (Kind::Form(TEXT), &text(atoms)),
        (
            Kind::Form(HTML),
            &[atoms.HTML_UTF8, atoms.HTML_UTF8_LARGE, atoms.HTML],
        ),
        (Kind::Form(FILES), &[atoms.URI_LIST, atoms.GNOME_FILES]),
    ];
    let picture = pictures(atoms)
        .into_iter()
        .find(|(_, names)| names.iter().any(|name| offered.contains(name)));
    forms
        .into_iter()
        .map(|(kind, names)| (kind, names.to_vec()))
        .chain(picture.map(|(mime, names)| (Kind::Form(mime), names)))
        .map(|(kind, names)| Wanted {
            kind,
            names: names
                .into_iter()
                .filter(|name| offered.contains(name))
                .collect(),
        })
        .filter(|wanted| !wanted.names.is_empty())
        .collect()
}

/// What to ask for of a program that does not say what it has.
pub(super) fn guessed(atoms: &Atoms) -> Vec<Wanted> {
    let names = vec![atoms.UTF8_STRING, STRING];
    let kind = Kind::Form(TEXT);
    vec![Wanted { kind, names }]
}

/// Predefined (X11 protocol, appendix B).
pub(super) const STRING: Atom = 31;

fn text(atoms: &Atoms) -> Vec<Atom> {
    vec![
        atoms.UTF8_STRING,
        atoms.PLAIN_UTF8,
        atoms.PLAIN_UTF8_LARGE,
        atoms.PLAIN,
        STRING,
        atoms.TEXT,
        atoms.COMPOUND_TEXT,
    ]
}

fn pictures(atoms: &Atoms) -> [(&'static str, Vec<Atom>); 5] {
    [
        ("image/png", vec![atoms.PNG]),
        ("image/jpeg", vec![atoms.JPEG, atoms.JPG]),
        ("image/bmp", vec![atoms.BMP, atoms.X_BMP, atoms.MS_BMP]),
        ("image/webp", vec![atoms.WEBP]),
        ("image/svg+xml", vec![atoms.SVG_XML, atoms.SVG]),
    ]
}

/// How a form is written when it is handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    AsItIs,
    /// For `STRING` (ICCCM §2.7.1).
    Latin1,
    /// A list of files with what to do with them.
    GnomeFiles,
}

/// One name under which a form is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) target: Atom,
    /// What the answer says it is.
    pub(super) kind: Atom,
    pub(super) writing: Writing,
}

/// The names under which the form called `mime` is offered; `own` is the name itself.
pub(super) fn names(atoms: &Atoms, mime: &str, own: Atom) -> Vec<Name> {
    let as_it_is = |target| Name {
        target,
        kind: target,
        writing: Writing::AsItIs,
    };
    match mime {
        TEXT => vec![
            as_it_is(atoms.UTF8_STRING),
            as_it_is(atoms.PLAIN_UTF8),
            as_it_is(atoms.PLAIN),
            Name {
                target: atoms.TEXT,
                kind: atoms.UTF8_STRING,
                writing: Writing::AsItIs,
            },
            Name {
                target: STRING,
                kind: STRING,
                writing: Writing::Latin1,
            },
        ],
        FILES => vec![
            as_it_is(own),
            Name {
                target: atoms.GNOME_FILES,
                kind: atoms.GNOME_FILES,
                writing: Writing::GnomeFiles,
            },
        ],
        _ => vec![as_it_is(own)],
    }
}

/// Puts the forms of one clip in order, the best first. Somebody who copies files means them, or
/// the picture in them; where there is text, a picture is only what the text looks like, as from
/// an office program; else the picture is what was copied, as from a browser.
pub(super) fn rank(mimes: &[&str], mime: &str) -> u8 {
    let files = mimes.contains(&FILES);
    let text = mimes.contains(&TEXT);
    match mime {
        FILES => 1,
        TEXT => 2,
        HTML => 3,
        _picture if text && !files => 4,
        _picture => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every name another number.
    fn atoms() -> Atoms {
        let mut next = 100;
        let mut new = || {
            next += 1;
            next
        };
        Atoms {
            CLIPBOARD: new(),
            TARGETS: new(),
            MULTIPLE: new(),
            TIMESTAMP: new(),
            INCR: new(),
            ATOM_PAIR: new(),
            _SELKIES_CLIP: new(),
            UTF8_STRING: new(),
            TEXT: new(),
            COMPOUND_TEXT: new(),
            PLAIN: new(),
            PLAIN_UTF8: new(),
            PLAIN_UTF8_LARGE: new(),
            HTML: new(),
            HTML_UTF8: new(),
            HTML_UTF8_LARGE: new(),
            URI_LIST: new(),
            GNOME_FILES: new(),
            PNG: new(),
            JPEG: new(),
            JPG: new(),
            BMP: new(),
            X_BMP: new(),
            MS_BMP: new(),
            WEBP: new(),
            SVG_XML: new(),
            SVG: new(),
            PASSWORD_HINT: new(),
        }
    }

    #[test]
    fn every_form_is_wanted_once_by_its_best_names_and_one_picture() {
        let atoms = atoms();
        let offered = [
            atoms.JPEG,
            atoms.PNG,
            atoms.HTML,
            STRING,
            atoms.UTF8_STRING,
            9999,
            atoms.PASSWORD_HINT,
        ];
        let wanted = wanted(&atoms, &offered);
        let expected = [
            (Kind::Secret, vec![atoms.PASSWORD_HINT]),
            (Kind::Form(TEXT), vec![atoms.UTF8_STRING, STRING]),
            (Kind::Form(HTML), vec![atoms.HTML]),
            (Kind::Form("image/png"), vec![atoms.PNG]),
        ]
        .map(|(kind, names)| Wanted { kind, names });
        assert_eq!(wanted, expected);
    }

    #[test]
    fn what_is_of_no_use_is_not_wanted() {
        assert_eq!(wanted(&atoms(), &[]), []);
        assert_eq!(wanted(&atoms(), &[9998, 9999]), []);
    }

    #[test]
    fn the_order_says_what_somebody_meant_to_copy() {
        let sorted = |mut mimes: Vec<&'static str>| {
            let all = mimes.clone();
            mimes.sort_by_key(|mime| rank(&all, mime));
            mimes
        };
        let png = "image/png";
        assert_eq!(sorted(vec![png, HTML, TEXT]), [TEXT, HTML, png]);
        assert_eq!(sorted(vec![HTML, png]), [png, HTML]);
        assert_eq!(sorted(vec![TEXT, FILES]), [FILES, TEXT]);
        assert_eq!(sorted(vec![TEXT, FILES, png]), [png, FILES, TEXT]);
    }
}
