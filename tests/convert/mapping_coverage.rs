//! Every logsource and field of the public Sigma repository has a place in the built-in mappings, or a line that says why
//! it has none. `docs/evidence/coverage.md` shows it by logsource.

use crate::support::corpus;
use sigmalert::Mapping;
use sigmalert::mapping::{Coverage, FieldLocation};
use sigmalert::sigma::Logsource;

#[test]
fn or_say_why_not() {
    let Some(batch) = corpus::read("or_say_why_not") else { return };
    let mut page = String::from(
        "# What the mappings cover\n\nThe logsources and fields of the public Sigma repository, as `sigmalert mappings NAME --coverage RULES` counts them. \
         *Named*: the mapping says which fields of the index hold it. *By default*: it has the name that the schema gives \
         all fields of the logsource, such as `winlog.event_data.`NAME. *Nowhere*: no event of the schema has it; the reason is below the table.\n",
    );
    for name in ["winlogbeat", "wazuh"] {
        let coverage = Coverage::of(&Mapping::builtin(name).unwrap(), batch.collection.documents());
        let gaps: Vec<_> = coverage.gaps().collect();
        assert!(gaps.is_empty(), "{name} says nothing of {gaps:?}");
        assert!(coverage.logsources.len() > 100, "{}", coverage.logsources.len());
        page.push_str(&format!("\n## {name}\n\n{}", coverage.to_markdown()));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence/coverage.md");
    if std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(path, &page).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page, "docs/evidence/coverage.md is made with INSTA_UPDATE=always");
}

#[test]
fn and_a_gap_is_seen() {
    let mapping = Mapping::from_text(
        "name: m\nlogsources:\n  - when: {product: p}\n    fields: {a: b.c, gone: null, why: {none: because}}\n  - when: {product: q}\n    \
         default: 'raw.{field}'\n  - when: {product: r}\n    unsupported: no events\n",
        std::path::Path::new("m.yml"),
    )
    .unwrap();
    let of = |product: &str, field: &str| mapping.place(&Logsource { product: Some(product.into()), ..Logsource::default() }, field);
    assert_eq!(of("p", "a"), FieldLocation::Named(vec!["b.c".into()]));
    assert_eq!(of("p", "gone"), FieldLocation::Nowhere(None));
    assert_eq!(of("p", "why"), FieldLocation::Nowhere(Some("because".into())));
    assert_eq!(of("p", "other"), FieldLocation::Unknown);
    assert_eq!(of("q", "other"), FieldLocation::Default("raw.other".into()));
    assert_eq!(of("r", "other"), FieldLocation::NoEvents("no events".into()));
    // A comma ends a value in YAML's short form, and with it half of a reason.
    let cut = Mapping::from_text("name: m\nfields: {a: {none: not this, nor that}}\n", std::path::Path::new("m.yml"));
    assert!(cut.is_err_and(|e| e.to_string().contains("quote a reason")));
}
