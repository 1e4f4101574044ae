//! The macros that take a logger.
//!
//! Each call expands to one test of the level, an array of values and one call
//! of an outlined function; all texts are one constant (see [`site`](crate::site)).

#[cfg(target_os = "none")]
#[macro_use]
pub mod device;
#[cfg(feature = "alloc")]
mod configure;
#[cfg(feature = "alloc")]
mod logger_methods;
#[cfg(feature = "alloc")]
mod root;
#[cfg(feature = "tracing")]
mod tracing_bridge;

/// Logs through a logger at any level.
///
/// `log!(logger, level, "message", fields…)`; the fields are as in [`info!`](crate::info).
/// The level need not be a constant; it is evaluated once, before anything else.
///
/// ```
/// use kakashi_core::{Log, LogLevel, log};
/// # fn example(logger: &impl Log, status: u16) {
/// let level = if status < 500 { LogLevel::Info } else { LogLevel::Error };
/// log!(logger, level, "Answered", status);
/// # }
/// ```
#[macro_export]
macro_rules! log {
    ($logger:expr, $level:expr, $message:literal $($fields:tt)*) => {
        $crate::__log!(($logger) (any $level) $message $($fields)*)
    };
}

macro_rules! level_macros {
    ($d:tt $($name:ident $level:ident $what:literal;)*) => {$(
        #[doc = concat!("Logs ", $what, " through a logger.")]
        ///
        /// Nothing is evaluated unless the logger's threshold lets the level
        /// pass. `{key}` in the message is replaced by a field of this call.
        ///
        /// ```
        #[doc = concat!("use kakashi_core::{Log, ", stringify!($name), "};")]
        /// # fn example(logger: &impl Log, id: u64, path: &std::path::Path, state: &[u8]) {
        #[doc = concat!(stringify!($name), "!(logger, \"Ready\");")]
        #[doc = concat!(stringify!($name), "!(logger, \"Order {id} accepted\", id = id, \"unit price\" = 1.5);")]
        #[doc = concat!(stringify!($name), "!(logger, \"Loaded\", path = %path.display(), state = ?state, id);")]
        /// # }
        /// ```
        #[macro_export]
        macro_rules! $name {
            ($d logger:expr, $d message:literal $d ($d fields:tt)*) => {
                $crate::__log!(($d logger) ($crate::LogLevel::$level) $d message $d ($d fields)*)
            };
        }
    )*};
}

level_macros! { $
    trace Trace "a step of an algorithm";
    debug Debug "what helps to find a fault";
    info Info "the normal course of things";
    warning Warning "something unexpected";
    warn Warning "something unexpected, as [`warning!`](crate::warning) does,";
    error Error "a failure";
    critical Critical "a failure that stops the program or much of it";
}

/// Logs an error: its type, its text and the texts of its sources, at level ERROR.
///
/// An error is what implements `Error`, a `dyn Error`, and what leads to one: a
/// `Box<dyn Error>`, an `anyhow::Error`. Of those the type is not known.
///
/// `exception!(logger, &error, "message", fields…)`; the fields are as in [`info!`](crate::info).
#[macro_export]
macro_rules! exception {
    ($logger:expr, $error:expr, $message:literal $($fields:tt)*) => {
        $crate::__fields!(__exception (($logger) ($error)) $message [] [] $($fields)*)
    };
}

/// Lists fields for the functions that take them: `fields![user_id = 42, %path]`.
#[macro_export]
macro_rules! fields {
    () => { &[] as &[$crate::Field<'_>] };
    ($($fields:tt)+) => { $crate::__fields!(__field_list () "" [] [] , $($fields)+) };
}

/// The common forms at once, without walking over the fields one by one.
#[doc(hidden)]
#[macro_export]
macro_rules! __log {
    // info!(logger, "message", key = value, "other key" = value)
    ($logger:tt $level:tt $message:literal $(, $key:tt = $value:expr)* $(,)?) => {
        $crate::__emit!(($logger $level) $message [$($key)*] [$($crate::__value!(plain $value),)*])
    };
    // info!(logger, "message", key = %value, ?other, …)
    ($logger:tt $level:tt $message:literal $($fields:tt)*) => {
        $crate::__fields!(__emit ($logger $level) $message [] [] $($fields)*)
    };
}

/// Takes fields one by one, then hands keys and values to the macro named first.
#[doc(hidden)]
#[macro_export]
macro_rules! __fields {
    ($next:ident $head:tt $message:literal $keys:tt $values:tt $(,)?) => {
        $crate::$next!($head $message $keys $values)
    };
    // key = %value
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], $key:tt = %$value:expr $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(display $value),] $(, $($rest)*)?)
    };
    // key = ?value
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], $key:tt = ?$value:expr $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(debug $value),] $(, $($rest)*)?)
    };
    // key = value
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], $key:tt = $value:expr $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(plain $value),] $(, $($rest)*)?)
    };
    // %key
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], %$key:ident $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(display $key),] $(, $($rest)*)?)
    };
    // ?key
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], ?$key:ident $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(debug $key),] $(, $($rest)*)?)
    };
    // key
    ($next:ident $head:tt $message:literal [$($keys:tt)*] [$($values:tt)*], $key:ident $(, $($rest:tt)*)?) => {
        $crate::__fields!($next $head $message [$($keys)* $key] [$($values)* $crate::__value!(plain $key),] $(, $($rest)*)?)
    };
    ($next:ident $head:tt $message:literal $keys:tt $values:tt $($rest:tt)*) => {
        ::core::compile_error!("fields are written `key = value`, `key = %display`, `key = ?debug`, `key`, `%key` or `?key`, with commas between; a key is an identifier or a string literal")
    };
}

/// What a field's expression becomes in the list of values.
#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __value {
    (plain $value:expr) => {
        $crate::ToValue::to_value(&$value)
    };
    (display $value:expr) => {
        $crate::Value::Display(&$value)
    };
    (debug $value:expr) => {
        $crate::Value::Debug(&$value)
    };
}

/// What stands in a list of values, as a `Value`.
#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __as_value {
    ($value:expr) => {
        $value
    };
}

#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __emit {
    ((($logger:expr) (any $level:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {
        match (&$logger, $level) {
            (logger, level) => {
                $crate::__sites! { $message, [$($crate::__key!($key)),*] }
                if $crate::Log::admits(logger, level, $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Info)) {
                    let site = $crate::__site_of_level!(level);
                    $crate::Log::log(logger, site, &[$($value),*]);
                }
            }
        }
    };
    ((($logger:expr) ($level:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {{
        const __KAKASHI_SITE: $crate::Site<'static> =
            $crate::__site!($level, $message, [$($crate::__key!($key)),*]);
        match &$logger {
            logger => {
                if $crate::Log::admits(logger, $level, __KAKASHI_SITE) {
                    $crate::Log::log(logger, __KAKASHI_SITE, &[$($value),*]);
                }
            }
        }
    }};
}

/// Makes what the sites of a level that is no constant have in common. It is checked once.
#[doc(hidden)]
#[macro_export]
macro_rules! __sites {
    ($message:expr, [$($key:expr),* $(,)?]) => {
        const __KAKASHI_SOURCE: $crate::site::Source<'static> = $crate::site::Source {
            level: $crate::LogLevel::Info,
            message: $message,
            keys: &[$($key),*],
            module: ::core::module_path!(),
            file: ::core::file!(),
            line: ::core::line!(),
        };
        const __KAKASHI_LEN: usize = $crate::site::len(&__KAKASHI_SOURCE);
        const __KAKASHI_BYTES: [u8; __KAKASHI_LEN] = $crate::site::build(&__KAKASHI_SOURCE);
    };
}

/// Picks one of [`__sites`]; of a level that is a constant after all, the others are optimized
/// away.
#[doc(hidden)]
#[macro_export]
macro_rules! __site_of_level {
    ($level:expr) => {
        match $level {
            $crate::LogLevel::Trace => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Trace),
            $crate::LogLevel::Debug => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Debug),
            $crate::LogLevel::Info => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Info),
            $crate::LogLevel::Warning => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Warning),
            $crate::LogLevel::Error => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Error),
            $crate::LogLevel::Critical => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Critical),
        }
    };
}

#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __site_of_bytes {
    ($bytes:ident $len:ident $level:ident) => {{
        const __KAKASHI_SITE: &[u8] = &$crate::site::with_level($bytes, $crate::LogLevel::$level);
        $crate::site::Site::new(__KAKASHI_SITE)
    }};
}

/// Makes an exception of a reference to an error, or to what leads to one.
#[doc(hidden)]
#[macro_export]
macro_rules! __exception_of {
    ($error:ident) => {{
        #[allow(unused_imports)]
        use $crate::{ExceptionOfError as _, ExceptionOfHolder as _};
        (&&$crate::Given($error)).exception_of()
    }};
}

#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __exception {
    ((($logger:expr) ($error:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {{
        const __KAKASHI_SITE: $crate::Site<'static> =
            $crate::__site!($crate::LogLevel::Error, $message, [$($crate::__key!($key)),*]);
        match &$logger {
            logger => {
                if $crate::Log::admits(logger, $crate::LogLevel::Error, __KAKASHI_SITE) {
                    match &$error {
                        error => $crate::Log::exception(
                            logger, __KAKASHI_SITE, &[$($value),*], &$crate::__exception_of!(error)),
                    }
                }
            }
        }
    }};
}

#[doc(hidden)]
#[macro_export]
macro_rules! __field_list {
    (() $message:literal [$($key:tt)*] [$($value:expr,)*]) => {
        &[$($crate::Field { key: $crate::site::key($crate::__key!($key)), value: $crate::__as_value!($value) }),*]
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __key {
    ($key:literal) => {
        $key
    };
    ($key:ident) => {
        ::core::stringify!($key)
    };
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
