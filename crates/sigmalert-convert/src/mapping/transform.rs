//! Values that an index stores otherwise than Sigma writes them.
//!
//! Every transform takes a test on the Sigma value and gives the expression on the stored fields that holds for
//! just the same events, or says why there is none.

use sigmalert_query::regex::CharSet;
use sigmalert_query::{Case, Expr, FieldName, Interval, Part, Pattern, Re, Test};
use sigmalert_support::json::json_text;

/// The text pattern of a test that compares one value; numbers and booleans as the text they are.
pub(super) fn as_pattern(test: &Test) -> Option<Pattern> {
    match test {
        Test::Pattern(p) => Some(p.clone()),
        Test::Number(i) => i.as_point().map(|n| Pattern::literal(n.to_string(), Case::Insensitive)),
        Test::Bool(b) => Some(Pattern::literal(b.to_string(), Case::Insensitive)),
        _ => None,
    }
}

fn on(field: &FieldName, pattern: Pattern) -> Expr {
    Expr::Test(Some(field.clone()), Test::Pattern(pattern))
}

/// A table of values: what Sigma calls one thing is stored as another. Values that are not in the table stay.
pub(super) fn values(fields: &[FieldName], table: &[(String, String)], test: &Test) -> Result<Expr, String> {
    let stored = |value: &str| -> Expr { Expr::any(fields.iter().map(|f| on(f, Pattern::literal(value, Case::Insensitive))).collect()) };
    if let Some(p) = as_pattern(test) {
        if p.is_any() {
            return Ok(Expr::any(fields.iter().map(|f| Expr::Test(Some(f.clone()), Test::Exists)).collect()));
        }
        let found: Vec<Expr> = table.iter().filter(|(k, _)| p.matches(k)).map(|(_, v)| stored(v)).collect();
        if !found.is_empty() {
            return Ok(Expr::any(found));
        }
        return Ok(Expr::any(fields.iter().map(|f| Expr::Test(Some(f.clone()), test.clone())).collect()));
    }
    match test {
        Test::Number(i) => {
            let found = table.iter().filter(|(k, _)| sigmalert_query::Number::parse(k).is_some_and(|n| i.contains(n)));
            Ok(Expr::any(found.map(|(_, v)| stored(v)).collect()))
        }
        _ => Err("the index stores these values under other names".into()),
    }
}

/// `DOMAIN\name`, stored in two fields that both exist or both do not.
pub(super) fn account(domain: &FieldName, name: &FieldName, test: &Test) -> Result<Expr, String> {
    let Some(p) = as_pattern(test) else {
        return Err("the index stores the domain and the name of an account apart".into());
    };
    if p.is_any() {
        return Ok(Expr::exists(name.clone()));
    }
    // Where the one backslash of the value may lie in the pattern: (before, after), and whether a `*` is cut.
    let parts = p.parts();
    let backslashes: usize = p.literals().map(|t| t.matches('\\').count()).sum();
    let sub = |before: &[Part], extra_before: &[Part], extra_after: &[Part], after: &[Part]| -> Expr {
        let d = Pattern::new(before.iter().chain(extra_before).cloned(), p.case);
        let n = Pattern::new(extra_after.iter().chain(after).cloned(), p.case);
        match (d.is_any(), n.is_any()) {
            (true, true) => Expr::exists(name.clone()),
            (true, false) => on(name, n),
            (false, true) => on(domain, d),
            (false, false) => Expr::And(vec![on(domain, d), on(name, n)]),
        }
    };
    match backslashes {
        0 => {
            let mut out = Vec::new();
            for (i, part) in parts.iter().enumerate() {
                match part {
                    Part::Any => out.push(sub(&parts[..i], &[Part::Any], &[Part::Any], &parts[i + 1..])),
                    Part::One => out.push(sub(&parts[..i], &[], &[], &parts[i + 1..])),
                    Part::Lit(_) => {}
                }
            }
            if out.is_empty() {
                // A name alone: events that are no Windows accounts have only that.
                return Ok(on(name, p));
            }
            Ok(Expr::Or(out))
        }
        1 => {
            let at = parts.iter().position(|x| matches!(x, Part::Lit(t) if t.contains('\\'))).unwrap_or_default();
            let Part::Lit(t) = &parts[at] else { return Ok(Expr::FALSE) };
            let (before, after) = t.split_once('\\').unwrap_or((t, ""));
            Ok(sub(&parts[..at], &[Part::Lit(before.into())], &[Part::Lit(after.into())], &parts[at + 1..]))
        }
        // An account has one backslash.
        _ => Ok(Expr::FALSE),
    }
}

/// Digits of a hash by algorithm.
fn digits(algorithm: &str) -> Option<usize> {
    match algorithm.to_ascii_uppercase().as_str() {
        "MD5" | "IMPHASH" => Some(32),
        "SHA1" => Some(40),
        "SHA256" => Some(64),
        _ => None,
    }
}

/// `MD5=..,SHA256=..,IMPHASH=..`, stored in one field for each.
pub(super) fn hashes(fields: &[(String, FieldName)], test: &Test) -> Result<Expr, String> {
    let Some(p) = as_pattern(test) else {
        return Err("the index stores each hash in a field of its own".into());
    };
    if p.is_any() {
        return Ok(Expr::any(fields.iter().map(|(_, f)| Expr::exists(f.clone())).collect()));
    }
    let mut literals = p.literals();
    let (Some(text), None) = (literals.next(), literals.next()) else {
        return Err("the index stores each hash in a field of its own, so only one piece of text can be looked for".into());
    };
    if p.parts().contains(&Part::One) {
        return Err("the index stores each hash in a field of its own".into());
    }
    let open_end = p.parts().last() == Some(&Part::Any);
    let open_start = p.parts().first() == Some(&Part::Any);
    let pieces: Vec<&str> = text.trim_matches(',').split(',').collect();
    let mut all = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let last = i + 1 == pieces.len();
        if let Some((algorithm, value)) = piece.split_once('=') {
            let Some((_, field)) = fields.iter().find(|(a, _)| a.eq_ignore_ascii_case(algorithm.trim())) else {
                return Err(format!("the index has no field for {algorithm} hashes"));
            };
            let whole = digits(algorithm).is_none_or(|n| value.len() >= n) || !(last && open_end);
            let mut pattern = Pattern::literal(value, p.case);
            if !whole || value.is_empty() {
                pattern = pattern.open_end();
            }
            all.push(on(field, pattern));
        } else {
            // A bare hash: its length tells the algorithm.
            let known: Vec<&(String, FieldName)> = fields.iter().filter(|(a, _)| digits(a) == Some(piece.len())).collect();
            let any = if known.is_empty() {
                let mut pattern = Pattern::literal(*piece, p.case);
                if open_start || i > 0 {
                    pattern = pattern.open_start();
                }
                if open_end || !last {
                    pattern = pattern.open_end();
                }
                fields.iter().map(|(_, f)| on(f, pattern.clone())).collect()
            } else {
                known.into_iter().map(|(_, f)| on(f, Pattern::literal(*piece, p.case))).collect()
            };
            all.push(Expr::any(any));
        }
    }
    Ok(Expr::all(all))
}

/// Sysmon's `DWORD (0x00000001)`: stored as the decimal number and the type.
pub(super) fn registry(data: &FieldName, kind: &FieldName, test: &Test) -> Result<Expr, String> {
    let Some(p) = as_pattern(test) else { return Ok(Expr::Test(Some(data.clone()), test.clone())) };
    let mut literals = p.literals();
    let single = match (literals.next(), literals.next()) {
        (Some(t), None) if !p.parts().contains(&Part::One) => t,
        _ => return plain_registry(data, &p),
    };
    let typed = |value: u128, name: &str| {
        Expr::And(vec![on(data, Pattern::literal(value.to_string(), Case::Sensitive)), on(kind, Pattern::literal(name, Case::Sensitive))])
    };
    let text = single.trim();
    let body = |word: &str| {
        let head = text.get(..word.len())?;
        head.eq_ignore_ascii_case(word).then(|| text[word.len()..].trim().strip_prefix('(')?.strip_suffix(')')).flatten()
    };
    let hex = |t: &str| u128::from_str_radix(t.trim().strip_prefix("0x").or_else(|| t.trim().strip_prefix("0X"))?, 16).ok();
    if let Some(inner) = body("DWORD")
        && let Some(value) = hex(inner).filter(|v| u32::try_from(*v).is_ok())
    {
        return Ok(typed(value, "SZ_DWORD"));
    }
    if let Some(inner) = body("QWORD")
        && let Some((high, low)) = inner.split_once('-')
        && let (Some(h), Some(l)) = (hex(high), hex(low))
    {
        // The ingest pipeline shifts the upper half by 8 bits, not 32.
        return Ok(typed((h << 8) + l, "SZ_QWORD"));
    }
    if text.len() >= 5 && text.to_ascii_uppercase().starts_with("DWORD") && p.as_literal().is_none() {
        // `DWORD*`: any number.
        if text.eq_ignore_ascii_case("DWORD") || text.eq_ignore_ascii_case("DWORD (") || text.eq_ignore_ascii_case("DWORD (0x") {
            return Ok(on(kind, Pattern::literal("SZ_DWORD", Case::Sensitive)));
        }
    }
    plain_registry(data, &p)
}

fn plain_registry(data: &FieldName, p: &Pattern) -> Result<Expr, String> {
    let about_numbers = p.literals().any(|t| {
        let t = t.to_ascii_uppercase();
        t.contains("DWORD") || t.contains("QWORD") || t.contains("0X0")
    });
    if about_numbers {
        return Err("the index stores registry numbers in decimal, so a part of their hexadecimal text cannot be looked for".into());
    }
    Ok(on(data, p.clone()))
}

/// `Key=value` lines, stored in a field for each key. Anything else is looked for in the rest.
pub(super) fn pairs(fields: &[(String, FieldName)], rest: &[FieldName], test: &Test) -> Expr {
    let everywhere = |t: &Test| Expr::any(rest.iter().map(|f| Expr::Test(Some(f.clone()), t.clone())).collect());
    let Some(p) = as_pattern(test) else { return everywhere(test) };
    let parts = p.parts();
    let (open_start, body) = match parts {
        [Part::Any, body @ ..] => (true, body),
        body => (false, body),
    };
    if let Some(Part::Lit(first)) = body.first()
        && let Some((key, value)) = first.trim_start().split_once('=')
        && let Some((_, field)) = fields.iter().find(|(k, _)| k.eq_ignore_ascii_case(key.trim()))
    {
        let pattern = Pattern::new(std::iter::once(Part::Lit(value.trim_start().to_owned())).chain(body[1..].iter().cloned()), p.case);
        return on(field, pattern.open_end());
    }
    let mut pattern = p.clone().open_end();
    if open_start || !rest.is_empty() {
        pattern = pattern.open_start();
    }
    everywhere(&Test::Pattern(pattern))
}

/// A value with some text left out, such as the `%%` of message codes.
pub(super) fn strip(test: &Test, what: &str) -> Test {
    match test {
        Test::Pattern(p) => Test::Pattern(p.map_literals(|t| t.replace(what, ""))),
        other => other.clone(),
    }
}

/// The test on a value that is stored as the inside of a JSON string: a backslash is two, a quote is `\"`, a
/// line feed is `\n`.
pub(super) fn json_escaped(test: &Test) -> Test {
    match test {
        Test::Pattern(p) => {
            let parts = p.parts().iter().map(|part| match part {
                Part::Lit(t) => Part::Lit(json_text(t)),
                other => other.clone(),
            });
            if p.parts().contains(&Part::One) {
                // One character may be stored as two.
                let one = escaped_set(&CharSet::all());
                return Test::Regex(Re::concat(parts.map(|part| match part {
                    Part::Lit(t) => Re::text(&t, p.case),
                    Part::Any => Re::anything(),
                    Part::One => one.clone(),
                })));
            }
            Test::Pattern(Pattern::new(parts, p.case))
        }
        Test::Regex(re) if re.is_anything() => test.clone(),
        Test::Regex(re) => Test::Regex(escape_regex(re)),
        other => other.clone(),
    }
}

/// `.*` stays `.*`: escaped text is any text, too.
fn escape_regex(re: &Re) -> Re {
    match re {
        re if re.is_anything() => re.clone(),
        Re::Lit(t) => Re::Lit(json_text(t)),
        Re::Set(s) => escaped_set(s),
        Re::Concat(items) => Re::concat(items.iter().map(escape_regex).collect::<Vec<_>>()),
        Re::Alt(items) => Re::alt(items.iter().map(escape_regex).collect::<Vec<_>>()),
        Re::Repeat(item, min, max) => Re::repeat(escape_regex(item), *min, *max),
    }
}

fn escaped_set(s: &CharSet) -> Re {
    const ESCAPED: [char; 5] = ['\\', '"', '\n', '\r', '\t'];
    let special: Vec<Re> = ESCAPED.into_iter().filter(|c| s.contains(*c)).map(|c| Re::Lit(json_text(&c.to_string()))).collect();
    if special.is_empty() {
        return Re::set(s.clone());
    }
    let rest = s.minus(&CharSet::of(ESCAPED.map(|c| (c, c))));
    Re::alt(std::iter::once(Re::set(rest)).chain(special))
}

/// Whether a value can stand in a field of addresses or numbers.
pub(super) fn is_address_or_number(test: &Test) -> bool {
    match test {
        Test::Pattern(p) => match p.as_literal() {
            Some(t) => {
                t.parse::<std::net::IpAddr>().is_ok() || t.parse::<ipnet::IpNet>().is_ok() || sigmalert_query::Number::parse(t).is_some()
            }
            None => {
                let text: String = p.literals().collect();
                !text.is_empty() && text.chars().all(|c| c.is_ascii_hexdigit() || c == '.' || c == ':')
            }
        },
        Test::Number(Interval { .. }) | Test::Cidr(_) | Test::Exists => true,
        _ => false,
    }
}
