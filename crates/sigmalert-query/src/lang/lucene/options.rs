//! The options of a `query_string` query besides `query`.

use serde_json::Value;

/// How a query is read, beside its text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Options {
    /// Whether clauses without an operator between them must all hold (`default_operator: AND`).
    pub and: bool,
    /// Where clauses without a field look: names or patterns. None for all fields.
    pub fields: Vec<String>,
    /// Whether the fields were given as a list (`fields`), for which the server has other rules than for `default_field`.
    pub listed: bool,
    /// How many of the optional clauses must hold.
    pub minimum_should_match: Option<String>,
    /// Whether a value that a field cannot hold finds nothing; otherwise it fails. By default so when all fields are searched.
    pub lenient: Option<bool>,
    /// Whether a value may not begin with a wildcard.
    pub no_leading_wildcard: bool,
    /// Whether the text before a `*` is cut into words.
    pub analyze_wildcard: bool,
    /// How far apart the words of a phrase may be.
    pub phrase_slop: u32,
    /// What is put behind the field of a quoted value.
    pub quote_field_suffix: Option<String>,
    /// Whether every special character of the text is literal.
    pub escape: bool,
    /// Whether dates are read in a time zone.
    pub time_zone: bool,
}

/// Types of `multi_match` that a search in one field or for one word does not tell apart.
const PLAIN_TYPES: [&str; 2] = ["best_fields", "most_fields"];

impl Options {
    /// The options of a `query_string` body.
    ///
    /// # Errors
    /// For what changes the meaning in a way that is not followed. The message says what is wrong.
    pub fn from_body(body: &serde_json::Map<String, Value>) -> Result<Self, String> {
        let mut out = Self::default();
        for (key, value) in body {
            let wrong = || Err(format!("query_string with `{key}: {value}` is not evaluated"));
            let text = || value.as_str().map(str::to_owned).or_else(|| value.is_number().then(|| value.to_string()));
            let flag = || value.as_bool().or_else(|| value.as_str().and_then(|s| s.parse().ok()));
            match key.as_str() {
                // Nothing of it changes what is found, or only what fuzzy searches find, which are refused anyway.
                "boost" if text().is_none_or(|t| t.trim().parse::<f32>().is_err()) => return wrong(),
                "query"
                | "boost"
                | "_name"
                | "tie_breaker"
                | "rewrite"
                | "fuzzy_rewrite"
                | "fuzziness"
                | "fuzzy_prefix_length"
                | "fuzzy_max_expansions"
                | "fuzzy_transpositions"
                | "max_determinized_states"
                | "auto_generate_synonyms_phrase_query" => {}
                _ if value.is_null() => return wrong(),
                "default_operator" => match text().map(|t| t.to_ascii_lowercase()).as_deref() {
                    Some("or") => {}
                    Some("and") => out.and = true,
                    _ => return wrong(),
                },
                "default_field" => match value.as_str() {
                    Some("*") => {}
                    Some(name) if !body.contains_key("fields") => out.fields = vec![name.to_owned()],
                    _ => return wrong(),
                },
                "fields" => {
                    let names = value.as_array().and_then(|a| a.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
                    let Some(names) = names.filter(|_| !body.contains_key("default_field")) else { return wrong() };
                    // A boost behind a name changes nothing of what is found.
                    out.fields = names.iter().map(|n| n.split('^').next().unwrap_or(n).to_owned()).collect();
                    out.listed = !names.is_empty();
                }
                "minimum_should_match" => match text() {
                    Some(t) if least(&t, 1).is_some() => out.minimum_should_match = Some(t),
                    _ => return wrong(),
                },
                "lenient" => match flag() {
                    Some(b) => out.lenient = Some(b),
                    None => return wrong(),
                },
                "allow_leading_wildcard" => match flag() {
                    Some(b) => out.no_leading_wildcard = !b,
                    None => return wrong(),
                },
                "analyze_wildcard" => match flag() {
                    Some(b) => out.analyze_wildcard = b,
                    None => return wrong(),
                },
                "escape" => match flag() {
                    Some(b) => out.escape = b,
                    None => return wrong(),
                },
                "phrase_slop" => match value.as_u64().and_then(|n| u32::try_from(n).ok()) {
                    Some(n) => out.phrase_slop = n,
                    None => return wrong(),
                },
                "quote_field_suffix" => match value.as_str() {
                    Some(s) => out.quote_field_suffix = Some(s.to_owned()),
                    None => return wrong(),
                },
                "enable_position_increments" if flag() == Some(true) => {}
                "type" if value.as_str().is_some_and(|t| PLAIN_TYPES.contains(&t)) => {}
                "time_zone" if value.is_string() => out.time_zone = true,
                _ => return wrong(),
            }
        }
        Ok(out)
    }

    /// Whether a value that a field cannot hold finds nothing.
    pub(super) fn is_lenient(&self) -> bool {
        self.lenient.unwrap_or(self.fields.is_empty() || self.fields.iter().any(|f| f == "*"))
    }
}

/// How many of so many optional clauses must hold, as `minimum_should_match` says: `2`, `-1`, `75%`, `-25%`, `2<75% 5<3`.
pub(in crate::lang) fn least(spec: &str, clauses: usize) -> Option<u32> {
    let count = i64::try_from(clauses).ok()?;
    let spec = spec.trim();
    if spec.contains('<') {
        let mut result = count;
        for part in spec.replace(" <", "<").replace("< ", "<").split_whitespace() {
            let (bound, inner) = part.split_once('<')?;
            if count <= bound.trim().parse().ok()? {
                return u32::try_from(result).ok();
            }
            result = least(inner, clauses)?.into();
        }
        return u32::try_from(result).ok();
    }
    let calculated = match spec.strip_suffix('%') {
        Some(percent) => {
            let percent: i64 = percent.parse().ok()?;
            count.checked_mul(percent)? / 100
        }
        None => spec.parse().ok()?,
    };
    let result = if calculated < 0 || spec.starts_with('-') { count + calculated } else { calculated };
    u32::try_from(result.max(0)).ok()
}

/// The text with a backslash before everything that has a meaning of its own.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '+' | '-' | '!' | '(' | ')' | ':' | '^' | '[' | ']' | '"' | '{' | '}' | '~' | '*' | '?' | '|' | '&' | '/') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::least;

    #[test]
    fn counts_of_clauses() {
        for (spec, of, want) in [
            ("2", 3, 2),
            ("-1", 3, 2),
            ("67%", 3, 2),
            ("-25%", 4, 3),
            ("2<-1", 2, 2),
            ("2<-1", 3, 2),
            ("2<75% 5<3", 9, 3),
            ("9", 3, 9),
            ("-9", 3, 0),
        ] {
            assert_eq!(least(spec, of), Some(want), "{spec} of {of}");
        }
        assert_eq!(least("x", 3), None);
    }
}
