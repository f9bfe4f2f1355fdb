//! Short ways through the library.

use sigmalert::parse;
use sigmalert::query::Expr;
use sigmalert::sigma::Collection;
use sigmalert::{ConvertError, Converted, Converter, Mapping, Options, Target};

/// All documents of a text.
pub fn collection(text: &str) -> Collection {
    let parsed = parse(text, &Default::default()).unwrap_or_else(|e| panic!("{e}: {text}"));
    Collection::new(parsed.documents.into_iter().map(|d| d.unwrap_or_else(|e| panic!("{e} at {}", e.pos))).collect())
}

/// Converts one document of a text.
pub fn convert(text: &str, at: usize, mapping: Mapping, options: Options) -> Result<Converted, ConvertError> {
    Converter::new(mapping, options).convert(&collection(text), at)
}

/// A rule on one field, `test`, of a schema without conditions, as an expression in Sigma's meaning.
pub fn expr_of(items: &str) -> Result<String, sigmalert::sigma::Error> {
    let indented: String = items.lines().map(|l| format!("    {l}\n")).collect();
    let text = format!("title: t\nlogsource: {{product: test}}\ndetection:\n  selection:\n{indented}  condition: selection\n");
    let mut parsed = parse(&text, &Default::default())?;
    match parsed.documents.remove(0)? {
        sigmalert::sigma::Document::Rule(r) => Ok(Expr::from_rule(&r, &Default::default())?.to_string()),
        _ => unreachable!("it has a detection"),
    }
}

pub fn options(target: Target) -> Options {
    Options { target, ..Options::default() }
}

/// The rule files of `sigma-samples/` with their texts.
pub fn samples() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
    let mut out: Vec<(String, String)> = std::fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "yml"))
        .map(|p| (p.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&p).unwrap()))
        .collect();
    out.sort();
    out
}
