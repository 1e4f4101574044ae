//! Sinks and writers that a test holds in its hand.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{AsyncConfig, Batch, Destination, Format, LogLevel, Sink, SinkError, configure};

use super::wait::eventually;

/// A door that can be shut in front of a sink: who writes waits inside.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    state: Arc<(Mutex<Door>, Condvar)>,
}

#[derive(Debug, Default)]
struct Door {
    shut: bool,
    entered: usize,
    /// How many may pass although it is shut.
    passes: usize,
}

impl Gate {
    /// Makes a door that is shut.
    pub fn shut() -> Self {
        let gate = Self::default();
        gate.door().shut = true;
        gate
    }

    /// Lets nobody pass from now on.
    pub fn close(&self) {
        self.door().shut = true;
    }

    /// Lets all pass from now on.
    pub fn open(&self) {
        self.door().shut = false;
        self.state.1.notify_all();
    }

    /// Lets one pass, and nobody after.
    pub fn let_one_in(&self) {
        self.door().passes += 1;
        self.state.1.notify_all();
    }

    /// Tells how often somebody has come to the door.
    pub fn visits(&self) -> usize {
        self.door().entered
    }

    /// Waits until somebody has come to the door for the `count`th time.
    ///
    /// # Panics
    /// When nobody does in time.
    pub fn wait_for_visits(&self, count: usize) {
        assert!(eventually(|| self.door().entered >= count), "nobody came to the gate");
    }

    fn pass(&self) {
        let mut door = self.door();
        door.entered += 1;
        while door.shut {
            if door.passes > 0 {
                door.passes -= 1;
                return;
            }
            door = self.state.1.wait(door).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.state.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits inside a sink, until this goes.
#[derive(Debug)]
#[must_use = "the gate opens when this is dropped"]
pub struct Held(Gate);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Shuts the gate, has `log` log something, and waits until whoever writes it
/// has come to the gate.
///
/// # Panics
/// When nobody does in time.
pub fn hold_writer(gate: &Gate, log: impl FnOnce()) -> Held {
    let held = Held(gate.clone());
    gate.close();
    let visits = gate.visits();
    log();
    gate.wait_for_visits(visits + 1);
    held
}

/// Has all loggers write lines to memory behind this gate, and nobody but the
/// worker of async loggers do so by itself.
pub fn behind(gate: &Gate, config: AsyncConfig) -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(64 * 1024)
        .flush_after_millis(3_600_000)
        .async_logging(config)
        .destination(Destination::new(Gated(gate.clone(), memory.clone())))
        .apply();
    memory
}

/// A sink behind a [`Gate`].
#[derive(Debug)]
pub struct Gated<S>(pub Gate, pub S);

impl<S: Sink> Sink for Gated<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.0.pass();
        self.1.write(batch)
    }
}

/// What a [`Patient`] does with the bytes it is given.
#[derive(Clone, Copy, Debug, Default)]
pub enum Health {
    /// Takes them all.
    #[default]
    Well,
    /// Takes at most so many a call.
    Slow(usize),
    /// Takes half of them, then fails.
    Halting(ErrorKind),
    /// Takes nothing.
    Sick(ErrorKind),
    /// Takes nothing and panics.
    Mad,
}

/// A writer whose health a test changes; clones are one.
#[derive(Clone, Debug, Default)]
pub struct Patient {
    state: Arc<Mutex<Chart>>,
}

#[derive(Debug, Default)]
struct Chart {
    health: Health,
    bytes: Vec<u8>,
    calls: usize,
    failed: bool,
}

impl Patient {
    /// Makes one in this state.
    pub fn new(health: Health) -> Self {
        let patient = Self::default();
        patient.becomes(health);
        patient
    }

    /// Changes its state.
    pub fn becomes(&self, health: Health) {
        self.chart().health = health;
    }

    /// Returns what it has taken.
    pub fn bytes(&self) -> Vec<u8> {
        self.chart().bytes.clone()
    }

    /// Returns how often it has been asked.
    pub fn calls(&self) -> usize {
        self.chart().calls
    }

    /// Tells whether it has ever failed.
    pub fn has_failed(&self) -> bool {
        self.chart().failed
    }

    fn chart(&self) -> MutexGuard<'_, Chart> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for Patient {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut chart = self.chart();
        chart.calls += 1;
        let taken = match chart.health {
            Health::Well => bytes.len(),
            Health::Slow(most) => bytes.len().min(most),
            Health::Halting(_) if chart.calls % 2 == 1 => bytes.len().div_ceil(2),
            Health::Halting(kind) | Health::Sick(kind) => {
                chart.failed = true;
                return Err(kind.into());
            }
            Health::Mad => {
                chart.failed = true;
                drop(chart);
                panic!("the sink panics");
            }
        };
        chart.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
