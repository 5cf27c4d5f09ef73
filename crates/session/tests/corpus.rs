//! The seeds of the fuzz target `session`: all of them pass, and they are not idle.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is a directory of files"
)]

#[path = "fuzzed/session.rs"]
mod fuzzed;

use std::fs;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/session");

#[test]
fn every_seed_passes_through_the_fuzz_target() {
    let mut replayed = 0;
    for seed in fs::read_dir(CORPUS).expect("the corpus is part of the repository") {
        let path = seed.expect("the corpus can be listed").path();
        let data = fs::read(&path).expect("a seed can be read");
        println!("{}", path.display());
        fuzzed::session(&data);
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}

#[test]
fn arbitrary_bytes_pass_through_the_fuzz_target() {
    proptest::proptest!(|(data in proptest::collection::vec(proptest::num::u8::ANY, 0..800))| {
        fuzzed::session(&data);
    });
}
