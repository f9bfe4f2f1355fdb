//! JSON read once, without a tree: every value of a field that somebody asks for, and nothing else.

use super::fields::{Fields, Node, ROOT};
use std::fmt;

/// How deep objects and lists may nest.
const MAX_DEPTH: u32 = 128;

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ValueType {
    /// Text.
    Text,
    /// A number, as it is written.
    Number,
    /// `true` or `false`.
    Bool,
    /// An object: only that it is there.
    Object,
}

/// Why a document cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentError {
    /// What is wrong.
    pub message: &'static str,
    /// The byte where.
    pub at: usize,
}

impl fmt::Display for DocumentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.message, self.at + 1)
    }
}

impl std::error::Error for DocumentError {}

/// Takes what is found.
pub(super) trait Sink {
    /// A value of a field; `text` is unescaped. `repeated` when it is one of a list.
    fn value(&mut self, field: u32, shape: ValueType, text: &[u8], listed: bool);
    /// A value of any field at all; `path` is the name of the field, where somebody asks for it.
    fn any(&mut self, shape: ValueType, text: &[u8], path: &[u8]);
}

/// One reading of a document.
pub(super) struct Reader<'j, 'f, S> {
    json: &'j [u8],
    at: usize,
    fields: &'f Fields,
    sink: &'f mut S,
    /// Anchor text with escapes is put together.
    buffer: &'f mut Vec<u8>,
    /// The name of the field that is read, where somebody asks for it.
    path: Vec<u8>,
}

type Step<T = ()> = Result<T, DocumentError>;

impl<'j, 'f, S: Sink> Reader<'j, 'f, S> {
    pub fn read(json: &'j [u8], fields: &'f Fields, buffer: &'f mut Vec<u8>, sink: &'f mut S) -> Step {
        let mut reader = Self { json, at: 0, fields, sink, buffer, path: Vec::new() };
        reader.blank();
        if reader.peek() != Some(b'{') {
            return reader.fail("a document is a JSON object");
        }
        reader.object(ROOT, 0)?;
        reader.blank();
        if reader.at < json.len() { reader.fail("something stands behind the document") } else { Ok(()) }
    }

    fn fail<T>(&self, message: &'static str) -> Step<T> {
        Err(DocumentError { message, at: self.at })
    }

    fn peek(&self) -> Option<u8> {
        self.json.get(self.at).copied()
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, message: &'static str) -> Step {
        if self.peek() == Some(byte) {
            self.at += 1;
            Ok(())
        } else {
            self.fail(message)
        }
    }

    /// An object whose keys go on from a node of the fields.
    fn object(&mut self, node: Node, depth: u32) -> Step {
        if depth > MAX_DEPTH {
            return self.fail("the document is nested too deep");
        }
        self.at += 1;
        self.blank();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blank();
            let (start, end, escaped) = self.string()?;
            if escaped {
                self.unescape(start, end)?;
            }
            let key: &[u8] = if escaped { self.buffer } else { &self.json[start..end] };
            let next = self.fields.step(node, key);
            let outer = self.path.len();
            if self.fields.wants_names() {
                if outer > 0 {
                    self.path.push(b'.');
                }
                self.path.extend_from_slice(key);
            }
            self.blank();
            self.expect(b':', "`:` is missing behind a key")?;
            self.blank();
            self.value(next, depth, false)?;
            self.path.truncate(outer);
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("`,` or `}` is missing in an object"),
            }
        }
    }

    fn list(&mut self, node: Node, depth: u32) -> Step {
        if depth > MAX_DEPTH {
            return self.fail("the document is nested too deep");
        }
        self.at += 1;
        self.blank();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blank();
            self.value(node, depth + 1, true)?;
            self.blank();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("`,` or `]` is missing in a list"),
            }
        }
    }

    fn value(&mut self, node: Node, depth: u32, listed: bool) -> Step {
        match self.peek() {
            Some(b'"') => {
                let (start, end, escaped) = self.string()?;
                let wanted = [self.fields.field(node), self.fields.form(node)];
                if wanted == [None; 2] && !self.fields.wants_all() {
                    return Ok(());
                }
                if escaped {
                    self.unescape(start, end)?;
                }
                let text: &[u8] = if escaped { self.buffer } else { &self.json[start..end] };
                for field in wanted.into_iter().flatten() {
                    self.sink.value(field, ValueType::Text, text, listed);
                }
                if self.fields.wants_all() {
                    self.sink.any(ValueType::Text, text, &self.path);
                }
                Ok(())
            }
            Some(b'{') => {
                if let Some(field) = self.fields.field(node) {
                    self.sink.value(field, ValueType::Object, b"", listed);
                }
                self.object(node, depth + 1)
            }
            Some(b'[') => self.list(node, depth),
            Some(b't') => self.word(b"true", Some(ValueType::Bool), node, listed),
            Some(b'f') => self.word(b"false", Some(ValueType::Bool), node, listed),
            Some(b'n') => self.word(b"null", None, node, listed),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
                    self.at += 1;
                }
                self.found(ValueType::Number, start, node, listed);
                Ok(())
            }
            _ => self.fail("a value is missing"),
        }
    }

    fn found(&mut self, shape: ValueType, start: usize, node: Node, listed: bool) {
        let text = &self.json[start..self.at];
        for field in [self.fields.field(node), self.fields.form(node)].into_iter().flatten() {
            self.sink.value(field, shape, text, listed);
        }
        if self.fields.wants_all() {
            self.sink.any(shape, text, &self.path);
        }
    }

    fn word(&mut self, word: &[u8], shape: Option<ValueType>, node: Node, listed: bool) -> Step {
        let start = self.at;
        if !self.json[start..].starts_with(word) {
            return self.fail("a value is missing");
        }
        self.at += word.len();
        if let Some(shape) = shape {
            self.found(shape, start, node, listed);
        }
        Ok(())
    }

    /// Passes over a string: where its inside begins and ends, and whether it has escapes.
    fn string(&mut self) -> Step<(usize, usize, bool)> {
        self.expect(b'"', "`\"` is missing")?;
        let start = self.at;
        let mut escaped = false;
        loop {
            match memchr::memchr2(b'"', b'\\', &self.json[self.at..]) {
                Some(i) if self.json[self.at + i] == b'"' => {
                    let end = self.at + i;
                    self.at = end + 1;
                    return Ok((start, end, escaped));
                }
                Some(i) => {
                    escaped = true;
                    self.at += i + 2;
                    if self.at > self.json.len() {
                        self.at = self.json.len();
                        return self.fail("a text does not end");
                    }
                }
                None => {
                    self.at = self.json.len();
                    return self.fail("a text does not end");
                }
            }
        }
    }

    /// Puts the text between two places into the buffer, without escapes.
    fn unescape(&mut self, start: usize, end: usize) -> Step {
        self.buffer.clear();
        let mut at = start;
        let fail = |at: usize| Err(DocumentError { message: "an escape means nothing", at });
        while at < end {
            let rest = &self.json[at..end];
            let Some(i) = memchr::memchr(b'\\', rest) else {
                self.buffer.extend_from_slice(rest);
                break;
            };
            self.buffer.extend_from_slice(&rest[..i]);
            at += i + 1;
            let plain = match self.json[at] {
                b @ (b'"' | b'\\' | b'/') => b,
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'b' => 8,
                b'f' => 12,
                b'u' => {
                    let hex = |at: usize| -> Option<u32> {
                        let digits = self.json.get(at..at + 4)?;
                        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
                    };
                    let Some(mut code) = hex(at + 1) else { return fail(at) };
                    at += 5;
                    // The second half of a character beyond the first plane.
                    if (0xd800..0xdc00).contains(&code)
                        && self.json.get(at..at + 2) == Some(b"\\u")
                        && let Some(low) = hex(at + 2).filter(|l| (0xdc00..0xe000).contains(l))
                    {
                        code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        at += 6;
                    }
                    // A half alone is no character; what it stood for is not known.
                    let c = char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER);
                    self.buffer.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => return fail(at),
            };
            self.buffer.push(plain);
            at += 1;
        }
        Ok(())
    }
}
