//! The arguments that `test` and `scan` share, and the rules that they load.

use super::diagnostics::Diagnostics;
use super::{ExitStatus, one_of};
use crate::scan::{self, Rules, ScanRule, Semantics};
use rayon::prelude::*;
use sigmalert_convert::batch::{Batch, Discovered, Outcome, Source, discover_rule_files};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options};
use sigmalert_matcher::Matcher;
use sigmalert_matcher::events::EventSchema;
use sigmalert_sigma::yaml::{self, Limits};
use std::path::PathBuf;

const SEMANTICS: &[(&str, Semantics)] = &[("sigma", Semantics::Sigma), ("index", Semantics::Index)];

/// How rules are loaded and evaluated.
#[derive(Debug, clap::Args)]
pub struct ScanArgs {
    /// Field mapping: `sigma` (field names as in the log), `winlogbeat`, `wazuh` or a file
    #[arg(short, long, value_name = "NAME|FILE", default_value = "sigma")]
    pub mapping: String,

    /// Schema that raw Windows events are converted to [default: the mapping's]
    #[arg(long, value_name = "NAME", value_parser = one_of(&EventSchema::ALL))]
    pub event_schema: Option<EventSchema>,

    /// How values are compared: as Sigma defines it, or as the query does on an index with the mapping's field types
    #[arg(long, alias = "meaning", value_name = "NAME", value_parser = one_of(SEMANTICS), default_value = "sigma")]
    pub semantics: Semantics,

    /// Values of placeholders
    #[arg(long, value_name = "FILE")]
    pub placeholders: Option<PathBuf>,

    /// Number of threads [default: one per core]
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=512))]
    pub jobs: Option<u16>,
}

/// Rules that were loaded and compiled.
pub struct LoadedRules {
    pub rules: Rules,
    pub matcher: Matcher,
    pub sources: Vec<Source>,
    pub event_schema: EventSchema,
}

impl ScanArgs {
    pub fn threads(&self) -> usize {
        self.jobs.map_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get), usize::from)
    }

    fn converter(&self) -> Result<Converter, ExitStatus> {
        let mapping = Mapping::load(&self.mapping).map_err(|e| ExitStatus::Usage(e.to_string()))?;
        let placeholders = super::placeholders(self.placeholders.as_deref())?;
        Ok(Converter::new(mapping, Options { placeholders, ..Options::default() }))
    }

    /// Loads Sigma rules and ElastAlert rule files, and compiles those that are selected.
    pub fn load(&self, paths: &[PathBuf], select: impl Fn(&ScanRule) -> bool + Sync) -> Result<LoadedRules, ExitStatus> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(self.threads()).build();
        pool.map_err(|e| ExitStatus::Usage(format!("cannot start threads: {e}")))?.install(|| self.load_in_pool(paths, &select))
    }

    fn load_in_pool(&self, paths: &[PathBuf], select: &dyn Fn(&ScanRule) -> bool) -> Result<LoadedRules, ExitStatus> {
        let converter = self.converter()?;
        let found = discover_rule_files(paths);
        require_rules(&found)?;
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
        rules.rules.retain(select);
        rules.counting.retain(select);
        let schema = (self.semantics == Semantics::Index).then(|| converter.mapping().schema());
        let matcher = scan::compile(&rules, schema);
        let event_schema = self.event_schema.unwrap_or_else(|| EventSchema::of(converter.mapping().events()));
        let sources = batch.sources.into_iter().chain(files).collect();
        Ok(LoadedRules { rules, matcher, sources, event_schema })
    }
}

/// Fails if no file of rules was found.
pub(super) fn require_rules(found: &Discovered) -> Result<(), ExitStatus> {
    if !found.sources.is_empty() {
        return Ok(());
    }
    Err(ExitStatus::Usage(match found.errors.as_slice() {
        [] => "no rules found".into(),
        errors => errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "),
    }))
}

impl LoadedRules {
    /// Reports the rules that cannot be evaluated.
    pub fn report_failures(&self) {
        let mut diagnostics = Diagnostics::new(&self.sources);
        for o in &self.rules.failures {
            diagnostics.failure(o);
        }
    }

    /// Returns the number of rules that cannot be evaluated.
    pub fn failed(&self) -> usize {
        self.rules.failures.iter().filter(|o: &&Outcome| o.is_failure()).count()
    }
}

/// Returns whether a file is an ElastAlert rule file, by its first keys.
fn is_rule_file(source: &Source, limits: &Limits) -> bool {
    // These keys identify nearly all Sigma files without parsing YAML.
    let Ok(text) = source.read(limits.bytes) else { return false };
    let has = |key: &str| text.lines().any(|l| l.strip_prefix(key).is_some_and(|rest| rest.starts_with(':')));
    if has("detection") || has("correlation") || has("logsource") || !has("type") {
        return false;
    }
    let documents = yaml::parse_all(&text, limits).unwrap_or_default();
    documents.first().is_some_and(|d| d.get("type").is_some() && (d.get("index").is_some() || d.get("filter").is_some()))
}
