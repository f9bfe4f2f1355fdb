//! The text of a rule file, option by option, so that some options can be changed while the rest keeps its text, comments
//! and order.

mod comments;

use sigmalert_sigma::yaml::{self, Dialect, Limits, Value};

/// A text with each option on separate lines.
#[derive(Debug)]
pub struct Document<'t> {
    lines: Vec<&'t str>,
    /// Name, value and first line of each option.
    options: Vec<(String, Value, usize)>,
    dialect: Dialect,
}

impl<'t> Document<'t> {
    /// Parses a rule file as ElastAlert does.
    ///
    /// # Errors
    /// If it is not a mapping of options, or two options share a line.
    pub fn parse(text: &'t str) -> Result<Self, String> {
        Self::parse_as(text, Dialect::Yaml11)
    }

    /// Parses a text in a dialect of YAML.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_as(text: &'t str, dialect: Dialect) -> Result<Self, String> {
        let documents = yaml::parse_as(text, &Limits::default(), dialect).map_err(|e| format!("is not valid YAML: {}: {e}", e.pos))?;
        let entries = match documents.as_slice() {
            [one] => one.as_map(),
            _ => None,
        };
        let entries = entries.ok_or("is not a mapping of rule options")?;
        let starts: Vec<usize> = entries.iter().map(|(k, _)| (k.pos.line as usize).saturating_sub(1)).collect();
        if entries.iter().any(|(k, _)| k.pos.column != 1) || starts.windows(2).any(|w| w[0] >= w[1]) {
            return Err("has several options on one line".into());
        }
        let options = entries.iter().zip(starts).map(|((k, v), at)| (k.text.to_string(), v.to_value(), at)).collect();
        Ok(Self { lines: lines(text), options, dialect })
    }

    /// Returns the options in their order.
    pub fn options(&self) -> Vec<(String, Value)> {
        self.options.iter().map(|(k, v, _)| (k.clone(), v.clone())).collect()
    }

    /// Returns the index of an option.
    pub fn find(&self, key: &str) -> Option<usize> {
        self.options.iter().position(|(k, ..)| k == key)
    }

    /// Returns the name and value of the option at an index.
    pub fn option(&self, at: usize) -> (&str, &Value) {
        let (key, value, _) = &self.options[at];
        (key, value)
    }

    /// Returns the number of options.
    pub fn len(&self) -> usize {
        self.options.len()
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.options.is_empty()
    }

    /// Returns the text before the first option.
    pub fn head(&self) -> String {
        self.lines[..self.options.first().map_or(0, |(.., at)| *at)].concat()
    }

    /// Returns the text of an option up to the next one.
    pub fn whole(&self, at: usize) -> String {
        ended(self.lines[self.options[at].2..self.end(at)].concat())
    }

    fn end(&self, at: usize) -> usize {
        self.options.get(at + 1).map_or(self.lines.len(), |(.., next)| *next)
    }

    /// The line where an option ends, before comments and blank lines that belong to the next.
    fn body_end(&self, at: usize) -> usize {
        let start = self.options[at].2;
        let mut end = self.end(at);
        while end > start + 1 && (self.lines[end - 1].starts_with('#') || self.lines[end - 1].trim().is_empty()) {
            end -= 1;
        }
        end
    }

    /// Returns the text with these options. Unchanged options and comments keep their text.
    pub fn with_options(&self, options: &[(String, Value)]) -> String {
        let mut out = self.head();
        let mut done = 0;
        let mut lead = |upto: usize, out: &mut String| {
            // Comments between options are kept, even those above a removed option.
            while done < upto {
                out.push_str(&self.lines[self.body_end(done)..self.end(done)].concat());
                done += 1;
            }
        };
        // A renamed option takes the position of the old one, which the neighbouring options identify.
        let mut place = 0;
        for (key, value) in options {
            let emitted = || yaml::emit(&Value::Map(vec![(key.clone(), value.clone())]));
            let edited = |at: usize| {
                let body: String = self.lines[self.options[at].2..self.body_end(at)].concat();
                comments::edited(&body, key, &self.options[at].1, value, self.dialect).unwrap_or_else(|| {
                    // A rewritten option loses its inner comments: they move above it.
                    comments::inside(&body, &self.options[at].1) + &emitted()
                })
            };
            match self.find(key) {
                Some(at) => {
                    lead(at, &mut out);
                    let same = serde_json::Value::from(self.options[at].1.clone()) == serde_json::Value::from(value.clone());
                    out.push_str(&if same { ended(self.lines[self.options[at].2..self.body_end(at)].concat()) } else { edited(at) });
                    place = at + 1;
                }
                None => {
                    let gone = place < self.options.len() && !options.iter().any(|(k, _)| *k == self.options[place].0);
                    if gone {
                        lead(place, &mut out);
                        place += 1;
                    }
                    out.push_str(&emitted());
                }
            }
        }
        lead(self.options.len(), &mut out);
        out
    }
}

/// The lines of a text as YAML counts them: a carriage return ends a line, too.
fn lines(text: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find(['\n', '\r']) {
        let end = if rest[at..].starts_with("\r\n") { at + 2 } else { at + 1 };
        out.push(&rest[..end]);
        rest = &rest[end..];
    }
    if !rest.is_empty() {
        out.push(rest);
    }
    out
}

fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A carriage return by itself ends a line to YAML, and so it does here.
    #[test]
    fn carriage_returns_end_lines() {
        for text in ["name: x\rtype: any\r\nindex: y\n", "a: 1\r\r\rb: 2\r", "a: 1\r\nb: 2\r\n"] {
            let d = Document::parse(text).unwrap();
            assert_eq!(
                d.with_options(&d.options()).replace("\r\n", "\n").replace('\r', "\n").trim_end(),
                text.replace("\r\n", "\n").replace('\r', "\n").trim_end()
            );
            assert!(d.whole(1).starts_with(d.option(1).0), "{text:?}");
        }
    }

    #[test]
    fn the_rest_stays_as_it_stands() {
        let text = "# head\nname: x   # why\n\n# about b\nb: 'it''s'\n# about c\nc: [1,\n  2]\n\n# the end\n";
        let d = Document::parse(text).unwrap();
        let mut options = d.options();
        assert_eq!(d.with_options(&options), text);
        options[1].1 = Value::Int(5);
        assert_eq!(d.with_options(&options), text.replace("b: 'it''s'", "b: 5"));
        options[1].0 = "bb".into();
        assert_eq!(d.with_options(&options), text.replace("b: 'it''s'", "bb: 5"));
        options.remove(1);
        options.push(("z".into(), true.into()));
        assert_eq!(d.with_options(&options), "# head\nname: x   # why\n\n# about b\n# about c\nc: [1,\n  2]\nz: true\n\n# the end\n");
    }
}
