//! Sigma's wildcards in names.

/// Whether a name matches a pattern as a whole: `*` is any run of characters, `?` any one; a backslash before either, or before a
/// backslash, makes that character plain. Case-sensitive.
pub fn matches(pattern: &str, name: &str) -> bool {
    let pattern = tokens(pattern);
    let name: Vec<char> = name.chars().collect();
    let (mut p, mut n) = (0, 0);
    // Where to go on after the last `*` when what follows it does not fit.
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match pattern.get(p) {
            Some(Token::AnyRun) => {
                retry = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(Token::AnyOne) if n < name.len() => {
                (p, n) = (p + 1, n + 1);
                continue;
            }
            Some(Token::Char(c)) if name.get(n) == Some(c) => {
                (p, n) = (p + 1, n + 1);
                continue;
            }
            None if n == name.len() => return true,
            _ => {}
        }
        match &mut retry {
            Some((after, from)) if *from < name.len() => {
                *from += 1;
                (p, n) = (*after, *from);
            }
            _ => return false,
        }
    }
}

enum Token {
    AnyRun,
    AnyOne,
    Char(char),
}

fn tokens(pattern: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => Token::Char(chars.next_if(|n| matches!(n, '*' | '?' | '\\')).unwrap_or('\\')),
            '*' => Token::AnyRun,
            '?' => Token::AnyOne,
            c => Token::Char(c),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn wildcards() {
        for (pattern, name, expected) in [
            ("selection_*", "selection_a", true),
            ("selection_*", "selection", false),
            ("*", "", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbx", false),
            ("a?c*", "abc", true),
            (r"a\*", "a*", true),
            (r"a\*", "ab", false),
            (r"\\*", r"\x", true),
            ("a", "A", false),
            ("*ab", "aab", true),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
