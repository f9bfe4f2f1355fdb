//! Errors, warnings and notices as people read them.

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use sigmalert_check::report::text::{Window, clean};
use sigmalert_convert::batch::{Outcome, OutcomeResult, Source};
use sigmalert_elastalert::lint::{Problem, Severity};
use sigmalert_sigma::Warning;
use sigmalert_sigma::yaml::{Limits, Pos};
use sigmalert_support::read::read_file;
use std::collections::HashMap;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Writes diagnostics to standard error, in colour on a terminal.
pub(super) struct Diagnostics<'a> {
    renderer: Renderer,
    sources: HashMap<&'a Path, &'a Source>,
    /// The file that was shown last, so that a file with many errors is read once.
    last: Option<(PathBuf, Option<String>)>,
}

impl<'a> Diagnostics<'a> {
    pub fn new(sources: &'a [Source]) -> Self {
        let colour = io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
        Self {
            renderer: if colour { Renderer::styled() } else { Renderer::plain() },
            sources: sources.iter().map(|s| (s.path.as_path(), s)).collect(),
            last: None,
        }
    }

    /// Text as it is.
    pub fn plain(text: &str) {
        _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// What went wrong, where it did.
    pub fn failure(&mut self, o: &Outcome) {
        let OutcomeResult::Failed(f) = &o.result else { return };
        let message = f.message();
        let title = match &o.title {
            Some(t) => format!("{}: {message}", clean(t)),
            None => message,
        };
        self.show(Level::ERROR, &title, &o.path, f.pos().unwrap_or(o.pos), f.pos().is_some(), f.help().as_deref());
    }

    /// What is wrong with a rule file.
    pub fn problem(&mut self, p: &Problem) {
        let level = match p.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        self.show(level, &format!("{}: {}", p.code, p.message), &p.file, p.pos, true, p.help.as_deref());
    }

    /// What is odd in a file.
    pub fn warning(&mut self, source: &Source, w: &Warning) {
        self.show(Level::WARNING, &w.to_string(), &source.path, w.pos, true, None);
    }

    /// What there is to know of a converted rule.
    pub fn notices(&mut self, o: &Outcome) {
        let OutcomeResult::Converted { notices, .. } = &o.result else { return };
        let Some(title) = &o.title else { return };
        if notices.is_empty() {
            return;
        }
        let origin = Origin::path(o.path.to_string_lossy()).line(o.pos.line as usize);
        let mut group = Group::with_title(Level::NOTE.primary_title(clean(title))).element(origin);
        for n in notices {
            group = group.element(Level::NOTE.with_name(Some(n.kind.name())).message(clean(&n.to_string())));
        }
        self.render(&[group]);
    }

    fn show(&mut self, level: Level<'static>, title: &str, path: &Path, pos: Pos, exact: bool, help: Option<&str>) {
        let title = clean(title);
        let name = path.to_string_lossy().into_owned();
        let line = if exact && pos.is_known() { self.line(path, pos.line) } else { None };
        let mut group = Group::with_title(level.primary_title(title));
        if let Some(line) = &line {
            let (shown, span) = excerpt(line, pos.column);
            let annotation: Annotation<'_> = AnnotationKind::Primary.span(span);
            group = group.element(Snippet::source(shown).line_start(pos.line as usize).path(name).annotation(annotation));
        } else {
            let mut origin = Origin::path(name);
            if pos.is_known() {
                origin = origin.line(pos.line as usize).char_column(pos.column as usize);
            }
            group = group.element(origin);
        }
        if let Some(help) = help {
            group = group.element(Level::HELP.message(clean(help)));
        }
        self.render(&[group]);
    }

    fn render(&self, groups: &[Group<'_>]) {
        Self::plain(&format!("{}\n\n", self.renderer.render(groups)));
    }

    /// One line of a file, which is read again for it.
    fn line(&mut self, path: &Path, line: u32) -> Option<String> {
        if self.last.as_ref().is_none_or(|(p, _)| p != path) {
            let limit = Limits::default().bytes;
            let text = match self.sources.get(path) {
                Some(s) => s.read(limit).ok(),
                None => read_file(path, limit).ok(),
            };
            self.last = Some((path.to_owned(), text));
        }
        let text = self.last.as_ref()?.1.as_deref()?;
        text.lines().nth((line as usize).checked_sub(1)?).map(|l| l.strip_prefix('\u{feff}').unwrap_or(l).to_owned())
    }
}

/// The part of a line around a column, and the bytes of it that are meant: up to the end of the word or quotation.
fn excerpt(line: &str, column: u32) -> (String, std::ops::Range<usize>) {
    let window = Window::around(line, column);
    let start = window.byte(column);
    let shown = window.shown;
    let rest = &shown[start..];
    let length = match rest.chars().next() {
        Some(q @ ('\'' | '"')) => rest[1..].find(q).map_or(rest.trim_end().len(), |i| i + 2),
        Some(_) => rest.find(": ").unwrap_or_else(|| rest.trim_end().trim_end_matches(':').len()),
        None => 0,
    };
    (shown, start..start + length)
}
