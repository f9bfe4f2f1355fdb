//! What a client's rule asks of this machine: programs, files and hosts, and secrets that would leave. Looked at when it is
//! saved or tried out.

use super::files::{names_files, within};
use super::hosts::{self, Host};
use super::layers::{Layers, Withheld};
use super::programs::{Program, Way, alerters};
use super::{Guard, Origin};
use serde_json::{Map, Value};
use sigmalert_elastalert::load::Loaded;
use sigmalert_elastalert::options::{Roles, roles};
use sigmalert_sigma::yaml::Value as Yaml;
use std::collections::BTreeSet;
use std::path::{Component, Path};

/// A file that an option names.
#[derive(Debug, Clone, PartialEq)]
struct FileClaim {
    option: String,
    name: String,
}

/// See the module. Nothing of the operator's is among them.
#[derive(Debug, Default)]
pub struct Claims {
    programs: Vec<Program>,
    files: Vec<FileClaim>,
    hosts: Vec<(String, Host)>,
    withheld: BTreeSet<Withheld>,
    /// What the operator has for options that name files.
    configured: Vec<FileClaim>,
    /// The folder of images that the operator named.
    images: Option<String>,
}

/// What a rule may not do, and the word for it in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The word for it.
    pub kind: &'static str,
    /// What is refused and why.
    pub message: String,
}

impl Claims {
    /// Those of a rule with all that it imports.
    pub fn of(guard: &Guard, loaded: &Loaded) -> Self {
        let client = |file: Option<usize>| file.is_some_and(|f| loaded.files.get(f).is_none_or(|f| guard.origin(f) == Origin::Client));
        let mut out = Self::default();
        let programs = Way::ALL.into_iter().flat_map(|w| w.named_by(loaded));
        out.programs = programs.filter(|p| client(p.file)).collect();
        // What another option stands for is part of what is started.
        out.programs.iter_mut().for_each(|p| resolve(&mut p.what, loaded));
        for e in loaded.entries.iter().chain(&loaded.shadowed) {
            let own = client(Some(e.file));
            let into = if own { &mut out.files } else { &mut out.configured };
            files(&e.key, &e.value, into);
            if !own && e.key == "assets_dir" && out.images.is_none() {
                out.images = e.value.as_str().map(str::to_owned);
            }
            if own && e.key == "alert" {
                for (_, over) in alerters(&e.value) {
                    over.iter().for_each(|(k, v)| files(k, v, &mut out.files));
                }
            }
        }
        for (key, value) in &loaded.config {
            files(key, value, &mut out.configured);
            if key == "assets_dir" && out.images.is_none() {
                out.images = value.as_str().map(str::to_owned);
            }
        }
        let layers = Layers::new(guard, loaded);
        let mut options: Map<String, Value> = loaded.config.iter().map(|(k, v)| (k.clone(), v.clone().into())).collect();
        options.extend(loaded.entries.iter().map(|e| (e.key.clone(), e.value.clone().into())));
        out.reached(&layers, &options);
        out.withheld.extend(layers.withhold(&mut options.clone()));
        let over: Vec<Vec<(String, Yaml)>> =
            loaded.entry("alert").map(|e| alerters(&e.value).into_iter().map(|(_, o)| o.to_vec()).collect()).unwrap_or_default();
        for own in over.iter().filter(|o| !o.is_empty()) {
            let (mut layers, mut options) = (layers.clone(), options.clone());
            layers.override_with(&mut options, own);
            out.reached(&layers, &options);
            out.withheld.extend(layers.withhold(&mut options));
        }
        out
    }

    fn reached(&mut self, layers: &Layers, options: &Map<String, Value>) {
        for (name, value) in options {
            if layers.origin(name) == Origin::Client && roles(name).is_some_and(|r| r.has(Roles::TARGET)) {
                let (mut own, mut known) = (Vec::new(), Vec::new());
                hosts::named(value, &mut own);
                layers.operator(name).into_iter().for_each(|v| hosts::named(v, &mut known));
                self.hosts.extend(own.into_iter().filter(|h| !known.contains(h)).map(|h| (name.clone(), h)));
            }
        }
    }

    /// A program that a rule may not run, where `before` is what it was allowed so far.
    pub fn refused_program(&self, guard: &Guard, before: &Self) -> Option<Refused> {
        let new = |p: &&Program| !before.programs.iter().any(|b| b.way == p.way && b.option == p.option && b.what == p.what);
        self.programs.iter().filter(|_| !guard.programs).find(new).map(|p| Refused {
            kind: "commandRefused",
            message: format!(
                "`{}` of the rule runs a program on the server, which rules sent over the network may not: --allow-commands lets them",
                p.option
            ),
        })
    }

    /// The first thing that a rule may not, where `before` is what it was allowed so far.
    pub fn refused(&self, guard: &Guard, before: &Self) -> Option<Refused> {
        if let Some(r) = self.refused_program(guard, before) {
            return Some(r);
        }
        if let Some(f) = self.files.iter().find(|f| !before.files.contains(f) && !self.may_read(guard, f)) {
            let where_to = match &guard.assets {
                Some(a) => format!("only files of {} may be named", a.display()),
                None => "the server was started without --assets, the folder that such files are taken from".to_owned(),
            };
            return Some(Refused {
                kind: "fileRefused",
                message: format!("`{}` of the rule names a file of the server, `{}`: {where_to}", f.option, f.name),
            });
        }
        if !guard.hosts.is_empty()
            && let Some((option, host)) = self.hosts.iter().find(|h| !before.hosts.contains(h) && !guard.allows(&h.1))
        {
            return Some(Refused {
                kind: "hostRefused",
                message: format!("`{option}` of the rule names {host}, which is not among the hosts that --allow-host names"),
            });
        }
        self.withheld.iter().find(|w| !before.withheld.contains(w)).map(|w| Refused { kind: "secretRefused", message: w.to_string() })
    }

    /// Of a rule that is copied to another folder: names of files beside it mean other files there.
    pub fn moved(&mut self) {
        self.files.retain(|f| Path::new(&f.name).is_absolute());
    }

    /// A host that a client's option names and `before` does not know, with that option.
    pub fn new_host(&self, before: &Self) -> Option<(&str, &Host)> {
        self.hosts.iter().find(|h| !before.hosts.contains(h)).map(|(option, host)| (option.as_str(), host))
    }

    fn may_read(&self, guard: &Guard, f: &FileClaim) -> bool {
        if self.configured.contains(f) {
            return true;
        }
        let in_assets = || guard.assets.as_deref().is_some_and(|a| within(&a.join(&f.name), a));
        match f.option.as_str() {
            "email_image_values" => {
                let folder = self.images.as_deref().map(Path::new).or(guard.assets.as_deref());
                // An image may come later: what cannot lead out is taken, and looked at again when it is read.
                let plain = Path::new(&f.name).components().all(|c| matches!(c, Component::Normal(_)));
                folder.is_some_and(|d| within(&d.join(&f.name), d) || (plain && !d.join(&f.name).exists()))
            }
            _ => in_assets(),
        }
    }
}

/// A value with what it refers to (`$other_option$`) in its place.
fn resolve(value: &mut Yaml, loaded: &Loaded) {
    match value {
        Yaml::List(items) => items.iter_mut().for_each(|i| resolve(i, loaded)),
        Yaml::Map(entries) => entries.iter_mut().for_each(|(_, v)| resolve(v, loaded)),
        other => {
            let name = other.as_str().and_then(|s| s.strip_prefix('$')).and_then(|s| s.strip_suffix('$'));
            if let Some(v) = name.and_then(|n| loaded.get(n)).cloned() {
                *other = v;
            }
        }
    }
}

/// The files that an option names.
fn files(option: &str, value: &Yaml, out: &mut Vec<FileClaim>) {
    let mut add = |name: &str| out.push(FileClaim { option: option.to_owned(), name: name.to_owned() });
    match value {
        // A connection within: its certificates.
        Yaml::Map(entries) => entries.iter().for_each(|(k, v)| files(k, v, out)),
        Yaml::List(items) => items.iter().for_each(|i| files(option, i, out)),
        other if names_files(option) => {
            let Some(text) = other.as_str().filter(|t| !t.is_empty()) else { return };
            match option {
                "blacklist" | "whitelist" => {
                    if let Some(name) = list_file(text) {
                        add(name);
                    }
                }
                _ => add(text),
            }
        }
        _ => {}
    }
}

/// The file that an entry of a list names.
pub(crate) fn list_file(entry: &str) -> Option<&str> {
    entry.strip_prefix("!file").or_else(|| entry.strip_prefix("!yaml")).and_then(|r| r.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;
    use sigmalert_elastalert::load::{Context, load_text};

    fn refused(guard: &Guard, old: &str, new: &str) -> Option<&'static str> {
        let claims = |text: &str| {
            let path = Path::new("/nowhere/rule.yaml");
            Claims::of(guard, &load_text(path, text, &Context { environment: &|_| None, root: None, config: &[] }).unwrap())
        };
        claims(new).refused(guard, &claims(old)).map(|r| r.kind)
    }

    #[test]
    fn programs_are_found_wherever_a_rule_names_them() {
        let guard = Guard::served(false, &[], None).unwrap();
        for (new, is) in [
            ("alert: [command]\ncommand: [x]\n", true),
            ("alert: command\ncommand: x\n", true),
            ("alert:\n- command:\n    command: [x]\n", true),
            ("alert:\n  command:\n    command: [x]\n", true),
            ("alert: [[{debug: {}, command: {}}]]\n", true),
            ("alert: [Command]\n", true),
            ("alert: [elastalert.alerters.command.CommandAlerter]\n", true),
            ("command: [x]\n", true),
            ("x: &c command\nalert: [*c]\n", true),
            ("<<: {command: [x]}\n", true),
            ("\"comm\\x61nd\": [x]\n", true),
            ("match_enhancements: [{command: [x]}]\n", true),
            ("match_enhancements: {command: x}\n", true),
            ("match_enhancements: [[{command: x}]]\n", true),
            ("b: &b {match_enhancements: [{command: x}]}\n<<: *b\n", true),
            ("alert:\n- debug:\n    match_enhancements: [{command: x}]\n", true),
            ("name: a command\nalert: [post]\nmatch_enhancements: [elastalert.enhancements.TimeEnhancement]\n", false),
        ] {
            assert_eq!(refused(&guard, "a: 1\n", new), is.then_some("commandRefused"), "{new}");
            assert_eq!(refused(&guard, new, &format!("is_enabled: false\n{new}")), None, "{new}");
            assert_eq!(refused(&Guard { programs: true, ..guard.clone() }, "a: 1\n", new), None, "{new}");
        }
        let own = "alert: [command]\ncommand: [x]\nmatch_enhancements: [{command: [y]}]\n";
        assert_eq!(refused(&guard, own, &own.replace("[x]", "[z]")), Some("commandRefused"));
        assert_eq!(refused(&guard, own, &own.replace("[y]", "[z]")), Some("commandRefused"));
        assert_eq!(refused(&guard, own, &own.replace("[y]", "[x]")), Some("commandRefused"));
        let refers = "alert: [command]\ncommand: [$tool$]\ntool: x\n";
        assert_eq!(refused(&guard, refers, &refers.replace("tool: x", "tool: y")), Some("commandRefused"));
    }

    #[test]
    fn files_come_from_the_folder_of_assets() {
        let dir = tempfile::tempdir().unwrap();
        let (assets, out) = (dir.path().join("assets"), dir.path().join("secret"));
        std::fs::create_dir(&assets).unwrap();
        std::fs::write(&out, "x").unwrap();
        std::fs::write(assets.join("a.txt"), "x").unwrap();
        std::os::unix::fs::symlink(&out, assets.join("link")).unwrap();
        let guard = Guard::served(false, &[], Some(&assets)).unwrap();
        let out = out.display();
        for good in [
            "blacklist: [x, \"!file a.txt\"]\n",
            "email_image_values: [a.txt, later.png]\n",
            "jinja_template_path: a.txt\n",
            "slack_ca_certs: true\n",
        ] {
            assert_eq!(refused(&guard, "a: 1\n", good), None, "{good}");
        }
        for bad in [
            format!("blacklist: [\"!file {out}\"]\n"),
            "whitelist: [\"!file ../secret\"]\n".into(),
            "whitelist: [\"!yaml missing\"]\n".into(),
            format!("email_image_values: [{out}]\n"),
            "email_image_values: [link]\n".into(),
            "email_image_values: [../new.png]\n".into(),
            "assets_dir: /\n".into(),
            "alert: [{email: {assets_dir: /, email_image_values: [a.txt]}}]\n".into(),
            format!("indexer_connection: {{es_host: a, ca_certs: {out}}}\n"),
            format!("opsgenie_ca_certs: {out}\n"),
            format!("smtp_auth_file: {out}\n"),
            "jinja_template_path: BaseRule.config\n".into(),
        ] {
            assert_eq!(refused(&guard, "a: 1\n", &bad), Some("fileRefused"), "{bad}");
            assert_eq!(refused(&guard, &bad, &format!("b: 1\n{bad}")), None, "{bad}");
        }
        let none = Guard::served(false, &[], None).unwrap();
        assert_eq!(refused(&none, "a: 1\n", "email_image_values: [a.txt]\n"), Some("fileRefused"));
    }

    #[test]
    fn hosts_are_those_that_the_operator_names() {
        let guard = Guard::served(false, &["hooks.example".into(), "*.corp".into()], None).unwrap();
        for (new, is) in [
            ("http_post_url: https://hooks.example/x\nes_host: es.corp\nes_port: 9200\n", false),
            ("http_post_url: [https://hooks.example/x, http://evil.example]\n", true),
            ("alert: [{post: {http_post_url: http://evil.example}}]\n", true),
            ("slack_proxy: http://127.0.0.2:1\n", true),
            ("smtp_host: evil.example\n", true),
            ("hive_connection: {hive_host: \"http://evil.example\"}\n", true),
            ("hive_connection: {hive_host: \"http://hive.corp\", hive_proxies: {http: \"http://evil.example\"}}\n", true),
            ("indexer_connection: {es_hosts: [a.corp, evil.example]}\n", true),
            ("line_api_url: http://evil.example\n", true),
        ] {
            assert_eq!(refused(&guard, "a: 1\n", new), is.then_some("hostRefused"), "{new}");
        }
        assert_eq!(refused(&Guard::served(false, &[], None).unwrap(), "a: 1\n", "smtp_host: evil.example\n"), None);
    }
}
