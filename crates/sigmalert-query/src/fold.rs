//! What "the same letter in another case" means here.
//!
//! Sigma compares strings without regard to case (specification, "String Values") and leaves the alphabet
//! open. We take Unicode's simple case folding, with one border: an ASCII letter is equal to its own other
//! case only, never to a letter outside ASCII (the Kelvin sign is no `k`, `ſ` is no `s`). Elasticsearch's
//! `case_insensitive` flag knows ASCII letters only; so within ASCII both agree, and outside it we write
//! character classes.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

/// All characters equal to `c` but for case, `c` among them, in order.
pub fn variants(c: char) -> Vec<char> {
    if c.is_ascii() {
        return if c.is_ascii_alphabetic() { vec![c.to_ascii_uppercase(), c.to_ascii_lowercase()] } else { vec![c] };
    }
    let mut class = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
    // Fails only without Unicode tables, which are compiled in.
    if class.try_case_fold_simple().is_err() {
        return vec![c];
    }
    class.iter().flat_map(|r| r.start()..=r.end()).filter(|v| !v.is_ascii()).collect()
}

/// True when `c` has another case.
pub fn is_cased(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphabetic() } else { variants(c).len() > 1 }
}

/// A representative of all case variants of `c`: two characters are equal but for case exactly when theirs
/// are the same.
pub fn representative(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    // Cheap way out for the many letters without case.
    if !c.is_alphabetic() && c.to_lowercase().eq([c]) && c.to_uppercase().eq([c]) {
        return c;
    }
    variants(c).last().copied().unwrap_or(c)
}

/// Compares two texts without regard to case.
pub fn equal(a: &str, b: &str) -> bool {
    if a.is_ascii() && b.is_ascii() {
        return a.eq_ignore_ascii_case(b);
    }
    a.chars().map(representative).eq(b.chars().map(representative))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters() {
        assert_eq!(variants('k'), ['K', 'k']);
        assert_eq!(variants('é'), ['É', 'é']);
        assert_eq!(variants('\u{212a}'), ['\u{212a}']);
        assert_eq!(variants('σ'), ['Σ', 'ς', 'σ']);
        assert_eq!(variants('5'), ['5']);
        assert!(equal("STRASSE É", "strasse é"));
        assert!(!equal("straße", "strasse"));
        assert!(!equal("\u{212a}", "k"));
        assert_eq!(representative('Σ'), representative('ς'));
    }
}
