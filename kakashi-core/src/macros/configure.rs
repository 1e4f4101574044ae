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
                self.change.form = Some($crate::DefaultForm::Named(format));
                self
            }

            /// Writes records in the form of this encoder wherever a destination has none of its own:
            /// lines by a pattern, JSON with other keys, a form of the program's. It takes the place
            /// of [`format`](Self::format), of which the last call holds.
            ///
            #[doc = $fence]
            #[doc = concat!("use ", $name, "::{Text, configure};")]
            ///
            /// configure().encoder(Text::pattern("{time:%T%.3f} {level:8} {message} {fields}")?).apply();
            #[doc = concat!("# Ok::<(), ", $name, "::PatternError>(())")]
            /// ```
            pub fn encoder(mut self, encoder: impl $crate::Encoder + 'static) -> Self {
                self.change.form = Some($crate::DefaultForm::Encoded(::std::sync::Arc::new(encoder)));
                self
            }

            /// Takes back everything that was set before, by any call: what this one sets after it
            /// holds alone, and all else is as it was when the program began. Loggers that were
            /// made with a level of their own keep it.
            ///
            #[doc = $fence]
            #[doc = concat!("use ", $name, "::{LogLevel, configure};")]
            ///
            /// configure().reset().level(LogLevel::Debug).apply();
            /// ```
            pub fn reset(mut self) -> Self {
                self.change = $crate::SettingsChange::reset();
                self.reset_own();
                self
            }

            /// Adds `service_name`, `version` and `environment` to all records; an empty
            /// one is left out.
            pub fn service(mut self, name: &str, version: &str, environment: &str) -> Self {
                self.change.service = Some($crate::LogContext::of_service(name, version, environment));
                self
            }

            /// Sets the threshold of all loggers without their own, and without one by their name
            /// ([`level_of`](Self::level_of), [`directives`](Self::directives)). At first: INFO.
            pub fn level(mut self, level: impl Into<$crate::LevelFilter>) -> Self {
                self.change.level = Some(level.into());
                self
            }

            /// Sets the threshold of a logger and those below it (`app::db` is above
            /// `app::db::pool`); it comes before the one of all.
            pub fn level_of(mut self, prefix: &str, level: impl Into<$crate::LevelFilter>) -> Self {
                self.change.named_levels.push($crate::NamedLevels::Set(prefix.into(), level.into()));
                self
            }

            /// Takes back what [`level_of`](Self::level_of) has set for this prefix.
            pub fn no_level_of(mut self, prefix: &str) -> Self {
                self.change.named_levels.push($crate::NamedLevels::Remove(prefix.into()));
                self
            }

            /// Takes back what [`level_of`](Self::level_of) has set for any prefix.
            pub fn no_prefix_levels(mut self) -> Self {
                let is_directives = |change: &_| matches!(change, $crate::NamedLevels::Directives(_));
                self.change.named_levels.retain(is_directives);
                self.change.named_levels.push($crate::NamedLevels::Clear);
                self
            }

            /// Sets thresholds as operators write them: `info,shop::db=debug,hyper=warn`. These take
            /// the place of all directives there were: of the environment, a file or an earlier call;
            /// `""` takes them away.
            ///
            /// A name means the logger of that name and those below it. For a logger without a level
            /// of its own the most specific of directives and [`level_of`](Self::level_of) holds, of
            /// equal ones the later; a level alone comes before [`level`](Self::level), too.
            ///
            #[doc = $fence]
            #[doc = concat!("use ", $name, "::configure;")]
            ///
            /// configure().directives("info,shop::db=debug,hyper=warn")?.apply();
            #[doc = concat!("# Ok::<(), ", $name, "::DirectiveError>(())")]
            /// ```
            ///
            /// # Errors
            /// The first directive that is not understood: where it stands, and what would be right.
            /// One about spans is not, without the feature `tracing`.
            pub fn directives(mut self, directives: &str) -> Result<Self, $crate::DirectiveError> {
                let directives: $crate::Directives = directives.parse()?;
                if let Some(error) = directives.without_effect().next() {
                    return Err(error);
                }
                self.change.named_levels.push($crate::NamedLevels::Directives(directives));
                Ok(self)
            }

            /// Writes `[REDACTED]` in place of the values of these keys, at any depth and in any
            /// case; see [`Redaction`](crate::Redaction) for what a path is. They take the place
            /// of those that were redacted before; no paths mean that nothing is.
            ///
            #[doc = $fence]
            #[doc = concat!("use ", $name, "::configure;")]
            ///
            /// configure().redact(["password", "*.token", "headers.authorization"]).apply();
            /// ```
            pub fn redact<P: AsRef<str>>(mut self, paths: impl IntoIterator<Item = P>) -> Self {
                self.change.redaction = Some($crate::Redaction::new(paths));
                self
            }

            /// Writes `[REDACTED]` in place of card numbers, wherever they stand, or no longer; see
            /// [`Redaction::with_card_numbers`](crate::Redaction::with_card_numbers). At first:
            /// they are not looked for.
            pub fn redact_card_numbers(mut self, replaces: bool) -> Self {
                self.change.card_numbers = Some(replaces);
                self
            }

            /// Hands records to sinks in batches of about this many bytes. At first:
            /// 65,536. A record that is longer is a batch of its own. Below 256 means 256.
            pub fn batch_bytes(mut self, bytes: usize) -> Self {
                self.change.batch_bytes = Some(bytes.max(256));
                self
            }

            #[doc = concat!(
                "Says how long a record may lie in a buffer before it is written, ", $flush_after_limits,
                ": 0 means 1. At first: 100 ms. It is the longest time: a full buffer, an ERROR or a flush has ",
                "it written earlier.",
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

            #[doc = concat!("Writes records to ", $default_destination, " again, in place of all destinations there were.")]
            pub fn default_destination(mut self) -> Self {
                self.change.destinations.clear();
                self.change.default_destinations = true;
                self
            }

            /// Adds fields to every record; see [`Enricher`](crate::Enricher) for what it
            /// may do, and on which thread. Called again: these, too.
            pub fn enricher(mut self, enricher: impl $crate::Enricher + 'static) -> Self {
                self.change.enrichers.push(::std::sync::Arc::new(enricher));
                self
            }

            /// Takes all enrichers away that were added before.
            pub fn no_enrichers(mut self) -> Self {
                self.change.enrichers.clear();
                self.change.clear_enrichers = true;
                self
            }

            /// Writes only records for which `filter` holds; see
            /// [`Filter`](crate::Filter) for what it may do, and on which thread. Called
            /// again: both must hold.
            pub fn filter(mut self, filter: impl $crate::Filter + 'static) -> Self {
                self.change.filters.push(::std::sync::Arc::new(filter));
                self
            }

            /// Takes all filters away that were added before.
            pub fn no_filters(mut self) -> Self {
                self.change.filters.clear();
                self.change.clear_filters = true;
                self
            }

            /// Reads the time here, in tests above all: once for each record whose level is
            /// enabled, on the thread that logs.
            pub fn clock(mut self, clock: impl $($clock_bound +)+ 'static) -> Self {
                self.change.clock = Some(Some($pointer::new(clock)));
                self
            }

            /// Reads the time where it was read at first: the system's clock.
            pub fn default_clock(mut self) -> Self {
                self.change.clock = Some(None);
                self
            }

            /// Makes the change if every setting makes sense, for all loggers that exist and all
            /// to come; otherwise it changes nothing.
            ///
            /// A number that is only too small or too large is none: each setter says between
            /// what it is clamped.
            ///
            #[doc = $fence]
            #[doc = concat!("use ", $name, "::{LogLevel, configure};")]
            ///
            /// let wrong = configure().level_of("shop::db::*", LogLevel::Debug).try_apply().unwrap_err();
            /// assert_eq!(
            ///     wrong.to_string(),
            ///     r#"level_of("shop::db::*"): names a logger and all below it, as "shop::db" does"#
            /// );
            /// ```
            ///
            /// # Errors
            /// The first setting that makes no sense.
            ///
            /// # Blocking
            /// As [`apply`](Self::apply).
            pub fn try_apply(mut self) -> Result<(), $crate::SettingsError> {
                let mut first = None;
                self.take_wrong(&mut |error| first = first.take().or(Some(error)));
                match first {
                    None => self.make(),
                    Some(error) => Err(error),
                }
            }

            /// Takes out what is wrong, and reports it.
            fn take_wrong(&mut self, report: &mut dyn FnMut($crate::SettingsError)) {
                self.change.take_wrong(report);
                self.take_wrong_own(report);
            }
        }

        impl ::std::fmt::Debug for Configure {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.debug_struct("Configure").field("form", &self.change.form).finish_non_exhaustive()
            }
        }
    };
}
