//! Names of the files of a buffer.

use std::fmt;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Names what one process has written since it opened the buffer: names sort by that time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct SetName {
    millis: u64,
    process: u32,
    count: u32,
}

impl SetName {
    /// Makes a name that no other set of this process has.
    pub(super) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let millis = u64::try_from(since.as_millis()).unwrap_or(u64::MAX);
        Self { millis, process: process::id(), count: COUNT.fetch_add(1, Ordering::Relaxed) }
    }

    /// Returns the name of a file of the set.
    pub(super) fn of_file(self, number: u64) -> String {
        format!("{self}.{number:06}.klog")
    }

    /// Returns the name of the set's lock.
    pub(super) fn of_lock(self) -> String {
        format!(".{self}.lock")
    }

    /// Reads the name of a file.
    pub(super) fn parse_file(text: &str) -> Option<(Self, u64)> {
        let (set, number) = text.strip_suffix(".klog")?.split_once('.')?;
        let (set, number) = (Self::parse(set)?, number.parse().ok()?);
        (set.of_file(number) == text).then_some((set, number))
    }

    /// Reads the name of a lock.
    pub(super) fn parse_lock(text: &str) -> Option<Self> {
        let set = Self::parse(text.strip_prefix('.')?.strip_suffix(".lock")?)?;
        (set.of_lock() == text).then_some(set)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let millis = parts.next()?.parse().ok()?;
        Some(Self { millis, process: parts.next()?.parse().ok()?, count: parts.next()?.parse().ok()? })
    }
}

impl fmt::Display for SetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:013}-{}-{}", self.millis, self.process, self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_as_its_files_are_is_none() {
        let set = SetName { millis: 1_796_065_612_123, process: 4711, count: 0 };
        assert_eq!(SetName::parse_file("1796065612123-4711-0.000001.klog"), Some((set, 1)));
        assert_eq!(SetName::parse_file(&set.of_file(12_345_678)), Some((set, 12_345_678)));
        assert_eq!(SetName::parse_lock(".1796065612123-4711-0.lock"), Some(set));
        for stranger in [
            "",
            "shop.klog",
            "1796065612123-4711-0.klog",
            "1796065612123-4711-0.1.klog",
            "1796065612123-4711-0.+00001.klog",
            "1796065612123-+4711-0.000001.klog",
            "1796065612123-4711-0-0.000001.klog",
            "1796065612123-4711-0.000001.klog.unread",
            ".1796065612123-4711-0.000001.klog",
        ] {
            assert_eq!(SetName::parse_file(stranger), None, "{stranger}");
        }
        for stranger in [".shop.log.lock", ".1-2-3.lock", "1796065612123-4711-0.lock", ".lock", "lock"] {
            assert_eq!(SetName::parse_lock(stranger), None, "{stranger}");
        }
    }
}
