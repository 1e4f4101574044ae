//! Logging without a logger, and the functions that find one: the same on every
//! platform, but for the crate's name in the examples.

/// Makes the macros `log!`, `trace!` … `critical!` and `exception!` of a crate.
///
/// `$d` is a dollar sign, for the macros that this one makes; `$krate` is the crate's
/// own `$crate`; `$name` is its name and `$fence` begins an example of it.
#[doc(hidden)]
#[macro_export]
macro_rules! __root_macros {
    ($d:tt $krate:tt $name:literal $fence:literal) => {
        $crate::__root_macros! { @levels $d $krate $name $fence
            trace Trace "a step of an algorithm";
            debug Debug "what helps to find a fault";
            info Info "the normal course of things";
            warning Warning "something unexpected";
            warn Warning "something unexpected, as [`warning!`](crate::warning) does";
            error Error "a failure";
            critical Critical "a failure that stops the program or much of it";
        }

        /// Logs at any level, through a logger or the one that has the module's path as its
        /// name. The level need not be a constant; it is evaluated once, before anything else.
        ///
        #[doc = $fence]
        #[doc = concat!("use ", $name, "::{LogLevel, get_logger, log};")]
        ///
        /// let level = if 500 < 1042 { LogLevel::Info } else { LogLevel::Warning };
        /// log!(get_logger("shop"), level, "Order accepted", id = 1042);
        /// log!(level, "Order accepted", id = 1042);
        /// ```
        #[macro_export]
        macro_rules! log {
            ($d level:expr, $d message:literal $d ($d fields:tt)*) => {
                $krate::__core::__log!(($krate::__module_logger!()) (any $d level) $d message $d ($d fields)*)
            };
            ($d logger:expr, $d level:expr, $d message:literal $d ($d fields:tt)*) => {
                $krate::__core::__log!(($d logger) (any $d level) $d message $d ($d fields)*)
            };
        }

        /// Finds the logger that has the module's path as its name: the first call of each
        /// place looks it up.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! __module_logger {
            () => {{
                static __KAKASHI_LOGGER: ::std::sync::OnceLock<$krate::Logger> = ::std::sync::OnceLock::new();
                $krate::__logger_at(&__KAKASHI_LOGGER, ::core::module_path!())
            }};
        }

        /// Logs an error with its type, its text, those of its sources and, where the
        /// platform has them and `RUST_BACKTRACE` asks for one, a backtrace.
        ///
        #[doc = $fence]
        #[doc = concat!("use ", $name, "::{exception, get_logger};")]
        ///
        /// let logger = get_logger("shop");
        /// if let Err(error) = "x".parse::<u16>() {
        ///     exception!(logger, &error, "No port", text = "x");
        ///     exception!(&error, "No port");
        /// }
        /// ```
        #[macro_export]
        macro_rules! exception {
            ($d error:expr, $d message:literal $d ($d fields:tt)*) => {
                $krate::__core::exception!($krate::__module_logger!(), $d error, $d message $d ($d fields)*)
            };
            ($d logger:expr, $d error:expr, $d message:literal $d ($d fields:tt)*) => {
                $krate::__core::exception!($d logger, $d error, $d message $d ($d fields)*)
            };
        }
    };
    (@levels $d:tt $krate:tt $name:literal $fence:literal $($macro:ident $level:ident $what:literal;)*) => {$(
        $crate::__root_macros! { @level $d $krate $name $fence $macro $level $what }
    )*};
    (@level $d:tt $krate:tt $name:literal $fence:literal $macro:ident $level:ident $what:literal) => {
        #[doc = concat!("Logs ", $what, ", through a logger or, without one, the one that has the module's path as its name.")]
        ///
        /// Nothing is evaluated unless the logger's threshold lets the level pass. `{key}`
        /// in the message stands for a field of this call. A value is anything with
        /// [`ToValue`](crate::ToValue); `%` takes its `Display`, `?` its `Debug`.
        ///
        #[doc = $fence]
        #[doc = concat!("use ", $name, "::{get_logger, ", stringify!($macro), "};")]
        /// let logger = get_logger("shop");
        /// let (id, path) = (7, std::path::Path::new("/tmp"));
        #[doc = concat!(stringify!($macro), "!(logger, \"Ready\");")]
        #[doc = concat!(stringify!($macro), "!(logger, \"Order {id} accepted\", id, \"unit price\" = 1.5);")]
        #[doc = concat!(stringify!($macro), "!(\"Loaded\", path = %path.display(), state = ?Some(1));")]
        /// ```
        #[macro_export]
        macro_rules! $macro {
            ($d message:literal $d ($d fields:tt)*) => {
                $krate::__core::__log!(($krate::__module_logger!()) ($krate::LogLevel::$level) $d message $d ($d fields)*)
            };
            ($d logger:expr, $d message:literal $d ($d fields:tt)*) => {
                $krate::__core::__log!(($d logger) ($krate::LogLevel::$level) $d message $d ($d fields)*)
            };
        }
    };
}

/// Makes the functions that find loggers and change their levels: `get_logger`,
/// `get_logger_with_level`, `set_log_level` and `clear_logger_cache`.
///
/// The crate has a type `Logger` with `Logger::of(Arc<LoggerEntry>)`. `$entry` finds or
/// makes an entry, `$registry` returns the registry, `$flush` writes what is buffered.
#[doc(hidden)]
#[macro_export]
macro_rules! __logger_functions {
    ($name:literal, $entry:path, $registry:path, $flush:path; $(#[$get_logger:meta])* get_logger;) => {
        /// Returns the logger of this name, with the level that is set for it.
        ///
        $(#[$get_logger])*
        pub fn get_logger(name: &str) -> Logger {
            Logger::of($entry($crate::LoggerKind::Sync, name, None))
        }

        impl Logger {
            /// Makes a logger that adds these fields to its records.
            ///
            /// ```no_run
            #[doc = concat!("use ", $name, "::{fields, get_logger, info};")]
            ///
            /// let logger = get_logger("shop").with_fields(fields![tenant = "acme"]);
            /// info!(logger.child("db"), "Connected"); // of the logger shop::db, with tenant=acme
            /// ```
            #[must_use]
            pub fn with_fields(&self, fields: &[$crate::Field<'_>]) -> Logger {
                self.with_context(&$crate::LogContext::new().with_custom(fields))
            }

            /// Makes a logger that adds this context to its records.
            #[must_use]
            pub fn with_context(&self, context: &$crate::LogContext) -> Logger {
                let mut logger = self.clone();
                *logger.context_mut() = logger.context_mut().merge(context);
                logger
            }

            /// Returns the logger whose name is this one's, `::` and `name`, with the fields of
            /// this one and the level that is set for it.
            #[must_use]
            pub fn child(&self, name: &str) -> Logger {
                let name = ::std::format!("{}::{name}", self.name());
                let mut child = Logger::of($entry($crate::LoggerKind::Sync, &name, None));
                *child.context_mut() = self.clone().context_mut().clone();
                child
            }

            /// Logs a record of an agreed shape: no sampler leaves it out.
            pub(crate) fn log_event(&self, event: &$crate::Event<'_>, fields: &[$crate::Field<'_>]) {
                if self.entry().enables(event.level) {
                    event.with_fields(fields, |fields| {
                        self.submit(&$crate::Call::literal(event.level, event.message, fields));
                    });
                }
            }
        }

        /// Returns the logger of this name and gives it a level of its own, for all of
        /// its handles; [`set_log_level`] does not change it.
        pub fn get_logger_with_level(name: &str, level: impl Into<$crate::LevelFilter>) -> Logger {
            Logger::of($entry($crate::LoggerKind::Sync, name, Some(level.into())))
        }

        /// Sets the level of all loggers that were made without one: a level, or its
        /// name in any case.
        ///
        /// # Errors
        /// An [`UnknownLevel`](crate::UnknownLevel) that lists the names.
        ///
        /// ```
        #[doc = concat!("use ", $name, "::{LogLevel, set_log_level};")]
        ///
        /// set_log_level(LogLevel::Debug)?;
        /// set_log_level("warning")?;
        /// assert!(set_log_level("verbose").is_err());
        #[doc = concat!("# Ok::<(), ", $name, "::UnknownLevel>(())")]
        /// ```
        pub fn set_log_level<L>(level: L) -> Result<(), $crate::UnknownLevel>
        where
            L: TryInto<$crate::LevelFilter>,
            $crate::UnknownLevel: From<L::Error>,
        {
            let level = level.try_into()?;
            $registry().change_levels(|levels| levels.set_global(level));
            Ok(())
        }

        /// Writes what is buffered, then forgets all loggers. Handles that exist work on
        /// and follow levels; the next [`get_logger`] makes a new one.
        pub fn clear_logger_cache() {
            $flush();
            $registry().clear();
        }
    };
}
