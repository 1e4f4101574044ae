//! What every file must keep to: its length, where its unit tests stand, its words, and
//! that the files it names are there.

use syn::spanned::Spanned as _;

use crate::rust_source::{attributes, is_for_tests};

/// A file with more lines says why in its header: `Over 400 lines because …`.
pub(crate) const MAX_LINES: usize = 400;
const REASON: &str = "Over 400 lines because ";
/// Longer unit tests stand in a `tests.rs` beside the file.
const MAX_TEST_LINES: usize = 150;

/// Returns what is wrong with the length of a file of code.
pub(crate) fn length(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    if lines <= MAX_LINES || has_reason(text) {
        return None;
    }
    Some(format!(
        "{path}:1 has {lines} lines: cut it, or write into its header a line `{REASON}…` with the reason"
    ))
}

/// Says whether the comment that a file begins with has a line with the reason.
fn has_reason(text: &str) -> bool {
    let is_comment = |line: &&str| {
        ["//", "/*", "*", "#", "\"\"\""].iter().any(|start| line.starts_with(start)) || line.is_empty()
    };
    let mut within = false;
    for line in text.lines().map(str::trim) {
        within = (within || line.starts_with("/*") || line.starts_with("\"\"\"")) && !line.contains("*/");
        if let Some((_, reason)) = line.split_once(REASON) {
            return !reason.trim().is_empty();
        }
        if !within && !is_comment(&line) {
            return false;
        }
    }
    false
}

/// Returns the unit tests inside a Rust file that should be a file of their own.
pub(crate) fn inline_tests(path: &str, text: &str) -> Vec<String> {
    let Ok(file) = syn::parse_file(text) else { return Vec::new() };
    file.items
        .iter()
        .filter(|item| matches!(item, syn::Item::Mod(syn::ItemMod { content: Some(_), .. })))
        .filter(|item| is_for_tests(attributes(item)))
        .filter_map(|item| {
            let (start, end) = (item.span().start().line, item.span().end().line);
            let lines = end + 1 - start;
            (lines > MAX_TEST_LINES).then(|| {
                format!("{path}:{start} has unit tests of {lines} lines: move them to a tests.rs beside it")
            })
        })
        .collect()
}

/// Returns the lines that have a word, alone, in the plural or inside an identifier.
pub(crate) fn word(path: &str, text: &str, word: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter(|(_, line)| has_word(line, word));
    lines
        .map(|(index, line)| {
            format!("{path}:{} says \"{word}\": name what is meant: `{}`", index + 1, line.trim())
        })
        .collect()
}

fn has_word(line: &str, word: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    lower.match_indices(word).any(|(at, _)| {
        let starts = line[..at].chars().next_back().is_none_or(|before| {
            !before.is_ascii_alphabetic()
                || before.is_ascii_lowercase()
                    && line[at..].starts_with(|first: char| first.is_ascii_uppercase())
        });
        let rest = &line[at + word.len()..];
        let rest = rest.strip_prefix('s').unwrap_or(rest);
        starts && !rest.starts_with(|after: char| after.is_ascii_lowercase())
    })
}

/// Returns the files that a text names between backquotes, from the top of the repository,
/// and those that its Markdown links lead to, which are not there.
pub(crate) fn missing_files(path: &str, text: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    const TOP: [&str; 5] = ["kakashi-core/", "kakashi-std/", "kakashi-wasm/", "tests/", "www/"];
    let mut wrong = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let quoted = line.split('`').skip(1).step_by(2);
        let named = quoted.filter(|name| TOP.iter().any(|top| name.starts_with(top)));
        let links = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#', ' ']).next());
        let links = links.filter(|link| path.ends_with(".md") && !link.contains("://") && link.contains('.'));
        for name in named.map(str::to_owned).chain(links.map(|link| beside(path, link))) {
            // Patterns, and what a program puts together.
            let is_path = name.chars().all(|each| each.is_ascii_alphanumeric() || "/._-".contains(each));
            // From the top, or from a folder that this file is in.
            let is_there = exists(&name)
                || path.match_indices('/').any(|(end, _)| exists(&format!("{}{name}", &path[..=end])));
            if is_path && !is_there {
                wrong.push(format!("{path}:{} names {name}, which is not there", index + 1));
            }
        }
    }
    wrong
}

/// Returns a link's path from the top of the repository.
fn beside(path: &str, link: &str) -> String {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}
