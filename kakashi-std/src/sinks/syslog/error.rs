//! What can be wrong with the settings of a syslog destination.

use std::{error, fmt, io};

/// Reports a setting of [`Syslog`](super::Syslog) that makes no sense: which, with what value,
/// and what would be right.
///
/// It becomes an [`io::Error`] of kind `InvalidInput` by `?`. A receiver that can't be reached is
/// no error of the settings: it may come up later.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyslogError(pub(super) String);

#[cfg(feature = "config")]
impl SyslogError {
    /// Makes the error of a number that is neither RFC's.
    #[cold]
    pub(crate) fn unknown_rfc(number: u16) -> Self {
        Self(format!("rfc is {number}: use 5424 or 3164"))
    }
}

impl fmt::Display for SyslogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for SyslogError {}

impl From<SyslogError> for io::Error {
    fn from(error: SyslogError) -> Self {
        Self::new(io::ErrorKind::InvalidInput, error)
    }
}
