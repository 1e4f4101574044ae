//! How far a record has come when its call returns.

/// Says how far a record for a destination has come when its logging call returns.
///
/// A sync logger's call waits so long, as one of ERROR does, `urgent_timeout` (5 s) at most:
/// then, and where the sink fails, it returns, and the record is written as soon as that can
/// be. `try_audit` and `try_security` say so to the caller, `Stats::late` to the operator. An
/// async logger's call waits too, where the destination's threshold admits the record; a
/// performance logger's never does.
///
/// Destinations of `kakashi-wasm`, whose sinks are not `Send`, are `Buffered`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
#[non_exhaustive]
pub enum Durability {
    /// In a buffer, unless it is of ERROR or above; what a process that is killed loses.
    #[default]
    Buffered,
    /// With the operating system, which keeps it whatever becomes of the process.
    Written,
    /// On the disk: it outlasts the system too. Callers that wait at the same time share one
    /// [`Sink::sync`](crate::Sink::sync), which costs what the disk takes.
    Synced,
}
