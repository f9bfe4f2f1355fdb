//! The time of the steps of a conversion: parsing YAML and Sigma, mapping, printing, and a whole batch.
//!
//! Uses the public Sigma repository from `SIGMA_RULES` (default: `../shared/corpus/rules`), otherwise `sigma-samples/`:
//! `cargo bench`.

use divan::{Bencher, black_box};
use sigmalert::batch::{Batch, Format, Run, Selection, discover, stream};
use sigmalert::parse;
use sigmalert::query::Expr;
use sigmalert::sigma::{Document, Placeholders};
use sigmalert::yaml::{self, Limits};
use sigmalert::{Converter, Mapping, Options, Target};
use std::path::PathBuf;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    eprintln!("rules of {}", folder().display());
    divan::main();
}

fn folder() -> PathBuf {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/");
    let corpus = std::env::var_os("SIGMA_RULES").map_or_else(|| PathBuf::from(format!("{root}../shared/corpus/rules")), PathBuf::from);
    if corpus.is_dir() { corpus } else { format!("{root}sigma-samples").into() }
}

fn texts() -> Vec<String> {
    discover(&[folder()]).sources.iter().map(|s| s.read(Limits::default().bytes).unwrap()).collect()
}

fn batch() -> Batch {
    Batch::read(discover(&[folder()]), &Limits::default())
}

fn converter(mapping: &str, target: Target) -> Converter {
    Converter::new(Mapping::builtin(mapping).unwrap(), Options { target, ..Options::default() })
}

fn run(selection: &Selection, target: Target) -> Run<'_> {
    Run { selection, format: Format::of(target), folder: None, suffix: None, fail_fast: false, stopped: false, progress: &|_, _| {} }
}

/// The lower bound: parsing the YAML.
#[divan::bench]
fn yaml_alone(b: Bencher) {
    let texts = texts();
    b.bench(|| texts.iter().map(|t| yaml::parse_all(t, &Limits::default()).unwrap().len()).sum::<usize>());
}

#[divan::bench]
fn yaml_and_sigma(b: Bencher) {
    let texts = texts();
    b.bench(|| texts.iter().map(|t| parse(t, &Limits::default()).unwrap().documents.len()).sum::<usize>());
}

#[divan::bench(args = Mapping::builtin_names())]
fn load_mapping(name: &str) -> Mapping {
    Mapping::builtin(name).unwrap()
}

#[divan::bench(args = Mapping::builtin_names())]
fn map(b: Bencher, name: &str) {
    let batch = batch();
    let mapping = Mapping::builtin(name).unwrap();
    let rules: Vec<_> = batch
        .collection
        .documents()
        .iter()
        .filter_map(
            |d| if let Document::Rule(r) = d { Some((&r.logsource, Expr::from_rule(r, &Placeholders::default()).ok()?)) } else { None },
        )
        .collect();
    b.bench(|| rules.iter().for_each(|(logsource, e)| _ = black_box(mapping.apply(logsource, e))));
}

#[divan::bench(args = ["lucene", "kql", "dsl", "elastalert"])]
fn map_and_print(b: Bencher, name: &str) {
    let batch = batch();
    let target = Target::ALL.iter().find(|(n, _)| *n == name).unwrap().1;
    let converter = converter("winlogbeat", target);
    b.bench(|| {
        for i in 0..batch.collection.documents().len() {
            _ = black_box(converter.convert(&batch.collection, i));
        }
    });
}

/// From a folder to one text on all cores, as `sigmalert convert -t lucene` does.
#[divan::bench(args = Mapping::builtin_names())]
fn whole_batch(name: &str) -> usize {
    let selection = Selection::default();
    let batch = batch();
    let outcomes = batch.convert(&converter(name, Target::Lucene), &run(&selection, Target::Lucene));
    let pieces: Vec<_> = outcomes.iter().filter_map(|o| o.piece()).collect();
    stream(&pieces, Target::Lucene, Format::Text).len()
}
