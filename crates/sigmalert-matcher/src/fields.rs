//! The fields that rules ask for, as a tree of the parts of their names.

use rustc_hash::FxHashMap;

/// A place in the tree; 0 is beside it.
pub(super) type Node = u32;

/// Anchor names that nobody asks for lead.
const NOWHERE: Node = 0;
/// Anchor names begin.
pub(super) const ROOT: Node = 1;

/// The fields by name. Names are looked for as documents have them: `a.b` as one key, or as `b` in an object `a`.
#[derive(Debug, Default)]
pub(super) struct Fields {
    names: Vec<Box<str>>,
    by_name: FxHashMap<Box<str>, u32>,
    children: Vec<FxHashMap<Box<[u8]>, Node>>,
    fields: Vec<Option<u32>>,
    /// Fields that are another form of the one at a place: `a.keyword` of `a`.
    forms: Vec<Option<u32>>,
    all: bool,
    named: bool,
}

impl Fields {
    pub fn new() -> Self {
        Self { children: vec![FxHashMap::default(); 2], fields: vec![None; 2], forms: vec![None; 2], ..Self::default() }
    }

    /// The number of a field, new or known.
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.into());
        self.by_name.insert(name.into(), id);
        // Every way to cut the name at its dots into keys.
        self.add(ROOT, name, id, false);
        // No document holds it: the index makes it of the field.
        if let Some(field) = name.strip_suffix(".keyword").filter(|f| !f.is_empty()) {
            self.add(ROOT, field, id, true);
        }
        id
    }

    fn add(&mut self, node: Node, rest: &str, id: u32, form: bool) {
        let end = self.child(node, rest);
        let place = if form { &mut self.forms } else { &mut self.fields };
        place[end as usize] = Some(id);
        // A name of very many parts would have very many cuts; what rules name has a handful.
        for (at, _) in rest.match_indices('.').take(8) {
            if at > 0 && at + 1 < rest.len() {
                let next = self.child(node, &rest[..at]);
                self.add(next, &rest[at + 1..], id, form);
            }
        }
    }

    fn child(&mut self, node: Node, key: &str) -> Node {
        if let Some(next) = self.children[node as usize].get(key.as_bytes()) {
            return *next;
        }
        let next = u32::try_from(self.children.len()).unwrap_or(u32::MAX);
        self.children.push(FxHashMap::default());
        self.fields.push(None);
        self.forms.push(None);
        self.children[node as usize].insert(key.as_bytes().into(), next);
        next
    }

    /// Where a key leads.
    pub fn step(&self, node: Node, key: &[u8]) -> Node {
        self.children[node as usize].get(key).copied().unwrap_or(NOWHERE)
    }

    /// The field at a place.
    pub fn field(&self, node: Node) -> Option<u32> {
        self.fields[node as usize]
    }

    /// The field that is another form of the one at a place.
    pub fn form(&self, node: Node) -> Option<u32> {
        self.forms[node as usize]
    }

    pub fn name(&self, id: u32) -> &str {
        &self.names[id as usize]
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether somebody searches all values, whatever their field.
    pub fn wants_all(&self) -> bool {
        self.all
    }

    pub fn want_all(&mut self) {
        self.all = true;
    }

    /// Whether somebody asks which field a value of any is of.
    pub fn wants_names(&self) -> bool {
        self.named
    }

    pub fn want_names(&mut self) {
        self.named = true;
    }
}
