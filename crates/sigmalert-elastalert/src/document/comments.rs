//! Edits of an option in place: only changed values are rewritten, comments are kept.

use super::Document;
use serde_json::Value as Json;
use sigmalert_sigma::yaml::{self, Dialect, Limits, Value};

/// The depth to which options are edited in place.
const MAX_DEPTH: usize = 8;

/// Returns the text of an option with another value, edited key by key and item by item. Returns `None` if the option must be
/// rewritten.
pub(super) fn edited(text: &str, key: &str, old: &Value, new: &Value, dialect: Dialect) -> Option<String> {
    let out = option(text, key, old, new, dialect, 0)?;
    // The result must parse to the new value.
    let nodes = yaml::parse_as(&out, &Limits::default(), dialect).ok()?;
    let [node] = nodes.as_slice() else { return None };
    let [(k, v)] = node.as_map()? else { return None };
    (k.text == key && Json::from(v.to_value()) == Json::from(new.clone())).then_some(out)
}

fn option(text: &str, key: &str, old: &Value, new: &Value, dialect: Dialect, depth: usize) -> Option<String> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (first, rest) = text.split_once('\n').map_or((text, ""), |(f, r)| (f, r));
    if rest.trim().is_empty() {
        // On one line: the trailing comment stays.
        let comment = comment(first, old);
        let written = yaml::emit(&Value::Map(vec![(key.to_owned(), new.clone())]));
        let (head, tail) = written.split_once('\n')?;
        let after = if tail.is_empty() { String::new() } else { tail.to_owned() };
        return Some(format!("{head}{comment}\n{after}{rest}"));
    }
    // `key:` with at most a comment; the value is below.
    let head = first.split_once(':')?.1.trim();
    if !head.is_empty() && !head.starts_with('#') {
        return None;
    }
    let body = match (old, new) {
        (Value::Map(_), Value::Map(new)) => {
            let (indent, plain) = dedented(rest)?;
            let below = Document::parse_as(&plain, dialect).ok()?;
            indented(&below.with_options(new), indent)
        }
        (Value::List(old), Value::List(new)) => list(rest, old, new, dialect, depth)?,
        _ => return None,
    };
    Some(format!("{first}\n{body}"))
}

/// The items of a list in block style.
fn list(text: &str, old: &[Value], new: &[Value], dialect: Dialect, depth: usize) -> Option<String> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let indent = lines.iter().map(|l| l.trim_end()).find(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#'))?;
    let indent = indent.len() - indent.trim_start().len();
    let begins = |line: &str| line.len() > indent && line[..indent].trim().is_empty() && line[indent..].starts_with("- ");
    let starts: Vec<usize> = (0..lines.len()).filter(|i| begins(lines[*i])).collect();
    if starts.len() != old.len() || old.len() != new.len() {
        return None;
    }
    let mut out = lines[..*starts.first()?].concat();
    for (i, (was, is)) in old.iter().zip(new).enumerate() {
        let end = starts.get(i + 1).copied().unwrap_or(lines.len());
        let item = lines[starts[i]..end].concat();
        if Json::from(was.clone()) == Json::from(is.clone()) {
            out.push_str(&item);
            continue;
        }
        match (was, is) {
            (Value::Map(_), Value::Map(is)) => {
                // The dash counts as a space.
                let (own, plain) = dedented(&format!("{} {}", &item[..indent], &item[indent + 1..]))?;
                let below = Document::parse_as(&plain, dialect).ok()?;
                let written = indented(&below.with_options(is), own);
                let at = written.find(|c: char| !c.is_whitespace()).filter(|_| own == indent + 2)?;
                if at != own {
                    return None;
                }
                out.push_str(&format!("{}-{}", &written[..indent], &written[indent + 1..]));
            }
            _ => {
                // As an option, without its name.
                let plain = format!("x: {}", item[indent..].strip_prefix("- ")?);
                let written = option(&plain, "x", was, is, dialect, depth + 1)?;
                let written = written.strip_prefix("x: ").filter(|w| w.trim_end().lines().count() == 1)?;
                out.push_str(&format!("{}- {written}", " ".repeat(indent)));
            }
        }
    }
    Some(out)
}

/// The lines without their common indentation.
fn dedented(text: &str) -> Option<(usize, String)> {
    let full = |l: &&str| !l.trim().is_empty();
    let indent = text.lines().filter(full).map(|l| l.len() - l.trim_start_matches(' ').len()).min()?;
    let content = text.lines().filter(full).find(|l| !l.trim_start().starts_with('#'))?;
    // A comment with less indentation belongs to something else.
    if content.len() - content.trim_start_matches(' ').len() != indent || indent == 0 {
        return None;
    }
    Some((indent, text.split_inclusive('\n').map(|l| l.get(indent..).unwrap_or("\n")).collect()))
}

fn indented(text: &str, indent: usize) -> String {
    let blanks = " ".repeat(indent);
    text.split_inclusive('\n').map(|l| if l.trim().is_empty() { l.to_owned() } else { format!("{blanks}{l}") }).collect()
}

/// The trailing comment of a line, with the spaces before it; empty if there is none.
fn comment<'l>(line: &'l str, value: &Value) -> &'l str {
    let line = line.trim_end();
    // Most lines have none and need not be parsed.
    if !line.contains('#') {
        return "";
    }
    let mut found = line.char_indices().filter(|(i, c)| *c == '#' && line[..*i].ends_with([' ', '\t'])).map(|(i, _)| i);
    let read = |text: &str| yaml::parse_all(text, &Limits::default()).ok().map(|n| n.iter().map(|n| Json::from(n.to_value())).collect());
    let whole: Option<Vec<Json>> = read(line);
    let at = found.find(|at| match &whole {
        // Without its comment the line parses the same.
        Some(whole) => read(&line[..*at]).is_some_and(|before| before == *whole),
        // The value continues on the next line: what looks like a comment may be part of a text.
        None => !holds(value, line[*at..].trim_end_matches(['\'', '"', ']', '}', ',', ' '])),
    });
    let Some(at) = at else { return "" };
    let start = line[..at].trim_end().len();
    &line[start..]
}

/// Whether a text or a key within a value contains `what`.
fn holds(value: &Value, what: &str) -> bool {
    match value {
        Value::Str(s) | Value::Environment(s) => s.contains(what),
        Value::List(items) => items.iter().any(|v| holds(v, what)),
        Value::Map(entries) => entries.iter().any(|(k, v)| k.contains(what) || holds(v, what)),
        _ => false,
    }
}

/// The comments within an option, as separate lines.
pub(super) fn inside(text: &str, value: &Value) -> String {
    if holds(value, "#") {
        return String::new();
    }
    text.lines().map(|l| comment(l, &Value::Null)).filter(|c| !c.is_empty()).map(|c| format!("{}\n", c.trim_start())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        yaml::parse_all(text, &Limits::default()).unwrap()[0].to_value()
    }

    fn changed(text: &str, new: &str) -> String {
        let Value::Map(new) = value(new) else { panic!("{new}") };
        Document::parse(text).unwrap().with_options(&new)
    }

    #[test]
    fn comments_inside_of_an_option_stay() {
        assert_eq!(changed("a: \"5\"   # why\n", "a: 5"), "a: 5   # why\n");
        assert_eq!(
            changed("alert:   # to whom\n# the team\n- thehive  # ours\n- slack # theirs\n", "alert: [hivealerter, slack]"),
            "alert:   # to whom\n# the team\n- hivealerter  # ours\n- slack # theirs\n"
        );
        assert_eq!(
            changed("m:\n  # about a\n  a: 1 # one\n  # about b\n  b: [x]\n", "m: {a: 2, b: [x], c: 3}"),
            "m:\n  # about a\n  a: 2 # one\n  # about b\n  b: [x]\n  c: 3\n"
        );
        assert_eq!(
            changed("l:\n  # ips\n  - ip: a  # source\n    tlp: 2\n  - other: b\n", "l: [{ip: c, tlp: 2}, {other: b}]"),
            "l:\n  # ips\n  - ip: c  # source\n    tlp: 2\n  - other: b\n"
        );
        // What cannot be edited in place keeps its comments above it.
        assert_eq!(changed("l:\n- a # first\n- b # second\n", "l: [c]"), "# first\n# second\nl:\n- c\n");
        // A `#` in a text is none.
        assert_eq!(changed("a: 'x # y' # z\n", "a: w"), "a: w # z\n");
        assert_eq!(changed("a: 'x # y'\n", "a: w"), "a: w\n");
        assert_eq!(changed("a: |\n  # heading\n  text\n", "a: w"), "a: w\n");
        assert_eq!(changed("a: x#y\n", "a: w"), "a: w\n");
    }
}
