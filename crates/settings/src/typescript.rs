//! The published settings as a TypeScript module.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::definition::{Definition, Spec};
use crate::publish::plain;
use crate::table::definitions;

const HEAD: &str = "\
// Generated from crates/settings by `make generate`; do not edit.

/** A switch. A locked one stays as it is. */
export interface SwitchEntry {
  readonly value: boolean;
  readonly locked: boolean;
  readonly overridden: boolean;
}

/** A number the user may move from `min` to `max`; `default` holds until then. */
export interface RangeEntry {
  readonly value: readonly [number, number];
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly overridden: boolean;
}

/** One of `allowed`; with a single one there is nothing to choose. */
export interface ChoiceEntry {
  readonly value: string;
  readonly allowed: readonly string[];
  readonly overridden: boolean;
}

/** Any of `allowed`. */
export interface ListEntry {
  readonly value: readonly string[];
  readonly allowed: readonly string[];
  readonly overridden: boolean;
}

/** A plain number. */
export interface NumberEntry {
  readonly value: number;
  readonly overridden: boolean;
}

/** Plain text. */
export interface TextEntry {
  readonly value: string;
  readonly overridden: boolean;
}

/** Something the server derived. */
export interface FactEntry<T> {
  readonly value: T;
}

/** What a setting belongs to: everyone, one streamed output, or one page. */
export type SettingScope = \"process\" | \"output\" | \"viewer\";

interface Described {
  readonly group: string;
  readonly doc: string;
  readonly scope: SettingScope;
  /** The page may ask the server for another value. */
  readonly client: boolean;
  /** The feature behind it is built. */
  readonly inEffect: boolean;
}

/** What is known of a setting before the server has spoken. */
export type SettingDescription = Described &
  (
    | { readonly kind: \"switch\"; readonly default: boolean }
    | { readonly kind: \"range\"; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: \"choice\"; readonly default: string; readonly menu: readonly string[] }
    | { readonly kind: \"list\"; readonly default: readonly string[]; readonly menu: readonly string[] }
    | { readonly kind: \"number\"; readonly default: number; readonly min: number; readonly max: number }
    | { readonly kind: \"text\"; readonly default: string; readonly words: readonly string[] }
  );
";

/// The whole module.
#[must_use]
pub fn settings_typescript() -> String {
    let published = || {
        definitions()
            .iter()
            .filter(|definition| definition.published)
    };
    let mut text = HEAD.to_owned();
    text.push_str("\n/** The `settings` of a `server_settings` message. */\nexport interface ServerSettings {\n");
    for definition in published() {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(
            text,
            "  /** {} */\n  readonly {}: {};",
            definition.doc,
            definition.name,
            entry(definition)
        );
    }
    for fact in [
        "clipboard_enabled",
        "clipboard_in_enabled",
        "clipboard_out_enabled",
    ] {
        let _ = writeln!(text, "  readonly {fact}: FactEntry<boolean>;");
    }
    text.push_str("  readonly ws_max_message_bytes: FactEntry<number>;\n}\n");
    text.push_str("\n/** Every published setting, in the order they are shown. */\nexport const SETTINGS = {\n");
    for definition in published() {
        let _ = writeln!(text, "  {}: {},", definition.name, description(definition));
    }
    text.push_str("} as const satisfies Readonly<Record<string, SettingDescription>>;\n");
    text.push_str(
        "\n/** Name of a published setting. */\nexport type SettingName = keyof typeof SETTINGS;\n",
    );
    text
}

const fn entry(definition: &Definition) -> &'static str {
    match definition.spec {
        Spec::Bool { .. } => "SwitchEntry",
        Spec::Int { .. } | Spec::Float { .. } => "NumberEntry",
        Spec::Text { .. } | Spec::Secret {} => "TextEntry",
        Spec::Choice { .. } => "ChoiceEntry",
        Spec::List { .. } => "ListEntry",
        Spec::Range { .. } => "RangeEntry",
    }
}

fn description(definition: &Definition) -> String {
    let own = match definition.spec {
        Spec::Bool { initial } => json!({ "kind": "switch", "default": initial }),
        Spec::Int { initial, min, max } => {
            json!({ "kind": "number", "default": initial, "min": min, "max": max })
        }
        Spec::Float { initial, min, max } => {
            json!({ "kind": "number", "default": plain(initial), "min": plain(min), "max": plain(max) })
        }
        Spec::Text { initial } => {
            json!({ "kind": "text", "default": initial, "words": definition.words })
        }
        Spec::Secret {} => json!({ "kind": "text", "default": "", "words": [] }),
        Spec::Choice { initial, menu } => {
            json!({ "kind": "choice", "default": initial, "menu": menu })
        }
        Spec::List { menu } => json!({ "kind": "list", "default": menu, "menu": menu }),
        Spec::Range { initial, min, max } => {
            json!({ "kind": "range", "default": initial, "min": min, "max": max })
        }
    };
    let common = json!({
        "group": definition.group.title(),
        "scope": format!("{:?}", definition.scope).to_ascii_lowercase(),
        "client": definition.client,
        "inEffect": definition.in_effect,
        "doc": definition.doc,
    });
    let fields = [own, common].map(|part| match part {
        Json::Object(fields) => fields,
        _ => serde_json::Map::new(),
    });
    let fields = fields
        .iter()
        .flatten()
        .map(|(name, value)| format!("{name}: {value}"));
    format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
}
