//! SG428: A value of `Hashes` is not `ALGORITHM=DIGEST`, or its digest has the wrong length.

use crate::prelude::*;

/// A value of `Hashes` is not `ALGORITHM=DIGEST`, or its digest has the wrong length.
pub(crate) static LINT: Lint = Lint {
    code: "SG428",
    name: "invalid-hash",
    aliases: &["hash-unfit"],
    severity: Severity::Warning,
    what: "A value of `Hashes` is not `ALGORITHM=DIGEST`, or its digest has the wrong length.",
    why: "Sysmon writes hashes in this form; no other value matches.",
    bad: "detection:
    selection:
        Hashes|contains: 'MD5=09D278F9DE118EF09163C614'
    condition: selection
",
    good: "detection:
    selection:
        Hashes|contains: 'MD5=09D278F9DE118EF09163C6140255C690'
    condition: selection
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Item(check) };

fn check(_: &Doc<'_>, item: &DetectionItem, out: &mut Sink<'_>) {
    if !matches!(item.field.as_deref(), Some("Hashes" | "Hash"))
        || item.modifiers.iter().any(|m| matches!(m, Modifier::Re | Modifier::Exists))
    {
        return;
    }
    for (v, pos) in item.values.iter().zip(&item.value_pos) {
        let Value::Text(t) = v else { continue };
        let t = t.trim_matches('*');
        let fault = match t.split_once('=') {
            _ if t.is_empty() || t.contains(',') || t.ends_with('=') => continue,
            None => Some("the value has no algorithm".to_owned()),
            Some((name, digest)) => {
                match [("MD5", 32), ("SHA1", 40), ("SHA256", 64), ("IMPHASH", 32)].iter().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
                    None => Some(format!("`{name}` is not a hash algorithm of Sysmon")),
                    Some((_, n)) if digest.len() != *n || !digest.bytes().all(|b| b.is_ascii_hexdigit()) => {
                        Some(format!("a {name} digest has {n} hexadecimal digits, this one has {} characters", digest.chars().count()))
                    }
                    Some(_) => None,
                }
            }
        };
        if let Some(fault) = fault {
            out.at(*pos, fault).help("write MD5=, SHA1=, SHA256= or IMPHASH= followed by the whole digest");
        }
    }
}
