//! Correlations and old aggregations become rule types of ElastAlert with the same bound: inclusive stays inclusive,
//! and what no rule type says is refused.

use crate::support::convert::{collection, options};
use sigmalert::elastalert::rule_type::{Bound, Metric, MetricType};
use sigmalert::elastalert::{RuleLogic, RuleType};
use sigmalert::{Converter, Mapping, Options, Query, Target};
use std::fmt::Write as _;

const RULE: &str = "title: R\nid: r1\nname: rule_one\nlogsource: {product: windows, service: security}\ndetection:\n  s: {EventID: 4625}\n  condition: s\n";

fn correlate(body: &str) -> Result<RuleLogic, sigmalert::ConvertError> {
    let indented: String = body.lines().map(|l| format!("  {l}\n")).collect();
    convert(&format!("{RULE}---\ntitle: C\ncorrelation:\n{indented}"), 1)
}

fn aggregate(condition: &str) -> Result<RuleLogic, sigmalert::ConvertError> {
    let text = format!(
        "title: A\nlogsource: {{product: windows, service: security}}\ndetection:\n  s: {{EventID: 4625}}\n  t: {{EventID: 4624}}\n  timeframe: 5m\n  \
         condition: {condition}\n"
    );
    convert(&text, 0)
}

fn convert(text: &str, at: usize) -> Result<RuleLogic, sigmalert::ConvertError> {
    let options = Options { portable: true, ..options(Target::ElastAlert) };
    let converter = Converter::new(Mapping::builtin("winlogbeat").unwrap(), options);
    match converter.convert(&collection(text), at)?.query {
        Query::RuleFile(r) => Ok(r.logic),
        other => panic!("{other}"),
    }
}

/// `frequency` matches at `num_events`, `flatline` below its threshold.
#[test]
fn event_counts() {
    let frequency =
        |condition: &str| match correlate(&format!("type: event_count\nrules: [rule_one]\ntimespan: 5m\ncondition: {{{condition}}}"))
            .unwrap()
            .rule_type
        {
            RuleType::Frequency { num_events, .. } => ("at least", num_events),
            RuleType::Flatline { threshold, .. } => ("below", threshold),
            other => panic!("{other:?}"),
        };
    assert_eq!(frequency("gte: 10"), ("at least", 10));
    assert_eq!(frequency("gt: 10"), ("at least", 11));
    assert_eq!(frequency("lt: 10"), ("below", 10));
    assert_eq!(frequency("lte: 10"), ("below", 11));
}

/// `cardinality` matches above `max_cardinality` and below `min_cardinality`.
#[test]
fn value_counts() {
    let bound = |condition: &str| {
        let body = format!(
            "type: value_count\nrules: [r1]\ngroup-by: [IpAddress]\ntimespan: 1h\ncondition: {{field: TargetUserName, {condition}}}"
        );
        let logic = correlate(&body).unwrap();
        match logic.rule_type {
            RuleType::Cardinality { field, bound, .. } => {
                assert_eq!(field, "winlog.event_data.TargetUserName");
                assert_eq!(logic.query_key, ["source.ip"]);
                bound
            }
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bound("gt: 10"), Bound::above(10.0));
    assert_eq!(bound("gte: 10"), Bound::above(9.0));
    assert_eq!(bound("lt: 10"), Bound::below(10.0));
    assert_eq!(bound("lte: 10"), Bound::below(11.0));
}

/// `metric_aggregation` matches above `max_threshold` and below `min_threshold`: for an inclusive bound it is the
/// next number beside it.
#[test]
fn metrics() {
    let bound = |kind: &str, condition: &str| {
        let body = format!("type: {kind}\nrules: [r1]\ntimespan: 1h\ncondition: {{field: IpPort, {condition}}}");
        match correlate(&body).unwrap().rule_type {
            RuleType::MetricAggregation { metric, bound } => (metric.kind, bound),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(bound("value_sum", "gt: 10"), (MetricType::Sum, Bound::above(10.0)));
    assert_eq!(bound("value_sum", "lt: 10"), (MetricType::Sum, Bound::below(10.0)));
    assert_eq!(bound("value_avg", "gte: 10"), (MetricType::Avg, Bound::above(10.0_f64.next_down())));
    assert_eq!(bound("value_avg", "lte: 10"), (MetricType::Avg, Bound::below(10.0_f64.next_up())));
    assert_eq!(bound("value_median", "gt: 10"), (MetricType::Percentile(50.0), Bound::above(10.0)));
}

#[test]
fn old_aggregations() {
    assert!(matches!(aggregate("s | count() by IpAddress > 20").unwrap().rule_type, RuleType::Frequency { num_events: 21, .. }));
    assert!(matches!(aggregate("s | count() >= 20").unwrap().rule_type, RuleType::Frequency { num_events: 20, .. }));
    assert!(matches!(aggregate("s | count() < 5").unwrap().rule_type, RuleType::Flatline { threshold: 5, .. }));
    assert!(matches!(
        aggregate("s | count(TargetUserName) by IpAddress > 3").unwrap().rule_type,
        RuleType::Cardinality { bound, .. } if bound == Bound::above(3.0)
    ));
    assert!(matches!(
        aggregate("s | max(IpPort) > 3").unwrap().rule_type,
        RuleType::MetricAggregation { metric: Metric { kind: MetricType::Max, .. }, bound } if bound == Bound::above(3.0)
    ));
}

#[test]
fn what_has_no_rule_type_is_refused() {
    let mut out = String::new();
    let mut told = |what: &str, result: Result<RuleLogic, sigmalert::ConvertError>| match result {
        Ok(kind) => panic!("{what} became {kind:?}"),
        Err(e) => _ = writeln!(out, "{what}\n    {e}\n    help: {}", e.help().unwrap_or_default()),
    };
    for condition in ["s | count() = 5", "s | count() >= 0", "s | near t"] {
        told(condition, aggregate(condition));
    }
    for body in [
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {eq: 5}",
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {gt: 5, lt: 9}",
        "type: temporal\nrules: [r1, rule_one]\ntimespan: 5m",
        "type: temporal_ordered\nrules: [r1, rule_one]\ntimespan: 5m",
        // No number, and no whole value.
        "type: value_sum\nrules: [r1]\ntimespan: 5m\ncondition: {field: LogonType, gt: 5}",
        "type: event_count\nrules: [r1]\ngroup-by: [Message]\ntimespan: 5m\ncondition: {gte: 5}",
        "type: event_count\nrules: [unknown]\ntimespan: 5m\ncondition: {gte: 5}",
        "type: value_count\nrules: [r1]\ngroup-by: [who]\naliases: {who: {other_rule: User}}\ntimespan: 5m\ncondition: {field: IpAddress, gte: 5}",
    ] {
        told(&body.replace('\n', "; "), correlate(body));
    }
    insta::assert_snapshot!(out);
}

/// Without `portable` it becomes a rule of sigmalert's own type: nothing that Sigma says is lost.
#[test]
fn what_has_no_rule_type_is_for_sigmalert() {
    let mut out = String::new();
    let two = "title: Q\nname: other\nlogsource: {product: windows, category: process_creation}\ndetection:\n  s: {Image: a}\n  condition: s | count() by User > 3\n---\ntitle: In\nname: inner\ncorrelation: {type: event_count, rules: [rule_one], group-by: [TargetUserName], timespan: 5m, condition: {gte: 3}}\n";
    for body in [
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {eq: 5}",
        "type: event_count\nrules: [r1]\ngroup-by: [User]\ntimespan: 5m\ncondition: {gt: 5, lte: 9}",
        "type: temporal\nrules: [rule_one, inner]\ngroup-by: [TargetUserName]\ntimespan: 5m\ncondition: {gte: 1}",
        "type: temporal\nrules: [rule_one, other]\ntimespan: 5m\ncondition: rule_one and not other",
        "type: value_count\nrules: [r1]\ntimespan: 5m\ncondition: {field: [LogonType, IpAddress], gte: 5}",
        "type: value_sum\nrules: [r1]\ntimespan: 5m\ncondition: {field: LogonType, gt: 5.5}",
        "type: value_median\nrules: [r1]\ntimespan: 5m\ncondition: {field: LogonType, gt: 5}",
        "type: temporal_ordered\nrules: [rule_one, other]\ngroup-by: [who]\naliases: {who: {rule_one: TargetUserName, other: User}}\ntimespan: 5m",
    ] {
        let indented: String = body.lines().map(|l| format!("  {l}\n")).collect();
        let text = format!("{RULE}---\n{two}---\ntitle: C\ncorrelation:\n{indented}");
        let converter = Converter::new(Mapping::builtin("winlogbeat").unwrap(), options(Target::ElastAlert));
        let converted = converter.convert(&collection(&text), 3).unwrap();
        assert!(converted.notices.iter().any(|n| n.kind == sigmalert::convert::NoticeKind::SigmalertOnly));
        let Query::RuleFile(file) = converted.query else { panic!("{body}") };
        assert_eq!(file.logic.name(), sigmalert::elastalert::EXTENSION_TYPE);
        let options: Vec<(String, sigmalert::yaml::Value)> = file.logic.options().into_iter().map(|(k, v)| (k.to_owned(), v)).collect();
        _ = writeln!(out, "# {}\n{}", body.replace('\n', "; "), sigmalert::yaml::emit(&sigmalert::yaml::Value::Map(options)));
    }
    insta::assert_snapshot!("extensions", out);
}

/// On the disk it has an ending that ElastAlert does not read: it would not start with such a file.
#[test]
fn elastalert_is_not_stopped_by_what_it_cannot_run() {
    let w = crate::support::cli::Workspace::new();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples/");
    let paths = ["near.yml", "correlation_temporal_ordered.yml", "correlation_event_count.yml"].map(|p| format!("{samples}{p}"));
    let run = w.run(&["convert", "-m", "winlogbeat", "-o", "out", &paths[0], &paths[1], &paths[2]]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.stderr.contains("2 require sigmalert run, because no ElastAlert rule type can express them (--portable rejects them)"),
        "{}",
        run.stderr
    );
    assert_eq!(
        w.files("out"),
        [".sigmalert.json", "correlation_event_count-2.yaml", "correlation_temporal_ordered.sigmalert", "near.sigmalert"]
    );
    if let Some(loaded) = crate::support::elastalert::load("elastalert_is_not_stopped_by_what_it_cannot_run", &w.path("out")) {
        assert_eq!(loaded, Ok(1));
    }
    let run = w.run(&["convert", "-m", "winlogbeat", "-o", "other", "--portable", &paths[0], &paths[1], &paths[2]]);
    assert_eq!((run.status, w.files("other").len()), (1, 2), "{}", run.stderr);
}

/// What is wrong with a correlation itself is told when it is read.
#[test]
fn mistakes_in_correlations() {
    let mut out = String::new();
    for body in [
        "rules: [r1]\ntimespan: 5m\ncondition: {gte: 5}",
        "type: event_count\ntimespan: 5m\ncondition: {gte: 5}",
        "type: event_count\nrules: [r1]\ncondition: {gte: 5}",
        "type: event_count\nrules: [r1]\ntimespan: 5\ncondition: {gte: 5}",
        "type: event_count\nrules: [r1]\ntimespan: 5x\ncondition: {gte: 5}",
        "type: event_count\nrules: [r1]\ntimespan: 5m",
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {more: 5}",
        "type: event_count\nrules: [r1]\ntimespan: 5m\ncondition: {gte: many}",
        "type: value_count\nrules: [r1]\ntimespan: 5m\ncondition: {gte: 5}",
        "type: events\nrules: [r1]\ntimespan: 5m\ncondition: {gte: 5}",
        "type: event_count\nrules: []\ntimespan: 5m\ncondition: {gte: 5}",
    ] {
        let indented: String = body.lines().map(|l| format!("  {l}\n")).collect();
        let parsed = sigmalert::parse(&format!("title: C\ncorrelation:\n{indented}"), &Default::default()).unwrap();
        match &parsed.documents[0] {
            Ok(d) => panic!("{body} became {d:?}"),
            Err(e) => _ = writeln!(out, "{}\n    {}: {e}\n    help: {}", body.replace('\n', "; "), e.pos, e.help.as_deref().unwrap_or("-")),
        }
    }
    insta::assert_snapshot!(out);
}
