//! The modifiers that turn one text into others: `windash`, UTF-16, Base64.

use super::limits::MAX_ALTERNATIVES;
use crate::regex::CharSet;
use crate::{Case, Part, Pattern, Re, Test};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sigmalert_sigma::TextTransform;

/// The dashes that Windows programs take before a flag (specification, `windash`).
const DASHES: [char; 5] = ['-', '/', '\u{2013}', '\u{2014}', '\u{2015}'];
/// Up to so many dashes are written out as values, 5 for each; more become a regular expression.
const MAX_WRITTEN_OUT: usize = 2;

enum Text {
    Pattern(Pattern),
    Regex(Re),
    Bytes(Vec<u8>),
}

/// Runs the transforms over a value.
///
/// # Errors
/// What is wrong and what to do.
pub(super) fn transform(p: &Pattern, transforms: &[TextTransform]) -> Result<Vec<Test>, (String, String)> {
    let mut texts = vec![Text::Pattern(p.clone())];
    for t in transforms {
        let mut next = Vec::new();
        for text in texts {
            step(text, *t, &mut next)?;
            if next.len() > MAX_ALTERNATIVES {
                let message = format!("the modifiers make more than {MAX_ALTERNATIVES} values of one");
                return Err((message, "write each modifier once".into()));
            }
        }
        texts = next;
    }
    let tests: Vec<Test> = texts
        .into_iter()
        .filter_map(|t| match t {
            Text::Pattern(p) => Some(Test::Pattern(p)),
            Text::Regex(re) => Some(Test::Regex(re)),
            Text::Bytes(_) => None,
        })
        .collect();
    Ok(tests)
}

fn step(text: Text, transform: TextTransform, out: &mut Vec<Text>) -> Result<(), (String, String)> {
    let bytes = |text: &Text| -> Result<Vec<u8>, (String, String)> {
        match text {
            Text::Bytes(b) => Ok(b.clone()),
            Text::Pattern(p) => p.as_literal().map(|t| t.as_bytes().to_vec()).ok_or_else(wildcards),
            Text::Regex(_) => Err(too_many_dashes()),
        }
    };
    let words = |text: &Text| -> Result<Vec<u16>, (String, String)> {
        match text {
            Text::Pattern(p) => p.as_literal().map(|t| t.encode_utf16().collect()).ok_or_else(wildcards),
            _ => Err(too_many_dashes()),
        }
    };
    match transform {
        TextTransform::Windash => match text {
            Text::Pattern(p) => windash(&p, out),
            other => out.push(other),
        },
        TextTransform::Utf16Le => out.push(Text::Bytes(words(&text)?.iter().flat_map(|w| w.to_le_bytes()).collect())),
        TextTransform::Utf16Be => out.push(Text::Bytes(words(&text)?.iter().flat_map(|w| w.to_be_bytes()).collect())),
        TextTransform::Utf16 => {
            let mut b = vec![0xff, 0xfe];
            b.extend(words(&text)?.iter().flat_map(|w| w.to_le_bytes()));
            out.push(Text::Bytes(b));
        }
        TextTransform::Base64 => out.push(encoded(STANDARD.encode(bytes(&text)?))),
        TextTransform::Base64Offset => {
            let bytes = bytes(&text)?;
            for offset in 0..3usize {
                let mut shifted = vec![0; offset];
                shifted.extend(&bytes);
                let full = STANDARD.encode(&shifted);
                // Characters that also hold bits of the neighbours are cut off.
                let start = [0, 2, 3][offset];
                let end = full.len() - [0, 3, 2][shifted.len() % 3];
                // One byte: at one of the offsets no character is certain, so that matches would be missed.
                if start >= end {
                    return Err((
                        "the value is too short: at some offset nothing of its Base64 form is certain".into(),
                        "use a longer value".into(),
                    ));
                }
                out.push(encoded(full[start..end].to_owned()));
            }
        }
    }
    Ok(())
}

/// Letter case is part of the Base64 alphabet.
fn encoded(text: String) -> Text {
    Text::Pattern(Pattern::literal(text, Case::Sensitive))
}

fn wildcards() -> (String, String) {
    (
        "a value with wildcards cannot be encoded".into(),
        "remove the wildcards, or write `\\*` and `\\?` where the characters themselves are meant".into(),
    )
}

fn too_many_dashes() -> (String, String) {
    (format!("a value with more than {MAX_WRITTEN_OUT} dashes cannot be encoded after `windash`"), "split the value".into())
}

/// The places of dashes that may begin a flag: none before a word character's end, each before a word character.
fn windash(p: &Pattern, out: &mut Vec<Text>) {
    let symbols: Vec<Symbol> = p
        .parts()
        .iter()
        .flat_map(|part| match part {
            Part::Lit(t) => t.chars().map(Symbol::Char).collect(),
            Part::Any => vec![Symbol::Wildcard(Part::Any)],
            Part::One => vec![Symbol::Wildcard(Part::One)],
        })
        .collect();
    let word = |i: Option<&Symbol>| matches!(i, Some(Symbol::Char(c)) if c.is_alphanumeric() || *c == '_');
    let places: Vec<usize> = (0..symbols.len())
        .filter(|&i| {
            matches!(symbols[i], Symbol::Char(c) if DASHES.contains(&c)) && !(i > 0 && word(symbols.get(i - 1))) && word(symbols.get(i + 1))
        })
        .collect();
    if places.len() > MAX_WRITTEN_OUT {
        let dash = CharSet::of(DASHES.map(|c| (c, c)));
        out.push(Text::Regex(Re::concat(symbols.iter().enumerate().map(|(i, s)| match s {
            Symbol::Char(_) if places.contains(&i) => Re::Set(dash.clone()),
            Symbol::Char(c) => Re::text(c.encode_utf8(&mut [0; 4]), p.case),
            Symbol::Wildcard(Part::Any) => Re::anything(),
            Symbol::Wildcard(_) => Re::Set(CharSet::all()),
        }))));
        return;
    }
    let mut all = vec![symbols];
    for &i in &places {
        all = all
            .into_iter()
            .flat_map(|s| {
                // The dash as written comes first.
                let Symbol::Char(own) = s[i] else { return vec![s] };
                [own]
                    .into_iter()
                    .chain(DASHES.into_iter().filter(|d| *d != own))
                    .map(|d| {
                        let mut s = s.clone();
                        s[i] = Symbol::Char(d);
                        s
                    })
                    .collect()
            })
            .collect();
    }
    for symbols in all {
        let mut pattern = Pattern::literal("", p.case);
        for s in symbols {
            match s {
                Symbol::Char(c) => pattern.push_char(c),
                Symbol::Wildcard(part) => pattern.push(part),
            }
        }
        out.push(Text::Pattern(pattern));
    }
}

#[derive(Clone)]
enum Symbol {
    Char(char),
    Wildcard(Part),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(text: &str, transforms: &[TextTransform]) -> Vec<String> {
        transform(&super::super::pattern(text, Case::Insensitive), transforms)
            .unwrap()
            .into_iter()
            .map(|t| match t {
                Test::Pattern(p) => p.to_string(),
                other => other.to_string(),
            })
            .collect()
    }

    #[test]
    fn base64_offsets_are_inside_every_encoding() {
        for text in ["a", "ab", "abc", "foobar", "http://", "ä€"] {
            let Ok(found) = transform(&Pattern::literal(text, Case::Sensitive), &[TextTransform::Base64Offset]) else {
                assert_eq!(text, "a");
                continue;
            };
            for before in ["", "x", "xy", "xyz"] {
                for after in ["", "q", "qr"] {
                    let whole = STANDARD.encode(format!("{before}{text}{after}"));
                    assert!(
                        found.iter().any(|t| matches!(t, Test::Pattern(p) if whole.contains(p.as_literal().unwrap()))),
                        "{before}{text}{after}"
                    );
                }
            }
        }
        assert_eq!(run("foobar", &[TextTransform::Base64Offset]), ["Zm9vYmFy", "Zvb2Jhc", "mb29iYX"]);
    }

    #[test]
    fn dashes() {
        assert_eq!(run(" -e", &[TextTransform::Windash]), [" -e", " /e", " –e", " —e", " ―e"]);
        assert_eq!(run("a-e -", &[TextTransform::Windash]), ["a-e -"]);
        assert_eq!(run("/c -f", &[TextTransform::Windash]).len(), 25);
        assert_eq!(run("-a -b -c", &[TextTransform::Windash]).len(), 1);
        assert_eq!(run("-é", &[TextTransform::Windash, TextTransform::Utf16Le, TextTransform::Base64])[0], "LQDpAA==");
    }
}
