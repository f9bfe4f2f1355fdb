//! `POST /sigma/convert`: converts Sigma rules to rule files that Praeco opens.

use crate::serve::auth::role::{Actor, Role};
use crate::serve::error::ApiError;
use crate::serve::rules::paths::Id;
use crate::serve::rules::store::{EntryKind, Expected, Store, Tags, tag};
use serde_json::{Value, json};
use sigmalert_convert::mapping::Mapping;
use sigmalert_convert::{Converter, Options, Query, Style};
use sigmalert_elastalert::{Filter, Profile, praeco, unique_names};
use sigmalert_query::from_sigma;
use sigmalert_sigma::yaml::Limits;
use sigmalert_sigma::{Collection, Document};
use std::path::Path;

/// Converts, and writes unless `dryRun` is set. The body has `rules` (text), `mapping`, `folder`, `profiles` and `overwrite`.
pub(in crate::serve) fn convert(store: &Store, profiles: Option<&Path>, body: &Value, actor: &Actor) -> Result<Value, ApiError> {
    let bad = |m: String| ApiError::bad("optionsInvalid", m);
    let dry = body["dryRun"].as_bool().unwrap_or(false);
    if !dry {
        actor.must_be(Role::Editor, "saving converted rules (use `dryRun: true` to preview them)")?;
    }
    let text = body["rules"].as_str().ok_or_else(|| bad("send Sigma rules as text under `rules`".into()))?;
    let name = body["mapping"].as_str().unwrap_or("winlogbeat");
    // A file of the server's is none of a client's business.
    let mapping = Mapping::builtin(name).map_err(|e| bad(e.to_string()))?;
    let mut profile = Profile::default();
    for p in body["profiles"].as_array().into_iter().flatten() {
        let p = p
            .as_str()
            .filter(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_'))
            .ok_or_else(|| bad("`profiles` must be a list of profile names".into()))?;
        profile = profile.with(named(profiles, p).map_err(bad)?);
    }
    let folder = body["folder"].as_str().unwrap_or("");
    let parsed = from_sigma::parse(text, &Limits::default()).map_err(|e| ApiError::bad("sigmaInvalid", format!("{}: {e}", e.pos)))?;
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
                failures.push(json!({"title": titles[i].0, "message": e.message, "help": "rename the rule or the folder"}));
                continue;
            }
        };
        // What it imports lies above all folders.
        if let Some(p) = &mut file.praeco {
            p.path = id.name();
        }
        let text = file.to_text();
        if !dry {
            let expected = Expected { if_match: None, if_none_match: (!overwrite).then_some(Tags::Any) };
            match store.write(EntryKind::Rules, &id, &expected, actor, |_| Ok((text.clone(), None)), |_, _, _| Ok(())) {
                Ok(_) => {}
                Err(e) if e.kind == "changed" => {
                    failures.push(json!({"title": titles[i].0, "message": format!("the rule `{path}` already exists"), "help": "send `overwrite: true`"}));
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
    let told = json!({"digest": tag(text), "rules": out.len(), "failures": failures.len(), "written": !dry});
    store.audit.note(actor, "convert", &told);
    Ok(json!({"rules": out, "failures": failures}))
}

/// A profile by its name: of the folder that the server was started with, or a built-in one. No other file is read.
fn named(folder: Option<&Path>, name: &str) -> Result<Profile, String> {
    let files = folder.into_iter().flat_map(|f| ["yml", "yaml"].map(|e| f.join(format!("{name}.{e}"))));
    if let Some(file) = files.into_iter().find(|f| f.is_file()) {
        return Profile::load(&file.to_string_lossy()).map_err(|e| e.message);
    }
    let text = Profile::builtin_text(name).ok_or_else(|| {
        let known = Profile::builtin_names().collect::<Vec<_>>().join(", ");
        format!("unknown profile `{name}`: use {known}, or one from the --profiles folder")
    })?;
    Profile::from_text(text, Path::new(name)).map_err(|e| e.to_string())
}
