//! Tests on one field that stand in a row, written as one group: `field:(a OR b)`.

use crate::query::{Expr, FieldName, Test};

/// A list in pieces: runs of tests that can be one group, and single expressions.
pub(super) fn groups(items: &[Expr]) -> Vec<&[Expr]> {
    items.chunk_by(|a, b| field_of_group(a).is_some_and(|f| field_of_group(b) == Some(f))).collect()
}

/// The field of a test whose value can stand in a group.
fn field_of_group(e: &Expr) -> Option<&FieldName> {
    let Expr::Test(Some(field), test) = e else { return None };
    let fits = match test {
        Test::Pattern(_) | Test::Token(_) | Test::Regex(_) | Test::Bool(_) | Test::Cidr(_) | Test::Phrase(_) => true,
        Test::Number(i) => i.as_point().is_some(),
        Test::Exists | Test::NumericText(_) | Test::Field(_) | Test::Time(..) => false,
    };
    fits.then_some(field)
}
