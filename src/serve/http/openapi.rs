//! The OpenAPI description: every path in the table of routes, with details for sigmalert's own.

use crate::serve::auth::role::{ROUTES, Role};
use serde_json::{Map, Value, json};

/// OpenAPI 3.1 of all paths. `x-role` is the role that a user must have.
pub(in crate::serve) fn description() -> Value {
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
                "200": {"description": "Success"},
                "401": {"description": "Missing or wrong credentials"},
                "429": {"description": "Too many failed logins; see Retry-After"},
            }});
            if *role > Role::Viewer {
                operation["responses"]["403"] = json!({"description": "The user's role does not permit the operation"});
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
            "description": "The API of elastalert-server with sigmalert's extensions. Errors are JSON objects: {error, message, statusCode}."},
        "paths": paths,
    })
}

/// Details of a path in addition to its summary.
fn details(method: &str, path: &str) -> Value {
    let text = json!({"type": "string"});
    match (method, path) {
        ("GET", "/status/overview") => {
            json!({"parameters": [{"name": "from", "in": "query", "description": "Offset of the first rule returned", "schema": {"type": "integer", "default": 0}},
                    {"name": "size", "in": "query", "description": "Number of rules returned; all if omitted", "schema": {"type": "integer"}}],
                "responses": {"200": {"description": "The overview, with an `ETag` header"}, "304": {"description": "Not modified since the `ETag` in `If-None-Match`"}, "503": {"description": "The server has no cluster"}}})
        }
        ("POST", "/search/{index}") => json!({
            "requestBody": {"content": {"application/json": {"schema": {"type": "object"}}}},
            "responses": {
                "200": {"description": "The cluster's response; `hits.total` is a plain number"},
                "400": {"description": "The search is malformed or exceeds a limit (`too_many_buckets`)"},
                "403": {"description": "`indexRefused`: the index, or one it resolves to, may not be read; `searchRefused`: part of the search is not allowed"},
                "503": {"description": "The server has no cluster, or too many responses are still unread (`busy`)"}},
        }),
        ("POST", "/sigma/convert") => json!({
            "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["rules"], "properties": {
                "rules": {"type": "string", "description": "One or more Sigma documents"},
                "mapping": {"type": "string", "description": "A built-in mapping", "default": "winlogbeat"},
                "folder": {"type": "string", "description": "The target folder, relative to the rules folder", "default": ""},
                "profiles": {"type": "array", "items": text, "description": "Names of built-in profiles or of profiles in the --profiles folder"},
                "dryRun": {"type": "boolean", "default": false},
                "overwrite": {"type": "boolean", "default": false}}}}}},
            "responses": {"200": {"description": "`rules` with id, name, index, query (Lucene, or Query DSL where Lucene cannot express it), yaml and notices; `failures` with title, line, message and help"},
                "400": {"description": "The request or the YAML is invalid"},
                "403": {"description": "A viewer sent the request without `dryRun`"}},
        }),
        ("GET", "/status/errors") => {
            json!({"responses": {"200": {"description": "`kind` (refused, warning, lint), `rule` and `message` of each, and `time` or `file`"}}})
        }
        (_, "/status/control/{action}") => {
            json!({"responses": {"200": {"description": "`success` and the new `status`"}, "409": {"description": "No rules run in this process"}}})
        }
        (_, "/download") => json!({
            "parameters": [{"name": "type", "in": "query", "schema": {"enum": ["rules", "templates"], "default": "rules"}}],
            "responses": {"200": {"description": "The archive"}},
        }),
        ("GET", "/rules/{*path}") => json!({
            "summary": "Reads a rule; send its ETag in If-Match to update it",
            "responses": {"200": {"description": "The rule file"}, "404": {"description": "No such rule"}},
        }),
        ("POST" | "DELETE", "/rules/{*path}" | "/templates/{*path}") => {
            json!({"responses": {"412": {"description": "The If-Match or If-None-Match precondition failed"}}})
        }
        _ => Value::Null,
    }
}
