//! ElastAlert 2's own loader takes every rule file as it is.

use crate::support::cli::Workspace;
use crate::support::skip::{Need, skip};
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
        skip("of_the_public_repository", Need::ElastAlert);
        return;
    }
    // Both mappings in one folder: names are unique across them.
    let (w, files) = converted(rules.to_str().unwrap(), &["-m", "winlogbeat", "-m", "wazuh"]);
    assert_eq!(elastalert::load("of_the_public_repository", &w.path("out")), Some(Ok(files)));
}

/// Each profile, in both styles, for both mappings. Of the public repository a sample of 300 rules; all of them with
/// `SIGMALERT_FULL=1`.
#[test]
fn with_every_profile_in_every_style() {
    let test = "with_every_profile_in_every_style";
    if std::env::var_os("ELASTALERT_PYTHON").is_none() {
        skip(test, Need::ElastAlert);
        return;
    }
    let full = std::env::var_os("SIGMALERT_FULL").is_some();
    let (w, rules) = (Workspace::new(), corpus::rules(test));
    let folder = match &rules {
        Some(rules) if full => rules.display().to_string(),
        Some(rules) => {
            let found = sigmalert::batch::discover(std::slice::from_ref(rules)).sources;
            for (i, source) in found.iter().step_by(found.len() / 300).enumerate() {
                w.write(&format!("rules/{i}.yml"), std::fs::read(&source.path).unwrap());
            }
            "rules".into()
        }
        None => concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples").into(),
    };
    let (mut folders, mut files) = (Vec::new(), 0);
    for style in ["elastalert", "praeco"] {
        for profile in sigmalert::elastalert::Profile::builtin_names() {
            let out = format!("out/{style}/{profile}");
            let mut args = vec!["convert", "-q", "-m", "winlogbeat", "-m", "wazuh", "--style", style, "-p", profile, "-o", &out];
            // The links stand beside a destination.
            if matches!(profile, "kibana" | "opensearch") {
                args.extend(["-p", "slack"]);
            }
            args.push(&folder);
            let run = w.run(&args);
            assert!(run.status < 2, "{}", run.stderr);
            let written = w.files(&out).iter().filter(|f| f.ends_with(".yaml")).count();
            assert!(written > 50, "{out}: {written} files");
            files += written;
            folders.push(w.path(&out));
        }
    }
    assert_eq!(elastalert::load_all(test, &folders), Some(Ok(files)));
    eprintln!("{files} rule files loaded");
}
