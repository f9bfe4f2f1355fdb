//! From Sigma's meaning to what the fields of an index can evaluate.
//!
//! [`lower`] replaces every test by tests that a field of its type runs exactly. Where no such test exists it
//! says so: with an error, or, where a near one is still of use (analyzed text), with a [`Note`]. For a
//! detection it is better to alert once too often than to miss, so the near test is the wider one wherever the
//! rule asks for it, and inside a negation it is left out where leaving it out is the safe side.

mod address;
mod string;

use super::text::{Analyzer, OnTokens, on_tokens};
use super::{Case, Expr, FieldInfo, FieldName, FieldType, Interval, Number, Part, Pattern, Re, Schema, Test};
use std::collections::BTreeSet;

/// How comparisons without regard to case are evaluated on fields that mind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CaseMode {
    /// As the index does it: with regard to case, in the case the rule is written in. Readable; each such field
    /// is noted.
    #[default]
    Index,
    /// With regular expressions such as `[Aa]`.
    Regex,
    /// By the engine's own flag (`case_insensitive` in Query DSL).
    Native,
}

/// Something that a user should know of a lowered expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Note {
    /// What it is about.
    pub kind: NoteKind,
    /// The field, or empty for keyword searches.
    pub field: String,
    /// The comparison it is about, for a person; empty where the field says it all.
    pub about: String,
}

/// Kinds of [`Note`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum NoteKind {
    /// The index compares this field with regard to case, Sigma does not.
    CaseSensitive,
    /// The query finds more than the rule asks for.
    Wider,
    /// The query finds less than the rule asks for.
    Narrower,
    /// No value of the field's type can ever match.
    Never,
}

/// A test that the field cannot evaluate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` is indexed as {kind} and cannot be compared this way: {test}")]
pub struct LowerError {
    /// The field.
    pub field: String,
    /// Its index type.
    pub kind: &'static str,
    /// The test, as text for messages.
    pub test: String,
    /// What to do about it.
    pub help: String,
    /// Whether the test could be left out of a conjunction: without it the query over-matches.
    unselective: bool,
}

/// The result of [`lower`].
#[derive(Debug, Clone, PartialEq)]
pub struct Lowered {
    /// The expression in index meaning.
    pub expr: Expr,
    /// What got lost or changed, each once, in order.
    pub notes: BTreeSet<Note>,
}

/// Lowers an expression for an index of these types.
///
/// # Errors
/// When a test has no counterpart on a field of its type.
pub fn lower(expr: &Expr, schema: &Schema, mode: CaseMode) -> Result<Lowered, LowerError> {
    let mut lowering = Lowering { schema, mode, notes: BTreeSet::new() };
    let expr = lowering.expr(expr, true)?;
    Ok(Lowered { expr, notes: lowering.notes })
}

/// What messages call the field that keyword searches look in.
const KEYWORD_FIELD: &str = "the keyword field";

struct Lowering<'s> {
    schema: &'s Schema,
    mode: CaseMode,
    notes: BTreeSet<Note>,
}

/// A test with its place: what the helpers pass around.
#[derive(Clone, Copy)]
struct FieldContext<'a> {
    field: Option<&'a FieldName>,
    info: &'a FieldInfo,
    /// False inside an odd number of negations.
    positive: bool,
}

impl FieldContext<'_> {
    fn test(&self, test: Test) -> Expr {
        Expr::Test(self.field.cloned(), test)
    }

    fn name(&self) -> String {
        self.field.map_or_else(String::new, ToString::to_string)
    }
}

impl Lowering<'_> {
    fn expr(&mut self, expr: &Expr, positive: bool) -> Result<Expr, LowerError> {
        let mut all = |items: &[Expr]| items.iter().map(|i| self.expr(i, positive)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::Const(b) => Expr::Const(*b),
            Expr::And(items) if positive => self.conjunction(items)?,
            Expr::And(items) => Expr::And(all(items)?),
            Expr::Or(items) => Expr::Or(all(items)?),
            Expr::AtLeast(n, items) => Expr::AtLeast(*n, all(items)?),
            Expr::Not(item) => Expr::Not(Box::new(self.expr(item, !positive)?)),
            // Read from a query, it is in index meaning already.
            Expr::Test(_, Test::Anywhere(_)) => expr.clone(),
            Expr::Test(field, test) => {
                let info = self.schema.field_or_keyword(field.as_deref()).clone();
                let at = FieldContext { field: field.as_ref(), info: &info, positive };
                match &info.kind {
                    FieldType::Keyword | FieldType::Wildcard => self.on_string(at, test)?,
                    FieldType::Text(analyzer) => self.on_text(at, test, analyzer)?,
                    FieldType::Ip => self.on_ip(at, test)?,
                    FieldType::Long | FieldType::Double => self.on_number(at, test)?,
                    FieldType::Boolean => self.on_boolean(at, test)?,
                    FieldType::Date => self.on_date(at, test)?,
                }
            }
        })
    }

    /// All of several. A test that analyzed text cannot evaluate is left out where another test on the same field
    /// stays, so that the query finds more, but not everything.
    fn conjunction(&mut self, items: &[Expr]) -> Result<Expr, LowerError> {
        let mut lowered = Vec::with_capacity(items.len());
        let mut left_out: Vec<LowerError> = Vec::new();
        for item in items {
            match self.expr(item, true) {
                Ok(e) => lowered.push(e),
                Err(e) if e.unselective => left_out.push(e),
                Err(e) => return Err(e),
            }
        }
        for e in left_out {
            if !lowered.iter().any(|l| selects_by(l, &e.field)) {
                return Err(e);
            }
            self.notes.insert(Note { kind: NoteKind::Wider, field: e.field, about: e.test });
        }
        Ok(Expr::And(lowered))
    }

    fn note(&mut self, kind: NoteKind, at: FieldContext<'_>, about: impl Into<String>) {
        self.notes.insert(Note { kind, field: at.name(), about: about.into() });
    }

    /// A test that no value of the type can pass.
    fn never(&mut self, at: FieldContext<'_>, test: &Test) -> Expr {
        self.note(NoteKind::Never, at, test.to_string());
        Expr::FALSE
    }

    fn impossible(at: FieldContext<'_>, test: &Test, help: impl Into<String>) -> LowerError {
        LowerError {
            field: if at.field.is_some() { at.name() } else { KEYWORD_FIELD.into() },
            kind: at.info.kind.name(),
            test: test.to_string(),
            help: help.into(),
            unselective: false,
        }
    }

    // ---- analyzed text ----

    fn on_text(&mut self, at: FieldContext<'_>, test: &Test, analyzer: &Analyzer) -> Result<Expr, LowerError> {
        match test {
            Test::Exists | Test::Phrase(_) | Test::Token(_) => Ok(at.test(test.clone())),
            Test::Pattern(p) if p.is_any() => Ok(at.test(Test::Exists)),
            Test::Pattern(p) if p.as_literal() == Some("") => {
                // A value without tokens. (A value of nothing but blanks passes too.)
                let any_token = Pattern::new([Part::One, Part::Any], Case::Sensitive);
                Ok(Expr::And(vec![at.test(Test::Exists), at.test(Test::Token(any_token)).not()]))
            }
            Test::Pattern(p) => self.text_pattern(at, test, p, analyzer),
            Test::Number(i) if i.as_point().is_some() => {
                let text = i.as_point().map(|n| n.to_string()).unwrap_or_default();
                self.text_pattern(at, test, &Pattern::literal(text, Case::Sensitive), analyzer)
            }
            Test::Bool(b) => self.text_pattern(at, test, &Pattern::literal(b.to_string(), Case::Insensitive), analyzer),
            Test::Cidr(net) => match address::as_strings(net) {
                Some(tests) => {
                    self.note(NoteKind::Wider, at, test.to_string());
                    let each = tests.iter().map(|t| self.on_text(at, t, analyzer)).collect::<Result<Vec<_>, _>>()?;
                    Ok(Expr::any(each))
                }
                None => Err(Self::impossible(at, test, "index the field as ip")),
            },
            Test::Regex(re) => {
                if !at.positive {
                    // Excluding by the few literals of a regex would exclude far too much.
                    self.note(NoteKind::Wider, at, test.to_string());
                    return Ok(Expr::FALSE);
                }
                match string::required(re, at.field, analyzer) {
                    Some(e) => {
                        self.note(NoteKind::Wider, at, test.to_string());
                        Ok(e)
                    }
                    None => Err(Self::impossible(
                        at,
                        test,
                        "the text is indexed in lower-case words without symbols; map the field to a keyword or wildcard sub-field",
                    )),
                }
            }
            Test::Number(_) | Test::NumericText(_) | Test::Field(_) | Test::Time(..) | Test::Period(..) | Test::Anywhere(_) => {
                Err(Self::impossible(at, test, "map the field to one that is not analyzed"))
            }
        }
    }

    fn text_pattern(&mut self, at: FieldContext<'_>, test: &Test, p: &Pattern, analyzer: &Analyzer) -> Result<Expr, LowerError> {
        match on_tokens(at.field, p, analyzer) {
            OnTokens::Necessary(e) => {
                // One whole word looked for inside words is exact: `*word*`.
                let exact = matches!((&e, p.parts()), (Expr::Test(_, Test::Token(t)), [Part::Any, Part::Lit(_), Part::Any])
                    if t.parts().len() == 3 && t.literals().map(str::len).sum::<usize>() == p.literals().map(str::len).sum::<usize>());
                if !exact || p.case == Case::Sensitive {
                    self.note(if at.positive { NoteKind::Wider } else { NoteKind::Narrower }, at, test.to_string());
                }
                Ok(e)
            }
            OnTokens::Nothing if at.positive => {
                let help = "the value consists only of characters that the text analyzer discards; map the field to a keyword or wildcard sub-field";
                Err(LowerError { unselective: true, ..Self::impossible(at, test, help) })
            }
            OnTokens::Nothing => {
                self.note(NoteKind::Wider, at, test.to_string());
                Ok(Expr::FALSE)
            }
        }
    }

    // ---- numbers, booleans, dates ----

    fn on_number(&mut self, at: FieldContext<'_>, test: &Test) -> Result<Expr, LowerError> {
        match test {
            Test::Exists => Ok(at.test(Test::Exists)),
            Test::Number(i) => {
                let whole = at.info.kind == FieldType::Long;
                if whole && i.as_point().is_some_and(|n| n.as_int().is_none()) {
                    return Ok(self.never(at, test));
                }
                Ok(at.test(test.clone()))
            }
            Test::Pattern(p) if p.is_any() => Ok(at.test(Test::Exists)),
            Test::Pattern(p) => match (p.as_literal(), p.parts()) {
                (Some(text), _) => match Number::parse(text.trim()).filter(|n| n.to_string() == text) {
                    Some(n) => self.on_number(at, &Test::Number(Interval::point(n))),
                    None => Ok(self.never(at, test)),
                },
                (None, [Part::Lit(prefix), Part::Any]) if at.info.kind == FieldType::Long => match digits_prefix(prefix) {
                    Some(intervals) => Ok(Expr::any(intervals.into_iter().map(|i| at.test(Test::Number(i))).collect())),
                    None => Ok(self.never(at, test)),
                },
                _ => Err(Self::impossible(at, test, "an index of numbers knows no wildcards: compare with lt, lte, gt or gte")),
            },
            Test::Bool(_) => Ok(self.never(at, test)),
            _ => Err(Self::impossible(at, test, "compare numbers with lt, lte, gt, gte, or map the field to a keyword")),
        }
    }

    fn on_boolean(&mut self, at: FieldContext<'_>, test: &Test) -> Result<Expr, LowerError> {
        match test {
            Test::Exists | Test::Bool(_) => Ok(at.test(test.clone())),
            Test::Pattern(p) if p.is_any() => Ok(at.test(Test::Exists)),
            Test::Pattern(_) | Test::Regex(_) => {
                let matching: Vec<bool> = [true, false].into_iter().filter(|b| string::matches(test, &b.to_string())).collect();
                Ok(match matching.as_slice() {
                    [] => self.never(at, test),
                    [b] => at.test(Test::Bool(*b)),
                    _ => at.test(Test::Exists),
                })
            }
            Test::Number(_) | Test::Cidr(_) => Ok(self.never(at, test)),
            _ => Err(Self::impossible(at, test, "the field is true or false")),
        }
    }

    fn on_date(&mut self, at: FieldContext<'_>, test: &Test) -> Result<Expr, LowerError> {
        match test {
            Test::Exists | Test::Time(..) | Test::Period(..) => Ok(at.test(test.clone())),
            Test::Pattern(p) if p.is_any() => Ok(at.test(Test::Exists)),
            Test::Pattern(p) if p.as_literal().is_some_and(looks_like_date) => {
                Ok(at.test(Test::Pattern(p.clone().with_case(Case::Sensitive))))
            }
            Test::Pattern(p) if p.as_literal().is_some() => Ok(self.never(at, test)),
            _ => Err(Self::impossible(at, test, "dates can be compared whole, or by minute, hour, day, week, month, year")),
        }
    }
}

/// Whether an expression asks something of a field's value in every case.
fn selects_by(e: &Expr, field: &str) -> bool {
    match e {
        Expr::Test(_, Test::Exists) => false,
        Expr::Test(f, _) => f.as_deref().map_or(field == KEYWORD_FIELD, |f| f == field),
        Expr::And(items) => items.iter().any(|i| selects_by(i, field)),
        Expr::Or(items) | Expr::AtLeast(_, items) => items.iter().all(|i| selects_by(i, field)),
        Expr::Const(_) | Expr::Not(_) => false,
    }
}

/// `2024-01-02`, with or without a time.
fn looks_like_date(text: &str) -> bool {
    let b = text.as_bytes();
    b.len() >= 10 && b[..10].iter().enumerate().all(|(i, c)| if i == 4 || i == 7 { *c == b'-' } else { c.is_ascii_digit() })
}

/// The whole numbers of up to 19 digits whose text begins with `prefix`.
fn digits_prefix(prefix: &str) -> Option<Vec<Interval>> {
    let (sign, digits) = prefix.strip_prefix('-').map_or((1, prefix), |d| (-1, d));
    if digits.is_empty()
        || digits.len() > 19
        || !digits.bytes().all(|b| b.is_ascii_digit())
        || (digits.len() > 1 && digits.starts_with('0'))
    {
        return None;
    }
    let base: i128 = digits.parse().ok()?;
    if base == 0 {
        return Some(vec![Interval::point(Number::from(0i128))]);
    }
    let limit = i128::from(i64::MAX);
    let mut out = Vec::new();
    let (mut low, mut width) = (base, 1i128);
    while low <= limit {
        let high = (low + width - 1).min(limit);
        let (a, b) = if sign > 0 { (low, high) } else { (-high, -low) };
        out.push(Interval::between(a.into(), b.into()));
        low *= 10;
        width *= 10;
    }
    Some(out)
}

/// The expression for keyword searches that are not bound to a field holds for strings only.
impl Lowering<'_> {
    fn regex_or_pattern(at: FieldContext<'_>, re: Re) -> Expr {
        match re.to_pattern() {
            Some(p) if p.is_any() => at.test(Test::Exists),
            Some(p) => at.test(Test::Pattern(p)),
            None => at.test(Test::Regex(re)),
        }
    }
}
