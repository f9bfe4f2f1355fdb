//! What of a rule would not survive conversion with a mapping, and what ElastAlert and Praeco would make of its rule file.

use super::file::File;
use super::finding::Finding;
use super::input::Input;
use super::lint::{Lint, Severity};
use super::lints::conversion as lints;
use super::sink::Sink;
use rayon::prelude::*;
use sigmalert_convert::mapping::FieldLocation;
use sigmalert_convert::{ConvertError, Converter, NoticeKind, Query, Style};
use sigmalert_elastalert::lint as rule_lint;
use sigmalert_elastalert::load::{Context, load_text};
use sigmalert_query::lang::PrintErrorKind;
use sigmalert_sigma::yaml::{Limits, Pos};
use sigmalert_sigma::{Collection, Document, ErrorKind};
use std::path::Path;

/// The lint that a notice is told by.
fn lint_of(kind: NoticeKind) -> &'static Lint {
    match kind {
        NoticeKind::Case => &lints::case::LINT,
        NoticeKind::Logsource => &lints::logsource_unmapped::LINT,
        NoticeKind::NoPlace => &lints::field_unmapped::LINT,
        NoticeKind::OverMatch => &lints::over_match::LINT,
        NoticeKind::UnderMatch => &lints::under_match::LINT,
        NoticeKind::Never => &lints::never_matches::LINT,
        NoticeKind::Unlike => &lints::format_mismatch::LINT,
        NoticeKind::Dsl => &lints::needs_dsl::LINT,
        NoticeKind::Praeco => &lints::praeco::LINT,
        NoticeKind::SigmalertOnly => &lints::needs_sigmalert::LINT,
        NoticeKind::Compacted => &lints::compacted::LINT,
    }
}

/// Something to tell of a document: the lint, the field it is about, what, and what to do.
struct ConversionFinding {
    lint: &'static Lint,
    field: String,
    pos: Option<Pos>,
    message: String,
    help: Option<String>,
}

/// Converts all documents; `places` says in which file each stands.
pub(super) fn check(
    converter: &Converter,
    documents: Vec<Document>,
    places: &[usize],
    inputs: &[Input],
    limits: &Limits,
    severity: &(dyn Fn(usize, &'static Lint) -> Option<Severity> + Sync),
) -> Vec<(usize, Finding)> {
    let collection = Collection::new(documents);
    places
        .par_iter()
        .enumerate()
        .flat_map_iter(|(i, &at)| {
            let document = &collection.documents()[i];
            if matches!(document, Document::Filter(_)) {
                return Vec::new();
            }
            let mut told = convert(converter, &collection, i);
            told.retain(|t| severity(at, t.lint).is_some());
            if told.is_empty() {
                return Vec::new();
            }
            let Ok(text) = inputs[at].read(limits) else { return Vec::new() };
            let file = File::new(&inputs[at].path, &text);
            let mut findings = Vec::new();
            for t in told {
                let Some(severity) = severity(at, t.lint) else { continue };
                let pos = t.pos.filter(|p| p.is_known()).unwrap_or_else(|| place_of(converter, document, &t.field));
                Sink { lint: t.lint, severity, file: &file, findings: &mut findings }.at(pos, t.message).help(t.help.unwrap_or_default());
            }
            findings.into_iter().map(|f| (at, f)).collect()
        })
        .collect()
}

fn convert(converter: &Converter, collection: &Collection, index: usize) -> Vec<ConversionFinding> {
    let mut out = Vec::new();
    match converter.convert(collection, index) {
        Ok(converted) => {
            for n in &converted.notices {
                let message = if n.field.is_empty() { n.message.clone() } else { format!("{}: {}", n.field, n.message) };
                out.push(ConversionFinding { lint: lint_of(n.kind), field: n.field.clone(), pos: None, message, help: None });
            }
            if let Query::RuleFile(file) = &converted.query {
                judge(converter, &file.to_text(), &mut out);
            }
        }
        // The reader has told what is wrong with the document itself.
        Err(ConvertError::Sigma(e)) if !matches!(e.kind, ErrorKind::Placeholder | ErrorKind::Size) => {}
        // Correlations that are too large are told of by a lint of the pack.
        Err(ConvertError::Sigma(e)) if e.kind == ErrorKind::Size && e.path == "correlation.rules" => {}
        Err(e) => {
            let field = match &e {
                ConvertError::Language(p) => p.field.clone(),
                ConvertError::Index(e) => e.field.clone(),
                _ => String::new(),
            };
            let too_large = match &e {
                ConvertError::Language(p) => p.kind == PrintErrorKind::TooLarge,
                ConvertError::Sigma(e) => e.kind == ErrorKind::Size,
                _ => false,
            };
            let lint = if too_large { &lints::too_large::LINT } else { &lints::failed::LINT };
            let pos = match &e {
                ConvertError::Sigma(e) => Some(e.pos),
                _ => None,
            };
            out.push(ConversionFinding { lint, field, pos, message: e.to_string(), help: e.help() });
        }
    }
    out
}

/// What ElastAlert and Praeco would make of a rule file.
fn judge(converter: &Converter, text: &str, out: &mut Vec<ConversionFinding>) {
    let context = Context { environment: &|_| None, root: None, config: &[] };
    let audience = rule_lint::Audience { praeco: converter.options().style == Style::Praeco, ..rule_lint::Audience::default() };
    // It stands nowhere yet; what it imports is written with it.
    let problems = match load_text(Path::new("rule.yaml"), text, &context) {
        Ok(rule) => rule_lint::lint(&rule, audience),
        Err(_) => return,
    };
    for p in problems {
        let lint = if p.code.starts_with("PR") { &lints::praeco::LINT } else { &lints::elastalert::LINT };
        // Rules of sigmalert's own type are told of by a notice.
        if p.code != "EA117" {
            out.push(ConversionFinding {
                lint,
                field: String::new(),
                pos: None,
                message: format!("{}: {}", p.code, p.message),
                help: p.help,
            });
        }
    }
}

/// Where a rule asks for a field, by its own name or the index's.
fn place_of(converter: &Converter, document: &Document, field: &str) -> Pos {
    let (rule, start) = match document {
        Document::Rule(r) => (r, r.pos),
        other => return other.pos(),
    };
    if field.is_empty() {
        return start;
    }
    let asks = |own: &str| {
        own == field
            || match converter.mapping().place(&rule.logsource, own) {
                FieldLocation::Named(fields) => fields.iter().any(|f| f == field),
                FieldLocation::Default(f) => f == field,
                _ => false,
            }
    };
    let items = rule.detection.items();
    let found = items.iter().find(|i| i.field.as_deref().is_some_and(asks));
    // A keyword search names no field of its own.
    found.or_else(|| items.iter().find(|i| i.field.is_none())).map_or(rule.detection.condition_pos, |i| i.pos)
}
