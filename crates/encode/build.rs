//! Finds the system's codec libraries and compiles the shim around libx264.

fn main() {
    let turbojpeg = library("libturbojpeg", "2.0", "libturbojpeg0-dev");
    println!("cargo::rustc-env=TURBOJPEG_VERSION={}", turbojpeg.version);
    #[cfg(feature = "x264")]
    x264();
}

#[cfg(feature = "x264")]
fn x264() {
    println!("cargo::rerun-if-changed=shim/x264.c");
    let x264 = library("x264", "0.160", "libx264-dev");
    cc::Build::new()
        .file("shim/x264.c")
        .includes(&x264.include_paths)
        .flag_if_supported("-fvisibility=hidden")
        .compile("selkies_x264");
}

fn library(name: &str, at_least: &str, package: &str) -> pkg_config::Library {
    match pkg_config::Config::new()
        .atleast_version(at_least)
        .probe(name)
    {
        Ok(library) => library,
        Err(why) => {
            panic!("{name} {at_least} or newer is needed (Debian package {package}): {why}")
        }
    }
}
