//! Gives the library the name that programs are linked to.

fn main() {
    println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libudev.so.1");
    println!("cargo:rerun-if-changed=build.rs");
}
