//! The scripts (Painless) for what no query type says. Each has one fixed source and takes the rest as
//! parameters, so that the server compiles it once and we can read it back.

use crate::{Case, Comparison, End, FieldName, FieldRelation, FieldTest, Interval, Number, Test, TimePart};
use serde_json::{Value, json};

/// The script query of a test, where it needs one.
pub(super) fn query(field: &FieldName, test: &Test) -> Option<Value> {
    let (source, params) = match test {
        Test::Field(t) => (field_source(t.relation, t.case), json!({"field": &**field, "other": &*t.other})),
        Test::Time(part, comparison, n) => (time_source(*part, *comparison), json!({"field": &**field, "value": n})),
        Test::NumericText(i) => (numeric_source(), numeric_params(field, i)),
        _ => return None,
    };
    Some(json!({"script": {"script": {"lang": "painless", "source": source, "params": params}}}))
}

/// Reads a script query of ours back.
pub(super) fn read(source: &str, params: &Value) -> Option<(FieldName, Test)> {
    let text = |key: &str| params.get(key).and_then(Value::as_str);
    let field: FieldName = text("field")?.into();
    for relation in [FieldRelation::Equals, FieldRelation::StartsWith, FieldRelation::EndsWith, FieldRelation::Contains] {
        for case in [Case::Insensitive, Case::Sensitive] {
            if source == field_source(relation, case) {
                return Some((field, Test::Field(FieldTest { other: text("other")?.into(), relation, case })));
            }
        }
    }
    for part in TimePart::ALL {
        for comparison in [Comparison::Eq, Comparison::Lt, Comparison::Lte, Comparison::Gt, Comparison::Gte] {
            if source == time_source(part, comparison) {
                return Some((field, Test::Time(part, comparison, params.get("value")?.as_i64()?)));
            }
        }
    }
    if source != numeric_source() {
        return None;
    }
    let end = |value: &str, inclusive: &str| -> Option<End> {
        let value = Number::parse(&params.get(value)?.to_string())?;
        Some(End { value, inclusive: params.get(inclusive)?.as_bool()? })
    };
    Some((field, Test::NumericText(Interval { low: end("low", "from"), high: end("high", "to") })))
}

fn field_source(relation: FieldRelation, case: Case) -> String {
    let (a, b) = match case {
        Case::Sensitive => ("a", "b"),
        Case::Insensitive => ("a.toLowerCase()", "b.toLowerCase()"),
    };
    let holds = match relation {
        FieldRelation::Equals => format!("{a}.equals({b})"),
        FieldRelation::StartsWith => format!("{a}.startsWith({b})"),
        FieldRelation::EndsWith => format!("{a}.endsWith({b})"),
        FieldRelation::Contains => format!("{a}.contains({b})"),
    };
    format!(
        "if (!doc.containsKey(params.field) || !doc.containsKey(params.other)) {{ return false; }} \
         for (String a : doc[params.field]) {{ for (String b : doc[params.other]) {{ if ({holds}) {{ return true; }} }} }} \
         return false;"
    )
}

fn time_source(part: TimePart, comparison: Comparison) -> String {
    let part = match part {
        TimePart::Minute => "t.getMinute()",
        TimePart::Hour => "t.getHour()",
        TimePart::Day => "t.getDayOfMonth()",
        TimePart::Week => "t.get(java.time.temporal.IsoFields.WEEK_OF_WEEK_BASED_YEAR)",
        TimePart::Month => "t.getMonthValue()",
        TimePart::Year => "t.getYear()",
    };
    let sign = if comparison == Comparison::Eq { "==" } else { comparison.sign() };
    format!(
        "if (!doc.containsKey(params.field)) {{ return false; }} \
         for (def t : doc[params.field]) {{ if ({part} {sign} params.value) {{ return true; }} }} \
         return false;"
    )
}

/// Only plain decimal text counts as a number: Java would also read `5f`, ` 5` and `0x1p3`.
fn numeric_source() -> String {
    "if (!doc.containsKey(params.field)) { return false; } \
     for (String v : doc[params.field]) { \
     int n = v.length(); double d = 0; \
     boolean number = n > 0 && Character.isDigit(v.charAt(n - 1)) && (Character.isDigit(v.charAt(0)) || (v.charAt(0) == (char)'-' && n > 1 && Character.isDigit(v.charAt(1)))) && v.indexOf('x') < 0 && v.indexOf('X') < 0; \
     if (number) { try { d = Double.parseDouble(v); } catch (NumberFormatException e) { number = false; } } \
     if (number && (params.low == null || d > params.low || (params.from && d == params.low)) && (params.high == null || d < params.high || (params.to && d == params.high))) { return true; } \
     } return false;"
        .to_owned()
}

fn numeric_params(field: &FieldName, i: &Interval) -> Value {
    let end = |e: Option<End>| e.map_or(Value::Null, |e| e.value.to_json());
    json!({
        "field": &**field,
        "low": end(i.low),
        "from": i.low.is_some_and(|e| e.inclusive),
        "high": end(i.high),
        "to": i.high.is_some_and(|e| e.inclusive),
    })
}
