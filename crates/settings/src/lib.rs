//! Every setting, declared once: parse, merge, clamp, explain.
//!
//! The table in `table.rs` is the only place where a setting, its default, its bounds and its names
//! are written down; the flags, the environment, `--help`, what pages are told, what they may ask
//! for, `docs/settings.md` and the TypeScript types all come from it.
//!
//! Pure: the caller hands in the command line and the environment, and prints or logs what comes
//! back. Start at [`flags_from`], then [`resolve`].

#![forbid(unsafe_code)]

mod definition;
mod derive;
mod explain;
mod flags;
mod help;
mod kind;
mod legacy;
mod markdown;
mod names;
mod parse;
mod propose;
mod publish;
mod resolve;
mod sources;
mod table;
mod typescript;
mod withhold;

pub use definition::{Definition, Group, Scope, Spec};
pub use flags::{Flags, Subcommand, flags_from};
pub use help::help;
pub use kind::{Bool, Choice, Float, Int, List, Range, Secret, Text, Value};
pub use markdown::settings_markdown;
pub use propose::{OutputValues, Proposed, Verdict};
pub use publish::{MAX_MESSAGE_BYTES, Overlay};
pub use resolve::{Level, Notice, Problem, Resolved, resolve};
pub use sources::Sources;
pub use table::{Settings, definitions};
pub use typescript::settings_typescript;
pub use withhold::{Asked, Withheld};
