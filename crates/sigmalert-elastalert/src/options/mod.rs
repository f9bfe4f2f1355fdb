//! The options of rule files that ElastAlert 2 documents, with their types and releases.
//!
//! Sources: ElastAlert 2's documentation ("Rule Types and Configuration Options", "Alerts") and its rule schema. Other
//! options are legal: ElastAlert ignores them.

mod kind;
mod role;

pub use kind::{OptionType, milliseconds};
pub use role::{Named, Roles, named_by_runtime, own_names, requests, roles};

use rustc_hash::FxHashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// A release of ElastAlert 2: the number behind `2.`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(pub u16);

impl Release {
    /// The newest known release.
    pub const NEWEST: Self = Self(31);
    /// The oldest known release.
    pub const OLDEST: Self = Self(19);
}

impl Default for Release {
    fn default() -> Self {
        Self::NEWEST
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

/// A text that is not a known release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the known releases are {} to {}", Release::OLDEST, Release::NEWEST)]
#[non_exhaustive]
pub struct UnknownRelease;

impl FromStr for Release {
    type Err = UnknownRelease;

    fn from_str(text: &str) -> Result<Self, UnknownRelease> {
        let minor = text.strip_prefix("2.").map(|t| t.split('.').next().unwrap_or(t)).and_then(|m| m.parse().ok()).map(Self);
        match minor {
            Some(r) if r >= Self::OLDEST => Ok(r),
            _ => Err(UnknownRelease),
        }
    }
}

/// The scope of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every rule.
    Rule,
    /// The connection to the cluster.
    Connection,
    /// Rules of this type.
    Type(&'static str),
    /// Rules with this alerter.
    Alert(&'static str),
}

/// One option.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Its name.
    pub name: &'static str,
    /// The type of its value.
    pub kind: OptionType,
    /// Its default as YAML, if there is one.
    pub default: Option<&'static str>,
    /// Its scope.
    pub scope: Scope,
    /// Whether it is required.
    pub required: bool,
    /// The first release that has it; `None` for all.
    pub since: Option<Release>,
    /// The last release that has it; `None` for all.
    pub until: Option<Release>,
    /// What its value is: a secret, a host, a file or a program.
    pub roles: Roles,
}

/// An alerter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Alerter {
    /// The name under `alert`.
    pub name: &'static str,
    /// The first release that has it.
    pub since: Option<Release>,
    /// The last release that has it.
    pub until: Option<Release>,
}

fn within(release: Release, since: Option<Release>, until: Option<Release>) -> bool {
    since.is_none_or(|s| release >= s) && until.is_none_or(|u| release <= u)
}

impl Spec {
    /// Returns whether a release has it.
    pub fn is_in(&self, release: Release) -> bool {
        within(release, self.since, self.until)
    }
}

impl Alerter {
    /// Returns whether a release has it.
    pub fn is_in(&self, release: Release) -> bool {
        within(release, self.since, self.until)
    }
}

/// The parsed table.
#[derive(Debug, Default)]
struct Tables {
    specs: Vec<Spec>,
    /// Indices into `specs` by name: an option may belong to several types.
    by_name: FxHashMap<&'static str, Vec<usize>>,
    types: Vec<&'static str>,
    alerters: Vec<Alerter>,
    /// Lines with an unknown word. A test asserts that there are none.
    unknown: Vec<&'static str>,
}

static TABLES: LazyLock<Tables> = LazyLock::new(|| Tables::read(include_str!("table.txt")));

impl Tables {
    fn read(text: &'static str) -> Self {
        let mut out = Self::default();
        let mut section = (Scope::Rule, None, None);
        for line in text.lines().map(str::trim_end).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (line, since, until) = releases(line);
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                let scope = match name.split_once(' ') {
                    Some(("type", t)) => {
                        out.types.push(t);
                        Scope::Type(t)
                    }
                    Some((word, a)) => {
                        if word != "alert" {
                            out.unknown.push(line);
                        }
                        out.alerters.push(Alerter { name: a, since, until });
                        Scope::Alert(a)
                    }
                    None if name == "connection" => Scope::Connection,
                    None => {
                        if name != "rule" {
                            out.unknown.push(line);
                        }
                        Scope::Rule
                    }
                };
                section = (scope, since, until);
                continue;
            }
            let (head, default) = match line.split_once("  = ") {
                Some((head, d)) => (head, Some(d.trim())),
                None => (line, None),
            };
            let mut words = head.split_whitespace();
            let kind = |word| {
                let kind = OptionType::parse(word);
                if kind.is_none() {
                    out.unknown.push(line);
                }
                kind.unwrap_or(OptionType::Any)
            };
            let (Some(name), Some(kind)) = (words.next(), words.next().map(kind)) else {
                out.unknown.push(line);
                continue;
            };
            let mut roles = Roles::NONE;
            for word in words {
                match Roles::parse(word) {
                    Some(role) => roles = roles.and(role),
                    None => out.unknown.push(line),
                }
            }
            let bare = name.trim_end_matches('!');
            out.by_name.entry(bare).or_default().push(out.specs.len());
            out.specs.push(Spec {
                name: bare,
                kind,
                default,
                scope: section.0,
                required: name.ends_with('!'),
                since: since.or(section.1),
                until: until.or(section.2),
                roles,
            });
        }
        out
    }
}

/// A line of the table without its release, and the release.
fn releases(line: &'static str) -> (&'static str, Option<Release>, Option<Release>) {
    let cut = |word: &str| {
        let (head, release) = line.rsplit_once(word)?;
        Some((head.trim_end(), release.parse().ok()?))
    };
    if let Some((head, r)) = cut(" since ") {
        (head, Some(r), None)
    } else if let Some((head, r)) = cut(" until ") {
        (head, None, Some(r))
    } else {
        (line, None, None)
    }
}

/// Returns all options.
pub fn all() -> &'static [Spec] {
    &TABLES.specs
}

/// Returns the specifications of an option, one for each of its scopes.
pub fn named(name: &str) -> impl Iterator<Item = &'static Spec> {
    TABLES.by_name.get(name).into_iter().flatten().map(|i| &TABLES.specs[*i])
}

/// Returns the options of a scope.
pub fn of(scope: Scope) -> impl Iterator<Item = &'static Spec> {
    TABLES.specs.iter().filter(move |s| s.scope == scope)
}

/// Returns the names of the rule types.
pub fn types() -> &'static [&'static str] {
    &TABLES.types
}

/// Returns the alerters.
pub fn alerters() -> &'static [Alerter] {
    &TABLES.alerters
}

/// Returns an alerter by name.
pub fn alerter(name: &str) -> Option<&'static Alerter> {
    TABLES.alerters.iter().find(|a| a.name == name)
}

/// Returns the known name that is most similar to an unknown one, if it is similar enough to be a typo.
pub fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let allowed = if name.chars().count() < 6 { 1 } else { 2 };
    known
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(d, _)| (1..=allowed).contains(d))
        .min_by_key(|(d, k)| (*d, *k))
        .map(|(_, k)| k)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_say_what_they_should() {
        assert_eq!(TABLES.unknown, [""; 0], "lines of table.txt with an unknown word");
        assert_eq!(Tables::read("[rule]\na  txt\nb  text secrt\nc\n[alarm x]\n").unknown, ["a  txt", "b  text secrt", "c", "[alarm x]"]);
        assert!(all().len() > 550, "{}", all().len());
        assert_eq!(types().len(), 12);
        assert_eq!(alerters().len(), 46);
        assert_eq!(named("timeframe").count(), 7);
        let spec = named("realert").next().unwrap();
        assert_eq!((spec.default, spec.kind.clone()), (Some("minutes: 1"), OptionType::Time));
        assert!(named("num_events").next().unwrap().required);
        let smseagle = alerter("smseagle").unwrap();
        assert!(smseagle.is_in(Release(23)) && !smseagle.is_in(Release(22)));
        assert!(!alerter("ms_teams").unwrap().is_in(Release(30)));
        assert!(!named("smseagle_url").next().unwrap().is_in(Release::OLDEST));
        assert_eq!(nearest("alert_txt", all().iter().map(|s| s.name)), Some("alert_text"));
        assert_eq!("2.19.0".parse(), Ok(Release(19)));
        assert!("1.0".parse::<Release>().is_err());
        // A default is of the kind that the option takes.
        for s in all() {
            let Some(d) = s.default else { continue };
            if matches!(s.kind, OptionType::Text | OptionType::Nothing | OptionType::Texts) {
                continue;
            }
            let text = if s.kind.is_time() { format!("{{{d}}}") } else { d.to_owned() };
            let read = sigmalert_sigma::yaml::parse_all(&text, &sigmalert_sigma::yaml::Limits::default()).unwrap();
            assert!(s.kind.check(&read[0].to_value()).is_ok(), "{}: {d}", s.name);
        }
    }
}
