//! How much a block may cost: its lines together are a few hundred times as long as the
//! block at most.
//!
//! A block says a context, a template or a key once, and a record of ten bytes uses them:
//! without a limit a block of a megabyte could become gigabytes of lines. Lines become
//! shorter before records are passed over, and either is reported.

use kakashi_core::Message;
use kakashi_std::LogRecord;

/// The longest line, if no other is asked for.
pub(crate) const MAX_LINE: usize = 16 << 20;
/// How many bytes of lines a byte of a block may become. What programs write becomes three
/// to thirty, and a hundred where each record repeats a context of a kilobyte.
pub(crate) const MAX_GROWTH: usize = 256;

/// A line may have so large a part of what is left, so that there is some for those behind it.
const SHARES: usize = 8;

/// What the lines of one block may still cost.
#[derive(Debug)]
pub(crate) struct LineBudget {
    left: usize,
    max_line: usize,
}

impl LineBudget {
    /// Begins a block; longer lines, if they are asked for, may cost as much more.
    pub(crate) fn new(block: usize, max_line: usize) -> Self {
        let asked_for = if max_line > MAX_LINE { max_line.saturating_mul(SHARES) } else { 0 };
        let growth = MAX_GROWTH.saturating_mul((max_line / MAX_LINE).max(1));
        let left = growth.saturating_mul(block).saturating_add(64 << 10);
        Self { left: left.max(asked_for), max_line }
    }

    /// Tells whether a record can be looked at, and pays for that.
    pub(crate) fn takes(&mut self, record: &LogRecord<'_>) -> bool {
        let rest = self.left.checked_sub(record.raw_len());
        self.left = rest.unwrap_or(self.left);
        rest.is_some()
    }

    /// Returns how long the next line may be.
    pub(crate) fn line_limit(&self) -> usize {
        (self.left / SHARES).max(4096).min(self.max_line)
    }

    /// Pays for a line.
    pub(crate) fn charge(&mut self, work: usize) {
        self.left = self.left.saturating_sub(work);
    }
}

/// Tells whether a record's message may be many times as long as the record.
pub(super) fn may_grow(record: &LogRecord<'_>) -> bool {
    // A small one can't grow far.
    record.raw_len() > 1024
        && matches!(record.message(), Message::Template(template)
            if template.bytes().filter(|&byte| byte == b'{').nth(8).is_some())
}
