//! Runs lints on files: first on each file, then on the whole pack.

use super::config::Config;
use super::convert;
use super::doc::Doc;
use super::entry::{Check, Entry};
use super::file::File;
use super::finding::Finding;
use super::fingerprint::fingerprints;
use super::input::Input;
use super::lint::{Lint, Severity};
use super::lints::{file as file_lints, pack as pack_lints};
use super::logic;
use super::outcome::{FileReport, Report};
use super::pack::{DocumentKind, Pack, PackDocument, PackSink, Reference};
use super::sink::Sink;
use super::suppress::{self, Suppression, Suppressions};
use super::{reading, registry};
use rayon::prelude::*;
use sigmalert_convert::Converter;
use sigmalert_query::from_sigma;
use sigmalert_query::{Expr, simplify};
use sigmalert_sigma::yaml::{self, Limits, Node, Pos};
use sigmalert_sigma::{self as sigma, Detection, Document, Placeholders, Rule};
use std::path::Path;

/// Runs lints.
#[derive(Debug, Default)]
pub struct Checker {
    config: Config,
    converter: Option<Converter>,
    limits: Limits,
    /// Whether the files are a part of a pack, so that rules they refer to may be elsewhere.
    part: bool,
}

/// The lints that run on a file.
struct Plan {
    lints: Vec<(&'static Entry, Severity)>,
}

/// The state of a file after its own checks, before those of the pack.
#[derive(Default)]
struct Partial {
    report: FileReport,
    entries: Vec<PackDocument>,
    suppressions: Vec<Suppression>,
    /// The documents to convert.
    documents: Vec<Document>,
}

impl Partial {
    fn of(path: &Path) -> Self {
        Self { report: FileReport { path: path.to_owned(), ..FileReport::default() }, ..Self::default() }
    }
}

impl Plan {
    fn severity(&self, lint: &'static Lint) -> Option<Severity> {
        self.lints.iter().find(|(e, _)| std::ptr::eq(e.lint, lint)).map(|(_, s)| *s)
    }
}

/// Creates the sink of a lint for a file.
macro_rules! sink {
    ($lint:expr, $severity:expr, $file:expr, $findings:expr) => {
        &mut Sink { lint: $lint, severity: $severity, file: $file, findings: $findings }
    };
}

impl Checker {
    /// Creates a checker with a configuration.
    pub fn new(config: Config) -> Self {
        Self { config, ..Self::default() }
    }

    /// Also converts each rule, and reports what conversion would lose.
    #[must_use]
    pub fn with_converter(mut self, converter: Converter) -> Self {
        self.converter = Some(converter);
        self
    }

    /// Treats the inputs as a part of a pack: references to other rules are assumed to resolve.
    #[must_use]
    pub fn partial_pack(mut self) -> Self {
        self.part = true;
        self
    }

    /// Returns the configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Returns the converter, if rules are converted.
    pub fn converter(&self) -> Option<&Converter> {
        self.converter.as_ref()
    }

    /// Checks a text by itself.
    pub fn check_text(&self, path: &Path, text: &str) -> FileReport {
        let plan = self.plan(path);
        let file = File::new(path, text);
        let mut partial = Partial::of(path);
        self.check_file(&plan, 0, &file, &mut partial);
        Self::finish(&plan, &file, &mut partial);
        partial.report
    }

    /// Checks files, and the pack that they form.
    pub fn check(&self, inputs: &[Input]) -> Report {
        let common = self.config.is_uniform().then(|| self.plan(Path::new("")));
        let plans: Vec<Option<Plan>> = inputs.iter().map(|i| if common.is_some() { None } else { Some(self.plan(&i.path)) }).collect();
        let plan = |at: usize| plans[at].as_ref().or(common.as_ref());
        let mut partials: Vec<Partial> = inputs
            .par_iter()
            .enumerate()
            .map(|(at, input)| {
                let mut partial = Partial::of(&input.path);
                let Some(plan) = plan(at) else { return partial };
                match input.read(&self.limits) {
                    Ok(text) => {
                        let file = File::new(&input.path, &text);
                        self.check_file(plan, at, &file, &mut partial);
                        if self.converter.is_none() {
                            Self::tidy(&file, &mut partial);
                        }
                    }
                    Err(message) => {
                        if let Some(severity) = plan.severity(&file_lints::unreadable::LINT) {
                            let file = File::new(&input.path, "");
                            sink!(&file_lints::unreadable::LINT, severity, &file, &mut partial.report.findings)
                                .at(Pos::default(), format!("the file {message}"));
                            partial.report.fingerprints.push(file_lints::unreadable::LINT.code.to_owned());
                        }
                    }
                }
                partial
            })
            .collect();
        let mut later: Vec<(usize, Finding)> = Vec::new();
        let entries: Vec<PackDocument> = partials.iter_mut().flat_map(|p| std::mem::take(&mut p.entries)).collect();
        let pack = Pack::new(inputs.iter().map(|i| i.path.clone()).collect(), entries, !self.part);
        for entry in registry::entries() {
            if let Check::Pack(check) = entry.check {
                let lint = entry.lint;
                let severity = |file: usize| plan(file).and_then(|p| p.severity(lint));
                check(&pack, &mut PackSink { lint, severity: &severity, findings: &mut later });
            }
        }
        if let Some(converter) = &self.converter {
            let mut places = Vec::new();
            let mut documents = Vec::new();
            for (at, p) in partials.iter_mut().enumerate() {
                places.extend(std::iter::repeat_n(at, p.documents.len()));
                documents.append(&mut p.documents);
            }
            let severity = |file: usize, lint: &'static Lint| plan(file).and_then(|p| p.severity(lint));
            later.extend(convert::check(converter, documents, &places, inputs, &self.limits, &severity));
        }
        for (at, finding) in later {
            partials[at].report.findings.push(finding);
        }
        let converted = self.converter.is_some();
        let files = partials
            .into_par_iter()
            .enumerate()
            .map(|(at, mut partial)| {
                // Few files need their text again to finish.
                let open =
                    partial.report.fingerprints.len() < partial.report.findings.len() || !partial.suppressions.is_empty() || converted;
                if let Some(plan) = plan(at)
                    && open
                    && let Ok(text) = inputs[at].read(&self.limits)
                {
                    Self::finish(plan, &File::new(&inputs[at].path, &text), &mut partial);
                }
                partial.report
            })
            .collect();
        Report { files }
    }

    fn plan(&self, path: &Path) -> Plan {
        Plan { lints: self.config.lints_for(path) }
    }

    /// Runs the checks of a single file.
    fn check_file(&self, plan: &Plan, at: usize, file: &File<'_>, out: &mut Partial) {
        out.suppressions = suppress::read(file);
        let findings = &mut out.report.findings;
        for &(entry, severity) in &plan.lints {
            if let Check::Text(check) = entry.check {
                check(file, sink!(entry.lint, severity, file, findings));
            }
        }
        let nodes = match yaml::parse_all(file.text, &self.limits) {
            Ok(nodes) => nodes,
            Err(_) if looks_foreign(file.text) => {
                out.report.foreign = true;
                findings.clear();
                return;
            }
            Err(e) => return reading::report(&e.into(), &mut |lint| plan.severity(lint), file, findings),
        };
        if !nodes.is_empty() && nodes.iter().all(is_foreign) {
            out.report.foreign = true;
            findings.clear();
            return;
        }
        let documents = sigma::effective(&nodes);
        out.report.documents = documents.len();
        let shared = nodes.iter().any(|n| n.get("action").is_some());
        if documents.is_empty()
            && let Some(severity) = plan.severity(&file_lints::empty_file::LINT)
        {
            sink!(&file_lints::empty_file::LINT, severity, file, findings).at(Pos { line: 1, column: 1 }, "the file contains no document");
        }
        for node in documents {
            let node = match node {
                Ok(node) => node,
                Err(e) => {
                    reading::report(&e, &mut |lint| plan.severity(lint), file, findings);
                    continue;
                }
            };
            let document = from_sigma::read(&node, &mut Vec::new());
            let doc = Doc { file, vocabulary: &self.config.vocabulary, node: &node, document: document.as_ref().ok(), shared };
            let before = findings.len();
            let expr = simplest(document.as_ref().ok()).unwrap_or_else(|e| {
                reading::report(&e, &mut |lint| plan.severity(lint), file, findings);
                None
            });
            inspect(plan, &doc, expr.as_ref(), findings);
            if let Err(e) = &document {
                // A lint's own finding is more precise than the parser's error.
                let reported = |f: &Finding| f.severity == Severity::Error && f.span.start.line == e.pos.line;
                if !findings[before..].iter().any(reported) {
                    reading::report(e, &mut |lint| plan.severity(lint), file, findings);
                }
            }
            out.entries.push(entry(&doc, at, plan, expr));
            if self.converter.is_some()
                && let Ok(document) = document
            {
                out.documents.push(document);
            }
        }
    }

    /// Sorts findings, removes suppressed ones, and computes fingerprints.
    fn tidy(file: &File<'_>, out: &mut Partial) {
        let report = &mut out.report;
        if !out.suppressions.is_empty() {
            let before = report.findings.len();
            let suppressions = Suppressions::new(&out.suppressions);
            report.findings.retain(|f| !suppressions.suppress(f));
            report.suppressed += before - report.findings.len();
        }
        report.findings.sort_by(|a, b| (a.span, a.lint.code, &a.message).cmp(&(b.span, b.lint.code, &b.message)));
        report.findings.dedup_by(|a, b| a.span == b.span && a.lint.code == b.lint.code && a.message == b.message);
        report.fingerprints = fingerprints(file, &report.findings);
    }

    /// Finishes a file: tidies it, and reports comments that suppress nothing.
    fn finish(plan: &Plan, file: &File<'_>, out: &mut Partial) {
        Self::tidy(file, out);
        let Some(severity) = plan.severity(&file_lints::unused_ignore::LINT) else { return };
        let before = out.report.findings.len();
        for s in out.suppressions.iter().filter(|s| !s.used.get()) {
            // A comment may refer to a lint that does not run on this file.
            let runs = s.words.is_empty() || s.words.iter().any(|w| plan.lints.iter().any(|(e, _)| e.lint.matches_selector(w)));
            if runs || !s.words.iter().all(|w| registry::all().iter().any(|l| l.matches_selector(w))) {
                file_lints::unused_ignore::report(
                    s,
                    file,
                    sink!(&file_lints::unused_ignore::LINT, severity, file, &mut out.report.findings),
                );
            }
        }
        if out.report.findings.len() > before {
            Self::tidy(file, out);
        }
    }
}

/// Whether a mapping is YAML of another kind: it has none of the keys that only Sigma has, and no title together with another
/// key of rules.
fn is_foreign(node: &Node<'_>) -> bool {
    let has = |keys: &[&str]| node.as_map().unwrap_or_default().iter().any(|(k, _)| keys.iter().any(|o| k.text.eq_ignore_ascii_case(o)));
    let titled = has(&["title"]) && has(&["id", "status", "level", "tags", "description", "author", "falsepositives"]);
    // In ElastAlert rule files, `filter` is a list.
    let filter = node.get("filter").is_some_and(|f| f.as_seq().is_none());
    node.as_map().is_some_and(|m| !m.is_empty()) && !titled && !filter && !has(&["logsource", "detection", "correlation", "action"])
}

/// As [`is_foreign`], for a text that is not valid YAML.
fn looks_foreign(text: &str) -> bool {
    !["title:", "logsource:", "detection:", "correlation:", "filter:"].iter().any(|k| text.lines().any(|l| l.starts_with(k)))
}

/// Runs the lints of a single document.
fn inspect(plan: &Plan, doc: &Doc<'_>, expr: Option<&Expr>, findings: &mut Vec<Finding>) {
    let detection = doc.detection();
    let items = detection.map(Detection::items).unwrap_or_default();
    let rule = match doc.document {
        Some(Document::Rule(r)) => Some(r),
        _ => None,
    };
    for &(entry, severity) in &plan.lints {
        let sink = sink!(entry.lint, severity, doc.file, findings);
        match (entry.check, doc.document) {
            (Check::Document(check), _) => check(doc, sink),
            (Check::Rule(check), Some(Document::Rule(r))) => check(doc, r, sink),
            (Check::Correlation(check), Some(Document::Correlation(c))) => check(doc, c, sink),
            (Check::Detection(check), _) => {
                if let Some(d) = detection {
                    check(doc, d, sink);
                }
            }
            (Check::Item(check), _) => {
                for item in &items {
                    check(doc, item, sink);
                }
            }
            (Check::Logic(check), _) => {
                if let (Some(r), Some(e)) = (rule, expr) {
                    check(doc, r, e, sink);
                }
            }
            _ => {}
        }
    }
}

/// Returns what the pack keeps of a document.
fn entry(doc: &Doc<'_>, file: usize, plan: &Plan, expr: Option<Expr>) -> PackDocument {
    let reference = |(text, pos): (&str, Pos)| Reference { key: text.to_owned(), span: doc.file.span(pos) };
    let of = |node: &Node<'_>| node.text().map(|t| reference((t, node.pos)));
    let kind = if doc.is_correlation() {
        DocumentKind::Correlation
    } else if doc.is_filter() {
        DocumentKind::Filter
    } else {
        DocumentKind::Rule
    };
    let body = match kind {
        DocumentKind::Correlation => doc.entry("correlation"),
        DocumentKind::Filter => doc.entry("filter"),
        DocumentKind::Rule => None,
    };
    let rules = body.and_then(|(_, b)| b.get("rules"));
    // A single rule may be written without a list.
    let rules = rules.map_or(&[][..], |n| n.as_seq().unwrap_or(std::slice::from_ref(n)));
    let related = doc.entry("related").and_then(|(_, n)| n.as_seq()).unwrap_or_default();
    let logic = match doc.document {
        Some(Document::Rule(r)) if plan.severity(&pack_lints::duplicate_logic::LINT).is_some() => logic_of(r, expr),
        _ => None,
    };
    PackDocument {
        file,
        kind,
        at: doc.file.span(doc.at()),
        title: doc.text("title").map(reference),
        id: doc.text("id").map(reference),
        name: doc.text("name").map(|(t, _)| t.to_owned()),
        related: related.iter().filter_map(|r| r.get("id").and_then(of)).collect(),
        rules: rules.iter().filter_map(of).collect(),
        retired: matches!(doc.text("status"), Some(("deprecated" | "unsupported", _))),
        logic,
    }
}

/// Returns the simplified expression of a rule; `None` if it needs placeholders.
///
/// # Errors
/// When the rule is too large.
fn simplest(document: Option<&Document>) -> Result<Option<Expr>, sigma::Error> {
    let Some(Document::Rule(r)) = document else { return Ok(None) };
    match Expr::from_rule(r, &Placeholders::default()) {
        Ok(expr) => Ok(Some(simplify(expr))),
        Err(e) if e.kind == sigma::ErrorKind::Size => Err(e),
        Err(_) => Ok(None),
    }
}

fn logic_of(rule: &Rule, expr: Option<Expr>) -> Option<(String, u64)> {
    // The expression does not include the aggregation of an old rule.
    if rule.detection.conditions.iter().any(|c| c.aggregation.is_some()) {
        return None;
    }
    Some((rule.logsource.to_string(), logic::digest(expr?)))
}
