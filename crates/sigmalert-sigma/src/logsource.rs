//! Which events a rule looks at (specification, "Log source").

use super::{Error, ErrorKind};
use crate::yaml::Node;
use std::fmt;

/// Product, category and service; each may be absent.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Logsource {
    /// What writes the log: `windows`, `linux`, `aws`.
    pub product: Option<String>,
    /// What kind of events: `process_creation`, `proxy`.
    pub category: Option<String>,
    /// Which log of the product: `security`, `sshd`.
    pub service: Option<String>,
    /// What must be set up for the events to be there; for people.
    pub definition: Option<String>,
    /// All other keys.
    pub custom: Vec<(String, String)>,
}

impl Logsource {
    pub(super) fn read(node: &Node<'_>) -> Result<Self, Error> {
        let Some(entries) = node.as_map() else {
            return Err(Error::expected(ErrorKind::Attribute, "logsource", node, "a mapping of product, category, service"));
        };
        let mut out = Self::default();
        for (key, value) in entries {
            let path = format!("logsource.{}", key.text);
            if value.is_null() {
                continue;
            }
            let text = value.text().ok_or_else(|| Error::expected(ErrorKind::Attribute, &path, value, "text"))?.to_owned();
            let key_text = key.text.as_ref();
            match key_text {
                // Names are lower case by the specification; older rules are not so strict.
                "product" => out.product = Some(text.to_lowercase()),
                "category" => out.category = Some(text.to_lowercase()),
                "service" => out.service = Some(text.to_lowercase()),
                "definition" => out.definition = Some(text),
                _ => out.custom.push((key_text.to_owned(), text)),
            }
        }
        if out.product.is_none() && out.category.is_none() && out.service.is_none() && out.custom.is_empty() {
            return Err(Error::new(ErrorKind::Attribute, "logsource", node.pos, "the logsource names nothing")
                .help("give a product, a category or a service"));
        }
        Ok(out)
    }

    /// Whether all that this names is what `other` names too: `product: windows` covers every Windows log.
    pub fn covers(&self, other: &Self) -> bool {
        let part = |mine: &Option<String>, theirs: &Option<String>| mine.is_none() || mine == theirs;
        part(&self.product, &other.product)
            && part(&self.category, &other.category)
            && part(&self.service, &other.service)
            && self.custom.iter().all(|c| other.custom.contains(c))
    }
}

/// `windows/process_creation/-`.
impl fmt::Display for Logsource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = |p: &Option<String>| p.clone().unwrap_or_else(|| "-".into());
        write!(f, "{}/{}/{}", part(&self.product), part(&self.category), part(&self.service))
    }
}
