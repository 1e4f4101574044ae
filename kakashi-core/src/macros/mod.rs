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
                if $crate::Log::enabled(logger, level) {
                    let site = $crate::__site_of_level!(level, $message, [$($crate::__key!($key)),*]);
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
                if $crate::Log::enabled(logger, $level) {
                    $crate::Log::log(logger, __KAKASHI_SITE, &[$($value),*]);
                }
            }
        }
    }};
}

/// Picks the site of a level that is no constant; of one that is, the other sites are
/// optimized away. They are checked once.
#[doc(hidden)]
#[macro_export]
macro_rules! __site_of_level {
    ($level:expr, $message:expr, [$($key:expr),* $(,)?]) => {{
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
        match $level {
            $crate::LogLevel::Trace => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Trace),
            $crate::LogLevel::Debug => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Debug),
            $crate::LogLevel::Info => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Info),
            $crate::LogLevel::Warning => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Warning),
            $crate::LogLevel::Error => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Error),
            $crate::LogLevel::Critical => $crate::__site_of_bytes!(__KAKASHI_BYTES __KAKASHI_LEN Critical),
        }
    }};
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

#[cfg(not(target_os = "none"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __exception {
    ((($logger:expr) ($error:expr)) $message:literal [$($key:tt)*] [$($value:expr,)*]) => {{
        const __KAKASHI_SITE: $crate::Site<'static> =
            $crate::__site!($crate::LogLevel::Error, $message, [$($crate::__key!($key)),*]);
        match &$logger {
            logger => {
                if $crate::Log::enabled(logger, $crate::LogLevel::Error) {
                    $crate::Log::exception(
                        logger, __KAKASHI_SITE, &[$($value),*], &$crate::Exception::new(&$error));
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
mod tests {
    use crate::*;
    use std::cell::RefCell;

    /// Keeps what the macros hand over.
    struct Recorder {
        level: LogLevel,
        calls: RefCell<Vec<String>>,
    }

    impl Log for Recorder {
        fn enabled(&self, level: LogLevel) -> bool {
            level >= self.level
        }

        fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
            let record = LogRecord::of_site(Timestamp::Wall(0), Name::new("t"), site, Values::Slice(values));
            let mut room = [0; 512];
            let mut out = Output::new(&mut room);
            encode::Encoder::encode(&encode::Text, &record, &mut encode::EncoderCache::new(), &mut out);
            let line = String::from_utf8(out.written()[28..].to_vec()).unwrap();
            self.calls.borrow_mut().push(line.trim_end().into());
        }

        fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
            self.log(site, values);
            let note = format!("{:?} {}", exception.type_name, exception.error);
            self.calls.borrow_mut().push(note);
        }
    }

    fn recorder() -> Recorder {
        Recorder { level: LogLevel::Debug, calls: RefCell::default() }
    }

    #[test]
    fn every_form_of_a_field_is_taken() {
        let recorder = recorder();
        let (id, path, list) = (7, "a/b", [1, 2]);
        info!(recorder, "plain");
        warning!(recorder, "trailing comma", id = 1,);
        error!(recorder, "{type} of {id}", r#type = "x", id = id + 1, "a key" = true);
        critical!(&recorder, "mixed", id, %path, ?list, shown = %path, debug = ?Some(1), late = 2);
        log!(recorder, LogLevel::Info, "by level", id);
        trace!(recorder, "off", id = unreachable());
        exception!(recorder, "x".parse::<u8>().unwrap_err(), "failed", id);
        assert_eq!(
            *recorder.calls.borrow(),
            [
                "INFO t plain",
                "WARNING t trailing comma id=1",
                r#"ERROR t x of 8 type=x id=8 "a key"=true"#,
                r#"CRITICAL t mixed id=7 path=a/b list="[1, 2]" shown=a/b debug=Some(1) late=2"#,
                "INFO t by level id=7",
                "ERROR t failed id=7",
                r#"Some("core::num::error::ParseIntError") invalid digit found in string"#,
            ]
        );
    }

    fn unreachable() -> u8 {
        panic!("the argument of a disabled call was evaluated")
    }

    #[test]
    fn a_level_may_be_found_out_at_the_call() {
        let recorder = recorder();
        for level in LogLevel::ALL {
            log!(recorder, level, "a {n}", n = level.number());
        }
        assert_eq!(
            *recorder.calls.borrow(),
            [
                "DEBUG t a 10 n=10",
                "INFO t a 20 n=20",
                "WARNING t a 30 n=30",
                "ERROR t a 40 n=40",
                "CRITICAL t a 50 n=50",
            ]
        );
        let mut asked = 0;
        let mut ask = || {
            asked += 1;
            LogLevel::Trace
        };
        log!(recorder, ask(), "off", id = unreachable());
        assert_eq!(asked, 1);
    }

    #[test]
    fn warn_is_warning() {
        let recorder = recorder();
        warn!(recorder, "{id} is late", id = 7);
        assert_eq!(*recorder.calls.borrow(), ["WARNING t 7 is late id=7"]);
    }

    #[test]
    fn what_holds_a_logger_is_one() {
        use std::{boxed::Box, rc::Rc, sync::Arc, sync::LazyLock};
        static LOG: LazyLock<Shared> = LazyLock::new(|| Shared(LogLevel::Info));
        struct Shared(LogLevel);
        impl Log for Shared {
            fn enabled(&self, level: LogLevel) -> bool {
                level >= self.0
            }
            fn log(&self, _: Site<'static>, _: &[Value<'_>]) {
                TAKEN.with(|taken| taken.set(taken.get() + 1));
            }
            fn exception(&self, site: Site<'static>, values: &[Value<'_>], _: &Exception<'_>) {
                self.log(site, values);
            }
        }
        std::thread_local! {
            static TAKEN: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
        }
        let arc = Arc::new(Shared(LogLevel::Info));
        let dynamic: Arc<dyn Log + Send + Sync> = arc.clone();
        let held: Box<dyn Log> = Box::new(Shared(LogLevel::Info));
        info!(LOG, "m");
        info!(&LOG, "m");
        debug!(LOG, "off", id = unreachable());
        info!(arc, "m");
        info!(&arc, "m");
        info!(&*arc, "m");
        info!(dynamic, "m");
        info!(&held, "m");
        info!(Rc::new(&arc), "m");
        exception!(LOG, "x".parse::<u8>().unwrap_err(), "m");
        assert_eq!(TAKEN.with(std::cell::Cell::get), 9);
    }

    #[test]
    fn a_format_is_written_as_the_field_says() {
        let (recorder, share) = (recorder(), 2.0 / 3.0);
        info!(recorder, "{share} of it", share = format_args!("{share:.2}"));
        assert_eq!(*recorder.calls.borrow(), ["INFO t 0.67 of it share=\"0.67\""]);
    }

    #[test]
    fn fields_are_listed_for_functions() {
        let (id, path) = (7, "a");
        let fields: &[Field<'_>] = fields![r#type = 1, id, %path, "x y" = 2.5];
        let keys: Vec<&str> = fields.iter().map(|field| field.key).collect();
        assert_eq!(keys, ["type", "id", "path", "x y"]);
        assert!(fields![].is_empty());
    }

    #[test]
    fn a_users_names_are_not_shadowed() {
        const SITE: u8 = 1;
        const SOURCE: u8 = 2;
        let logger = 3;
        let recorder = recorder();
        info!(recorder, "m", a = SITE, b = SOURCE, c = logger);
        assert_eq!(*recorder.calls.borrow(), ["INFO t m a=1 b=2 c=3"]);
    }
}
