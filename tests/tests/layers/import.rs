//! What one file takes from another: what the scanners find, and the rules judge.

/// One use of something that another file has.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Import {
    /// The file that imports, by its path inside the sources.
    pub(crate) from: String,
    pub(crate) line: usize,
    pub(crate) to: Target,
    /// How the code names it.
    pub(crate) name: String,
}

/// Where an import leads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Target {
    /// The file that defines the item.
    File(String),
    /// A folder's module only by its name; what is taken out of it is an import of its own.
    Folder(String),
    /// A crate that these sources may not name.
    Stranger(String),
}

/// Returns the folder or top-level file that a path belongs to, as the table calls it.
pub(crate) fn place(path: &str) -> &str {
    let first = path.split('/').next().unwrap_or(path);
    let stem = first.split('.').next().unwrap_or(first);
    if stem.is_empty() { first } else { stem }
}
