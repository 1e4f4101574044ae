//! What the macros and bridges call.

use super::DirectLogger;
#[cfg(target_os = "none")]
use super::typed_call::CallTurn;
use crate::clock::Clock;
use crate::encode::Encoder;
use crate::level::LogLevel;
use crate::logger::log::{Exception, Log};
#[cfg(feature = "log")]
use crate::logger::log_words::LogWords;
#[cfg(feature = "log")]
use crate::record::Extra;
use crate::record::{LogRecord, Name, Values};
use crate::sink::Sink;
use crate::site::Site;
#[cfg(target_os = "none")]
use crate::site::linked::Linked;
use crate::value::Value;
#[cfg(target_os = "none")]
use crate::value::arguments::Arguments;

impl<C: Clock, E: Encoder, S: Sink, const N: usize> Log for DirectLogger<'_, C, E, S, N> {
    #[inline(always)]
    fn enabled(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
        self.put(&LogRecord::of_site(self.clock.now(), Name::new(self.name), site, Values::Slice(values)));
    }

    fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
        let record = LogRecord::of_site(self.clock.now(), Name::new(self.name), site, Values::Slice(values));
        let fields = exception.fields();
        self.put(&record.with_fields(fields.as_slice()));
    }

    #[cfg(target_os = "none")]
    #[inline(always)]
    fn call<A: Arguments>(&self, level: LogLevel, linked: Linked, arguments: &A) {
        self.encoder.choose_path(CallTurn { logger: self, level, linked }, arguments);
    }
}

#[cfg(feature = "log")]
impl<C: Clock, E: Encoder, S: Sink, const N: usize> LogWords for DirectLogger<'_, C, E, S, N> {
    fn enables(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    /// Takes a record; `target` is the name of its logger.
    fn log_words(&self, target: &str, level: LogLevel, words: &str, fields: Extra<'_>) {
        self.put(&LogRecord::new(self.clock.now(), level, Name::new(target), words).with_extra(fields));
    }
}
