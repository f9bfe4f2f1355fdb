//! What `test` and `scan` share: rules, a mapping, files of events, and how what could not be read is told.

use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of};
use crate::scan::{self, HuntRule, Rules, Semantics};
use rayon::prelude::*;
use serde_json::{Value, json};
use sigmalert_convert::batch::{Batch, Discovered, Outcome, Source, discover_rule_files};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options};
use sigmalert_matcher::events::EventSchema;
use sigmalert_matcher::events::source::Problem;
use sigmalert_matcher::{Matcher, Reason};
use sigmalert_sigma::yaml::{self, Limits};
use std::path::PathBuf;

const SEMANTICS: &[(&str, Semantics)] = &[("sigma", Semantics::Sigma), ("index", Semantics::Index)];

/// How `test` and `fields` tell what they found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Table,
    /// For programs.
    Json,
}

pub(super) const FORMATS: &[(&str, Format)] = &[("table", Format::Table), ("json", Format::Json)];

/// How rules are read.
#[derive(Debug, clap::Args)]
pub struct Hunting {
    /// Field mapping: `sigma` (the names of the log, as EVTX has them), `winlogbeat`, `wazuh` or a file
    #[arg(short, long, value_name = "NAME|FILE", default_value = "sigma")]
    pub mapping: String,

    /// How values are compared: as Sigma defines it, or as the query does on an index with the mapping's field types
    #[arg(long, alias = "meaning", value_name = "NAME", value_parser = one_of(SEMANTICS), default_value = "sigma")]
    pub semantics: Semantics,

    /// Values of placeholders
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,

    /// Threads [default: one for each core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
}

/// Rules, ready to run.
pub struct Loaded {
    pub rules: Rules,
    pub matcher: Matcher,
    pub sources: Vec<Source>,
    pub event_schema: EventSchema,
}

impl Hunting {
    pub fn threads(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from)
    }

    /// The mapping, and a converter by it.
    pub fn converter(&self) -> Result<Converter, ExitStatus> {
        let mapping = Mapping::load(&self.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
        let placeholders = super::placeholders(self.placeholders.as_deref())?;
        Ok(Converter::new(mapping, Options { placeholders, ..Options::default() }))
    }

    /// Reads rules: Sigma's, and ElastAlert's files; those that are wanted are compiled.
    pub fn load(&self, paths: &[PathBuf], wanted: impl Fn(&HuntRule) -> bool + Sync) -> Result<Loaded, ExitStatus> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build();
        pool.map_err(|e| ExitStatus::Usage(format!("cannot start threads: {e}")))?.install(|| self.load_here(paths, &wanted))
    }

    fn load_here(&self, paths: &[PathBuf], wanted: &dyn Fn(&HuntRule) -> bool) -> Result<Loaded, ExitStatus> {
        let converter = self.converter()?;
        let found = discover_rule_files(paths);
        if found.sources.is_empty() && found.errors.is_empty() {
            return Err(ExitStatus::Usage("there is no rule in what was given".into()));
        }
        let limits = Limits::default();
        let (files, sigma): (Vec<Source>, Vec<Source>) =
            found.sources.into_par_iter().map(|s| s.kept(limits.bytes)).partition(|s| is_rule_file(s, &limits));
        let batch = Batch::read(Discovered { sources: sigma, errors: found.errors }, &limits);
        let mut rules = scan::load_sigma(&batch, &converter, self.semantics);
        rules.failures.splice(..0, batch.failures);
        let more = scan::load_rule_files(&files, converter.mapping().schema(), self.semantics, limits.bytes);
        rules.rules.extend(more.rules);
        rules.failures.extend(more.failures);
        rules.counting.extend(more.counting);
        rules.rules.retain(wanted);
        rules.counting.retain(wanted);
        let schema = (self.semantics == Semantics::Index).then(|| converter.mapping().schema());
        let matcher = scan::compile(&rules, schema);
        let event_schema = EventSchema::of(converter.mapping().events());
        let sources = batch.sources.into_iter().chain(files).collect();
        Ok(Loaded { rules, matcher, sources, event_schema })
    }
}

impl Loaded {
    /// Tells of rules that do not run.
    pub fn tell_failures(&self) {
        let mut diagnostics = Diagnostics::new(&self.sources);
        for o in &self.rules.failures {
            diagnostics.failure(o);
        }
    }

    /// How many rules do not run.
    pub fn failed(&self) -> usize {
        self.rules.failures.iter().filter(|o: &&Outcome| o.is_failure()).count()
    }
}

/// Whether a file is one of ElastAlert's, by its first keys.
fn is_rule_file(source: &Source, limits: &Limits) -> bool {
    // Nearly all files are Sigma, which these words give away without reading it as YAML.
    let Ok(text) = source.read(limits.bytes) else { return false };
    let has = |key: &str| text.lines().any(|l| l.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    if has("detection") || has("correlation") || has("logsource") || !has("type") {
        return false;
    }
    let documents = yaml::parse_all(&text, limits).unwrap_or_default();
    documents.first().is_some_and(|d| d.get("type").is_some() && (d.get("index").is_some() || d.get("filter").is_some()))
}

/// Collects what could not be read: each kind of problem is told a few times, and counted.
#[derive(Default)]
pub struct Problems {
    count: usize,
}

/// How many problems are told one by one.
const MAX_TOLD: usize = 20;

impl Problems {
    pub fn tell(&mut self, p: &Problem) {
        self.count += 1;
        if self.count <= MAX_TOLD {
            Diagnostics::plain(&format!("warning: {}\n", at(&p.source, p.position, &p.message)));
        }
    }

    pub fn finish(&self) {
        if self.count > MAX_TOLD {
            Diagnostics::plain(&format!("warning: {} more of that kind\n", self.count - MAX_TOLD));
        }
    }
}

fn at(source: &str, position: u64, message: &str) -> String {
    let message: String = message.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if position > 0 { format!("{source}:{position}: {message}") } else { format!("{source}: {message}") }
}

/// A reason as JSON.
pub fn reason_json(r: &Reason) -> Value {
    let mut out = json!({"field": r.field, "test": r.test, "value": r.value});
    if r.negated {
        out["negated"] = true.into();
    }
    out
}

/// A reason in words.
pub fn reason_text(r: &Reason) -> String {
    let field = r.field.as_deref().unwrap_or("any field");
    let not = if r.negated { "not " } else { "" };
    match &r.value {
        Some(v) => format!("{field} {not}{}: {}", r.test, plain(v)),
        None => format!("{field} {not}{}: no value", r.test),
    }
}

/// A value on one line of a terminal: what would move the cursor or change colours is escaped, and nothing else.
pub(super) fn plain(value: &str) -> String {
    value.chars().map(|c| if c.is_control() { c.escape_debug().to_string() } else { c.to_string() }).collect()
}
