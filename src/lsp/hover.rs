//! Hover: the mapped field, the query of a condition, and the tactics of a tag.

use super::context::Context;
use lsp_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};
use sigmalert_check::File;
use sigmalert_convert::Target;
use sigmalert_convert::mapping::FieldLocation;
use sigmalert_sigma::yaml::Limits;
use sigmalert_sigma::{Collection, DetectionItem, Document, Rule};
use std::fmt::Write as _;

/// Returns the hover text at a position.
pub(super) fn hover(c: &Context<'_>, at: Position) -> Option<Hover> {
    let file = File::new(c.path, c.text);
    let line = at.line as usize + 1;
    let offset = super::convert::offset(&file, at);
    let text = tag(c, file.line(line)).or_else(|| {
        let parsed = sigmalert_query::from_sigma::parse(c.text, &Limits::default()).ok()?;
        let documents: Vec<Document> = parsed.documents.into_iter().flatten().collect();
        let collection = Collection::new(documents);
        // The last document that starts at or above the line.
        let index = collection.documents().iter().rposition(|d| d.pos().line as usize <= line)?;
        let Document::Rule(rule) = &collection.documents()[index] else { return None };
        item_at(rule, &file, offset).map_or_else(|| condition(c, &collection, index, file.line(line)), |i| field(c, rule, i))
    })?;
    let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value: text });
    Some(Hover { contents, range: None })
}

/// Returns the item whose key contains a byte.
fn item_at<'r>(rule: &'r Rule, file: &File<'_>, offset: usize) -> Option<&'r DetectionItem> {
    rule.detection.items().into_iter().find(|i| i.field.is_some() && file.token(i.pos).contains(&offset))
}

fn field(c: &Context<'_>, rule: &Rule, item: &DetectionItem) -> Option<String> {
    let name = item.field.as_deref()?;
    let mut out = format!("**{name}** of {}\n", rule.logsource);
    let Some(converter) = c.checker.converter() else {
        out.push_str("\nNo mapping is set: name one under `mapping` in .sigmalert.toml to see the field of the index.\n");
        return Some(out);
    };
    let mapping = converter.mapping();
    let kind = |f: &str| mapping.schema().field(f).kind.name();
    _ = match mapping.place(&rule.logsource, name) {
        FieldLocation::Named(fields) => {
            writeln!(out, "\n{}: {}", mapping.name(), fields.iter().map(|f| format!("`{f}` ({})", kind(f))).collect::<Vec<_>>().join(", "))
        }
        FieldLocation::Default(f) => writeln!(out, "\n{}: `{f}` ({}), by the logsource's default", mapping.name(), kind(&f)),
        FieldLocation::Nowhere(reason) => {
            writeln!(out, "\n{}: no event has it{}", mapping.name(), reason.map_or_else(String::new, |r| format!(": {r}")))
        }
        FieldLocation::NoEvents(reason) => writeln!(out, "\n{}: no events of this logsource: {reason}", mapping.name()),
        FieldLocation::Unknown => writeln!(out, "\n{}: the mapping does not speak of it", mapping.name()),
    };
    Some(out)
}

/// Returns the query of the whole rule, for its condition and title.
fn condition(c: &Context<'_>, collection: &Collection, index: usize, line: &str) -> Option<String> {
    let line = line.trim_start();
    if !["condition:", "title:", "detection:"].iter().any(|k| line.starts_with(k)) {
        return None;
    }
    let own = c.checker.converter()?;
    let converter = own.with_target(Target::Lucene);
    Some(match converter.convert(collection, index) {
        Ok(converted) => format!("{} on `{}`:\n\n```lucene\n{}\n```\n", own.mapping().name(), converted.index, converted.query),
        Err(e) => format!("{}: {e}\n", own.mapping().name()),
    })
}

fn tag(c: &Context<'_>, line: &str) -> Option<String> {
    let name = line.trim().strip_prefix("- ")?.trim().strip_prefix("attack.")?.split_whitespace().next()?.to_lowercase();
    let attack = c.checker.config().vocabulary.attack();
    let link = name.strip_prefix('t').filter(|n| n.starts_with(|d: char| d.is_ascii_digit()));
    let Some(number) = link else { return Some(format!("ATT&CK {}: the tactic {}\n", attack.release, name.replace('-', " "))) };
    let tactics = attack.tactics_of(&name);
    let known = if tactics.is_empty() { "not in this release".to_owned() } else { tactics.join(", ") };
    Some(format!("[ATT&CK {}](https://attack.mitre.org/techniques/T{}/): {known}\n", name.to_uppercase(), number.replace('.', "/")))
}
