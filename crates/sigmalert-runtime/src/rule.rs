//! A rule as it is run: the typed rule with everything that a run and its alerters look up.

use super::config::Config;
use super::guard::hosts::Host;
use super::guard::layers::Layers;
use super::guard::{Guard, Origin};
use super::options::Options;
use super::schemas::Schemas;
use super::time::Form;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use sigmalert_elastalert::filter::case_insensitive;
use sigmalert_elastalert::load::Loaded;
use sigmalert_elastalert::rule::Rule;
use sigmalert_elastalert::rule_type::{Counting, RuleType};
use sigmalert_query::Schema;
use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// See the module.
#[derive(Debug)]
pub(crate) struct RunRule {
    pub rule: Rule,
    /// The rule's options over the configuration's.
    pub options: Arc<Options>,
    pub file: PathBuf,
    /// A digest of the files that make up the rule, to detect changes.
    pub digest: String,
    pub form: Form,
    /// Names joined with commas where there are several.
    pub query_key: Option<String>,
    pub aggregation_key: Option<String>,
    /// Fields that documents get as one, their values joined.
    pub compounds: Vec<Vec<String>>,
    /// The filters of the query, unwrapped, with Sigma semantics where sigmalert generated the rule.
    pub filters: Vec<Value>,
    /// The same for each rule of a correlation, with its index.
    pub members: Vec<(String, Vec<Value>)>,
    /// `eql` or `esql`, with its text.
    pub pipe: Option<(Pipe, String)>,
    /// The alerters with their options: the rule's with what each overrides.
    pub alerters: Vec<(String, Arc<Options>)>,
    pub run_every: Duration,
    pub buffer_time: Duration,
    /// The mapping that the rule was generated with, where sigmalert generated it.
    pub mapping: Option<String>,
    /// Whether the query is compared without letter case, as Sigma does.
    pub case_insensitive: bool,
    schemas: Schemas,
    /// What it may do on this machine.
    pub guard: Arc<Guard>,
    /// The options that a client may have written.
    pub by_clients: HashSet<String>,
    /// Options of the operator that no table knows: they are not shown.
    pub hidden: HashSet<String>,
    /// The hosts that the operator's options lead to.
    pub known_hosts: Vec<Host>,
}

/// A query language that is no filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pipe {
    Eql,
    Esql,
}

/// How a rule asks an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QueryMode {
    Hits,
    Count,
    Terms(u64),
    Aggregation,
    /// The events of each rule of a correlation.
    Members,
}

impl RunRule {
    /// The rule of a loaded file.
    ///
    /// # Errors
    /// With a message that says what is wrong.
    pub fn new(loaded: &Loaded, config: &Config) -> Result<Self, String> {
        let mut rule = Rule::new(loaded).map_err(|e| e.to_string())?;
        let layers = Layers::new(&config.guard, loaded);
        let mut options: Map<String, Value> = Map::new();
        for (key, value) in &loaded.config {
            options.extend(layers.admitted(key, Origin::Operator, value.clone()).map(|v| (key.clone(), v)));
        }
        for e in &loaded.entries {
            match layers.admitted(&e.key, layers.origin(&e.key), e.value.clone()) {
                Some(v) => options.insert(e.key.clone(), v),
                None => options.remove(&e.key),
            };
        }
        // Alerters get all of it, and leave out what does not go with their own.
        let whole = options.clone();
        let mut withheld = layers.withhold(&mut options);
        options.insert("name".into(), rule.name.clone().into());
        for (key, default) in [("description", ""), ("owner", ""), ("category", ""), ("jinja_root_name", "_data")] {
            options.entry(key).or_insert_with(|| default.into());
        }
        options.entry("priority").or_insert_with(|| 2.into());
        options.entry("timestamp_field").or_insert_with(|| rule.timestamp.field.as_str().into());
        let named: Vec<(String, Value)> =
            options.iter().filter(|(k, _)| !whole.contains_key(*k)).map(|(k, v)| (k.clone(), v.clone())).collect();
        let options = Options(options);
        let joined = |keys: &[String]| (!keys.is_empty()).then(|| keys.join(","));
        let form = Form::new(
            rule.timestamp.form.clone(),
            options.text("timestamp_format_expr").as_deref(),
            options.text("timestamp_to_datetime_format_expr").as_deref(),
            options.text("query_timezone").as_deref(),
        )?;
        let mut compounds: Vec<Vec<String>> = Vec::new();
        for keys in [&rule.query_key, &rule.aggregation_key] {
            if keys.len() > 1 && !compounds.contains(keys) {
                compounds.push(keys.clone());
            }
        }
        let mut filters = Vec::new();
        let mut pipe = None;
        for filter in &rule.filter {
            let text = |key: &str| filter.get(key).and_then(Value::as_str).map(str::to_owned);
            if let Some(t) = text("eql") {
                pipe = Some((Pipe::Eql, t));
            } else if let Some(t) = text("esql") {
                pipe = Some((Pipe::Esql, t));
            } else {
                filters.push(filter.get("query").filter(|q| super::text::python::truthy(q)).unwrap_or(filter).clone());
            }
        }
        let block = options.map("sigmalert");
        let case_insensitive = block.and_then(|b| b.get("case_insensitive")) == Some(&Value::Bool(true));
        let mapping = block.and_then(|b| b.get("mapping")).and_then(Value::as_str).map(str::to_owned);
        let sigma = |filter: Value| if case_insensitive { without_case(filter, &config.schemas.of(mapping.as_deref())) } else { filter };
        let filters = filters.into_iter().map(sigma).collect();
        let mut members = Vec::new();
        if let RuleType::Correlation(spec) = &rule.kind {
            for (index, own) in spec.leaves() {
                members.push((index.to_owned(), own.iter().map(|f| sigma(f.get("query").unwrap_or(f).clone())).collect()));
            }
        }
        // The options have them.
        rule.other = Vec::new();
        let refers = whole.values().any(names_option);
        let mut out = Self {
            members,
            query_key: joined(&rule.query_key),
            aggregation_key: joined(&rule.aggregation_key),
            compounds,
            filters,
            pipe,
            form,
            digest: digest(loaded),
            file: loaded.file().to_owned(),
            run_every: rule.run_every.unwrap_or(config.run_every),
            buffer_time: rule.buffer_time.unwrap_or(config.buffer_time),
            mapping,
            case_insensitive,
            schemas: config.schemas.clone(),
            alerters: Vec::new(),
            by_clients: HashSet::new(),
            hidden: layers.unknown(),
            known_hosts: layers.known_hosts(),
            guard: Arc::clone(&config.guard),
            rule,
            options: Arc::new(options),
        };
        if out.run_every.is_zero() {
            return Err("`run_every` is no time at all".into());
        }
        let mut by_clients = layers.by_clients();
        for (name, over) in &out.rule.alerters {
            if over.is_empty() && !refers {
                out.alerters.push((name.clone(), Arc::clone(&out.options)));
                continue;
            }
            let mut own = whole.clone();
            own.extend(named.iter().cloned());
            let mut layers = layers.clone();
            layers.override_with(&mut own, over);
            layers.refer(&mut own);
            withheld.extend(layers.withhold(&mut own));
            by_clients.extend(layers.by_clients());
            out.alerters.push((name.clone(), Arc::new(Options(own))));
        }
        out.by_clients = by_clients;
        if !config.guard.is_trial() {
            withheld.iter().for_each(|w| tracing::warn!(rule = out.rule.name, "{w}"));
        }
        // Jira goes first: its ticket is linked by what others send.
        out.alerters.sort_by_key(|(name, _)| name != "jira");
        let more = out.list_filter()?;
        out.filters.extend(more);
        if out.rule.kind.uses_terms() && out.query_key.is_none() {
            return Err("`use_terms_query` needs a `query_key`".into());
        }
        if out.options.flag("scan_entire_timeframe", false) && out.rule.timeframe.is_none() {
            return Err("`scan_entire_timeframe` needs a `timeframe`".into());
        }
        if let Some(cron) = &out.rule.limit_execution {
            super::time::next_of(cron, jiff::Timestamp::now()).map_err(|e| format!("`limit_execution`: {e}"))?;
        }
        Ok(out)
    }

    /// The field types of the mapping that the rule was converted with.
    pub fn schema(&self) -> Arc<Schema> {
        self.schemas.of(self.mapping.as_deref())
    }

    /// How it asks an index.
    pub fn query_mode(&self) -> QueryMode {
        match &self.rule.kind {
            RuleType::MetricAggregation { .. } | RuleType::SpikeAggregation { .. } | RuleType::PercentageMatch { .. } => {
                QueryMode::Aggregation
            }
            RuleType::Correlation(_) => QueryMode::Members,
            kind => match kind.counting() {
                // ElastAlert looks for the count first.
                Some(_) if self.options.flag("use_count_query", false) => QueryMode::Count,
                Some(Counting::Terms(size)) => QueryMode::Terms(size),
                _ => QueryMode::Hits,
            },
        }
    }

    /// A path beside the rule file.
    pub fn beside(&self, name: &str) -> PathBuf {
        let path = Path::new(name);
        if path.is_absolute() { path.to_owned() } else { self.file.parent().unwrap_or(Path::new("")).join(path) }
    }

    /// The fields of documents that are fetched; nothing for all.
    pub fn includes(&self) -> Option<Vec<String>> {
        let given = self.options.texts("include");
        if given.is_empty() || given.iter().any(|g| g == "*") {
            return None;
        }
        let compare = match &self.rule.kind {
            RuleType::Blacklist { compare_key, .. } | RuleType::Whitelist { compare_key, .. } | RuleType::Change { compare_key, .. } => {
                compare_key.clone()
            }
            RuleType::Cardinality { field, .. } => vec![field.clone()],
            RuleType::Spike { field_value: Some(f), .. } => vec![f.clone()],
            RuleType::NewTerm { fields, .. } => fields.concat(),
            _ => Vec::new(),
        };
        let mut out: Vec<String> = Vec::new();
        let more = [&given, &self.rule.query_key, &self.rule.aggregation_key, &compare, &self.options.texts("top_count_keys")];
        for name in more.into_iter().flatten().chain([&self.rule.timestamp.field]) {
            // A form of a field is no field of a document.
            let name = name.strip_suffix(".keyword").unwrap_or(name);
            if !out.iter().any(|o| o == name) {
                out.push(name.to_owned());
            }
        }
        Some(out)
    }

    /// What a list adds to the query: only its values, or all but those.
    fn list_filter(&self) -> Result<Option<Value>, String> {
        let (option, keys, entries, not) = match &self.rule.kind {
            RuleType::Blacklist { compare_key, blacklist, filter_by_list: true } => ("blacklist", compare_key, blacklist, false),
            RuleType::Whitelist { compare_key, whitelist, filter_by_list: true, .. } => ("whitelist", compare_key, whitelist, true),
            _ => return Ok(None),
        };
        let Some(key) = keys.first() else { return Ok(None) };
        let entries = self.list_entries(option, entries)?;
        if entries.is_empty() {
            return Ok(None);
        }
        let term = |v: &String| {
            let pattern = v.len() > 1 && v.starts_with('/') && v.ends_with('/');
            // Quotes and backslashes end the phrase in ElastAlert's query, or change it.
            if pattern { format!("{key}:{v}") } else { format!("{key}:\"{}\"", v.replace('\\', "\\\\").replace('"', "\\\"")) }
        };
        let terms: Vec<String> = entries.iter().map(term).collect();
        let query = if not { format!("NOT {}", terms.join(" AND NOT ")) } else { terms.join(" OR ") };
        Ok(Some(serde_json::json!({"query_string": {"query": query}})))
    }
}

/// Makes a `query_string` case-insensitive. A query that cannot be rewritten is sent unchanged.
fn without_case(filter: Value, schema: &Schema) -> Value {
    if filter.get("query_string").is_none() {
        return filter;
    }
    case_insensitive(&filter, schema).unwrap_or_else(|reason| {
        tracing::warn!(%reason, "a query cannot be made case-insensitive and is sent unchanged");
        filter
    })
}

/// Whether a value may name another option.
fn names_option(value: &Value) -> bool {
    match value {
        Value::String(s) => s.len() > 2 && s.starts_with('$') && s.ends_with('$'),
        Value::Array(items) => items.iter().any(names_option),
        Value::Object(map) => map.values().any(names_option),
        _ => false,
    }
}

/// The digest of a rule with all that it imports.
pub(crate) fn digest(loaded: &Loaded) -> String {
    let mut hasher = Sha256::new();
    hasher.update(&loaded.source);
    for e in &loaded.entries {
        hasher.update(format!("\0{}\0{:?}", e.key, e.value));
    }
    sigmalert_support::hex::hex(&hasher.finalize()[..16])
}
