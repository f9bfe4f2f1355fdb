//! Value modifiers, and which chains of them mean something.

use super::comparison::Comparison;
use super::time_part::TimePart;
use std::fmt;

/// A modifier (specification, "Modifiers"). Aliases keep the name the rule used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Modifier {
    /// The value occurs in the field.
    Contains,
    /// The field begins with the value.
    StartsWith,
    /// The field ends with the value.
    EndsWith,
    /// All values of the list instead of any.
    All,
    /// Letter case counts.
    Cased,
    /// The field has a value, or has none.
    Exists,
    /// A regular expression, found anywhere in the field.
    Re,
    /// Flag `i` of a regular expression.
    IgnoreCase,
    /// Flag `m` of a regular expression.
    MultiLine,
    /// Flag `s` of a regular expression.
    DotAll,
    /// An address in a network.
    Cidr,
    /// The value in Base64.
    Base64,
    /// The value somewhere inside Base64 text.
    Base64Offset,
    /// The value in UTF-16, little end first (`wide`, `utf16le`).
    Utf16Le,
    /// The value in UTF-16, big end first.
    Utf16Be,
    /// The value in UTF-16 with a byte order mark, little end first.
    Utf16,
    /// Any of the five dashes that begin a command-line flag.
    Windash,
    /// Comparison of numbers.
    Compare(Comparison),
    /// The opposite of the whole item.
    Neq,
    /// A part of a timestamp.
    Time(TimePart),
    /// The value is the name of another field.
    FieldRef,
    /// `%name%` stands for values that the user gives.
    Expand,
}

const NAMES: [(&str, Modifier); 34] = {
    use Modifier as M;
    [
        ("contains", M::Contains),
        ("startswith", M::StartsWith),
        ("endswith", M::EndsWith),
        ("all", M::All),
        ("cased", M::Cased),
        ("exists", M::Exists),
        ("re", M::Re),
        ("i", M::IgnoreCase),
        ("ignorecase", M::IgnoreCase),
        ("m", M::MultiLine),
        ("multiline", M::MultiLine),
        ("s", M::DotAll),
        ("dotall", M::DotAll),
        ("cidr", M::Cidr),
        ("base64", M::Base64),
        ("base64offset", M::Base64Offset),
        ("wide", M::Utf16Le),
        ("utf16le", M::Utf16Le),
        ("utf16be", M::Utf16Be),
        ("utf16", M::Utf16),
        ("windash", M::Windash),
        ("lt", M::Compare(Comparison::Lt)),
        ("lte", M::Compare(Comparison::Lte)),
        ("gt", M::Compare(Comparison::Gt)),
        ("gte", M::Compare(Comparison::Gte)),
        ("neq", M::Neq),
        ("minute", M::Time(TimePart::Minute)),
        ("hour", M::Time(TimePart::Hour)),
        ("day", M::Time(TimePart::Day)),
        ("week", M::Time(TimePart::Week)),
        ("month", M::Time(TimePart::Month)),
        ("year", M::Time(TimePart::Year)),
        ("fieldref", M::FieldRef),
        ("expand", M::Expand),
    ]
};

impl Modifier {
    /// Parses the name of a modifier.
    pub fn parse(name: &str) -> Option<Self> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, m)| *m)
    }

    /// The name in rules; of several the first in the specification.
    pub fn name(self) -> &'static str {
        NAMES.iter().find(|(_, m)| *m == self).map_or("", |(n, _)| n)
    }

    /// All names.
    pub fn names() -> impl Iterator<Item = &'static str> {
        NAMES.iter().map(|(n, _)| *n)
    }

    /// The name that differs by a letter or two.
    pub(crate) fn nearest(name: &str) -> Option<&'static str> {
        let distance = |n: &str| strsim::damerau_levenshtein(n, name);
        NAMES.iter().map(|(n, _)| *n).filter(|n| n.len() > 3 && distance(n) <= 2).min_by_key(|n| distance(n))
    }

    pub(crate) fn known() -> String {
        NAMES.iter().map(|(n, _)| *n).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Flags of the `re` modifier (specification: `i`, `m`, `s`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct RegexFlags {
    /// `i`: letter case does not count.
    pub ignore_case: bool,
    /// `m`: `^` and `$` also match at line ends.
    pub multi_line: bool,
    /// `s`: `.` also matches a line feed.
    pub dot_all: bool,
}

/// What the values of an item are compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComparisonKind {
    /// As the values themselves say: text, number, boolean, null.
    Plain,
    /// A regular expression, found anywhere in the field.
    Regex(RegexFlags),
    /// An address in a network.
    Cidr,
    /// The field has a value, or has none.
    Exists,
    /// Comparison of numbers.
    Compare(Comparison),
    /// Comparison of a part of a timestamp.
    Time(TimePart, Comparison),
    /// The value is the name of another field.
    FieldRef,
}

/// What a value's text passes through before it is compared, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextTransform {
    /// Each of the five dashes that begin a command-line flag.
    Windash,
    /// UTF-16, little-endian.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// UTF-16 with a byte order mark, little-endian.
    Utf16,
    /// Base64.
    Base64,
    /// Base64 at each of the three offsets.
    Base64Offset,
}

/// Which ends of the value are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OpenEnds {
    /// Anything may come before the value.
    pub start: bool,
    /// Anything may follow the value.
    pub end: bool,
}

/// A validated chain of modifiers.
#[derive(Debug, Clone, PartialEq)]
pub struct ModifierChain {
    /// What the values are compared as.
    pub kind: ComparisonKind,
    /// What a text passes through before it is compared.
    pub transforms: Vec<TextTransform>,
    /// Which ends of the value are open.
    pub ends: OpenEnds,
    /// All values must match, instead of any.
    pub all: bool,
    /// The item is negated.
    pub neq: bool,
    /// The comparison is case-sensitive.
    pub cased: bool,
    /// Placeholders are replaced.
    pub expand: bool,
}

impl ModifierChain {
    /// Reads a chain from left to right.
    ///
    /// # Errors
    /// The message and the help, when a modifier has no meaning in its position.
    pub fn new(modifiers: &[Modifier]) -> Result<Self, (String, String)> {
        let mut c = Self {
            kind: ComparisonKind::Plain,
            transforms: vec![],
            ends: OpenEnds::default(),
            all: false,
            neq: false,
            cased: false,
            expand: false,
        };
        let fail = |message: String, help: &str| Err((message, help.to_owned()));
        let mut string_work: Option<Modifier> = None;
        for (i, &m) in modifiers.iter().enumerate() {
            if modifiers[..i].contains(&m) {
                return fail(format!("`{m}` is duplicated"), "remove one");
            }
            let kind = |kind: ComparisonKind| -> Result<ComparisonKind, (String, String)> {
                if c.kind != ComparisonKind::Plain {
                    return Err((format!("`{m}` cannot be combined with `{}`", c.kind_name()), "keep one of the two".into()));
                }
                if let Some(before) = string_work {
                    return Err((
                        format!("`{m}` cannot follow `{before}`: `{before}` makes text"),
                        format!("put `{m}` first, or remove `{before}`"),
                    ));
                }
                Ok(kind)
            };
            match m {
                Modifier::All => c.all = true,
                Modifier::Neq => c.neq = true,
                Modifier::Expand => c.expand = true,
                Modifier::Re => c.kind = kind(ComparisonKind::Regex(RegexFlags::default()))?,
                Modifier::Cidr => c.kind = kind(ComparisonKind::Cidr)?,
                Modifier::Exists => c.kind = kind(ComparisonKind::Exists)?,
                Modifier::FieldRef => c.kind = kind(ComparisonKind::FieldRef)?,
                Modifier::Time(part) => c.kind = kind(ComparisonKind::Time(part, Comparison::Eq))?,
                Modifier::Compare(comparison) => match c.kind {
                    ComparisonKind::Time(part, Comparison::Eq) => c.kind = ComparisonKind::Time(part, comparison),
                    _ => c.kind = kind(ComparisonKind::Compare(comparison))?,
                },
                Modifier::IgnoreCase | Modifier::MultiLine | Modifier::DotAll => {
                    let ComparisonKind::Regex(flags) = &mut c.kind else {
                        return fail(format!("`{m}` is a flag of `re` and must follow it"), "write `re|i`, `re|m` or `re|s`");
                    };
                    match m {
                        Modifier::IgnoreCase => flags.ignore_case = true,
                        Modifier::MultiLine => flags.multi_line = true,
                        _ => flags.dot_all = true,
                    }
                }
                Modifier::Contains | Modifier::StartsWith | Modifier::EndsWith => {
                    if !matches!(c.kind, ComparisonKind::Plain | ComparisonKind::Regex(_) | ComparisonKind::FieldRef) {
                        return fail(format!("`{m}` compares text and cannot follow `{}`", c.kind_name()), "remove one of the two");
                    }
                    if c.ends != OpenEnds::default() {
                        return fail(
                            format!("`{m}` cannot be combined with another of contains, startswith and endswith"),
                            "keep one; a value can contain `*` itself",
                        );
                    }
                    c.ends = OpenEnds { start: m != Modifier::StartsWith, end: m != Modifier::EndsWith };
                    string_work = Some(m);
                }
                Modifier::Cased => {
                    if !matches!(c.kind, ComparisonKind::Plain | ComparisonKind::FieldRef) {
                        return fail(
                            format!("`cased` cannot follow `{}`", c.kind_name()),
                            if matches!(c.kind, ComparisonKind::Regex(_)) {
                                "`re` is already case-sensitive: remove `cased`"
                            } else {
                                "remove `cased`"
                            },
                        );
                    }
                    c.cased = true;
                    string_work = Some(m);
                }
                Modifier::Windash | Modifier::Utf16Le | Modifier::Utf16Be | Modifier::Utf16 | Modifier::Base64 | Modifier::Base64Offset => {
                    if c.kind != ComparisonKind::Plain {
                        return fail(format!("`{m}` changes text and cannot follow `{}`", c.kind_name()), "remove one of the two");
                    }
                    let encodes = m != Modifier::Windash;
                    if encodes && c.ends != OpenEnds::default() {
                        return fail(
                            format!("`{m}` cannot encode the wildcards that contains, startswith or endswith added"),
                            "put it before them, as in `base64offset|contains`",
                        );
                    }
                    c.push(m)?;
                    string_work = Some(m);
                }
            }
        }
        if c.transforms.last().is_some_and(|t| matches!(t, TextTransform::Utf16 | TextTransform::Utf16Be | TextTransform::Utf16Le)) {
            return fail(
                "UTF-16 text alone cannot be compared".into(),
                "add `base64` or `base64offset` after it, as in `wide|base64offset|contains`",
            );
        }
        if c.kind == ComparisonKind::Exists && modifiers.len() > 1 {
            return fail(
                "`exists` cannot be combined with other modifiers".into(),
                "remove the other modifiers; `false` asks for a missing field",
            );
        }
        Ok(c)
    }

    fn push(&mut self, m: Modifier) -> Result<(), (String, String)> {
        use TextTransform as T;
        let next = match m {
            Modifier::Windash => T::Windash,
            Modifier::Utf16Le => T::Utf16Le,
            Modifier::Utf16Be => T::Utf16Be,
            Modifier::Utf16 => T::Utf16,
            Modifier::Base64 => T::Base64,
            _ => T::Base64Offset,
        };
        let wide = |t: T| matches!(t, T::Utf16Le | T::Utf16Be | T::Utf16);
        match self.transforms.last() {
            Some(T::Base64 | T::Base64Offset) => {
                Err((format!("`{m}` cannot follow Base64 encoding"), "encode last, as in `windash|wide|base64offset|contains`".to_owned()))
            }
            Some(t) if wide(*t) && !matches!(next, T::Base64 | T::Base64Offset) => {
                Err((format!("`{m}` cannot follow an UTF-16 encoding"), "only base64 and base64offset follow one".to_owned()))
            }
            _ => {
                self.transforms.push(next);
                Ok(())
            }
        }
    }

    fn kind_name(&self) -> &'static str {
        match self.kind {
            ComparisonKind::Plain => "plain values",
            ComparisonKind::Regex(_) => "re",
            ComparisonKind::Cidr => "cidr",
            ComparisonKind::Exists => "exists",
            ComparisonKind::Compare(c) => Modifier::Compare(c).name(),
            ComparisonKind::Time(part, _) => part.name(),
            ComparisonKind::FieldRef => "fieldref",
        }
    }
}
