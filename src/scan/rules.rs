//! The rules of a scan: Sigma rules through a mapping, or ElastAlert rule files.

use super::Semantics;
use rayon::prelude::*;
use sigmalert_convert::batch::{Batch, Failure, Outcome, OutcomeResult, Source};
use sigmalert_convert::{ConvertError, Converter};
use sigmalert_elastalert::RuleType;
use sigmalert_elastalert::filter::expression;
use sigmalert_elastalert::load::{Context, load_text, process_environment};
use sigmalert_elastalert::rule::Rule;
use sigmalert_matcher::Matcher;
use sigmalert_query::{Expr, Schema, simplify};
use sigmalert_sigma::yaml::Pos;
use std::path::PathBuf;

/// A rule.
#[derive(Debug, Clone)]
pub struct ScanRule {
    /// The title.
    pub title: String,
    /// The id.
    pub id: Option<String>,
    /// The Sigma level.
    pub level: Option<&'static str>,
    /// The tags.
    pub tags: Vec<String>,
    /// The file, as it is displayed.
    pub path: PathBuf,
    /// The expression that documents are evaluated against.
    pub expr: Expr,
    /// The index pattern.
    pub index: String,
    /// The timestamp field.
    pub timestamp: String,
}

/// Rules that were loaded, and those that could not be.
#[derive(Debug, Default)]
pub struct Rules {
    /// Rules that can be evaluated.
    pub rules: Vec<ScanRule>,
    /// Rules that cannot be evaluated.
    pub failures: Vec<Outcome>,
    /// Rules that count events over time, which a scan does not evaluate.
    pub counting: Vec<ScanRule>,
}

/// Loads the Sigma rules of a batch with the field names of the converter's mapping.
pub fn load_sigma(batch: &Batch, converter: &Converter, semantics: Semantics) -> Rules {
    enum Loaded {
        Rule(ScanRule),
        Counting(ScanRule),
        Failed(Box<ConvertError>),
        Nothing,
    }
    let documents = batch.collection.documents();
    let made: Vec<Loaded> = (0..documents.len())
        .into_par_iter()
        .map(|at| {
            let applied = match semantics {
                Semantics::Sigma => converter.apply(&batch.collection, at),
                Semantics::Index => converter.lower(&batch.collection, at),
            };
            let attributes = documents[at].attributes();
            let rule = |expr: Expr, index: String, timestamp: String| ScanRule {
                title: attributes.title.clone(),
                id: attributes.id.clone(),
                level: attributes.level.map(sigmalert_sigma::Level::name),
                tags: attributes.tags.clone(),
                path: batch.sources[batch.places[at].source].path.clone(),
                expr,
                index,
                timestamp,
            };
            match applied {
                Ok(a) => Loaded::Rule(rule(a.expr, a.index, a.timestamp)),
                Err(ConvertError::Counts) => Loaded::Counting(rule(Expr::FALSE, String::new(), String::new())),
                Err(ConvertError::Target { .. }) => Loaded::Nothing,
                Err(e) => Loaded::Failed(Box::new(e)),
            }
        })
        .collect();
    let mut out = Rules::default();
    for (at, made) in made.into_iter().enumerate() {
        match made {
            Loaded::Rule(r) => out.rules.push(r),
            Loaded::Counting(r) => out.counting.push(r),
            Loaded::Failed(e) => out.failures.push(batch.not_converted(at, *e)),
            Loaded::Nothing => {}
        }
    }
    out
}

/// Loads ElastAlert rule files. Files that sigmalert wrote have Sigma's semantics unless the index's are requested.
pub fn load_rule_files(sources: &[Source], schema: &Schema, semantics: Semantics, limit: usize) -> Rules {
    let made: Vec<Result<(ScanRule, bool), Box<Outcome>>> = sources
        .par_iter()
        .map(|source| {
            let fail =
                |pos: Pos, message: String| Box::new(Outcome::new(&source.path, pos, OutcomeResult::Failed(Failure::Input(message))));
            let text = source.read(limit).map_err(|e| fail(Pos::default(), e.message))?;
            let context = Context { environment: &process_environment, root: None, config: &[] };
            let loaded = load_text(&source.path, &text, &context).map_err(|e| fail(e.pos, e.message))?;
            let rule = Rule::new(&loaded).map_err(|e| fail(loaded.entry(&e.option).map_or(Pos::default(), |e| e.pos), e.to_string()))?;
            let pos = loaded.entry("filter").map_or(Pos::default(), |e| e.pos);
            let mut all = Vec::new();
            for filter in &rule.filter {
                all.push(expression(filter, schema).map_err(|e| fail(pos, e.to_string()))?);
            }
            let mut expr = simplify(Expr::And(all));
            let block = loaded.get("sigmalert");
            let of = |key: &str| block.and_then(|b| b.get(key)).and_then(sigmalert_sigma::yaml::Value::as_str).map(str::to_owned);
            let caseless = block.and_then(|b| b.get("case_insensitive")) == Some(&sigmalert_sigma::yaml::Value::Bool(true));
            if semantics == Semantics::Sigma && caseless {
                expr = expr.without_case();
            }
            let tags = match loaded.get("tags") {
                Some(sigmalert_sigma::yaml::Value::List(items)) => items.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            };
            let level = of("level").and_then(|l| sigmalert_sigma::Level::parse(&l)).map(sigmalert_sigma::Level::name);
            let counts = rule.kind != RuleType::Any;
            let scan_rule = ScanRule {
                title: rule.name.clone(),
                id: of("rule_id"),
                level,
                tags,
                path: source.path.clone(),
                expr,
                index: rule.index,
                timestamp: rule.timestamp.field,
            };
            Ok((scan_rule, counts))
        })
        .collect();
    let mut out = Rules::default();
    for m in made {
        match m {
            Ok((rule, false)) => out.rules.push(rule),
            Ok((rule, true)) => out.counting.push(rule),
            Err(o) => out.failures.push(*o),
        }
    }
    out
}

/// Compiles rules. With the index's semantics they need its schema.
pub fn compile(rules: &Rules, schema: Option<&Schema>) -> Matcher {
    Matcher::new(rules.rules.iter().map(|r| &r.expr), schema)
}
