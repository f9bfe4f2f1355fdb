//! A rule document and the attributes all documents share.

use super::detection::Detection;
use super::logsource::Logsource;
use crate::yaml::{self, Pos};

/// A detection rule.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Title, id, level and the like.
    pub attributes: Attributes,
    /// Which events it looks at.
    pub logsource: Logsource,
    /// What it looks for.
    pub detection: Detection,
    /// Where the document begins.
    pub pos: Pos,
}

/// The attributes of a document (specification, "Rule attributes").
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Attributes {
    /// What the rule is called.
    pub title: String,
    /// UUID, the key of references.
    pub id: Option<String>,
    /// The other key of references.
    pub name: Option<String>,
    /// How far the rule has come.
    pub status: Option<Status>,
    /// How bad a match is.
    pub level: Option<Level>,
    /// What it detects.
    pub description: Option<String>,
    /// Who wrote it; several are divided by commas.
    pub author: Option<String>,
    /// SPDX identifier.
    pub license: Option<String>,
    /// When it was made, as written.
    pub date: Option<String>,
    /// When it was last changed, as written.
    pub modified: Option<String>,
    /// Which names of fields and values it uses; `sigma` where nothing is said.
    pub taxonomy: Option<String>,
    /// Where to read more.
    pub references: Vec<String>,
    /// `namespace.name`, such as `attack.t1059.001`.
    pub tags: Vec<String>,
    /// What else may match.
    pub falsepositives: Vec<String>,
    /// Fields worth showing.
    pub fields: Vec<String>,
    /// Where it applies.
    pub scope: Vec<String>,
    /// Rules that have to do with it.
    pub related: Vec<Related>,
    /// All other attributes, as they are.
    pub custom: Vec<(String, yaml::Value)>,
}

/// A relation to another rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// The other's id.
    pub id: String,
    /// `derived`, `obsolete`, `merged`, `renamed`, `similar` or the older `obsoletes`.
    pub kind: String,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// All of them, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word that rules use.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads the word, in any case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name().eq_ignore_ascii_case(text.trim()))
            }
        }
    };
}

words! {
    /// How far a rule has come.
    Status {
        /// Unmaintained, replaced by others.
        Deprecated = "deprecated",
        /// Needs what ordinary targets do not have.
        Unsupported = "unsupported",
        /// May give many false positives.
        Experimental = "experimental",
        /// Needs some tuning at most.
        Test = "test",
        /// Fit for production.
        Stable = "stable",
    }
}

words! {
    /// How bad a match is.
    Level {
        /// For information; not to alert on.
        Informational = "informational",
        /// Notable, seldom an incident.
        Low = "low",
        /// Relevant, to be looked at now and then.
        Medium = "medium",
        /// To be looked at soon.
        High = "high",
        /// To be looked at at once.
        Critical = "critical",
    }
}

impl Attributes {
    /// The keys other documents refer to this one by.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.id.as_deref().into_iter().chain(self.name.as_deref())
    }
}
