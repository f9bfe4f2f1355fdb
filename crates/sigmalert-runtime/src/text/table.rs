//! The summary tables of aggregated alerts, laid out as Texttable, tomark and PrettyTable do it.

use std::fmt::Write;

/// Texttable's layout, no wider than `width`: header in the middle, cells on the left, long cells wrapped.
pub(crate) fn ascii(header: &[String], rows: &[Vec<String>], width: usize) -> String {
    let mut widths: Vec<usize> = header.iter().map(|h| longest_line(h)).collect();
    for row in rows {
        for (w, cell) in widths.iter_mut().zip(row) {
            *w = (*w).max(longest_line(cell));
        }
    }
    let frame = 3 * (widths.len() - 1) + 4;
    if widths.iter().sum::<usize>() + frame > width {
        let mut left = width.saturating_sub(frame).max(widths.len());
        let mut narrow = vec![0; widths.len()];
        let mut i = 0;
        while left > 0 && narrow.iter().zip(&widths).any(|(n, w)| n < w) {
            if narrow[i] < widths[i] {
                narrow[i] += 1;
                left -= 1;
            }
            i = (i + 1) % widths.len();
        }
        widths = narrow.into_iter().map(|w| w.max(1)).collect();
    }
    let line = |c: char| {
        let parts: Vec<String> = widths.iter().map(|w| std::iter::repeat_n(c, w + 2).collect()).collect();
        format!("+{}+", parts.join("+"))
    };
    let mut out = vec![line('-')];
    draw(header, &widths, true, &mut out);
    out.push(line('='));
    for row in rows {
        draw(row, &widths, false, &mut out);
        out.push(line('-'));
    }
    out.join("\n")
}

fn longest_line(text: &str) -> usize {
    text.split('\n').map(|l| l.chars().count()).max().unwrap_or(0)
}

fn draw(cells: &[String], widths: &[usize], centred: bool, out: &mut Vec<String>) {
    let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(c, w)| wrap(c, *w)).collect();
    for i in 0..wrapped.iter().map(Vec::len).max().unwrap_or(0) {
        let mut line = String::from("|");
        for (cell, width) in wrapped.iter().zip(widths) {
            let text = cell.get(i).map_or("", String::as_str);
            let fill = width.saturating_sub(text.chars().count());
            let before = if centred { fill / 2 } else { 0 };
            let _ = write!(line, " {}{text}{} |", " ".repeat(before), " ".repeat(fill - before));
        }
        out.push(line);
    }
}

/// Python's `textwrap`: words stay whole while they fit on a line of their own.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut out = Vec::new();
    for line in text.split('\n') {
        let mut current = String::new();
        let mut room = width;
        let before = out.len();
        for word in chunks(line) {
            let mut word: String = word;
            if current.is_empty() && word.trim().is_empty() && out.len() > before {
                continue;
            }
            loop {
                let length = word.chars().count();
                if length <= room {
                    current.push_str(&word);
                    room -= length;
                    break;
                }
                if word.trim().is_empty() {
                    out.push(std::mem::take(&mut current).trim_end().to_owned());
                    room = width;
                    break;
                }
                if length > width {
                    let head: String = word.chars().take(room).collect();
                    word = word.chars().skip(room).collect();
                    current.push_str(&head);
                }
                out.push(std::mem::take(&mut current).trim_end().to_owned());
                room = width;
            }
        }
        if !current.trim().is_empty() || out.len() == before {
            out.push(current.trim_end().to_owned());
        }
    }
    out
}

/// Words, spaces, and the parts of words that hyphens divide.
fn chunks(line: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut space: Option<bool> = None;
    let chars: Vec<char> = line.chars().collect();
    for (i, c) in chars.iter().enumerate() {
        let is_space = c.is_whitespace();
        let hyphened = i > 1 && chars[i - 1] == '-' && c.is_alphabetic() && chars[i - 2].is_alphabetic();
        match out.last_mut() {
            Some(last) if space == Some(is_space) && !hyphened => last.push(*c),
            _ => out.push(c.to_string()),
        }
        space = Some(is_space);
    }
    out
}

/// A table in Markdown.
pub(crate) fn markdown(header: &[String], rows: &[Vec<String>]) -> String {
    let row = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut out = row(header);
    out.push_str(&"|-----".repeat(header.len()));
    out.push_str("|\n");
    rows.iter().for_each(|r| out.push_str(&row(r)));
    out.push('\n');
    out
}

/// A table in HTML. What stands in cells is escaped.
pub(crate) fn html(header: &[String], rows: &[Vec<String>]) -> String {
    let mut out = String::from("<table frame=\"box\" rules=\"all\">\n    <thead>\n        <tr>\n");
    for h in header {
        let _ = writeln!(out, "            <th style=\"padding-left: 1em; padding-right: 1em; text-align: center\">{}</th>", cell(h));
    }
    out.push_str("        </tr>\n    </thead>\n    <tbody>\n");
    for row in rows {
        out.push_str("        <tr>\n");
        for c in row {
            let style = "padding-left: 1em; padding-right: 1em; text-align: center; vertical-align: top";
            let _ = writeln!(out, "            <td style=\"{style}\">{}</td>", cell(c));
        }
        out.push_str("        </tr>\n");
    }
    out.push_str("    </tbody>\n</table>");
    out
}

fn cell(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#x27;");
    escaped.replace('\n', "<br>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_as_texttable_draws_them() {
        let t = |cells: &[&str]| cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>();
        let header = t(&["process.command_line", "b", "count"]);
        let rows = [t(&["powershell.exe -enc abcdefghijklmnopqrstuvwxyz0123456789 -foo-bar", "x y", "12"]), t(&["", "☃", "1"])];
        let expected = "\
+------------------------+-----+-------+
|  process.command_line  |  b  | count |
+========================+=====+=======+
| powershell.exe -enc ab | x y | 12    |
| cdefghijklmnopqrstuvwx |     |       |
| yz0123456789 -foo-bar  |     |       |
+------------------------+-----+-------+
|                        | ☃   | 1     |
+------------------------+-----+-------+";
        assert_eq!(ascii(&header, &rows, 40), expected);
        let small = ascii(&t(&["a", "C", "count"]), &[t(&["1.5", "True", "2"])], 80);
        assert_eq!(small.lines().nth(1), Some("|  a  |  C   | count |"));
        assert_eq!(markdown(&t(&["a", "count"]), &[t(&["1", "2"])]), "| a | count |\n|-----|-----|\n| 1 | 2 |\n\n");
        assert!(html(&t(&["a"]), &[t(&["<script>"])]).contains("&lt;script&gt;"));
    }
}
