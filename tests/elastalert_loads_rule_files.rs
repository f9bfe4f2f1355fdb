//! ElastAlert 2's own loader takes every rule file as it is.

use crate::support::cli::Workspace;
use crate::support::{corpus, elastalert};

fn converted(folder: &str, more: &[&str]) -> (Workspace, usize) {
    let w = Workspace::new();
    let mut args = vec!["convert", "-q", "-o", "out", folder];
    args.extend(more);
    w.run(&args);
    let files = w.files("out").iter().filter(|f| f.ends_with(".yaml")).count();
    assert!(files > 50, "{files} files");
    (w, files)
}

#[test]
fn of_the_samples() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
    for more in [&["-m", "winlogbeat"][..], &["-m", "wazuh", "--filter", "dsl"], &["-m", "winlogbeat", "--case", "regex"]] {
        let (w, files) = converted(samples, more);
        let Some(loaded) = elastalert::load("of_the_samples", &w.path("out")) else { return };
        assert_eq!(loaded, Ok(files), "{more:?}");
    }
}

#[test]
fn of_the_public_repository() {
    let Some(rules) = corpus::rules("of_the_public_repository") else { return };
    if std::env::var_os("ELASTALERT_PYTHON").is_none() {
        eprintln!("skipped: of_the_public_repository needs ElastAlert 2 (run it under tests/support/elastalert/run.sh)");
        return;
    }
    // Both mappings in one folder: names are unique across them.
    let (w, files) = converted(rules.to_str().unwrap(), &["-m", "winlogbeat", "-m", "wazuh"]);
    assert_eq!(elastalert::load("of_the_public_repository", &w.path("out")), Some(Ok(files)));
}
