//! `selkies bench` measures this very build: X server, browser and program together.

use std::fs;
use std::process::Command;

use selkies_testkit::require_tool;
use serde_json::Value;

#[test]
fn one_scene_is_measured_from_end_to_end() {
    for tool in ["Xvfb", "chromium", "ss"] {
        if require_tool(tool).is_none() {
            return;
        }
    }
    let folder = tempfile::tempdir().expect("there is room for a file");
    let json = folder.path().join("values.json");
    let output = Command::new(env!("CARGO_BIN_EXE_selkies"))
        .args(["bench", "--scenes", "typing", "--seconds", "1", "--json"])
        .arg(&json)
        .output()
        .expect("our own program starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let table = String::from_utf8_lossy(&output.stdout);
    assert!(table.contains("| typing "), "{table}");

    let text = fs::read(&json).expect("the values were written");
    let values: Value = serde_json::from_slice(&text).expect("they are JSON");
    let value = |what: &str| {
        let rows = values["rows"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["what"] == what);
        row.and_then(|row| row["value"].as_f64())
            .unwrap_or_else(|| panic!("{what} was not measured: {values:#}"))
    };
    // However busy the machine is: pictures were drawn, sent and shown, and that cost something.
    assert!(value("drawn by the scene") > 1.0);
    assert!(value("shown in the page") > 1.0);
    assert!(value("bytes sent") > 1.0);
    assert!(value("processor") > 0.0);
    assert!(value("memory (PSS)") > 1.0);
}

#[test]
fn what_cannot_be_measured_is_said_before_anything_is_started() {
    for (words, complaint) in [
        (["--scenes", "nothing"], "no scene \"nothing\""),
        (["--chromium", "/nowhere"], "no browser at /nowhere"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_selkies"))
            .arg("bench")
            .args(words)
            .output()
            .expect("our own program starts");
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains(complaint), "{said}");
    }
}
