//! A sink and the batches that it is being handed.
//!
//! What the sink took is counted and never written twice; what it did not take is
//! handed to it again by the next attempt.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use kakashi_core::{
    Backoff, Batch, BatchBuilder, DropReason, Dropped, LogLevel, Progress, Readiness, Sink, SinkError,
    SinkErrorKind, SinkTarget,
};

use super::counters::DestinationCounters;
use super::merge::{Merger, Ready};
use super::run::Run;
use crate::reentrancy::in_sink;

/// Hands batches to a sink, one after the other.
pub(super) struct SinkWriter {
    sink: Box<dyn Sink + Send>,
    counters: Arc<DestinationCounters>,
    /// The batches of a collection; the first is in flight.
    ready: VecDeque<Ready>,
    /// The number of that collection.
    collection: u64,
    /// The first batch is an announcement of drops.
    announces: bool,
    /// How much of the first batch the sink has taken; its records are counted.
    taken: Progress,
    merger: Merger,
    /// Kept for the next collection.
    pub(super) runs: Vec<Run>,
    backoff: Backoff,
    /// When the sink failed last.
    failed_at: Option<Instant>,
    /// The beginning of the clock of `backoff`.
    start: Instant,
}

impl SinkWriter {
    pub(super) fn new(sink: Box<dyn Sink + Send>, counters: Arc<DestinationCounters>) -> Self {
        Self {
            sink,
            counters,
            ready: VecDeque::new(),
            collection: 0,
            announces: false,
            taken: Progress::default(),
            merger: Merger::default(),
            runs: Vec::new(),
            backoff: Backoff::new(),
            failed_at: None,
            start: Instant::now(),
        }
    }

    /// Goes on with another sink for the same target.
    pub(super) fn replace_sink(&mut self, sink: Box<dyn Sink + Send>) {
        self.sink = sink;
    }

    /// Asks the sink what it writes to.
    pub(super) fn target(&self) -> Option<SinkTarget> {
        in_sink(|| catch_unwind(AssertUnwindSafe(|| self.sink.target()))).unwrap_or_default()
    }

    /// Tells whether it writes to one of the process's streams.
    pub(super) fn is_stream(&self) -> bool {
        let asked = in_sink(|| catch_unwind(AssertUnwindSafe(|| self.sink.standard_stream())));
        asked.is_ok_and(|stream| stream.is_some())
    }

    /// Tells whether no batch is in flight.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// Returns the number of the collection that is in flight, or was last.
    pub(super) fn collection(&self) -> u64 {
        self.collection
    }

    /// Tells whether the sink failed a moment ago and its pause is not over.
    pub(super) fn is_backing_off(&self) -> bool {
        self.backoff.left(|| self.now_millis()) > 0.0
    }

    /// Returns how long the receiver wants to be left alone; zero if it does not.
    pub(super) fn asked_pause(&self) -> Duration {
        millis(self.backoff.asked_left(|| self.now_millis()))
    }

    /// Returns how long the pause lasts.
    pub(super) fn pause(&self) -> Duration {
        millis(self.backoff.left(|| self.now_millis()))
    }

    /// Returns how long the pause lasts if it is at most so long after the failure, unless the
    /// receiver asks for a longer one.
    pub(super) fn pause_within(&self, most: Duration) -> Duration {
        let since = self.failed_at.map_or(most, |failed_at| failed_at.elapsed());
        self.pause().min(most.saturating_sub(since)).max(self.asked_pause())
    }

    /// Puts the collection in flight whose runs are in `runs`.
    pub(super) fn begin(
        &mut self,
        collection: u64,
        batch_bytes: usize,
        dropped: &mut dyn FnMut(LogLevel, DropReason),
    ) {
        self.collection = collection;
        self.taken = Progress::default();
        self.announces = false;
        let Self { merger, runs, ready, .. } = self;
        // A foreign encoder or filter runs in there, which may log.
        in_sink(|| merger.merge(runs, batch_bytes, ready, dropped));
    }

    /// Puts an announcement in flight.
    pub(super) fn begin_announcement(&mut self, batch: BatchBuilder) {
        self.taken = Progress::default();
        self.announces = true;
        self.ready.push_back(Ready::Built(Box::new(batch)));
    }

    /// Asks the sink whether a write would return at once; see [`Sink::readiness`].
    pub(super) fn readiness(&mut self, timeout: Duration) -> Readiness {
        let sink = &mut self.sink;
        let asked = in_sink(|| catch_unwind(AssertUnwindSafe(|| sink.readiness(timeout))));
        asked.unwrap_or(Readiness::Unknown)
    }

    /// Hands the rest of the batch in flight to the sink, at most so many bytes. Calls
    /// `rejected` with what the sink's receiver refused, and why, if it said so.
    pub(super) fn write_current(
        &mut self,
        most: usize,
        rejected: impl FnOnce(&Dropped, Option<&'static str>),
    ) -> Result<(), SinkError> {
        let Self { sink, counters, ready, announces, taken, merger, .. } = self;
        let Some(current) = ready.front() else { return Ok(()) };
        let batch = current.batch();
        let announcements: &[usize] = if *announces { &[0] } else { &[] };
        let mut cut = false;
        let step = taken.advance(&batch, announcements, |rest| {
            if rest.bytes().len() <= most {
                return guarded(|| sink.write(rest));
            }
            cut = true;
            let written = guarded(|| sink.write(&front(rest, most)));
            // The rest was not offered.
            Err(match written {
                Ok(()) => SinkError::new(SinkErrorKind::Retry).accepted(front(rest, most).bytes().len()),
                Err(error) => error,
            })
        });
        counters.add_written(step.records, step.bytes);
        if let Some(dropped) = &step.rejected {
            rejected(dropped, step.result.as_ref().err().and_then(SinkError::cause));
        }
        // A sink may fail after it took everything: then it is not called again.
        if taken.is_whole(&batch) {
            *taken = Progress::default();
            *announces = false;
            if let Some(batch) = ready.pop_front() {
                merger.recycle(batch);
            }
        }
        match step.result {
            Err(error) if error.kind() == SinkErrorKind::Partial && step.bytes > 0 => Ok(()),
            Err(error) if cut && error.kind() == SinkErrorKind::Retry && step.bytes > 0 => Ok(()),
            result => result,
        }
    }

    /// Has the sink pass on what it buffers itself.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        guarded(|| self.sink.flush())
    }

    /// Ends the pauses: the sink took something.
    pub(super) fn reset_backoff(&mut self) {
        self.backoff.reset();
    }

    /// Begins a pause, twice as long as the last, or as long as the receiver asks for.
    pub(super) fn back_off(&mut self, asked: Option<Duration>) {
        let asked_millis = asked.map_or(0.0, |pause| 1000.0 * pause.as_secs_f64());
        self.backoff.begin(self.now_millis(), asked_millis);
        self.failed_at = Some(Instant::now());
    }

    fn now_millis(&self) -> f64 {
        1000.0 * self.start.elapsed().as_secs_f64()
    }

    /// Returns how many records of the batches in flight the sink has not taken.
    pub(super) fn records_left(&self) -> usize {
        let all: usize = self.ready.iter().map(|batch| batch.batch().ends().len()).sum();
        all - self.ends_taken().min(all)
    }

    /// Calls `each` with the level of each of those records.
    pub(super) fn for_each_left(&self, mut each: impl FnMut(LogLevel)) {
        let mut taken = self.ends_taken();
        for batch in &self.ready {
            let batch = batch.batch();
            batch.ends().iter().skip(taken).for_each(|end| each(end.level));
            taken = 0;
        }
    }

    /// Returns how many ends of the first batch are taken, or are no records.
    fn ends_taken(&self) -> usize {
        if self.announces { 1 } else { self.taken.ends() }
    }

    /// Forgets the batches in flight, in the child of a fork: the parent writes them.
    #[cfg(unix)]
    pub(super) fn abandon(&mut self) {
        self.ready.drain(..).for_each(std::mem::forget);
        self.taken = Progress::default();
    }
}

fn millis(millis: f64) -> Duration {
    Duration::from_secs_f64(millis.max(0.0) / 1000.0)
}

/// Returns the first records of a batch, as many as fit into so many bytes, or the front
/// of the first.
fn front<'a>(batch: &Batch<'a>, most: usize) -> Batch<'a> {
    let whole = batch.ends().partition_point(|end| end.end <= most);
    let len = whole.checked_sub(1).map_or(most, |last| batch.ends()[last].end);
    Batch::new(&batch.bytes()[..len], &batch.ends()[..whole])
        .after_dropped(batch.dropped())
        .continuing(batch.begun())
}

/// Runs a sink's code; a panic is a failure like any other.
fn guarded(run: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    let result = in_sink(|| catch_unwind(AssertUnwindSafe(run)));
    result.unwrap_or(Err(SinkError::new(SinkErrorKind::Failed)))
}
