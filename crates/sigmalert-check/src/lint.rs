//! A lint: its code, name, severity and documentation.

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Style and performance.
    Info,
    /// The rule works, but perhaps not as intended, or other tools reject it.
    Warning,
    /// The rule cannot be used, or does not do what it claims to do.
    Error,
}

impl Severity {
    /// All severities with their names, lowest first.
    pub const ALL: [(&'static str, Self); 3] = [("info", Self::Info), ("warning", Self::Warning), ("error", Self::Error)];

    /// Returns the name, such as `warning`.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, s)| *s == self).map_or("", |(n, _)| n)
    }
}

/// A kind of problem that is reported in rules.
#[derive(Debug)]
pub struct Lint {
    /// The stable code, such as `SG104`; its first digit names the group.
    pub code: &'static str,
    /// The name, accepted wherever the code is.
    pub name: &'static str,
    /// Former names, still accepted in configurations, options and comments.
    pub aliases: &'static [&'static str],
    /// The severity, unless configured otherwise.
    pub severity: Severity,
    /// Whether it runs by default. If not, it must be selected by its full code or name.
    pub default: bool,
    /// What it reports, as a sentence.
    pub what: &'static str,
    /// Why that matters, as a sentence.
    pub why: &'static str,
    /// An example that fails: a rule, or the top-level keys that differ from a valid one.
    pub bad: &'static str,
    /// An example that passes.
    pub good: &'static str,
    /// The file names of the failing and the passing example, if they matter.
    pub files: [&'static str; 2],
    /// What `--fix` does, if there is an automatic fix.
    pub fix: Option<&'static str>,
}

/// Default values for lints.
pub(super) const BASE: Lint = Lint {
    code: "",
    name: "",
    aliases: &[],
    severity: Severity::Warning,
    default: true,
    what: "",
    why: "",
    bad: "",
    good: "",
    files: ["", ""],
    fix: None,
};

impl Lint {
    /// Whether a selector matches the lint: a code, a prefix of one, or a name.
    pub fn matches_selector(&self, word: &str) -> bool {
        self.has_name(word) || (!word.is_empty() && self.code.len() >= word.len() && self.code[..word.len()].eq_ignore_ascii_case(word))
    }

    /// Whether a word is the code or a name of this lint.
    pub fn is_named(&self, word: &str) -> bool {
        self.has_name(word) || self.code.eq_ignore_ascii_case(word)
    }

    fn has_name(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// Returns the failing example for documentation, without the directives of the tests.
    pub fn bad_example(&self) -> String {
        shown(self.bad)
    }

    /// Returns the passing example for documentation.
    pub fn good_example(&self) -> String {
        shown(self.good)
    }

    /// Returns the anchor of the lint in `docs/reference/lints.md`.
    pub fn anchor(&self) -> String {
        format!("{}-{}", self.code.to_lowercase(), self.name)
    }
}

/// Returns an example without the directive of the tests, and with a comment for each missing key.
fn shown(example: &str) -> String {
    let marked = example.starts_with('!');
    let lines = example.lines().skip(usize::from(marked));
    let text: String = lines
        .map(|line| match line.strip_prefix('-').filter(|k| k.starts_with(|c: char| c.is_ascii_lowercase())) {
            Some(key) => format!("# no {key}\n"),
            None => format!("{}\n", line.trim_end_matches("!chomp")),
        })
        .collect();
    if text.is_empty() { "# a valid rule\n".into() } else { text }
}
