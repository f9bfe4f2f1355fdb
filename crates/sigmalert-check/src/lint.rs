//! A lint: its code, name, severity and documentation.

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// For those who keep to a house style, or want to know every cost.
    Info,
    /// The rule works, but not as its author may think, or other tools refuse it.
    Warning,
    /// The rule cannot be used, or does not do what it says.
    Error,
}

impl Severity {
    /// All, mildest first.
    pub const ALL: [(&'static str, Self); 3] = [("info", Self::Info), ("warning", Self::Warning), ("error", Self::Error)];

    /// The word.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, s)| *s == self).map_or("", |(n, _)| n)
    }
}

/// One thing to look for.
#[derive(Debug)]
pub struct Lint {
    /// The stable code, such as `SG104`; its first digit names the group.
    pub code: &'static str,
    /// The name, accepted wherever the code is.
    pub name: &'static str,
    /// Former names, still accepted in configurations, options and comments.
    pub aliases: &'static [&'static str],
    /// How bad it is unless the configuration says otherwise.
    pub severity: Severity,
    /// Whether it runs unless it is selected by its own code or name.
    pub default: bool,
    /// What it finds, in a sentence.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// An example that it finds fault with: a rule, or the top-level keys by which it differs from a sound one.
    pub bad: &'static str,
    /// The same, mended.
    pub good: &'static str,
    /// The name of the file that the bad and the good example stand in, where it matters.
    pub files: [&'static str; 2],
    /// What `--fix` does about it, where it does something.
    pub fix: Option<&'static str>,
}

/// What lints have in common.
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
    /// Whether a word of a selection means it: a code, the beginning of one, or a name.
    pub fn matches_selector(&self, word: &str) -> bool {
        self.has_name(word) || (!word.is_empty() && self.code.len() >= word.len() && self.code[..word.len()].eq_ignore_ascii_case(word))
    }

    /// Whether a word names just this lint.
    pub fn is_named(&self, word: &str) -> bool {
        self.has_name(word) || self.code.eq_ignore_ascii_case(word)
    }

    fn has_name(&self, word: &str) -> bool {
        self.name == word || self.aliases.contains(&word)
    }

    /// The example that it finds fault with, as documentation shows it: without the marks of the tests.
    pub fn bad_example(&self) -> String {
        shown(self.bad)
    }

    /// The one that passes.
    pub fn good_example(&self) -> String {
        shown(self.good)
    }

    /// Where its documentation stands in `docs/reference/lints.md`.
    pub fn anchor(&self) -> String {
        format!("{}-{}", self.code.to_lowercase(), self.name)
    }
}

/// An example without the line that tells tests how to complete it, and with keys that are missing named in a comment.
fn shown(example: &str) -> String {
    let marked = example.starts_with('!');
    let lines = example.lines().skip(usize::from(marked));
    let text: String = lines
        .map(|line| match line.strip_prefix('-').filter(|k| k.starts_with(|c: char| c.is_ascii_lowercase())) {
            Some(key) => format!("# no {key}\n"),
            None => format!("{}\n", line.trim_end_matches("!chomp")),
        })
        .collect();
    if text.is_empty() { "# a sound rule\n".into() } else { text }
}
