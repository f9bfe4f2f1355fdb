//! Environment variables in files, expanded as ElastAlert does: by Python's `os.path.expandvars` over the whole text,
//! before it is parsed as YAML.

use std::borrow::Cow;

/// Expands `$NAME` and `${NAME}`. Unknown names are kept. There is no escape, and values are not expanded again.
pub fn expand<'t>(text: &'t str, environment: &dyn Fn(&str) -> Option<String>) -> Cow<'t, str> {
    let mut out: Option<String> = None;
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = text[from..].find('$').map(|i| from + i) {
        let Some((name, end)) = variable(text, at) else {
            from = at + 1;
            continue;
        };
        if let Some(value) = environment(name) {
            let out = out.get_or_insert_with(String::new);
            out.push_str(&text[copied..at]);
            out.push_str(&value);
            copied = end;
        }
        from = end;
    }
    match out {
        Some(mut out) => {
            out.push_str(&text[copied..]);
            Cow::Owned(out)
        }
        None => Cow::Borrowed(text),
    }
}

/// Returns the name of the variable at a `$` and the offset of its end.
pub fn variable(text: &str, at: usize) -> Option<(&str, usize)> {
    let rest = text.get(at..)?.strip_prefix('$')?;
    if let Some(braced) = rest.strip_prefix('{') {
        let close = braced.find('}')?;
        return Some((&braced[..close], at + 2 + close + 1));
    }
    let length = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    (length > 0).then(|| (&rest[..length], at + 1 + length))
}

/// Returns whether a text contains a variable, set or not.
pub fn has_variable(text: &str) -> bool {
    text.match_indices('$').any(|(at, _)| variable(text, at).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compared with Python's `os.path.expandvars`.
    #[test]
    fn as_python_does() {
        let environment = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "B" => Some("$A".to_owned()),
            "with space" => Some("w".to_owned()),
            "" => None,
            _ => None,
        };
        for (text, expanded) in [
            ("$A", "1"),
            ("${A}x$A.y", "1x1.y"),
            ("$AB ${AB} $", "$AB ${AB} $"),
            ("$B", "$A"),
            ("${with space}", "w"),
            ("$$A", "$1"),
            ("\\$A", "\\1"),
            ("${A", "${A"),
            ("${}$A", "${}1"),
            ("é$A\n'$A'", "é1\n'1'"),
            ("$Aé", "1é"),
        ] {
            assert_eq!(expand(text, &environment), expanded, "{text}");
        }
        assert!(matches!(expand("nothing $X", &environment), Cow::Borrowed(_)));
    }
}
