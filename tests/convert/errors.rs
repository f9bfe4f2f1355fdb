//! Messages as users see them on the terminal: where, what, and what to do.

use crate::support::cli::Workspace;
use std::fmt::Write as _;

const HEAD: &str = "title: A rule\nlogsource:\n    product: windows\n    category: process_creation\n";

/// What `convert` says about one file.
fn said(name: &str, content: &str, args: &[&str]) -> String {
    let w = Workspace::new();
    w.write(name, content);
    let mut all = vec!["convert", "-m", "winlogbeat", name];
    all.extend(args);
    let run = w.run(&all);
    assert_eq!(run.status, 1, "{}{}", run.stdout, run.stderr);
    run.stderr
}

#[test]
fn in_rules() {
    let rule = |detection: &str| format!("{HEAD}detection:\n{detection}");
    for (name, content) in [
        ("not_yaml", "title: [unclosed\nlogsource: x\n".to_owned()),
        ("tab_indentation", "title: x\nlogsource:\n\tproduct: windows\n".to_owned()),
        ("key_twice", rule("    selection:\n        Image: a\n        Image: b\n    condition: selection\n")),
        ("not_a_mapping", "- title: x\n".to_owned()),
        ("no_title", "logsource: {product: windows}\ndetection: {a: {b: c}, condition: a}\n".to_owned()),
        ("no_logsource", "title: x\ndetection: {a: {b: c}, condition: a}\n".to_owned()),
        ("no_detection", HEAD.to_owned()),
        ("no_condition", rule("    selection:\n        Image: a\n")),
        ("unknown_modifier", rule("    selection:\n        Image|endwith: '\\a.exe'\n    condition: selection\n")),
        ("modifier_order", rule("    selection:\n        CommandLine|base64|re: a\n    condition: selection\n")),
        ("unknown_selection", rule("    selection:\n        Image: a\n    condition: selection and not filter\n")),
        ("condition_syntax", rule("    selection:\n        Image: a\n    condition: selection and (selection or\n")),
        ("bad_regex", rule("    selection:\n        CommandLine|re: 'a(b'\n    condition: selection\n")),
        (
            "look_ahead",
            rule("    selection:\n        CommandLine|re:\n            - fine\n            - 'a(?!b)'\n    condition: selection\n"),
        ),
        ("bad_network", rule("    selection:\n        DestinationIp|cidr: 10.0.0.300/8\n    condition: selection\n")),
        ("placeholder", rule("    selection:\n        User|expand: '%admins%'\n    condition: selection\n")),
        ("empty_list", rule("    selection:\n        Image: []\n    condition: selection\n")),
        ("huge_regex", rule("    selection:\n        CommandLine|re: 'a.{400}b'\n    condition: selection\n")),
        ("unknown_action", "action: globl\ntitle: x\n".to_owned()),
        ("nothing_in_it", "# only a comment\n".to_owned()),
        ("unknown_rule", "title: C\ncorrelation: {type: event_count, rules: [missing], timespan: 5m, condition: {gte: 2}}\n".to_owned()),
        (
            "temporal",
            format!(
                "{HEAD}name: one\ndetection: {{a: {{b: c}}, condition: a}}\n---\n{HEAD}name: two\ndetection: {{a: {{b: d}}, condition: a}}\n---\ntitle: C\ncorrelation: {{type: temporal, rules: [one, two], timespan: 5m}}\n"
            ),
        ),
    ] {
        insta::with_settings!({ snapshot_suffix => name, omit_expression => true }, {
            insta::assert_snapshot!(said(&format!("{name}.yml"), &content, &["--portable"]));
        });
    }
}

#[test]
fn of_targets() {
    let rule = |item: &str| format!("{HEAD}detection:\n    selection:\n        {item}\n    condition: selection\n");
    for (name, content, args) in [
        ("kql_regex", rule("CommandLine|re: 'a[bc]+d'"), &["-t", "kql"][..]),
        ("kql_question_mark", rule("Image: 'C:\\a?.exe'"), &["-t", "kql"][..]),
        ("lucene_fieldref", rule("Image|fieldref: ParentImage"), &["-t", "lucene"][..]),
        ("query_string_only", rule("Image|fieldref: ParentImage"), &["--filter", "query_string"][..]),
        (
            "strict_no_place",
            rule("NoSuchThing|exists: true")
                .replace("windows", "opencanary")
                .replace("    category: process_creation\n", "    category: application\n"),
            &["--strict"][..],
        ),
        ("strict_text", rule("ScriptBlockText|contains: 'two words'").replace("process_creation", "ps_script"), &["--strict"][..]),
        ("text_without_words", rule("ScriptBlockText|contains: '=>'").replace("process_creation", "ps_script"), &[][..]),
    ] {
        insta::with_settings!({ snapshot_suffix => name, omit_expression => true }, {
            insta::assert_snapshot!(said(&format!("{name}.yml"), &content, args));
        });
    }
}

/// What is odd but no error, and what there is to know, is told on request.
#[test]
fn warnings_and_notices() {
    let w = Workspace::new();
    w.write(
        "odd.yml",
        format!("{HEAD}status: brand-new\ntaxonomy: other\ndetection:\n    selection:\n        Image|endswith: '\\a.exe'\n    condition: SELECTION AND selection\n").replace("SELECTION AND", "selection AND"),
    );
    let run = w.run(&["convert", "-m", "winlogbeat", "-v", "-t", "lucene", "odd.yml"]);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!(run.stderr);
}

#[test]
fn of_the_command_itself() {
    let w = Workspace::new();
    w.write("r.yml", format!("{HEAD}detection: {{a: {{b: c}}, condition: a}}\n"));
    w.write("bad-mapping.yml", "name: x\nlogsource: []\n");
    w.write("bad-type.yml", "name: x\ntypes: {a: keywrod}\n");
    w.write("bad-condition.yml", "name: x\nlogsources:\n- when: {product: windows}\n  condition: 'a:('\n");
    w.write("circle.yml", "extends: circle.yml\n");
    w.write("placeholders.yml", "- a\n");
    w.write("empty/x.txt", "");
    let mut out = String::new();
    for args in [
        &["convert", "r.yml"][..],
        &["convert", "-m", "winlogbat", "r.yml"],
        &["convert", "-m", "missing.yml", "r.yml"],
        &["convert", "-m", "bad-mapping.yml", "r.yml"],
        &["convert", "-m", "bad-type.yml", "r.yml"],
        &["convert", "-m", "bad-condition.yml", "r.yml"],
        &["convert", "-m", "circle.yml", "r.yml"],
        &["convert", "-m", "winlogbeat", "-m", "winlogbeat", "r.yml"],
        &["convert", "-m", "winlogbeat", "-t", "splunk", "r.yml"],
        &["convert", "-m", "winlogbeat", "-t", "kql", "--case", "regex", "r.yml"],
        &["convert", "-m", "winlogbeat", "-t", "lucene", "--filter", "dsl", "r.yml"],
        &["convert", "-m", "winlogbeat", "--format", "text", "r.yml"],
        &["convert", "-m", "winlogbeat", "--level", "severe", "r.yml"],
        &["convert", "-m", "winlogbeat", "--status", "new", "r.yml"],
        &["convert", "-m", "winlogbeat", "--logsource", "vendor=x", "r.yml"],
        &["convert", "-m", "winlogbeat", "--prune", "r.yml"],
        &["convert", "-m", "winlogbeat", "--jobs", "0", "r.yml"],
        &["convert", "-m", "winlogbeat", "--placeholders", "placeholders.yml", "r.yml"],
        &["convert", "-m", "winlogbeat", "--placeholders", "none.yml", "r.yml"],
        &["convert", "-m", "winlogbeat", "empty"],
        &["convert", "-m", "winlogbeat", "-o", "no/such/folder/out.txt", "r.yml"],
        &["mappings", "nothing"],
    ] {
        let run = w.run(args);
        assert_eq!(run.status, 2, "{args:?}: {}{}", run.stdout, run.stderr);
        assert_eq!(run.stdout, "", "{args:?}");
        _ = writeln!(out, "$ sigmalert {}\n{}", args.join(" "), run.stderr);
    }
    insta::assert_snapshot!(out);
}
