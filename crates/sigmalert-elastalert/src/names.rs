//! Unique rule names: ElastAlert does not start with a duplicate.

use std::collections::{HashMap, HashSet};

/// Returns a unique name for each rule, from its title and id.
///
/// A title that occurs once is the name. Duplicated titles get the beginning of the rule's id, so that names do not depend on
/// the order of the files.
pub fn unique_names<'a>(rules: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Vec<String> {
    let rules: Vec<(String, Option<&str>)> = rules.into_iter().map(|(title, id)| (one_line(title), id)).collect();
    let mut count: HashMap<&str, usize> = HashMap::new();
    for (title, _) in &rules {
        *count.entry(title).or_default() += 1;
    }
    let alone = |title: &str| count.get(title) == Some(&1);
    let mut taken: HashSet<String> = rules.iter().filter(|(t, _)| alone(t)).map(|(t, _)| t.clone()).collect();
    let mut out = Vec::with_capacity(rules.len());
    for (title, id) in &rules {
        if alone(title) {
            out.push(title.clone());
            continue;
        }
        let with_id = id.map(|id| {
            let short: String = id.chars().take(8).collect();
            [format!("{title} ({short})"), format!("{title} ({id})")]
        });
        let numbered = (1..).map(|n| format!("{title} #{n}"));
        let name = with_id.into_iter().flatten().chain(numbered).find(|n| !taken.contains(n)).unwrap_or_else(|| title.clone());
        taken.insert(name.clone());
        out.push(name);
    }
    out
}

/// Returns a title as one line, with whitespace collapsed.
pub fn one_line(title: &str) -> String {
    title.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeated_titles_get_their_ids() {
        let names = unique_names([
            ("A", Some("11111111-x")),
            ("B", None),
            ("A", Some("22222222-x")),
            ("A", Some("22222222-x")),
            ("A", None),
            ("A #1", None),
        ]);
        assert_eq!(names, ["A (11111111)", "B", "A (22222222)", "A (22222222-x)", "A #2", "A #1"]);
    }
}
