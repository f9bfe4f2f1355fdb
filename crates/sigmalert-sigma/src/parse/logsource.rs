//! The logsource of a rule or filter.

use crate::ast::logsource::Logsource;
use crate::error::{Error, ErrorKind};
use crate::yaml::Node;

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
            return Err(Error::new(ErrorKind::Attribute, "logsource", node.pos, "the logsource is empty")
                .help("give a product, a category or a service"));
        }
        Ok(out)
    }
}
