//! What one Sigma field becomes.

use super::file::{FieldSpec, Transformed};
use super::transform;
use sigmalert_query::{Expr, FieldName, Test};

/// The target of a Sigma field.
#[derive(Debug)]
pub(super) enum Target {
    /// The schema has no place for it; why.
    None(Option<String>),
    /// These fields, any of which may hold the value.
    Fields(Vec<FieldName>),
    /// A field of addresses or numbers, and the one where other values go.
    Typed(Vec<FieldName>, FieldName),
    /// Other values stand for Sigma's.
    Values(Vec<FieldName>, Vec<(String, String)>),
    /// Some text is left out of values.
    Strip(Vec<FieldName>, String),
    /// Domain and name.
    Account(FieldName, FieldName),
    /// A field for each algorithm.
    Hashes(Vec<(String, FieldName)>),
    /// Data and type of a registry value.
    Registry(FieldName, FieldName),
    /// A field for each key, and where the rest is looked for.
    Pairs(Vec<(String, FieldName)>, Vec<FieldName>),
}

impl Target {
    pub fn compile(spec: &FieldSpec) -> Result<Self, String> {
        let names = |n: &[String]| n.iter().map(|n| n.as_str().into()).collect::<Vec<FieldName>>();
        let keyed = |m: &indexmap::IndexMap<String, String>| m.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
        Ok(match spec {
            FieldSpec::None(reason) => Self::None(reason.clone()),
            FieldSpec::To(n) => Self::Fields(names(n)),
            FieldSpec::With(t) => {
                if t.count() > 1 {
                    return Err("one transform at a time: other, values, strip, account, hashes, registry or pairs".into());
                }
                match &**t {
                    Transformed { account: Some((d, n)), .. } => Self::Account(d.as_str().into(), n.as_str().into()),
                    Transformed { registry: Some((d, k)), .. } => Self::Registry(d.as_str().into(), k.as_str().into()),
                    Transformed { other: Some(o), .. } => Self::Typed(names(&t.to), o.as_str().into()),
                    Transformed { strip: Some(s), .. } => Self::Strip(names(&t.to), s.clone()),
                    t if !t.hashes.is_empty() => Self::Hashes(keyed(&t.hashes)),
                    t if !t.values.is_empty() => Self::Values(names(&t.to), t.values.iter().map(|(k, v)| (k.clone(), v.clone())).collect()),
                    t if !t.pairs.is_empty() => Self::Pairs(keyed(&t.pairs), names(&t.to)),
                    t => Self::Fields(names(&t.to)),
                }
            }
        })
    }

    /// The fields of the index that stand for it, the one that says most first.
    pub fn fields(&self) -> Vec<FieldName> {
        match self {
            Self::None(_) => vec![],
            Self::Fields(f) | Self::Values(f, _) | Self::Strip(f, _) => f.clone(),
            Self::Typed(f, other) => f.iter().chain([other]).cloned().collect(),
            Self::Account(d, n) => vec![n.clone(), d.clone()],
            Self::Hashes(h) => h.iter().map(|(_, f)| f.clone()).collect(),
            Self::Registry(d, _) => vec![d.clone()],
            Self::Pairs(p, rest) => rest.iter().cloned().chain(p.iter().map(|(_, f)| f.clone())).collect(),
        }
    }

    /// The expression on the index for a test on the Sigma field.
    ///
    /// # Errors
    /// Why the stored values cannot be compared this way.
    pub fn apply(&self, test: &Test) -> Result<Expr, String> {
        let on = |fields: &[FieldName], test: &Test| Expr::any(fields.iter().map(|f| Expr::Test(Some(f.clone()), test.clone())).collect());
        if *test == Test::Exists {
            return Ok(on(&self.fields(), test));
        }
        match self {
            Self::None(_) => Ok(Expr::FALSE),
            Self::Fields(f) => Ok(on(f, test)),
            Self::Typed(f, _) if transform::is_address_or_number(test) => Ok(on(f, test)),
            Self::Typed(_, other) => Ok(Expr::Test(Some(other.clone()), test.clone())),
            Self::Values(f, table) => transform::values(f, table, test),
            Self::Strip(f, what) => Ok(on(f, &transform::strip(test, what))),
            Self::Account(d, n) => transform::account(d, n, test),
            Self::Hashes(fields) => transform::hashes(fields, test),
            Self::Registry(d, k) => transform::registry(d, k, test),
            Self::Pairs(keys, rest) => Ok(transform::pairs(keys, rest, test)),
        }
    }
}

impl Transformed {
    fn count(&self) -> usize {
        [
            self.other.is_some(),
            !self.values.is_empty(),
            self.strip.is_some(),
            self.account.is_some(),
            !self.hashes.is_empty(),
            self.registry.is_some(),
            !self.pairs.is_empty(),
        ]
        .into_iter()
        .filter(|b| *b)
        .count()
    }
}
