//! Any bytes as a stream of events (NDJSON, JSON, gzip, zstd), through the shapes and the matcher.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sigmalert::events::{EventBatch, EventSchema, EventSource};
use sigmalert::matcher::{Matcher, Scratch};
use sigmalert::query::{Expr, Schema, simplify};
use std::sync::LazyLock;

/// One of each kind of test.
static EXPRS: LazyLock<Vec<Expr>> = LazyLock::new(|| {
    let schema = Schema::default();
    [
        r"Image:*\\whoami.exe AND NOT CommandLine:(*a* OR b?c)",
        "EventID:[1 TO 5} OR EventID:>=4688",
        "_exists_:a.b AND NOT _exists_:c",
        "/[a-z]{2,5}(x|y)+/ OR text:/.*(foo|bar)[0-9]*/",
        "word AND \"two words\"",
        "ip:\"10.0.0.0/8\" OR ip:\"fe80::/10\"",
        "*",
    ]
    .iter()
    .filter_map(|q| sigmalert::lang::lucene::parse(q, &schema).ok().map(simplify))
    .collect()
});
static MATCHER: LazyLock<Matcher> = LazyLock::new(|| Matcher::new(EXPRS.iter(), None));

fuzz_target!(|data: &[u8]| {
    let Ok(mut source) = EventSource::from_stream("fuzz", Box::new(std::io::Cursor::new(data.to_vec()))) else { return };
    let (mut batch, mut scratch) = (EventBatch::default(), Scratch::default());
    while source.read(&mut batch) {
        for item in &batch.events {
            for event_schema in [EventSchema::Sigma, EventSchema::Winlogbeat, EventSchema::Wazuh] {
                let text = batch.document(item, event_schema).to_json();
                let Ok(found) = MATCHER.matches(&text, &mut scratch).map(<[usize]>::to_vec) else { continue };
                for (i, expr) in EXPRS.iter().enumerate() {
                    let why = MATCHER.explain(i, expr, &text, &mut scratch).expect("it was read before");
                    assert_eq!(why.holds, found.contains(&i), "{expr}");
                }
            }
        }
    }
});
