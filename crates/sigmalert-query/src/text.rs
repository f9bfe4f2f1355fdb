//! Analysed text: which tokens a text field makes of a value, and what a pattern on the whole value says
//! about those tokens.

use super::pattern::{Case, Part, Pattern};
use super::{Expr, FieldName, Test};
use unicode_segmentation::UnicodeSegmentation;

/// How a text field cuts values into tokens. All of them lower-case their tokens.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Analyzer {
    /// `standard`: words by Unicode's rules (UAX #29), as Lucene's `StandardTokenizer` has them.
    Standard,
    /// A `pattern` analyzer, described by the ASCII characters that make up a token besides letters and digits:
    /// everything else divides. Elastic's `powershell_script_analyzer` keeps `_` and `-`.
    Characters(String),
}

impl Analyzer {
    /// The tokens of a text with the place of each, in bytes.
    pub fn tokens<'a>(&self, text: &'a str) -> Vec<(usize, &'a str)> {
        match self {
            Self::Standard => standard(text),
            Self::Characters(_) => {
                let mut out = Vec::new();
                let mut start = None;
                for (i, c) in text.char_indices() {
                    match (self.is_token_char(c), start) {
                        (true, None) => start = Some(i),
                        (false, Some(s)) => {
                            out.push((s, &text[s..i]));
                            start = None;
                        }
                        _ => {}
                    }
                }
                if let Some(s) = start {
                    out.push((s, &text[s..]));
                }
                out
            }
        }
    }

    /// The tokens as the index holds them.
    pub fn analyze(&self, text: &str) -> Vec<String> {
        self.tokens(text).into_iter().map(|(_, t)| lower(t)).collect()
    }

    fn is_token_char(&self, c: char) -> bool {
        match self {
            Self::Standard => c.is_alphanumeric() || c == '_',
            Self::Characters(extra) => c.is_ascii_alphanumeric() || extra.contains(c),
        }
    }

    /// True when a token may reach across `c`, so that an edge beside it is no sure end of a token.
    fn may_join(&self, c: char) -> bool {
        match self {
            Self::Characters(_) => self.is_token_char(c),
            // MidLetter, MidNum and MidNumLet of UAX #29, marks, and all that is neither ASCII nor a blank.
            Self::Standard => {
                self.is_token_char(c) || matches!(c, '.' | ',' | ';' | ':' | '\'' | '"') || (!c.is_ascii() && !c.is_whitespace())
            }
        }
    }
}

fn lower(token: &str) -> String {
    // Lucene lower-cases character by character.
    token.chars().map(|c| c.to_lowercase().next().filter(|_| c.to_lowercase().count() == 1).unwrap_or(c)).collect()
}

fn standard(text: &str) -> Vec<(usize, &str)> {
    let mut out: Vec<(usize, &str)> = Vec::new();
    let mut colon: Option<usize> = None;
    for (at, piece) in text.split_word_bound_indices() {
        if !piece.chars().any(|c| c.is_alphanumeric() || is_emoji(c)) && piece != "_" && !piece.chars().all(|c| c == '_') {
            colon = (piece == ":").then_some(at);
            continue;
        }
        if piece.chars().all(|c| c == '_') {
            continue;
        }
        // Lucene's rules are of a Unicode version in which a colon joins letters.
        if let (Some(c), Some((start, last))) = (colon.take(), out.last())
            && start + last.len() == c
            && joined_by_colon(last, piece)
        {
            let start = *start;
            out.pop();
            out.push((start, &text[start..at + piece.len()]));
            continue;
        }
        out.push((at, piece));
    }
    out
}

/// Whether a colon between two tokens is within a word: between letters, which those of scripts that are written without blanks
/// (Han, Hiragana, Thai and others) are not to UAX #29.
fn joined_by_colon(left: &str, right: &str) -> bool {
    // What was joined before is not looked at again.
    let left = left.rsplit(':').next().unwrap_or(left);
    // The middle dot is what the colon was then: MidLetter.
    format!("{left}\u{b7}{right}").split_word_bounds().count() == 1
}

fn is_emoji(c: char) -> bool {
    matches!(c as u32, 0x1F000..=0x1FAFF | 0x2600..=0x27BF | 0x2B00..=0x2BFF | 0x2190..=0x21FF | 0x2300..=0x23FF)
}

/// What a pattern on the whole value means for the tokens.
#[derive(Debug, Clone, PartialEq)]
pub enum OnTokens {
    /// This must hold of every value that matches; others may pass as well.
    Necessary(Expr),
    /// The pattern says nothing about tokens: it has only characters that are not indexed.
    Nothing,
}

/// Translates a pattern on the whole value of `field` to tests on its tokens.
///
/// The order of the pieces around a `*` and all characters between tokens are lost, so the result is true for
/// every value that matches and for some more.
pub fn on_tokens(field: Option<&FieldName>, pattern: &Pattern, analyzer: &Analyzer) -> OnTokens {
    let mut tests: Vec<Expr> = Vec::new();
    let mut add = |test: Test| {
        let e = Expr::Test(field.cloned(), test);
        if !tests.contains(&e) {
            tests.push(e);
        }
    };
    let parts = pattern.parts();
    for (i, part) in parts.iter().enumerate() {
        let Part::Lit(text) = part else { continue };
        let open_left = i > 0;
        let open_right = i + 1 < parts.len();
        piece(text, open_left, open_right, analyzer, &mut add);
    }
    match tests.len() {
        0 => OnTokens::Nothing,
        _ => OnTokens::Necessary(Expr::all(tests)),
    }
}

fn piece(text: &str, open_left: bool, open_right: bool, analyzer: &Analyzer, add: &mut impl FnMut(Test)) {
    let tokens = analyzer.tokens(text);
    let (Some(&(first_at, _)), Some(&(last_at, last))) = (tokens.first(), tokens.last()) else { return };
    // A token at an open edge may be the end (or start) of a longer one in the value.
    let joins = |s: &str| s.chars().all(|c| analyzer.may_join(c));
    let cut_left = open_left && joins(&text[..first_at]);
    let cut_right = open_right && joins(&text[last_at + last.len()..]);
    let mut words: Vec<&str> = tokens.iter().map(|(_, t)| *t).collect();
    // Inside the piece a token is sure only if nothing at an edge could join it; the standard analyzer may
    // cut a token at an edge differently (`1.` + `5`), which only ever makes the inner ones longer at the edge.
    let pattern = |t: &str, left: bool, right: bool| {
        let mut p = Pattern::literal(lower(t), Case::Sensitive);
        if left {
            p = p.open_start();
        }
        if right {
            p = p.open_end();
        }
        Test::Token(p)
    };
    if words.len() == 1 && (cut_left || cut_right) {
        return add(pattern(words[0], cut_left, cut_right));
    }
    let head = cut_left.then(|| words.remove(0));
    let tail = if cut_right { words.pop() } else { None };
    if let Some(t) = head {
        add(pattern(t, true, false));
    }
    if !words.is_empty() {
        add(Test::Phrase(words.iter().map(|w| lower(w)).collect()));
    }
    if let Some(t) = tail {
        add(pattern(t, false, true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn powershell() -> Analyzer {
        Analyzer::Characters("_-".into())
    }

    /// Measured with `_analyze` on `OpenSearch` 2.19.1.
    #[test]
    fn measured_tokens() {
        let standard = |t| Analyzer::Standard.analyze(t);
        assert_eq!(standard("FOO-bar baz"), ["foo", "bar", "baz"]);
        assert_eq!(standard("C:\\Windows\\System32\\cmd.exe /c whoami"), ["c", "windows", "system32", "cmd.exe", "c", "whoami"]);
        assert_eq!(standard("a_b c.d e:f"), ["a_b", "c.d", "e:f"]);
        // As a real index has them.
        for (text, tokens) in [
            ("\u{65e5}:\u{e9}", vec!["\u{65e5}", "\u{e9}"]),
            ("\u{e9}:\u{65e5}", vec!["\u{e9}", "\u{65e5}"]),
            ("a:b:c", vec!["a:b:c"]),
            ("\u{30a2}:a", vec!["\u{30a2}", "a"]),
            ("\u{3042}:a", vec!["\u{3042}", "a"]),
            ("\u{d55c}:a", vec!["\u{d55c}:a"]),
            ("\u{e01}:a", vec!["\u{e01}", "a"]),
            ("_:a", vec!["a"]),
            ("a_:b", vec!["a_", "b"]),
            ("a:_b", vec!["a", "_b"]),
            ("a:1", vec!["a", "1"]),
            ("1:a", vec!["1", "a"]),
            ("e\u{301}:a", vec!["e\u{301}:a"]),
            ("a:e\u{301}", vec!["a:e\u{301}"]),
            ("x_y:z", vec!["x_y:z"]),
            ("1_a:b", vec!["1_a:b"]),
            ("a.b:c", vec!["a.b:c"]),
            ("a:b.c", vec!["a:b.c"]),
            ("a1:b", vec!["a1", "b"]),
        ] {
            assert_eq!(standard(text), tokens, "{text}");
        }
        assert_eq!(standard("1,000.5 x"), ["1,000.5", "x"]);
        assert_eq!(standard("user@example.com"), ["user", "example.com"]);
        assert_eq!(standard("it's"), ["it's"]);
        assert_eq!(standard("日本語 テスト"), ["日", "本", "語", "テスト"]);
        assert!(standard("").is_empty());
        let ps = |t| powershell().analyze(t);
        assert_eq!(ps("Get-ADUser -Filter x"), ["get-aduser", "-filter", "x"]);
        assert_eq!(ps("C:\\Windows\\System32\\cmd.exe /c whoami"), ["c", "windows", "system32", "cmd", "exe", "c", "whoami"]);
        assert_eq!(ps("it's"), ["it", "s"]);
        assert!(ps("日本語 テスト").is_empty());
    }

    #[test]
    fn pieces() {
        let field: FieldName = "t".into();
        let show = |p: &Pattern, a: &Analyzer| match on_tokens(Some(&field), p, a) {
            OnTokens::Necessary(e) => e.to_string(),
            OnTokens::Nothing => "nothing".into(),
        };
        let contains = |t: &str| Pattern::containing(t, Case::Insensitive);
        assert_eq!(
            show(&contains("Get-ADUser -Filter"), &powershell()),
            "t has a word like '*get-aduser' and t has a word like '-filter*'"
        );
        assert_eq!(show(&contains("mimikatz"), &powershell()), "t has a word like '*mimikatz*'");
        assert_eq!(show(&contains(" foo bar baz("), &powershell()), "t has the words \"foo bar baz\"");
        assert_eq!(show(&contains("{("), &powershell()), "nothing");
        assert_eq!(show(&Pattern::literal("Foo Bar", Case::Insensitive), &powershell()), "t has the words \"foo bar\"");
        assert_eq!(show(&contains("cmd."), &Analyzer::Standard), "t has a word like '*cmd*'");
    }
}
