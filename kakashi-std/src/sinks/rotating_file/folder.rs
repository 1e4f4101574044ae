//! The files of a path that lie in its folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::names::{FileName, FileState, Naming};

/// A file of a path.
#[derive(Clone, Debug)]
pub(super) struct FoundFile {
    pub(super) name: FileName,
    pub(super) state: FileState,
    pub(super) path: PathBuf,
    pub(super) bytes: u64,
    pub(super) modified: Option<SystemTime>,
}

/// Lists the files of a path, in order of their names.
///
/// # Errors
/// When the folder can't be read.
pub(super) fn files_of(naming: &Naming, folder: &Path) -> io::Result<Vec<FoundFile>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some((name, state)) = entry.file_name().to_str().and_then(|text| naming.parse(text)) else {
            continue;
        };
        // Of a link this is the link's; one that another process has removed is gone.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_file() {
            let (bytes, modified) = (metadata.len(), metadata.modified().ok());
            found.push(FoundFile { name, state, path: entry.path(), bytes, modified });
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name).then(one.path.cmp(&other.path)));
    Ok(found)
}
