//! Values that do not fit their modifiers: a regular expression that cannot be parsed, a network that is none, and the like.

use super::expression::Applier;
use sigmalert_sigma::yaml::{self, Node};
use sigmalert_sigma::{
    ComparisonKind, Detection, DetectionItem, Document, Error, ErrorKind, ModifierChain, Parsed, Placeholders, Selection, Value, Warning,
};

/// Parses all documents of a text, and validates the values of each.
///
/// # Errors
/// When the text is not YAML, or goes beyond the limits.
pub fn parse(text: &str, limits: &yaml::Limits) -> Result<Parsed, Error> {
    let mut parsed = sigmalert_sigma::parse(text, limits)?;
    for document in &mut parsed.documents {
        if let Some(e) = document.as_ref().ok().and_then(|d| validate(d).err()) {
            *document = Err(e);
        }
    }
    Ok(parsed)
}

/// Parses one document, and validates its values.
///
/// # Errors
/// The first thing that is wrong with it, with its position.
pub fn read(node: &Node<'_>, warnings: &mut Vec<Warning>) -> Result<Document, Error> {
    let document = sigmalert_sigma::read(node, warnings)?;
    validate(&document)?;
    Ok(document)
}

/// Checks that every value fits the modifiers of its item. Placeholders without values are left to the conversion.
///
/// # Errors
/// The first value that does not.
pub fn validate(document: &Document) -> Result<(), Error> {
    match document {
        Document::Rule(r) => detection(&r.detection, "detection"),
        Document::Filter(f) => detection(&f.detection, "filter"),
        Document::Correlation(_) => Ok(()),
    }
}

fn detection(detection: &Detection, root: &str) -> Result<(), Error> {
    detection.selections.iter().try_for_each(|(name, s)| selection(s, root, name))
}

fn selection(of: &Selection, root: &str, name: &str) -> Result<(), Error> {
    match of {
        // The path is for messages only: most items never need it.
        Selection::All(items) => {
            items.iter().try_for_each(|i| check(i).map_err(|e| Error { path: format!("{root}.{name}.{}", i.key()), ..e }))
        }
        Selection::Any(inner) => inner.iter().try_for_each(|s| selection(s, root, name)),
        // Plain text, which is always valid.
        Selection::Keywords(_) => Ok(()),
    }
}

/// Finds what is wrong with the values of an item, placeholders aside. The caller adds the path of the item.
fn check(item: &DetectionItem) -> Result<(), Error> {
    // Nothing can be wrong with text compared as text, which is what nearly all items are.
    let plain = ModifierChain::new(&item.modifiers).is_ok_and(|c| c.kind == ComparisonKind::Plain && c.transforms.is_empty());
    if plain && (item.modifiers.is_empty() || !item.values.contains(&Value::Null)) {
        return Ok(());
    }
    let placeholders = Placeholders::default();
    match Applier::new(&placeholders).item(item, "") {
        Err(e) if e.kind == ErrorKind::Placeholder => Ok(()),
        Err(e) => Err(e),
        Ok(_) => Ok(()),
    }
}
