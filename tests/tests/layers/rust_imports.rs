//! Finds what each Rust file takes from others of its crate.
//!
//! It sees `use` declarations, paths in types, patterns and expressions, and paths among
//! the tokens of macro calls and `macro_rules!` bodies. A `pub use` in a folder's
//! `mod.rs` is no import of it, nor anything that the crate's root names. What a method
//! call needs it can't see: an `impl` in another file than its type is where the type is.

use std::collections::BTreeSet;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use syn::ext::IdentExt as _;
use syn::visit::{self, Visit};

use crate::import::{Import, Target};
use crate::rust_source::{Crate, Named, attributes, is_for_tests, is_public, leaves};
use crate::table::Listing;

/// Returns all imports of a crate's files, each once a line.
pub(crate) fn imports(parsed: &Crate, listing: &Listing) -> BTreeSet<Import> {
    let mut found = BTreeSet::new();
    for file in &parsed.files {
        if file.is_test || listing.roots.contains(&file.path.as_str()) {
            continue;
        }
        let mut finder = Finder { parsed, listing, path: &file.path, module: file.module, found: &mut found };
        finder.visit_file(&file.syntax);
    }
    found
}

struct Finder<'a> {
    parsed: &'a Crate,
    listing: &'a Listing,
    path: &'a str,
    module: usize,
    found: &'a mut BTreeSet<Import>,
}

impl Finder<'_> {
    fn add(&mut self, line: usize, path: &[String]) {
        if let Some(first) = path.first()
            && self.listing.strangers.contains(&first.as_str())
        {
            self.insert(line, Target::Stranger(first.clone()), path);
            return;
        }
        for named in self.parsed.resolve(self.module, path) {
            let file = match named {
                Named::Type(file) | Named::Value(file) => file,
                Named::Outside => continue,
                Named::Module(module) => {
                    let file = self.parsed.modules[module].file;
                    if self.parsed.is_folder(module) {
                        let folder = self.parsed.files[file].path.clone();
                        self.insert(line, Target::Folder(folder), path);
                        continue;
                    }
                    file
                }
            };
            self.insert(line, Target::File(self.parsed.files[file].path.clone()), path);
        }
    }

    fn insert(&mut self, line: usize, to: Target, path: &[String]) {
        let own = matches!(&to, Target::File(file) | Target::Folder(file) if file == self.path);
        if !own {
            self.found.insert(Import { from: self.path.to_owned(), line, to, name: path.join("::") });
        }
    }

    /// A macro by its bare name: textual scope reaches over files.
    fn add_macro(&mut self, line: usize, path: &[String]) {
        let [name] = path else { return self.add(line, path) };
        if self.parsed.resolve(self.module, path).iter().any(|named| *named != Named::Outside) {
            return self.add(line, path);
        }
        for file in self.parsed.macros.get(name).into_iter().flatten() {
            self.insert(line, Target::File(self.parsed.files[*file].path.clone()), path);
        }
    }

    /// A name alone, as code has it: a local variable may shadow it, so only calls and
    /// names of types and constants count.
    fn add_single(&mut self, line: usize, name: &str, is_called: bool) {
        if is_called || name.starts_with(|first: char| first.is_ascii_uppercase()) {
            self.add(line, &[name.to_owned()]);
        }
    }

    fn add_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Group(group) => self.add_tokens(group.stream()),
                TokenTree::Ident(_) => {
                    let before = at.checked_sub(1).map(|before| &tokens[before]);
                    let is_dollar = is_punct(before, '$');
                    // A method, a label, a lifetime; the rest of a path out of the crate.
                    let is_other = is_punct(before, '.')
                        || is_punct(before, '\'')
                        || is_punct(before, ':') && is_path_end(&tokens, at);
                    at = self.add_token_path(&tokens, at, is_dollar, is_other);
                    continue;
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// Adds the path that begins with this token, and returns where it has ended.
    fn add_token_path(
        &mut self,
        tokens: &[TokenTree],
        start: usize,
        is_dollar: bool,
        is_other: bool,
    ) -> usize {
        let mut path = Vec::new();
        let mut at = start;
        let mut line = 0;
        let mut group = None;
        while let Some(TokenTree::Ident(ident)) = tokens.get(at) {
            line = if path.is_empty() { ident.span().start().line } else { line };
            path.push(ident.unraw().to_string());
            at += 1;
            if !is_path_separator(tokens, at) {
                break;
            }
            match tokens.get(at + 2) {
                Some(TokenTree::Ident(_)) => at += 2,
                Some(TokenTree::Group(inner)) if inner.delimiter() == Delimiter::Brace => {
                    group = Some(inner.stream());
                    at += 3;
                    break;
                }
                _ => break,
            }
        }
        let is_crate = path[0] == "crate";
        let exempt = is_dollar && (!is_crate || self.is_macro_folder());
        if is_other || exempt {
            if let Some(group) = group.filter(|_| !exempt) {
                self.add_tokens(group);
            }
            return at;
        }
        if let Some(group) = group {
            for end in group_paths(group) {
                let whole: Vec<String> = path.iter().chain(&end).cloned().collect();
                self.add(line, &whole);
            }
        } else if is_punct(tokens.get(at), '!') && !is_punct(tokens.get(at + 1), '=') {
            self.add_macro(line, &path);
        } else if let [name] = path.as_slice() {
            let is_called = matches!(tokens.get(at), Some(TokenTree::Group(inner)) if inner.delimiter() == Delimiter::Parenthesis);
            let is_defined = at.checked_sub(2).is_some_and(|before| is_word(&tokens[before], "fn"));
            let is_path_word = matches!(name.as_str(), "crate" | "self" | "super" | "Self");
            if !is_defined && !is_path_word {
                self.add_single(line, name, is_called);
            }
        } else {
            self.add(line, &path);
        }
        at
    }

    fn is_macro_folder(&self) -> bool {
        self.listing.macros.contains(&crate::import::place(self.path))
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !is_for_tests(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, inner: &'ast syn::ItemMod) {
        let Some((_, items)) = &inner.content else { return };
        let outer = self.module;
        let file = self.parsed.modules[outer].file;
        let name = inner.ident.unraw().to_string();
        let children = self.parsed.modules[outer].children.get(&name).into_iter().flatten();
        // Where one name has several modules, by configuration, any of them sees what it needs.
        for &child in children.filter(|&&child| self.parsed.modules[child].file == file) {
            self.module = child;
            items.iter().for_each(|item| self.visit_item(item));
        }
        self.module = outer;
    }

    fn visit_item_use(&mut self, used: &'ast syn::ItemUse) {
        let is_re_export = is_public(&used.vis) && self.path.ends_with("mod.rs");
        if used.leading_colon.is_some() || is_re_export {
            return;
        }
        for leaf in leaves(&used.tree) {
            self.add(leaf.line, &leaf.path);
        }
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        let attributes = match item {
            syn::ImplItem::Fn(item) => &item.attrs,
            syn::ImplItem::Const(item) => &item.attrs,
            syn::ImplItem::Type(item) => &item.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if !is_for_tests(&field.attrs) {
            visit::visit_field(self, field);
        }
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        if !is_for_tests(&local.attrs) {
            visit::visit_local(self, local);
        }
    }

    fn visit_expr(&mut self, expression: &'ast syn::Expr) {
        let attributes: &[syn::Attribute] = match expression {
            syn::Expr::Block(block) => &block.attrs,
            syn::Expr::Call(call) => &call.attrs,
            syn::Expr::MethodCall(call) => &call.attrs,
            syn::Expr::If(branch) => &branch.attrs,
            syn::Expr::Macro(call) => &call.attrs,
            _ => &[],
        };
        if !is_for_tests(attributes) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(function) = &*call.func
            && let Some(name) = function.path.get_ident()
        {
            self.add_single(name.span().start().line, &name.unraw().to_string(), true);
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names: Vec<String> =
                path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
            let line = path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
            match names.as_slice() {
                [name] if name == "Self" => {}
                [name] => self.add_single(line, name, false),
                _ => self.add(line, &names),
            }
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if call.path.leading_colon.is_none() {
            let names: Vec<String> =
                call.path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
            let line = call.path.segments.first().map_or(0, |segment| segment.ident.span().start().line);
            if names != ["macro_rules"] {
                self.add_macro(line, &names);
            }
        }
        self.add_tokens(call.tokens.clone());
    }

    // Neither names what the code needs.
    fn visit_attribute(&mut self, _: &'ast syn::Attribute) {}
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}
}

fn is_punct(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
}

fn is_word(token: &TokenTree, wanted: &str) -> bool {
    matches!(token, TokenTree::Ident(ident) if *ident == wanted)
}

fn is_path_separator(tokens: &[TokenTree], at: usize) -> bool {
    matches!(tokens.get(at), Some(TokenTree::Punct(punct)) if punct.as_char() == ':' && punct.spacing() == Spacing::Joint)
        && is_punct(tokens.get(at + 1), ':')
}

/// Says whether the name here follows a `::`.
fn is_path_end(tokens: &[TokenTree], at: usize) -> bool {
    at.checked_sub(2).is_some_and(|start| is_path_separator(tokens, start))
}

/// Returns the ends of paths that a group of a `use` has: `{a, b::c}`.
fn group_paths(group: TokenStream) -> Vec<Vec<String>> {
    let mut paths = vec![Vec::new()];
    let mut tokens = group.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let last = paths.len() - 1;
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => paths.push(Vec::new()),
            // What comes after `as` is a new name.
            TokenTree::Ident(ident) if ident == "as" => drop(tokens.next()),
            TokenTree::Ident(ident) if ident != "self" => paths[last].push(ident.unraw().to_string()),
            TokenTree::Group(inner) => {
                let start = paths.pop().unwrap_or_default();
                paths.extend(
                    group_paths(inner.stream())
                        .into_iter()
                        .map(|end| start.iter().chain(&end).cloned().collect()),
                );
            }
            _ => {}
        }
    }
    paths.retain(|path| !path.is_empty());
    paths
}
