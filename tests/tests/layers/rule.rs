//! The rule: imports lead upward only, and in no circle.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::import::{Import, Target, place};
use crate::table::Listing;

/// Returns what is wrong with a crate's imports, and with its folders.
pub(crate) fn judge<'a>(
    listing: &Listing,
    files: impl IntoIterator<Item = &'a str>,
    imports: &BTreeSet<Import>,
) -> Vec<String> {
    let mut wrong = strays(listing, files);
    wrong.extend(upward(listing, imports));
    wrong.extend(circles(listing, imports));
    wrong
}

/// Names that the table does not have, and names that only the table has.
fn strays<'a>(listing: &Listing, files: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let Listing { sources, order, .. } = listing;
    if order.is_empty() {
        return Vec::new();
    }
    let is_root = |path: &str| {
        listing.roots.contains(&path)
            || path.split('/').next().is_some_and(|first| listing.roots.contains(&first))
    };
    let mut first_files: BTreeMap<&str, &str> = BTreeMap::new();
    for path in files.into_iter().filter(|path| !is_root(path)) {
        first_files.entry(place(path)).or_insert(path);
    }
    let unknown = first_files.iter().filter(|(name, _)| !order.contains(name)).map(|(name, path)| {
        format!("{sources}/{path}:1 is in {name}, which has no place: add it to the table (tests/tests/layers/table.rs)")
    });
    let gone = order.iter().filter(|name| !first_files.contains_key(**name)).map(|name| {
        format!("{sources}: there is no {name}: take it out of the table (tests/tests/layers/table.rs)")
    });
    unknown.chain(gone).collect()
}

/// Imports of what stands further down, each file's first of each other file.
fn upward(listing: &Listing, imports: &BTreeSet<Import>) -> Vec<String> {
    let mut wrong: BTreeMap<(&str, &str), (String, usize)> = BTreeMap::new();
    for import in imports {
        let (Target::File(to) | Target::Folder(to) | Target::Stranger(to)) = &import.to;
        if let Some(said) = wrong_way(listing, import) {
            wrong.entry((&import.from, to)).or_insert((said, 0)).1 += 1;
        }
    }
    let more = |lines: usize| if lines > 1 { format!(" (and {} more)", lines - 1) } else { String::new() };
    wrong.into_values().map(|(said, lines)| format!("{said}{}", more(lines))).collect()
}

/// Says what is wrong with the direction of an import, if anything.
fn wrong_way(listing: &Listing, import: &Import) -> Option<String> {
    let Listing { sources, order, roots, .. } = listing;
    let Import { from, line, to, name } = import;
    let here = place(from);
    let (path, shown) = match to {
        Target::File(path) => match path.strip_suffix(".rs") {
            Some(module) => (path, module.trim_end_matches("/mod").replace('/', "::")),
            None => (path, path.clone()),
        },
        Target::Folder(path) => (path, place(path).to_owned()),
        Target::Stranger(other) => {
            return Some(format!(
                "{sources}/{from}:{line} imports {other} ({name}): neither crate knows the other; what both \
                 need stands in kakashi-core"
            ));
        }
    };
    if roots.iter().any(|root| path == root || path.starts_with(&format!("{root}/"))) {
        return Some(format!(
            "{sources}/{from}:{line} imports {name} out of {path}, which stands below everything: move it to \
             a file above {here}"
        ));
    }
    let position = |name: &str| order.iter().position(|each| *each == name);
    let there = place(path);
    (position(there)? > position(here)?).then(|| {
        format!(
            "{sources}/{from}:{line} imports {shown} ({name}), but {here} stands above {there}: move what it \
             needs above {here}, or pass it in"
        )
    })
}

/// Circles of files that lie in one folder, and of folders inside a folder.
///
/// A circle over top-level names has an import of what stands further down; [`upward`] says that one.
fn circles(listing: &Listing, imports: &BTreeSet<Import>) -> Vec<String> {
    let mut wrong = BTreeSet::new();
    let folders: BTreeSet<&str> = imports.iter().flat_map(|import| ancestors(&import.from)).collect();
    let whole = if listing.order.is_empty() { vec![""] } else { Vec::new() };
    for folder in whole.into_iter().chain(folders) {
        // A folder's files one by one; then its own files beside each folder in it as a whole.
        let files = |path: &str| path.starts_with(folder).then(|| path.to_owned());
        let children = |path: &str| {
            let inside = path.strip_prefix(folder)?;
            Some(format!("{folder}{}", inside.split_inclusive('/').next().unwrap_or(inside)))
        };
        let found =
            circles_of(listing, imports, &files).into_iter().chain(circles_of(listing, imports, &children));
        wrong.extend(found);
    }
    wrong.into_iter().collect()
}

/// Returns a path's folders, each with its slash.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..=at])
}

/// Returns a shortest circle through each group of nodes that import each other.
fn circles_of(
    listing: &Listing,
    imports: &BTreeSet<Import>,
    node: &dyn Fn(&str) -> Option<String>,
) -> Vec<String> {
    let mut arrows: BTreeMap<String, BTreeMap<String, &Import>> = BTreeMap::new();
    for import in imports {
        let Target::File(path) = &import.to else { continue };
        if let (Some(from), Some(to)) = (node(&import.from), node(path))
            && from != to
        {
            arrows.entry(from).or_default().entry(to).or_insert(import);
        }
    }
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for start in arrows.keys() {
        if seen.contains(start) {
            continue;
        }
        let Some(circle) = shortest_circle(&arrows, start) else { continue };
        seen.extend(circle.iter().map(|import| node(&import.from).expect("it was one")));
        wrong.push(describe(listing, &circle, node));
    }
    wrong
}

fn shortest_circle<'a>(
    arrows: &BTreeMap<String, BTreeMap<String, &'a Import>>,
    start: &str,
) -> Option<Vec<&'a Import>> {
    let mut ways: BTreeMap<&str, Vec<&Import>> = BTreeMap::new();
    let mut waiting = VecDeque::from([(start, Vec::new())]);
    while let Some((here, way)) = waiting.pop_front() {
        for (next, import) in arrows.get(here).into_iter().flatten() {
            let mut longer = way.clone();
            longer.push(*import);
            if next == start {
                return Some(longer);
            }
            if !ways.contains_key(next.as_str()) {
                ways.insert(next, longer.clone());
                waiting.push_back((next, longer));
            }
        }
    }
    None
}

fn describe(listing: &Listing, circle: &[&Import], node: &dyn Fn(&str) -> Option<String>) -> String {
    let sources = listing.sources;
    let arrows: Vec<String> = circle
        .iter()
        .map(|import| {
            let Import { from, line, to, name } = import;
            let (Target::File(to) | Target::Folder(to) | Target::Stranger(to)) = to;
            format!("\n      {sources}/{from}:{line} imports {name} ({to})")
        })
        .collect();
    let first = circle.first().and_then(|import| node(&import.from)).unwrap_or_default();
    format!(
        "{sources}/{first} is in a circle of {}: cut one, or move what both need to a file above them:{}",
        circle.len(),
        arrows.concat()
    )
}
