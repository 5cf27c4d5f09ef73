//! `docs/settings.md`.

use std::fmt::Write as _;

use crate::definition::{Definition, Scope};
use crate::legacy::{CLIPBOARD_SWITCHES, CONTAINER, IGNORED};
use crate::names::variable;
use crate::table::definitions;

const HEAD: &str = "\
# Settings

<!-- Generated from crates/settings by `make generate`; edit the table there. -->

Every setting has one name, `my_setting`. It is given as a flag (`--my-setting value`,
`--my-setting=value`, also with underscores) or in the environment (`SELKIES_MY_SETTING`). Names of earlier servers, where
listed, work in both forms too.

| Rule | |
|---|---|
| Who wins | A flag, then the `SELKIES_` variables in the order listed, then other variables, then the default. The first that is there counts. |
| Empty | Asks for the default, and hides what is weaker. An empty list is empty. |
| What cannot be read | As a flag: a message, and no start. In the environment: an error in the log, and the default. |
| Out of bounds | As a flag: a message, and no start. In the environment: the nearest bound, and a warning. |
| Switch | `true`, `1`, `yes`, `on` or `false`, `0`, `no`, `off`; a flag alone is `true`. With `\\|locked` at its end pages may not turn it. |
| Range | A number fixes it. `a-b` is a span for pages to move in. `v,a-b` is a span that begins at `v`. |
| Choice | Words with commas between: the first is the default, all are what pages may choose from. One word fixes it. |
| List | Words with commas between; `none` is the empty list. |

`selkies settings --explain NAME` says where a value comes from, `selkies settings --dump` lists all.

The column *whose* says whether there is one value for everyone, one per streamed output, or one per
page; *pages* whether a page may ask for another value at run time. A setting without a mark under
*works* is accepted, checked and told to pages; the feature behind it is not there yet, and pages are
told that it is off.
";

/// Each a default or a rule that differs from earlier servers of this name, and why.
const DIFFERENCES: [(&str, &str, &str); 13] = [
    (
        "Password",
        "Some shipped with a well-known one.",
        "There is none: without `basic_auth_password` one is made up and printed at start, because a known password is no password.",
    ),
    (
        "`command_enabled`",
        "on",
        "off: a page should not run shell commands unless someone decided so.",
    ),
    (
        "TURN relay",
        "A public relay with a public secret.",
        "None: nobody's desktop should go through a third party unasked. STUN is as before.",
    ),
    (
        "`control_addr`",
        "The token API listened on all interfaces.",
        "Loopback, because whoever reaches it hands out access.",
    ),
    (
        "`microphone_enabled`",
        "on",
        "Allowed, but off until the user of the page turns it on.",
    ),
    (
        "`use_browser_cursors`",
        "off",
        "on: the browser's cursor moves without waiting for the network.",
    ),
    (
        "`enable_binary_clipboard`",
        "off",
        "on: pasting a picture should work; its size is limited.",
    ),
    ("`port`", "8080 or 8081 in some.", "8082."),
    (
        "`framerate`",
        "Up to 240 in some; a single number was an initial value in some.",
        "`8-120`; a single number fixes the rate. `60,8-240` gives the wider span.",
    ),
    ("`audio_bitrate`", "128000 in some.", "320000."),
    (
        "`video_streaming_mode`",
        "on in some.",
        "off: a picture that does not change costs nothing.",
    ),
    (
        "Switches",
        "Whatever was not `true` or `1` was off.",
        "A word that is neither yes nor no is an error and leaves the default, so that a typing mistake cannot turn the login off.",
    ),
    (
        "Unknown flags",
        "Ignored, and cut flags were completed.",
        "An error that names the nearest flag. An unknown `SELKIES_` variable is a warning.",
    ),
];

/// The whole document.
#[must_use]
pub fn settings_markdown() -> String {
    let mut text = HEAD.to_owned();
    let mut group = None;
    for definition in definitions() {
        if group.replace(definition.group) != Some(definition.group) {
            // Writing to a string cannot fail, here and below.
            let _ = write!(text, "\n## {}\n\n", definition.group.title());
            text.push_str("| Setting | What it does | Kind | Default | Allowed | Whose | Pages | Works | Given as |\n");
            text.push_str("|---|---|---|---|---|---|---|---|---|\n");
        }
        let _ = writeln!(text, "{}", row(definition));
    }
    differences(&mut text);
    other_names(&mut text);
    text
}

fn row(definition: &Definition) -> String {
    let whose = match definition.scope {
        Scope::Process => "everyone's",
        Scope::Output => "output's",
        Scope::Viewer => "page's",
    };
    let pages = match (definition.client, definition.published) {
        (true, _) => "may change",
        (false, true) => "are told",
        (false, false) => "",
    };
    let works = if definition.in_effect { "yes" } else { "" };
    let names: Vec<String> = std::iter::once(definition.flag())
        .chain(definition.variables())
        .collect();
    let names: Vec<String> = names.iter().map(|name| code(name)).collect();
    let cells = [
        code(definition.name),
        definition.doc.replace('|', "\\|"),
        definition.kind().to_owned(),
        code(&definition.initial().to_string()),
        definition.allowed().replace('|', "\\|"),
        whose.to_owned(),
        pages.to_owned(),
        works.to_owned(),
        names.join(" "),
    ];
    format!("| {} |", cells.join(" | "))
}

fn code(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!("`{}`", text.replace('|', "\\|"))
    }
}

fn differences(text: &mut String) {
    text.push_str("\n## Differences from earlier defaults\n\n| What | Earlier | Here, and why |\n|---|---|---|\n");
    for (what, earlier, here) in DIFFERENCES {
        let _ = writeln!(text, "| {what} | {earlier} | {here} |");
    }
}

fn other_names(text: &mut String) {
    text.push_str("\n## Other names\n\n");
    let switches = CLIPBOARD_SWITCHES
        .map(|name| code(&variable(name)))
        .join(", ");
    let _ = writeln!(
        text,
        "{switches} (and their flags) together give `enable_clipboard`, unless that is given itself.\n"
    );
    let container = CONTAINER.map(code).join(", ");
    let _ = writeln!(
        text,
        "{container} are for a container's start script; the server leaves them alone.\n"
    );
    text.push_str(
        "Accepted without effect, with one line in the log:\n\n| Name | Why |\n|---|---|\n",
    );
    for (name, why) in IGNORED {
        let _ = writeln!(text, "| {} | {why} |", code(name));
    }
    text.push_str("\nEncoder names of earlier servers:\n\n| Name | Here |\n|---|---|\n");
    for definition in definitions()
        .iter()
        .filter(|definition| definition.name == "encoder")
    {
        for (name, meaning) in definition.synonyms {
            let _ = writeln!(text, "| {} | {} |", code(name), code(meaning));
        }
        for name in definition.unoffered {
            let _ = writeln!(text, "| {} | a warning, and the default |", code(name));
        }
    }
}
