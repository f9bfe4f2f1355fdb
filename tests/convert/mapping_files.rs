//! Mapping files of the user's own: from nothing, or laid over a built-in one.

use crate::support::convert::{convert, options};
use sigmalert::mapping::Mapping;
use sigmalert::{Options, Target};
use std::path::Path;

fn mapping(text: &str) -> Result<Mapping, String> {
    Mapping::from_text(text, Path::new("mine.yml")).map_err(|e| e.to_string())
}

fn lucene(text: &str, logsource: &str, detection: &str) -> String {
    let rule = format!("title: t\nlogsource: {{{logsource}}}\ndetection:\n  s: {{{detection}}}\n  condition: s\n");
    convert(&rule, 0, mapping(text).unwrap(), options(Target::Lucene)).unwrap().query.to_string()
}

const MINE: &str = "
name: mine
index: logs-*
timestamp: ts
default: 'f.{field}'
types:
  f.port: long
  f.note: text
fields:
  Shared: shared
logsources:
  - when: {product: windows}
    condition: 'os:windows'
    fields: {Image: exe, Level: {to: lvl, values: {'1': critical}}}
  - when: {product: windows, category: process_creation}
    condition: 'kind:(start OR exec)'
    index: proc-*
    fields: {Image: process.exe, Cmd: [cmd, args]}
  - when: {service: sysmon}
    sources:
      - {name: one, condition: 'id:1', fields: {X: x1}}
      - {name: two, condition: 'id:2', fields: {X: x2}, absent: [Only]}
";

#[test]
fn the_most_specific_wins_then_they_merge() {
    // Fields merge; of the conditions that of the most specific entry alone selects the events.
    let of = |l: &str, d: &str| lucene(MINE, l, d);
    assert_eq!(of("product: windows", "Image: a"), "os:windows AND exe:a");
    assert_eq!(of("product: windows, category: process_creation", "Image: a"), "kind:(start OR exec) AND process.exe:a");
    assert_eq!(of("product: windows, category: process_creation", "Level: 1"), "kind:(start OR exec) AND lvl:critical");
    assert_eq!(of("product: windows, category: process_creation", "Cmd: a"), "kind:(start OR exec) AND (cmd:a OR args:a)");
    assert_eq!(of("product: linux", "Shared: a"), "shared:a");
    assert_eq!(of("product: linux", "Other: a"), "f.Other:a");
    assert_eq!(of("product: linux", "port: '80'"), "f.port:80");
}

#[test]
fn sources_are_alternatives() {
    let of = |d: &str| lucene(MINE, "service: sysmon", d);
    assert_eq!(of("X: a"), "(id:1 AND x1:a) OR (id:2 AND x2:a)");
    assert_eq!(of("Y: a"), "id:(1 OR 2) AND f.Y:a");
    assert_eq!(of("Only: a"), "id:1 AND f.Only:a");
}

/// Where kinds of events keep a field in different places, all are told.
#[test]
fn fields_of_all_sources() {
    let sysmon = sigmalert::sigma::Logsource { service: Some("sysmon".into()), ..Default::default() };
    let m = mapping(MINE).unwrap();
    assert_eq!(m.fields(&sysmon, "X").0, [["x1"], ["x2"]]);
    assert_eq!(m.fields(&sysmon, "Y").0, [["f.Y"]]);
    assert_eq!(m.fields(&sysmon, "Only").0, [["f.Only"]]);
}

#[test]
fn index_and_timestamp_follow() {
    let rule = |l: &str| format!("title: t\nlogsource: {{{l}}}\ndetection:\n  s: {{a: b}}\n  condition: s\n");
    let of = |l: &str, options: Options| {
        let c = convert(&rule(l), 0, mapping(MINE).unwrap(), options).unwrap();
        (c.index, c.timestamp)
    };
    assert_eq!(of("product: linux", options(Target::Lucene)), ("logs-*".into(), "ts".into()));
    assert_eq!(of("product: windows, category: process_creation", options(Target::Lucene)), ("proc-*".into(), "ts".into()));
    let mine = Options { index: Some("x-*".into()), ..options(Target::Lucene) };
    assert_eq!(of("product: linux", mine).0, "x-*");
}

/// What an extending file says goes before what it extends; the rest stays.
#[test]
fn a_file_extends_a_builtin_one() {
    let mine = "
extends: winlogbeat
name: ours
index: soc-*
types: {process.command_line: keyword}
logsources:
  - when: {product: windows, category: process_creation}
    fields: {Image: our.image}
";
    let query = lucene(mine, "product: windows, category: process_creation", "Image: a, ParentImage: b");
    assert!(query.contains("our.image:a") && query.contains("process.parent.executable:b"), "{query}");
    assert!(query.contains("event.code:1"), "{query}");
    let m = mapping(mine).unwrap();
    assert_eq!(m.name(), "ours");
    assert!(m.logsources().count() >= Mapping::builtin("winlogbeat").unwrap().logsources().count());
}

#[test]
fn files_beside_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.yml");
    std::fs::write(folder.path().join("base.yml"), "name: base\nfields: {A: base.a, B: base.b}\n").unwrap();
    std::fs::write(&path, "extends: base.yml\nfields: {A: mine.a}\n").unwrap();
    let m = Mapping::load(path.to_str().unwrap()).unwrap();
    assert_eq!(m.name(), "base");
    assert_eq!(m.fields(&Default::default(), "A").0, [["mine.a"]]);
    assert_eq!(m.fields(&Default::default(), "B").0, [["base.b"]]);
}

#[test]
fn mistakes_are_named() {
    let mut out = String::new();
    for text in [
        "name: [",
        "name: x\nfeilds: {}",
        "types: {a: keywrod}",
        "types: {a: {type: keyword, case: title}}",
        "types: {a: {type: keyword, encoding: xml}}",
        "default: fixed",
        "fields: {A: {to: b, values: {x: y}, strip: z}}",
        "fields: {A: {too: b}}",
        "fields: {A: 5}",
        "logsources:\n- when: {}\n  condition: 'a:b'",
        "logsources:\n- when: {product: x}\n  condition: 'a:('",
        "logsources:\n- when: {product: x}\n  condition: 'a:b'\n  sources: [{name: n, condition: 'c:d'}]",
        "logsources:\n- when: {vendor: x}",
        "extends: missing.yml",
    ] {
        match mapping(text) {
            Ok(_) => panic!("{text} is taken"),
            Err(e) => out.push_str(&format!("{}\n    {e}\n", text.replace('\n', "; "))),
        }
    }
    insta::assert_snapshot!(out);
}
