//! SG304: The logsource is not in the taxonomy.

use crate::prelude::*;
use crate::taxonomy::Taxonomy;
use crate::taxonomy::nearest;

/// The logsource is not in the taxonomy.
pub(crate) static LINT: Lint = Lint {
    code: "SG304",
    name: "logsource-unknown",
    severity: Severity::Info,
    what: "The logsource is not in the taxonomy.",
    why: "No shared field mapping or pipeline covers it. This is expected for your own logs.",
    bad: "logsource:
    product: acme
    service: vault
",
    good: "logsource:
    product: windows
    service: security
",
    ..BASE
};

/// The lint and its check.
pub(crate) const ENTRY: Entry = Entry { lint: &LINT, check: Check::Rule(check) };

fn check(d: &Doc<'_>, r: &Rule, out: &mut Sink<'_>) {
    if Taxonomy::get().logsource(&r.logsource).is_none() && misspelt(r).is_none() && !r.logsource.custom.iter().any(|_| true) {
        out.at(d.entry("logsource").map_or(d.at(), |(k, _)| k.pos), format!("the taxonomy has no logsource {}", r.logsource));
    }
}

/// Returns the part of a logsource that differs from a known one by one or two letters: 0 product, 1 category, 2 service.
pub(crate) fn misspelt(r: &Rule) -> Option<(usize, &str, &'static str)> {
    let t = Taxonomy::get();
    if t.logsource(&r.logsource).is_some() {
        return None;
    }
    let parts = [&r.logsource.product, &r.logsource.category, &r.logsource.service];
    parts.into_iter().enumerate().find_map(|(i, p)| {
        let word = p.as_deref().filter(|w| w.len() > 3 && !t.words(i).any(|k| k == *w))?;
        nearest(word, t.words(i)).map(|n| (i, word, n))
    })
}
