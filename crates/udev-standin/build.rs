//! Gives the library the name that programs are linked to, and the versions they ask for.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=libudev.map");
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libudev.so.1");
    let own = env::var("CARGO_MANIFEST_DIR").unwrap_or_default();
    let map = format!("-Wl,--version-script={own}/libudev.map");
    if is_understood(&map) {
        println!("cargo:rustc-cdylib-link-arg={map}");
    }
}

/// rustc has a version script of its own. lld takes a second one, and GNU ld does not: the library
/// then works as well, but the dynamic linker remarks on the missing versions.
fn is_understood(map: &str) -> bool {
    let variable = |name| env::var(name).unwrap_or_default();
    let folder = variable("OUT_DIR");
    let probe = Path::new(&folder).join("probe.rs");
    let function = "#[unsafe(no_mangle)] pub extern \"C\" fn udev_new() {}\n";
    if fs::write(&probe, function).is_err() {
        return false;
    }
    let mut rustc = Command::new(variable("RUSTC"));
    rustc
        .args(["--edition", "2024", "--crate-type", "cdylib", "--target"])
        .args([
            variable("TARGET"),
            "-C".to_owned(),
            format!("link-arg={map}"),
        ])
        .args(["--out-dir", &folder])
        .arg(probe)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        rustc.args(["-C".to_owned(), format!("linker={linker}")]);
    }
    rustc.status().is_ok_and(|status| status.success())
}
