//! Every template means what it means to Python: `python.json` holds what Python made of them, and
//! `tests/support/elastalert/run.sh` asks it again, for new ones too.

use super::fields::resolved;
use super::{Arguments, Unfilled, format, format_any, one};
use serde_json::{Map, Value, json};

/// How many templates were compared.
fn compare(said: &Value) -> usize {
    let list = |key: &str| said[key].as_array().unwrap().clone();
    let event = said["event"].as_object().unwrap();
    let args = said["args"].as_array().unwrap();
    let names: &Map<String, Value> = said["kw"].as_object().unwrap();
    let mut wrong = Vec::new();
    let mut count = 0;
    let mut hold = |template: &Value, python: Option<&str>, ours: Option<String>| {
        count += 1;
        if python != ours.as_deref() {
            wrong.push(format!("{template}\n  Python {python:?}\n  ours   {ours:?}"));
        }
    };
    for row in list("fields") {
        // Where Python raises, ElastAlert sends nothing, and a text without the field is better.
        if let Some(python) = row[1].as_str() {
            hold(&row[0], Some(python), resolved(row[0].as_str().unwrap(), event, "<MISSING VALUE>").ok());
        }
    }
    for (key, arguments) in [("places", Arguments::Positional(args)), ("names", Arguments::Named(names))] {
        for row in list(key) {
            let (template, python) = (row[0].as_str().unwrap(), row[1].as_str());
            hold(&row[0], python, format(template, &arguments).ok());
            if python.is_some() {
                hold(&row[0], python, format_any(template, &arguments, "-").ok());
            }
        }
    }
    for row in list("numbers") {
        hold(&row, row[2].as_str(), one(row[0].as_str().unwrap(), &row[1]).ok());
    }
    assert!(wrong.is_empty(), "{} of {count} differ\n{}", wrong.len(), wrong.join("\n"));
    count
}

const SAID: &str = include_str!("python.json");

#[test]
fn templates_are_filled_as_python_fills_them() {
    let count = compare(&serde_json::from_str(SAID).unwrap());
    assert!(count > 1_300, "{count}");
}

#[test]
fn the_real_python_fills_templates_alike() {
    let Ok(python) = std::env::var("ELASTALERT_PYTHON") else {
        eprintln!("skipped: the_real_python_fills_templates_alike needs ElastAlert 2 (run it under tests/support/elastalert/run.sh)");
        return;
    };
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/support/elastalert/fill.py");
    let mut count = 0;
    for seed in 0..6 {
        let out = std::process::Command::new(&python).args([script, &seed.to_string()]).output().unwrap();
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let said = String::from_utf8(out.stdout).unwrap();
        assert!(seed != 0 || said == SAID, "python.json is not what fill.py 0 prints");
        count += compare(&serde_json::from_str(&said).unwrap());
    }
    eprintln!("{count} templates compared");
}

#[test]
fn what_an_event_brings_in_is_no_template() {
    let event: Map<String, Value> =
        serde_json::from_str(r#"{"evil": "{secret} %(secret)s {0} { } 100%", "secret": "s3cret", "\udbc0\udc00": "x", "list": [1]}"#)
            .unwrap();
    let fill = |t: &str| resolved(t, &event, "-").unwrap();
    assert_eq!(fill("%(evil)s|{evil}"), "{secret} %(secret)s {0} { } 100%|{secret} %(secret)s {0} { } 100%");
    assert_eq!(fill(r#"{"a": "%(evil)s", "b": "%(secret)s"}"#), r#"{"a": "{secret} %(secret)s {0} { } 100%", "b": "s3cret"}"#);
    // The marks that stand for values are never characters of the template.
    assert_eq!(fill("\u{100000}%(secret)s{\u{100000}}"), "\u{100000}s3cretx");
}

#[test]
fn placeholders_that_only_sigmalert_fills() {
    let event: Map<String, Value> = serde_json::from_str(r#"{"user": {"name": "bob", "ids": [7, 8]}, "text": "t"}"#).unwrap();
    for (template, text) in [
        ("{match[user.name]} {match[text]} {match[gone]}", "bob t -"),
        ("{match[user][name]} {user.name} {user.gone} {user.ids[1]}", "bob bob - 8"),
        ("%(user.name.keyword)s %(user.ids[0])s %(text)d", "bob 7 t"),
        ("{text:d} {text[99]} {user[ids][9]}", "t - -"),
        ("find -exec {} {0}", "find -exec {} {0}"),
    ] {
        assert_eq!(resolved(template, &event, "-").as_deref(), Ok(text), "{template}");
    }
}

#[test]
fn no_value_of_an_event_stops_an_alert() {
    let args = [json!("text"), json!([1]), json!(null), json!({"k": 1})];
    let strict = |t: &str| format(t, &Arguments::Positional(&args));
    let any = |t: &str| format_any(t, &Arguments::Positional(&args), "-");
    for (template, text) in
        [("{0:.2f}", "text"), ("{1:>5}", "  [1]"), ("{2:x}", "None"), ("{3[no]}", "-"), ("{1[9]}", "-"), ("{0:08d}", "text    ")]
    {
        assert!(matches!(strict(template), Err(Unfilled::Value(_) | Unfilled::Missing(_))), "{template}");
        assert_eq!(any(template).as_deref(), Ok(text), "{template}");
    }
    assert!(matches!(any("{9}"), Err(Unfilled::Template(_))));
    assert!(matches!(any("{0:1234567}"), Err(Unfilled::Template(_))));
}
