//! A rule document and the attributes all documents share.

use super::detection::{Detection, Reader};
use super::logsource::Logsource;
use super::{Error, ErrorKind, Warning};
use crate::yaml::{self, Kind, Node, Pos};

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
    /// Reads the attributes of a document; `own` names the keys that belong to its kind.
    pub(super) fn read(node: &Node<'_>, own: &[&str], warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let mut a = Self::default();
        let mut titled = false;
        for (key, value) in node.as_map().unwrap_or_default() {
            let k = key.text.as_ref();
            if own.contains(&k) {
                continue;
            }
            match k {
                "title" => {
                    a.title = text(k, value)?.unwrap_or_default();
                    titled = !a.title.trim().is_empty();
                }
                "id" => a.id = text(k, value)?,
                "name" => a.name = text(k, value)?,
                "description" => a.description = text(k, value)?,
                "author" => a.author = joined(k, value)?,
                "license" => a.license = text(k, value)?,
                "date" => a.date = text(k, value)?,
                "modified" => a.modified = text(k, value)?,
                "taxonomy" => a.taxonomy = text(k, value)?,
                "status" => a.status = word(k, value, Status::parse, &names(Status::ALL, Status::name), warnings)?,
                "level" => a.level = word(k, value, Level::parse, &names(Level::ALL, Level::name), warnings)?,
                "references" => a.references = list(k, value)?,
                "tags" => a.tags = list(k, value)?,
                "falsepositives" => a.falsepositives = list(k, value)?,
                "fields" => a.fields = list(k, value)?,
                "scope" => a.scope = list(k, value)?,
                "related" => a.related = related(value)?,
                _ => a.custom.push((k.to_owned(), value.to_value())),
            }
        }
        if !titled {
            return Err(Error::new(ErrorKind::Attribute, "title", node.pos, "the title is missing").help("give the rule a short title"));
        }
        if let Some(t) = a.taxonomy.as_deref().filter(|t| *t != "sigma") {
            warnings.push(Warning {
                message: format!("the rule uses the taxonomy `{t}`; its field names are read as Sigma's"),
                path: "taxonomy".into(),
                pos: node.pos,
            });
        }
        Ok(a)
    }

    /// The keys other documents refer to this one by.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.id.as_deref().into_iter().chain(self.name.as_deref())
    }
}

fn names<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str) -> String {
    all.iter().map(|v| name(*v)).collect::<Vec<_>>().join(", ")
}

/// The text of an attribute; nothing for null.
fn text(key: &str, node: &Node<'_>) -> Result<Option<String>, Error> {
    match (&node.kind, node.text()) {
        (_, Some(t)) => Ok(Some(t.to_owned())),
        _ if node.is_null() => Ok(None),
        _ => Err(Error::expected(ErrorKind::Attribute, key, node, "text")),
    }
}

/// Text, or a list of texts joined by commas (some rules list their authors).
fn joined(key: &str, node: &Node<'_>) -> Result<Option<String>, Error> {
    if node.as_seq().is_some() { Ok(Some(list(key, node)?.join(", "))) } else { text(key, node) }
}

fn word<T>(
    key: &str,
    node: &Node<'_>,
    parse: impl Fn(&str) -> Option<T>,
    known: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Option<T>, Error> {
    let Some(t) = text(key, node)? else { return Ok(None) };
    let value = parse(&t);
    if value.is_none() {
        warnings.push(Warning { message: format!("`{t}` is none of {known}"), path: key.to_owned(), pos: node.pos });
    }
    Ok(value)
}

fn list(key: &str, node: &Node<'_>) -> Result<Vec<String>, Error> {
    match &node.kind {
        Kind::Seq(items) => items
            .iter()
            .filter(|i| !i.is_null())
            .map(|i| i.text().map(str::to_owned).ok_or_else(|| Error::expected(ErrorKind::Attribute, key, i, "text")))
            .collect(),
        Kind::Map(_) => Err(Error::expected(ErrorKind::Attribute, key, node, "a list of texts")),
        Kind::Scalar(_) => Ok(text(key, node)?.into_iter().collect()),
    }
}

fn related(node: &Node<'_>) -> Result<Vec<Related>, Error> {
    if node.is_null() {
        return Ok(vec![]);
    }
    let items = node.as_seq().ok_or_else(|| Error::expected(ErrorKind::Attribute, "related", node, "a list of id and type"))?;
    items
        .iter()
        .map(|i| match (i.get("id").and_then(Node::text), i.get("type").and_then(Node::text)) {
            (Some(id), Some(kind)) => Ok(Related { id: id.to_owned(), kind: kind.to_owned() }),
            _ => Err(Error::expected(ErrorKind::Attribute, "related", i, "a mapping with id and type")),
        })
        .collect()
}

/// The keys that only rules have.
const OWN: [&str; 2] = ["logsource", "detection"];

impl Rule {
    pub(super) fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Self, Error> {
        let attributes = Attributes::read(node, &OWN, warnings)?;
        let logsource = match node.get("logsource") {
            Some(n) => Logsource::read(n)?,
            None => {
                return Err(Error::new(ErrorKind::Attribute, "logsource", node.pos, "the logsource is missing")
                    .help("say which events the rule is about: product, category, service"));
            }
        };
        let Some(n) = node.get("detection") else {
            return Err(Error::new(ErrorKind::Detection, "detection", node.pos, "the detection is missing")
                .help("say what to look for: selections, and a condition over them"));
        };
        let detection = Reader { warnings, root: "detection" }.read(n, &[])?;
        Ok(Self { attributes, logsource, detection, pos: node.pos })
    }
}
