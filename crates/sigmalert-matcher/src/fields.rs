//! The fields that rules use, as a tree over the parts of their names.

use rustc_hash::FxHashMap;

/// A node of the tree.
pub(super) type Node = u32;

/// The node of names that no rule uses.
const UNUSED: Node = 0;
/// The root.
pub(super) const ROOT: Node = 1;

/// Fields by name. A document may have the name `a.b` as one key, or as the key `b` of an object `a`.
#[derive(Debug, Default)]
pub(super) struct FieldTree {
    names: Vec<Box<str>>,
    by_name: FxHashMap<Box<str>, u32>,
    children: Vec<FxHashMap<Box<[u8]>, Node>>,
    fields: Vec<Option<u32>>,
    /// The multi-field of the field at a node: `a.keyword` of `a`.
    multi_fields: Vec<Option<u32>>,
    all: bool,
    named: bool,
}

impl FieldTree {
    pub fn new() -> Self {
        Self { children: vec![FxHashMap::default(); 2], fields: vec![None; 2], multi_fields: vec![None; 2], ..Self::default() }
    }

    /// Returns the number of a field. Adds the field if it is new.
    pub fn intern(&mut self, name: &str) -> u32 {
        if let Some(id) = self.by_name.get(name) {
            return *id;
        }
        let id = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.into());
        self.by_name.insert(name.into(), id);
        // Every way to split the name at its dots into keys.
        self.add(ROOT, name, id, false);
        // No document contains a multi-field: the index derives it from the field.
        if let Some(field) = name.strip_suffix(".keyword").filter(|f| !f.is_empty()) {
            self.add(ROOT, field, id, true);
        }
        id
    }

    fn add(&mut self, node: Node, rest: &str, id: u32, multi: bool) {
        let end = self.child(node, rest);
        let slots = if multi { &mut self.multi_fields } else { &mut self.fields };
        slots[end as usize] = Some(id);
        // The number of ways to split a name grows exponentially with its parts. Names in rules have a handful.
        for (at, _) in rest.match_indices('.').take(8) {
            if at > 0 && at + 1 < rest.len() {
                let next = self.child(node, &rest[..at]);
                self.add(next, &rest[at + 1..], id, multi);
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
        self.multi_fields.push(None);
        self.children[node as usize].insert(key.as_bytes().into(), next);
        next
    }

    /// Returns the node that a key leads to.
    pub fn step(&self, node: Node, key: &[u8]) -> Node {
        self.children[node as usize].get(key).copied().unwrap_or(UNUSED)
    }

    /// Returns the field at a node.
    pub fn field(&self, node: Node) -> Option<u32> {
        self.fields[node as usize]
    }

    /// Returns the multi-field of the field at a node.
    pub fn multi_field(&self, node: Node) -> Option<u32> {
        self.multi_fields[node as usize]
    }

    pub fn name(&self, id: u32) -> &str {
        &self.names[id as usize]
    }

    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Returns whether a rule searches all fields.
    pub fn wants_all(&self) -> bool {
        self.all
    }

    pub fn want_all(&mut self) {
        self.all = true;
    }

    /// Returns whether a search in all fields needs the names of the fields.
    pub fn wants_names(&self) -> bool {
        self.named
    }

    pub fn want_names(&mut self) {
        self.named = true;
    }
}
