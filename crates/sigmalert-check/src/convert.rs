//! Reports what conversion with a mapping would lose, and the problems of the converted rule file.

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

/// Returns the lint for a notice.
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

/// A finding of the conversion of a document.
struct ConversionFinding {
    lint: &'static Lint,
    field: String,
    pos: Option<Pos>,
    message: String,
    help: Option<String>,
}

/// Converts all documents; `files` has the index of the file of each.
pub(super) fn check(
    converter: &Converter,
    documents: Vec<Document>,
    files: &[usize],
    inputs: &[Input],
    limits: &Limits,
    severity: &(dyn Fn(usize, &'static Lint) -> Option<Severity> + Sync),
) -> Vec<(usize, Finding)> {
    let collection = Collection::new(documents);
    files
        .par_iter()
        .enumerate()
        .flat_map_iter(|(i, &at)| {
            let document = &collection.documents()[i];
            if matches!(document, Document::Filter(_)) {
                return Vec::new();
            }
            let mut found = convert(converter, &collection, i);
            found.retain(|t| severity(at, t.lint).is_some());
            if found.is_empty() {
                return Vec::new();
            }
            let Ok(text) = inputs[at].read(limits) else { return Vec::new() };
            let file = File::new(&inputs[at].path, &text);
            let mut findings = Vec::new();
            for t in found {
                let Some(severity) = severity(at, t.lint) else { continue };
                let pos = t.pos.filter(|p| p.is_known()).unwrap_or_else(|| position_of(converter, document, &t.field));
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
                lint_rule_file(converter, &file.to_text(), &mut out);
            }
        }
        // The parser has reported errors of the document itself.
        Err(ConvertError::Sigma(e)) if !matches!(e.kind, ErrorKind::Placeholder | ErrorKind::Size) => {}
        // A lint of the pack reports correlations that are too large.
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

/// Lints the converted rule file for ElastAlert and Praeco.
fn lint_rule_file(converter: &Converter, text: &str, out: &mut Vec<ConversionFinding>) {
    let context = Context { environment: &|_| None, root: None, config: &[] };
    let audience =
        sigmalert_elastalert::Audience { praeco: converter.options().style == Style::Praeco, ..sigmalert_elastalert::Audience::default() };
    // The file is not written yet, so imports do not resolve.
    let problems = match load_text(Path::new("rule.yaml"), text, &context) {
        Ok(rule) => rule_lint::lint(&rule, audience),
        Err(_) => return,
    };
    for p in problems {
        let lint = if p.code.starts_with("PR") { &lints::praeco::LINT } else { &lints::elastalert::LINT };
        // A notice reports rules of sigmalert's own type.
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

/// Returns the position at which a rule uses a field, by its Sigma name or its index name.
fn position_of(converter: &Converter, document: &Document, field: &str) -> Pos {
    let (rule, start) = match document {
        Document::Rule(r) => (r, r.pos),
        other => return other.pos(),
    };
    if field.is_empty() {
        return start;
    }
    let uses = |own: &str| {
        own == field
            || match converter.mapping().place(&rule.logsource, own) {
                FieldLocation::Named(fields) => fields.iter().any(|f| f == field),
                FieldLocation::Default(f) => f == field,
                _ => false,
            }
    };
    let items = rule.detection.items();
    let found = items.iter().find(|i| i.field.as_deref().is_some_and(uses));
    // A keyword search has no field name.
    found.or_else(|| items.iter().find(|i| i.field.is_none())).map_or(rule.detection.condition_pos, |i| i.pos)
}
