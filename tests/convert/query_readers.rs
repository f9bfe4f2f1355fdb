//! What a rule file's own query finds over events in process is what it finds on an index, option by option; or it is refused.

use crate::support::opensearch::{self, Index};
use crate::support::readings;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Queries of a real index, with the documents that each found there, or nothing where the index refused it: measured on
/// `OpenSearch` 2.19.1. `SIGMALERT_MEASURE` writes it anew.
const MEASURED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/readings/measured.ndjson");

/// The same queries in every run, unless SIGMALERT_SEED gives others.
fn runner() -> TestRunner {
    TestRunner::new(crate::support::seed::config_from(1, 256))
}

fn generated(count: usize, runner: &mut TestRunner) -> Vec<Value> {
    let (lucene, dsl) = (readings::query_string(), readings::dsl());
    (0..count)
        .map(|i| if i % 3 < 2 { lucene.new_tree(runner).unwrap().current() } else { dsl.new_tree(runner).unwrap().current() })
        .collect()
}

/// What the index finds for each; one that it refuses may not take the others with it.
fn ask(index: &Index<'_>, queries: &[Value]) -> Vec<Result<BTreeSet<usize>, String>> {
    queries.iter().map(|q| index.search_alone(q)).collect()
}

#[derive(Default)]
struct Tally {
    rows: usize,
    refused: usize,
    /// Refused although the index runs it, by the reason.
    unread: BTreeMap<String, usize>,
    differing: Vec<String>,
}

impl Tally {
    fn judge(&mut self, query: &Value, docs: &[Value], index: &Result<BTreeSet<usize>, String>) {
        self.rows += 1;
        match (readings::read(query, docs), index) {
            (Ok(ours), Ok(theirs)) if ours == *theirs => {}
            (Ok(ours), Ok(theirs)) => {
                let show = |set: Vec<&usize>| set.into_iter().take(3).map(|i| docs[*i].to_string()).collect::<Vec<_>>().join(" ");
                self.differing.push(format!(
                    "{query}\n  missed: {}\n  too many: {}",
                    show(theirs.difference(&ours).collect()),
                    show(ours.difference(theirs).collect())
                ));
            }
            (Ok(_), Err(e)) => self.differing.push(format!("{query}\n  the index refuses it: {e}")),
            (Err(_), Err(_)) => self.refused += 1,
            (Err(e), Ok(_)) => {
                let reason = e.split(" at character").next().unwrap_or(&e).rsplit(": ").next().unwrap_or(&e);
                let reason = reason.split('`').step_by(2).collect::<Vec<_>>().join("…");
                *self.unread.entry(reason).or_default() += 1;
            }
        }
    }

    fn end(self, unread_at_most: f64) {
        let unread: usize = self.unread.values().sum();
        let mut reasons: Vec<(&String, &usize)> = self.unread.iter().collect();
        reasons.sort_by_key(|(_, n)| std::cmp::Reverse(**n));
        eprintln!("{} rows: {} refused by the index too, {unread} by us alone, {} differ", self.rows, self.refused, self.differing.len());
        for (reason, n) in reasons {
            eprintln!("  {n:5} {reason}");
        }
        assert!(
            self.differing.is_empty(),
            "{} differ:\n{}",
            self.differing.len(),
            self.differing.iter().take(25).cloned().collect::<Vec<_>>().join("\n")
        );
        #[expect(clippy::cast_precision_loss, reason = "counts of rows")]
        let share = unread as f64 / self.rows as f64;
        assert!(share < unread_at_most, "{unread} of {} rows are refused by us alone", self.rows);
    }
}

#[test]
fn generated_queries_on_a_real_index() {
    let Some(cluster) = opensearch::connect("generated_queries_on_a_real_index") else { return };
    let mut runner = runner();
    let docs = readings::documents();
    let index = cluster.index(&readings::properties(), &docs);
    let count = std::env::var("SIGMALERT_ROWS").ok().and_then(|n| n.parse().ok()).unwrap_or(3000);
    let queries = generated(count, &mut runner);
    let mut tally = Tally::default();
    for (query, answer) in queries.iter().zip(ask(&index, &queries)) {
        tally.judge(query, &docs, &answer);
    }
    tally.end(0.5);
}

#[test]
fn measured_queries() {
    let text = std::fs::read_to_string(MEASURED).unwrap();
    let docs = readings::documents();
    let mut tally = Tally::default();
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let answer = match &row["found"] {
            Value::Array(found) => Ok(found.iter().map(|n| usize::try_from(n.as_u64().unwrap()).unwrap()).collect()),
            _ => Err("measured".to_owned()),
        };
        tally.judge(&row["query"], &docs, &answer);
    }
    assert!(tally.rows >= 600, "{}", tally.rows);
    tally.end(0.5);
}

/// Writes what a server answers to the table, where it is not there yet; of a row that is there it must say the same.
#[test]
fn the_table_is_what_a_server_answers() {
    let Some(cluster) = opensearch::connect("the_table_is_what_a_server_answers") else { return };
    let docs = readings::documents();
    let index = cluster.index(&readings::properties(), &docs);
    let show = |query: &Value, answer: &Result<BTreeSet<usize>, String>| match answer {
        Ok(found) => json!({"query": query, "found": found}).to_string(),
        Err(_) => json!({"query": query, "refused": true}).to_string(),
    };
    let known = std::fs::read_to_string(MEASURED).unwrap_or_default();
    let rows: Vec<Value> = known.lines().map(|l| serde_json::from_str::<Value>(l).unwrap()["query"].clone()).collect();
    let now: Vec<String> = rows.iter().zip(ask(&index, &rows)).map(|(q, a)| show(q, &a)).collect();
    if std::env::var_os("SIGMALERT_MEASURE").is_some() {
        let mut runner = runner();
        let queries = generated(900, &mut runner);
        let mut lines: Vec<String> = queries.iter().zip(ask(&index, &queries)).map(|(q, a)| show(q, &a)).chain(now).collect();
        lines.sort();
        lines.dedup();
        std::fs::write(MEASURED, lines.join("\n") + "\n").unwrap();
        return;
    }
    let odd: Vec<(&str, &String)> = known.lines().zip(&now).filter(|(a, b)| *a != b.as_str()).collect();
    assert!(odd.is_empty(), "{odd:#?}");
}

/// What an index refuses that knows none of the fields, it refuses whatever they are; and what is told to be wrong, no index takes.
#[test]
fn lint_rules_knows_what_every_index_refuses() {
    let Some(cluster) = opensearch::connect("lint_rules_knows_what_every_index_refuses") else { return };
    let mut runner = runner();
    let empty = cluster.index(&json!({"k0": {"type": "keyword"}}), &[json!({"k0": "x"})]);
    let full = cluster.index(&readings::properties(), &readings::documents());
    let queries = generated(3000, &mut runner);
    let (on_empty, on_full) = (ask(&empty, &queries), ask(&full, &queries));
    let (mut odd, mut wrong) = (Vec::new(), 0);
    for ((query, on_empty), on_full) in queries.iter().zip(on_empty).zip(on_full) {
        let faults = sigmalert::lang::dsl::check(query);
        wrong += usize::from(!faults.is_empty());
        // Beside a clause that finds nothing, the server does not look at others: those on fields that it does not know.
        let nested = query.get("bool").is_some();
        match (on_empty, on_full) {
            (Ok(_), Ok(_)) if !faults.is_empty() && !nested => odd.push(format!("{query}\n  runs, and is told to be wrong: {faults:?}")),
            // What one release takes and another does not, and what depends on whether there is such a field.
            (Err(e), _) if ["invalid character class", "not allowed as first character"].iter().any(|m| e.contains(m)) => {}
            (Err(_), _) if query.to_string().contains("\"lenient\":false") => {}
            (Err(e), _) if faults.is_empty() => odd.push(format!("{query}\n  {e}")),
            _ => {}
        }
    }
    assert!(wrong > 100, "{wrong}");
    assert!(odd.is_empty(), "{} of {}:\n{}", odd.len(), queries.len(), odd.iter().take(25).cloned().collect::<Vec<_>>().join("\n"));
}

fn refused(text: &str) -> String {
    readings::read(&json!({"query_string": {"query": text}}), &[]).unwrap_err()
}

/// The index reads two clauses, the second of which looks in every field.
#[test]
fn a_word_behind_a_blank_is_a_clause_of_its_own() {
    let docs = [json!({"k": "foo"}), json!({"k": "foo bar"}), json!({"t": "a bar"}), json!({"k": "x"})];
    let find = |q: &str| readings::read(&json!({"query_string": {"query": q}}), &docs).unwrap();
    assert_eq!(find("k:foo bar"), [0, 2].into());
    assert_eq!(find("k:(foo bar)"), [1].into());
    assert_eq!(find("k:foo AND bar"), [].into());
    assert_eq!(find("l:FOO"), [].into());
    let lowered = [json!({"l": "FOO"}), json!({"l": "foo"}), json!({"l": "bar"})];
    for query in [
        json!({"query_string": {"query": "l:FOO"}}),
        json!({"term": {"l": "Foo"}}),
        json!({"wildcard": {"l": "F*O"}}),
        json!({"regexp": {"l": "F.O"}}),
    ] {
        assert_eq!(readings::read(&query, &lowered), Ok([0, 1].into()), "{query}");
    }
    let text = [json!({"t": "C:\\Windows\\x"})];
    assert_eq!(readings::read(&json!({"wildcard": {"t": "*Windows*"}}), &text), Ok([].into()));
    assert_eq!(readings::read(&json!({"query_string": {"query": "t:*Windows*"}}), &text), Ok([0].into()));
}

/// The place of what the index refuses is named.
#[test]
fn what_the_index_refuses_does_not_fire() {
    for (text, message) in [
        ("n:-5", "query_string: `-` stands where a value should stand; write `\\-` for the character, as in `\\-5` at character 3"),
        ("k:x^y", "query_string: a boost (`^`) wants a number; write `\\^` for the character at character 4"),
        (
            "k:AND",
            "query_string: the operator `AND` stands where a value should stand; put it in quotes to search for the word at character 3",
        ),
        ("k:(a", "query_string: a parenthesis is not closed at character 5"),
        ("k:\"a", "query_string: a quoted value is not closed; write `\\\"` for the character at character 3"),
    ] {
        assert_eq!(refused(text), message, "{text}");
    }
    let with = |option: &str, value: Value| readings::read(&json!({"query_string": {"query": "k:a", option: value}}), &[]).map(|_| ());
    assert_eq!(with("type", json!("phrase")).unwrap_err(), "query_string: query_string with `type: \"phrase\"` is not evaluated");
    assert_eq!(with("default_operator", json!("AND")), Ok(()));
    assert_eq!(with("analyze_wildcard", json!(true)), Ok(()));
}
