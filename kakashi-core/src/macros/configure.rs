//! `Configure`: what a program may set, on every platform.
//!
//! A macro, not a type: `apply` is a platform's own and must be inherent in its crate,
//! so that a caller imports nothing to use it.

/// Makes `configure()` and `Configure` with the setters that all platforms have; the
/// crate adds `apply` and setters of its own.
///
/// `$name` is the crate's, and `$fence` begins the example; `$default_format` and
/// `$default_destination` say, in the docs, what holds at first, `$flush_after_limits`
/// between what the interval is clamped, `$platforms` what differs between systems.
#[doc(hidden)]
#[macro_export]
macro_rules! __configure {
    (
        $name:literal, $fence:literal;
        $($(#[$platforms:meta])+ platforms;)?
        sink: $sink:ty;
        clock: $pointer:ident<$clock:ty>, $($clock_bound:path),+;
        own: { $($own:ident: $own_type:ty),* };
        format: $default_format:literal;
        destination: $default_destination:literal;
        flush_after: $flush_after_limits:literal;
    ) => {
        /// Begins a change of the settings; [`Configure::apply`] makes it.
        ///
        #[doc = $fence]
        #[doc = concat!("use ", $name, "::{Format, LogLevel, configure};")]
        ///
        /// configure()
        ///     .format(Format::Json)
        ///     .service("shop", "1.4.2", "production")
        ///     .level(LogLevel::Info)
        ///     .level_of("shop::db", LogLevel::Debug)
        ///     .redact(["password", "user.card"])
        ///     .apply();
        /// ```
        $($(#[$platforms])+)?
        pub fn configure() -> Configure {
            Configure::default()
        }

        /// A change of the settings. What it does not name stays as it is.
        #[derive(Default)]
        #[must_use = "nothing changes before `apply`"]
        pub struct Configure {
            change: $crate::SettingsChange<$sink, $pointer<$clock>>,
            $($own: $own_type,)*
        }

        impl Configure {
            #[doc = concat!(
                "Writes records in this form wherever a destination has no encoder of its own. At first: ",
                $default_format, ".",
            )]
            pub fn format(mut self, format: $crate::Format) -> Self {
                self.change.format = Some(format);
                self
            }

            /// Adds `service_name`, `version` and `environment` to all records; an empty
            /// one is left out.
            pub fn service(mut self, name: &str, version: &str, environment: &str) -> Self {
                self.change.service = Some($crate::LogContext::of_service(name, version, environment));
                self
            }

            /// Sets the threshold of all loggers without their own. At first: INFO.
            pub fn level(mut self, level: impl Into<$crate::LevelFilter>) -> Self {
                self.change.level = Some(level.into());
                self
            }

            /// Sets the threshold of a logger and those below it (`app::db` is above
            /// `app::db::pool`); it comes before the one of all.
            pub fn level_of(mut self, prefix: &str, level: impl Into<$crate::LevelFilter>) -> Self {
                self.change.prefixes.push((prefix.into(), level.into()));
                self
            }

            /// Writes `[REDACTED]` in place of these fields' values; see
            /// [`Redaction`](crate::Redaction) for what a path is.
            pub fn redact<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
                self.change.redaction = Some($crate::Redaction::new(paths));
                self
            }

            /// Hands records to sinks in batches of about this many bytes. At first:
            /// 65,536. A record that is longer is a batch of its own. Below 256 means 256.
            pub fn batch_bytes(mut self, bytes: usize) -> Self {
                self.change.batch_bytes = Some(bytes.max(256));
                self
            }

            #[doc = concat!(
                "Writes what has lain in a buffer for this long, ", $flush_after_limits, ": 0 means 1. At first: 100 ms.",
            )]
            pub fn flush_after_millis(mut self, millis: u64) -> Self {
                self.change.flush_after_millis = Some(millis);
                self
            }

            #[doc = concat!(
                "Writes records here, in place of all destinations there were; called again, here too. ",
                "At first: ", $default_destination, ".",
            )]
            pub fn destination(mut self, destination: impl Into<$crate::Destination<$sink>>) -> Self {
                self.change.destinations.push(destination.into());
                self
            }

            /// Adds fields to every record; see [`Enricher`](crate::Enricher) for what it
            /// may do, and on which thread. Called again: these, too.
            pub fn enricher(mut self, enricher: impl $crate::Enricher + 'static) -> Self {
                self.change.enrichers.push(::std::sync::Arc::new(enricher));
                self
            }

            /// Writes only records for which `filter` holds; see
            /// [`Filter`](crate::Filter) for what it may do, and on which thread. Called
            /// again: both must hold.
            pub fn filter(mut self, filter: impl $crate::Filter + 'static) -> Self {
                self.change.filters.push(::std::sync::Arc::new(filter));
                self
            }

            /// Reads the time here, in tests above all: once for each record whose level is
            /// enabled, on the thread that logs.
            pub fn clock(mut self, clock: impl $($clock_bound +)+ 'static) -> Self {
                self.change.clock = Some($pointer::new(clock));
                self
            }
        }

        impl ::std::fmt::Debug for Configure {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct("Configure").field("format", &self.change.format).finish_non_exhaustive()
            }
        }
    };
}
