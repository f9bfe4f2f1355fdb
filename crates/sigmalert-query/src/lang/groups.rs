//! Lists of expressions, with consecutive tests on one field written as one group: `field:(a OR b)`.

use super::PrintError;
use crate::{Expr, FieldName, Test};

/// What printers of lists share.
pub(super) trait Lists {
    /// Between the items of a list: where all must hold, and where any will do.
    const WORDS: [&'static str; 2];
    /// Behind the field of a group.
    const OPEN: &'static str;

    /// Where it is written to.
    fn out(&mut self) -> &mut String;
    /// One item of a list in which all must hold, or any.
    fn item(&mut self, e: &Expr, all: bool, depth: usize) -> Result<(), PrintError>;
    /// The field of a group.
    fn group_field(&mut self, field: Option<&FieldName>);
    /// The value of a test without its field.
    fn value(&mut self, field: Option<&FieldName>, test: &Test) -> Result<(), PrintError>;

    /// A list; `top`: it is not inside another.
    fn list(&mut self, items: &[Expr], all: bool, top: bool, depth: usize) -> Result<(), PrintError> {
        let word = Self::WORDS[usize::from(!all)];
        let groups = groups(items);
        // A list that is one group on one field needs no parentheses of its own.
        let parentheses = !top && groups.len() > 1;
        if parentheses {
            self.out().push('(');
        }
        for (i, group) in groups.into_iter().enumerate() {
            if i > 0 {
                self.out().push_str(word);
            }
            match group {
                [one] => self.item(one, all, depth + 1)?,
                group => self.group(group, word)?,
            }
        }
        if parentheses {
            self.out().push(')');
        }
        Ok(())
    }

    /// Tests on one field.
    fn group(&mut self, items: &[Expr], word: &str) -> Result<(), PrintError> {
        for (i, item) in items.iter().enumerate() {
            let Expr::Test(field, test) = item else { continue };
            if i == 0 {
                self.group_field(field.as_ref());
                self.out().push_str(Self::OPEN);
            } else {
                self.out().push_str(word);
            }
            self.value(field.as_ref(), test)?;
        }
        self.out().push(')');
        Ok(())
    }
}

/// A list in pieces: runs of tests that can be one group, and single expressions.
fn groups(items: &[Expr]) -> Vec<&[Expr]> {
    items.chunk_by(|a, b| field_of_group(a).is_some_and(|f| field_of_group(b) == Some(f))).collect()
}

/// The field of a test whose value can be part of a group.
fn field_of_group(e: &Expr) -> Option<&FieldName> {
    let Expr::Test(Some(field), test) = e else { return None };
    let fits = match test {
        Test::Pattern(_) | Test::Token(_) | Test::Regex(_) | Test::Bool(_) | Test::Cidr(_) | Test::Phrase(_) => true,
        Test::Number(i) => i.as_point().is_some(),
        Test::Exists | Test::NumericText(_) | Test::Field(_) | Test::Time(..) | Test::Period(..) | Test::Anywhere(_) => false,
    };
    fits.then_some(field)
}
