//! Text: each finding with its line, a caret and a suggestion.

use crate::file::File;
use crate::finding::Finding;
use crate::input::Input;
use crate::lint::Severity;
use crate::outcome::Report;
use crate::span::Span;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use rayon::prelude::*;
use sigmalert_sigma::yaml::{Limits, Pos};
use std::io::{self, Write};
use std::ops::Range;

/// The number of characters of a line to show at most.
const MAX_WIDTH: usize = 160;

pub(super) fn write(report: &Report, inputs: &[Input], colour: bool, out: &mut dyn Write) -> io::Result<()> {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let limits = Limits::default();
    let shown: Vec<String> = report
        .files
        .par_iter()
        .enumerate()
        .filter(|(_, f)| !f.findings.is_empty())
        .map(|(i, f)| {
            let text = inputs.get(i).filter(|x| x.path == f.path).and_then(|x| x.read(&limits).ok()).unwrap_or_default();
            let file = File::new(&f.path, &text);
            f.findings.iter().map(|x| format!("{}\n\n", show(&renderer, &file, x))).collect()
        })
        .collect();
    shown.iter().try_for_each(|s| out.write_all(s.as_bytes()))
}

/// Renders a finding.
fn show(renderer: &Renderer, file: &File<'_>, f: &Finding) -> String {
    let level = match f.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    };
    let message = clean(&f.message);
    let path = file.path.to_string_lossy().into_owned();
    let mut group = Group::with_title(level.primary_title(message).id(f.lint.code));
    let line = file.line(f.span.start.line as usize);
    if line.is_empty() {
        group = group.element(Origin::path(path).line(f.span.start.line as usize).char_column(f.span.start.column as usize));
    } else {
        let (shown, span) = excerpt(file, f.span);
        let annotation = AnnotationKind::Primary.span(span);
        group = group.element(Snippet::source(shown).line_start(f.span.start.line as usize).path(path).annotation(annotation));
    }
    for n in &f.related {
        group = group.element(Level::NOTE.message(clean(&format!("{}:{}: {}", n.path.display(), n.pos, n.message))));
    }
    if let Some(help) = &f.help {
        group = group.element(Level::HELP.message(clean(help)));
    }
    if let Some(fix) = &f.fix {
        group = group.element(Level::HELP.with_name(Some("fix")).message(clean(&fix.title)));
    }
    renderer.render(&[group]).clone()
}

/// Returns the part of a line around a span, and the bytes of the span in it.
fn excerpt(file: &File<'_>, span: Span) -> (String, Range<usize>) {
    let window = Window::in_file(file, span.start);
    let start = window.byte(span.start.column);
    let end = if span.end.line == span.start.line { window.byte(span.end.column) } else { window.shown.len() };
    (window.shown, start..end.max(start))
}

/// The part of a line that is shown.
pub struct Window {
    /// The text.
    pub shown: String,
    /// The number of characters of the line before it.
    from: usize,
}

impl Window {
    /// Returns the part around a column.
    pub fn around(line: &str, column: u32) -> Self {
        let from = Self::first(column);
        Self::of(line.char_indices().nth(from).map_or("", |(i, _)| &line[i..]), from)
    }

    /// As [`Self::around`], for a line of a file, which finds the column without scanning the line.
    fn in_file(file: &File<'_>, pos: Pos) -> Self {
        let from = Self::first(pos.column);
        let start = file.offset(Pos { line: pos.line, column: u32::try_from(from + 1).unwrap_or(u32::MAX) });
        Self::of(&file.text[start..file.line_range(pos.line as usize).end], from)
    }

    /// Returns the number of characters before the part.
    fn first(column: u32) -> usize {
        (column as usize).saturating_sub(1).saturating_sub(MAX_WIDTH / 2)
    }

    fn of(rest: &str, from: usize) -> Self {
        let shown = rest.chars().take(MAX_WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self { shown, from }
    }

    /// Returns the byte of a column of the line.
    pub fn byte(&self, column: u32) -> usize {
        let at = (column as usize).saturating_sub(1).saturating_sub(self.from);
        self.shown.char_indices().nth(at).map_or(self.shown.len(), |(i, _)| i)
    }
}

/// Replaces control characters, which could change the terminal: rules are untrusted text.
pub fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}
