//! The fields of an error on a platform that has backtraces.

use std::backtrace::{Backtrace, BacktraceStatus};

use kakashi_core::{Exception, Field, Value, with_joined};

/// Hands over `fields`, those of the error, and a backtrace where
/// `RUST_BACKTRACE` or `RUST_LIB_BACKTRACE` asks for one.
pub(crate) fn fields_of(exception: &Exception<'_>, fields: &[Field<'_>], then: impl FnOnce(&[Field<'_>])) {
    let backtrace = Backtrace::capture();
    let mut own = exception.fields();
    if backtrace.status() == BacktraceStatus::Captured {
        // The third of three: there is room.
        let _ = own.push(Field { key: "exception.stacktrace", value: Value::Display(&backtrace) });
    }
    with_joined(fields, &own, then);
}
