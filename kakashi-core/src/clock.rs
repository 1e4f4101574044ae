//! Time as records carry it, and where it comes from.

/// Holds when a record was made: wall time, or the time since a device started.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Timestamp {
    /// Nanoseconds since 1970-01-01T00:00:00Z (Unix time, leap seconds not
    /// counted); reaches from 1677 to 2262.
    Wall(i64),
    /// Nanoseconds since the device started.
    Uptime(u64),
}

impl Timestamp {
    /// Makes a wall time of whole microseconds since 1970.
    pub const fn from_unix_micros(micros: i64) -> Self {
        Self::Wall(micros.saturating_mul(1_000))
    }

    /// Makes a time since start of whole microseconds.
    pub const fn from_uptime_micros(micros: u64) -> Self {
        Self::Uptime(micros.saturating_mul(1_000))
    }
}

/// Tells the time to a logger.
pub trait Clock {
    /// Returns the time now; called once for each record, so it should be quick.
    fn now(&self) -> Timestamp;
}

impl<C: Clock + ?Sized> Clock for &C {
    fn now(&self) -> Timestamp {
        (**self).now()
    }
}

/// Says one time forever, for tests and golden files.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}
