//! The text of a file: from places to bytes, and what a change of one value needs to know of its surroundings.

use super::finding::Span;
use crate::yaml::{self, Limits, Pos};
use std::ops::Range;
use std::path::Path;

/// A file that is looked at.
#[derive(Debug)]
pub struct File<'a> {
    /// Its path as it is shown.
    pub path: &'a Path,
    /// Its text.
    pub text: &'a str,
    /// Where each line begins. The first does behind a byte order mark, which has no column.
    lines: Vec<usize>,
}

impl<'a> File<'a> {
    /// A file of this text.
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let lines = std::iter::once(first).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Self { path, text, lines }
    }

    /// The name without its folder.
    pub fn name(&self) -> &'a str {
        self.path.file_name().and_then(|n| n.to_str()).unwrap_or_default()
    }

    /// How many lines there are, an empty last one included.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// The bytes of a line, counted from 1, without its end.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let Some(&start) = line.checked_sub(1).and_then(|l| self.lines.get(l)) else { return self.text.len()..self.text.len() };
        // A carriage return is part of a line's end only before a line feed.
        let end = match self.lines.get(line) {
            Some(next) if next - 1 > start && self.text.as_bytes()[next - 2] == b'\r' => next - 2,
            Some(next) => next - 1,
            None => self.text.len(),
        };
        start..end.max(start)
    }

    /// A line, counted from 1, without its end.
    pub fn line(&self, line: usize) -> &'a str {
        &self.text[self.line_range(line)]
    }

    /// The lines from one to another with their ends: what is deleted with them.
    pub fn whole_lines(&self, from: usize, to: usize) -> Range<usize> {
        self.line_range(from).start..self.lines.get(to).copied().unwrap_or(self.text.len())
    }

    /// The byte of a place.
    pub fn offset(&self, pos: Pos) -> usize {
        let range = self.line_range(pos.line as usize);
        let line = &self.text[range.clone()];
        let column = (pos.column as usize).saturating_sub(1);
        if line.is_ascii() {
            return range.start + column.min(line.len());
        }
        range.start + line.char_indices().nth(column).map_or(line.len(), |(i, _)| i)
    }

    /// The place of a byte.
    pub fn pos_at(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|l| *l <= offset).max(1);
        let start = self.lines[line - 1];
        let column = self.text.get(start..offset).map_or(0, |t| t.chars().count());
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Pos { line: narrow(line), column: narrow(column + 1) }
    }

    /// The word, quotation, key or bracketed list that begins at a place; of a block only its first line.
    pub fn span(&self, pos: Pos) -> Span {
        if !pos.is_known() {
            let start = Pos { line: 1, column: 1 };
            return Span { start, end: start };
        }
        // What ends too early is found behind the last line.
        let pos = self.pos_at(self.offset(pos));
        let range = self.token(pos);
        let first_line = self.line_range(pos.line as usize).end;
        Span { start: pos, end: self.pos_at(range.end.min(first_line)) }
    }

    /// The bytes of the scalar, key or flow collection that begins at a place, quotes included.
    pub fn token(&self, pos: Pos) -> Range<usize> {
        let start = self.offset(pos);
        let rest = &self.text[start..];
        let end = match rest.as_bytes().first() {
            Some(b'\'') => single_quoted(rest),
            Some(b'"') => double_quoted(rest),
            Some(b'[' | b'{') => bracketed(rest),
            Some(b'|' | b'>') => return start..self.block_end(pos),
            Some(_) => plain(rest, self.in_flow(start)),
            None => 0,
        };
        start..start + end
    }

    /// The bytes of a scalar on one line, where its text is known to be this: what a change of it may replace.
    pub fn scalar(&self, pos: Pos, text: &str) -> Option<Range<usize>> {
        let range = self.token(pos);
        let slice = &self.text[range.clone()];
        if slice.contains('\n') {
            return None;
        }
        let nodes = yaml::parse_all(slice, &Limits::default()).ok()?;
        let [node] = nodes.as_slice() else { return None };
        (node.text() == Some(text)).then_some(range)
    }

    /// The bytes of a key, where it is known to be this.
    pub fn key(&self, pos: Pos, text: &str) -> Option<Range<usize>> {
        let range = self.scalar(pos, text)?;
        self.text[range.end..].trim_start_matches(' ').starts_with(':').then_some(range)
    }

    /// A text as a scalar, in the quotes that another scalar has.
    pub fn like(&self, range: &Range<usize>, text: &str) -> String {
        match self.text.as_bytes().get(range.start) {
            Some(b'\'') => format!("'{}'", text.replace('\'', "''")),
            Some(b'"') => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            _ => {
                let fits = yaml::parse_all(text, &Limits::default()).is_ok_and(
                    |n| matches!(n.as_slice(), [n] if n.as_scalar().is_some_and(|s| matches!(s, yaml::Scalar::Str(t) if t == text))),
                );
                if fits
                    && !text.contains(": ")
                    && !text.contains(" #")
                    && !text.starts_with(['[', '{', '-', '?', '&', '*', '!', '|', '>', '%', '@', '`'])
                {
                    text.to_owned()
                } else {
                    format!("'{}'", text.replace('\'', "''"))
                }
            }
        }
    }

    /// The lines of a list's element, where nothing else stands on them.
    pub fn item_lines(&self, pos: Pos) -> Option<Range<usize>> {
        let token = self.token(pos);
        let (first, last) = (pos.line as usize, self.pos_at(token.end).line as usize);
        let before = &self.text[self.line_range(first).start..token.start];
        let after = &self.text[token.end..self.line_range(last).end];
        (before.trim() == "-" && after.trim().is_empty() && first == last).then(|| self.whole_lines(first, last))
    }

    /// The lines of a key and its value, where no comment would go with them.
    pub fn entry_lines(&self, key: Pos) -> Option<Range<usize>> {
        let first = key.line as usize;
        let start = self.line_range(first).start;
        let indent = self.offset(key) - start;
        if !self.text[start..start + indent].bytes().all(|b| b == b' ') {
            return None;
        }
        let mut last = first;
        for line in first + 1..=self.line_count() {
            let text = self.line(line);
            let own = text.len() - text.trim_start().len();
            let is_item = own == indent && text.trim_start().starts_with("- ");
            if text.trim().is_empty() {
                continue;
            }
            if own <= indent && !is_item {
                break;
            }
            last = line;
        }
        let range = self.whole_lines(first, last);
        (!self.text[range.clone()].lines().any(has_comment)).then_some(range)
    }

    /// Whether a place lies inside brackets that opened on its line.
    fn in_flow(&self, at: usize) -> bool {
        let line = self.line_range(self.pos_at(at).line as usize);
        let before = &self.text[line.start..at];
        let mut depth = 0usize;
        let mut i = 0;
        while i < before.len() {
            match before.as_bytes()[i] {
                b'\'' if depth > 0 || opens(before, i) => i += single_quoted(&before[i..]).max(1) - 1,
                b'"' if depth > 0 || opens(before, i) => i += double_quoted(&before[i..]).max(1) - 1,
                b'[' | b'{' if depth > 0 || opens(before, i) => depth += 1,
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            i += 1;
        }
        depth > 0
    }

    /// The end of a block scalar whose `|` or `>` stands at a place, without blank lines behind it.
    fn block_end(&self, pos: Pos) -> usize {
        let header = self.line(pos.line as usize);
        let indent = header.len() - header.trim_start_matches([' ', '-']).len();
        let mut end = self.line_range(pos.line as usize).end;
        for line in pos.line as usize + 1..=self.line_count() {
            let text = self.line(line);
            if text.trim().is_empty() {
                continue;
            }
            if text.len() - text.trim_start().len() <= indent {
                break;
            }
            end = self.line_range(line).end;
        }
        end
    }
}

/// Whether a quote or bracket at a byte of a line begins a value.
fn opens(before: &str, at: usize) -> bool {
    let text = before[..at].trim_end();
    text.is_empty() || text.ends_with([':', '-', '?'])
}

/// Whether a line has a comment; a `#` inside quotes counts, too, which only makes a change shy.
fn has_comment(line: &str) -> bool {
    line.trim_start().starts_with('#') || line.contains(" #")
}

fn single_quoted(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 1;
    while i < bytes.len() {
        if bytes[i] == b'\'' {
            if bytes.get(i + 1) == Some(&b'\'') {
                i += 1;
            } else {
                return i + 1;
            }
        }
        i += 1;
    }
    bytes.len()
}

fn double_quoted(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut i = 1;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'"' => return i + 1,
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

fn bracketed(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut i = 0;
    while i < bytes.len() {
        match bytes[i] {
            b'[' | b'{' => depth += 1,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            b'\'' => i += single_quoted(&text[i..]).max(1) - 1,
            b'"' => i += double_quoted(&text[i..]).max(1) - 1,
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

fn plain(text: &str, in_flow: bool) -> usize {
    let line = text.split(['\n', '\r']).next().unwrap_or_default();
    let mut end = line.len();
    for (i, c) in line.char_indices() {
        let next = line[i + c.len_utf8()..].chars().next();
        let stops = match c {
            ':' => next.is_none_or(|n| n == ' ' || (in_flow && matches!(n, ',' | ']' | '}'))),
            '#' => i > 0 && line[..i].ends_with([' ', '\t']),
            ',' | ']' | '}' => in_flow,
            _ => false,
        };
        if stops {
            end = i;
            break;
        }
    }
    line[..end].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_carriage_return_ends_a_line_only_before_a_line_feed() {
        let file = File::new(Path::new("a.yml"), "a\r\nb\r");
        assert_eq!((file.line(1), file.line(2)), ("a", "b\r"));
        // A place behind the end is the end, and a span does not run backwards.
        let span = file.span(Pos { line: 9, column: 1 });
        assert!(span.start <= span.end, "{span:?}");
    }
}
