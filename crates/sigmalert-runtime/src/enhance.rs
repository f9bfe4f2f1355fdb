//! Match enhancements: ElastAlert's own two, and a program in place of Python modules.
//!
//! `match_enhancements` takes `elastalert.enhancements.TimeEnhancement`, `elastalert.enhancements.DropMatchException`'s
//! counterpart `drop`, and `command: [program, argument…]`: the program gets the match as JSON on its standard input and
//! writes it back changed; nothing written leaves it as it is, exit code 3 drops the match.

use super::guard::programs::{Permit, Way};
use super::lookup::Document;
use super::process::{self, Limits};
use super::rule::RunRule;
use super::text::python;
use super::time::parse;
use serde_json::Value;
use std::time::Duration;

/// The exit code by which a program drops a match.
pub(crate) const DROP: i32 = 3;

/// Carries out the enhancements of a rule. Returns false where the match is dropped.
pub(crate) fn run(rule: &RunRule, doc: &mut Document) -> bool {
    for enhancement in rule.options.list("match_enhancements") {
        match &enhancement {
            Value::String(name) if name.ends_with("TimeEnhancement") => {
                if let Some(at) = doc.get("@timestamp").and_then(parse) {
                    doc.insert("@timestamp".into(), rule.pretty(at).into());
                }
            }
            Value::String(name) if name == "drop" => return false,
            Value::Object(map) if map.contains_key("command") => {
                match Permit::of(rule, Way::Enhancement).map(|p| command(&p, rule, &map["command"], doc)) {
                    // In a trial, which says so.
                    Err(_) => {}
                    Ok(Ok(true)) => {}
                    Ok(Ok(false)) => return false,
                    // A match that cannot be enhanced is still a match.
                    Ok(Err(e)) => tracing::error!(rule = rule.rule.name, "a match enhancement failed: {e}"),
                }
            }
            other => tracing::error!(
                rule = rule.rule.name,
                "the match enhancement {} is not run: Python modules are ElastAlert's, use `command`",
                python::repr(other)
            ),
        }
    }
    true
}

/// Whether one of its enhancements is a program.
pub(crate) fn runs_program(rule: &RunRule) -> bool {
    rule.options.list("match_enhancements").iter().any(|e| e.get("command").is_some())
}

/// What is wrong with the enhancements of a rule, before it runs.
pub(crate) fn check(rule: &RunRule) -> Result<(), String> {
    for e in rule.options.list("match_enhancements") {
        let known = match &e {
            Value::String(name) => name.ends_with("TimeEnhancement") || name == "drop",
            Value::Object(map) => map.contains_key("command"),
            _ => false,
        };
        if !known {
            return Err(format!(
                "the match enhancement {} is a Python module, which only ElastAlert runs: use `command: [program]`",
                python::repr(&e)
            ));
        }
    }
    Ok(())
}

fn command(permit: &Permit, rule: &RunRule, program: &Value, doc: &mut Document) -> Result<bool, String> {
    let args: Vec<String> = match program {
        Value::Array(items) => items.iter().map(python::str).collect(),
        one => vec![python::str(one)],
    };
    let limits = Limits { time: rule.options.span("command_timeout").unwrap_or(Duration::from_secs(10)), output: 16 << 20 };
    let input = serde_json::to_vec(&*doc).map_err(|e| e.to_string())?;
    let ended = process::run(permit, &args, &input, &limits)?;
    match ended.code {
        Some(0) => {}
        Some(DROP) => return Ok(false),
        code => {
            return Err(format!(
                "{} ended with {}",
                args.first().map_or("", String::as_str),
                code.map_or("a signal".into(), |c| c.to_string())
            ));
        }
    }
    if ended.output.iter().all(u8::is_ascii_whitespace) {
        return Ok(true);
    }
    match serde_json::from_slice(&ended.output) {
        Ok(Value::Object(changed)) => {
            *doc = changed;
            Ok(true)
        }
        _ => Err("it wrote what is no JSON object".into()),
    }
}
