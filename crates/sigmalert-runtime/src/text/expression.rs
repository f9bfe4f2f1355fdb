//! The Python expressions of `timestamp_format_expr` and `timestamp_to_datetime_format_expr`, as far as they cut and join texts:
//! `ts[:23] + ts[26:]`, `"+0000"`. Anything else is refused: nothing of a rule file is ever executed.

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// `ts[from:to]`
    Slice(Option<i64>, Option<i64>),
}

/// Texts, one behind the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expression(Vec<Part>);

impl Expression {
    /// Reads one.
    ///
    /// # Errors
    /// When it does more than cut and join.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.trim();
        loop {
            let (part, after) = Self::part(rest).ok_or_else(|| {
                format!("`{text}` does more than cut and join `ts` (such as `ts[:23] + 'Z'`), and nothing else of Python is understood")
            })?;
            parts.push(part);
            rest = after.trim_start();
            if rest.is_empty() {
                return Ok(Self(parts));
            }
            match rest.strip_prefix('+') {
                Some(r) => rest = r.trim_start(),
                None => rest = "?",
            }
        }
    }

    fn part(text: &str) -> Option<(Part, &str)> {
        for quote in ['"', '\''] {
            if let Some(inner) = text.strip_prefix(quote) {
                let end = inner.find(quote)?;
                return (!inner[..end].contains('\\')).then(|| (Part::Literal(inner[..end].to_owned()), &inner[end + 1..]));
            }
        }
        let rest = text.strip_prefix("ts")?;
        let Some(inner) = rest.strip_prefix('[') else {
            return Some((Part::Slice(None, None), rest));
        };
        let end = inner.find(']')?;
        let (from, to) = inner[..end].split_once(':')?;
        let number = |t: &str| if t.trim().is_empty() { Some(None) } else { t.trim().parse().ok().map(Some) };
        Some((Part::Slice(number(from)?, number(to)?), &inner[end + 1..]))
    }

    /// What it makes of a time.
    pub fn apply(&self, ts: &str) -> String {
        let chars: Vec<char> = ts.chars().collect();
        let place = |n: Option<i64>, default: usize| match n {
            None => default,
            Some(n) if n < 0 => chars.len().saturating_sub(usize::try_from(-n).unwrap_or(usize::MAX)),
            Some(n) => usize::try_from(n).unwrap_or(usize::MAX).min(chars.len()),
        };
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Literal(t) => out.push_str(t),
                Part::Slice(from, to) => {
                    let (from, to) = (place(*from, 0), place(*to, chars.len()));
                    out.extend(chars.get(from..to.max(from)).unwrap_or_default());
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_joins() {
        let apply = |e: &str| Expression::parse(e).unwrap().apply("2020-01-02T03:04:05.678901Z");
        assert_eq!(apply("ts[:23] + ts[26:]"), "2020-01-02T03:04:05.678Z");
        assert_eq!(apply("ts[:-1] + '+0000'"), "2020-01-02T03:04:05.678901+0000");
        assert!(Expression::parse("__import__('os')").is_err());
        assert!(Expression::parse("ts.replace('a', 'b')").is_err());
    }
}
