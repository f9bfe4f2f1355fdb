//! Modifiers: each one, the chains that make sense, and those that do not.

use crate::support::convert::expr_of;
use std::fmt::Write as _;

#[test]
fn chains_and_their_meaning() {
    let mut out = String::new();
    for items in [
        "f: Value",
        "f: [One, Two]",
        "f: 42",
        "f: '42'",
        "f: 4.0",
        "f: 4.5",
        "f: true",
        "f: null",
        "f: ''",
        "f: 2024-01-02",
        "a: x\nb: y",
        "f|contains: part",
        "f|contains: 42",
        "f|contains|all: [one, two]",
        "f|cased: Value",
        "f|contains|cased: Value",
        "f|cased|endswith: Value",
        "f|exists: true",
        "f|exists: false",
        "f|re: 'a+b'",
        "f|re: '^a+b$'",
        "f|re|i: '^a+b'",
        "f|re|i|m|s: '^a.b$'",
        "f|re|startswith: 'a+'",
        "f|re|endswith: 'a+'",
        "f|re|contains: 'a+'",
        "f|re: '(?i)abc\\d'",
        "f|re: '\\bword\\b'",
        "f|cidr: 10.0.0.0/8",
        "f|cidr: 192.168.1.7",
        "f|cidr: 'fe80::/10'",
        "f|lt: 5",
        "f|gte: '5'",
        "f|gt: 1.5",
        "f|lte: -3",
        "f|neq: x",
        "f|neq: [x, y]",
        "f|contains|neq: x",
        "f|minute: 5",
        "f|hour|gte: 22",
        "f|day: 31",
        "f|week: 53",
        "f|month: 2",
        "f|year|lt: 2020",
        "f|fieldref: g",
        "f|fieldref|startswith: g",
        "f|fieldref|contains|cased: g",
        "f|base64: secret",
        "f|base64|contains: secret",
        "f|base64offset|contains: secret",
        "f|wide|base64offset|contains: ab",
        "f|utf16le|base64: ab",
        "f|utf16be|base64: ab",
        "f|utf16|base64: ab",
        "f|contains|windash: ' -a'",
        "f|windash|contains|all: [' -a', ' /b']",
        "'|all': [one, two]",
        "'|contains': one",
    ] {
        let meaning = expr_of(items).unwrap_or_else(|e| panic!("{items}: {e}"));
        _ = writeln!(out, "{}\n    {}", items.replace('\n', "; "), meaning.replace('\n', "\n    "));
    }
    insta::assert_snapshot!(out);
}

#[test]
fn chains_that_make_no_sense() {
    let mut out = String::new();
    for items in [
        "f|contain: x",
        "f|: x",
        "f||contains: x",
        "f|exists|contains: true",
        "f|exists: maybe",
        "f|i: x",
        "f|contains|i: x",
        "f|base64|re: x",
        "f|re|base64: x",
        "f|re: '(?=look)ahead'",
        "f|re: 'back\\1'",
        "f|re: '(unclosed'",
        "f|cidr: 10.0.0.1/8",
        "f|cidr: not-a-network",
        "f|cidr: 10.0.0.0/33",
        "f|lt: many",
        "f|hour: 24",
        "f|hour: 1.5",
        "f|fieldref: 'g*'",
        "f|fieldref: 1",
        "f|base64: 'a*b'",
        "f|base64offset|contains: a",
        "f|wide: x",
        "f|expand: '%unknown%'",
        "f|contains: null",
        "f: []",
        "f: {a: b}",
        "f: [[a]]",
        "'|cidr': 10.0.0.0/8",
        "'|exists': true",
        "{}",
    ] {
        match expr_of(items) {
            Ok(meaning) => panic!("{items} is taken for {meaning}"),
            Err(e) => {
                _ = writeln!(out, "{items}\n    {e}");
                if let Some(h) = e.help {
                    _ = writeln!(out, "    help: {h}");
                }
            }
        }
    }
    insta::assert_snapshot!(out);
}

#[test]
fn exists_takes_every_boolean_of_yaml_1_1() {
    for (words, same) in [(["yes", "Yes", "on", "ON"], "f|exists: true"), (["no", "NO", "off", "Off"], "f|exists: false")] {
        for word in words {
            assert_eq!(expr_of(&format!("f|exists: {word}")).unwrap(), expr_of(same).unwrap(), "{word}");
        }
    }
}
