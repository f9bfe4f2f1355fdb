//! The pages under docs/ and the API documentation.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

/// Checks all links, and builds the book where mdBook is installed, and the API documentation.
///
/// # Errors
/// When a link leads nowhere, or a build fails.
pub fn build() -> Result<(), String> {
    let pages = pages(&crate::root())?;
    let broken = broken_links(&crate::root(), &pages);
    if !broken.is_empty() {
        return Err(format!("{} links lead nowhere:\n{}", broken.len(), broken.join("\n")));
    }
    println!("{} pages: every link leads somewhere", pages.len());
    crate::run(Command::new("mdbook").arg("build").arg("docs")).map_err(|e| format!("{e} (cargo install mdbook)"))?;
    crate::run(crate::cargo().args(["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// All Markdown files that git knows, with their text, by path from the root.
fn pages(root: &Path) -> Result<BTreeMap<PathBuf, String>, String> {
    let out =
        Command::new("git").args(["ls-files", "*.md"]).current_dir(root).output().map_err(|e| format!("git cannot be started: {e}"))?;
    let names = String::from_utf8_lossy(&out.stdout).into_owned();
    let mut pages = BTreeMap::new();
    for name in names.lines() {
        let text = std::fs::read_to_string(root.join(name)).map_err(|e| format!("{name}: {e}"))?;
        pages.insert(PathBuf::from(name), text);
    }
    Ok(pages)
}

/// `file:line: target` of each link to a file or heading that is not there. Links to other sites are not followed.
fn broken_links(root: &Path, pages: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let headings: BTreeMap<&Path, BTreeSet<String>> = pages.iter().map(|(p, t)| (p.as_path(), headings(t))).collect();
    let mut broken = Vec::new();
    for (page, text) in pages {
        for (line, target) in links(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, heading) = target.split_once('#').map_or((target.as_str(), None), |(f, h)| (f, Some(h)));
            let path = if file.is_empty() { page.clone() } else { joined(page.parent().unwrap_or(Path::new("")), file) };
            let there = root.join(&path).exists() && heading.is_none_or(|h| headings.get(path.as_path()).is_none_or(|all| all.contains(h)));
            if !there {
                broken.push(format!("  {}:{line}: {target}", page.display()));
            }
        }
    }
    broken
}

/// A relative path from a folder, without `..`.
fn joined(folder: &Path, relative: &str) -> PathBuf {
    let mut out = PathBuf::new();
    for part in folder.join(relative).components() {
        match part {
            Component::ParentDir => _ = out.pop(),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The targets of the links of a page, with their lines. Code is left out.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut out = Vec::new();
    for (number, line) in prose(text) {
        let mut rest = line.as_str();
        while let Some(at) = rest.find("](") {
            rest = &rest[at + 2..];
            let end = rest.find([')', ' ']).unwrap_or(rest.len());
            out.push((number, rest[..end].to_owned()));
        }
        if let Some((_, target)) = line.strip_prefix('[').and_then(|l| l.split_once("]: ")) {
            out.push((number, target.split(' ').next().unwrap_or_default().to_owned()));
        }
    }
    out
}

/// The anchors of a page's headings, as GitHub and mdBook make them.
fn headings(text: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for (_, line) in text_lines(text) {
        let title = line.trim_start_matches('#');
        if title.len() == line.len() || !title.starts_with(' ') {
            continue;
        }
        let anchor: String = title
            .trim()
            .to_lowercase()
            .chars()
            .filter_map(|c| match c {
                ' ' => Some('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c),
                _ => None,
            })
            .collect();
        let mut unique = anchor.clone();
        let mut n = 0;
        while !out.insert(unique.clone()) {
            n += 1;
            unique = format!("{anchor}-{n}");
        }
    }
    out
}

/// The numbered lines outside of code blocks.
fn text_lines(text: &str) -> Vec<(usize, &str)> {
    let mut code = false;
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            code = !code;
        } else if !code {
            out.push((i + 1, line));
        }
    }
    out
}

/// The same without what stands between backquotes.
fn prose(text: &str) -> Vec<(usize, String)> {
    text_lines(text).into_iter().map(|(n, line)| (n, line.split('`').step_by(2).collect::<Vec<_>>().join("`"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_headings() {
        let page = "# The `a` page\n[x](b.md#c) and [y](#the-a-page)\n`[no](link)`\n```\n[no](link)\n```\n[z]: d.md\n## Twice\n## Twice\n";
        let targets: Vec<String> = links(page).into_iter().map(|(_, t)| t).collect();
        assert_eq!(targets, ["b.md#c", "#the-a-page", "d.md"]);
        assert_eq!(headings(page), ["the-a-page", "twice", "twice-1"].map(String::from).into());
        let pages = BTreeMap::from([(PathBuf::from("Cargo.toml.md"), page.to_owned())]);
        let root = tempdir();
        std::fs::write(root.join("Cargo.toml.md"), page).unwrap();
        let broken = broken_links(&root, &pages);
        assert_eq!(broken, ["  Cargo.toml.md:2: b.md#c", "  Cargo.toml.md:7: d.md"]);
        std::fs::remove_dir_all(root).unwrap();
    }

    fn tempdir() -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }
}
