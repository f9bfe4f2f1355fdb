//! A rule file that was edited, and the same rule converted again: what the user changed stays, the rest follows.
//!
//! For each option it is known what was written the last time, by its digest. An option that still is what was written
//! follows the rule; one that was changed, added or removed since is the user's. Options that stay are copied as they
//! stand, with their comments and with what ElastAlert shall expand.

use sigmalert_elastalert::{self as rule, Document};
use sigmalert_sigma::yaml::{self, Dialect, Limits, Value};
use std::collections::BTreeMap;

/// The digest of each option, by its meaning: Praeco writes the same in another form.
pub(super) type Digests = BTreeMap<String, String>;

/// The digests of a rule file.
pub(super) fn digests(file: &Value) -> Digests {
    match file {
        Value::Map(entries) => entries.iter().map(|(k, v)| (k.clone(), digest(v))).collect(),
        _ => Digests::new(),
    }
}

fn digest(value: &Value) -> String {
    rule::digest(std::iter::once(&(String::new(), value.clone())))
}

/// Whether a rule file is as some run of this program left it: it carries the digest of its own options.
pub(super) fn is_untouched(text: &str) -> bool {
    let Ok(documents) = yaml::parse_all(text, &Limits::default()) else { return false };
    let [document] = documents.as_slice() else { return false };
    let Value::Map(entries) = document.to_value() else { return false };
    let block = entries.iter().find(|(k, _)| k == OURS).map(|(_, v)| v);
    let written = block.and_then(|b| b.get("written")).and_then(Value::as_str);
    written == Some(&rule::digest(entries.iter().filter(|(k, _)| k != OURS)))
}

/// An option that says where the file came from; it always follows.
const OURS: &str = "sigmalert";

/// Lays a newly converted rule file over the one that is there. `written` is what this program wrote there before.
///
/// # Errors
/// In words, when the file is not a rule file that can be told apart.
pub(super) fn merge(existing: &str, written: &Digests, new: &Value) -> Result<String, String> {
    let document = Document::parse_as(existing, Dialect::Yaml12)?;
    let untouched = |i: usize| {
        let (key, value) = document.option(i);
        written.get(key) == Some(&digest(value))
    };
    let mut out = document.head();
    let Value::Map(new) = new else { return Err("has nothing to be laid over it".into()) };
    for (key, value) in new {
        let ours = || yaml::emit(&Value::Map(vec![(key.clone(), value.clone())]));
        match document.find(key) {
            Some(i) if key != OURS && !untouched(i) => out.push_str(&document.whole(i)),
            // Removed by the user, unless it was not there to be removed.
            None if key != OURS && written.contains_key(key) => {}
            _ => out.push_str(&ours()),
        }
    }
    for i in 0..document.len() {
        let known = new.iter().any(|(k, _)| k == document.option(i).0);
        if !known && !untouched(i) {
            out.push_str(&document.whole(i));
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> Value {
        yaml::parse_all(text, &Limits::default()).unwrap()[0].to_value()
    }

    fn merged(existing: &str, written: &str, new: &str) -> String {
        merge(existing, &digests(&value(written)), &value(new)).unwrap()
    }

    #[test]
    fn three_ways() {
        let written = "name: x\npriority: 3\nalert: [debug]\nold: 1\ntags: [a]\n";
        let new = "name: x\npriority: 2\nalert: [debug]\ntags: [a, b]\nfresh: 1\n";
        assert_eq!(merged(written, written, new), "name: x\npriority: 2\nalert:\n- debug\ntags:\n- a\n- b\nfresh: 1\n");
        // Changed, removed and added by the user; `old` is ours and gone.
        let edited = "# mine\nname: x\npriority: 3\nalert:   # to the team\n  - slack\n\nold: 1\nslack_webhook_url: ${HOOK}\n";
        assert_eq!(
            merged(edited, written, new),
            "# mine\nname: x\npriority: 2\nalert:   # to the team\n  - slack\n\nfresh: 1\nslack_webhook_url: ${HOOK}\n"
        );
        // The same in another form is no change.
        assert_eq!(
            merged("\"alert\": [\"debug\"]\nname: \"x\"\npriority: 3\ntags: [\"a\"]\n", written, "name: z\nalert: [slack]\n"),
            "name: z\nalert:\n- slack\n"
        );
        // What was merged once merges to the same again.
        let once = merged(edited, written, new);
        assert_eq!(merged(&once, new, new), once);
    }

    #[test]
    fn what_cannot_be_told_apart() {
        for bad in ["{name: x, alert: [debug]}", "- a", "name: [", "a: 1\n---\nb: 2\n"] {
            assert!(merge(bad, &Digests::new(), &value("name: x\n")).is_err(), "{bad}");
        }
    }
}
