//! Which moments of a span are records.

/// Says of which moments of a span there is a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum SpanEvents {
    /// Of none: spans are context. But with a level for the name `tracing::span`, by a directive or
    /// any setting, of the ends of spans of that level and above that begin from then on.
    #[default]
    None,
    /// Of its end: at the span's level, `close`, with its fields and `span`, its name; `time.busy`
    /// and `time.idle`, how long it was entered and how long it was not.
    Close,
}
