//! What is generated from the table is what is committed.

use selkies_settings::{definitions, settings_markdown, settings_typescript};

#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "the committed file is what the test is about"
)]
fn the_committed_documentation_is_the_generated_one() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/settings.md");
    let committed =
        std::fs::read_to_string(path).expect("docs/settings.md is part of the repository");
    assert!(
        committed == settings_markdown(),
        "docs/settings.md is not what the table says: run `make generate`"
    );
}

#[test]
fn every_setting_and_every_name_of_it_is_documented() {
    let text = settings_markdown();
    for definition in definitions() {
        let row = text
            .lines()
            .find(|line| line.starts_with(&format!("| `{}` |", definition.name)));
        let row = row.unwrap_or_else(|| panic!("{} has no row", definition.name));
        for name in std::iter::once(definition.flag()).chain(definition.variables()) {
            assert!(row.contains(&format!("`{name}`")), "{name} in {row}");
        }
        assert_eq!(row.replace("\\|", "").matches('|').count(), 10, "{row}");
    }
}

#[test]
fn the_typescript_module_names_what_is_published_and_nothing_else() {
    let text = settings_typescript();
    for definition in definitions() {
        let described = text.contains(&format!("\n  {}: {{ ", definition.name));
        let typed = text.contains(&format!("\n  readonly {}: ", definition.name));
        assert_eq!(
            (described, typed),
            (definition.published, definition.published),
            "{}",
            definition.name
        );
    }
    assert!(!text.contains(": any"));
}
