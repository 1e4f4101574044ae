//! What `kakashi decode` says on stderr: why an input can't be opened, what happened
//! to one that is followed, and what was not shown.

mod content;
mod notice;
mod open_error;
mod warning;

pub(crate) use content::Content;
pub(crate) use notice::Notice;
pub(crate) use open_error::OpenError;
pub(crate) use warning::Warning;
