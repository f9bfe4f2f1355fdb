//! A rule file as typed data: the rule type and the options that all rules share, with defaults.

use crate::load::Loaded;
use crate::option_reader::{OptionReader, RuleError, span};
use crate::rule_type::RuleType;
use sigmalert_sigma::yaml::Value;
use std::time::Duration;

/// A rule that can be run.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique among all rules.
    pub name: String,
    /// Whether it is enabled.
    pub enabled: bool,
    /// Index pattern; with `use_strftime_index` a date format.
    pub index: String,
    /// Whether the index is a date format.
    pub use_strftime_index: bool,
    /// Rule type with its options.
    pub kind: RuleType,
    /// Its alerters, with the options that each overrides.
    pub alerters: Vec<(String, Vec<(String, Value)>)>,
    /// Filters, all of which events must match.
    pub filter: Vec<serde_json::Value>,
    /// The fields by whose values events are counted separately.
    pub query_key: Vec<String>,
    /// The time of an event.
    pub timestamp: Timestamp,
    /// How long further matches of a key are suppressed.
    pub realert: Duration,
    /// The key, by default the name.
    pub realert_key: String,
    /// The limit to which `realert` grows while matches continue.
    pub exponential_realert: Option<Duration>,
    /// How matches are aggregated, if they are.
    pub aggregation: Option<Aggregation>,
    /// The fields by whose values matches are aggregated separately.
    pub aggregation_key: Vec<String>,
    /// The span that each run covers.
    pub buffer_time: Option<Duration>,
    /// The time between two runs.
    pub run_every: Option<Duration>,
    /// The time after which an event is expected to be indexed.
    pub query_delay: Duration,
    /// When it runs, as a cron expression in UTC.
    pub limit_execution: Option<String>,
    /// The span in which the rule type counts.
    pub timeframe: Option<Duration>,
    /// What it detects.
    pub description: String,
    /// The owner.
    pub owner: String,
    /// 1 is the most urgent.
    pub priority: i128,
    /// Other options in their order: those of alerters, and unknown ones.
    pub other: Vec<(String, Value)>,
}

/// The format of the timestamp field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// The field.
    pub field: String,
    /// The form.
    pub form: TimestampForm,
}

/// The format of a [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampForm {
    /// ISO 8601.
    Iso,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// A format string of Python's `strptime`.
    Custom(String),
}

/// How matches are aggregated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregation {
    /// For a duration after the first match.
    Window(Duration),
    /// Until the next time of a cron expression.
    Schedule(String),
}

/// Options that are fields of [`Rule`] or of its type; the rest is `other`.
const FIELDS: [&str; 26] = [
    "name",
    "is_enabled",
    "index",
    "use_strftime_index",
    "type",
    "alert",
    "filter",
    "import",
    "query_key",
    "timestamp_field",
    "timestamp_type",
    "timestamp_format",
    "realert",
    "realert_key",
    "exponential_realert",
    "aggregation",
    "aggregation_key",
    "buffer_time",
    "run_every",
    "query_delay",
    "limit_execution",
    "timeframe",
    "description",
    "owner",
    "priority",
    "rule_file",
];

impl Rule {
    /// Reads the rule of a loaded file.
    ///
    /// # Errors
    /// The first option that is missing or invalid.
    pub fn new(rule: &Loaded) -> Result<Self, RuleError> {
        Self::read(rule).map_err(|mut e| {
            let top = e.option.split('.').next().unwrap_or_default();
            e.pos = rule.entry(top).map_or(e.pos, |entry| entry.pos);
            e
        })
    }

    fn read(rule: &Loaded) -> Result<Self, RuleError> {
        let take = OptionReader::new(rule);
        let aggregation = match take.value("aggregation")? {
            Some(v) => match v.get("schedule").and_then(Value::as_str) {
                Some(cron) => Some(Aggregation::Schedule(cron.to_owned())),
                None => Some(Aggregation::Window(span("aggregation", v)?)).filter(|a| *a != Aggregation::Window(Duration::ZERO)),
            },
            None => None,
        };
        // ElastAlert's default, unless matches are aggregated.
        let realert = take.span("realert")?.unwrap_or(Duration::from_secs(if aggregation.is_some() { 0 } else { 60 }));
        let name = rule.name();
        let timestamp_format = take.text("timestamp_format")?.unwrap_or_else(|| "%Y-%m-%dT%H:%M:%SZ".into());
        let form = match take.text("timestamp_type")?.unwrap_or_default().trim().to_lowercase().as_str() {
            "" | "iso" => TimestampForm::Iso,
            "unix" => TimestampForm::Unix,
            "unix_ms" => TimestampForm::UnixMs,
            _ => TimestampForm::Custom(timestamp_format),
        };
        let kind = RuleType::read(&take)?;
        let of_kind = kind.option_names();
        let alerters = rule.alerters().into_iter().map(|(n, o)| (n.to_owned(), o.to_vec())).collect();
        let filter = match take.value("filter")? {
            Some(Value::List(items)) => items.iter().map(|f| f.clone().into()).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            enabled: take.flag("is_enabled", true)?,
            index: OptionReader::needed("index", take.text("index")?)?,
            use_strftime_index: take.flag("use_strftime_index", false)?,
            kind,
            alerters,
            filter,
            query_key: take.texts("query_key")?,
            timestamp: Timestamp { field: take.text("timestamp_field")?.unwrap_or_else(|| "@timestamp".into()), form },
            realert,
            realert_key: take.text("realert_key")?.unwrap_or_else(|| name.clone()),
            exponential_realert: take.span("exponential_realert")?,
            aggregation,
            aggregation_key: take.texts("aggregation_key")?,
            buffer_time: take.span("buffer_time")?,
            run_every: take.span("run_every")?,
            query_delay: take.span("query_delay")?.unwrap_or_default(),
            limit_execution: take.text("limit_execution")?,
            timeframe: take.span("timeframe")?,
            description: take.text("description")?.unwrap_or_default(),
            owner: take.text("owner")?.unwrap_or_default(),
            priority: take.integer("priority")?.unwrap_or(2),
            other: rule
                .entries
                .iter()
                .filter(|e| !FIELDS.contains(&e.key.as_str()) && !of_kind.contains(&e.key.as_str()))
                .map(|e| (e.key.clone(), e.value.clone()))
                .collect(),
            name,
        })
    }
}
