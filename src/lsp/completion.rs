//! Completion.

use super::context::Context;
use lsp_types::{CompletionItem, CompletionItemKind, Position};
use sigmalert_check::{File, taxonomy::Taxonomy};
use sigmalert_sigma::yaml::{Limits, parse_all};
use sigmalert_sigma::{Level, Logsource, Modifier, Status};

/// The keys of a rule, offered at the start of a line.
const KEYS: [&str; 16] = [
    "title",
    "id",
    "related",
    "status",
    "description",
    "references",
    "author",
    "date",
    "modified",
    "tags",
    "logsource",
    "detection",
    "correlation",
    "filter",
    "falsepositives",
    "level",
];

/// Returns the completions at a position.
pub(super) fn complete(c: &Context<'_>, at: Position) -> Vec<CompletionItem> {
    let file = File::new(c.path, c.text);
    let line = at.line as usize + 1;
    let start = file.line_range(line).start;
    let before = &c.text[start..super::convert::offset(&file, at)];
    let typed = before.trim_start();
    let items = |words: Vec<String>, kind| {
        words.into_iter().map(|label| CompletionItem { label, kind: Some(kind), ..CompletionItem::default() }).collect()
    };
    let words = |w: &[&str]| w.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
    if typed.len() == before.len() && !typed.contains(':') {
        return items(words(&KEYS), CompletionItemKind::KEYWORD);
    }
    match section(&file, line).unwrap_or_default() {
        "status" if typed.starts_with("status:") => {
            items(Status::ALL.iter().map(|s| s.name().to_owned()).collect(), CompletionItemKind::ENUM_MEMBER)
        }
        "level" if typed.starts_with("level:") => {
            items(Level::ALL.iter().map(|s| s.name().to_owned()).collect(), CompletionItemKind::ENUM_MEMBER)
        }
        "tags" => items(tags(c, typed), CompletionItemKind::ENUM_MEMBER),
        "logsource" => items(logsource(typed), CompletionItemKind::ENUM_MEMBER),
        "detection" | "filter" => {
            let key = typed.strip_prefix("- ").unwrap_or(typed);
            if key.starts_with("condition:") {
                return items(selections(&file, line), CompletionItemKind::VARIABLE);
            }
            if key.contains(':') {
                return Vec::new();
            }
            if key.contains('|') {
                return items(Modifier::names().map(str::to_owned).collect(), CompletionItemKind::OPERATOR);
            }
            items(fields(c, line), CompletionItemKind::FIELD)
        }
        _ => Vec::new(),
    }
}

/// Returns the top-level key that a line belongs to.
fn section<'a>(file: &File<'a>, line: usize) -> Option<&'a str> {
    (1..=line).rev().find_map(|l| {
        let text = file.line(l);
        let key = text.split(':').next()?;
        (key.starts_with(|c: char| c.is_ascii_alphabetic()) && text.len() > key.len()).then_some(key)
    })
}

/// Returns tags for the typed prefix; namespaces first.
fn tags(c: &Context<'_>, typed: &str) -> Vec<String> {
    let typed = typed.trim_start_matches(['-', ' ']);
    let attack = c.checker.config().vocabulary.attack();
    if typed.starts_with("attack.") {
        let mut names: Vec<String> = attack.names().map(|n| format!("attack.{n}")).collect();
        names.sort_unstable();
        return names;
    }
    let mut out: Vec<String> = ["attack.", "car.", "cve.", "d3fend.", "stp.", "tlp.clear"].map(str::to_owned).to_vec();
    out.extend(["dfir", "emerging-threats", "threat-hunting"].map(|k| format!("detection.{k}")));
    out.extend(c.checker.config().vocabulary.tag_namespaces.iter().map(|n| format!("{n}.")));
    out
}

fn logsource(typed: &str) -> Vec<String> {
    let part = ["product:", "category:", "service:"].iter().position(|k| typed.starts_with(k));
    let Some(part) = part else { return ["category", "product", "service", "definition"].map(str::to_owned).to_vec() };
    let mut words: Vec<String> = Taxonomy::get().words(part).map(str::to_owned).collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Returns the fields of the rule's logsource. Only the logsource is parsed: the text at the cursor may not be valid YAML yet.
fn fields(c: &Context<'_>, line: usize) -> Vec<String> {
    let lines: Vec<&str> = c.text.lines().collect();
    let at = line.min(lines.len());
    // The document at the cursor.
    let first = lines[..at].iter().rposition(|l| l.trim_end() == "---").map_or(0, |i| i + 1);
    let last = lines[at..].iter().position(|l| l.trim_end() == "---").map_or(lines.len(), |i| at + i);
    let own = &lines[first..last];
    let Some(from) = own.iter().position(|l| l.starts_with("logsource:")) else { return Vec::new() };
    let to = own[from + 1..].iter().position(|l| l.starts_with(|c: char| c.is_alphabetic())).map_or(own.len(), |i| from + 1 + i);
    let text = own[from..to].join("\n");
    let Ok(nodes) = parse_all(&text, &Limits::default()) else { return Vec::new() };
    let Some(node) = nodes.first().and_then(|n| n.get("logsource")) else { return Vec::new() };
    let part = |k: &str| node.get(k).and_then(|n| n.text()).map(str::to_lowercase);
    let logsource = Logsource { product: part("product"), category: part("category"), service: part("service"), ..Logsource::default() };
    let mut out: Vec<String> = Taxonomy::get().completions(&logsource).into_iter().map(str::to_owned).collect();
    // Fields that the rule uses already.
    for l in own {
        let key = l.trim_start().trim_start_matches("- ").split([':', '|']).next().unwrap_or_default();
        if l.starts_with("        ") && key.starts_with(char::is_uppercase) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
            out.push(key.to_owned());
        }
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// Returns the names of the selections above a line, and the operators.
fn selections(file: &File<'_>, line: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for l in (1..line).rev() {
        let text = file.line(l);
        if text.starts_with("detection:") || text.starts_with("filter:") {
            break;
        }
        let indent = text.len() - text.trim_start().len();
        if (1..=4).contains(&indent)
            && let Some((name, _)) = text.trim_start().split_once(':')
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        {
            out.insert(0, name.to_owned());
        }
    }
    out.extend(["and", "or", "not", "1 of ", "all of ", "them"].map(str::to_owned));
    out
}
