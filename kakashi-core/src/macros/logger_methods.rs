//! What loggers and the functions without a logger are on every platform.
//!
//! Macros, not traits: what they make is a crate's own, so that a caller imports
//! nothing to use it and finds it in that crate's documentation. They know
//! nothing of how a record is written.

/// Gives a logger its methods, and [`Log`](crate::Log).
///
/// The logger has `entry(&self) -> &LoggerEntry`, `submit(&self, &Call)` and
/// `submit_site(&self, Site, &[Value])`. `$urgently` is added to the docs of
/// `error` and `critical`. `$fields_of` takes an `&Exception` and fields,
/// and hands over the fields with the error's; what those are is documented on
/// `exception`.
#[doc(hidden)]
#[macro_export]
macro_rules! __logger_methods {
    ($logger:ident, $urgently:literal, $fields_of:path; $(#[$exception_doc:meta])* exception;) => {
        impl $logger {
            /// Returns the threshold that holds now.
            pub fn level(&self) -> $crate::LevelFilter {
                self.entry().level()
            }

            /// Returns the name.
            pub fn name(&self) -> &str {
                self.entry().name().text()
            }

            /// Logs words and fields at a level; nothing in the words is a placeholder.
            pub fn log(&self, level: $crate::LogLevel, message: &str, fields: &[$crate::Field<'_>]) {
                if self.entry().admits_words(level, message) {
                    self.submit(&$crate::Call::literal(level, message, fields));
                }
            }

            /// Tells whether records of this level are written.
            #[inline]
            pub fn is_enabled(&self, level: $crate::LogLevel) -> bool {
                self.entry().enables(level)
            }

            /// Logs at TRACE; see [`Self::log`].
            #[inline]
            pub fn trace(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Trace, message, fields);
            }

            /// Logs at DEBUG; see [`Self::log`].
            #[inline]
            pub fn debug(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Debug, message, fields);
            }

            /// Logs at INFO; see [`Self::log`].
            #[inline]
            pub fn info(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Info, message, fields);
            }

            /// Logs at WARNING; see [`Self::log`].
            #[inline]
            pub fn warning(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Warning, message, fields);
            }

            #[doc = concat!("Logs at ERROR", $urgently, "; see [`Self::log`].")]
            #[inline]
            pub fn error(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Error, message, fields);
            }

            #[doc = concat!("Logs at CRITICAL", $urgently, "; see [`Self::log`].")]
            #[inline]
            pub fn critical(&self, message: &str, fields: &[$crate::Field<'_>]) {
                self.log($crate::LogLevel::Critical, message, fields);
            }

            $(#[$exception_doc])*
            #[cold]
            pub fn exception<E: $crate::AsException + ?Sized>(
                &self,
                message: &str,
                error: &E,
                fields: &[$crate::Field<'_>],
            ) {
                if self.entry().admits_words($crate::LogLevel::Error, message) {
                    $fields_of(&$crate::AsException::as_exception(error), fields, |fields| {
                        self.submit(&$crate::Call::literal($crate::LogLevel::Error, message, fields));
                    });
                }
            }
        }

        impl $crate::Log for $logger {
            #[inline(always)]
            fn enabled(&self, level: $crate::LogLevel) -> bool {
                self.entry().enables(level)
            }

            #[inline(always)]
            fn admits(&self, level: $crate::LogLevel, site: $crate::Site<'static>) -> bool {
                self.entry().admits_site(level, site)
            }

            #[inline(never)]
            fn log(&self, site: $crate::Site<'static>, values: &[$crate::Value<'_>]) {
                self.submit_site(site, values);
            }

            #[cold]
            fn exception(
                &self,
                site: $crate::Site<'static>,
                values: &[$crate::Value<'_>],
                exception: &$crate::Exception<'_>,
            ) {
                $fields_of(exception, &[], |fields| {
                    self.submit(&$crate::Call::of_site(site, values, fields));
                });
            }
        }
    };
}

/// Makes the functions that log without a logger: through what `$root()` returns.
///
/// The example of `metric` names the crate, so it comes from there.
#[doc(hidden)]
#[macro_export]
macro_rules! __root_functions {
    ($root:ident; $(#[$metric_example:meta])* metric;) => {
        $crate::__root_functions! { @levels $root
            trace "a step of an algorithm";
            debug "what helps to find a fault";
            info "the normal course of things";
            warning "something unexpected";
            error "a failure";
            critical "a failure that stops the program or much of it";
        }

        /// Logs an error through the root logger; see [`Logger::exception`].
        pub fn exception<E: $crate::AsException + ?Sized>(message: &str, error: &E, fields: &[$crate::Field<'_>]) {
            $root().exception(message, error, fields);
        }

        /// Logs a measurement: INFO, its name as message, fields `metric` and `value`.
        ///
        $(#[$metric_example])*
        pub fn metric(name: &str, value: impl $crate::ToValue, fields: &[$crate::Field<'_>]) {
            log_event(&$crate::Event::metric(name, &value), fields);
        }

        /// Logs an entry of an audit trail: INFO, the action as message, fields
        /// `action` and `resource`.
        pub fn audit(action: &str, resource: &str, fields: &[$crate::Field<'_>]) {
            log_event(&$crate::Event::audit(action, resource), fields);
        }

        /// Logs a security event: its type as message, fields `event_type` and
        /// `severity`, which is a level's name and sets the level. A wrong one gives
        /// WARNING and a field `severity_error` that says which are right.
        pub fn security(event_type: &str, severity: &str, fields: &[$crate::Field<'_>]) {
            log_event(&$crate::Event::security(event_type, severity), fields);
        }

        fn log_event(event: &$crate::Event<'_>, fields: &[$crate::Field<'_>]) {
            $root().log_event(event, fields);
        }
    };
    (@levels $root:ident $($name:ident $what:literal;)*) => {$(
        #[doc = concat!("Logs ", $what, " through the root logger; nothing in the words is a placeholder.")]
        pub fn $name(message: &str, fields: &[$crate::Field<'_>]) {
            $root().$name(message, fields);
        }
    )*};
}
