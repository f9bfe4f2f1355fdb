//! Extracts a few fields of a document without building a tree.

use super::fields::FieldTree;
use super::json::JsonReader;
use super::predicate::as_text;
use super::sink::{Sink, ValueKind};

/// Extracts the values of given fields from documents.
#[derive(Debug)]
pub struct Picker {
    pub(super) fields: FieldTree,
    numbers: Vec<u32>,
}

/// The values that a [`Picker`] extracted from a document.
#[derive(Debug, Clone)]
pub struct PickedFields(Vec<Option<String>>);

impl Sink for PickedFields {
    fn value(&mut self, field: u32, kind: ValueKind, text: &[u8], _: bool) {
        let slot = &mut self.0[field as usize];
        if slot.is_none() && kind != ValueKind::Object {
            *slot = Some(as_text(text).into_owned());
        }
    }

    fn any(&mut self, _: ValueKind, _: &[u8], _: &[u8]) {}
}

impl Picker {
    /// Prepares to extract the named fields.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut fields = FieldTree::new();
        let numbers = names.into_iter().map(|n| fields.intern(n)).collect();
        Self { fields, numbers }
    }

    /// Extracts the first value of each field. A document that is not valid JSON yields the values before the error.
    pub fn pick(&self, document: &[u8]) -> PickedFields {
        let mut picked = self.empty();
        _ = JsonReader::read(document, &self.fields, &mut Vec::new(), &mut picked);
        picked
    }

    pub(super) fn empty(&self) -> PickedFields {
        PickedFields(vec![None; self.fields.len()])
    }

    /// Returns the value of the field at an index of the names.
    pub fn get<'p>(&self, picked: &'p PickedFields, index: usize) -> Option<&'p str> {
        picked.0[self.numbers[index] as usize].as_deref()
    }
}
