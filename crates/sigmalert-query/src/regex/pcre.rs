//! Sigma's `re` values (PCRE dialect, searched for anywhere in the value) to [`Re`].
//!
//! The text is parsed by `regex-syntax`, whose dialect differs in small ways; [`to_dialect`] bridges them:
//! a brace that is no quantifier is plain, `\<` is no word boundary, `[` inside a class is plain. What no
//! regular language can say (look-around, back-references, recursion) is an error that names it.

use super::assert::{Assertion, Tree, resolve};
use super::{CharSet, Re};
use regex_syntax::ast::{self, Ast};
use sigmalert_sigma::RegexFlags;

/// Why a regular expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message} (at character {at} of the regular expression)")]
pub struct RegexError {
    /// Which kind of error it is.
    pub kind: RegexErrorKind,
    /// What is wrong.
    pub message: String,
    /// The character where, counted from 1.
    pub at: usize,
}

/// The kind of a [`RegexError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RegexErrorKind {
    /// The expression is not valid, or uses a construct that is not supported.
    Syntax,
    /// Look-ahead or look-behind, which no regular language can express.
    LookAround,
    /// A back-reference, which no regular language can express.
    BackReference,
    /// Recursion, which no regular language can express.
    Recursion,
}

impl RegexErrorKind {
    /// Whether the construct is beyond regular languages, so that no index can run it.
    pub fn is_irregular(self) -> bool {
        matches!(self, Self::LookAround | Self::BackReference | Self::Recursion)
    }
}

/// Parses an expression and gives the language of all values in which it is found.
///
/// # Errors
/// For broken syntax and for what no regular language can say.
pub fn parse(text: &str, flags: RegexFlags) -> Result<Re, RegexError> {
    let dialect = to_dialect(text)?;
    let ast = ast::parse::ParserBuilder::new().nest_limit(100).octal(false).build().parse(&dialect).map_err(|e| RegexError {
        kind: match e.kind() {
            ast::ErrorKind::UnsupportedLookAround => RegexErrorKind::LookAround,
            ast::ErrorKind::UnsupportedBackreference => RegexErrorKind::BackReference,
            _ => RegexErrorKind::Syntax,
        },
        message: words(e.kind()),
        at: text.chars().count().min(e.span().start.column),
    })?;
    let mut walker = Walker { flags, swap_greed: false, size: 0 };
    let tree = walker.tree(&ast)?;
    resolve(tree)
}

fn error(message: impl Into<String>, at: usize) -> RegexError {
    RegexError { kind: RegexErrorKind::Syntax, message: message.into(), at: at + 1 }
}

fn back_reference(at: usize) -> RegexError {
    RegexError { kind: RegexErrorKind::BackReference, ..error("back-references are not supported: no index supports them", at) }
}

fn words(kind: &ast::ErrorKind) -> String {
    match kind {
        ast::ErrorKind::UnsupportedLookAround => "look-around is not supported: no index supports it".into(),
        ast::ErrorKind::UnsupportedBackreference => "back-references are not supported: no index supports them".into(),
        other => other.to_string(),
    }
}

/// Rewrites PCRE text to the dialect of `regex-syntax`.
fn to_dialect(text: &str) -> Result<String, RegexError> {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len() + 8);
    let mut i = 0;
    // Set after something that a quantifier may follow has been read, with that quantifier.
    let mut quantified = false;
    while i < chars.len() {
        let c = chars[i];
        let was_quantified = std::mem::take(&mut quantified);
        match c {
            '\\' => i = escape(&chars, i, &mut out, false)?,
            '[' => i = class(&chars, i, &mut out)?,
            '{' => match quantifier(&chars[i..]) {
                Some((len, lower)) => {
                    quantified = true;
                    // `{,5}` counts from nought in newer PCRE and in pySigma's Python.
                    let body: String = chars[i..i + len].iter().collect();
                    out.push_str(&if lower { body } else { body.replacen("{,", "{0,", 1) });
                    i += len;
                }
                None => {
                    out.push_str("\\{");
                    i += 1;
                }
            },
            '}' => {
                out.push_str("\\}");
                i += 1;
            }
            '(' => {
                let rest: String = chars[i + 1..].iter().take(4).collect();
                for (start, what, kind) in [
                    ("?=", "look-ahead", RegexErrorKind::LookAround),
                    ("?!", "negative look-ahead", RegexErrorKind::LookAround),
                    ("?<=", "look-behind", RegexErrorKind::LookAround),
                    ("?<!", "negative look-behind", RegexErrorKind::LookAround),
                    ("?>", "an atomic group", RegexErrorKind::Syntax),
                    ("?|", "a branch reset group", RegexErrorKind::Syntax),
                    ("?(", "a conditional group", RegexErrorKind::Syntax),
                    ("?R", "recursion", RegexErrorKind::Recursion),
                    ("?&", "recursion", RegexErrorKind::Recursion),
                    ("*", "a verb", RegexErrorKind::Syntax),
                ] {
                    if rest.starts_with(start) {
                        return Err(RegexError { kind, ..error(format!("{what} is not supported: no index supports it"), i) });
                    }
                }
                if rest.starts_with("?#") {
                    let end = chars[i..].iter().position(|c| *c == ')').ok_or_else(|| error("the comment is not closed", i))?;
                    i += end + 1;
                    continue;
                }
                if let Some(name) = rest.strip_prefix("?'") {
                    let _ = name;
                    out.push_str("(?:");
                    let end = chars[i + 3..].iter().position(|c| *c == '\'').ok_or_else(|| error("the group name is not closed", i))?;
                    i += 3 + end + 1;
                    continue;
                }
                out.push('(');
                i += 1;
            }
            '+' if was_quantified => return Err(error("possessive quantifiers are not supported: no index supports them", i)),
            '?' if was_quantified => {
                out.push('?');
                i += 1;
            }
            '*' | '+' | '?' => {
                quantified = true;
                out.push(c);
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    Ok(out)
}

/// The length of a quantifier at the start of `chars` and whether it names a lower bound.
fn quantifier(chars: &[char]) -> Option<(usize, bool)> {
    let end = chars.iter().take(24).position(|c| *c == '}')?;
    let body: String = chars[1..end].iter().collect();
    let number = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    match body.split_once(',') {
        None if number(&body) => Some((end + 1, true)),
        Some((a, b)) if number(a) && (b.is_empty() || number(b)) => Some((end + 1, true)),
        Some(("", b)) if number(b) => Some((end + 1, false)),
        _ => None,
    }
}

/// Copies the escape at `i`; gives the index behind it.
fn escape(chars: &[char], i: usize, out: &mut String, in_class: bool) -> Result<usize, RegexError> {
    let Some(&c) = chars.get(i + 1) else {
        return Err(error("the expression ends in a lone backslash", i));
    };
    match c {
        'Q' => {
            let mut j = i + 2;
            while j < chars.len() && !(chars[j] == '\\' && chars.get(j + 1) == Some(&'E')) {
                out.push_str(&regex_syntax::escape(&chars[j].to_string()));
                j += 1;
            }
            return Ok((j + 2).min(chars.len()));
        }
        'E' => {}
        'e' => out.push_str("\\x1b"),
        'h' => out.push_str(if in_class { "\\x20\\t" } else { "[\\x20\\t]" }),
        'H' if !in_class => out.push_str("[^\\x20\\t]"),
        'N' if !in_class => out.push_str("[^\\n]"),
        'R' if !in_class => out.push_str("(?:\\r\\n|[\\n\\x0b\\f\\r])"),
        'Z' if !in_class => out.push('$'),
        'b' if in_class => out.push_str("\\x08"),
        '0' => out.push_str("\\x00"),
        '1'..='9' if !in_class => return Err(back_reference(i)),
        'k' | 'g' => return Err(back_reference(i)),
        'G' | 'K' | 'C' | 'X' => return Err(error(format!("`\\{c}` is not supported: no index supports it"), i)),
        'c' => {
            let Some(&x) = chars.get(i + 2).filter(|x| x.is_ascii()) else {
                return Err(error("`\\c` wants an ASCII character behind it", i));
            };
            out.push_str(&format!("\\x{:02x}", (x.to_ascii_uppercase() as u8) ^ 64));
            return Ok(i + 3);
        }
        // Escapes of the dialect itself.
        'd' | 'D' | 'w' | 'W' | 's' | 'S' | 't' | 'n' | 'r' | 'f' | 'v' | 'a' | 'A' | 'z' | 'b' | 'B' | 'x' | 'u' | 'p' | 'P' | 'U' => {
            out.push('\\');
            out.push(c);
        }
        // Anything else escaped is itself: letters too, as Python's older dialect and many rules have it.
        c => out.push_str(&regex_syntax::escape(&c.to_string())),
    }
    Ok(i + 2)
}

/// Copies the class at `i`; gives the index behind it.
fn class(chars: &[char], i: usize, out: &mut String) -> Result<usize, RegexError> {
    out.push('[');
    let mut j = i + 1;
    if chars.get(j) == Some(&'^') {
        out.push('^');
        j += 1;
    }
    if chars.get(j) == Some(&']') {
        out.push_str("\\]");
        j += 1;
    }
    let shorthand = |at: usize| chars.get(at) == Some(&'\\') && chars.get(at + 1).is_some_and(|c| "dDwWsS".contains(*c));
    let mut after_shorthand = false;
    loop {
        let plain_dash = std::mem::replace(&mut after_shorthand, shorthand(j)) || shorthand(j + 1) || chars.get(j + 1) == Some(&'-');
        match chars.get(j) {
            None => return Err(error("the character class is not closed", i)),
            Some(']') => {
                out.push(']');
                return Ok(j + 1);
            }
            Some('\\') => j = escape(chars, j, out, true)?,
            Some('[') if chars.get(j + 1) == Some(&':') && chars[j..].windows(2).take(16).any(|w| w == [':', ']']) => {
                while chars[j] != ']' {
                    out.push(chars[j]);
                    j += 1;
                }
                out.push(']');
                j += 1;
            }
            // Set operators of the dialect, plain characters in PCRE.
            Some(c @ ('[' | '&' | '~')) => {
                out.push('\\');
                out.push(*c);
                j += 1;
            }
            Some('-') if plain_dash => {
                out.push_str("\\-");
                j += 1;
            }
            Some(c) => {
                out.push(*c);
                j += 1;
            }
        }
    }
}

struct Walker {
    flags: RegexFlags,
    swap_greed: bool,
    size: usize,
}

/// How many nodes an expression may have.
const MAX_SIZE: usize = 50_000;

impl Walker {
    fn tree(&mut self, ast: &Ast) -> Result<Tree, RegexError> {
        self.size += 1;
        if self.size > MAX_SIZE {
            return Err(error("the regular expression is too large", ast.span().start.offset));
        }
        Ok(match ast {
            Ast::Empty(_) => Tree::Re(Re::empty()),
            Ast::Flags(f) => {
                self.set_flags(&f.flags)?;
                Tree::Re(Re::empty())
            }
            Ast::Literal(l) => Tree::Re(self.set(CharSet::single(l.c))),
            Ast::Dot(_) => Tree::Re(Re::set(if self.flags.dot_all { CharSet::all() } else { CharSet::dot() })),
            Ast::Assertion(a) => Tree::Assert(self.assertion(a)?),
            Ast::ClassUnicode(c) => return Err(unicode_class(&c.span)),
            Ast::ClassPerl(c) => Tree::Re(Re::set(perl(c))),
            Ast::ClassBracketed(c) => {
                let set = self.class_set(&c.kind)?;
                Tree::Re(Re::set(if c.negated { set.negated() } else { set }))
            }
            Ast::Repetition(r) => {
                let (min, max) = match &r.op.kind {
                    ast::RepetitionKind::ZeroOrOne => (0, Some(1)),
                    ast::RepetitionKind::ZeroOrMore => (0, None),
                    ast::RepetitionKind::OneOrMore => (1, None),
                    ast::RepetitionKind::Range(ast::RepetitionRange::Exactly(n)) => (*n, Some(*n)),
                    ast::RepetitionKind::Range(ast::RepetitionRange::AtLeast(n)) => (*n, None),
                    ast::RepetitionKind::Range(ast::RepetitionRange::Bounded(a, b)) => (*a, Some(*b)),
                };
                Tree::Repeat(Box::new(self.tree(&r.ast)?), min, max)
            }
            Ast::Group(g) => {
                let outside = self.flags;
                if let ast::GroupKind::NonCapturing(f) = &g.kind {
                    self.set_flags(f)?;
                }
                let tree = self.tree(&g.ast)?;
                self.flags = outside;
                tree
            }
            Ast::Alternation(a) => Tree::Alt(a.asts.iter().map(|a| self.tree(a)).collect::<Result<_, _>>()?),
            Ast::Concat(c) => Tree::Concat(c.asts.iter().map(|a| self.tree(a)).collect::<Result<_, _>>()?),
        })
    }

    fn set(&self, set: CharSet) -> Re {
        Re::set(if self.flags.ignore_case { set.case_folded() } else { set })
    }

    fn set_flags(&mut self, flags: &ast::Flags) -> Result<(), RegexError> {
        for (flag, on) in [
            (ast::Flag::CaseInsensitive, &mut self.flags.ignore_case),
            (ast::Flag::MultiLine, &mut self.flags.multi_line),
            (ast::Flag::DotMatchesNewLine, &mut self.flags.dot_all),
            // Which of several ways to match is found first does not matter here.
            (ast::Flag::SwapGreed, &mut self.swap_greed),
        ] {
            if let Some(state) = flags.flag_state(flag) {
                *on = state;
            }
        }
        if flags.flag_state(ast::Flag::IgnoreWhitespace) == Some(true) {
            return Err(error("the flag `x` is not supported; write the expression without blanks", flags.span.start.offset));
        }
        Ok(())
    }

    fn assertion(&self, a: &ast::Assertion) -> Result<Assertion, RegexError> {
        Ok(match a.kind {
            ast::AssertionKind::StartLine if self.flags.multi_line => Assertion::LineStart,
            ast::AssertionKind::EndLine if self.flags.multi_line => Assertion::LineEnd,
            ast::AssertionKind::StartLine | ast::AssertionKind::StartText => Assertion::Start,
            ast::AssertionKind::EndLine | ast::AssertionKind::EndText => Assertion::End,
            ast::AssertionKind::WordBoundary => Assertion::WordBoundary,
            ast::AssertionKind::NotWordBoundary => Assertion::NotWordBoundary,
            _ => return Err(error("this kind of word boundary is not supported", a.span.start.offset)),
        })
    }

    fn class_set(&self, set: &ast::ClassSet) -> Result<CharSet, RegexError> {
        match set {
            ast::ClassSet::Item(item) => self.class_item(item),
            ast::ClassSet::BinaryOp(op) => Err(error("set operations in a class are not supported", op.span.start.offset)),
        }
    }

    fn class_item(&self, item: &ast::ClassSetItem) -> Result<CharSet, RegexError> {
        let fold = |set: CharSet| if self.flags.ignore_case { set.case_folded() } else { set };
        Ok(match item {
            ast::ClassSetItem::Empty(_) => CharSet::none(),
            ast::ClassSetItem::Literal(l) => fold(CharSet::single(l.c)),
            ast::ClassSetItem::Range(r) => fold(CharSet::of([(r.start.c, r.end.c)])),
            ast::ClassSetItem::Ascii(a) => fold(ascii_class(a)),
            ast::ClassSetItem::Unicode(u) => return Err(unicode_class(&u.span)),
            ast::ClassSetItem::Perl(p) => perl(p),
            ast::ClassSetItem::Bracketed(b) => {
                let set = self.class_set(&b.kind)?;
                if b.negated { set.negated() } else { set }
            }
            ast::ClassSetItem::Union(u) => {
                let mut all = CharSet::none();
                for item in &u.items {
                    all = all.union(&self.class_item(item)?);
                }
                all
            }
        })
    }
}

fn unicode_class(span: &ast::Span) -> RegexError {
    error("Unicode classes such as `\\p{L}` are not supported; name the ranges", span.start.offset)
}

fn perl(c: &ast::ClassPerl) -> CharSet {
    let set = match c.kind {
        ast::ClassPerlKind::Digit => CharSet::digit(),
        ast::ClassPerlKind::Space => CharSet::space(),
        ast::ClassPerlKind::Word => CharSet::word(),
    };
    if c.negated { set.negated() } else { set }
}

fn ascii_class(c: &ast::ClassAscii) -> CharSet {
    use ast::ClassAsciiKind as K;
    let set = match c.kind {
        K::Alnum => CharSet::of([('0', '9'), ('A', 'Z'), ('a', 'z')]),
        K::Alpha => CharSet::of([('A', 'Z'), ('a', 'z')]),
        K::Ascii => CharSet::of([('\0', '\x7f')]),
        K::Blank => CharSet::of([('\t', '\t'), (' ', ' ')]),
        K::Cntrl => CharSet::of([('\0', '\x1f'), ('\x7f', '\x7f')]),
        K::Digit => CharSet::digit(),
        K::Graph => CharSet::of([('!', '~')]),
        K::Lower => CharSet::of([('a', 'z')]),
        K::Print => CharSet::of([(' ', '~')]),
        K::Punct => CharSet::of([('!', '/'), (':', '@'), ('[', '`'), ('{', '~')]),
        K::Space => CharSet::space(),
        K::Upper => CharSet::of([('A', 'Z')]),
        K::Word => CharSet::word(),
        K::Xdigit => CharSet::of([('0', '9'), ('A', 'F'), ('a', 'f')]),
    };
    if c.negated { set.negated() } else { set }
}
