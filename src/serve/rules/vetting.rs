//! Vetting of client rules before they are saved or tested: otherwise, anyone who may write a rule could run any program on the
//! server, or exfiltrate its files and passwords.
//!
//! A stored rule keeps what it already has: an administrator wrote it, or it was allowed then.

use crate::serve::data::index_allowlist::IndexAllowlist;
use crate::serve::data::rule_scope::violations;
use crate::serve::error::ApiError;
use axum::http::StatusCode;
use sigmalert_elastalert::load::environment::expand;
use sigmalert_elastalert::load::{Context, Entry, Loaded, load_text, process_environment};
use sigmalert_runtime::guard::Guard;
use sigmalert_runtime::guard::claims::{Claims, Refused};
use sigmalert_sigma::yaml::{Dialect, Key, Limits, Node, Value, parse_as};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What frames a variable while the text is read. No rule has it: it is for private use.
const MARK: char = '\u{f8fe}';

/// The policy that client rules are checked against.
#[derive(Debug, Default)]
pub(in crate::serve) struct Vetting {
    pub guard: Guard,
    /// The folder of rules.
    pub rules: PathBuf,
    /// The options of config.yaml.
    pub config: Vec<(String, Value)>,
    /// What rules may search.
    pub index_allowlist: Arc<IndexAllowlist>,
}

/// What a rule may have, as it was there before: a rule that is replaced, or one that a new rule is a copy of.
#[derive(Debug, Clone, Copy)]
pub(in crate::serve) struct PreviousRule<'a> {
    pub path: &'a Path,
    pub text: &'a str,
}

impl From<Refused> for ApiError {
    fn from(r: Refused) -> Self {
        Self::new(StatusCode::FORBIDDEN, r.kind, r.message)
    }
}

impl Vetting {
    /// Checks that a rule needs no more privileges than the rule that it replaces or copies.
    ///
    /// # Errors
    /// 403 if it does not hold.
    pub fn check(&self, path: &Path, before: Option<PreviousRule<'_>>, new: &str) -> Result<(), ApiError> {
        let new_rule = self.loaded(path, new);
        let old_rule = before.map(|b| self.loaded(b.path, b.text));
        let known = old_rule.as_ref().map(|r| violations(&self.index_allowlist, &r.entries)).unwrap_or_default();
        if let Some(v) = violations(&self.index_allowlist, &new_rule.entries).into_iter().find(|v| !known.contains(v)) {
            return Err(ApiError::new(StatusCode::FORBIDDEN, v.kind, v.message));
        }
        let mut known = old_rule.as_ref().map(|r| Claims::of(&self.guard, r)).unwrap_or_default();
        if before.is_some_and(|b| b.path.parent() != path.parent()) {
            known.moved();
        }
        let claims = Claims::of(&self.guard, &new_rule);
        if let Some(r) = claims.refused(&self.guard, &known) {
            return Err(r.into());
        }
        let refused = |message: String| Err(Refused { kind: "secretRefused", message }.into());
        let filled = variables(new);
        let before = before.map(|b| variables(b.text)).unwrap_or_default();
        if let Some((option, _, name)) = filled.iter().find(|v| !before.contains(v)) {
            return refused(format!(
                "`{option}` of the rule uses the environment variable ${name}, which rules saved over the network may not use: write the value, or set the option in BaseRule.config"
            ));
        }
        match (filled.first(), claims.new_host(&known)) {
            (Some((option, _, name)), Some((target, host))) => refused(format!(
                "`{target}` of the rule names {host}, but `{option}` uses the environment variable ${name}, which may be sent only to the stored rule's host: write the value instead of the variable, or leave `{target}` unchanged"
            )),
            _ => Ok(()),
        }
    }

    /// Checks that a rule to test runs no program.
    ///
    /// # Errors
    /// 403 if it does not hold.
    pub fn check_trial(&self, text: &str) -> Result<(), ApiError> {
        let claims = Claims::of(&self.guard, &alone(&self.rules.join("trial.yaml"), text, &[]));
        claims.refused_program(&self.guard, &Claims::default()).map_or(Ok(()), |r| Err(r.into()))
    }

    /// A rule with what it imports. Where an import cannot be read the rule does not run; what it says itself counts anyway.
    fn loaded(&self, path: &Path, text: &str) -> Loaded {
        let context = Context { environment: &process_environment, root: Some(&self.rules), config: &self.config };
        load_text(path, text, &context).unwrap_or_else(|_| alone(path, text, &self.config))
    }
}

/// A text by itself. What is not YAML says nothing, and does not run.
fn alone(path: &Path, text: &str, config: &[(String, Value)]) -> Loaded {
    let expanded = expand(text, &process_environment);
    let documents = parse_as(&expanded, &Limits::default(), Dialect::Yaml11).unwrap_or_default();
    let entries = documents.iter().filter_map(|d| d.as_map()).flatten();
    let entry = |(k, v): &(Key<'_>, Node<'_>)| Entry { key: k.text.to_string(), value: v.to_value(), file: 0, pos: k.pos };
    Loaded {
        files: vec![path.to_owned()],
        entries: entries.map(entry).collect(),
        shadowed: vec![],
        config: config.to_vec(),
        source: text.to_owned(),
    }
}

/// The variables of the environment that a text would be filled with: option, value and name of each.
fn variables(text: &str) -> Vec<(String, String, String)> {
    let marked = expand(text, &|name| process_environment(name).map(|_| format!("{MARK}{name}{MARK}")));
    if !marked.contains(MARK) {
        return Vec::new();
    }
    let found = |text: &str| text.split(MARK).nth(1).map(str::to_owned);
    let whole = || found(&marked).map(|name| ("text".to_owned(), text.to_owned(), name)).into_iter().collect();
    let Ok(documents) = parse_as(&marked, &Limits::default(), Dialect::Yaml11) else { return whole() };
    let mut out = Vec::new();
    for document in &documents {
        let Some(entries) = document.as_map() else { return whole() };
        for (key, value) in entries {
            let value = serde_json::Value::from(value.to_value()).to_string();
            if let Some(name) = found(&key.text).or_else(|| found(&value)) {
                out.push((key.text.replace(MARK, ""), value, name));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_stays_here() {
        let dir = tempfile::tempdir().unwrap();
        let v = Vetting {
            guard: Guard::served(false, &[], None).unwrap(),
            rules: dir.path().to_owned(),
            config: vec![],
            index_allowlist: Arc::default(),
        };
        let path = dir.path().join("a.yaml");
        let check =
            |old: Option<&str>, new: &str| v.check(&path, old.map(|text| PreviousRule { path: &path, text }), new).map_err(|e| e.kind);
        for bad in ["alert_text: $HOME\n", "a: [{b: \"x${HOME}\"}]\n", "$HOME: 1\n", "a: &a $HOME\nb: *a\n", "a: [\nb: $HOME\n"] {
            assert_eq!(check(None, bad), Err("secretRefused"), "{bad}");
            assert_eq!(check(Some(bad), bad), Ok(()), "{bad}");
        }
        assert_eq!(check(Some("es_password: $HOME\n"), "alert_text: $HOME\n"), Err("secretRefused"));
        // It goes only where it went.
        let sends = "alert: [post]\nhttp_post_url: http://a.example/x\nhttp_post_headers: {k: $HOME}\n";
        assert_eq!(check(Some(sends), &sends.replace("/x", "/y")), Ok(()));
        assert_eq!(check(Some(sends), &sends.replace("a.example", "b.example")), Err("secretRefused"));
        assert_eq!(check(Some(sends), &format!("{sends}http_post_proxy: http://b.example\n")), Err("secretRefused"));
        for good in ["a: \"\\x24HOME\"\n", "a: $no_such_variable_here\n", "a: C$\n# $HOME\n"] {
            assert_eq!(check(None, good), Ok(()), "{good}");
        }
    }
}
