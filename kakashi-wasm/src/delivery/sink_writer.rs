//! A sink, the batches it has not taken yet, and its back-off.
//!
//! What a sink does not take is tried again from the byte that it stopped at.

use std::collections::VecDeque;

use kakashi_core::{
    Backoff, Batch, CatchPanic, Dropped, Guard as _, Progress, RecordEnd, RetryMode, Sink, SinkError,
    SinkErrorKind,
};

use crate::delivery::report::{COUNTERS, report};
use crate::host::clock::steady_millis;
use crate::host::timer;
use crate::reentrancy::in_sink;

/// How many bytes may wait for a sink that fails.
pub(crate) const BACKLOG_BYTES: usize = 4 << 20;
/// Timers may ring before their time, by this much.
const EARLY_MILLIS: f64 = 5.0;

/// A batch, and where in it drops are announced.
#[derive(Clone, Copy)]
pub(crate) struct OutBatch<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) ends: &'a [RecordEnd],
    /// Which of the ends are announcements of drops.
    pub(crate) announcements: &'a [usize],
    /// How many drops the announcements name.
    pub(crate) dropped: usize,
    /// The drops that the announcements name.
    pub(crate) announced: &'a Dropped,
}

struct Waiting {
    bytes: Vec<u8>,
    ends: Vec<RecordEnd>,
    announcements: Vec<usize>,
    dropped: usize,
    announced: Dropped,
    taken: Progress,
}

pub(crate) struct SinkWriter {
    sink: Box<dyn Sink>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    failing: bool,
    /// By `steady_millis`.
    backoff: Backoff,
    /// What its receiver refused, and nobody has counted yet.
    rejected: Option<Box<Dropped>>,
}

impl SinkWriter {
    pub(crate) fn new(sink: Box<dyn Sink>) -> Self {
        Self {
            sink,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            failing: false,
            backoff: Backoff::new(),
            rejected: None,
        }
    }

    /// Writes a batch after those that wait; queues what the sink does not take.
    /// Returns false, with nothing taken or queued, if the queue has no room for it.
    pub(crate) fn take(&mut self, name: &str, batch: OutBatch<'_>, mode: RetryMode) -> bool {
        let mut taken = Progress::default();
        if self.drain(name, mode) {
            let Err(error) = self.write(batch, &mut taken) else { return true };
            self.fail(name, error);
            if taken.bytes() == batch.bytes.len() {
                return true;
            }
        }
        let left = batch.bytes.len() - taken.bytes();
        if taken.bytes() == 0 && self.waiting_bytes + left > BACKLOG_BYTES && !self.waiting.is_empty() {
            return false;
        }
        self.waiting_bytes += batch.bytes.len();
        self.waiting.push_back(Waiting {
            bytes: batch.bytes.into(),
            ends: batch.ends.into(),
            announcements: batch.announcements.into(),
            dropped: batch.dropped,
            announced: *batch.announced,
            taken,
        });
        true
    }

    /// Writes the batches that wait; true if none is left.
    pub(crate) fn drain(&mut self, name: &str, mode: RetryMode) -> bool {
        let asked = self.backoff.asked_left(steady_millis);
        if mode == RetryMode::Backoff || asked > 0.0 {
            let early = self.backoff.left(steady_millis);
            if early > EARLY_MILLIS {
                timer::arm_for_retry(early);
                return self.waiting.is_empty();
            }
        }
        while let Some(mut waiting) = self.waiting.pop_front() {
            let mut taken = waiting.taken;
            let result = self.write(waiting.batch(), &mut taken);
            let whole = taken.bytes() == waiting.bytes.len();
            if whole {
                self.waiting_bytes -= waiting.bytes.len();
            } else {
                waiting.taken = taken;
                self.waiting.push_front(waiting);
            }
            if let Err(error) = result {
                self.fail(name, error);
                return self.waiting.is_empty();
            }
        }
        true
    }

    /// Has the sink pass on what it keeps back; returns how many records still wait.
    pub(crate) fn flush(&mut self, name: &str) -> usize {
        if let Err(error) = guarded(|| self.sink.flush()) {
            self.fail(name, error);
        }
        self.waiting.iter().map(|waiting| waiting.batch().records_from(waiting.taken.ends())).sum()
    }

    /// Returns the ends of all records that wait, announcements left out.
    pub(crate) fn left(&self) -> impl Iterator<Item = RecordEnd> {
        self.waiting.iter().flat_map(|waiting| waiting.batch().record_ends(waiting.taken.ends()))
    }

    /// Hands over the rest of a batch, and counts what the sink takes of it.
    fn write(&mut self, batch: OutBatch<'_>, taken: &mut Progress) -> Result<(), SinkError> {
        let whole = Batch::new(batch.bytes, batch.ends).after_dropped(batch.dropped);
        loop {
            let step = taken.advance(&whole, batch.announcements, |rest| guarded(|| self.sink.write(rest)));
            COUNTERS.add_written(step.records, step.bytes);
            if let Some(rejected) = step.rejected {
                self.rejected.get_or_insert_default().merge(&rejected);
            }
            let part = step.bytes > 0 && is_partial(&step.result);
            if part && !taken.is_whole(&whole) {
                continue;
            }
            let result = if part { Ok(()) } else { step.result };
            if result.is_ok() && self.failing {
                self.failing = false;
                self.backoff.reset();
            }
            return result;
        }
    }

    /// Takes what the sink's receiver refused since the last time.
    pub(crate) fn take_rejected(&mut self) -> Option<Box<Dropped>> {
        self.rejected.take()
    }

    #[cold]
    fn fail(&mut self, name: &str, error: SinkError) {
        COUNTERS.add_failure();
        let asked_millis = error.pause().map_or(0.0, |pause| 1000.0 * pause.as_secs_f64());
        timer::arm_for_retry(self.backoff.begin(steady_millis(), asked_millis));
        let reported = std::mem::replace(&mut self.failing, true);
        if !reported && error.is_failure() {
            let limit = BACKLOG_BYTES >> 20;
            report(&format!("{name} failed: {error}; records wait and are tried again, up to {limit} MiB"));
        }
    }
}

impl<'a> OutBatch<'a> {
    /// Returns how many records end at or after the end of this index.
    fn records_from(&self, at: usize) -> usize {
        let announcements = self.announcements.iter().filter(|&&announcement| announcement >= at).count();
        self.ends.len() - at - announcements
    }

    /// Returns the ends of the records from this index on, announcements left out.
    pub(crate) fn record_ends(self, from: usize) -> impl Iterator<Item = RecordEnd> + use<'a> {
        let ends = self.ends.iter().copied().enumerate().skip(from);
        ends.filter(move |(at, _)| !self.announcements.contains(at)).map(|(_, end)| end)
    }
}

impl Waiting {
    fn batch(&self) -> OutBatch<'_> {
        let Self { bytes, ends, announcements, dropped, announced, .. } = self;
        OutBatch { bytes, ends, announcements, dropped: *dropped, announced }
    }
}

fn is_partial(result: &Result<(), SinkError>) -> bool {
    result.as_ref().is_err_and(|error| error.kind() == SinkErrorKind::Partial)
}

/// Runs a sink; its panic, where it can be caught, is a failure like any other.
fn guarded(run: impl FnOnce() -> Result<(), SinkError>) -> Result<(), SinkError> {
    let mut run = Some(run);
    let mut result = Err(SinkError::new(SinkErrorKind::Failed));
    in_sink(|| {
        CatchPanic.run(&mut || {
            if let Some(run) = run.take() {
                result = run();
            }
        })
    });
    result
}
