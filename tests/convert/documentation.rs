//! README and docs/: every command has options that exist, the output shown is what the program prints, and every error code is listed.

use crate::support::cli::Workspace;
use sigmalert::sigma::ErrorKind as K;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> = ["README.md", "CONTRIBUTING.md"].iter().map(|p| root().join(p)).collect();
    for folder in ["docs", "docs/guide", "docs/reference", "docs/evidence"] {
        let entries = std::fs::read_dir(root().join(folder)).unwrap().map(|e| e.unwrap().path());
        pages.extend(entries.filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    pages.sort();
    pages
}

/// The lines of code blocks, with their numbers.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut inside = false;
    let mut out = Vec::new();
    for (i, line) in text.lines().enumerate() {
        if line.trim_start().starts_with("```") {
            inside = !inside;
        } else if inside {
            out.push((i + 1, line.trim_start().trim_start_matches("$ ").to_owned()));
        }
    }
    out
}

/// The commands of a line of shell: words without quotes, cut at `;`, `|`, `&` and `>`; comments are left out.
fn commands(line: &str) -> Vec<Vec<String>> {
    let mut out = vec![Vec::new()];
    let (mut word, mut quote, mut started) = (String::new(), None, false);
    for c in line.chars() {
        match (c, quote) {
            (c, Some(q)) if c == q => quote = None,
            (c, Some(_)) => word.push(c),
            ('\'' | '"', None) => (quote, started) = (Some(c), true),
            ('#', None) if !started => break,
            (' ' | ';' | '|' | '&' | '>' | '<', None) => {
                if started {
                    out.last_mut().unwrap().push(std::mem::take(&mut word));
                    started = false;
                }
                if c != ' ' {
                    out.push(Vec::new());
                }
            }
            (c, None) => {
                word.push(c);
                started = true;
            }
        }
    }
    if started {
        out.last_mut().unwrap().push(word);
    }
    out
}

/// What is given to the program, where a command starts it.
fn arguments(command: &[String]) -> Option<Vec<&str>> {
    let words: Vec<&str> = command.iter().map(String::as_str).skip_while(|w| w.contains('=') && !w.starts_with('-')).collect();
    let (["sigmalert", rest @ ..] | ["cargo", "run", "--release", "--", rest @ ..] | ["cargo", "run", "--", rest @ ..]) = words.as_slice()
    else {
        return None;
    };
    // `[--option]` and `…` are notation, and so are names in capitals.
    Some(rest.iter().map(|w| w.trim_matches(['[', ']'])).filter(|w| !w.is_empty() && *w != "…" && *w != "...").collect())
}

#[test]
fn every_command_has_options_that_exist() {
    let w = Workspace::new();
    let (mut count, mut wrong) = (0, Vec::new());
    // What the scripts of benches/ print is no command.
    for page in pages().into_iter().filter(|p| !p.starts_with(root().join("docs/evidence"))) {
        let text = std::fs::read_to_string(&page).unwrap();
        for (number, line) in code(&text) {
            for command in commands(&line) {
                let Some(mut args) =
                    arguments(&command).filter(|a| a.first().is_some_and(|s| s.chars().all(|c| c.is_ascii_lowercase() || c == '-')))
                else {
                    continue;
                };
                // With it the rest is parsed and nothing is run.
                args.push("--help");
                let run = w.run(&args);
                count += 1;
                if run.status != 0 {
                    let error = run.stderr.lines().next().unwrap_or_default().to_owned();
                    wrong.push(format!("{}:{number}: {}: {error}", page.strip_prefix(root()).unwrap().display(), args.join(" ")));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 35, "{count}");
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let (_, rest) = readme.split_once("$ cargo run --release -- convert -m winlogbeat sigma-samples -o out\n").unwrap();
    let shown = rest.split("```").next().unwrap();
    let w = Workspace::new();
    let samples = root().join("sigma-samples");
    let run = w.run(&["convert", "-m", "winlogbeat", samples.to_str().unwrap(), "-o", "out"]);
    assert_eq!(run.stderr, shown);
    let (_, rest) = readme.split_once("```yaml\n").unwrap();
    let file = w.read("out/endswith.yaml");
    for line in rest.split("```").next().unwrap().lines() {
        assert!(file.lines().any(|l| l == line), "{line}\n{file}");
    }
    let sample = samples.join("endswith.yml");
    let sample = sample.to_str().unwrap();
    assert_eq!(w.run(&["test", sample, "-m", "winlogbeat", "--expect"]).status, 0);
    assert_eq!(w.run(&["convert", "-m", "winlogbeat", "-t", "lucene", sample]).status, 0);
}

#[test]
fn every_error_code_is_listed() {
    let page = std::fs::read_to_string(root().join("docs/reference/errors.md")).unwrap();
    for (code, _) in sigmalert::elastalert::lint::CODES {
        assert!(page.contains(&format!("| `{code}` |")), "{code}");
    }
    for (_, code, _) in sigmalert::convert::NoticeKind::ALL {
        assert!(page.contains(&format!("`{code}`")), "{code}");
    }
    for kind in [
        K::Yaml,
        K::Attribute,
        K::Detection,
        K::Modifier,
        K::Value,
        K::Condition,
        K::Correlation,
        K::Filter,
        K::Reference,
        K::Placeholder,
        K::Size,
    ] {
        assert!(page.contains(&format!("| `{}` |", kind.name())), "{}", kind.name());
    }
}

/// A page that the table of contents lacks is not in the book.
#[test]
fn the_book_has_every_page() {
    let summary = std::fs::read_to_string(root().join("docs/SUMMARY.md")).unwrap();
    for page in pages() {
        let Ok(name) = page.strip_prefix(root().join("docs")) else { continue };
        assert!(name == Path::new("SUMMARY.md") || summary.contains(&format!("({})", name.display())), "{}", name.display());
    }
}
