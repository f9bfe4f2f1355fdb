//! Reads JSON text without building a tree, and reports only the values of fields that rules use.

use super::fields::{FieldTree, Node, ROOT};
use super::sink::{DocumentError, DocumentErrorKind, MAX_DEPTH, Sink, ValueKind};

/// A reader of one document.
pub(super) struct JsonReader<'j, 'f, S> {
    json: &'j [u8],
    at: usize,
    fields: &'f FieldTree,
    sink: &'f mut S,
    /// Holds text whose escapes were resolved.
    buffer: &'f mut Vec<u8>,
    /// The name of the current field, if names are wanted.
    path: Vec<u8>,
}

type Step<T = ()> = Result<T, DocumentError>;

impl<'j, 'f, S: Sink> JsonReader<'j, 'f, S> {
    pub fn read(json: &'j [u8], fields: &'f FieldTree, buffer: &'f mut Vec<u8>, sink: &'f mut S) -> Step {
        let mut reader = Self { json, at: 0, fields, sink, buffer, path: Vec::new() };
        reader.blank();
        if reader.peek() != Some(b'{') {
            return Err(DocumentError::at(DocumentErrorKind::NotAnObject, reader.at));
        }
        reader.object(ROOT, 0)?;
        reader.blank();
        if reader.at < json.len() { reader.fail("unexpected text after the document") } else { Ok(()) }
    }

    fn fail<T>(&self, message: &'static str) -> Step<T> {
        Err(DocumentError::at(DocumentErrorKind::InvalidJson(message), self.at))
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

    /// Reads an object whose keys continue a name in the field tree.
    fn object(&mut self, node: Node, depth: u32) -> Step {
        if depth > MAX_DEPTH {
            return Err(DocumentError::at(DocumentErrorKind::TooDeep, self.at));
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
            self.expect(b':', "expected `:` after the key")?;
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
                _ => return self.fail("expected `,` or `}`"),
            }
        }
    }

    fn list(&mut self, node: Node, depth: u32) -> Step {
        if depth > MAX_DEPTH {
            return Err(DocumentError::at(DocumentErrorKind::TooDeep, self.at));
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
                _ => return self.fail("expected `,` or `]`"),
            }
        }
    }

    fn value(&mut self, node: Node, depth: u32, listed: bool) -> Step {
        match self.peek() {
            Some(b'"') => {
                let (start, end, escaped) = self.string()?;
                let wanted = [self.fields.field(node), self.fields.multi_field(node)];
                if wanted == [None; 2] && !self.fields.wants_all() {
                    return Ok(());
                }
                if escaped {
                    self.unescape(start, end)?;
                }
                let text: &[u8] = if escaped { self.buffer } else { &self.json[start..end] };
                for field in wanted.into_iter().flatten() {
                    self.sink.value(field, ValueKind::Text, text, listed);
                }
                if self.fields.wants_all() {
                    self.sink.any(ValueKind::Text, text, &self.path);
                }
                Ok(())
            }
            Some(b'{') => {
                if let Some(field) = self.fields.field(node) {
                    self.sink.value(field, ValueKind::Object, b"", listed);
                }
                self.object(node, depth + 1)
            }
            Some(b'[') => self.list(node, depth),
            Some(b't') => self.word(b"true", Some(ValueKind::Bool), node, listed),
            Some(b'f') => self.word(b"false", Some(ValueKind::Bool), node, listed),
            Some(b'n') => self.word(b"null", None, node, listed),
            Some(b'-' | b'0'..=b'9') => {
                let start = self.at;
                while let Some(b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9') = self.peek() {
                    self.at += 1;
                }
                self.found(ValueKind::Number, start, node, listed);
                Ok(())
            }
            _ => self.fail("expected a value"),
        }
    }

    fn found(&mut self, kind: ValueKind, start: usize, node: Node, listed: bool) {
        let text = &self.json[start..self.at];
        for field in [self.fields.field(node), self.fields.multi_field(node)].into_iter().flatten() {
            self.sink.value(field, kind, text, listed);
        }
        if self.fields.wants_all() {
            self.sink.any(kind, text, &self.path);
        }
    }

    fn word(&mut self, word: &[u8], kind: Option<ValueKind>, node: Node, listed: bool) -> Step {
        let start = self.at;
        if !self.json[start..].starts_with(word) {
            return self.fail("expected a value");
        }
        self.at += word.len();
        if let Some(kind) = kind {
            self.found(kind, start, node, listed);
        }
        Ok(())
    }

    /// Skips a string. Returns the range of its content and whether that has escapes.
    fn string(&mut self) -> Step<(usize, usize, bool)> {
        self.expect(b'"', "expected `\"`")?;
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
                        return self.fail("unterminated string");
                    }
                }
                None => {
                    self.at = self.json.len();
                    return self.fail("unterminated string");
                }
            }
        }
    }

    /// Resolves the escapes of a range into the buffer.
    fn unescape(&mut self, start: usize, end: usize) -> Step {
        self.buffer.clear();
        let mut at = start;
        let fail = |at: usize| Err(DocumentError::at(DocumentErrorKind::InvalidJson("invalid escape sequence"), at));
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
                    // The low half of a surrogate pair.
                    if (0xd800..0xdc00).contains(&code)
                        && self.json.get(at..at + 2) == Some(b"\\u")
                        && let Some(low) = hex(at + 2).filter(|l| (0xdc00..0xe000).contains(l))
                    {
                        code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        at += 6;
                    }
                    // A lone surrogate is not a character.
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
