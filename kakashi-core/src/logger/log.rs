//! What a macro needs of a logger.

use core::error::Error;
use core::fmt;

use crate::level::LogLevel;
use crate::site::Site;
use crate::value::Value;
use crate::value::field::Field;

/// Takes records from the macros: implemented by every logger, and by what holds one: a
/// reference, a box, an `Rc` or `Arc`, a `LazyLock` in a `static`.
pub trait Log {
    /// Tells whether a record of this level would be written. Asked before
    /// any argument is evaluated, so it should be one load and a compare.
    fn enabled(&self, level: LogLevel) -> bool;

    /// As [`enabled`](Self::enabled), asked by a macro, which is at a call site: a logger whose records are sampled
    /// answers for this one record. At any level `site` is that of the same statement.
    #[cfg(not(target_os = "none"))]
    #[inline(always)]
    fn admits(&self, level: LogLevel, site: Site<'static>) -> bool {
        let _ = site;
        self.enabled(level)
    }

    /// Takes a record whose level is enabled; `values` stand in the order of
    /// the site's keys, one for each.
    fn log(&self, site: Site<'static>, values: &[Value<'_>]);

    /// Takes a record of an error.
    fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>);

    /// Takes a macro call on a device, where the kinds of the values are types still.
    #[cfg(target_os = "none")]
    #[doc(hidden)]
    #[inline(always)]
    fn call<A: crate::value::arguments::Arguments>(&self, level: LogLevel, site: crate::Linked, arguments: &A)
    where
        Self: Sized,
    {
        arguments.with_values(&mut |values| self.log(site.site(level), values));
    }
}

macro_rules! by_reference {
    ($([$($generics:tt)*] $logger:ty $(, $call:item)?;)*) => {
        held! {$(
            [$($generics)*] &$logger $(, $call)?;
        )*}
    };
}

macro_rules! held {
    ($([$($generics:tt)*] $logger:ty $(, $call:item)?;)*) => {$(
        impl<$($generics)*> Log for $logger {
            #[inline(always)]
            fn enabled(&self, level: LogLevel) -> bool {
                (**self).enabled(level)
            }

            #[cfg(not(target_os = "none"))]
            #[inline(always)]
            fn admits(&self, level: LogLevel, site: Site<'static>) -> bool {
                (**self).admits(level, site)
            }

            #[inline(always)]
            fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
                (**self).log(site, values);
            }

            #[inline(always)]
            fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
                (**self).exception(site, values, exception);
            }

            $($call)?
        }
    )*};
}

#[cfg(not(target_os = "none"))]
by_reference! {
    [L: Log + ?Sized] L;
}

#[cfg(all(feature = "alloc", not(target_os = "none")))]
held! {
    [L: Log + ?Sized] alloc::boxed::Box<L>;
    [L: Log + ?Sized] alloc::rc::Rc<L>;
    [L: Log + ?Sized] alloc::sync::Arc<L>;
}

// A logger of the same `static` is forced once; then it costs the load of a state more.
#[cfg(feature = "std")]
held! {
    [L: Log, F: FnOnce() -> L] std::sync::LazyLock<L, F>;
}

// Not `?Sized` for all: what a sized logger makes of `call` must not be passed over.
#[cfg(target_os = "none")]
by_reference! {
    [L: Log] L,
        #[inline(always)]
        fn call<A: crate::value::arguments::Arguments>(&self, level: LogLevel, site: crate::Linked, arguments: &A) {
            (**self).call(level, site, arguments);
        };
    ['l] (dyn Log + 'l);
    ['l] (dyn Log + Send + 'l);
    ['l] (dyn Log + Sync + 'l);
    ['l] (dyn Log + Send + Sync + 'l);
}

/// An error to be logged, and the name of its type where that is known.
///
/// The fields it gives a record are those of OpenTelemetry's semantic
/// conventions for exceptions: `exception.type`, `exception.message` and, where
/// the platform has one, `exception.stacktrace`.
#[derive(Clone, Copy)]
pub struct Exception<'a> {
    /// The type's path; none for a `dyn Error`.
    pub type_name: Option<&'static str>,
    /// The error.
    pub error: &'a (dyn Error + 'a),
}

impl<'a> Exception<'a> {
    /// Takes an error, or a reference to one.
    pub fn new<E: Error>(error: &'a E) -> Self {
        let type_name = core::any::type_name::<E>().trim_start_matches('&');
        let concrete = !type_name.starts_with("dyn ") && !type_name.starts_with("(dyn ");
        Self { type_name: concrete.then_some(type_name), error }
    }

    /// Returns the fields it gives a record: the type where it is known, the
    /// text with that of the sources.
    pub fn fields(&self) -> heapless::Vec<Field<'a>, 3> {
        let mut fields = heapless::Vec::new();
        // Two of three places: neither push can fail.
        if let Some(name) = self.type_name {
            let _ = fields.push(Field { key: "exception.type", value: Value::Str(name) });
        }
        let _ = fields.push(Field { key: "exception.message", value: Value::Error(self.error) });
        fields
    }
}

impl fmt::Debug for Exception<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exception").field("type_name", &self.type_name).field("error", &self.error).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_named_where_it_is_concrete() {
        let error = "x".parse::<u8>().unwrap_err();
        assert_eq!(Exception::new(&error).type_name, Some("core::num::error::ParseIntError"));
        assert_eq!(Exception::new(&&error).type_name, Some("core::num::error::ParseIntError"));
        let dynamic: &dyn Error = &error;
        assert_eq!(Exception::new(&dynamic).type_name, None);
        let shared: &(dyn Error + Send + Sync) = &error;
        assert_eq!(Exception::new(&shared).type_name, None);
    }
}
