//! Finds what each TypeScript file imports: `import … from`, `export … from`, `import(…)`,
//! also where they bring types only.
//!
//! It is no parser: it drops comments, and looks for the words in front of a string.
//! An `export … from` outside of an entry point counts as an import, so whoever imports
//! through it hangs on the file that defines the item too.

use std::collections::{BTreeMap, BTreeSet};

use crate::import::{Import, Target};
use crate::table::Listing;

/// Returns all imports of files from files; those from packages are none.
pub(crate) fn imports(sources: &BTreeMap<String, String>, listing: &Listing) -> BTreeSet<Import> {
    let mut found = BTreeSet::new();
    for (from, text) in sources {
        if is_root(listing, from) {
            continue;
        }
        for (line, name) in specifiers(text) {
            if let Some(file) = target(sources, from, &name) {
                found.insert(Import { from: from.clone(), line, to: Target::File(file), name });
            }
        }
    }
    found
}

fn is_root(listing: &Listing, path: &str) -> bool {
    let first = path.split('/').next().unwrap_or(path);
    listing.roots.contains(&path) || listing.roots.contains(&first)
}

/// Finds the file that a relative specifier means; what is compiled has another ending.
fn target(sources: &BTreeMap<String, String>, from: &str, name: &str) -> Option<String> {
    if !name.starts_with('.') {
        return None;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in name.split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let path = parts.join("/");
    let stem = path.strip_suffix(".js").or_else(|| path.strip_suffix(".ts")).unwrap_or(&path);
    let candidates = [format!("{stem}.ts"), format!("{stem}.d.ts"), format!("{stem}/index.ts"), path.clone()];
    candidates.into_iter().find(|candidate| sources.contains_key(candidate))
}

/// Returns the strings that an `import` or a `from` stands before, and the lines they are on.
fn specifiers(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // The words in front of a string: nothing but a bracket and space may stand between.
    let mut word = String::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = match next {
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            '\'' | '"' | '`' => {
                let length = string_length(rest, next);
                let inside = rest.get(1..length - 1).unwrap_or_default();
                if word == "import" || word == "from" {
                    found.push((line, inside.to_owned()));
                }
                word.clear();
                length
            }
            _ if next.is_alphanumeric() || next == '_' || next == '$' => {
                let is_part = |other: char| other.is_alphanumeric() || other == '_' || other == '$';
                let length = rest.find(|other| !is_part(other)).unwrap_or(rest.len());
                word = rest[..length].to_owned();
                length
            }
            _ => {
                if !next.is_whitespace() && next != '(' {
                    word.clear();
                }
                next.len_utf8()
            }
        };
        line += rest[..skipped].matches('\n').count();
        rest = &rest[skipped..];
    }
    found
}

/// Returns how many bytes a string has with both quotes, or all that is left.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, each) in text.char_indices().skip(1) {
        match each {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if each == quote => return at + 1,
            '\n' if quote != '`' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns the names of the types that a file declares at its left margin, with their lines.
pub(crate) fn types(text: &str) -> Vec<(usize, String)> {
    const WORDS: [&str; 5] = ["export", "declare", "abstract", "default", "const"];
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut words = line.split(' ').skip_while(|word| WORDS.contains(word));
        if matches!(words.next(), Some("class" | "interface" | "type" | "enum"))
            && let Some(name) = words.next()
        {
            let name: String =
                name.chars().take_while(|each| each.is_alphanumeric() || *each == '_').collect();
            // `export type { A } from …` declares nothing.
            if !name.is_empty() {
                found.push((index + 1, name));
            }
        }
    }
    found
}
