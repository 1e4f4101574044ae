//! A receiver that dies, hangs, refuses and comes back as a test wants.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kakashi_std::{Accepted, RecordBatch, RecordSink, SinkError, SinkErrorKind, Value};
use kakashi_tests::harness::fake_sinks::Gate;

/// What a receiver does with a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mood {
    Takes,
    /// So many records a call.
    TakesFew(usize),
    /// Nobody listens.
    Dead,
    /// It refuses all numbers that are multiples of this one.
    Refuses(u64),
    /// It can take no more just now.
    Busy,
    Panics,
}

/// See the module; clones are the same receiver.
#[derive(Clone)]
pub(crate) struct FakeReceiver {
    state: Arc<Mutex<ReceiverState>>,
    pub(crate) gate: Gate,
}

struct ReceiverState {
    mood: Mood,
    numbers: Vec<u64>,
    announced: u64,
    calls: usize,
}

impl FakeReceiver {
    pub(crate) fn new(mood: Mood) -> Self {
        let state = ReceiverState { mood, numbers: Vec::new(), announced: 0, calls: 0 };
        Self { state: Arc::new(Mutex::new(state)), gate: Gate::default() }
    }

    fn state(&self) -> MutexGuard<'_, ReceiverState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, mood: Mood) {
        self.state().mood = mood;
    }

    /// The numbers that it took, in order.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.state().numbers.clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.state().numbers.len()
    }

    /// How many drops were announced to it.
    pub(crate) fn announced(&self) -> u64 {
        self.state().announced
    }

    pub(crate) fn calls(&self) -> usize {
        self.state().calls
    }
}

impl RecordSink for FakeReceiver {
    fn write(&mut self, batch: &RecordBatch<'_>) -> Result<Accepted, SinkError> {
        self.gate.pass();
        let mut state = self.state();
        state.calls += 1;
        let mood = state.mood;
        let few = match mood {
            Mood::Dead => return Err(SinkError::new(SinkErrorKind::Closed).because("nobody listens there")),
            Mood::Busy => return Err(SinkError::new(SinkErrorKind::Retry)),
            Mood::Panics => {
                drop(state);
                panic!("a receiver that panics")
            }
            Mood::TakesFew(few) => few,
            Mood::Takes | Mood::Refuses(_) => usize::MAX,
        };
        let (mut taken, mut refused) = (0, 0);
        for record in batch.records().take(few) {
            taken += 1;
            let number = |key| match record.field(key) {
                Some(Value::U64(number)) => Some(number),
                Some(Value::I64(number)) => u64::try_from(number).ok(),
                _ => None,
            };
            match number("n") {
                Some(n) if matches!(mood, Mood::Refuses(every) if n % every == 0) => refused += 1,
                Some(n) => state.numbers.push(n),
                None => state.announced += number("dropped").unwrap_or(0),
            }
        }
        Ok(Accepted::first(taken).rejecting(refused))
    }
}
