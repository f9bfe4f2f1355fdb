//! Lowering on keyword and wildcard fields, and what a regular expression says about analyzed text.

use super::{CaseMode, FieldContext, LowerError, Lowering, NoteKind, address};
use crate::text::{Analyzer, OnTokens, on_tokens};
use crate::{Case, Expr, FieldName, Part, Pattern, Re, Schema, StoredCase, Test, fold};

impl Lowering<'_> {
    pub(super) fn on_string(&mut self, at: FieldContext<'_>, test: &Test) -> Result<Expr, LowerError> {
        match test {
            Test::Exists => Ok(at.test(Test::Exists)),
            Test::Pattern(p) => Ok(self.pattern(at, p)),
            Test::Bool(b) => Ok(self.pattern(at, &Pattern::literal(b.to_string(), Case::Insensitive))),
            Test::Number(i) => match i.as_point() {
                Some(n) => Ok(at.test(Test::Pattern(Pattern::literal(n.to_string(), Case::Sensitive)))),
                // Query DSL can run it as a script; the other languages refuse it when printing.
                None => Ok(at.test(Test::NumericText(*i))),
            },
            Test::NumericText(_) => Ok(at.test(test.clone())),
            Test::Regex(re) => Ok(Self::regex(at, re)),
            Test::Cidr(net) => match address::as_strings(net) {
                Some(tests) => {
                    let each = tests.iter().map(|t| self.on_string(at, t)).collect::<Result<Vec<_>, _>>()?;
                    Ok(Expr::any(each))
                }
                None => Err(Self::impossible(at, test, "index the field as ip, or compare the text of the address with startswith")),
            },
            Test::Field(other) => {
                let kind = self.schema_kind(&other.other);
                if kind { Ok(at.test(test.clone())) } else { Err(Self::impossible(at, test, "both fields must be keywords")) }
            }
            Test::Time(..) | Test::Period(..) | Test::Anywhere(_) => {
                Err(Self::impossible(at, test, "only a field indexed as date has parts of time"))
            }
            Test::Phrase(_) | Test::Token(_) => Err(Self::impossible(at, test, "only analyzed text has tokens")),
        }
    }

    fn schema_kind(&self, name: &str) -> bool {
        let schema: &Schema = self.schema;
        schema.field(name).kind.is_string()
    }

    fn pattern(&mut self, at: FieldContext<'_>, p: &Pattern) -> Expr {
        if p.is_any() {
            return at.test(Test::Exists);
        }
        let stored =
            |f: fn(char) -> Option<char>| p.map_literals(|t| t.chars().map(|c| f(c).unwrap_or(c)).collect()).with_case(Case::Sensitive);
        match at.info.case {
            StoredCase::Lower => return at.test(Test::Pattern(stored(|c| single(c.to_lowercase())))),
            StoredCase::Upper => return at.test(Test::Pattern(stored(|c| single(c.to_uppercase())))),
            StoredCase::AsIs => {}
        }
        if p.case == Case::Sensitive || !p.has_cased_letter() {
            return at.test(Test::Pattern(p.clone().with_case(Case::Sensitive)));
        }
        match self.mode {
            CaseMode::Index => {
                self.note(NoteKind::CaseSensitive, at, "");
                at.test(Test::Pattern(p.clone().with_case(Case::Sensitive)))
            }
            CaseMode::Native if p.literals().all(|t| t.chars().all(|c| c.is_ascii() || !fold::is_cased(c))) => {
                at.test(Test::Pattern(p.clone()))
            }
            CaseMode::Native | CaseMode::Regex => at.test(Test::Regex(Re::from_pattern(p))),
        }
    }

    fn regex(at: FieldContext<'_>, re: &Re) -> Expr {
        let re = match at.info.case {
            StoredCase::AsIs => re.clone(),
            // The case a value had is gone: what could have been it is looked for.
            StoredCase::Lower => re.map_chars(&mut |s| Re::set(s.case_folded().minus(&super::super::regex::CharSet::of([('A', 'Z')])))),
            StoredCase::Upper => re.map_chars(&mut |s| Re::set(s.case_folded().minus(&super::super::regex::CharSet::of([('a', 'z')])))),
        };
        Self::regex_or_pattern(at, re)
    }
}

fn single(mut chars: impl Iterator<Item = char>) -> Option<char> {
    let first = chars.next()?;
    chars.next().is_none().then_some(first)
}

/// Whether a string test holds for one text.
pub(super) fn matches(test: &Test, text: &str) -> bool {
    match test {
        Test::Pattern(p) => p.matches(text),
        Test::Regex(re) => simulate(re, text),
        _ => false,
    }
}

/// A small backtracking-free run of an expression over a short text.
fn simulate(re: &Re, text: &str) -> bool {
    let chars: Vec<char> = text.chars().collect();
    ends(re, &chars, &[0].into()).contains(&chars.len())
}

/// The places reachable from `from` by a word of `re`.
fn ends(re: &Re, chars: &[char], from: &std::collections::BTreeSet<usize>) -> std::collections::BTreeSet<usize> {
    match re {
        Re::Lit(t) => {
            let t: Vec<char> = t.chars().collect();
            from.iter().filter(|i| chars[**i..].starts_with(&t)).map(|i| i + t.len()).collect()
        }
        Re::Set(s) => from.iter().filter(|i| chars.get(**i).is_some_and(|c| s.contains(*c))).map(|i| i + 1).collect(),
        Re::Concat(items) => items.iter().fold(from.clone(), |at, i| ends(i, chars, &at)),
        Re::Alt(items) => items.iter().flat_map(|i| ends(i, chars, from)).collect(),
        Re::Repeat(item, min, max) => {
            let mut at = from.clone();
            for _ in 0..*min {
                at = ends(item, chars, &at);
            }
            let mut all = at.clone();
            // More rounds than places add nothing.
            for _ in 0..max.map_or(chars.len(), |m| ((m - min) as usize).min(chars.len())) {
                at = ends(item, chars, &at);
                all.extend(&at);
            }
            all
        }
    }
}

/// Tests on tokens that hold for every value of the language; nothing when its literals are too weak.
pub(super) fn required(re: &Re, field: Option<&FieldName>, analyzer: &Analyzer) -> Option<Expr> {
    match re {
        Re::Alt(items) => items.iter().map(|i| required(i, field, analyzer)).collect::<Option<Vec<_>>>().map(Expr::any),
        Re::Concat(items) => {
            let mut tests = Vec::new();
            let mut run = String::new();
            for item in items {
                match caseless_text(item) {
                    Some(t) => run.push_str(&t),
                    None => {
                        literal(&std::mem::take(&mut run), field, analyzer, &mut tests);
                        tests.extend(required(item, field, analyzer));
                    }
                }
            }
            literal(&run, field, analyzer, &mut tests);
            let mut unique: Vec<Expr> = Vec::new();
            tests.into_iter().for_each(|t| {
                if !unique.contains(&t) {
                    unique.push(t);
                }
            });
            (!unique.is_empty()).then(|| Expr::all(unique))
        }
        Re::Repeat(item, min, _) if *min > 0 => required(item, field, analyzer),
        Re::Repeat(..) => None,
        item => {
            let mut tests = Vec::new();
            literal(&caseless_text(item)?, field, analyzer, &mut tests);
            (!tests.is_empty()).then(|| Expr::all(tests))
        }
    }
}

/// The text of an item that is one text but for case.
fn caseless_text(re: &Re) -> Option<String> {
    match re {
        Re::Lit(t) => Some(t.clone()),
        Re::Set(s) => s.as_caseless_letter().map(String::from),
        _ => None,
    }
}

/// A literal found anywhere in the value. One letter alone says too little to be worth a search.
fn literal(text: &str, field: Option<&FieldName>, analyzer: &Analyzer, tests: &mut Vec<Expr>) {
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        return;
    }
    let pattern = Pattern::new([Part::Any, Part::Lit(text.to_owned()), Part::Any], Case::Insensitive);
    if let OnTokens::Necessary(e) = on_tokens(field, &pattern, analyzer) {
        tests.push(e);
    }
}
