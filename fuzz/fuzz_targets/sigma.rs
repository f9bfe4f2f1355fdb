//! Sigma rules, correlations and filters: read, printed, converted to everything.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmalert::parse;
use sigmalert::sigma::{Collection, to_yaml};
use sigmalert::yaml::{self, Limits};
use sigmalert::{Converter, Mapping, Options, Target};
use std::sync::LazyLock;

static CONVERTERS: LazyLock<Vec<Converter>> = LazyLock::new(|| {
    let mut out = Vec::new();
    for (mapping, targets) in [("winlogbeat", &Target::ALL[..]), ("wazuh", &Target::ALL[..1])] {
        for (_, target) in targets {
            let mapping = Mapping::builtin(mapping).expect("it is built in");
            out.push(Converter::new(mapping, Options { target: *target, ..Options::default() }));
        }
    }
    out
});

fuzz_target!(|text: &str| {
    let Ok(parsed) = parse(text, &Limits::default()) else { return };
    let documents: Vec<_> = parsed.documents.into_iter().flatten().collect();
    for d in &documents {
        let printed = yaml::emit(&to_yaml(d));
        let again = parse(&printed, &Limits::default()).expect("what was printed is YAML");
        assert!(again.documents.iter().all(Result::is_ok), "{printed}");
    }
    let collection = Collection::new(documents);
    for i in 0..collection.documents().len() {
        for converter in CONVERTERS.iter() {
            if let Ok(c) = converter.convert(&collection, i) {
                let _ = c.query.to_string();
            }
        }
    }
});
