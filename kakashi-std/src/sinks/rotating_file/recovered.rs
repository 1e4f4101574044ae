//! The files of a path as who recovers records sees them: it writes to the newest, and closes none.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::calendar::{Calendar, Period, Zone};
use super::folder::files_of;
use super::names::{FileState, Naming};

/// Lists the files of a path that are as they were written, in the order in which they were begun.
pub(crate) fn plain_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    let Some((folder, name)) = parts(path) else { return Ok(Vec::new()) };
    let mut files = Vec::new();
    for by_number in [false, true] {
        let found = files_of(&Naming::of(name, by_number), folder)?;
        files.extend(found.into_iter().filter(|file| file.state == FileState::Plain).map(|file| file.path));
    }
    Ok(files)
}

/// Names the first file of a path of which there is none.
pub(crate) fn first_file(path: &Path) -> Option<PathBuf> {
    let (folder, name) = parts(path)?;
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let calendar = Calendar { period: Some(Period::Day), zone: Zone::Utc };
    let naming = Naming::of(name, false);
    let first = naming.after(None, calendar.stamp(since.as_secs().cast_signed()), 0);
    Some(folder.join(naming.text(&first)))
}

fn parts(path: &Path) -> Option<(&Path, &str)> {
    Some((path.parent()?, path.file_name()?.to_str()?))
}
