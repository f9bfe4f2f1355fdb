//! All tests of the crate from outside, one folder a part of the program and one file a topic, in one binary to link once.
//!
//! Those that need a server, the corpus or a Python environment are skipped where it is missing, and listed at the end of the run.
//! `cargo xtask test` makes all of it available; `SIGMALERT_REQUIRE=all` turns a skip into a failure.

#![allow(
    clippy::case_sensitive_file_extension_comparisons,
    clippy::cast_precision_loss,
    clippy::default_trait_access,
    clippy::float_cmp,
    clippy::many_single_char_names,
    reason = "shorter to read in tests"
)]

mod support;

mod check;
mod convert;
mod elastalert;
mod run;
mod scan;
mod serve;
mod sigma;

/// A file that its folder does not name would be no test at all.
#[test]
fn every_file_is_part_of_the_tests() {
    let tests = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let names = |folder: &std::path::Path| -> Vec<String> {
        let entries = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        let mut names: Vec<String> = entries
            .filter(|p| p.extension().is_some_and(|e| e == "rs") || p.join("mod.rs").is_file())
            .map(|p| p.file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|n| n != "mod" && n != "main")
            .collect();
        names.sort();
        names
    };
    let folders = names(&tests);
    assert_eq!(folders, ["check", "convert", "elastalert", "run", "scan", "serve", "sigma", "support"]);
    for folder in folders {
        let text = std::fs::read_to_string(tests.join(&folder).join("mod.rs")).unwrap();
        for name in names(&tests.join(&folder)) {
            assert!(
                text.lines().any(|l| l.trim_start_matches("pub ") == format!("mod {name};")),
                "tests/{folder}/mod.rs lacks `mod {name};`"
            );
        }
    }
}
