//! The seeds of the fuzz target `decode`: every wire vector is one, and all of them pass.
#![expect(
    clippy::disallowed_methods,
    reason = "the corpus is a directory of files"
)]

#[path = "fuzzed/decode.rs"]
mod fuzzed;

#[path = "vector_files/mod.rs"]
mod vector_files;

use std::path::Path;
use std::{env, fs};

use vector_files::FILES;

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/decode");

#[test]
fn every_seed_passes_through_the_fuzz_target() {
    let mut replayed = 0;
    for seed in fs::read_dir(CORPUS).expect("the corpus is part of the repository") {
        let path = seed.expect("the corpus can be listed").path();
        let data = fs::read(&path).expect("a seed can be read");
        println!("{}", path.display());
        fuzzed::decode(&data);
        replayed += 1;
    }
    assert!(replayed > 0, "the corpus is empty");
}

#[test]
fn every_vector_is_a_seed() {
    for (file, vectors) in FILES {
        for vector in vector_files::read(vectors) {
            let slug: String = vector
                .name
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect();
            let path = Path::new(CORPUS).join(format!("{}-{slug}", file.trim_end_matches(".json")));
            if env::var_os("WRITE_SEEDS").is_some() {
                fs::create_dir_all(CORPUS).expect("the corpus can be made");
                fs::write(&path, vector.bytes()).expect("a seed can be written");
            }
            let seed = fs::read(&path).unwrap_or_default();
            assert!(
                seed == vector.bytes(),
                "{} differs from its vector: run this test once with WRITE_SEEDS=1",
                path.display()
            );
        }
    }
}
