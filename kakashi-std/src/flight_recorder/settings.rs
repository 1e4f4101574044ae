//! What a program says of its flight recorder.

use std::time::Duration;

use kakashi_core::{LevelFilter, Levels, LogLevel, SettingsError, is_wrong_prefix};

/// Keeps records that are below the threshold in memory, and writes them when something fails; see
/// [`Configure::flight_recorder`](crate::Configure::flight_recorder).
///
/// A record between the recorder's level and its logger's threshold is kept in binary form: no text is made
/// of it, and nothing is written. Each thread keeps its own, each scope
/// ([`Scope::scope`](crate::Scope::scope), `tower::RequestLayer`) as well; where there is no room for more, the oldest go. A scope that
/// ends well forgets its records at once.
///
/// When a [`Trigger`] comes in a scope, what that scope has kept is written, and nothing of others;
/// outside of any, what all threads have kept outside of scopes. It stands before the record that was
/// the trigger, in order of time, with the times at which it was logged, each record with a field `replayed`, between two
/// records of the logger `kakashi`. A record comes out once at most.
///
/// Destinations keep their thresholds: one with a threshold of INFO gets no DEBUG. What a sampler leaves out
/// is not kept.
///
/// ```
/// use kakashi_std::sinks::MemorySink;
/// use kakashi_std::{Destination, FlightRecorder, LogLevel, Text, Trigger, configure, debug, error};
///
/// let memory = MemorySink::new();
/// configure()
///     .destination(Destination::new(memory.clone()).encoder(Text))
///     .flight_recorder(FlightRecorder::new().level(LogLevel::Debug).on(Trigger::Error))
///     .apply();
/// debug!("Row read", row = 7); // kept
/// assert_eq!(memory.text(), "");
/// error!("Order lost", id = 1042);
/// let text = memory.text();
/// let lines: Vec<&str> = text.lines().collect();
/// assert!(lines[0].contains("Flight recorder: what follows was kept"));
/// assert!(lines[1].ends_with("Row read row=7 replayed=true"));
/// assert!(lines[2].contains("Flight recorder: end of what was kept"));
/// assert!(lines[3].contains("Order lost id=1042"));
/// ```
#[derive(Clone, PartialEq, Eq, Debug)]
#[must_use]
pub struct FlightRecorder {
    level: LevelFilter,
    levels: Vec<(Box<str>, LevelFilter)>,
    bytes_per_thread: usize,
    bytes_per_scope: usize,
    bytes_in_all: usize,
    /// None were named: the usual ones.
    triggers: Vec<Trigger>,
    dumps_per_minute: u32,
    on_death: bool,
}

/// Has a flight recorder write what it has kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Trigger {
    /// A record of ERROR or above; before it.
    Error,
    /// A record of this level or above that is written; before it.
    Record(LogLevel),
    /// A panic of a thread, outside of logging calls; before its record.
    Panic,
    /// A scope that has failed, when it ends: its future or closure panics,
    /// [`fail_scope`](crate::fail_scope) was called in it, or it is a request of `tower::RequestLayer` that
    /// fails (a response of 500 or above, an error, a panic); then before the record of the request.
    FailedScope,
    /// SIGUSR1, which then no longer ends the process: what all threads and all open scopes have kept, before what is
    /// logged next. A thread waits for the signal; the child of a fork has none until it calls `configure()` itself.
    ///
    /// # Platforms
    /// Unix; elsewhere there is no such trigger.
    #[cfg(all(feature = "signals", unix))]
    UserSignal,
}

impl Trigger {
    /// Those of a recorder that names none.
    const USUAL: &[Self] = &[Self::Error, Self::Panic, Self::FailedScope];
}

impl Default for FlightRecorder {
    fn default() -> Self {
        Self::new()
    }
}

/// Least and most bytes of a ring.
const RING_BYTES: (usize, usize) = (1 << 10, 1 << 30);
const ALL_BYTES: (usize, usize) = (1 << 12, 1 << 40);

fn clamp(bytes: usize, (least, most): (usize, usize)) -> usize {
    bytes.clamp(least, most)
}

impl FlightRecorder {
    /// In this time so many dumps are allowed.
    pub(super) const MINUTE: Duration = Duration::from_secs(60);

    /// Makes one that keeps records of all levels.
    pub const fn new() -> Self {
        Self {
            level: LevelFilter::ALL,
            levels: Vec::new(),
            bytes_per_thread: 256 << 10,
            bytes_per_scope: 64 << 10,
            bytes_in_all: 16 << 20,
            triggers: Vec::new(),
            dumps_per_minute: 60,
            on_death: true,
        }
    }

    /// Keeps records of this level and above; at first of all levels.
    pub fn level(mut self, level: impl Into<LevelFilter>) -> Self {
        self.level = level.into();
        self
    }

    /// Keeps records of a logger and those below it from this level on (`app::db` is above `app::db::pool`);
    /// [`LevelFilter::OFF`] keeps none.
    pub fn level_of(mut self, prefix: &str, level: impl Into<LevelFilter>) -> Self {
        self.levels.push((prefix.into(), level.into()));
        self
    }

    /// Says how many bytes each thread may keep, 1 KiB to 1 GiB; at first 256 KiB. They are
    /// allocated as they are needed. When a thread ends, another one goes on with its ring.
    pub fn bytes_per_thread(mut self, bytes: usize) -> Self {
        self.bytes_per_thread = clamp(bytes, RING_BYTES);
        self
    }

    /// Says how many bytes each scope may keep, 1 KiB to 1 GiB; at first 64 KiB.
    pub fn bytes_per_scope(mut self, bytes: usize) -> Self {
        self.bytes_per_scope = clamp(bytes, RING_BYTES);
        self
    }

    /// Says how many bytes all threads and scopes may keep together, 4 KiB to 1 TiB; at first 16 MiB. Where all are used,
    /// a ring grows no further, and lets its own oldest records go; one that has none yet keeps nothing.
    pub fn bytes_in_all(mut self, bytes: usize) -> Self {
        self.bytes_in_all = clamp(bytes, ALL_BYTES);
        self
    }

    /// Has what is kept written on this; called again, on this too. Without any: on [`Trigger::Error`],
    /// [`Trigger::Panic`] and [`Trigger::FailedScope`].
    ///
    /// [`dump_flight_recorder`](crate::dump_flight_recorder) does it at any time.
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Says how often triggers have records written, of all scopes and threads together; at first 60 times a
    /// minute, and as often at once after a silence. What a trigger beyond that would have
    /// written stays kept, until it goes or another trigger has it written, which then says how many were
    /// ignored. SIGUSR1 and [`dump_flight_recorder`](crate::dump_flight_recorder) are not counted.
    pub const fn dumps_per_minute(mut self, dumps: u32) -> Self {
        self.dumps_per_minute = dumps;
        self
    }

    /// Says whether the death of the process is a trigger too, where there is a [black box][box]; at first it is. Then
    /// rings lie in the black box, and the recovery brings what threads and open scopes have kept, behind the
    /// records that were logged. A process that ends by itself leaves nothing.
    ///
    /// A destination with a filter of its own gets none of it: what the filter would say only the process knew.
    ///
    /// # Platforms
    /// Where there is a black box; elsewhere it changes nothing.
    ///
    /// [box]: crate::_guides::black_box
    pub const fn on_death(mut self, is_trigger: bool) -> Self {
        self.on_death = is_trigger;
        self
    }

    /// Takes out what makes no sense.
    pub(crate) fn take_wrong(&mut self, report: &mut dyn FnMut(SettingsError)) {
        self.levels.retain(|(prefix, _)| {
            let is_wrong = is_wrong_prefix(prefix);
            if is_wrong {
                report(SettingsError::Prefix(prefix.clone()));
            }
            !is_wrong
        });
    }

    pub(super) fn levels(&self) -> Levels {
        let mut levels = Levels::default();
        levels.set_global(self.level);
        self.levels.iter().for_each(|(prefix, level)| levels.set_prefix(prefix, *level));
        levels
    }

    pub(super) fn bytes(&self) -> [usize; 3] {
        [self.bytes_per_thread, self.bytes_per_scope, self.bytes_in_all]
    }

    pub(super) fn most_dumps(&self) -> u32 {
        self.dumps_per_minute
    }

    pub(super) fn is_on_death(&self) -> bool {
        self.on_death
    }

    fn triggers(&self) -> &[Trigger] {
        if self.triggers.is_empty() { Trigger::USUAL } else { &self.triggers }
    }

    pub(crate) fn is_on(&self, trigger: Trigger) -> bool {
        self.triggers().contains(&trigger)
    }

    /// Returns the level of records that are a trigger.
    pub(super) fn record_trigger(&self) -> LevelFilter {
        let levels = self.triggers().iter().filter_map(|trigger| match trigger {
            Trigger::Error => Some(LogLevel::Error),
            Trigger::Record(level) => Some(*level),
            _ => None,
        });
        levels.min().map_or(LevelFilter::OFF, LevelFilter::from)
    }
}
