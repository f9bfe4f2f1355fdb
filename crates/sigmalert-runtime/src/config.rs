//! The global configuration: ElastAlert's `config.yaml`, with the environment over it.

use super::guard::Guard;
use super::options::Options;
use super::schemas::Schemas;
use serde_json::Map;
use sigmalert_elastalert::load::{LoadError, load_config, process_environment};
use sigmalert_sigma::yaml::Value;
use sigmalert_support::units::{DAY, HOUR};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The variables that go before what files say of the connection, as with ElastAlert.
pub(crate) const VARIABLES: [(&str, &str); 9] = [
    ("ES_HOST", "es_host"),
    ("ES_HOSTS", "es_hosts"),
    ("ES_PORT", "es_port"),
    ("ES_USERNAME", "es_username"),
    ("ES_PASSWORD", "es_password"),
    ("ES_API_KEY", "es_api_key"),
    ("ES_BEARER", "es_bearer"),
    ("ES_URL_PREFIX", "es_url_prefix"),
    ("ES_USE_SSL", "use_ssl"),
];

/// Why a configuration is of no use.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An option is missing or wrong.
    #[error("{}: {message}", .file.display())]
    Option {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        message: String,
    },
}

/// A configuration, read and checked.
#[derive(Clone)]
pub struct Config {
    /// The file it is from.
    pub file: Option<PathBuf>,
    /// Every option, which is a default of every rule.
    pub entries: Vec<(String, Value)>,
    pub(crate) options: Options,
    /// Loaded when a rule needs them.
    pub(crate) schemas: Schemas,
    /// Where rule files lie.
    pub rules: Vec<PathBuf>,
    /// How often rules run.
    pub run_every: Duration,
    /// How far back each run looks.
    pub buffer_time: Duration,
    /// The index that alerts are written to; others have its name with an ending.
    pub writeback_index: String,
    /// How long an alert that cannot be sent is tried.
    pub alert_time_limit: Duration,
    /// A run that lies further back is no place to go on from.
    pub old_query_limit: Duration,
    /// How long a window is asked again while some shard does not answer.
    pub incomplete_search_limit: Duration,
    /// How many threads run rules.
    pub threads: usize,
    /// Behave as ElastAlert does where that loses or repeats something.
    pub compat: bool,
    /// What rules may do on this machine.
    pub guard: Arc<Guard>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Not the options: they hold passwords.
        f.debug_struct("Config").field("file", &self.file).field("rules", &self.rules).finish_non_exhaustive()
    }
}

impl Config {
    /// Reads a configuration.
    ///
    /// # Errors
    /// When it cannot be read, or an option that ElastAlert requires is missing or of another kind.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let entries = load_config(path, &process_environment)?;
        Self::new(Some(path), entries, &process_environment)
    }

    /// The configuration of options; the variables of the environment that ElastAlert knows go first.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn of(entries: Vec<(String, Value)>) -> Result<Self, ConfigError> {
        Self::new(None, entries, &process_environment)
    }

    /// The configuration of a run without one, over events: rules run every minute and look back a quarter of an hour.
    pub fn embedded() -> Self {
        let map = |unit: &str, n: i128| Value::Map(vec![(unit.to_owned(), Value::Int(n))]);
        let entries = vec![
            ("run_every".to_owned(), map("minutes", 1)),
            ("buffer_time".to_owned(), map("minutes", 15)),
            ("es_host".to_owned(), "localhost".into()),
            ("es_port".to_owned(), Value::Int(9200)),
            ("writeback_index".to_owned(), "elastalert".into()),
        ];
        match Self::new(None, entries, &|_| None) {
            Ok(c) => c,
            Err(e) => unreachable!("the configuration is complete: {e}"),
        }
    }

    /// The same for rules that clients write.
    #[must_use]
    pub fn guarded(&self, guard: Guard) -> Self {
        Self { guard: Arc::new(guard), ..self.clone() }
    }

    fn new(
        file: Option<&Path>,
        mut entries: Vec<(String, Value)>,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, ConfigError> {
        for (variable, key) in VARIABLES {
            if let Some(value) = environment(variable).filter(|v| !v.is_empty()) {
                let value = match key {
                    "es_hosts" => Value::List(value.split(',').map(|h| h.trim().into()).collect()),
                    "es_port" => value.parse().map_or_else(|_| value.as_str().into(), Value::Int),
                    "use_ssl" => Value::Bool(!matches!(value.to_lowercase().as_str(), "false" | "0" | "no")),
                    _ => value.as_str().into(),
                };
                entries.retain(|(k, _)| k != key);
                entries.push((key.to_owned(), value));
            }
        }
        signed_by_environment(&mut entries, environment);
        let options = Options(entries.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect::<Map<_, _>>());
        let at = file.unwrap_or(Path::new("config.yaml")).to_owned();
        let fail = |message: String| ConfigError::Option { file: at.clone(), message };
        let has_host = options.get("es_host").or_else(|| options.get("es_hosts")).is_some();
        for key in ["run_every", "buffer_time", "writeback_index", "es_port", "es_host"] {
            let given = match key {
                "es_host" => has_host,
                "es_port" => options.get("es_port").or_else(|| options.get("es_hosts")).is_some(),
                _ => options.get(key).is_some(),
            };
            if !given {
                return Err(fail(format!("`{key}` is missing: ElastAlert requires it, and so does a run")));
            }
        }
        let span = |key: &str, default: Option<Duration>| match options.get(key) {
            None => default.ok_or_else(|| fail(format!("`{key}` is missing"))),
            Some(_) => options.span(key).ok_or_else(|| fail(format!("`{key}` is not a duration, such as `minutes: 5`"))),
        };
        let run_every = span("run_every", None)?;
        if run_every.is_zero() {
            return Err(fail("`run_every` is no time at all: rules would run without a pause".into()));
        }
        let folder = at.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self {
            rules: options.texts("rules_folder").iter().map(|f| if Path::new(f).exists() { f.into() } else { folder.join(f) }).collect(),
            run_every,
            buffer_time: span("buffer_time", None)?,
            writeback_index: options.text_or("writeback_index", "elastalert"),
            alert_time_limit: span("alert_time_limit", Some(Duration::from_secs(2 * DAY)))?,
            old_query_limit: span("old_query_limit", Some(Duration::from_secs(7 * DAY)))?,
            incomplete_search_limit: span("incomplete_search_limit", Some(Duration::from_secs(HOUR)))?,
            threads: usize::try_from(options.count("max_threads").unwrap_or(10)).unwrap_or(10).clamp(1, 64),
            compat: false,
            guard: Arc::default(),
            schemas: Schemas::default(),
            file: file.map(Path::to_owned),
            entries,
            options,
        })
    }
}

/// `AWS_DEFAULT_REGION` has requests signed, as with ElastAlert; but not those to this machine.
fn signed_by_environment(entries: &mut Vec<(String, Value)>, environment: &dyn Fn(&str) -> Option<String>) {
    let text = |key: &str| entries.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone().into());
    let hosts = ["es_hosts", "es_host"].iter().find_map(|k| text(k)).map(|v: serde_json::Value| v.to_string()).unwrap_or_default();
    if text("aws_region").is_some() || ["localhost", "127.", "::1"].iter().any(|l| hosts.contains(l)) {
        return;
    }
    if let Some(region) = environment("AWS_DEFAULT_REGION").filter(|v| !v.is_empty()) {
        entries.push(("aws_region".to_owned(), region.into()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str, environment: &[(&str, &str)]) -> Result<Config, String> {
        let documents = sigmalert_sigma::yaml::parse_all(text, &sigmalert_sigma::yaml::Limits::default()).unwrap();
        let entries = documents[0].as_map().unwrap().iter().map(|(k, v)| (k.text.to_string(), v.to_value())).collect();
        let get = |name: &str| environment.iter().find(|(k, _)| *k == name).map(|(_, v)| (*v).to_owned());
        Config::new(Some(Path::new("c.yaml")), entries, &get).map_err(|e| e.to_string())
    }

    const MINIMUM: &str = "{run_every: {minutes: 1}, buffer_time: {minutes: 15}, es_host: a, es_port: 9200, writeback_index: w}";

    #[test]
    fn the_environment_goes_first() {
        let c = config(MINIMUM, &[("ES_HOST", "b"), ("ES_HOSTS", "x:1, y:2"), ("ES_USE_SSL", "true")]).unwrap();
        assert_eq!(c.options.text("es_host").as_deref(), Some("b"));
        assert_eq!(c.options.texts("es_hosts"), ["x:1", "y:2"]);
        assert!(c.options.flag("use_ssl", false));
        assert_eq!(c.alert_time_limit, Duration::from_secs(2 * DAY));
    }

    #[test]
    fn what_is_required_is_named() {
        assert!(config("{run_every: {minutes: 1}}", &[]).unwrap_err().contains("`buffer_time` is missing"));
        assert!(config(&MINIMUM.replace("{minutes: 1}", "soon"), &[]).unwrap_err().contains("`run_every` is not a duration"));
        assert!(config(&MINIMUM.replace("{minutes: 1}", "{minutes: 0}"), &[]).unwrap_err().contains("no time at all"));
    }
}
