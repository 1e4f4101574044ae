//! Sinks and writers that a test holds in its hand.

use std::io::{self, ErrorKind, Write};
use std::panic::resume_unwind;
use std::sync::{Arc, Barrier, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::{Duration, Instant};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{
    AsyncConfig, Batch, Destination, Dropped, Format, LogLevel, Sink, SinkError, Stats, configure, stats,
};

/// How long a test waits for another thread or process before it fails.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until something holds; false if it does not in time.
pub fn eventually(holds: impl FnMut() -> bool) -> bool {
    within(PATIENCE, holds)
}

/// As [`eventually`], with a time of its own.
pub fn within(patience: Duration, mut holds: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + patience;
    while !holds() {
        if Instant::now() >= deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

/// Lets one test of a file at a time look at what the process has only once:
/// its settings, levels and counts.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of records since a moment; other tests must not run meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Since(Stats);

impl Since {
    /// Begins to count.
    pub fn now() -> Self {
        Self(stats())
    }

    /// Returns how many records were written.
    pub fn written(&self) -> usize {
        stats().written - self.0.written
    }

    /// Returns how many bytes were written.
    pub fn bytes(&self) -> usize {
        stats().bytes - self.0.bytes
    }

    /// Returns how often a sink failed.
    pub fn failures(&self) -> usize {
        stats().failures - self.0.failures
    }

    /// Returns which records were dropped.
    pub fn dropped(&self) -> Dropped {
        let mut dropped = stats().dropped;
        for (row, old) in dropped.counts.iter_mut().zip(self.0.dropped.counts) {
            row.iter_mut().zip(old).for_each(|(count, old)| *count -= old);
        }
        dropped
    }
}

/// Runs code that may hang; the process then goes on without it.
///
/// # Panics
/// When it does not end in time, or panics.
pub fn in_time<T: Send + 'static>(run: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, wait) = mpsc::channel();
    let thread = std::thread::spawn(move || {
        let result = run();
        let _ = done.send(());
        result
    });
    match wait.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("it hangs"),
        _ => thread.join().unwrap_or_else(|panic| resume_unwind(panic)),
    }
}

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

/// Runs `run` on so many threads at once, which all begin together.
pub fn on_threads(count: u64, run: impl Fn(u64) + Sync) {
    let start = Barrier::new(count as usize);
    std::thread::scope(|scope| {
        for thread in 0..count {
            let (start, run) = (&start, &run);
            scope.spawn(move || {
                start.wait();
                run(thread);
            });
        }
    });
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
