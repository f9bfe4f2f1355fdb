//! Reading `query_string` text, with the meaning the server gives it for fields of these types.
//!
//! What an [`Expr`] cannot hold (fuzzy and proximity searches, ranges of text) is an error, and so is what the server refuses.

use super::grammar::{self, Leaves, Query, Scope};
use super::options::{Options, escaped, least};
use super::regex::{self, Fault};
use crate::lang::ParseError;
use crate::typed::{self, FieldSearch, Refusal};
use crate::{Anywhere, Case, Expr, FieldName, Pattern, Schema, SearchTerm, Test};

/// Reads a query for an index of these types. Comparisons come out as the index runs them.
///
/// # Errors
/// For broken syntax and for searches that an expression cannot hold.
pub fn parse(text: &str, schema: &Schema) -> Result<Expr, ParseError> {
    parse_with(text, schema, &Options::default())
}

/// Parses a query with the other options of `query_string`.
///
/// # Errors
/// As [`parse`].
pub fn parse_with(text: &str, schema: &Schema, options: &Options) -> Result<Expr, ParseError> {
    if text.chars().all(|c| c <= ' ') {
        // `query_string` with nothing in it finds nothing.
        return Ok(Expr::FALSE);
    }
    let reader = Reader { schema, options };
    let scope = match options.fields.as_slice() {
        _ if options.listed => None,
        [one] => Some(one.as_str()),
        _ => Some("*"),
    };
    let text = if options.escape { escaped(text) } else { text.to_owned() };
    let query = grammar::parse(&text, scope, options.and, &reader)?;
    let spec = options.minimum_should_match.as_deref();
    Ok(query.expr(&|clauses| least(spec?, clauses)).unwrap_or(Expr::FALSE))
}

/// What of a text the server refuses, whatever the index. Says whether there are several clauses.
///
/// # Errors
/// Where it does, and why.
pub fn check(text: &str, options: &Options) -> Result<bool, ParseError> {
    if text.chars().all(|c| c <= ' ') {
        return Ok(false);
    }
    let text = if options.escape { escaped(text) } else { text.to_owned() };
    grammar::parse(&text, None, options.and, &Syntax { options }).map(|q| q.is_bool())
}

/// Takes everything that is well formed.
struct Syntax<'o> {
    options: &'o Options,
}

impl Leaves for Syntax<'_> {
    fn words(&self, _: Scope<'_>, _: String, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn quoted(&self, _: Scope<'_>, _: String, _: Option<&str>, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn any(&self, _: Scope<'_>, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn prefix(&self, _: Scope<'_>, _: String, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn wild(&self, _: Scope<'_>, _: &str, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn regex(&self, scope: Scope<'_>, body: &str, at: usize) -> Result<Query, ParseError> {
        // Whether a named field is on the index is not known; `*` covers those that are there.
        match regex::read(body, regex::ALL) {
            Err(Fault::Server(e)) if scope == Some("*") && !self.options.is_lenient() => Err(ParseError { at: at + e.at, ..e }),
            _ => Ok(Query::Leaf(Expr::TRUE)),
        }
    }

    fn fuzzy(&self, _: Scope<'_>, _: String, distance: &str, at: usize) -> Result<Query, ParseError> {
        fuzziness(distance, at)?;
        Ok(Query::Leaf(Expr::TRUE))
    }

    fn range(&self, _: Scope<'_>, _: Option<(String, bool)>, _: Option<(String, bool)>, _: usize) -> Result<Query, ParseError> {
        Ok(Query::Leaf(Expr::TRUE))
    }
}

/// Checks the text after the `~` of a fuzzy search.
fn fuzziness(text: &str, at: usize) -> Result<(), ParseError> {
    if text.is_empty() || text.parse::<f32>().is_ok() || text.to_ascii_uppercase().starts_with("AUTO") {
        return Ok(());
    }
    Err(ParseError { message: format!("`~{text}` is not a distance (`~1`, `~2`, `~AUTO`); write `\\~` for the character"), at })
}

fn leading(options: &Options, text: &str, at: usize) -> Result<(), ParseError> {
    if options.no_leading_wildcard && text.starts_with(['*', '?']) {
        return Err(ParseError { message: "a value begins with a wildcard, which `allow_leading_wildcard: false` forbids".into(), at });
    }
    Ok(())
}

struct Reader<'s> {
    schema: &'s Schema,
    options: &'s Options,
}

impl Reader<'_> {
    /// The names of the fields that a clause looks in.
    fn names(&self, scope: Scope<'_>, quoted: bool) -> Result<Vec<String>, String> {
        let names: Vec<String> = match scope {
            Some(name) => vec![name.to_owned()],
            None => self.options.fields.clone(),
        };
        let Some(suffix) = self.options.quote_field_suffix.as_deref().filter(|_| quoted) else { return Ok(names) };
        let form = |name: String| {
            let other = format!("{name}{suffix}");
            match (self.schema.declared(&other), self.schema.declared(&name)) {
                _ if name.contains('*') => Err("`quote_field_suffix` on several fields is not evaluated".to_owned()),
                (Some(_), _) => Ok(other),
                (None, Some(_)) => Ok(name),
                (None, None) => Err(format!("whether the index has a field `{other}` is not known (`quote_field_suffix`)")),
            }
        };
        names.into_iter().map(form).collect()
    }

    /// A search in the fields of a clause.
    fn ask(&self, scope: Scope<'_>, asked: &SearchTerm, quoted: bool, at: usize) -> Result<Query, ParseError> {
        let fail = |message: String| ParseError { message, at };
        if scope == Some("_exists_") {
            return Ok(match asked {
                SearchTerm::Words(name) | SearchTerm::Phrase(name) if name == "*" => {
                    return Err(fail("`_exists_` on all fields at once is refused by the server: use `*:*`, or name the field".into()));
                }
                SearchTerm::Words(name) | SearchTerm::Phrase(name) => Query::Leaf(Self::exists(name)),
                // There is no such field.
                _ => Query::Leaf(Expr::FALSE),
            });
        }
        let names = self.names(scope, quoted).map_err(fail)?;
        let (patterns, single): (Vec<String>, Vec<String>) = names.into_iter().partition(|n| n.contains('*'));
        if patterns.is_empty() && single.len() == 1 {
            return self.one(&single[0], asked, at);
        }
        let mut any = Vec::new();
        for name in &single {
            any.extend(self.one(name, asked, at)?.expr(&|_| None));
        }
        if !patterns.is_empty() {
            any.push(self.anywhere(patterns, asked).map_err(fail)?);
        }
        Ok(if any.is_empty() { Query::Nothing } else { Query::Leaf(Expr::any(any)) })
    }

    /// A search in all fields of some names.
    fn anywhere(&self, names: Vec<String>, asked: &SearchTerm) -> Result<Expr, String> {
        if !self.options.is_lenient() {
            return Err("a search in several fields that is not lenient fails at the first field of another type: name the field".into());
        }
        if self.options.time_zone && self.schema.infos().iter().any(|i| i.kind == crate::FieldType::Date) {
            return Err("`time_zone` in a search of all fields is not evaluated".into());
        }
        if matches!(asked, SearchTerm::Range(..)) {
            return Err("a comparison (`>`, `<`, `[… TO …]`) in all fields is not evaluated: name the field".into());
        }
        let search = Anywhere { names, asked: asked.clone(), all_words: self.options.and };
        for info in self.schema.infos().into_iter().map(Some).chain([None]) {
            search.on(self.schema, info)?;
        }
        Ok(Expr::keyword(Test::Anywhere(Box::new(search))))
    }

    fn one(&self, name: &str, asked: &SearchTerm, at: usize) -> Result<Query, ParseError> {
        let info = self.schema.field(name);
        let fail = |message: String| ParseError { message: format!("`{name}`: {message}"), at };
        if self.options.time_zone && info.kind == crate::FieldType::Date && *asked != SearchTerm::Exists {
            return Err(fail("dates in a `time_zone` are not evaluated".into()));
        }
        let field: FieldName = name.into();
        match typed::meaning(info, asked) {
            Ok(FieldSearch::Words(words)) => {
                let occur = if self.options.and { grammar::Occur::Must } else { grammar::Occur::Should };
                let clause = |t| (occur, Query::Leaf(Expr::Test(Some(field.clone()), t)));
                Ok(Query::Bool(words.into_iter().map(clause).collect()))
            }
            Ok(meaning) => Ok(meaning.expr(Some(&field), false).map_or(Query::Nothing, Query::Leaf)),
            Err(Refusal::Server(_)) if self.options.is_lenient() => Ok(Query::Leaf(Expr::FALSE)),
            Err(Refusal::Server(m) | Refusal::Unread(m)) => Err(fail(m)),
        }
    }

    /// The field has a value; a `*` in its name matches several fields.
    fn exists(name: &str) -> Expr {
        if name.contains('*') {
            let search = Anywhere { names: vec![name.to_owned()], asked: SearchTerm::Exists, all_words: false };
            return Expr::keyword(Test::Anywhere(Box::new(search)));
        }
        Expr::exists(name)
    }
}

impl Leaves for Reader<'_> {
    fn words(&self, scope: Scope<'_>, text: String, at: usize) -> Result<Query, ParseError> {
        // With a field before it, a sign of order is one; nobody can escape it.
        if scope.is_some_and(|s| s != "_exists_") && text.encode_utf16().count() > 1 {
            let bound = |rest: &str, inclusive| Some((rest.to_owned(), inclusive)).filter(|(t, _)| t != "*");
            let longer = text.len() > 2;
            for (sign, low, inclusive) in [(">=", true, true), ("<=", false, true), (">", true, false), ("<", false, false)] {
                if let Some(rest) = text.strip_prefix(sign).filter(|_| sign.len() == 1 || longer) {
                    let (a, b) = if low { (bound(rest, inclusive), None) } else { (None, bound(rest, inclusive)) };
                    return self.range(scope, a, b, at);
                }
            }
        }
        self.ask(scope, &SearchTerm::Words(text), false, at)
    }

    fn quoted(&self, scope: Scope<'_>, text: String, slop: Option<&str>, at: usize) -> Result<Query, ParseError> {
        // What is no number counts as not given.
        let slop = slop.and_then(|s| s.split('.').next()?.parse().ok()).unwrap_or(self.options.phrase_slop);
        let query = self.ask(scope, &SearchTerm::Phrase(text.clone()), true, at)?;
        if slop > 0 && (text.split_whitespace().nth(1).is_some() || holds_phrase(&query)) {
            return Err(ParseError { message: "proximity searches (words in a row, but so far apart) are not evaluated".into(), at });
        }
        Ok(query)
    }

    fn any(&self, scope: Scope<'_>, at: usize) -> Result<Query, ParseError> {
        match scope {
            Some("*") => Ok(Query::Leaf(Expr::TRUE)),
            Some("_exists_") => Ok(Query::Leaf(Expr::FALSE)),
            Some(name) => Ok(Query::Leaf(Self::exists(name))),
            None => self.ask(scope, &SearchTerm::Exists, false, at),
        }
    }

    fn prefix(&self, scope: Scope<'_>, text: String, at: usize) -> Result<Query, ParseError> {
        let asked = if self.options.analyze_wildcard {
            SearchTerm::Prefix(text)
        } else {
            SearchTerm::Wildcard(Pattern::literal(text, Case::Sensitive).open_end())
        };
        self.ask(scope, &asked, false, at)
    }

    fn wild(&self, scope: Scope<'_>, text: &str, at: usize) -> Result<Query, ParseError> {
        leading(self.options, text, at)?;
        self.ask(scope, &SearchTerm::Wildcard(typed::wildcard(text, Case::Sensitive)), false, at)
    }

    fn regex(&self, scope: Scope<'_>, body: &str, at: usize) -> Result<Query, ParseError> {
        let read = |text: &str| match regex::read(text, regex::ALL) {
            Ok(re) => Ok(Some(re)),
            Err(Fault::Server(_)) if self.options.is_lenient() => Ok(None),
            Err(Fault::Server(e) | Fault::Unread(e)) => Err(ParseError { at: at + e.at, ..e }),
        };
        let lowered = typed::lowered(body);
        // Lowered, `\D` is `\d`.
        let changes = ["\\D", "\\W", "\\S"].iter().any(|c| body.contains(c));
        let is_lowered = |s: &Schema| match scope.filter(|s| !s.contains('*')) {
            Some(name) => s.field(name).case != crate::StoredCase::AsIs,
            None => s.infos().iter().any(|i| i.case != crate::StoredCase::AsIs),
        };
        if changes && is_lowered(self.schema) {
            return Err(ParseError {
                message: "`\\D`, `\\W` and `\\S` on a field with a lower-case normalizer are not evaluated".into(),
                at,
            });
        }
        match (read(body)?, read(&lowered)?) {
            (Some(re), Some(lowered)) => self.ask(scope, &SearchTerm::Regex(re, lowered), false, at),
            _ => Ok(Query::Leaf(Expr::FALSE)),
        }
    }

    fn fuzzy(&self, _: Scope<'_>, _: String, distance: &str, at: usize) -> Result<Query, ParseError> {
        fuzziness(distance, at)?;
        Err(ParseError { message: "fuzzy searches (`~`) are not evaluated; write `\\~` for the character".into(), at })
    }

    fn range(&self, scope: Scope<'_>, low: Option<(String, bool)>, high: Option<(String, bool)>, at: usize) -> Result<Query, ParseError> {
        self.ask(scope, &SearchTerm::Range(low, high), false, at)
    }
}

/// Whether words in a row are asked for.
fn holds_phrase(query: &Query) -> bool {
    match query {
        Query::Leaf(e) => {
            let mut holds = false;
            e.for_each_test(&mut |_, t| holds |= matches!(t, Test::Phrase(words) if words.len() > 1));
            holds
        }
        Query::Nothing => false,
        Query::Bool(_) | Query::Boosted(_) => true,
    }
}
