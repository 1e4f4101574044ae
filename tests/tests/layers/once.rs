//! What must not stand twice: the name of a type, and a run of equal lines in std and wasm.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use crate::rust_source::{Crate, attributes, is_for_tests};

/// Pairs that share a name on purpose, beside those that are one concept for two platforms
/// (the same path in kakashi-std and kakashi-wasm).
pub(crate) const TWINS: &[(&str, &str)] =
    &[("SystemClock", "the platform's own clock; the browser's needs what only `host/` has")];

/// One declared type.
pub(crate) struct Declared {
    pub(crate) name: String,
    /// From the top of the repository.
    pub(crate) file: String,
    pub(crate) line: usize,
    /// It depends on the configuration, as all of its name in this file then do.
    pub(crate) is_conditional: bool,
}

/// Returns the types that a crate's files declare, outside of tests and of functions.
pub(crate) fn types(parsed: &Crate, sources: &str) -> Vec<Declared> {
    let mut found = Vec::new();
    for file in parsed.files.iter().filter(|file| !file.is_test) {
        add_types(&file.syntax.items, &format!("{sources}/{}", file.path), false, &mut found);
    }
    found
}

fn add_types(items: &[syn::Item], file: &str, is_conditional: bool, found: &mut Vec<Declared>) {
    for item in items.iter().filter(|item| !is_for_tests(attributes(item))) {
        let has_condition = attributes(item).iter().any(|attribute| attribute.path().is_ident("cfg"));
        let is_conditional = is_conditional || has_condition;
        let name = match item {
            syn::Item::Enum(item) => &item.ident,
            syn::Item::Struct(item) => &item.ident,
            syn::Item::Trait(item) => &item.ident,
            // A name for a type with other parameters, not another type.
            syn::Item::Type(item) if is_alias_of_its_name(item) => continue,
            syn::Item::Type(item) => &item.ident,
            syn::Item::Union(item) => &item.ident,
            syn::Item::Mod(syn::ItemMod { content: Some((_, items)), .. }) => {
                add_types(items, file, is_conditional, found);
                continue;
            }
            _ => continue,
        };
        let line = name.span().start().line;
        found.push(Declared { name: name.to_string(), file: file.to_owned(), line, is_conditional });
    }
}

fn is_alias_of_its_name(alias: &syn::ItemType) -> bool {
    let syn::Type::Path(path) = &*alias.ty else { return false };
    path.path.segments.last().is_some_and(|last| last.ident == alias.ident)
}

/// Returns the names that more than one type has.
pub(crate) fn shared_names(types: &[Declared]) -> Vec<String> {
    let mut by_name: BTreeMap<&str, Vec<&Declared>> = BTreeMap::new();
    for declared in types {
        let all = by_name.entry(&declared.name).or_default();
        // One file's variants for different configurations are one type.
        if !all
            .iter()
            .any(|other| other.file == declared.file && other.is_conditional && declared.is_conditional)
        {
            all.push(declared);
        }
    }
    by_name
        .into_iter()
        .filter(|(name, all)| all.len() > 1 && !is_one_concept(all) && !TWINS.iter().any(|(twin, _)| twin == name))
        .map(|(name, all)| {
            let places: Vec<String> = all.iter().map(|each| format!("{}:{}", each.file, each.line)).collect();
            format!(
                "{} declares {name}, a name that {} has too: give one another name, or say in TWINS (tests/tests/layers/once.rs) why both are right",
                places[0],
                places[1..].join(" and ")
            )
        })
        .collect()
}

/// The same file of both platforms' crates.
fn is_one_concept(all: &[&Declared]) -> bool {
    let within = |of: &str| all.iter().find_map(|each| each.file.strip_prefix(of));
    all.len() == 2 && within("kakashi-std/src/").is_some_and(|path| within("kakashi-wasm/src/") == Some(path))
}

/// So many equal lines are a copy.
const RUN: usize = 6;

/// Runs that stand twice on purpose: a line of them, and why.
pub(crate) const COPIES: &[(&str, &str)] = &[];

/// A file's lines that say something, trimmed, with their numbers.
pub(crate) struct Lines(Vec<(usize, String)>);

/// Returns a file's lines without its tests and without boilerplate: blank lines, closing
/// brackets, attributes, `use` and `mod` declarations.
pub(crate) fn lines(text: &str) -> Lines {
    let mut boilerplate = BTreeSet::new();
    if let Ok(file) = syn::parse_file(text) {
        Boilerplate(&mut boilerplate).visit_file(&file);
    }
    let said = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    let said = said.filter(|(number, line)| {
        let only_brackets = line.chars().all(|each| "(){}[];,".contains(each));
        !only_brackets && !boilerplate.contains(number)
    });
    Lines(said.map(|(number, line)| (number, line.to_owned())).collect())
}

struct Boilerplate<'a>(&'a mut BTreeSet<usize>);

impl<'ast> Visit<'ast> for Boilerplate<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let is_declaration =
            matches!(item, syn::Item::Use(_) | syn::Item::Mod(syn::ItemMod { content: None, .. }));
        if is_declaration || is_for_tests(attributes(item)) {
            self.0.extend(item.span().start().line..=item.span().end().line);
        } else {
            visit::visit_item(self, item);
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        if !attribute.path().is_ident("doc") {
            self.0.extend(attribute.span().start().line..=attribute.span().end().line);
        }
    }
}

/// Returns the longest runs of equal lines that two files have, each line in one run only.
pub(crate) fn copies(one: (&str, &Lines), other: (&str, &Lines)) -> Vec<String> {
    let (Lines(left), Lines(right)) = (one.1, other.1);
    let mut found = Vec::new();
    let mut at = 0;
    while at < left.len() {
        let (length, start) = longest(&left[at..], right);
        let is_meant =
            COPIES.iter().any(|(line, _)| left[at..at + length].iter().any(|(_, text)| text == line));
        if length >= RUN && !is_meant {
            found.push(format!(
                "{}:{} has {length} lines that stand in {}:{} too: move them to kakashi-core (`{}`)",
                one.0, left[at].0, other.0, right[start].0, left[at].1
            ));
        }
        at += if length >= RUN { length } else { 1 };
    }
    found
}

/// Returns the length of the longest run that begins like this one, and where.
fn longest(start: &[(usize, String)], among: &[(usize, String)]) -> (usize, usize) {
    let length =
        |at: usize| start.iter().zip(&among[at..]).take_while(|(one, other)| one.1 == other.1).count();
    (0..among.len()).map(|at| (length(at), at)).max_by_key(|(length, _)| *length).unwrap_or((0, 0))
}
