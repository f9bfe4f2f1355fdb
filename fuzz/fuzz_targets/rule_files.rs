//! ElastAlert rule files: read, judged, typed, upgraded, written again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmalert::elastalert::lint::{Audience, lint};
use sigmalert::elastalert::load::{Context, load_text};
use sigmalert::elastalert::{typed, upgrade};
use sigmalert::yaml::{self, Dialect, Limits};
use std::path::Path;

fuzz_target!(|text: &str| {
    // The files of the machine are no part of this.
    if text.contains("import") || text.contains("_file") || text.contains("_path") {
        return;
    }
    for dialect in [Dialect::Yaml11, Dialect::Yaml12] {
        for node in yaml::parse_as(text, &Limits::default(), dialect).unwrap_or_default() {
            let value = node.to_value();
            let written = yaml::emit(&value);
            let again = yaml::parse_as(&written, &Limits::default(), dialect).expect("what was written is read");
            // Not a number is not equal to itself.
            assert_eq!(format!("{:?}", again[0].to_value()), format!("{value:?}"), "{written}");
        }
    }
    let context = Context { environment: &|_| None, root: None, config: &[] };
    if let Ok(rule) = load_text(Path::new("rule.yaml"), text, &context) {
        let _ = lint(&rule, Audience::default());
        let _ = typed::Rule::new(&rule);
    }
    let _ = upgrade::upgrade(text, "rule", Audience::default());
});
