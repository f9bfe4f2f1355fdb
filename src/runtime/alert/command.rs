//! Programs: started without a shell, so that no value of an event is ever a command.

use super::text::{as_is, json_of};
use super::{Failed, Message};
use crate::runtime::guard::programs::{Permit, Way};
use crate::runtime::lookup::lookup;
use crate::runtime::options::Options;
use crate::runtime::process::{Limits, run};
use crate::runtime::text::format::percent;
use crate::runtime::text::python;
use serde_json::Value;
use std::time::Duration;

/// The words of a command. A text is cut at spaces outside of quotes; what only a shell understands is refused.
fn words(command: &Value) -> Result<Vec<String>, String> {
    let text = match command {
        Value::Array(items) => return Ok(items.iter().map(python::str).collect()),
        one => python::str(one),
    };
    let (mut out, mut word, mut quote, mut begun) = (Vec::new(), String::new(), None, false);
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            ('\\', Some('"') | None) => word.extend(chars.next()),
            (c, Some(_)) => word.push(c),
            ('"' | '\'', None) => {
                quote = Some(c);
                begun = true;
            }
            (c, None) if c.is_whitespace() => {
                if begun || !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            ('|' | ';' | '&' | '<' | '>' | '`' | '$', None) => {
                return Err(format!("`command` has `{c}`, which takes a shell: none is started; write a list, or a script of your own"));
            }
            (c, None) => word.push(c),
        }
    }
    if quote.is_some() {
        return Err("`command` has a quote that is not closed".into());
    }
    if begun || !word.is_empty() {
        out.push(word);
    }
    Ok(out)
}

pub(super) fn check(options: &Options) -> Result<(), String> {
    match words(options.get("command").unwrap_or(&Value::Null))?.first() {
        Some(_) => Ok(()),
        None => Err("`command` names no program".into()),
    }
}

/// `%(field)s` and `{field}` in a text replaced by fields of the match.
pub(super) fn resolved(m: &Message<'_>, text: &str) -> Result<String, Failed> {
    let value = |name: &str| lookup(m.first(), name).filter(|v| !v.is_null()).map_or_else(|| m.missing(), |v| python::str(&v));
    let mut out = String::new();
    // First the braces of the template itself: what a field brings in is not looked at again.
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}') else { break };
        let inside = &rest[open + 1..open + close];
        out.push_str(&percents(m, &rest[..open])?);
        if inside.is_empty() || inside.starts_with('{') || inside.contains(char::is_whitespace) || inside.contains(['"', ':']) {
            out.push_str(&rest[open..=open + close]);
        } else {
            let name = inside.strip_prefix("match[").and_then(|i| i.strip_suffix(']')).unwrap_or(inside);
            let dotted = name.replace("][", ".").replace('[', ".").replace(']', "");
            out.push_str(&value(&dotted));
        }
        rest = &rest[open + close + 1..];
    }
    out.push_str(&percents(m, rest)?);
    Ok(out)
}

fn percents(m: &Message<'_>, text: &str) -> Result<String, Failed> {
    if !text.contains('%') {
        return Ok(text.to_owned());
    }
    let mut value = |name: Option<&str>| match name {
        None => Err("a % stands alone: write %%".to_owned()),
        Some(n) => Ok(lookup(m.first(), n).filter(|v| !v.is_null()).map_or_else(|| m.missing().into(), std::borrow::Cow::into_owned)),
    };
    percent(text, &mut value).map_err(Failed::new)
}

pub(super) fn send(m: &Message<'_>) -> Result<(), Failed> {
    let permit = Permit::of(m.rule, Way::Alerter)?;
    let words = words(m.options.get("command").unwrap_or(&Value::Null))?;
    let args = words.iter().map(|w| resolved(m, w)).collect::<Result<Vec<_>, _>>()?;
    if args.iter().any(|a| a.contains('\0')) {
        return Err(Failed::new("an argument has a NUL, which no program takes"));
    }
    let input = if m.options.flag("pipe_match_json", false) {
        json_of(m.matches) + "\n"
    } else if m.options.flag("pipe_alert_text", false) {
        m.body(as_is)?
    } else {
        String::new()
    };
    let limits = Limits { time: m.options.span("command_timeout").unwrap_or(Duration::from_secs(60)), output: 1 << 16 };
    let ended = run(&permit, &args, input.as_bytes(), &limits)?;
    match ended.code {
        Some(0) => Ok(()),
        code if m.options.flag("fail_on_non_zero_exit", false) => {
            Err(Failed::new(format!("{} ended with {}", args[0], code.map_or("a signal".into(), |c| c.to_string()))))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn words_without_a_shell() {
        assert_eq!(words(&json!("/bin/x -a 'b c' \"d\"")).unwrap(), ["/bin/x", "-a", "b c", "d"]);
        assert!(words(&json!("x; rm -rf /")).is_err());
        assert_eq!(words(&json!(["x; y", "$z"])).unwrap(), ["x; y", "$z"]);
    }
}
