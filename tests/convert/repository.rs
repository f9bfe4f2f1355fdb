//! The public Sigma repository as a whole: nothing is dropped in silence, nothing panics, nearly everything converts,
//! and what does not has a reason that is the target's.

use crate::support::corpus;
use sigmalert::batch::{Format, Outcome, OutcomeResult, Run, Selection, Summary};
use sigmalert::parse;
use sigmalert::query::Expr;
use sigmalert::sigma::to_yaml;
use sigmalert::{Converter, Mapping, Options, Target, yaml};

#[test]
fn for_both_mappings_and_every_target() {
    let Some(batch) = corpus::read("for_both_mappings_and_every_target") else { return };
    assert!(batch.failures.is_empty(), "{:?}", batch.failures);
    let rules = batch.collection.documents().len();
    assert!(rules > 3000, "{rules}");
    for mapping in ["winlogbeat", "wazuh"] {
        for (name, target) in Target::ALL {
            let converter = Converter::new(Mapping::builtin(mapping).unwrap(), Options { target, ..Options::default() });
            let run = Run {
                selection: &Selection::default(),
                format: Format::of(target),
                folder: None,
                suffix: None,
                fail_fast: false,
                stopped: false,
                progress: &|_, _| {},
            };
            let outcomes = batch.convert(&converter, &run);
            assert_eq!(outcomes.len(), rules, "every rule has an outcome");
            let summary = Summary::of(&outcomes);
            assert_eq!(summary.converted + summary.failures(), rules);
            let share = summary.converted as f64 / rules as f64;
            // KQL has neither regular expressions nor `?`.
            let least = if target == Target::Kql { 0.9 } else { 0.995 };
            eprintln!("{mapping} {name}: {} of {rules} ({:.2} %)", summary.converted, share * 100.0);
            assert!(share >= least, "{mapping} {name}: {share}");
            for o in outcomes.iter().filter(|o| Outcome::is_failure(o)) {
                let OutcomeResult::Failed(f) = &o.result else { continue };
                assert!(matches!(f.kind(), "index type" | "query language"), "{}: {}", o.path.display(), f.message());
                assert!(f.help().is_some(), "{}: {}", o.path.display(), f.message());
            }
        }
    }
}

/// What the tree keeps is enough to write the rule again.
#[test]
fn rules_print_and_read_back_the_same() {
    let Some(batch) = corpus::read("rules_print_and_read_back_the_same") else { return };
    for (i, d) in batch.collection.documents().iter().enumerate() {
        let printed = yaml::emit(&to_yaml(d));
        let again = parse(&printed, &Default::default()).unwrap().documents.remove(0).unwrap();
        let path = &batch.sources[batch.places[i].source].path;
        assert_eq!(yaml::emit(&to_yaml(&again)), printed, "{}", path.display());
        if let (sigmalert::sigma::Document::Rule(a), sigmalert::sigma::Document::Rule(b)) = (d, &again) {
            assert_eq!(Expr::from_rule(a, &Default::default()), Expr::from_rule(b, &Default::default()), "{}", path.display());
            assert_eq!(a.attributes, b.attributes, "{}", path.display());
            assert_eq!(a.logsource, b.logsource, "{}", path.display());
        }
    }
}

/// Our reader, which keeps positions, and the YAML library at large see the same documents.
#[test]
fn yaml_is_read_as_others_read_it() {
    let Some(batch) = corpus::read("yaml_is_read_as_others_read_it") else { return };
    for source in &batch.sources {
        let text = source.read(usize::MAX / 2).unwrap();
        let ours: Vec<serde_json::Value> =
            yaml::parse_all(&text, &Default::default()).unwrap().iter().map(|n| n.to_value().into()).collect();
        let theirs: Vec<serde_json::Value> =
            serde_yaml::Deserializer::from_str(&text).map(|d| serde::Deserialize::deserialize(d).unwrap()).collect();
        assert_eq!(ours, theirs, "{}", source.path.display());
    }
}
