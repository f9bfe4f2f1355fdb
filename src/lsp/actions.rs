//! Code actions: the fix of a finding, a suppression comment, and all fixes at once.

use super::context::Context;
use super::convert::{range, span};
use lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, Position, Range, TextEdit, Uri, WorkspaceEdit};
use sigmalert_check::{Edit, File, fix_text};
use std::collections::HashMap;

/// Returns the actions for a range of a text.
pub(super) fn actions(c: &Context<'_>, uri: &Uri, at: Range, only: Option<&[CodeActionKind]>) -> Vec<CodeActionOrCommand> {
    let file = File::new(c.path, c.text);
    let wanted = |kind: &CodeActionKind| only.is_none_or(|o| o.iter().any(|k| kind.as_str().starts_with(k.as_str())));
    let mut out = Vec::new();
    if wanted(&CodeActionKind::QUICKFIX) {
        for f in &c.findings() {
            let place = span(&file, f.span);
            if place.end < at.start || place.start > at.end {
                continue;
            }
            let diagnostics = Some(vec![super::convert::diagnostic(&file, f)]);
            let mut add = |title: String, edits: &[Edit], preferred: bool| {
                let edits = edits.iter().map(|e| TextEdit { range: range(&file, &e.range), new_text: e.text.clone() }).collect();
                out.push(action(title, CodeActionKind::QUICKFIX, uri, edits, preferred, diagnostics.clone()));
            };
            if let Some(fix) = &f.fix {
                add(format!("{} ({})", fix.title, f.lint.code), &fix.edits, true);
            }
            // Only after a line without a comment.
            let end = file.line_range(f.span.start.line as usize).end;
            if !file.line(f.span.start.line as usize).contains('#') {
                let comment = Edit::replace(end..end, format!(" # sigmalert: ignore[{}]", f.lint.code));
                add(format!("Suppress {} on this line", f.lint.code), &[comment], false);
            }
        }
    }
    if wanted(&CodeActionKind::SOURCE_FIX_ALL) {
        let fixed = fix_text(c.checker, c.path, c.text);
        if fixed.text != c.text {
            let end = super::convert::position(&file, c.text.len());
            let whole = TextEdit { range: Range { start: Position::default(), end }, new_text: fixed.text };
            out.push(action("Fix all".into(), CodeActionKind::SOURCE_FIX_ALL, uri, vec![whole], false, None));
        }
    }
    out
}

#[expect(clippy::mutable_key_type, reason = "the protocol's own type, which is not changed here")]
fn action(
    title: String,
    kind: CodeActionKind,
    uri: &Uri,
    edits: Vec<TextEdit>,
    preferred: bool,
    diagnostics: Option<Vec<lsp_types::Diagnostic>>,
) -> CodeActionOrCommand {
    let changes = HashMap::from([(uri.clone(), edits)]);
    CodeActionOrCommand::CodeAction(CodeAction {
        title,
        kind: Some(kind),
        edit: Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() }),
        is_preferred: Some(preferred),
        diagnostics,
        ..CodeAction::default()
    })
}
