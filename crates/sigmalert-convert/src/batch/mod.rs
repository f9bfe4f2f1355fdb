//! Whole folders of Sigma through the compiler: found, read, selected, converted in parallel, and written.
//!
//! One bad rule never stops the others: everything that was looked at ends as an [`Outcome`].

mod format;
mod input;
mod merge;
mod output;
mod report;
mod select;

pub use format::{Format, Rendered, layout, stream};
pub use input::{Discovered, EXTENSION_ENDING, InputError, Source, discover, discover_rule_files};
pub use output::{BASE_RULE, FileChange, Folder, MANIFEST, OnConflict, Pruned};
pub use report::{Summary, report};
pub use select::{Levels, LogsourcePattern, Selection};
pub use sigmalert_support::read::read_text;
pub use sigmalert_support::write::replace;

use crate::{ConvertError, Converter, Query, Style, Target};
use rayon::prelude::*;
use sigmalert_elastalert::{RuleType, praeco, unique_names};
use sigmalert_query::from_sigma;
use sigmalert_sigma::yaml::{Limits, Pos};
use sigmalert_sigma::{self as sigma, Collection, Document, Warning};
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What was read: files, their documents together, and what could not be read.
#[derive(Debug, Default)]
pub struct Batch {
    /// The files.
    pub sources: Vec<Source>,
    /// All documents.
    pub collection: Collection,
    /// Where each document of the collection stands.
    pub places: Vec<DocumentLocation>,
    /// Files and documents that came to nothing already.
    pub failures: Vec<Outcome>,
    /// What is odd, by file.
    pub warnings: Vec<(usize, Warning)>,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentLocation {
    /// The file.
    pub source: usize,
    /// Which document of the file, from 0.
    pub document: usize,
}

/// What became of a document, or of a file that holds none.
#[derive(Debug)]
pub struct Outcome {
    /// The file, as it is shown.
    pub path: PathBuf,
    /// Where the document begins.
    pub pos: Pos,
    /// Its title, where it has one.
    pub title: Option<String>,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// The mapping, where it got that far.
    pub mapping: Option<String>,
    /// What became of it.
    pub result: OutcomeResult,
}

/// See [`Outcome`].
#[derive(Debug)]
pub enum OutcomeResult {
    /// It was converted.
    Converted {
        /// What it became, where it was not written to a file of its own.
        piece: Option<Rendered>,
        /// What the user should know.
        notices: Vec<crate::Notice>,
        /// The file it was written to, and what that did.
        output: Option<(PathBuf, FileChange)>,
    },
    /// It was not.
    Failed(Failure),
    /// It was not to be.
    Skipped(Skip),
}

/// Why a document is not there at the end.
#[derive(Debug)]
pub enum Failure {
    /// The file could not be read, or is not Sigma.
    Input(String),
    /// The document is at fault, or the target cannot say it.
    Convert(Box<ConvertError>),
    /// The output could not be written.
    Output(String),
    /// A defect of this program.
    Internal(String),
}

impl Failure {
    /// A word that groups failures.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Input(_) => "input",
            Self::Convert(e) => e.code(),
            Self::Output(_) => "output",
            Self::Internal(_) => "internal",
        }
    }

    /// What is wrong.
    pub fn message(&self) -> String {
        match self {
            Self::Input(m) | Self::Output(m) => m.clone(),
            Self::Convert(e) => e.to_string(),
            Self::Internal(m) => format!("internal error: {m}"),
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Convert(e) => e.help(),
            Self::Internal(_) => Some("this is a defect of sigmalert; please report it with the rule".into()),
            Self::Input(_) | Self::Output(_) => None,
        }
    }

    /// The exact place, where it is known better than by the document.
    pub fn pos(&self) -> Option<Pos> {
        match self {
            Self::Convert(e) => match &**e {
                ConvertError::Sigma(e) => Some(e.pos).filter(|p| p.is_known()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Why a document was not to be converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skip {
    /// It is a filter: it changes other rules.
    Filter,
    /// It alerts only as part of a correlation.
    Part,
    /// It was not selected.
    Unselected,
    /// Another rule failed first, and that was to end the run.
    NotTried,
}

impl Skip {
    /// With a message that says what is wrong.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Filter => "filters: they change other rules",
            Self::Part => "parts of correlations: they do not alert on their own",
            Self::Unselected => "not selected",
            Self::NotTried => "not tried after the first failure",
        }
    }

    /// A word for reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::Part => "part-of-correlation",
            Self::Unselected => "unselected",
            Self::NotTried => "not-tried",
        }
    }
}

/// What came of reading one file.
type Read = (Vec<(usize, Document)>, Vec<Outcome>, Vec<Warning>);

impl Batch {
    /// Reads files in parallel.
    pub fn read(found: Discovered, limits: &Limits) -> Self {
        let mut batch = Self::default();
        for e in found.errors {
            batch.failures.push(Outcome::new(&e.path, Pos::default(), OutcomeResult::Failed(Failure::Input(e.message))));
        }
        let read: Vec<Read> = found.sources.par_iter().map(|s| read_file(s, limits)).collect();
        let mut documents = Vec::new();
        for (at, (docs, failures, warnings)) in read.into_iter().enumerate() {
            for (i, d) in docs {
                batch.places.push(DocumentLocation { source: at, document: i });
                documents.push(d);
            }
            batch.failures.extend(failures);
            batch.warnings.extend(warnings.into_iter().map(|w| (at, w)));
        }
        batch.sources = found.sources;
        batch.collection = Collection::new(documents);
        batch.look_for_odd_references();
        batch
    }

    /// Ids that are duplicated, and filters that name rules which are not there.
    fn look_for_odd_references(&mut self) {
        let mut ids: HashMap<String, usize> = HashMap::new();
        let mut odd = Vec::new();
        for (at, d) in self.collection.documents().iter().enumerate() {
            if let Some(id) = &d.attributes().id {
                if let Some(first) = ids.get(id) {
                    let first = self.sources[self.places[*first].source].path.display();
                    let message = format!("the id {id} is that of a rule in {first}, too");
                    odd.push((self.places[at].source, Warning { message, path: "id".into(), pos: d.pos() }));
                } else {
                    ids.insert(id.clone(), at);
                }
            }
            if let Document::Filter(f) = d {
                for rule in self.collection.unknown_rules(f) {
                    let message = format!("there is no rule `{rule}` among the files; the filter does nothing to it");
                    odd.push((self.places[at].source, Warning { message, path: "filter.rules".into(), pos: f.rules_pos }));
                }
            }
        }
        self.warnings.extend(odd);
    }

    /// The file and position of a document.
    fn outcome(&self, index: usize, result: OutcomeResult) -> Outcome {
        let d = &self.collection.documents()[index];
        let mut out = Outcome::new(&self.sources[self.places[index].source].path, d.pos(), result);
        out.title = Some(d.attributes().title.clone());
        out.id.clone_from(&d.attributes().id);
        out
    }

    /// A document that is at fault.
    pub fn failed(&self, index: usize, error: sigma::Error) -> Outcome {
        self.outcome(index, OutcomeResult::Failed(Failure::Convert(Box::new(error.into()))))
    }

    /// A document that could not be converted.
    pub fn not_converted(&self, index: usize, error: ConvertError) -> Outcome {
        self.outcome(index, OutcomeResult::Failed(Failure::Convert(Box::new(error))))
    }

    /// Why a document is not converted, if it is not.
    fn skip(&self, index: usize, selection: &Selection) -> Option<Skip> {
        let d = &self.collection.documents()[index];
        if matches!(d, Document::Filter(_)) {
            Some(Skip::Filter)
        } else if !selection.selects(&self.collection, d) {
            Some(Skip::Unselected)
        } else if !self.collection.alerts(index) {
            Some(Skip::Part)
        } else {
            None
        }
    }

    /// The file an output goes to, below the folder of outputs: where the Sigma file lies, with another ending.
    /// Further documents of a file, and files of the same name from different folders, are numbered. Praeco saves a rule
    /// under its name, whatever file it was in: with `names` each file has that of its rule, so that no second one appears.
    fn output_paths(&self, target: Target, format: Format, names: Option<&[String]>) -> Vec<PathBuf> {
        // Some file systems take `A` and `a` for the same.
        let mut taken: HashSet<String> = HashSet::new();
        let extension = format.extension(target);
        let mut paths = Vec::with_capacity(self.places.len());
        for (index, place) in self.places.iter().enumerate() {
            let base = self.sources[place.source].relative.with_extension("");
            if let Some(names) = names {
                paths.push(base.with_file_name(format!("{}.{extension}", names[index])));
                continue;
            }
            let name = base.file_name().map_or_else(|| "rule".into(), |n| n.to_string_lossy().into_owned());
            let mut number = place.document + 1;
            loop {
                let file = if number == 1 { format!("{name}.{extension}") } else { format!("{name}-{number}.{extension}") };
                let path = base.with_file_name(file);
                if taken.insert(path.to_string_lossy().to_lowercase()) {
                    paths.push(path);
                    break;
                }
                number += 1;
            }
        }
        paths
    }

    /// Converts what is selected, and writes it where there is a folder.
    pub fn convert(&self, converter: &Converter, run: &Run<'_>) -> Vec<Outcome> {
        let documents = self.collection.documents();
        let target = converter.options().target;
        let for_praeco = target == Target::ElastAlert && converter.options().style == Style::Praeco;
        let mut names = if target == Target::ElastAlert {
            unique_names(documents.iter().map(|d| (d.attributes().title.as_str(), d.attributes().id.as_deref())))
        } else {
            Vec::new()
        };
        if let Some(suffix) = run.suffix {
            names.iter_mut().for_each(|n| *n = format!("{n} [{suffix}]"));
        }
        if for_praeco {
            praeco::file_names(&mut names);
        }
        let paths = match &run.folder {
            Some(_) => self.output_paths(target, run.format, for_praeco.then_some(names.as_slice())),
            None => Vec::new(),
        };
        let stop = AtomicBool::new(run.stopped || (run.fail_fast && self.failures.iter().any(Outcome::is_failure)));
        let done = AtomicUsize::new(0);
        let one = |index: usize| -> OutcomeResult {
            if let Some(skip) = self.skip(index, run.selection) {
                // Correlations in a circle are all parts of another: each alone would pass for accounted for.
                if let (Skip::Part, Document::Correlation(c)) = (skip, &documents[index])
                    && let Err(e) = self.collection.resolve(c)
                {
                    return OutcomeResult::Failed(Failure::Convert(Box::new(e.into())));
                }
                return OutcomeResult::Skipped(skip);
            }
            if stop.load(Ordering::Relaxed) {
                return OutcomeResult::Skipped(Skip::NotTried);
            }
            let converting = || match names.get(index) {
                Some(name) => converter.convert_as(&self.collection, index, name),
                None => converter.convert(&self.collection, index),
            };
            let mut converted = match caught(converting) {
                Ok(Ok(c)) => c,
                Ok(Err(e)) => return OutcomeResult::Failed(Failure::Convert(Box::new(e))),
                Err(panic) => return OutcomeResult::Failed(Failure::Internal(panic)),
            };
            let source = self.sources[self.places[index].source].name();
            if let Query::RuleFile(r) = &mut converted.query {
                r.origin.source = Some(source.clone());
                if let (Some(p), Some((_, below))) = (&mut r.praeco, &run.folder) {
                    p.path = sigmalert_support::read::slashed(&below.join(&paths[index]).with_extension(""));
                }
            }
            let converted_is_extension =
                matches!(&converted.query, Query::RuleFile(r) if matches!(r.logic.rule_type, RuleType::Correlation(_)));
            let mut piece = Rendered::new(documents[index].attributes(), &converted, &source, target, run.format);
            let options = piece.options.take();
            let notices = converted.notices;
            let Some((folder, below)) = &run.folder else {
                return OutcomeResult::Converted { piece: Some(piece), notices, output: None };
            };
            let mut path = below.join(&paths[index]);
            if converted_is_extension {
                path.set_extension(EXTENSION_ENDING);
            }
            match folder.write(&path, &source, &layout(&[&piece], target, run.format), options.as_ref()) {
                Ok(change) => OutcomeResult::Converted { piece: None, notices, output: Some((path, change)) },
                Err(e) => OutcomeResult::Failed(Failure::Output(e)),
            }
        };
        (0..documents.len())
            .into_par_iter()
            .map(|index| {
                let result = one(index);
                if run.fail_fast && matches!(result, OutcomeResult::Failed(_)) {
                    stop.store(true, Ordering::Relaxed);
                }
                (run.progress)(done.fetch_add(1, Ordering::Relaxed) + 1, documents.len());
                let mut out = self.outcome(index, result);
                out.mapping = Some(converter.mapping().name().to_owned());
                out
            })
            .collect()
    }

    /// The files of which something failed, as outputs name them: their old outputs are not to be removed.
    pub fn failed_sources<'a>(&'a self, outcomes: impl Iterator<Item = &'a Outcome>) -> HashSet<String> {
        let failed: HashSet<&Path> = self.failures.iter().chain(outcomes).filter(|o| o.is_failure()).map(|o| o.path.as_path()).collect();
        self.sources.iter().filter(|s| failed.contains(s.path.as_path())).map(Source::name).collect()
    }

    /// Whether a folder could not be looked through, so that nobody knows which rules are gone.
    pub fn is_incomplete(&self) -> bool {
        let sources: HashSet<&Path> = self.sources.iter().map(|s| s.path.as_path()).collect();
        self.failures.iter().any(|f| !sources.contains(f.path.as_path()))
    }
}

/// How a batch is converted.
pub struct Run<'a> {
    /// What is converted.
    pub selection: &'a Selection,
    /// The layout of outputs.
    pub format: Format,
    /// Where outputs go, and the folder below it for this mapping. Without one the outcomes carry them.
    pub folder: Option<(&'a Folder, PathBuf)>,
    /// Put behind names, where more than one mapping is converted.
    pub suffix: Option<&'a str>,
    /// Whether the first failure ends the run.
    pub fail_fast: bool,
    /// Whether it ended before it began: an earlier mapping had that failure.
    pub stopped: bool,
    /// Told of each document: how many are done, of how many.
    pub progress: &'a (dyn Fn(usize, usize) + Sync),
}

impl Outcome {
    /// The outcome of what begins at a position of a file.
    pub fn new(path: &Path, pos: Pos, result: OutcomeResult) -> Self {
        Self { path: path.to_owned(), pos, title: None, id: None, mapping: None, result }
    }

    /// What it became, where it was not written to a file of its own.
    pub fn piece(&self) -> Option<&Rendered> {
        match &self.result {
            OutcomeResult::Converted { piece, .. } => piece.as_ref(),
            _ => None,
        }
    }

    /// Whether the run ended before its turn came.
    pub fn was_not_tried(&self) -> bool {
        matches!(self.result, OutcomeResult::Skipped(Skip::NotTried))
    }

    /// Whether it is one of those that make a run fail.
    pub fn is_failure(&self) -> bool {
        matches!(self.result, OutcomeResult::Failed(_))
    }
}

fn read_file(source: &Source, limits: &Limits) -> Read {
    let failed = |failure: Failure| {
        let pos = failure.pos().unwrap_or_default();
        (Vec::new(), vec![Outcome::new(&source.path, pos, OutcomeResult::Failed(failure))], Vec::new())
    };
    let parsed = match source.read(limits.bytes) {
        Ok(text) => caught(|| from_sigma::parse(&text, limits)),
        Err(e) => return failed(Failure::Input(e.message)),
    };
    let parsed = match parsed {
        Ok(Ok(p)) => p,
        Ok(Err(e)) => return failed(Failure::Convert(Box::new(e.into()))),
        Err(panic) => return failed(Failure::Internal(panic)),
    };
    if parsed.documents.is_empty() {
        return failed(Failure::Input("contains no Sigma document".into()));
    }
    let mut documents = Vec::new();
    let mut failures = Vec::new();
    for (i, d) in parsed.documents.into_iter().enumerate() {
        match d {
            Ok(d) => documents.push((i, d)),
            Err(e) => {
                let pos = e.pos;
                failures.push(Outcome::new(&source.path, pos, OutcomeResult::Failed(Failure::Convert(Box::new(e.into())))));
            }
        }
    }
    (documents, failures, parsed.warnings)
}

/// Turns a panic into an error: a defect in one rule's way is no reason to lose the others.
fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|p| {
        p.downcast_ref::<&str>().map(|s| (*s).to_owned()).or_else(|| p.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".into())
    })
}
