//! Logging without a logger: functions and macros over one named `root`, which
//! set themselves up at their first call.

use std::sync::OnceLock;

use super::logger::{Logger, get_logger};

static ROOT: OnceLock<Logger> = OnceLock::new();

/// Returns the logger of the direct functions and macros, named `root`.
#[inline]
pub fn root_logger() -> &'static Logger {
    match ROOT.get() {
        Some(logger) => logger,
        None => make_root_logger(),
    }
}

#[cold]
fn make_root_logger() -> &'static Logger {
    // A fork waits until it is made: in the child no thread would finish it.
    #[cfg(unix)]
    crate::lifecycle::fork::BEFORE_FORK.set(|| _ = root_logger());
    ROOT.get_or_init(|| get_logger("root"))
}

kakashi_core::__root_functions! {
    root_logger;
    /// ```
    /// kakashi_std::metric("queue.depth", 17, kakashi_std::fields![unit = "jobs"]);
    /// ```
    metric;
}

/// Logs at a constant level: `log!(logger, level, "message", fields…)`.
#[macro_export]
macro_rules! log {
    ($logger:expr, $level:expr, $message:literal $($fields:tt)*) => {
        $crate::__core::__log!(($logger) ($level) $message $($fields)*)
    };
}

macro_rules! level_macros {
    ($d:tt $($name:ident $level:ident $what:literal;)*) => {$(
        #[doc = concat!("Logs ", $what, ", through a logger or the root one.")]
        ///
        /// Nothing is evaluated unless the logger's threshold lets the level
        /// pass. `{key}` in the message stands for a field of this call. A
        /// value is anything with [`ToValue`](crate::ToValue); `%` takes its
        /// `Display`, `?` its `Debug`.
        ///
        /// ```
        #[doc = concat!("use kakashi_std::{get_logger, ", stringify!($name), "};")]
        /// let logger = get_logger("shop");
        /// let (id, path) = (7, std::path::Path::new("/tmp"));
        #[doc = concat!(stringify!($name), "!(logger, \"Ready\");")]
        #[doc = concat!(stringify!($name), "!(logger, \"Order {id} accepted\", id, \"unit price\" = 1.5);")]
        #[doc = concat!(stringify!($name), "!(\"Loaded\", path = %path.display(), state = ?Some(1));")]
        /// ```
        #[macro_export]
        macro_rules! $name {
            ($d message:literal $d ($d fields:tt)*) => {
                $crate::__core::__log!(($crate::root_logger()) ($crate::LogLevel::$level) $d message $d ($d fields)*)
            };
            ($d logger:expr, $d message:literal $d ($d fields:tt)*) => {
                $crate::__core::__log!(($d logger) ($crate::LogLevel::$level) $d message $d ($d fields)*)
            };
        }
    )*};
}

level_macros! { $
    trace Trace "a step of an algorithm";
    debug Debug "what helps to find a fault";
    info Info "the normal course of things";
    warning Warning "something unexpected";
    error Error "a failure";
    critical Critical "a failure that stops the program or much of it";
}

/// Logs an error with its type, its text, those of its sources and, where
/// `RUST_BACKTRACE` asks for one, a backtrace.
///
/// ```
/// use kakashi_std::{exception, get_logger};
///
/// let logger = get_logger("shop");
/// if let Err(error) = "x".parse::<u16>() {
///     exception!(logger, &error, "No port", text = "x");
///     exception!(&error, "No port");
/// }
/// ```
#[macro_export]
macro_rules! exception {
    ($error:expr, $message:literal $($fields:tt)*) => {
        $crate::__core::exception!($crate::root_logger(), $error, $message $($fields)*)
    };
    ($logger:expr, $error:expr, $message:literal $($fields:tt)*) => {
        $crate::__core::exception!($logger, $error, $message $($fields)*)
    };
}
