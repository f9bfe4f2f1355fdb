//! Compiles expressions to a [`Plan`].

use super::anywhere::AnywhereCheck;
use super::fields::FieldTree;
use super::index::{Coverage, IndexBuilder};
use super::plan::{Node, Plan, Predicate, PredicateIds, PredicateTest};
use super::predicate::{Check, Storage};
use super::scratch::NONE;
use rustc_hash::FxHashSet;
use sigmalert_query::{Expr, FieldName, Schema, Test};

/// Compiles expressions, each for its schema.
pub(super) fn compile(rules: Vec<(&Expr, Option<&Schema>)>) -> Plan {
    Compiler { fields: FieldTree::new(), ..Compiler::default() }.finish(rules)
}

#[derive(Default)]
struct Compiler {
    fields: FieldTree,
    predicates: Vec<Predicate>,
    ids: PredicateIds,
    /// For each predicate an estimate of how often it holds, and the number of rules that use it.
    costs: Vec<f64>,
    uses: Vec<u32>,
    builders: Vec<IndexBuilder>,
    all: IndexBuilder,
}

impl Compiler {
    fn finish(mut self, rules: Vec<(&Expr, Option<&Schema>)>) -> Plan {
        let nodes: Vec<Node> = rules.into_iter().map(|(r, schema)| self.node(r, schema)).collect();
        for node in &nodes {
            let mut seen = FxHashSet::default();
            node.for_each_predicate(&mut |p| {
                if seen.insert(p) {
                    self.uses[p as usize] += 1;
                }
            });
        }
        let mut always = Vec::new();
        for (i, node) in nodes.iter().enumerate() {
            let rule = u32::try_from(i).unwrap_or(NONE);
            match self.required(node) {
                _ if node.is_never() => {}
                Some((_, predicates)) => predicates.into_iter().for_each(|p| self.predicates[p as usize].candidate_rules.push(rule)),
                None => always.push(rule),
            }
        }
        let mut builders = std::mem::take(&mut self.builders);
        builders.resize_with(self.fields.len(), IndexBuilder::default);
        builders.push(std::mem::take(&mut self.all));
        let all = u32::try_from(self.fields.len()).unwrap_or(NONE);
        for p in &mut self.predicates {
            // The index for all fields comes last, and its number is known only now.
            if p.field == NONE {
                p.field = all;
            }
        }
        let mut indices = Vec::with_capacity(builders.len());
        for builder in builders {
            let (index, dropped) = builder.finish(|p| !self.predicates[p as usize].candidate_rules.is_empty());
            for p in dropped {
                self.predicates[p as usize].coverage = Coverage::None;
            }
            indices.push(index);
        }
        let rules = nodes.into_iter().map(|n| self.ordered(n)).collect();
        Plan { fields: self.fields, predicates: self.predicates, indices, rules, always, ids: self.ids }
    }

    fn node(&mut self, e: &Expr, schema: Option<&Schema>) -> Node {
        let mut all = |items: &[Expr]| items.iter().map(|i| self.node(i, schema)).collect::<Box<[Node]>>();
        match e {
            Expr::Const(b) => Node::Const(*b),
            Expr::And(items) => Node::And(all(items)),
            Expr::Or(items) => Node::Or(all(items)),
            Expr::AtLeast(n, items) => Node::AtLeast(*n, all(items)),
            Expr::Not(item) => Node::Not(Box::new(self.node(item, schema))),
            Expr::Test(field, test) => Node::Predicate(self.predicate(field.as_ref(), test, schema)),
        }
    }

    fn predicate(&mut self, field: Option<&FieldName>, test: &Test, schema: Option<&Schema>) -> u32 {
        let storage = schema.map_or(Storage::Whole, |s| (&s.field_or_keyword(field.map(|f| &**f)).kind).into());
        // A search in all fields differs between schemas.
        let mut known = self.ids.get(&(field.cloned(), test.clone())).into_iter().flatten();
        if !matches!(test, Test::Anywhere(_))
            && let Some(p) = known.find(|p| self.predicates[**p as usize].storage == storage)
        {
            return *p;
        }
        let id = u32::try_from(self.predicates.len()).unwrap_or(NONE);
        let fields = &mut self.fields;
        let number = match field {
            Some(f) => fields.intern(f),
            None => {
                fields.want_all();
                if matches!(test, Test::Anywhere(_)) {
                    fields.want_names();
                }
                NONE
            }
        };
        let checked = match test {
            Test::Anywhere(a) => PredicateTest::Anywhere(Box::new(AnywhereCheck::new(a, schema))),
            test => PredicateTest::Value(Check::new(test, &storage, &mut |other| fields.intern(other))),
        };
        if self.builders.len() < self.fields.len() {
            self.builders.resize_with(self.fields.len(), IndexBuilder::default);
        }
        let builder = match number {
            NONE => &mut self.all,
            n => &mut self.builders[n as usize],
        };
        // Times are compared as instants, not as text.
        let (coverage, cost) =
            if storage == Storage::Time && *test != Test::Exists { (Coverage::None, f64::INFINITY) } else { builder.add(id, test) };
        self.ids.entry((field.cloned(), test.clone())).or_default().push(id);
        self.predicates.push(Predicate { field: number, storage, test: checked, coverage, candidate_rules: Vec::new() });
        self.costs.push(cost);
        self.uses.push(0);
        id
    }

    /// Returns the cheapest set of predicates of which at least one is required, with its cost; nothing if there is none.
    fn required(&self, node: &Node) -> Option<(f64, Vec<u32>)> {
        match node {
            Node::Const(_) | Node::Not(_) => None,
            Node::Predicate(p) => {
                let at = *p as usize;
                // A predicate of many rules holds often and makes all of them candidates.
                let cost = self.costs[at] * f64::from(self.uses[at]).max(1.0);
                (self.predicates[at].coverage != Coverage::None).then(|| (cost, vec![*p]))
            }
            Node::And(items) => items.iter().filter_map(|i| self.required(i)).min_by(|a, b| a.0.total_cmp(&b.0)),
            Node::Or(items) => self.any_of(items),
            Node::AtLeast(n, items) if *n > 0 => self.any_of(items),
            Node::AtLeast(..) => None,
        }
    }

    fn any_of(&self, items: &[Node]) -> Option<(f64, Vec<u32>)> {
        let mut sum = 0.0;
        let mut out = Vec::new();
        for item in items {
            if item.is_never() {
                continue;
            }
            let (cost, predicates) = self.required(item)?;
            sum += cost;
            out.extend(predicates);
        }
        out.sort_unstable();
        out.dedup();
        Some((sum, out))
    }

    /// Reorders operands so that those that the indices have already decided come first.
    fn ordered(&self, node: Node) -> Node {
        let sorted = |items: Box<[Node]>| {
            let mut items: Vec<Node> = items.into_vec().into_iter().map(|i| self.ordered(i)).collect();
            items.sort_by_key(|i| self.weight(i));
            items.into_boxed_slice()
        };
        match node {
            Node::And(items) => Node::And(sorted(items)),
            Node::Or(items) => Node::Or(sorted(items)),
            Node::AtLeast(n, items) => Node::AtLeast(n, sorted(items)),
            Node::Not(inner) => Node::Not(Box::new(self.ordered(*inner))),
            other => other,
        }
    }

    fn weight(&self, node: &Node) -> usize {
        match node {
            Node::Const(_) => 0,
            Node::Predicate(p) => match self.predicates[*p as usize].coverage {
                Coverage::Exact => 1,
                Coverage::Prefilter => 3,
                Coverage::None => 20,
            },
            Node::Not(inner) => self.weight(inner),
            Node::And(items) | Node::Or(items) | Node::AtLeast(_, items) => 1 + items.iter().map(|i| self.weight(i)).sum::<usize>(),
        }
    }
}
