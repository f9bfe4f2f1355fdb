//! What an index does with a field.

use super::text::Analyzer;
use rustc_hash::FxHashMap;

/// The index type of a field, as far as searching goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FieldType {
    /// `keyword` and `constant_keyword`: the whole value as one term.
    Keyword,
    /// `wildcard`: as keyword, made for leading wildcards.
    Wildcard,
    /// `text` and `match_only_text`: cut into tokens.
    Text(Analyzer),
    /// `ip`.
    Ip,
    /// `long`, `integer`, `short`, `byte`, `unsigned_long`.
    Long,
    /// `double`, `float`, `half_float`, `scaled_float`.
    Double,
    /// `boolean`.
    Boolean,
    /// `date`.
    Date,
}

impl FieldType {
    /// The name as index mappings have it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Keyword => "keyword",
            Self::Wildcard => "wildcard",
            Self::Text(_) => "text",
            Self::Ip => "ip",
            Self::Long => "long",
            Self::Double => "double",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }

    /// True where whole strings are compared.
    pub fn is_string(&self) -> bool {
        matches!(self, Self::Keyword | Self::Wildcard)
    }

    /// True where numbers are compared.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Long | Self::Double)
    }
}

/// The letter case in which a field's values lie in the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum StoredCase {
    /// As they arrived: a comparison in the index is case-sensitive.
    #[default]
    AsIs,
    /// All in lower case, by the shipper or a `lowercase` normalizer.
    Lower,
    /// All in upper case.
    Upper,
}

/// What is known of a field.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FieldInfo {
    /// The index type.
    pub kind: FieldType,
    /// The letter case of its values.
    pub case: StoredCase,
}

impl FieldInfo {
    /// A field of this type whose values are stored as they arrive.
    pub fn of(kind: FieldType) -> Self {
        Self { kind, case: StoredCase::AsIs }
    }
}

/// The types of an index's fields: by name, by name pattern, and a default.
#[derive(Debug, Clone)]
pub struct Schema {
    exact: FxHashMap<String, FieldInfo>,
    /// Patterns with one or more `*`, most specific first.
    patterns: Vec<(String, FieldInfo)>,
    default: FieldInfo,
    /// Where tests without a field look.
    keyword_field: FieldInfo,
}

impl Default for Schema {
    /// Every field a keyword.
    fn default() -> Self {
        Self::new(FieldInfo::of(FieldType::Keyword))
    }
}

impl Schema {
    /// A schema in which every field is `default`.
    pub fn new(default: FieldInfo) -> Self {
        Self {
            exact: FxHashMap::default(),
            patterns: Vec::new(),
            default,
            keyword_field: FieldInfo::of(FieldType::Text(Analyzer::Standard)),
        }
    }

    /// States what `name` is; `*` in it matches any run of characters.
    pub fn set(&mut self, name: impl Into<String>, info: FieldInfo) {
        let name = name.into();
        if name.contains('*') {
            self.patterns.retain(|(n, _)| *n != name);
            self.patterns.push((name, info));
            self.patterns.sort_by_key(|(n, _)| std::cmp::Reverse(n.bytes().filter(|b| *b != b'*').count()));
        } else {
            self.exact.insert(name, info);
        }
    }

    /// The same with one more statement.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, kind: FieldType) -> Self {
        self.set(name, FieldInfo::of(kind));
        self
    }

    /// What a field is.
    pub fn field(&self, name: &str) -> &FieldInfo {
        self.declared(name).unwrap_or(&self.default)
    }

    /// What a field is, where the schema says so.
    pub fn declared(&self, name: &str) -> Option<&FieldInfo> {
        self.exact.get(name).or_else(|| self.patterns.iter().find(|(p, _)| glob(p, name)).map(|(_, i)| i))
    }

    /// What fields are of which the schema says nothing.
    pub fn default_info(&self) -> &FieldInfo {
        &self.default
    }

    /// Everything that a field is said to be, each once.
    pub fn infos(&self) -> Vec<&FieldInfo> {
        let mut out: Vec<&FieldInfo> = Vec::new();
        for info in self.exact.values().chain(self.patterns.iter().map(|(_, i)| i)) {
            if !out.contains(&info) {
                out.push(info);
            }
        }
        out
    }

    /// What a field is, where one is named; otherwise what keyword searches look in.
    pub fn field_or_keyword(&self, name: Option<&str>) -> &FieldInfo {
        name.map_or(&self.keyword_field, |n| self.field(n))
    }
}

/// Matches `*` in a field pattern.
pub fn glob(pattern: &str, name: &str) -> bool {
    let mut pieces = pattern.split('*');
    let Some(mut rest) = pieces.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let pieces: Vec<&str> = pieces.collect();
    let Some((last, middle)) = pieces.split_last() else { return rest.is_empty() };
    for piece in middle {
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_specific_wins() {
        let s = Schema::default()
            .with("winlog.event_data.*", FieldType::Wildcard)
            .with("winlog.*", FieldType::Long)
            .with("a.b", FieldType::Ip)
            .with("*.ip", FieldType::Ip);
        assert_eq!(s.field("winlog.event_data.Image").kind, FieldType::Wildcard);
        assert_eq!(s.field("winlog.record_id").kind, FieldType::Long);
        assert_eq!(s.field("a.b").kind, FieldType::Ip);
        assert_eq!(s.field("source.ip").kind, FieldType::Ip);
        assert_eq!(s.field("source.ipx").kind, FieldType::Keyword);
    }
}
