//! The records of the `log` crate, with their keys and values.
//!
//! What is common stands here: the levels, and how a key's value becomes a [`Value`]. A device
//! uses a [`LogBridge`], on the stack; where there are threads, `receiver` is the backend that
//! kakashi-std and kakashi-wasm install.

pub(crate) mod device;
#[cfg(feature = "std")]
mod plain_pairs;
#[cfg(feature = "std")]
pub(crate) mod receiver;

use ::log::kv::{self, Key, Source, VisitSource, VisitValue};

pub use self::device::LogBridge;
use crate::level::LogLevel;
#[cfg(feature = "std")]
use crate::pipeline::guard::{CatchPanic, Guard as _};
use crate::value::{Packed, Value};

impl From<::log::Level> for LogLevel {
    /// Finds the level of the same name; `Warn` is WARNING.
    fn from(level: ::log::Level) -> Self {
        match level {
            ::log::Level::Error => Self::Error,
            ::log::Level::Warn => Self::Warning,
            ::log::Level::Info => Self::Info,
            ::log::Level::Debug => Self::Debug,
            ::log::Level::Trace => Self::Trace,
        }
    }
}

/// Takes keys and values.
trait TakePairs {
    fn take(&mut self, key: &str, value: &Value<'_>);
}

/// Hands over all keys and values of a source; if it fails, `fields_error` says how.
fn take_all<P: TakePairs>(source: &dyn Source, pairs: &mut P) {
    if let Err(error) = visit_guarded(source, &mut PairVisitor(pairs)) {
        take_error(&error, pairs);
    }
}

/// Visits a source, whose own code may panic where there is a guard against it.
#[inline]
fn visit_guarded<'s>(source: &'s dyn Source, visitor: &mut dyn VisitSource<'s>) -> Result<(), kv::Error> {
    #[cfg(feature = "std")]
    {
        let mut result = Ok(());
        let is_whole = CatchPanic.run(&mut || result = source.visit(visitor));
        if is_whole { result } else { Err(kv::Error::msg("[panicked while they were read]")) }
    }
    #[cfg(not(feature = "std"))]
    source.visit(visitor)
}

#[cold]
fn take_error<P: TakePairs>(error: &kv::Error, pairs: &mut P) {
    pairs.take("fields_error", &Value::Display(error));
}

struct PairVisitor<'p, P>(&'p mut P);

impl<'kvs, P: TakePairs> VisitSource<'kvs> for PairVisitor<'_, P> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: kv::Value<'kvs>) -> Result<(), kv::Error> {
        value.visit(ValueOf { key: key.as_str(), pairs: self.0 })
    }
}

/// Takes the value of a key, as the kind it is.
struct ValueOf<'p, P> {
    key: &'p str,
    pairs: &'p mut P,
}

macro_rules! kinds {
    ($($method:ident($value:ident: $type:ty) => $kind:expr;)*) => {$(
        fn $method(&mut self, $value: $type) -> Result<(), kv::Error> {
            self.pairs.take(self.key, &$kind);
            Ok(())
        }
    )*};
}

impl<'v, P: TakePairs> VisitValue<'v> for ValueOf<'_, P> {
    kinds! {
        visit_u64(value: u64) => Value::U64(value);
        visit_i64(value: i64) => Value::I64(value);
        visit_u128(value: u128) => Value::U128(Packed::new(value));
        visit_i128(value: i128) => Value::I128(Packed::new(value));
        visit_f64(value: f64) => Value::F64(value);
        visit_bool(value: bool) => Value::Bool(value);
        visit_str(value: &str) => Value::Str(value);
        visit_char(value: char) => Value::Char(value);
    }

    fn visit_any(&mut self, value: kv::Value<'_>) -> Result<(), kv::Error> {
        // With its structure, in which redaction finds keys.
        #[cfg(feature = "kv-serde")]
        self.pairs.take(self.key, &Value::Composite(&crate::bridges::serde::Serde(&value)));
        #[cfg(not(feature = "kv-serde"))]
        self.pairs.take(self.key, &Value::Display(&value));
        Ok(())
    }

    #[cfg(feature = "std")]
    fn visit_error(&mut self, error: &(dyn core::error::Error + 'static)) -> Result<(), kv::Error> {
        self.pairs.take(self.key, &Value::Error(error));
        Ok(())
    }

    #[cfg(feature = "std")]
    fn visit_borrowed_error(
        &mut self,
        error: &'v (dyn core::error::Error + 'static),
    ) -> Result<(), kv::Error> {
        self.visit_error(error)
    }

    fn visit_null(&mut self) -> Result<(), kv::Error> {
        self.pairs.take(self.key, &Value::Null);
        Ok(())
    }
}
