//! A few fields of a document, without a tree.

use super::fields::Fields;
use super::json::{Reader, Sink, ValueType};
use super::predicate::as_text;

/// Picks the values of given fields out of documents.
#[derive(Debug)]
pub struct Picker {
    fields: Fields,
    places: Vec<u32>,
}

/// What was picked out of a document, by field.
pub struct Picked(Vec<Option<String>>);

impl Sink for Picked {
    fn value(&mut self, field: u32, shape: ValueType, text: &[u8], _: bool) {
        let slot = &mut self.0[field as usize];
        if slot.is_none() && shape != ValueType::Object {
            *slot = Some(as_text(text).into_owned());
        }
    }

    fn any(&mut self, _: ValueType, _: &[u8], _: &[u8]) {}
}

impl Picker {
    /// For fields by their names.
    pub fn new<'n>(names: impl IntoIterator<Item = &'n str>) -> Self {
        let mut fields = Fields::new();
        let places = names.into_iter().map(|n| fields.intern(n)).collect();
        Self { fields, places }
    }

    /// The first value of each field.
    pub fn pick(&self, document: &[u8]) -> Picked {
        let mut found = Picked(vec![None; self.fields.len()]);
        // What cannot be read has no values; whoever matched the document has read it.
        _ = Reader::read(document, &self.fields, &mut Vec::new(), &mut found);
        found
    }

    /// The value that was picked for the name at a place.
    pub fn get<'p>(&self, picked: &'p Picked, place: usize) -> Option<&'p str> {
        picked.0[self.places[place] as usize].as_deref()
    }
}
