//! The levels that directives give to spans: `shop[request{user=7}]=debug`.
//!
//! A span's level goes with its fields: it is a context's, and so holds for whoever logs inside.
//! It is found where a span is entered, from the directives that hold then and the fields that
//! the span has then; so a field that is recorded late counts, and a span that is open obeys new
//! directives from when it is entered next. While there is no directive of spans all of this is
//! one relaxed load.
//!
//! Of several directives that mean a span the lowest level counts, as in `EnvFilter`. A value is
//! compared as text, a floating-point number as a number; patterns are not known.

use core::cell::RefCell;
use core::fmt::{self, Write as _};

use std::sync::Arc;
use std::thread_local;

use tracing_core::Metadata;

use super::fields::key;
use crate::bridges::foreign::BridgedLogger;
use crate::context::LogContext;
use crate::level::LevelFilter;
use crate::logger::directives::{SpanDirective, SpanField};
use crate::value::Value;

thread_local! {
    /// The directives that this thread knows, and their version.
    static KNOWN: RefCell<(usize, Arc<[SpanDirective]>)> = RefCell::new((0, Arc::from([])));
}

/// Returns the version of the directives of spans that hold now; 0 if there is none.
#[inline]
pub(super) fn version<L: BridgedLogger>() -> usize {
    L::registry().span_version()
}

/// Tells whether a directive may give a level to spans of this call site: then they must be made.
#[inline]
pub(super) fn are_for<L: BridgedLogger>(metadata: &Metadata<'_>) -> bool {
    metadata.is_span() && version::<L>() != 0 && find::<L>(metadata)
}

/// Tells whether a directive depends on fields' values: then spans of any level must be made, for
/// only their values say whether it means them.
pub(super) fn need_values<L: BridgedLogger>() -> bool {
    let depend = |directive: &SpanDirective| directive.fields().iter().any(|field| field.value.is_some());
    version::<L>() != 0 && with_directives::<L, _>(|directives| directives.iter().any(depend))
}

/// Returns the level that directives give to a span with these fields.
#[cold]
pub(super) fn level_of<L: BridgedLogger>(metadata: &Metadata<'_>, own: &LogContext) -> Option<LevelFilter> {
    with_directives::<L, _>(|directives| {
        let meant = directives.iter().filter(|directive| {
            is_for(directive, metadata) && directive.fields().iter().all(|field| has_value(own, field))
        });
        meant.map(SpanDirective::level).min()
    })
}

#[cold]
fn find<L: BridgedLogger>(metadata: &Metadata<'_>) -> bool {
    with_directives::<L, _>(|directives| directives.iter().any(|directive| is_for(directive, metadata)))
}

/// Tells whether a directive is for spans of a call site, if their values are right.
fn is_for(directive: &SpanDirective, metadata: &Metadata<'_>) -> bool {
    let has_key = |name: &str| metadata.fields().iter().any(|field| key(&field) == name);
    directive.covers(metadata.target())
        && directive.span().is_none_or(|name| name == metadata.name())
        && directive.fields().iter().all(|field| has_key(&field.name))
}

fn has_value(own: &LogContext, field: &SpanField) -> bool {
    let Some(wanted) = field.value.as_deref() else { return true };
    match own.get(&field.name) {
        Some(Value::F64(value)) => wanted.parse().is_ok_and(|wanted: f64| wanted.total_cmp(&value).is_eq()),
        Some(value) => is_text(&value, wanted),
        None => false,
    }
}

/// Tells whether a value that a context keeps is this text.
fn is_text(value: &Value<'_>, text: &str) -> bool {
    let mut rest = Rest(text);
    let is_begun = match *value {
        Value::Str(value) => rest.write_str(value),
        Value::Char(value) => rest.write_char(value),
        Value::Bool(value) => write!(rest, "{value}"),
        Value::I64(value) => write!(rest, "{value}"),
        Value::U64(value) => write!(rest, "{value}"),
        Value::I128(value) => write!(rest, "{}", value.get()),
        Value::U128(value) => write!(rest, "{}", value.get()),
        _ => Err(fmt::Error),
    };
    is_begun.is_ok() && rest.0.is_empty()
}

/// What is left of a text behind all that was written.
struct Rest<'a>(&'a str);

impl fmt::Write for Rest<'_> {
    fn write_str(&mut self, written: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(written).ok_or(fmt::Error)?;
        Ok(())
    }
}

fn with_directives<L: BridgedLogger, R>(run: impl Fn(&[SpanDirective]) -> R) -> R {
    let known = KNOWN.try_with(|known| {
        let mut known = known.try_borrow_mut().ok()?;
        // Registries never share a version.
        if known.0 != version::<L>() {
            *known = L::registry().span_directives();
        }
        Some(run(&known.1))
    });
    // On a thread whose locals are gone.
    known.ok().flatten().unwrap_or_else(|| run(&L::registry().span_directives().1))
}
