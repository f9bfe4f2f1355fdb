//! Profiles: what alerts say and where they go, complete, and as ElastAlert itself puts it together.

use crate::support::cli::Workspace;
use crate::support::convert::{collection, options, samples};
use crate::support::{corpus, elastalert};
use sigmalert::elastalert::Profile;
use sigmalert::{Converter, Mapping, Options, Query, Target};
use std::path::Path;

/// The options that a profile adds to a sample's rule file.
fn filled(sample: &str, at: usize, profile: Profile) -> String {
    let (_, text) = samples().into_iter().find(|(n, _)| n == sample).unwrap();
    let converter = Converter::new(Mapping::builtin("winlogbeat").unwrap(), Options { profile, ..options(Target::ElastAlert) });
    match converter.convert(&collection(&text), at).unwrap().query {
        Query::RuleFile(r) => sigmalert::yaml::emit(&sigmalert::yaml::Value::Map(r.options)),
        other => panic!("{other}"),
    }
}

#[test]
fn of_every_built_in_kind() {
    for name in Profile::builtin_names() {
        let text = filled("endswith", 0, Profile::load(name).unwrap());
        insta::with_settings!({ snapshot_suffix => name, omit_expression => true }, { insta::assert_snapshot!(text) });
    }
}

#[test]
fn of_several_at_once_and_for_other_kinds_of_rules() {
    let both = Profile::load("slack").unwrap().with(Profile::load("thehive").unwrap());
    assert!(filled("hashes", 0, both).starts_with("alert:\n- slack\n- hivealerter\n"));
    let thehive = || Profile::load("thehive").unwrap();
    insta::assert_snapshot!("correlation", filled("correlation_event_count", 1, thehive()));
    insta::assert_snapshot!("network", filled("cidr", 0, thehive()));
}

#[test]
fn of_the_users_own() {
    let mine = |text: &str| Profile::from_text(text, Path::new("mine.yml"));
    let text = filled(
        "endswith",
        0,
        mine(
            "alert: [slack]\nslack_webhook_url: ${HOOK}\nslack_channel_override: '{% if priority == 1 %}#urgent{% else %}#soc{% endif %}'\n\
             realert: {minutes: 30}\ncount: '{{ tags | length }}'\nnothing: '{{ references }}'\nnested: [{a: '{{ level }}'}, 5, true]\n",
        )
        .unwrap(),
    );
    assert_eq!(
        text,
        "alert:\n- slack\nslack_webhook_url: '${HOOK}'\nslack_channel_override: \"#soc\"\nrealert:\n  minutes: 30\ncount: 2\nnested:\n- a: low\n- 5\n- true\n"
    );
    let mut out = String::new();
    for bad in [
        "- a",
        "alert: [slack\n",
        "alert: [slack]\nalert_subject: '{{ nmae }}'",
        "alert: [slack]\nalert_subject: 'of {{ level.name }}'",
        "alert: [slack]\nalert_subject: '{{ level '",
        "alert: [slack]\nalert_subject: '{% for x in range(100000) %}{% for y in range(100000) %}x{% endfor %}{% endfor %}'",
        "name: x",
        "filter: []",
        "a: 1\n---\nb: 2",
        "",
    ] {
        let e = mine(bad).unwrap_err();
        out.push_str(&format!("{}\n    {e}\n", bad.replace('\n', "; ")));
    }
    insta::assert_snapshot!("mistakes", out);
}

/// Text from rules is text to ElastAlert: no format, no environment, no YAML.
#[test]
fn text_of_rules_arrives_as_it_is() {
    let w = Workspace::new();
    let description = r#"Braces {0} {x} {{y}}, a percent %s, a variable $HOME and ${HOME}, a tag <b>, quotes " ' and \ : #"#;
    let rule = format!(
        "title: Odd {{0}} text $HOME\nid: 11111111-1111-4111-8111-111111111111\ndescription: {}\nlevel: high\nlogsource: {{product: windows, category: process_creation}}\n\
         detection: {{s: {{Image|endswith: '\\a.exe'}}, condition: s}}\nreferences: ['https://example.org/{{a}}?b=$HOME']\n",
        serde_json::json!(description)
    );
    w.write("r.yml", rule);
    for profile in ["debug", "slack", "email", "telegram"] {
        let run = w.run(&["convert", "-m", "winlogbeat", "-p", profile, "-q", "-o", "out", "--on-conflict", "overwrite", "r.yml"]);
        assert_eq!(run.status, 0, "{}", run.stderr);
        let event = serde_json::json!({"@timestamp": "2024-03-05T10:20:30.000Z", "process": {"executable": "C:\\a.exe"}, "user": {"name": "{bob}"}});
        let Some(alert) = elastalert::alert("text_of_rules_arrives_as_it_is", &w.path("out/r.yaml"), &event) else { return };
        let [subject, body] = alert.unwrap();
        assert!(subject.ends_with("Odd {0} text $HOME"), "{profile}: {subject}");
        assert!(body.contains(description), "{profile}: {body}");
        assert!(body.contains("\nUser: {bob}\n") && body.contains("\nImage: C:\\a.exe\n"), "{profile}: {body}");
        assert!(body.contains("\n- https://example.org/{a}?b=$HOME\n"), "{profile}: {body}");
        assert!(body.contains("\nCommandLine: <MISSING VALUE>\n"), "{profile}: {body}");
    }
}

/// Every destination at once on every rule there is, for both mappings.
#[test]
fn elastalert_loads_them_all() {
    let w = Workspace::new();
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/sigma-samples");
    let mut args = vec!["convert", "-q", "-m", "winlogbeat", "-m", "wazuh", "-o", "out"];
    Profile::builtin_names().for_each(|p| args.extend(["-p", p]));
    let rules = corpus::rules("elastalert_loads_them_all").map(|r| r.display().to_string());
    match &rules {
        // Those of the higher levels are enough: the rest differs in its query only.
        Some(r) => args.extend([r.as_str(), "--level", "high+"]),
        None => args.push(samples),
    }
    w.run(&args);
    let files = w.files("out").iter().filter(|f| f.ends_with(".yaml")).count();
    assert!(files > 50, "{files} files");
    let Some(loaded) = elastalert::load("elastalert_loads_them_all", &w.path("out")) else { return };
    assert_eq!(loaded, Ok(files));
}
