//! Why a bridge is not installed.

use core::error::Error;
use core::fmt;

/// Reports that another crate's records have a receiver already, and which one where it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InstallError {
    of: &'static str,
    by: Option<&'static str>,
}

impl InstallError {
    #[cold]
    pub(super) fn new(of: &'static str, by: Option<&'static str>) -> Self {
        Self { of, by }
    }

    /// Returns who receives the records, if that is known: `"kakashi"` after a second call.
    pub fn by(&self) -> Option<&'static str> {
        self.by
    }
}

impl fmt::Display for InstallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, by } = self;
        match by {
            Some("kakashi") => write!(f, "kakashi receives the records of `{of}` already: install it once"),
            Some(by) => write!(
                f,
                "{by} receives the records of `{of}` already, and they have one receiver: install kakashi before it"
            ),
            None => write!(
                f,
                "another receiver of the records of `{of}` is installed already, and they have one: \
                 install kakashi before it"
            ),
        }
    }
}

impl Error for InstallError {}
