//! The options of a rule with who wrote each, and what of the operator's goes with what of a client's.
//!
//! Credentials stay with the host that they were configured for: where a client's rule names another one, the operator's secrets
//! of that service are left out. A reference (`$other_option$`) brings no secret to where it would be shown. A trial has no
//! secrets at all.

use super::hosts::{self, Host};
use super::{Guard, Mode, Origin};
use serde_json::{Map, Value};
use sigmalert_elastalert::load::Loaded;
use sigmalert_elastalert::options::{Named, Roles, Scope, named_by_runtime, roles};
use sigmalert_sigma::yaml::Value as Yaml;
use std::collections::{BTreeSet, HashMap, HashSet};

/// Options that have a request signed with what this machine is known by: no client's host gets that.
const AMBIENT: [&str; 2] = ["aws_region", "profile"];

/// An operator's secret that is left out, as a client's option leads elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Withheld {
    pub secret: String,
    pub target: String,
}

impl std::fmt::Display for Withheld {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { secret, target } = self;
        write!(
            f,
            "the `{secret}` of the configuration is not sent to the host that `{target}` of the rule names: set `{secret}` in the rule, too, or leave `{target}` as it is configured"
        )
    }
}

/// See the module.
#[derive(Debug, Clone)]
pub(crate) struct Layers {
    mode: Mode,
    origins: HashMap<String, Origin>,
    /// What the operator says, also where the rule says otherwise.
    operator: HashMap<String, Value>,
}

/// Names of options that sound like a secret, for those that no table knows.
pub(super) fn sounds_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    ["password", "_pass", "secret", "token", "api_key", "apikey", "_key_id", "bearer", "webhook", "auth", "credential"]
        .iter()
        .any(|s| name.contains(s))
}

impl Layers {
    /// The layers of a loaded rule.
    pub fn new(guard: &Guard, loaded: &Loaded) -> Self {
        let origin = |file: usize| loaded.files.get(file).map_or(Origin::Client, |f| guard.origin(f));
        let mut origins: HashMap<String, Origin> = HashMap::new();
        let mut operator: HashMap<String, Value> = HashMap::new();
        for (key, _) in &loaded.config {
            origins.insert(key.clone(), Origin::Operator);
        }
        for e in &loaded.entries {
            origins.insert(e.key.clone(), origin(e.file));
        }
        if guard.is_on() {
            for e in loaded.entries.iter().chain(&loaded.shadowed).filter(|e| origin(e.file) == Origin::Operator) {
                operator.entry(e.key.clone()).or_insert_with(|| e.value.clone().into());
            }
            for (key, value) in &loaded.config {
                operator.entry(key.clone()).or_insert_with(|| value.clone().into());
            }
        }
        Self { mode: guard.mode, origins, operator }
    }

    /// Who wrote an option.
    pub fn origin(&self, name: &str) -> Origin {
        self.origins.get(name).copied().unwrap_or(Origin::Operator)
    }

    /// What the operator says for an option.
    pub fn operator(&self, name: &str) -> Option<&Value> {
        self.operator.get(name)
    }

    /// The hosts that the operator's options lead to.
    pub fn known_hosts(&self) -> Vec<Host> {
        let mut out = Vec::new();
        for (_, value) in self.operator.iter().filter(|(name, _)| roles(name).is_some_and(|r| r.has(Roles::TARGET))) {
            hosts::named(value, &mut out);
        }
        out
    }

    /// Options of the operator that no table knows: what they hold may be a secret.
    pub fn unknown(&self) -> HashSet<String> {
        let unknown = |name: &&String| roles(name).is_none() && self.origin(name) == Origin::Operator;
        self.operator.keys().filter(unknown).cloned().collect()
    }

    /// The options that clients may have written.
    pub fn by_clients(&self) -> HashSet<String> {
        self.origins.iter().filter(|(_, o)| **o == Origin::Client).map(|(k, _)| k.clone()).collect()
    }

    /// Whether an option's value is never shown: by its role; where no table knows it, what the operator set may be anything.
    pub fn is_secret(&self, name: &str) -> bool {
        match roles(name) {
            Some(r) => r.has(Roles::SECRET),
            None => (self.mode != Mode::Open && self.origin(name) == Origin::Operator) || sounds_secret(name),
        }
    }

    /// An option as this rule gets it: in a trial the operator's secrets are not there. Where a rule needs one to be valid, its
    /// name stands for it.
    pub fn admitted(&self, name: &str, origin: Origin, value: Yaml) -> Option<Value> {
        let hidden = matches!(self.mode, Mode::Trial { .. }) && origin == Origin::Operator && hidden_of_operator(name);
        if !hidden {
            return Some(value.into());
        }
        named_by_runtime(name).iter().any(|n| n.required).then(|| match value {
            Yaml::Map(_) => Value::Object(Map::new()),
            _ => format!("({name})").into(),
        })
    }

    /// Lays the options that an alerter overrides over the others.
    pub fn override_with(&mut self, options: &mut Map<String, Value>, over: &[(String, Yaml)]) {
        let origin = self.origin("alert");
        for (key, value) in over {
            self.origins.insert(key.clone(), origin);
            match self.admitted(key, origin, value.clone()) {
                Some(v) => options.insert(key.clone(), v),
                None => options.remove(key),
            };
        }
    }

    /// Leaves out the operator's secrets of services that a client's rule reaches elsewhere.
    pub fn withhold(&self, options: &mut Map<String, Value>) -> BTreeSet<Withheld> {
        let mut out = BTreeSet::new();
        if self.mode == Mode::Open {
            return out;
        }
        let mut elsewhere: Vec<(Scope, &String)> = Vec::new();
        for (name, value) in options.iter().filter(|(name, _)| self.origin(name) == Origin::Client) {
            for n in named_by_runtime(name).iter().filter(|n| n.roles.has(Roles::TARGET)) {
                if !same(value, self.operator(name), n.default) {
                    elsewhere.push((n.scope, name));
                }
            }
        }
        for name in options.keys() {
            let (own, ambient) = (self.origin(name) == Origin::Client, AMBIENT.contains(&name.as_str()));
            if own && !ambient {
                continue;
            }
            for Named { scope, roles, .. } in named_by_runtime(name) {
                if !roles.has(Roles::SECRET) {
                    continue;
                }
                // A proxy sees what passes through it; what is behind a proxy does not see the proxy's login.
                let target = elsewhere.iter().find(|(s, t)| *s == scope && (is_proxy(t) || !is_proxy(name)));
                if let Some((_, target)) = target {
                    out.insert(Withheld { secret: name.clone(), target: (*target).clone() });
                }
            }
        }
        for w in &out {
            options.remove(&w.secret);
        }
        out
    }

    /// Values that name another option of the rule (`$other_option$`) become its value, where it may be known there.
    pub fn refer(&self, options: &mut Map<String, Value>) {
        let all = options.clone();
        for (name, value) in options.iter_mut() {
            let to = roles(name).unwrap_or(Roles::NONE);
            let by = self.origin(name);
            self.refer_in(value, &all, to, by);
        }
    }

    fn refer_in(&self, value: &mut Value, all: &Map<String, Value>, to: Roles, by: Origin) {
        match value {
            Value::String(s) => {
                let name = s.strip_prefix('$').and_then(|s| s.strip_suffix('$'));
                if let Some((name, other)) = name.and_then(|n| Some((n, all.get(n)?)))
                    && self.may_refer(name, to, by)
                {
                    *value = other.clone();
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|v| self.refer_in(v, all, to, by)),
            Value::Object(map) => map.values_mut().for_each(|v| self.refer_in(v, all, to, by)),
            _ => {}
        }
    }

    /// Whether a value of an option with these roles, written by somebody, may take over another option.
    fn may_refer(&self, name: &str, to: Roles, by: Origin) -> bool {
        let acts = to != Roles::NONE;
        if self.mode == Mode::Open {
            // What is shown takes over nothing that is not.
            return acts || !roles(name).is_some_and(|r| r.has(Roles::SECRET));
        }
        match (by, self.origin(name)) {
            // An operator's secret goes where its operator sent it.
            (Origin::Operator, Origin::Operator) => acts || !self.is_secret(name),
            (Origin::Client, Origin::Operator) => !self.is_secret(name),
            // Which program, file or host the operator means is not up to clients.
            (Origin::Operator, Origin::Client) => !acts,
            (Origin::Client, Origin::Client) => acts || !self.is_secret(name),
        }
    }
}

/// Whether an option that the operator set may hold a secret.
fn hidden_of_operator(name: &str) -> bool {
    roles(name).is_none_or(|r| r.has(Roles::SECRET))
}

/// Whether an option is about a proxy.
fn is_proxy(name: &str) -> bool {
    name.contains("_proxy")
}

/// Whether a value leads to where the operator's does, or else to the default.
fn same(value: &Value, operator: Option<&Value>, default: Option<&str>) -> bool {
    let (mut own, mut known) = (BTreeSet::new(), BTreeSet::new());
    places(value, &mut own);
    match (operator, default) {
        (Some(o), _) => places(o, &mut known),
        (None, Some(d)) => places(&Value::from(d.trim_matches('"')), &mut known),
        (None, None) => {}
    }
    own.is_subset(&known)
}

/// Where a value leads: the scheme, the host and the port of an address, or the value itself.
fn places(value: &Value, out: &mut BTreeSet<String>) {
    match value {
        Value::Null => {}
        Value::String(s) if s.is_empty() => {}
        Value::String(s) => {
            let text = s.trim().to_ascii_lowercase();
            out.insert(match (text.split_once("://"), Host::of(s)) {
                (Some((scheme, _)), Some(host)) => format!("{scheme}://{host}"),
                _ => text,
            });
        }
        Value::Array(items) => items.iter().for_each(|i| places(i, out)),
        other => {
            out.insert(other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use sigmalert_elastalert::load::{Context, load};

    struct Rule {
        layers: Layers,
        options: Map<String, Value>,
    }

    fn rule(mode: Mode, rule: &str, base: &str, config: &Value) -> Rule {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("rule.yaml"), format!("import: BaseRule.config\n{rule}")).unwrap();
        std::fs::write(dir.path().join("BaseRule.config"), format!("x_base: 1\n{base}")).unwrap();
        let config: Vec<(String, Yaml)> = config.as_object().unwrap().iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
        let loaded = load(&dir.path().join("rule.yaml"), &Context { environment: &|_| None, root: None, config: &config }).unwrap();
        let guard = Guard { mode, ..Guard::default() };
        let layers = Layers::new(&guard, &loaded);
        let mut options = Map::new();
        for (k, v) in &config {
            options.extend(layers.admitted(k, Origin::Operator, v.clone()).map(|v| (k.clone(), v)));
        }
        for e in &loaded.entries {
            options.extend(layers.admitted(&e.key, layers.origin(&e.key), e.value.clone()).map(|v| (e.key.clone(), v)));
        }
        Rule { layers, options }
    }

    fn withheld(own: &str, base: &str, config: &Value) -> Vec<String> {
        let mut r = rule(Mode::Served, own, base, config);
        let out = r.layers.withhold(&mut r.options);
        out.iter().for_each(|w| assert!(!r.options.contains_key(&w.secret)));
        out.into_iter().map(|w| w.secret).collect()
    }

    #[test]
    fn credentials_stay_with_their_host() {
        let post = "http_post_url: https://a.example/x\nhttp_post_headers: {authorization: s}\n";
        assert_eq!(withheld("", post, &json!({})), [""; 0]);
        assert_eq!(withheld("http_post_url: https://a.example/other\n", post, &json!({})), [""; 0]);
        for other in ["https://b.example/x", "http://a.example/x", "https://a.example:8443/x", "https://a.example@b.example/x"] {
            assert_eq!(withheld(&format!("http_post_url: {other}\n"), post, &json!({})), ["http_post_headers"], "{other}");
            assert_eq!(withheld(&format!("http_post_url: [https://a.example/x, \"{other}\"]\n"), post, &json!({})), ["http_post_headers"]);
        }
        // A proxy sees everything; who has his own address goes through the operator's proxy.
        assert_eq!(withheld("http_post_proxy: http://b:1\n", post, &json!({})), ["http_post_headers", "http_post_url"]);
        let slack = "slack_webhook_url: https://hooks/x\nslack_proxy: http://p:1\n";
        assert_eq!(withheld("slack_webhook_url: https://hooks2/x\n", slack, &json!({})), [""; 0]);
        // What the rule has by itself stays.
        assert_eq!(withheld("http_post_url: https://b/x\nhttp_post_headers: {a: b}\n", post, &json!({})), [""; 0]);
        let es = json!({"es_host": "a", "es_port": 9200, "es_password": "s", "es_api_key": "k"});
        assert_eq!(withheld("es_host: a\n", "", &es), [""; 0]);
        for other in ["es_host: b", "es_port: 9201", "es_hosts: [a, b]", "use_ssl: true"] {
            assert_eq!(withheld(&format!("{other}\n"), "", &es), ["es_api_key", "es_password"], "{other}");
        }
        // Where the operator names no host the default holds.
        let telegram = "telegram_bot_token: s\n";
        assert_eq!(withheld("telegram_api_url: api.telegram.org\n", telegram, &json!({})), [""; 0]);
        assert_eq!(withheld("telegram_api_url: evil.example\n", telegram, &json!({})), ["telegram_bot_token"]);
        assert_eq!(withheld("smtp_host: localhost\n", "smtp_auth_file: a\n", &json!({})), [""; 0]);
        assert_eq!(withheld("smtp_host: b\n", "smtp_auth_file: a\n", &json!({})), ["smtp_auth_file"]);
        assert_eq!(withheld("twilio_api_url: http://b\n", "twilio_auth_token: a\n", &json!({})), ["twilio_auth_token"]);
        assert_eq!(withheld("es_host: b\naws_region: eu\n", "", &json!({"es_host": "a"})), ["aws_region"]);
    }

    #[test]
    fn trials_have_no_secrets() {
        let config = json!({"es_host": "a", "es_password": "s", "my_own": "s", "alert_subject": "shown"});
        let r = rule(Mode::Trial { schema: false }, "owner: me\n", "slack_webhook_url: s\nhttp_post_headers: {a: s}\nmine: s\n", &config);
        let text = Value::Object(r.options.clone()).to_string();
        assert!(!text.contains("\"s\""), "{text}");
        assert_eq!(r.options["slack_webhook_url"], "(slack_webhook_url)");
        assert_eq!((&r.options["alert_subject"], &r.options["owner"], &r.options["es_host"]), (&"shown".into(), &"me".into(), &"a".into()));
    }

    #[test]
    fn references_bring_no_secret_to_light() {
        let base = "es_password: s\nmine: s\ncategory: shown\nhttp_post_headers: {a: $mine$}\n";
        let own = "alert_text: $es_password$\nleak: {a: [$mine$]}\nslack_webhook_url: $mine$\nowner: $category$\nown: $tool$\ntool: x\n";
        let mut r = rule(Mode::Served, own, base, &json!({"command": ["$tool$", "$category$"]}));
        r.layers.refer(&mut r.options);
        let o = &r.options;
        assert_eq!(
            (&o["alert_text"], &o["leak"], &o["slack_webhook_url"]),
            (&"$es_password$".into(), &json!({"a": ["$mine$"]}), &"$mine$".into())
        );
        assert_eq!((&o["owner"], &o["own"], &o["http_post_headers"]), (&"shown".into(), &"x".into(), &json!({"a": "s"})));
        assert_eq!(o["command"], json!(["$tool$", "shown"]));
        // The operator's own rules keep ElastAlert's meaning, but for what is shown.
        let mut r = rule(Mode::Open, own, base, &json!({}));
        r.layers.refer(&mut r.options);
        assert_eq!((&r.options["slack_webhook_url"], &r.options["alert_text"]), (&"s".into(), &"$es_password$".into()));
    }
}
