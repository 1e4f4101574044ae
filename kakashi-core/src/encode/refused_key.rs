//! Why a profile of JSON does not take a key.

use alloc::string::String;
use core::fmt;

/// Reports a key that a profile can't give to a time, level, logger or message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusedKey {
    key: String,
}

impl RefusedKey {
    #[cold]
    pub(super) fn new(key: &str) -> Self {
        Self { key: key.into() }
    }

    /// Returns the rejected key.
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for RefusedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let problem = match &*self.key {
            "" => "is empty",
            key if key.ends_with('_') => "ends with an underscore",
            _ => "stands for something else in this profile",
        };
        write!(f, "the key {:?} {problem}: choose another", self.key)
    }
}

impl core::error::Error for RefusedKey {}
