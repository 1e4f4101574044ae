//! The logger of a device whose interrupts log: records wait in a [`Ring`].
//!
//! A record is written on the caller's stack, as the wire's RECORD with the numbers
//! that its site and its logger have in the program, and copied into the ring in one
//! critical section. So any number of interrupts may come while one is written.
//! [`Ring::drain`] makes blocks of it, when there is time.

use crate::clock::Clock;
use crate::codec;
use crate::device::logger_name::LoggerName;
use crate::device::ring::{MAX_BODY_LEN, Ring, RingPolicy};
use crate::level::{AtomicLevelFilter, LevelFilter, LogLevel};
use crate::logger::log::{Exception, Log};
#[cfg(feature = "log")]
use crate::logger::log_words::LogWords;
#[cfg(feature = "log")]
use crate::record::Extra;
use crate::record::{LogRecord, Name, Values};
use crate::site::Site;
use crate::util::output::Output;
use crate::value::Value;
use crate::value::field::Field;
use crate::wire::{flag, put_flags_and_time};
#[cfg(target_os = "none")]
use crate::{
    site::linked::Linked,
    value::arguments::{Arguments, Visit},
};

/// Logs into a [`Ring`], from threads and interrupts.
///
/// A record that does not fit, or has more than 256 bytes, is counted by the ring
/// and announced where it is missing.
///
/// # Examples
///
/// ```
/// use kakashi_core::{FixedClock, Ring, RingLogger, Timestamp, info, name, uninit_ring};
///
/// uninit_ring! {
///     static RING: Ring<2048>;
/// }
/// static LOG: RingLogger<FixedClock, 2048> =
///     RingLogger::new(name!("motor"), FixedClock(Timestamp::Uptime(0)), &RING);
///
/// info!(LOG, "Started", rpm = 1200);
/// assert!(!RING.is_empty());
/// ```
#[derive(Debug)]
pub struct RingLogger<C, const N: usize> {
    name: LoggerName,
    level: AtomicLevelFilter,
    clock: C,
    ring: &'static Ring<N>,
    policy: RingPolicy,
}

impl<C: Clock, const N: usize> RingLogger<C, N> {
    /// Makes a logger whose threshold is INFO, and which drops the newest record when
    /// the ring is full.
    pub const fn new(name: LoggerName, clock: C, ring: &'static Ring<N>) -> Self {
        let level = AtomicLevelFilter::new(LevelFilter::new(LogLevel::Info.number()));
        Self { name, level, clock, ring, policy: RingPolicy::DropNewest }
    }

    /// Sets which records are dropped when the ring is full.
    #[must_use]
    pub const fn policy(mut self, policy: RingPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Replaces the threshold.
    pub fn set_level(&self, level: impl Into<LevelFilter>) {
        self.level.set(level.into());
    }

    /// Logs literal text and fields; nothing in the text is a placeholder.
    pub fn log(&self, level: LogLevel, message: &str, fields: &[Field<'_>]) {
        if self.level.enables(level) {
            let mut room = [0; MAX_BODY_LEN];
            let mut out = Output::new(&mut room);
            self.begin_words(flag_of(fields), level, message, &mut out);
            put_fields(&mut out, fields);
            self.push(level, &out);
        }
    }

    /// Writes what precedes the fields of a literal text.
    fn begin_words(&self, flags: u8, level: LogLevel, words: &str, out: &mut Output<'_>) {
        put_flags_and_time(out, flag::LOGGER | flags, self.clock.now());
        out.put_byte(level.number());
        codec::put_text(out, words);
        codec::put_len(out, self.name.id() as usize);
    }

    /// Writes what precedes the values of a site.
    #[cfg_attr(target_os = "none", inline(never))]
    fn begin(&self, flags: u8, site: u32, out: &mut Output<'_>) {
        put_flags_and_time(out, flag::SITE | flag::LOGGER | flags, self.clock.now());
        codec::put_len(out, site as usize);
        codec::put_len(out, self.name.id() as usize);
    }

    #[cfg_attr(target_os = "none", inline(never))]
    fn push(&self, level: LogLevel, out: &Output<'_>) {
        if out.overflowed() {
            self.ring.count_dropped(level);
        } else {
            self.ring.push(level, out.written(), self.policy);
        }
    }

    fn put(&self, site: Site<'static>, values: &[Value<'_>], fields: &[Field<'_>]) {
        let mut room = [0; MAX_BODY_LEN];
        let mut out = Output::new(&mut room);
        if let Some(id) = site.id() {
            self.begin(flag_of(fields), id, &mut out);
            values.iter().for_each(|value| codec::put_value(&mut out, value));
        } else {
            // Not made by a macro.
            self.begin_words(flag::EXTRA, site.level(), site.message(), &mut out);
            let record = LogRecord::of_site(self.clock.now(), Name::new(""), site, Values::Slice(values));
            record.for_each_site_field(|key, value| codec::put_pair(&mut out, key, value));
        }
        put_fields(&mut out, fields);
        self.push(site.level(), &out);
    }
}

fn flag_of(fields: &[Field<'_>]) -> u8 {
    if fields.is_empty() { 0 } else { flag::EXTRA }
}

fn put_fields(out: &mut Output<'_>, fields: &[Field<'_>]) {
    fields.iter().for_each(|field| codec::put_pair(out, field.key, &field.value));
}

impl<C: Clock, const N: usize> Log for RingLogger<C, N> {
    #[inline(always)]
    fn enabled(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    fn log(&self, site: Site<'static>, values: &[Value<'_>]) {
        self.put(site, values, &[]);
    }

    fn exception(&self, site: Site<'static>, values: &[Value<'_>], exception: &Exception<'_>) {
        self.put(site, values, &exception.fields());
    }

    #[cfg(target_os = "none")]
    #[inline(always)]
    fn call<A: Arguments>(&self, level: LogLevel, site: Linked, arguments: &A) {
        // The buffer is cleared first: no more bytes than are needed.
        match arguments.most_bytes().saturating_add(MOST_BEFORE_VALUES) {
            0..=32 => self.call_in(&mut [0; 32], level, site, arguments),
            33..=64 => self.call_in(&mut [0; 64], level, site, arguments),
            _ => self.call_in(&mut [0; MAX_BODY_LEN], level, site, arguments),
        }
    }
}

#[cfg(feature = "log")]
impl<C: Clock, const N: usize> LogWords for RingLogger<C, N> {
    fn enables(&self, level: LogLevel) -> bool {
        self.level.enables(level)
    }

    /// Takes a record; `target` is a field after the others, for names of loggers are
    /// numbers of the build here.
    fn log_words(&self, target: &str, level: LogLevel, words: &str, fields: Extra<'_>) {
        let mut room = [0; MAX_BODY_LEN];
        let mut out = Output::new(&mut room);
        self.begin_words(flag::EXTRA, level, words, &mut out);
        match fields {
            Extra::Slice(fields) => put_fields(&mut out, fields),
            Extra::Wire(pairs) => out.put(pairs),
        }
        codec::put_pair(&mut out, "target", &Value::Str(target));
        self.push(level, &out);
    }
}

/// Flags, time, the numbers of site and name.
#[cfg(target_os = "none")]
const MOST_BEFORE_VALUES: usize = 1 + 9 + 5 + 5;

#[cfg(target_os = "none")]
impl<C: Clock, const N: usize> RingLogger<C, N> {
    #[inline(always)]
    fn call_in(&self, room: &mut [u8], level: LogLevel, site: Linked, arguments: &impl Arguments) {
        let mut out = Output::new(room);
        self.begin(0, site.id(), &mut out);
        arguments.each(&mut BodyWriter(&mut out));
        self.push(level, &out);
    }
}

/// Writes values of known kinds.
#[cfg(target_os = "none")]
struct BodyWriter<'o, 'b>(&'o mut Output<'b>);

#[cfg(target_os = "none")]
impl Visit for BodyWriter<'_, '_> {
    #[inline(always)]
    fn value(&mut self, value: Value<'_>) {
        codec::put_known(self.0, &value);
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests;
