//! Which loggers a name in a setting means: the one of that name, and those below it.
//!
//! One rule for `level_of`, directives and whatever else names loggers, so that a name never
//! means one thing here and another there.

use alloc::borrow::ToOwned;
use alloc::string::String;

/// The separators between the parts of a logger's name.
const SEPARATORS: [char; 3] = [':', '.', '/'];

/// Tells whether a logger is the one that `prefix` names, or below it: `app::db` covers
/// `app::db`, `app::db::pool` and `app::db.pool`, not `app::dbx`. An empty one covers all.
pub(super) fn covers(prefix: &str, name: &str) -> bool {
    let below = |rest: &str| rest.is_empty() || rest.starts_with(SEPARATORS);
    prefix.is_empty() || name.strip_prefix(prefix).is_some_and(below)
}

/// Tells whether a prefix names no logger.
#[doc(hidden)]
pub fn is_wrong_prefix(prefix: &str) -> bool {
    prefix.is_empty() || prefix.trim() != prefix || prefix.ends_with(SEPARATORS) || prefix.contains('*')
}

/// Proposes a prefix in place of a wrong one.
pub(super) fn better_prefix(prefix: &str) -> String {
    let end = prefix.find('*').unwrap_or(prefix.len());
    let begin = prefix.get(..end).unwrap_or_default().trim();
    match begin.trim_end_matches(SEPARATORS) {
        "" => "app::db".to_owned(),
        better => better.to_owned(),
    }
}
