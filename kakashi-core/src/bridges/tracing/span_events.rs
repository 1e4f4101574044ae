//! Which moments of a span are records.

/// Says of which moments of a span there is a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub enum SpanEvents {
    /// Of none: spans are context.
    #[default]
    None,
    /// Of its end: at the span's level, `close`, with its fields and `span`, its name; `time.busy`
    /// and `time.idle`, how long it was entered and how long it was not.
    Close,
}
