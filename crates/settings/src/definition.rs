//! One row of the table.

use crate::kind::{Bool, Choice, List, Range, Secret, Value};

/// Kind, default and bounds of a setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spec {
    /// A switch.
    Bool {
        /// Default.
        initial: bool,
    },
    /// A whole number.
    Int {
        /// Default.
        initial: i64,
        /// Smallest value.
        min: i64,
        /// Largest value.
        max: i64,
    },
    /// A number.
    Float {
        /// Default.
        initial: f64,
        /// Smallest value.
        min: f64,
        /// Largest value.
        max: f64,
    },
    /// Text.
    Text {
        /// Default.
        initial: &'static str,
    },
    /// Text nobody may see; its default is to be absent.
    Secret {},
    /// One of a menu.
    Choice {
        /// Default.
        initial: &'static str,
        /// What there is to choose from.
        menu: &'static [&'static str],
    },
    /// Any of a menu; all of it by default.
    List {
        /// What there is to choose from.
        menu: &'static [&'static str],
    },
    /// A number pages may move within a span.
    Range {
        /// Default.
        initial: u32,
        /// Default lower end of the span.
        min: u32,
        /// Default upper end of the span.
        max: u32,
    },
}

/// What a setting's value belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// One value for everyone.
    Process,
    /// Each streamed output has its own, beginning with the operator's.
    Output,
    /// Each page has its own, beginning with the operator's.
    Viewer,
}

/// The chapters of `--help` and of the documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where it listens and what it serves.
    Listener,
    /// Who may come in, and what they may do.
    Access,
    /// Which desktop is streamed.
    Desktop,
    /// How the picture is encoded.
    Video,
    /// Sound in both directions.
    Audio,
    /// Keyboard, pointer, cursor, gamepads.
    Input,
    /// Clipboard, files, commands.
    Exchange,
    /// Transport and relays.
    Network,
    /// What the page shows.
    Page,
    /// Logs, statistics, life cycle.
    Operation,
}

impl Group {
    /// As a heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Listener => "Listening and serving",
            Self::Access => "Access and sharing",
            Self::Desktop => "Desktop and screens",
            Self::Video => "Video",
            Self::Audio => "Audio",
            Self::Input => "Input devices and cursor",
            Self::Exchange => "Clipboard, files and commands",
            Self::Network => "Transport, STUN and TURN",
            Self::Page => "What the page shows",
            Self::Operation => "Operation and diagnosis",
        }
    }
}

/// Text in, its one form out, or what is wrong with it.
pub(crate) type Normalise = fn(&str) -> Result<String, &'static str>;

/// Everything that is known of a setting before anyone gave it a value.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Definition {
    /// The one canonical name, also the key pages see.
    pub name: &'static str,
    /// Chapter.
    pub group: Group,
    /// What it does, in a sentence or two.
    pub doc: &'static str,
    /// Kind, default, bounds.
    pub spec: Spec,
    /// What its value belongs to.
    pub scope: Scope,
    /// Pages may ask for another value at run time.
    pub client: bool,
    /// Pages are told the value.
    pub published: bool,
    /// The feature behind it is built.
    pub in_effect: bool,
    /// Names of earlier servers: each gives a flag and a `SELKIES_` variable.
    pub former: &'static [&'static str],
    /// Other environment variables, strongest first.
    pub aliases: &'static [&'static str],
    /// The only values of a text or whole number; empty when any will do.
    pub words: &'static [&'static str],
    /// How far an operator may stretch the span of a range.
    pub limits: Option<(u32, u32)>,
    /// A single number within these bounds joins the menu of a choice.
    pub open: Option<(u32, u32)>,
    /// Spellings taken for another value.
    pub(crate) synonyms: &'static [(&'static str, &'static str)],
    /// Values that are known elsewhere but not offered: a warning, never an error.
    pub(crate) unoffered: &'static [&'static str],
    /// A range in kilobits that earlier servers took in megabits.
    pub(crate) megabits: bool,
    /// Brings text into its one form, or says what is wrong with it.
    pub(crate) normalise: Option<Normalise>,
}

impl Definition {
    pub(crate) const fn new(
        name: &'static str,
        group: Group,
        doc: &'static str,
        spec: Spec,
    ) -> Self {
        Self {
            name,
            group,
            doc: doc.trim_ascii_start(),
            spec,
            scope: Scope::Process,
            client: false,
            published: !matches!(spec, Spec::Secret {}),
            in_effect: false,
            former: &[],
            aliases: &[],
            words: &[],
            limits: None,
            open: None,
            synonyms: &[],
            unoffered: &[],
            megabits: false,
            normalise: None,
        }
    }

    pub(crate) const fn per_output(mut self) -> Self {
        self.scope = Scope::Output;
        self
    }

    pub(crate) const fn per_viewer(mut self) -> Self {
        self.scope = Scope::Viewer;
        self
    }

    pub(crate) const fn client(mut self) -> Self {
        self.client = true;
        self
    }

    pub(crate) const fn private(mut self) -> Self {
        self.published = false;
        self
    }

    pub(crate) const fn in_effect(mut self) -> Self {
        self.in_effect = true;
        self
    }

    pub(crate) const fn former(mut self, names: &'static [&'static str]) -> Self {
        self.former = names;
        self
    }

    pub(crate) const fn aliases(mut self, names: &'static [&'static str]) -> Self {
        self.aliases = names;
        self
    }

    pub(crate) const fn words(mut self, words: &'static [&'static str]) -> Self {
        self.words = words;
        self
    }

    pub(crate) const fn limits(mut self, min: u32, max: u32) -> Self {
        self.limits = Some((min, max));
        self
    }

    pub(crate) const fn open(mut self, min: u32, max: u32) -> Self {
        self.open = Some((min, max));
        self
    }

    pub(crate) const fn synonyms(mut self, pairs: &'static [(&'static str, &'static str)]) -> Self {
        self.synonyms = pairs;
        self
    }

    pub(crate) const fn unoffered(mut self, values: &'static [&'static str]) -> Self {
        self.unoffered = values;
        self
    }

    pub(crate) const fn megabits(mut self) -> Self {
        self.megabits = true;
        self
    }

    pub(crate) const fn normalise(mut self, with: Normalise) -> Self {
        self.normalise = Some(with);
        self
    }

    /// The value when nobody gave one.
    #[must_use]
    pub fn initial(&self) -> Value {
        match self.spec {
            Spec::Bool { initial: value } => Value::Bool(Bool {
                value,
                locked: false,
            }),
            Spec::Int { initial, .. } => Value::Int(initial),
            Spec::Float { initial, .. } => Value::Float(initial),
            Spec::Text { initial } => Value::Text(initial.to_owned()),
            Spec::Secret {} => Value::Secret(Secret::default()),
            Spec::Choice { initial, menu } => Value::Choice(Choice {
                value: initial.to_owned(),
                allowed: menu.iter().map(|&word| word.to_owned()).collect(),
            }),
            Spec::List { menu } => Value::List(List {
                values: menu.iter().map(|&word| word.to_owned()).collect(),
            }),
            Spec::Range { initial, min, max } => Value::Range(Range { initial, min, max }),
        }
    }

    /// One word for the kind, as the documentation has it.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.spec {
            Spec::Bool { .. } => "switch",
            Spec::Int { .. } => "whole number",
            Spec::Float { .. } => "number",
            Spec::Text { .. } => "text",
            Spec::Secret {} => "secret",
            Spec::Choice { .. } => "choice",
            Spec::List { .. } => "list",
            Spec::Range { .. } => "range",
        }
    }

    /// What may be given, in words.
    #[must_use]
    pub fn allowed(&self) -> String {
        if !self.words.is_empty() {
            return self.words.join(", ");
        }
        match self.spec {
            Spec::Bool { .. } => "true or false, with |locked to take it from pages".to_owned(),
            Spec::Int { min, max, .. } => format!("{min} to {max}"),
            Spec::Float { min, max, .. } => format!("{min} to {max}"),
            Spec::Text { .. } | Spec::Secret {} => String::new(),
            Spec::Choice { menu, .. } => {
                let open = self
                    .open
                    .map(|(min, max)| format!("; or one number from {min} to {max}"));
                format!("{}{}", menu.join(", "), open.unwrap_or_default())
            }
            Spec::List { menu } => format!("{}, or none", menu.join(", ")),
            Spec::Range { min, max, .. } => {
                let (min, max) = self.limits.unwrap_or((min, max));
                format!("{min} to {max}: a number, a span a-b, or v,a-b")
            }
        }
    }
}
