//! SG430: Two selections, or two maps of a list, are the same.

use crate::check::prelude::*;

/// Two selections, or two maps of a list, are the same.
pub(in crate::check) static LINT: Lint = Lint {
    code: "SG430",
    name: "map-repeated",
    severity: Severity::Warning,
    what: "Two selections, or two maps of a list, are the same.",
    why: "The second adds nothing; often another value was meant.",
    bad: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
        - Image|endswith: '\whoami.exe'
    condition: selection
",
    good: r"detection:
    selection:
        - Image|endswith: '\whoami.exe'
        - OriginalFileName: 'whoami.exe'
    condition: selection
",
    check: Check::Detection(check),
    ..BASE
};

/// What a selection says, without where it stands.
fn text(s: &Selection) -> String {
    let mut out = String::new();
    for item in s.items() {
        out.push_str(&item.key());
        item.values.iter().for_each(|v| {
            out.push('\0');
            out.push_str(v.text().unwrap_or("\u{1}"));
        });
        out.push('\n');
    }
    out
}

fn check(d: &Doc<'_>, det: &Detection, out: &mut Sink<'_>) {
    for (i, (name, s)) in det.selections.iter().enumerate() {
        if let Selection::Any(inner) = s {
            let texts: Vec<String> = inner.iter().map(text).collect();
            for (j, t) in texts.iter().enumerate() {
                if texts[..j].contains(t) {
                    let pos = inner[j].items().first().map_or(det.condition_pos, |item| item.pos);
                    out.at(pos, "the same stands in this list already");
                }
            }
        }
        let same = det.selections[..i].iter().find(|(_, o)| std::mem::discriminant(o) == std::mem::discriminant(s) && text(o) == text(s));
        if let Some((other, _)) = same {
            let pos = d.in_detection(name).map_or(det.condition_pos, |(k, _)| k.pos);
            out.at(pos, format!("`{name}` asks what `{other}` asks"));
        }
    }
}
