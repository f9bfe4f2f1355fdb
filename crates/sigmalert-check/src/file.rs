//! The text of a file: conversion between positions and bytes, and the extent of values for fixes.

use super::span::Span;
use sigmalert_sigma::yaml::{self, Limits, Pos};
use std::ops::Range;
use std::path::Path;
use std::sync::OnceLock;

/// A file to check.
#[derive(Debug)]
pub struct File<'a> {
    /// The path, as findings show it.
    pub path: &'a Path,
    /// The text.
    pub text: &'a str,
    /// The start of each line. The first starts after a byte order mark, which has no column.
    lines: Vec<usize>,
    /// For each block of the text, the number of continuation bytes before it; empty if the text is ASCII. It gives the column of a
    /// byte without scanning the line, which may be as long as the file.
    continuing: Vec<usize>,
    /// The depth in brackets from a byte on, on the line of that byte; computed on first use.
    brackets: OnceLock<Vec<(usize, usize)>>,
}

/// The bytes of a block of [`File::continuing`].
const BLOCK: usize = 256;

fn continues(byte: u8) -> bool {
    byte & 0xc0 == 0x80
}

impl<'a> File<'a> {
    /// Creates a file from a path and a text.
    pub fn new(path: &'a Path, text: &'a str) -> Self {
        let first = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let lines = std::iter::once(first).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        let continuing = if text.is_ascii() {
            Vec::new()
        } else {
            let counts = text.as_bytes().chunks(BLOCK).map(|block| block.iter().filter(|b| continues(**b)).count());
            let before = counts.scan(0, |sum, n| Some(std::mem::replace(sum, *sum + n)));
            before.collect()
        };
        Self { path, text, lines, continuing, brackets: OnceLock::new() }
    }

    /// Returns the number of continuation bytes before a byte.
    fn continuing_before(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        // If the text is a multiple of the block size, no block starts at its end.
        let Some(block) = self.continuing.len().checked_sub(1).map(|last| block.min(last)) else { return 0 };
        self.continuing[block] + self.text.as_bytes()[block * BLOCK..offset].iter().filter(|b| continues(**b)).count()
    }

    /// Returns the file name without its folder.
    pub fn name(&self) -> &'a str {
        self.path.file_name().and_then(|n| n.to_str()).unwrap_or_default()
    }

    /// Returns the number of lines, including an empty last one.
    pub fn line_count(&self) -> usize {
        self.lines.len()
    }

    /// Returns the bytes of a line, counted from 1, without its line ending.
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let Some(&start) = line.checked_sub(1).and_then(|l| self.lines.get(l)) else { return self.text.len()..self.text.len() };
        // A carriage return is part of a line ending only before a line feed.
        let end = match self.lines.get(line) {
            Some(next) if next - 1 > start && self.text.as_bytes()[next - 2] == b'\r' => next - 2,
            Some(next) => next - 1,
            None => self.text.len(),
        };
        start..end.max(start)
    }

    /// Returns a line, counted from 1, without its line ending.
    pub fn line(&self, line: usize) -> &'a str {
        &self.text[self.line_range(line)]
    }

    /// Returns the bytes of a range of lines with their line endings, for deletion.
    pub fn whole_lines(&self, from: usize, to: usize) -> Range<usize> {
        self.line_range(from).start..self.lines.get(to).copied().unwrap_or(self.text.len())
    }

    /// Returns the byte of a position.
    pub fn offset(&self, pos: Pos) -> usize {
        let range = self.line_range(pos.line as usize);
        let column = (pos.column as usize).saturating_sub(1);
        if self.continuing.is_empty() {
            return (range.start + column).min(range.end);
        }
        // Binary search for the character; a byte inside a character counts as after it.
        let before = self.continuing_before(range.start);
        let (mut low, mut high) = (range.start, range.end);
        while low < high {
            let middle = low.midpoint(high);
            let characters = middle - range.start - (self.continuing_before(middle) - before);
            if characters < column { low = middle + 1 } else { high = middle }
        }
        (low..=range.end).find(|at| self.text.is_char_boundary(*at)).unwrap_or(range.end)
    }

    /// Returns the position of a byte.
    pub fn pos_at(&self, offset: usize) -> Pos {
        let line = self.lines.partition_point(|l| *l <= offset).max(1);
        let start = self.lines[line - 1];
        let inside = start <= offset && self.text.is_char_boundary(offset);
        let column = if inside { offset - start - (self.continuing_before(offset) - self.continuing_before(start)) } else { 0 };
        let narrow = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Pos { line: narrow(line), column: narrow(column + 1) }
    }

    /// Returns the span of the word, quotation, key or bracketed list at a position; of a block, only its first line.
    pub fn span(&self, pos: Pos) -> Span {
        if !pos.is_known() {
            let start = Pos { line: 1, column: 1 };
            return Span { start, end: start };
        }
        // Clamp positions after the end of the text.
        let pos = self.pos_at(self.offset(pos));
        let range = self.token(pos);
        let first_line = self.line_range(pos.line as usize).end;
        Span { start: pos, end: self.pos_at(range.end.min(first_line)) }
    }

    /// Returns the bytes of the scalar, key or flow collection at a position, including quotes.
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

    /// Returns the bytes of a single-line scalar, if its value is the given text, so that it can be replaced.
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

    /// Returns the bytes of a key, if it is the given text.
    pub fn key(&self, pos: Pos, text: &str) -> Option<Range<usize>> {
        let range = self.scalar(pos, text)?;
        self.text[range.end..].trim_start_matches(' ').starts_with(':').then_some(range)
    }

    /// Renders a text as a scalar, with the quotes of another scalar.
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

    /// Returns the lines of a list element, if there is nothing else on them.
    pub fn item_lines(&self, pos: Pos) -> Option<Range<usize>> {
        let token = self.token(pos);
        let (first, last) = (pos.line as usize, self.pos_at(token.end).line as usize);
        let before = &self.text[self.line_range(first).start..token.start];
        let after = &self.text[token.end..self.line_range(last).end];
        (before.trim() == "-" && after.trim().is_empty() && first == last).then(|| self.whole_lines(first, last))
    }

    /// Returns the lines of a key and its value, if they contain no comment.
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

    /// Whether a byte is inside brackets that were opened on its line.
    fn in_flow(&self, at: usize) -> bool {
        let brackets = self.brackets.get_or_init(|| self.brackets());
        let start = self.line_range(self.pos_at(at).line as usize).start;
        let before = brackets.partition_point(|(byte, _)| *byte <= at);
        before.checked_sub(1).is_some_and(|i| brackets[i].0 > start && brackets[i].1 > 0)
    }

    /// Returns the bytes at which the depth in brackets changes, with the new depth. Each line is scanned by itself.
    fn brackets(&self) -> Vec<(usize, usize)> {
        let mut out = Vec::new();
        for range in (1..=self.line_count()).map(|l| self.line_range(l)) {
            let line = &self.text[range.clone()];
            let mut depth = 0usize;
            let mut i = 0;
            while i < line.len() {
                match line.as_bytes()[i] {
                    b'\'' if depth > 0 || opens(line, i) => i += single_quoted(&line[i..]).max(1) - 1,
                    b'"' if depth > 0 || opens(line, i) => i += double_quoted(&line[i..]).max(1) - 1,
                    b'[' | b'{' if depth > 0 || opens(line, i) => {
                        depth += 1;
                        out.push((range.start + i + 1, depth));
                    }
                    b']' | b'}' if depth > 0 => {
                        depth -= 1;
                        out.push((range.start + i + 1, depth));
                    }
                    _ => {}
                }
                i += 1;
            }
        }
        out
    }

    /// Returns the end of a block scalar with its `|` or `>` at a position, without trailing blank lines.
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

/// Whether a quote or bracket at a byte of a line starts a value.
fn opens(before: &str, at: usize) -> bool {
    let text = before[..at].trim_end();
    text.is_empty() || text.ends_with([':', '-', '?'])
}

/// Whether a line may have a comment. A `#` inside quotes counts, too, which only prevents a fix.
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
    let bytes = text.as_bytes();
    // Do not search for the end of the line first: a long line may contain many scalars.
    let ends = |byte: Option<&u8>| matches!(byte, None | Some(b'\n' | b'\r'));
    let mut end = 0;
    while !ends(bytes.get(end)) {
        let stops = match bytes[end] {
            b':' => {
                let next = bytes.get(end + 1);
                ends(next) || next == Some(&b' ') || (in_flow && matches!(next, Some(b',' | b']' | b'}')))
            }
            b'#' => end > 0 && matches!(bytes[end - 1], b' ' | b'\t'),
            b',' | b']' | b'}' => in_flow,
            _ => false,
        };
        if stops {
            break;
        }
        end += 1;
    }
    text[..end].trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Positions from the tables equal those from counting characters.
        #[test]
        fn positions_are_counted_in_characters(text in "[a\u{e4}\u{1f600}\\[\\]'\r\n ]{0,1200}", column in 0u32..1300) {
            let file = File::new(Path::new("a.yml"), &text);
            for line in 1..=file.line_count() {
                let range = file.line_range(line);
                let own = &text[range.clone()];
                let at = range.start + own.char_indices().nth(column.saturating_sub(1) as usize).map_or(own.len(), |(i, _)| i);
                let pos = Pos { line: u32::try_from(line).unwrap(), column };
                proptest::prop_assert_eq!(file.offset(pos), at);
                let counted = u32::try_from(own[..at - range.start].chars().count() + 1).unwrap();
                proptest::prop_assert_eq!(file.pos_at(at), Pos { line: pos.line, column: counted });
            }
        }
    }

    #[test]
    fn brackets_are_counted_outside_of_quotes() {
        let text = "a: [b, 'c]', {d: e}]\nf: g, '[' h\n- 'it''s [' \n- [x\n  y, z]\n";
        let file = File::new(Path::new("a.yml"), text);
        let inside: String = text
            .char_indices()
            .map(|(i, c)| {
                if c == '\n' {
                    c
                } else if file.in_flow(i) {
                    '+'
                } else {
                    '-'
                }
            })
            .collect();
        assert_eq!(inside, "----++++++++++++++++\n-----------\n------------\n---+\n-------\n");
    }

    #[test]
    fn a_carriage_return_ends_a_line_only_before_a_line_feed() {
        let file = File::new(Path::new("a.yml"), "a\r\nb\r");
        assert_eq!((file.line(1), file.line(2)), ("a", "b\r"));
        // A place behind the end is the end, and a span does not run backwards.
        let span = file.span(Pos { line: 9, column: 1 });
        assert!(span.start <= span.end, "{span:?}");
    }
}
