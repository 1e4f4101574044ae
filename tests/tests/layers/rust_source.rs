//! A crate's Rust files as a tree of modules, and what a path names in it.
//!
//! It resolves names as far as imports need it: modules, items, `use`, re-exports
//! and globs of both, macros. All configurations count at once, `#[cfg(test)]` not.
//! What a macro defines is unknown; it counts as an item of the module it is looked for in.

use std::collections::{BTreeMap, BTreeSet};

use syn::ext::IdentExt as _;
use syn::spanned::Spanned as _;
use syn::visit::Visit;
use syn::{Attribute, Item, UseTree, Visibility};

/// A crate's files by their path inside its sources.
pub(crate) type Sources = BTreeMap<String, String>;

pub(crate) struct Crate {
    pub(crate) files: Vec<File>,
    pub(crate) modules: Vec<Module>,
    /// Macros by name, and the files that define one of that name.
    pub(crate) macros: BTreeMap<String, BTreeSet<usize>>,
    /// Files that can't be parsed, or that no `mod` declares.
    pub(crate) faults: Vec<String>,
}

pub(crate) struct File {
    pub(crate) path: String,
    pub(crate) syntax: syn::File,
    pub(crate) module: usize,
    /// It is compiled for tests only.
    pub(crate) is_test: bool,
}

#[derive(Default)]
pub(crate) struct Module {
    pub(crate) file: usize,
    pub(crate) parent: Option<usize>,
    /// Inline modules and files, by name; several where they depend on the configuration.
    pub(crate) children: BTreeMap<String, Vec<usize>>,
    /// Names that this module's text defines; several files where macros are exported to the root.
    items: BTreeMap<String, BTreeSet<Named>>,
    uses: BTreeMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
}

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Named {
    Module(usize),
    /// A type, by the file that defines it; paths go on into it.
    Type(usize),
    /// A function, a constant or a macro, by the file that defines it.
    Value(usize),
    /// Something of another crate.
    Outside,
}

/// One name that a `use` brings in.
pub(crate) struct Leaf {
    pub(crate) path: Vec<String>,
    /// Its name here; `None` for a glob.
    pub(crate) alias: Option<String>,
    pub(crate) line: usize,
}

impl Crate {
    pub(crate) fn new(sources: &Sources, root: &str) -> Self {
        let mut made =
            Self { files: Vec::new(), modules: Vec::new(), macros: BTreeMap::new(), faults: Vec::new() };
        made.add_file(sources, root, None, "", false);
        let known: BTreeSet<&str> = made.files.iter().map(|file| file.path.as_str()).collect();
        let strays: Vec<String> = sources
            .keys()
            .filter(|path| !known.contains(path.as_str()))
            .map(|path| format!("{path}:1 is no part of the crate: declare it with `mod`, or delete it"))
            .collect();
        made.faults.extend(strays);
        made
    }

    /// Adds a file's module, and those below it; `folder` is where its children's files lie.
    fn add_file(
        &mut self,
        sources: &Sources,
        path: &str,
        parent: Option<usize>,
        folder: &str,
        is_test: bool,
    ) -> usize {
        let module = self.modules.len();
        let file = self.files.len();
        let text = sources.get(path).map_or("", String::as_str);
        let syntax = syn::parse_file(text).unwrap_or_else(|error| {
            self.faults.push(format!("{path}:{} can't be parsed: {error}", error.span().start().line));
            syn::parse_file("").expect("nothing is a file")
        });
        let items = syntax.items.clone();
        self.files.push(File { path: path.to_owned(), syntax, module, is_test });
        self.modules.push(Module { file, parent, ..Module::default() });
        self.add_items(sources, module, &items, folder, is_test);
        module
    }

    fn add_items(&mut self, sources: &Sources, module: usize, items: &[Item], folder: &str, is_test: bool) {
        let file = self.modules[module].file;
        for item in items {
            let only_tests = is_test || is_for_tests(attributes(item));
            match item {
                Item::Mod(inner) => {
                    let name = inner.ident.unraw().to_string();
                    let below = format!("{folder}{name}/");
                    let child = if let Some((_, items)) = &inner.content {
                        self.modules.push(Module { file, parent: Some(module), ..Module::default() });
                        let child = self.modules.len() - 1;
                        self.add_items(sources, child, items, &below, only_tests);
                        child
                    } else {
                        let candidates = match path_attribute(&inner.attrs) {
                            Some(path) => vec![join(&self.files[file].path, &path)],
                            None => vec![format!("{folder}{name}.rs"), format!("{below}mod.rs")],
                        };
                        let Some(path) = candidates.iter().find(|path| sources.contains_key(*path)) else {
                            let at = inner.span().start().line;
                            let path = &self.files[file].path;
                            self.faults.push(format!("{path}:{at} declares {name}, which has no file"));
                            continue;
                        };
                        self.add_file(sources, path, Some(module), &below, only_tests)
                    };
                    if !only_tests {
                        self.modules[module].children.entry(name).or_default().push(child);
                    }
                }
                _ if only_tests => {}
                Item::Use(used) if used.leading_colon.is_none() => self.add_use(module, &used.tree),
                Item::Macro(made) => {
                    let Some(name) = made.ident.as_ref().map(|name| name.unraw().to_string()) else {
                        continue;
                    };
                    self.macros.entry(name.clone()).or_default().insert(file);
                    if made.attrs.iter().any(|attribute| attribute.path().is_ident("macro_export")) {
                        self.modules[0].items.entry(name.clone()).or_default().insert(Named::Value(file));
                    }
                    self.modules[module].items.entry(name).or_default().insert(Named::Value(file));
                }
                _ => {
                    if let Some((name, is_type)) = name_of(item) {
                        let named = if is_type { Named::Type(file) } else { Named::Value(file) };
                        self.modules[module].items.entry(name).or_default().insert(named);
                    }
                    // As if it stood beside the function: good enough for what files take from files.
                    let mut inside = UsesInside::default();
                    inside.visit_item(item);
                    inside.0.iter().for_each(|tree| self.add_use(module, tree));
                }
            }
        }
    }

    /// Adds the names that a `use` brings into a module.
    fn add_use(&mut self, module: usize, tree: &UseTree) {
        for leaf in leaves(tree) {
            match leaf.alias {
                Some(alias) => self.modules[module].uses.entry(alias).or_default().push(leaf.path),
                None => self.modules[module].globs.push(leaf.path),
            }
        }
    }

    /// Returns all that a path may name, seen from a module; nothing if it leads out of the crate.
    pub(crate) fn resolve(&self, module: usize, path: &[String]) -> BTreeSet<Named> {
        self.resolve_within(module, path, &mut Vec::new())
    }

    fn resolve_within(
        &self,
        module: usize,
        path: &[String],
        asked: &mut Vec<(usize, String)>,
    ) -> BTreeSet<Named> {
        let mut rest = path;
        let mut start = None;
        while let Some((first, after)) = rest.split_first() {
            start = match first.as_str() {
                "crate" => Some(0),
                "self" => Some(start.unwrap_or(module)),
                "super" => self.modules[start.unwrap_or(module)].parent,
                _ => break,
            };
            if start.is_none() {
                return BTreeSet::new();
            }
            rest = after;
        }
        let mut found = match start {
            Some(start) => BTreeSet::from([Named::Module(start)]),
            None => {
                let Some((first, after)) = rest.split_first() else { return BTreeSet::new() };
                rest = after;
                self.look_up(module, first, asked)
            }
        };
        if found.is_empty() && start.is_none() {
            return BTreeSet::from([Named::Outside]);
        }
        for segment in rest {
            found = found
                .into_iter()
                .flat_map(|named| match named {
                    // A variant, a constant or a function of a type.
                    Named::Type(_) | Named::Outside => BTreeSet::from([named]),
                    // No path goes on after a function: a type or a module of its name is meant.
                    Named::Value(_) => BTreeSet::new(),
                    Named::Module(inner) => {
                        let found = self.look_up(inner, segment, asked);
                        // Made by a macro there, or not to be seen for us.
                        let is_unknown = found.is_empty() && !asked.contains(&(inner, segment.clone()));
                        let module = Named::Type(self.modules[inner].file);
                        if is_unknown { BTreeSet::from([module]) } else { found }
                    }
                })
                .collect();
        }
        found
    }

    fn look_up(&self, module: usize, name: &str, asked: &mut Vec<(usize, String)>) -> BTreeSet<Named> {
        let question = (module, name.to_owned());
        if asked.contains(&question) {
            return BTreeSet::new();
        }
        asked.push(question);
        let scope = &self.modules[module];
        let mut found: BTreeSet<Named> =
            scope.children.get(name).into_iter().flatten().map(|&child| Named::Module(child)).collect();
        found.extend(scope.items.get(name).into_iter().flatten());
        for path in scope.uses.get(name).into_iter().flatten() {
            found.extend(self.resolve_within(module, path, asked));
        }
        let mut outside = BTreeSet::new();
        if found.is_empty() {
            for glob in &scope.globs {
                for named in self.resolve_within(module, glob, asked) {
                    match named {
                        Named::Module(inner) => found.extend(self.look_up(inner, name, asked)),
                        Named::Outside => drop(outside.insert(Named::Outside)),
                        Named::Type(_) | Named::Value(_) => {}
                    }
                }
            }
        }
        asked.pop();
        if found.is_empty() { outside } else { found }
    }

    /// Says whether a module is a folder's: others have files inside it.
    pub(crate) fn is_folder(&self, module: usize) -> bool {
        let file = self.modules[module].file;
        self.modules[module].children.values().flatten().any(|&child| self.modules[child].file != file)
    }
}

/// The `use` declarations inside functions.
#[derive(Default)]
struct UsesInside(Vec<UseTree>);

impl<'ast> Visit<'ast> for UsesInside {
    fn visit_item_use(&mut self, used: &'ast syn::ItemUse) {
        if used.leading_colon.is_none() && !is_for_tests(&used.attrs) {
            self.0.push(used.tree.clone());
        }
    }
}

/// Says whether an item is compiled for tests only.
pub(crate) fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("test")
            || attribute.path().is_ident("cfg")
                && attribute.parse_args::<syn::Meta>().is_ok_and(|condition| needs_test(&condition))
    })
}

fn needs_test(condition: &syn::Meta) -> bool {
    use syn::punctuated::Punctuated;
    if condition.path().is_ident("test") || condition.path().is_ident("doctest") {
        return true;
    }
    let syn::Meta::List(list) = condition else { return false };
    let inner = list.parse_args_with(Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated);
    let inner = inner.unwrap_or_default();
    match list.path.get_ident().map(ToString::to_string).as_deref() {
        Some("all") => inner.iter().any(needs_test),
        Some("any") => !inner.is_empty() && inner.iter().all(needs_test),
        _ => false,
    }
}

/// Returns the names that a `use` brings in, in their order.
pub(crate) fn leaves(tree: &UseTree) -> Vec<Leaf> {
    fn walk(tree: &UseTree, path: &mut Vec<String>, leaves: &mut Vec<Leaf>) {
        let line = tree.span().start().line;
        match tree {
            UseTree::Path(inner) => {
                path.push(inner.ident.unraw().to_string());
                walk(&inner.tree, path, leaves);
                path.pop();
            }
            UseTree::Name(name) => add(path, &name.ident, &name.ident, line, leaves),
            UseTree::Rename(renamed) => add(path, &renamed.ident, &renamed.rename, line, leaves),
            UseTree::Glob(_) => leaves.push(Leaf { path: path.clone(), alias: None, line }),
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, path, leaves)),
            #[allow(unreachable_patterns, reason = "whether there are more is the parser's business")]
            _ => {}
        }
    }
    fn add(
        path: &[String],
        name: &proc_macro2::Ident,
        alias: &proc_macro2::Ident,
        line: usize,
        leaves: &mut Vec<Leaf>,
    ) {
        let mut path = path.to_vec();
        let (name, mut alias) = (name.unraw().to_string(), alias.unraw().to_string());
        if name != "self" {
            path.push(name);
        } else if alias == "self" {
            alias = path.last().cloned().unwrap_or_default();
        }
        leaves.push(Leaf { path, alias: Some(alias), line });
    }
    let mut found = Vec::new();
    walk(tree, &mut Vec::new(), &mut found);
    found
}

pub(crate) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::ForeignMod(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::TraitAlias(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

/// Returns an item's name, and whether it is a type.
fn name_of(item: &Item) -> Option<(String, bool)> {
    let (name, is_type) = match item {
        Item::Const(item) => (&item.ident, false),
        Item::Enum(item) => (&item.ident, true),
        Item::Fn(item) => (&item.sig.ident, false),
        Item::Static(item) => (&item.ident, false),
        Item::Struct(item) => (&item.ident, true),
        Item::Trait(item) => (&item.ident, true),
        Item::Type(item) => (&item.ident, true),
        Item::Union(item) => (&item.ident, true),
        _ => return None,
    };
    Some((name.unraw().to_string(), is_type))
}

pub(crate) fn is_public(visibility: &Visibility) -> bool {
    !matches!(visibility, Visibility::Inherited)
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    let syn::Meta::NameValue(pair) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) = &pair.value else { return None };
    Some(path.value())
}

fn join(file: &str, path: &str) -> String {
    match file.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/{path}"),
        None => path.to_owned(),
    }
}
