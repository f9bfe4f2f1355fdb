//! `POST /sigma/convert`: Sigma rules in, rule files that Praeco opens into a folder.

use super::error::ApiError;
use super::paths::Id;
use super::store::{Actor, Expected, Kind, Store};
use crate::convert::{Converter, Options, Query, Style};
use crate::mapping::Mapping;
use crate::rule::{Filter, Profile, praeco, unique_names};
use crate::sigma::{self, Collection, Document};
use crate::yaml::Limits;
use serde_json::{Value, json};

/// Converts, and writes unless `dryRun` is asked for. The body: `rules` (text), `mapping`, `folder`, `profiles`, `overwrite`.
pub(super) fn convert(store: &Store, body: &Value, actor: &Actor) -> Result<Value, ApiError> {
    let bad = |m: String| ApiError::bad("optionsInvalid", m);
    let text = body["rules"].as_str().ok_or_else(|| bad("send Sigma rules as text under `rules`".into()))?;
    let name = body["mapping"].as_str().unwrap_or("winlogbeat");
    // A file of the server's is none of a client's business.
    let mapping = Mapping::builtin(name).map_err(|e| bad(e.to_string()))?;
    let mut profile = Profile::default();
    for p in body["profiles"].as_array().into_iter().flatten() {
        let p = p
            .as_str()
            .filter(|p| p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
            .ok_or_else(|| bad("`profiles` are names".into()))?;
        profile = profile.with(Profile::load(p).map_err(|e| bad(e.to_string()))?);
    }
    let folder = body["folder"].as_str().unwrap_or("");
    let parsed = sigma::parse(text, &Limits::default()).map_err(|e| ApiError::bad("sigmaInvalid", format!("{}: {e}", e.pos)))?;
    let mut failures = Vec::new();
    let documents: Vec<Document> = parsed
        .documents
        .into_iter()
        .filter_map(|d| {
            d.map_err(|e| failures.push(json!({"title": null, "line": e.pos.line, "message": e.to_string(), "help": e.help}))).ok()
        })
        .collect();
    let converter = Converter::new(mapping, Options { style: Style::Praeco, profile, ..Options::default() });
    let titles: Vec<(String, Option<String>)> =
        documents.iter().map(|d| (d.attributes().title.clone(), d.attributes().id.clone())).collect();
    let collection = Collection::new(documents);
    let mut names = unique_names(titles.iter().map(|(t, id)| (t.as_str(), id.as_deref())));
    praeco::file_names(&mut names);
    let dry = body["dryRun"].as_bool().unwrap_or(false);
    let overwrite = body["overwrite"].as_bool().unwrap_or(false);
    let mut out = Vec::new();
    for (i, name) in names.iter().enumerate() {
        if matches!(collection.documents()[i], Document::Filter(_)) || !collection.alerts(i) {
            continue;
        }
        let converted = match converter.convert_as(&collection, i, name) {
            Ok(c) => c,
            Err(e) => {
                failures.push(
                    json!({"title": titles[i].0, "line": collection.documents()[i].pos().line, "message": e.to_string(), "help": e.help()}),
                );
                continue;
            }
        };
        let Query::RuleFile(mut file) = converted.query else { continue };
        let path = if folder.is_empty() { name.clone() } else { format!("{}/{name}", folder.trim_matches('/')) };
        let id = match Id::named(&path) {
            Ok(id) => id,
            Err(e) => {
                failures.push(json!({"title": titles[i].0, "message": e.message, "help": "rename the rule, or the folder"}));
                continue;
            }
        };
        // What it imports lies above all folders.
        if let Some(p) = &mut file.praeco {
            p.path = id.name();
        }
        let text = file.to_text();
        if !dry {
            let expected = Expected { if_match: None, if_none_match: !overwrite };
            match store.write(Kind::Rules, &id, &expected, actor, |_| Ok(text.clone())) {
                Ok(_) => {}
                Err(e) if e.kind == "changed" => {
                    failures.push(json!({"title": titles[i].0, "message": format!("there is a rule `{path}` already"), "help": "send `overwrite: true`"}));
                    continue;
                }
                Err(e) => return Err(e),
            }
        }
        let query = match &file.filter {
            Filter::QueryString(q) => json!(q),
            Filter::Dsl(body) => body.clone(),
        };
        let notices: Vec<String> = converted.notices.iter().map(ToString::to_string).collect();
        out.push(json!({"id": id.name(), "name": name, "index": converted.index, "query": query, "yaml": text, "notices": notices, "written": !dry}));
    }
    Ok(json!({"rules": out, "failures": failures}))
}
