//! A rule file as typed data: every rule type with its options, and the options that all rules share, defaults filled in.

use crate::load::Loaded;
use crate::option_reader::{OptionReader, RuleError, span};
use crate::rule_type::RuleType;
use sigmalert_sigma::yaml::Value;
use std::time::Duration;

/// A rule, ready to be run. Made from a file that [`crate::lint`] finds no error in.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Unique among all rules.
    pub name: String,
    /// Whether it runs.
    pub enabled: bool,
    /// Index pattern; with `use_strftime_index` a date format.
    pub index: String,
    /// Whether the index is a date format.
    pub use_strftime_index: bool,
    /// Rule type with its options.
    pub kind: RuleType,
    /// By whom it alerts, with what each overrides.
    pub alerters: Vec<(String, Vec<(String, Value)>)>,
    /// What events must match; all of them.
    pub filter: Vec<serde_json::Value>,
    /// Counted apart for each value of these.
    pub query_key: Vec<String>,
    /// When an event happened.
    pub timestamp: Timestamp,
    /// How long further matches of a key are held back.
    pub realert: Duration,
    /// The key, in place of the name.
    pub realert_key: String,
    /// How far `realert` grows while matches go on.
    pub exponential_realert: Option<Duration>,
    /// Whether matches are gathered.
    pub aggregation: Option<Aggregation>,
    /// Gathered apart for each value of these.
    pub aggregation_key: Vec<String>,
    /// How far back each run looks.
    pub buffer_time: Option<Duration>,
    /// How often it runs.
    pub run_every: Option<Duration>,
    /// How long after it happened an event is surely indexed.
    pub query_delay: Duration,
    /// When it runs at all, as a cron line in UTC.
    pub limit_execution: Option<String>,
    /// The span that types look at.
    pub timeframe: Option<Duration>,
    /// What it detects.
    pub description: String,
    /// Whose it is.
    pub owner: String,
    /// 1 is the most urgent.
    pub priority: i128,
    /// The options that are not told above, in their order: those of alerters, and what nobody knows.
    pub other: Vec<(String, Value)>,
}

/// How a field holds time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// The field.
    pub field: String,
    /// The form.
    pub form: TimestampForm,
}

/// See [`Timestamp`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TimestampForm {
    /// ISO 8601.
    Iso,
    /// Seconds since 1970.
    Unix,
    /// Milliseconds since 1970.
    UnixMs,
    /// A format of Python's `strptime`.
    Custom(String),
}

/// How matches are gathered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Aggregation {
    /// For so long from the first.
    Window(Duration),
    /// Until the next time of a cron line.
    Schedule(String),
}

/// Options that are fields of [`Rule`] or of its kind; the rest is `other`.
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
    /// The rule of a loaded file.
    ///
    /// # Errors
    /// The first option that is missing, or of another kind than it takes.
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
        // ElastAlert's default, unless matches are gathered.
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
