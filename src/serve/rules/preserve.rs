//! Preserves options that Praeco's form does not know when it saves a rule, and presents rules in the form that it reads.
//!
//! Praeco rebuilds a rule from the options it knows at every save, even for "Disable". An option that it knows and did not
//! send was removed by the user; one that it does not know would be lost.

use crate::serve::rules::paths::BASE_RULE;
use crate::serve::rules::praeco_form::{self, HOUR_RANGE};
use crate::serve::rules::rule_file::{bare_query_of, get, options, query_of, readable, set};
use sigmalert_elastalert::Document;
use sigmalert_sigma::yaml::{Dialect, Value};

/// A rule as Praeco is shown it: as it is stored, but for a filter that it could not read and would replace by one that
/// matches everything.
pub(in crate::serve) fn presented(text: &str) -> String {
    let Ok(document) = Document::parse_as(text, Dialect::Yaml12) else { return text.to_owned() };
    let mut options = document.options();
    // With a tree the filter is not read.
    let tree = get(&options, "__praeco_query_builder").is_some();
    let Some(Value::List(filters)) = get(&options, "filter").filter(|_| !tree) else { return text.to_owned() };
    let Some(shown) = filters.first().and_then(readable) else { return text.to_owned() };
    let mut filters = filters.clone();
    filters[0] = shown;
    set(&mut options, "filter", Value::List(filters));
    document.with_options(&options)
}

/// The text to store when Praeco saves `sent` over `stored`.
///
/// # Errors
/// When the sent text is not a rule file.
pub(in crate::serve) fn carried(stored: Option<&str>, sent: &str) -> Result<String, String> {
    let mut new = options(sent)?;
    let Some(stored) = stored else { return Ok(sent.to_owned()) };
    // What cannot be read has nothing that could be carried over.
    let Ok(document) = Document::parse_as(stored, Dialect::Yaml12) else { return Ok(sent.to_owned()) };
    let old = document.options();

    let changed = carry_filter(&old, &mut new);
    for (key, value) in &old {
        match get(&new, key).cloned() {
            Some(sent) => {
                if let Some(whole) = praeco_form::whole(key, value, &sent) {
                    set(&mut new, key, whole);
                }
            }
            None if praeco_form::hidden(key, value, &old, &new) => new.push((key.clone(), value.clone())),
            None => {}
        }
    }
    // Only one enhancement has a form, and only one import a place.
    if let Some(Value::List(own)) = get(&old, "match_enhancements") {
        let mut all = match get(&new, "match_enhancements") {
            Some(Value::List(l)) => l.clone(),
            _ => Vec::new(),
        };
        let others = own.iter().filter(|e| e.as_str() != Some(HOUR_RANGE) && !all.contains(e)).cloned().collect::<Vec<_>>();
        all.extend(others);
        set(&mut new, "match_enhancements", Value::List(all));
    }
    if let Some(import) = get(&old, "import")
        && !import.as_str().is_some_and(|i| i.ends_with(BASE_RULE))
    {
        set(&mut new, "import", import.clone());
    }
    if changed && let Some(Value::Map(mut block)) = get(&new, "sigmalert").cloned() {
        set(&mut block, "edited", true.into());
        set(&mut new, "sigmalert", Value::Map(block));
    }
    // In the order of the stored file, with its comments; what is new behind.
    let place = |key: &str| old.iter().position(|(k, _)| k == key).unwrap_or(usize::MAX);
    new.sort_by_key(|(k, _)| place(k));
    Ok(document.with_options(&new))
}

/// Puts filters beyond the first back, and the first as it was where its query is that which was shown. Returns whether
/// the query changed.
fn carry_filter(old: &[(String, Value)], new: &mut Vec<(String, Value)>) -> bool {
    let Some(Value::List(was)) = get(old, "filter") else { return false };
    let Some(Value::List(mut now)) = get(new, "filter").cloned() else { return true };
    let query = |f: &Value| query_of(f).or_else(|| bare_query_of(f)).map(str::to_owned);
    let (Some(first), Some(sent)) = (was.first(), now.first().cloned()) else { return false };
    let shown = readable(first).unwrap_or_else(|| first.clone());
    let same = query(&shown) == query(&sent) || *first == sent;
    if same {
        now[0] = first.clone();
    }
    if now.len() == 1 {
        now.extend(was.iter().skip(1).cloned());
    }
    set(new, "filter", Value::List(now));
    !same
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = "\
# Made from whoami.yml.
name: Whoami
type: any # every match
index: winlogbeat-*
filter:
- query:
    query_string:
      query: 'a:1'
- term: {host: x}
alert: [slack, debug]
slack_webhook_url: https://example.com
tags: [attack.t1033]
sigmalert:
  rule: abc
http_post_payload: {a: b}
";

    #[test]
    fn what_praeco_does_not_know_stays_and_what_the_user_removed_goes() {
        let sent = "alert: [\"slack\"]\nfilter:\n  - query:\n      query_string:\n        query: \"a:1\"\nindex: \"winlogbeat-*\"\nis_enabled: false\nname: \"Whoami\"\ntype: \"any\"\n";
        let text = carried(Some(STORED), sent).unwrap();
        assert!(text.starts_with("# Made from whoami.yml.\nname: Whoami\ntype: any # every match\n"), "{text}");
        for kept in
            ["tags: [attack.t1033]", "http_post_payload: {a: b}", "- term: {host: x}", "sigmalert:\n  rule: abc\n", "is_enabled: false"]
        {
            assert!(text.contains(kept), "{kept}\n{text}");
        }
        // Slack is still a destination, and its address was emptied.
        assert!(!text.contains("slack_webhook_url") && !text.contains("edited"), "{text}");
    }

    #[test]
    fn a_changed_query_is_marked() {
        let sent =
            "name: Whoami\ntype: any\nindex: winlogbeat-*\nfilter:\n- query:\n    query_string:\n      query: 'a:2'\nalert: [slack]\n";
        let text = carried(Some(STORED), sent).unwrap();
        assert!(text.contains("edited: true") && text.contains("a:2") && text.contains("host: x"), "{text}");
    }

    #[test]
    fn a_filter_that_praeco_cannot_read_is_shown_in_the_shape_it_reads() {
        let stored = "name: x\ntype: new_term\nfilter:\n- query_string: {query: 'a:1'}\nalert: [debug]\n";
        let shown = presented(stored);
        assert_eq!(
            query_of(&match get(&options(&shown).unwrap(), "filter") {
                Some(Value::List(l)) => l[0].clone(),
                _ => Value::Null,
            }),
            Some("a:1")
        );
        // Saved as it was shown, it is stored as it was.
        assert!(carried(Some(stored), &shown).unwrap().contains("- query_string: {query: 'a:1'}"));
        let term = presented("name: x\ntype: any\nfilter:\n- term: {host: web1}\nalert: [debug]\n");
        assert!(term.contains("query_string") && term.contains("host:web1"), "{term}");
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for text in ["", "[]", "a: [", "a: 1\n---\nb: 2\n", "&a [*a]"] {
            assert!(carried(None, text).is_err(), "{text}");
        }
    }
}
