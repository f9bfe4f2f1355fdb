//! What is served beside elastalert-server's API, described.

use serde_json::{Value, json};

/// OpenAPI 3.1 of the paths that are ours.
pub(super) fn description() -> Value {
    let text = json!({"type": "string"});
    json!({
        "openapi": "3.1.0",
        "info": {"title": "sigmalert serve", "version": env!("CARGO_PKG_VERSION"),
            "description": "What sigmalert adds to the API of elastalert-server. Errors are {error, message, statusCode}."},
        "paths": {
            "/status/overview": {"get": {
                "summary": "Rules with their last runs, alerts that are not sent, errors, instances",
                "responses": {"200": {"description": "The overview"}, "503": {"description": "There is no cluster"}}}},
            "/sigma/convert": {"post": {
                "summary": "Sigma rules to rule files that Praeco opens, written into a folder",
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "required": ["rules"], "properties": {
                    "rules": {"type": "string", "description": "One or more Sigma documents"},
                    "mapping": {"type": "string", "description": "A built-in mapping", "default": "winlogbeat"},
                    "folder": {"type": "string", "description": "The folder below the rules", "default": ""},
                    "profiles": {"type": "array", "items": text.clone(), "description": "Built-in profiles"},
                    "dryRun": {"type": "boolean", "default": false},
                    "overwrite": {"type": "boolean", "default": false}}}}}},
                "responses": {"200": {"description": "`rules` with id, name, index, query (Lucene, or Query DSL where that cannot say it), yaml and notices; `failures` with title, line, message and help"},
                    "400": {"description": "The request or the YAML makes no sense"}}}},
            "/status/errors": {"get": {
                "summary": "Rules that could not be run when they were tried out, newest first: what a page that cannot save does not say",
                "responses": {"200": {"description": "`time`, `rule` and `message` of each"}}}},
            "/status/control/{action}": {"post": {
                "summary": "Starts or stops the rules that run in this process (GET does the same for other programs than browsers)",
                "parameters": [{"name": "action", "in": "path", "required": true, "schema": {"enum": ["start", "stop"]}}],
                "responses": {"200": {"description": "`success` and the `status` after it"}, "409": {"description": "No rules run in this process"}}}},
            "/download": {"get": {
                "summary": "All rules, or templates, as one archive (tar, gzip)",
                "parameters": [{"name": "type", "in": "query", "schema": {"enum": ["rules", "templates"], "default": "rules"}}],
                "responses": {"200": {"description": "The archive"}}}},
            "/rules/{path}": {"get": {
                "summary": "A rule; its ETag goes into If-Match of a later write",
                "parameters": [{"name": "path", "in": "path", "required": true, "schema": text}],
                "responses": {"200": {"description": "The text"}, "404": {"description": "There is none"}}}},
        },
    })
}
