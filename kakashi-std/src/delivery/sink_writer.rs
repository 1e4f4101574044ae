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
    SinkErrorKind, SinkTarget, StoredRecordCounter,
};

use super::counters::{ByLevel, DestinationCounters, by_level};
use super::held_form::HeldForm;
use super::holding_stage::HoldingStage;
use super::merge::{Merger, Ready};
use super::run::Run;
use super::write_marks::WriteMarks;
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
    /// What is held back, by destination: several may have one target.
    stages: Vec<HoldingStage>,
    /// Records in flight were held before.
    lets_go: bool,
    backoff: Backoff,
    /// When the sink failed last.
    failed_at: Option<Instant>,
    /// The beginning of the clock of `backoff`.
    start: Instant,
    /// The sink has stored what it was handed last.
    has_stored: bool,
    marks: WriteMarks,
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
            stages: Vec::new(),
            lets_go: false,
            backoff: Backoff::new(),
            failed_at: None,
            start: Instant::now(),
            has_stored: false,
            marks: WriteMarks::default(),
        }
    }

    /// Has the sink count what it stores.
    pub(super) fn count_stored(&mut self, counter: Arc<dyn StoredRecordCounter>) {
        let sink = &mut self.sink;
        let _ = in_sink(|| catch_unwind(AssertUnwindSafe(|| sink.count_stored(counter))));
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

    /// Tells whether what is in flight is an announcement of drops.
    pub(super) fn is_announcing(&self) -> bool {
        self.announces
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
        let Self { marks, runs, sink, .. } = self;
        marks.begin(runs, || {
            in_sink(|| catch_unwind(AssertUnwindSafe(|| sink.file_end()))).unwrap_or_default()
        });
        // A foreign encoder or filter runs in there, which may log.
        in_sink(|| {
            if self.runs.iter().any(|run| run.held.is_some()) {
                self.hold(batch_bytes, dropped);
            }
            let Self { merger, runs, ready, .. } = self;
            merger.merge(runs, batch_bytes, ready, dropped);
        });
    }

    /// Merges the runs whose records are held back, and puts in flight what is not.
    #[cold]
    fn hold(&mut self, batch_bytes: usize, dropped: &mut dyn FnMut(LogLevel, DropReason)) {
        let Self { merger, runs, ready, stages, marks, .. } = self;
        let mut of_forms: Vec<(Arc<HeldForm>, Vec<Run>)> = Vec::new();
        for run in runs.extract_if(.., |run| run.held.is_some()) {
            let Some(form) = run.held.clone() else { continue };
            match of_forms.iter_mut().find(|(other, _)| other.destination == form.destination) {
                Some((_, runs)) => runs.push(run),
                None => of_forms.push((form, vec![run])),
            }
        }
        for (form, mut runs) in of_forms {
            let mut batches = VecDeque::new();
            merger.merge(&mut runs, batch_bytes, &mut batches, dropped);
            let found = stages.iter_mut().position(|stage| stage.takes_form(&form));
            let at = found.unwrap_or_else(|| {
                // Those that hold nothing may be of destinations that are no more.
                stages.retain(|stage| stage.held() > 0);
                stages.push(HoldingStage::new(form));
                stages.len() - 1
            });
            stages[at].take(&batches, ready, dropped);
            marks.hold(stages[at].destination(), stages[at].taken());
            batches.into_iter().for_each(|batch| merger.recycle(batch));
        }
    }

    /// Settles, where it outlives the process, what is written when no batch is in flight.
    #[inline]
    pub(super) fn settle(&mut self) {
        if !self.marks.is_empty() {
            self.settle_marked();
        }
    }

    #[cold]
    fn settle_marked(&mut self) {
        let Self { marks, stages, .. } = self;
        marks.settle(|destination| {
            stages.iter_mut().find(|stage| stage.destination() == destination)?.oldest_held()
        });
    }

    /// Returns how many records are held back.
    pub(super) fn held(&self) -> usize {
        self.stages.iter().map(HoldingStage::held).sum()
    }

    /// Tells whether records in flight were held back before.
    pub(super) fn lets_go(&self) -> bool {
        self.lets_go
    }

    /// Puts in flight what was held back for too long, or all; false if there is nothing.
    pub(super) fn let_go(&mut self, all: bool, dropped: &mut dyn FnMut(LogLevel, DropReason)) -> bool {
        let was_idle = self.is_idle();
        let Self { stages, ready, .. } = self;
        in_sink(|| {
            let due = stages.iter_mut().filter(|stage| all || stage.is_due());
            due.for_each(|stage| stage.let_go(all, ready, dropped));
        });
        if was_idle && !self.is_idle() {
            self.taken = Progress::default();
            self.announces = false;
            self.lets_go = true;
        }
        self.lets_go
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
        let Self { sink, counters, ready, announces, taken, merger, lets_go, has_stored, .. } = self;
        let Some(current) = ready.front() else { return Ok(()) };
        let batch = current.batch();
        let announcements: &[usize] = if *announces { &[0] } else { &[] };
        let mut cut = false;
        let taken_before = taken.ends();
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
        let mut written = ByLevel::default();
        if !*announces {
            written = by_level(batch.ends().get(taken_before..taken.ends()).unwrap_or_default());
        }
        if let Some(dropped) = &step.rejected {
            let levels = written.iter_mut().zip(LogLevel::ALL);
            levels.for_each(|(count, level)| *count -= dropped.of_level(level).min(*count));
        }
        debug_assert_eq!(written.iter().sum::<usize>(), step.records);
        // What the sink keeps, it counts itself when it has delivered it.
        *has_stored = step.result.as_ref().is_err_and(SinkError::is_storing);
        if !*has_stored {
            counters.add_written(written, step.bytes);
        }
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
            *lets_go &= !ready.is_empty();
        }
        match step.result {
            Err(error) if error.kind() == SinkErrorKind::Partial && step.bytes > 0 => Ok(()),
            Err(error) if cut && error.kind() == SinkErrorKind::Retry && step.bytes > 0 => Ok(()),
            result => result,
        }
    }

    /// Tells whether the sink has stored what it was handed last: nothing is known of its receiver.
    pub(super) fn has_stored(&self) -> bool {
        self.has_stored
    }

    /// Has the sink pass on what it buffers itself.
    pub(super) fn flush(&mut self) -> Result<(), SinkError> {
        guarded(|| self.sink.flush())
    }

    /// Has the sink put what it took on the disk.
    pub(super) fn sync(&mut self) -> Result<(), SinkError> {
        guarded(|| self.sink.sync())
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
        self.marks.abandon();
        self.stages.clear();
        self.lets_go = false;
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
