//! Events per second with thousands of rules: matching, a loop over single rules for comparison, loading, and the cost of more
//! rules.
//!
//! Uses the Windows rules of the public Sigma repository and its recordings of attacks from `SIGMA_RULES` and
//! `SIGMA_RECORDINGS` (default: `../shared/corpus`): `cargo bench --bench matcher`.

#[path = "support/events.rs"]
mod events;

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use sigmalert::batch::Batch;
use sigmalert::matcher::{Matcher, Scratch};
use sigmalert::query::Expr;
use sigmalert::scan::{Rules, Semantics, load_sigma};
use sigmalert::yaml::Limits;
use sigmalert::{Converter, Mapping, Options};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const EVENTS: usize = 5000;

/// The rules and events; nothing if the corpus is absent.
static INPUT: LazyLock<Option<(Rules, Vec<String>)>> = LazyLock::new(|| {
    let (rules, recordings) = (place("SIGMA_RULES", "rules/windows"), place("SIGMA_RECORDINGS", "regression"));
    if !rules.is_dir() || !recordings.is_dir() {
        return None;
    }
    let mut out = Vec::new();
    events::write(&events::recordings(&recordings), EVENTS, &mut out).ok()?;
    let lines = String::from_utf8(out).ok()?.lines().map(str::to_owned).collect();
    Some((load(&rules), lines))
});

fn place(variable: &str, otherwise: &str) -> PathBuf {
    std::env::var_os(variable).map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus").join(otherwise), PathBuf::from)
}

fn load(folder: &Path) -> Rules {
    let batch = Batch::read(sigmalert::batch::discover(&[folder.to_owned()]), &Limits::default());
    let converter = Converter::new(Mapping::builtin("sigma").expect("it is built in"), Options::default());
    load_sigma(&batch, &converter, Semantics::Sigma)
}

fn main() {
    if INPUT.is_none() {
        eprintln!("matcher: skipped: the rules and recordings of the public Sigma repository are missing");
        return;
    }
    divan::main();
}

fn exprs() -> Vec<&'static Expr> {
    INPUT.as_ref().expect("checked in main").0.rules.iter().map(|r| &r.expr).collect()
}

fn lines() -> &'static [String] {
    &INPUT.as_ref().expect("checked in main").1
}

fn run(bencher: Bencher, matchers: &[Matcher], lines: &[String]) {
    let mut scratches: Vec<Scratch> = matchers.iter().map(|_| Scratch::default()).collect();
    bencher.counter(ItemsCount::new(lines.len())).bench_local(|| {
        for line in lines {
            for (m, s) in matchers.iter().zip(&mut scratches) {
                black_box(m.matches(line.as_bytes(), s).expect("it is JSON"));
            }
        }
    });
}

/// All rules.
#[divan::bench]
fn all_rules(bencher: Bencher) {
    run(bencher, &[Matcher::new(exprs(), None)], lines());
}

/// Half of the rules: the ratio to `all_rules` is the cost of doubling them.
#[divan::bench]
fn half_the_rules(bencher: Bencher) {
    run(bencher, &[Matcher::new(exprs().into_iter().step_by(2), None)], lines());
}

/// One rule at a time, on one percent of the events.
#[divan::bench(sample_count = 3)]
fn loop_over_rules(bencher: Bencher) {
    let each: Vec<Matcher> = exprs().into_iter().map(|e| Matcher::new([e], None)).collect();
    run(bencher, &each, &lines()[..EVENTS / 100]);
}

/// Compiling the rules.
#[divan::bench]
fn compile(bencher: Bencher) {
    let exprs = exprs();
    bencher.counter(ItemsCount::new(exprs.len())).bench_local(|| Matcher::new(black_box(exprs.iter().copied()), None));
}

/// Loading and mapping the rule files.
#[divan::bench]
fn load_rules(bencher: Bencher) {
    let folder = place("SIGMA_RULES", "rules/windows");
    bencher.bench_local(|| load(black_box(&folder)));
}
