//! Unfilled placeholders in alert texts: Praeco's form accepts `{0}` without the field it refers to.

use crate::serve::rules::rule_file::{get, options};
use sigmalert_elastalert::lint::first_place;
use sigmalert_sigma::yaml::Value;

/// Returns a warning for each unfilled placeholder. `base` is the text of the file that all rules import.
pub(in crate::serve) fn unfilled(rule: &str, base: Option<&str>) -> Vec<String> {
    let Ok(own) = options(rule) else { return Vec::new() };
    let shared = base.and_then(|b| options(b).ok()).unwrap_or_default();
    let of = |key: &str| get(&own, key).or_else(|| get(&shared, key));
    let jinja = of("alert_text_type").and_then(Value::as_str) == Some("alert_text_jinja");
    let mut out = Vec::new();
    for (key, filled) in [("alert_subject", ["alert_subject_args", ""]), ("alert_text", ["alert_text_args", "alert_text_kw"])] {
        let is_filled = filled.iter().any(|k| of(k).is_some_and(|v| !matches!(v, Value::List(l) if l.is_empty())));
        if let Some(place) = of(key).and_then(Value::as_str).filter(|_| !jinja && !is_filled).and_then(first_place) {
            out.push(format!("alerts will show the placeholder `{place}` of `{key}` literally, because `{}` is not set", filled[0]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_nothing_fills() {
        let of = |rule: &str, base: Option<&str>| unfilled(rule, base).len();
        assert_eq!(of("alert_text: 'x {0}'\nalert_subject: '{1}'\n", None), 2);
        assert_eq!(of("alert_text: 'x {0}'\nalert_text_args: [a]\n", None), 0);
        assert_eq!(of("alert_text: 'x {0}'\nalert_text_args: []\n", None), 1);
        assert_eq!(of("alert_text: 'x {0}'\n", Some("alert_text_args: [a]\n")), 0);
        for fine in [
            "alert_text: '{\"a\": 1}'\n",
            "alert_text: '{{ a }}'\nalert_text_type: alert_text_jinja\n",
            "alert_text: plain\n",
            "alert_text: '{{0}}'\n",
        ] {
            assert_eq!(of(fine, None), 0, "{fine}");
        }
    }
}
