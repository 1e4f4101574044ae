//! Sinks and writers that a test controls.

use std::io::{self, ErrorKind, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use kakashi_std::sinks::MemorySink;
use kakashi_std::{AsyncConfig, Batch, Destination, Format, LogLevel, Sink, SinkError, configure};

use super::wait::eventually;

/// Blocks writes to a sink while it is shut.
#[derive(Clone, Debug, Default)]
pub struct Gate {
    shared: Arc<(Mutex<GateState>, Condvar)>,
}

#[derive(Debug, Default)]
struct GateState {
    shut: bool,
    entered: usize,
    /// How many writes may pass although it is shut.
    passes: usize,
}

impl Gate {
    /// Makes a state that is shut.
    pub fn shut() -> Self {
        let gate = Self::default();
        gate.state().shut = true;
        gate
    }

    /// Blocks all writes from now on.
    pub fn close(&self) {
        self.state().shut = true;
    }

    /// Blocks all writes until the result is dropped.
    pub fn shut_until_dropped(&self) -> OpenOnDrop {
        self.close();
        OpenOnDrop(self.clone())
    }

    /// Lets all writes pass from now on.
    pub fn open(&self) {
        self.state().shut = false;
        self.shared.1.notify_all();
    }

    /// Lets one write pass; the gate stays shut.
    pub fn let_one_in(&self) {
        self.state().passes += 1;
        self.shared.1.notify_all();
    }

    /// Returns how many writes have reached the gate.
    pub fn visits(&self) -> usize {
        self.state().entered
    }

    /// Waits until this many writes have reached the gate.
    ///
    /// # Panics
    /// When they do not in time.
    pub fn wait_for_visits(&self, count: usize) {
        assert!(eventually(|| self.state().entered >= count), "no write reached the gate");
    }

    /// Waits while the gate is shut.
    pub fn pass(&self) {
        let mut state = self.state();
        state.entered += 1;
        while state.shut {
            if state.passes > 0 {
                state.passes -= 1;
                return;
            }
            state = self.shared.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn state(&self) -> MutexGuard<'_, GateState> {
        self.shared.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Opens the gate when it is dropped.
#[derive(Debug)]
#[must_use = "the gate opens when this is dropped"]
pub struct OpenOnDrop(Gate);

impl Drop for OpenOnDrop {
    fn drop(&mut self) {
        self.0.open();
    }
}

/// Shuts the gate, calls `log`, and waits until its records have reached the gate: their
/// writer is blocked until the result is dropped.
///
/// # Panics
/// When they do not in time.
pub fn hold_writer(gate: &Gate, log: impl FnOnce()) -> OpenOnDrop {
    let held = gate.shut_until_dropped();
    let visits = gate.visits();
    log();
    gate.wait_for_visits(visits + 1);
    held
}

/// Configures all loggers to write text to memory behind this gate, and only when asked,
/// but for the worker of async loggers. Hardly anything may wait outside of their queues.
pub fn behind(gate: &Gate, config: AsyncConfig) -> MemorySink {
    let memory = MemorySink::new();
    configure()
        .format(Format::Text)
        .level(LogLevel::Info)
        .batch_bytes(64 * 1024)
        .flush_after_millis(3_600_000)
        .async_logging(config)
        .backlog_bytes(4096)
        .destination(Destination::new(GatedSink(gate.clone(), memory.clone())))
        .apply();
    memory
}

/// A sink behind a [`Gate`].
#[derive(Debug)]
pub struct GatedSink<S>(pub Gate, pub S);

impl<S: Sink> Sink for GatedSink<S> {
    fn write(&mut self, batch: &Batch<'_>) -> Result<(), SinkError> {
        self.0.pass();
        self.1.write(batch)
    }
}

/// What a [`FakeWriter`] does with the bytes of a call.
#[derive(Clone, Copy, Debug, Default)]
pub enum WriterMode {
    /// Takes them all.
    #[default]
    TakeAll,
    /// Takes at most this many a call.
    TakeAtMost(usize),
    /// Takes half of them, then fails.
    TakeHalfThenFail(ErrorKind),
    /// Takes nothing.
    Fail(ErrorKind),
    /// Takes nothing and panics.
    Panic,
}

/// A writer whose behaviour a test chooses; clones share their state.
#[derive(Clone, Debug, Default)]
pub struct FakeWriter {
    state: Arc<Mutex<FakeWriterState>>,
}

#[derive(Debug, Default)]
struct FakeWriterState {
    mode: WriterMode,
    bytes: Vec<u8>,
    calls: usize,
    failed: bool,
}

impl FakeWriter {
    /// Makes a writer with this behaviour.
    pub fn new(mode: WriterMode) -> Self {
        let writer = Self::default();
        writer.set_mode(mode);
        writer
    }

    /// Changes its behaviour.
    pub fn set_mode(&self, mode: WriterMode) {
        self.state().mode = mode;
    }

    /// Returns the bytes that it has taken.
    pub fn bytes(&self) -> Vec<u8> {
        self.state().bytes.clone()
    }

    /// Returns the number of calls.
    pub fn calls(&self) -> usize {
        self.state().calls
    }

    /// Tells whether it has ever failed.
    pub fn has_failed(&self) -> bool {
        self.state().failed
    }

    fn state(&self) -> MutexGuard<'_, FakeWriterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for FakeWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut state = self.state();
        state.calls += 1;
        let taken = match state.mode {
            WriterMode::TakeAll => bytes.len(),
            WriterMode::TakeAtMost(most) => bytes.len().min(most),
            WriterMode::TakeHalfThenFail(_) if state.calls % 2 == 1 => bytes.len().div_ceil(2),
            WriterMode::TakeHalfThenFail(kind) | WriterMode::Fail(kind) => {
                state.failed = true;
                return Err(kind.into());
            }
            WriterMode::Panic => {
                state.failed = true;
                drop(state);
                panic!("the sink panics");
            }
        };
        state.bytes.extend_from_slice(&bytes[..taken]);
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
