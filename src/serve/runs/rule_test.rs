//! Rule tests: over HTTP whenever Praeco saves, over a websocket with its Test button.

use crate::serve::error::ApiError;
use crate::serve::events::Events;
use crate::serve::rules::paths::BASE_RULE;
use crate::serve::rules::store::Store;
use serde_json::{Value, json};
use sigmalert_elastalert::Document;
use sigmalert_elastalert::load::environment::expand;
use sigmalert_elastalert::load::process_environment;
use sigmalert_runtime::tester::{TestOptions, test_through};
use sigmalert_runtime::{Config, Gate, parse_time};
use sigmalert_sigma::yaml::{Dialect, Value as Yaml};
use std::path::Path;
use std::sync::Arc;

/// A request to test a rule.
#[derive(Debug)]
pub(in crate::serve) struct RuleTest {
    pub rule: String,
    pub options: TestOptions,
    /// The check that its searches must pass.
    pub gate: Option<Arc<dyn Gate>>,
}

impl RuleTest {
    /// Parses a request in elastalert-server's format.
    pub fn read(body: &Value) -> Result<Self, ApiError> {
        if body.is_null() {
            return Err(ApiError::bad("bodyNotSend", "no body was sent"));
        }
        let rule = body["rule"].as_str().filter(|r| !r.trim().is_empty());
        let rule = rule.ok_or_else(|| ApiError::bad("ruleNotSend", "no rule was sent under `rule`"))?.to_owned();
        let o = &body["options"];
        let bad = |what: &str| ApiError::bad("optionsInvalid", what.to_owned());
        let kind = o["testType"].as_str().unwrap_or("all");
        if !["all", "schemaOnly", "countOnly"].contains(&kind) {
            return Err(bad("`testType` must be all, schemaOnly or countOnly"));
        }
        let days = match &o["days"] {
            Value::Null => None,
            d => Some(d.as_u64().filter(|d| (1..=366).contains(d)).ok_or_else(|| bad("`days` must be a number from 1 to 366"))?),
        };
        let time = |key: &str| match o[key].as_str() {
            None | Some("") => Ok(None),
            Some(t) => parse_time(t).map(Some).map_err(|e| bad(&format!("`{key}`: {e}"))),
        };
        let (start, end) = (time("start")?, time("end")?);
        let options = TestOptions {
            days: if start.is_some() { None } else { days },
            start,
            end,
            schema_only: kind == "schemaOnly",
            count_only: kind == "countOnly",
            // The page has no switch for it.
            alert: o["alert"].as_bool().unwrap_or(false),
            ..TestOptions::default()
        };
        Ok(Self { rule, options, gate: None })
    }

    /// Tests the rule against the cluster. `tell` receives progress messages.
    ///
    /// # Errors
    /// Why the rule cannot be run.
    pub fn run(&self, config: &Config, store: &Store, tell: &mut dyn FnMut(String)) -> Result<Value, String> {
        self.with_file(store, tell, |file, tell| {
            if !self.options.schema_only {
                tell("Querying the cluster".into());
            }
            let tested = test_through(&self.guarded(config), file, &self.options, self.gate.clone())?;
            for w in &tested.warnings {
                tell(w.clone());
            }
            let mut out = tested.to_json();
            // The page shows the matches from here: those of the whole span, not of its last part.
            if !self.options.schema_only {
                out["writeback"]["elastalert_status"]["matches"] = json!(tested.matches);
                out["writeback"]["elastalert_status"]["hits"] = json!(tested.hits);
            }
            Ok(out)
        })
    }

    /// Tests the rule against event files.
    ///
    /// # Errors
    /// Why the rule cannot be run.
    pub fn over_events(
        &self,
        events: &Events,
        config: &Config,
        store: &Store,
        tell: &mut dyn FnMut(String),
        gone: &dyn Fn() -> bool,
    ) -> Result<Value, String> {
        self.with_file(store, tell, |file, _| events.test(&self.guarded(config), file, &self.options, gone))
    }

    /// The configuration for a tested rule: no secrets, no programs, and only the files that rules may use.
    fn guarded(&self, config: &Config) -> Config {
        config.guarded(config.guard.trial(self.options.schema_only))
    }

    fn with_file(
        &self,
        store: &Store,
        tell: &mut dyn FnMut(String),
        run: impl FnOnce(&Path, &mut dyn FnMut(String)) -> Result<Value, String>,
    ) -> Result<Value, String> {
        let unmade = |e: std::io::Error| format!("cannot create a temporary file for the test: {e}");
        let folder = tempfile::tempdir().map_err(unmade)?;
        let file = folder.path().join("rule.yaml");
        std::fs::write(&file, at_home(&self.rule, store)?).map_err(unmade)?;
        tell("Reading the rule".into());
        let out = run(&file, tell).map_err(|e| e.replace(&file.display().to_string(), "the rule"))?;
        tell(format!("{} hits, {} matches", out["hits"], out["results"]));
        Ok(out)
    }
}

/// The rule with its imports found: a page sends it with paths from where its folder would be. Variables of the environment stay
/// out of it, as what an alert would say is shown: `$NAME` becomes `(NAME)`.
fn at_home(text: &str, store: &Store) -> Result<String, String> {
    let text = expand(text, &|name| process_environment(name).map(|_| format!("({name})")));
    let document = Document::parse_as(&text, Dialect::Yaml12)?;
    let mut options = document.options();
    // Disabled rules may be tested.
    options.retain(|(k, _)| k != "is_enabled");
    let root = std::path::absolute(&store.rules).unwrap_or_else(|_| store.rules.clone());
    for (key, value) in &mut options {
        if key != "import" {
            continue;
        }
        let list = match &*value {
            Yaml::List(items) => items.iter().filter_map(Yaml::as_str).map(str::to_owned).collect(),
            v => v.as_str().map(str::to_owned).into_iter().collect::<Vec<_>>(),
        };
        let mut out = Vec::new();
        for import in list {
            let name = import.rsplit(['/', '\\']).next().unwrap_or_default();
            if name != BASE_RULE {
                return Err(format!("the rule imports {import}; a tested rule may import only {BASE_RULE}"));
            }
            out.push(Yaml::from(root.join(BASE_RULE).to_string_lossy().as_ref()));
        }
        *value = if out.len() == 1 { out.remove(0) } else { Yaml::List(out) };
    }
    Ok(document.with_options(&options))
}
