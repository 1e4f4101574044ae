//! What happens to a record when its thread's queue is full.

/// Says what an async logger does when a thread's queue is full.
///
/// An eighth of each queue is kept for WARNING and above. What is dropped is
/// counted by level, logger and reason ([`stats`](crate::stats),
/// [`dropped_by_logger`](crate::dropped_by_logger)) and announced in the stream.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
#[non_exhaustive]
pub enum OverflowPolicy {
    /// The caller waits for room; nothing is dropped.
    #[default]
    Block,
    /// The new record is dropped.
    DropNewest,
    /// The oldest records make room, up to one of WARNING or above: for that one
    /// only a newcomer of WARNING or above is kept instead.
    DropOldest,
}
