//! Programs: started without a shell, so that no value of an event is ever a command.

use super::text::{as_is, json_of};
use super::{Failed, Message};
use crate::guard::programs::{Permit, Way};
use crate::options::Options;
use crate::process::{Limits, run};
use crate::text::format::fields;
use crate::text::python;
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
    let words = words(options.get("command").unwrap_or(&Value::Null))?;
    if words.is_empty() {
        return Err("`command` names no program".into());
    }
    for word in &words {
        fields::check(word).map_err(|e| format!("`command`: `{word}` cannot be filled: {e}"))?;
    }
    Ok(())
}

/// `%(field)s` and `{field}` in a text replaced by fields of the match.
pub(super) fn resolved(m: &Message<'_>, text: &str) -> Result<String, Failed> {
    Ok(fields::resolved(text, m.first(), &m.missing())?)
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

    #[test]
    fn words_that_no_alert_could_fill_are_refused_at_load() {
        let of = |command: Value| check(&Options(json!({ "command": command }).as_object().cloned().unwrap()));
        assert_eq!(
            of(json!(["/bin/x", "{\"text\": \"%(field)s\"}", "{list[0]}", "100%%", "{{x}}", "{}", "{\"a\": {\"b\": 1}}", "{a: {b: 1}}"])),
            Ok(())
        );
        for word in ["100%", "%s", "+%Y-%m-%d", "a { b", "a } b"] {
            let told = of(json!(["/bin/x", word])).unwrap_err();
            assert!(told.contains(&format!("`{word}` cannot be filled")), "{told}");
        }
    }
}
