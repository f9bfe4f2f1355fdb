//! The API described: every path of the table of roles, and more of those that are ours.

use super::role::{ROUTES, Role};
use serde_json::{Map, Value, json};

/// OpenAPI 3.1 of all paths. `x-role` is the role that a user must have.
pub(super) fn description() -> Value {
    let mut paths = Map::new();
    for route in ROUTES {
        let path = route.path.replace("{*", "{");
        let parameters: Vec<Value> = path
            .split('/')
            .filter_map(|p| p.strip_prefix('{')?.strip_suffix('}'))
            .map(|name| {
                let schema = if name == "action" { json!({"enum": ["start", "stop"]}) } else { json!({"type": "string"}) };
                json!({"name": name, "in": "path", "required": true, "schema": schema})
            })
            .collect();
        let mut methods = Map::new();
        for (method, role) in route.methods {
            let mut operation = json!({"summary": route.summary, "x-role": role.word(), "responses": {
                "200": {"description": "What was asked for"},
                "401": {"description": "Nobody that is known asks"},
                "429": {"description": "Too many logins failed; Retry-After says when to try again"},
            }});
            if *role > Role::Viewer {
                operation["responses"]["403"] = json!({"description": "The user's role does not allow it"});
            }
            if !parameters.is_empty() {
                operation["parameters"] = json!(parameters);
            }
            if let Some(more) = details(method, route.path).as_object() {
                for (key, value) in more {
                    match (operation[key].as_object_mut(), value) {
                        (Some(there), Value::Object(more)) => there.extend(more.clone()),
                        _ => operation[key] = value.clone(),
                    }
                }
            }
            methods.insert(method.to_lowercase(), operation);
        }
        paths.insert(path, Value::Object(methods));
    }
    json!({
        "openapi": "3.1.0",
        "info": {"title": "sigmalert serve", "version": env!("CARGO_PKG_VERSION"),
            "description": "The API of elastalert-server and what sigmalert adds to it. Errors are {error, message, statusCode}."},
        "paths": paths,
    })
}

/// What there is to say of a path beside its summary.
fn details(method: &str, path: &str) -> Value {
    let text = json!({"type": "string"});
    match (method, path) {
        ("GET", "/status/overview") => {
            json!({"parameters": [{"name": "from", "in": "query", "description": "The first rule that is shown", "schema": {"type": "integer", "default": 0}},
                    {"name": "size", "in": "query", "description": "How many rules are shown; without it all of them", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The overview, with an `ETag`"}, "304": {"description": "It is what `If-None-Match` names"}, "503": {"description": "There is no cluster"}}})
        }
        ("POST", "/search/{index}") => json!({
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {
                "200": {"description": "The answer of the cluster; hits are counted as a plain number"},
                "400": {"description": "The search makes no sense, or asks for too much (`too_many_buckets`)"},
                "403": {"description": "`indexRefused`: the index, or what it stands for, may not be read; `searchRefused`: the search has a part that is not allowed"},
                "503": {"description": "There is no cluster, or too many answers were not read yet (`busy`)"}},
        }),
        ("POST", "/sigma/convert") => json!({
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["rules"], "properties": {
                "rules": {"type": "string", "description": "One or more Sigma documents"},
                "mapping": {"type": "string", "description": "A built-in mapping", "default": "winlogbeat"},
                "folder": {"type": "string", "description": "The folder below the rules", "default": ""},
                "profiles": {"type": "array", "items": text, "description": "Built-in profiles, or those of the folder that --profiles names"},
                "dryRun": {"type": "boolean", "default": false},
                "overwrite": {"type": "boolean", "default": false}}}}}},
            "responses": {"200": {"description": "`rules` with id, name, index, query (Lucene, or Query DSL where that cannot say it), yaml and notices; `failures` with title, line, message and help"},
                "400": {"description": "The request or the YAML makes no sense"},
                "403": {"description": "A viewer asks without `dryRun`"}},
        }),
        ("GET", "/status/errors") => {
            json!({"responses": {"200": {"description": "`kind` (refused, warning, lint), `rule` and `message` of each, and `time` or `file`"}}})
        }
        (_, "/status/control/{action}") => {
            json!({"responses": {"200": {"description": "`success` and the `status` after it"}, "409": {"description": "No rules run in this process"}}})
        }
        (_, "/download") => json!({
            "parameters": [{"name": "type", "in": "query", "schema": {"enum": ["rules", "templates"], "default": "rules"}}],
            "responses": {"200": {"description": "The archive"}},
        }),
        ("GET", "/rules/{*path}") => json!({
            "summary": "A rule; its ETag goes into If-Match of a later write",
            "responses": {"200": {"description": "The text"}, "404": {"description": "There is none"}},
        }),
        ("POST" | "DELETE", "/rules/{*path}" | "/templates/{*path}") => {
            json!({"responses": {"412": {"description": "If-Match or If-None-Match does not hold"}}})
        }
        _ => Value::Null,
    }
}
