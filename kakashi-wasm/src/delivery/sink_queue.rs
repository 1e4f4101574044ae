//! A sink with what waits for it.
//!
//! A batch goes to the sink from where it was filled. Only what a sink does not
//! take is copied and waits: it is tried again, from the byte that the sink stopped
//! at, up to a limit; beyond that records are dropped, counted, and announced in
//! the stream once it flows again.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use kakashi_core::{
    Batch, Counters, DropReason, Dropped, Guard as _, LogLevel, RecordEnd, Sink, SinkError, SinkErrorKind,
};

use crate::host::clock::steady_millis;
use crate::host::imports::console_warn;
use crate::host::timer;
use crate::reentrancy::{CatchPanic, in_sink};

/// What may wait for a sink that fails.
const BACKLOG_BYTES: usize = 4 << 20;
/// How long a failed sink is left alone, at first and at most.
const RETRY_FIRST_MILLIS: f64 = 50.0;
const RETRY_MOST_MILLIS: f64 = 1000.0;
/// Timers may ring before their time.
const EARLY_MILLIS: f64 = 5.0;

/// The counts of the whole program.
pub(crate) static COUNTERS: Counters = Counters::new();

/// Takes the news that a sink has failed.
pub(crate) type OnError = Rc<dyn Fn(&str)>;

thread_local! {
    static ON_ERROR: RefCell<Option<OnError>> = const { RefCell::new(None) };
}

/// Whether to respect the back-off of a failed sink.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RetryMode {
    /// Write nothing to a sink whose back-off has not ended.
    Backoff,
    /// Try at once.
    Now,
}

/// A sink, its queue, and what is known of its health.
pub(crate) struct SinkQueue {
    name: Box<str>,
    pub(crate) terminal: bool,
    writer: RefCell<SinkWriter>,
    /// Dropped, and no batch says so yet.
    owed: RefCell<Dropped>,
    owes: Cell<bool>,
}

struct SinkWriter {
    sink: Box<dyn Sink>,
    waiting: VecDeque<Waiting>,
    waiting_bytes: usize,
    failing: bool,
    /// By `steady_millis`.
    retry_at: Option<f64>,
    retry_after: f64,
}

/// A batch, and where in it there are announcements of drops.
#[derive(Clone, Copy)]
pub(crate) struct Load<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) ends: &'a [RecordEnd],
    /// Which of the ends are announcements.
    pub(crate) news: &'a [usize],
    pub(crate) dropped: usize,
    /// What the announcements tell of.
    pub(crate) told: &'a Dropped,
}

/// How much of a load the sink has taken.
#[derive(Clone, Copy, Default)]
struct Progress {
    bytes: usize,
    ends: usize,
}

struct Waiting {
    bytes: Vec<u8>,
    ends: Vec<RecordEnd>,
    news: Vec<usize>,
    dropped: usize,
    told: Dropped,
    taken: Progress,
}

impl SinkQueue {
    pub(crate) fn new(name: Box<str>, sink: Box<dyn Sink>) -> Rc<Self> {
        let terminal = sink.is_terminal();
        let writer = SinkWriter {
            sink,
            waiting: VecDeque::new(),
            waiting_bytes: 0,
            failing: false,
            retry_at: None,
            retry_after: RETRY_FIRST_MILLIS,
        };
        Rc::new(Self {
            name,
            terminal,
            writer: RefCell::new(writer),
            owed: RefCell::default(),
            owes: Cell::new(false),
        })
    }

    /// Counts records that can't go there; the next batch announces them.
    #[cold]
    pub(crate) fn count_dropped(&self, level: LogLevel, reason: DropReason, records: usize) {
        COUNTERS.add_dropped(level, reason, records);
        if let Ok(mut owed) = self.owed.try_borrow_mut() {
            owed.add(level, reason, records);
            self.owes.set(true);
        }
    }

    /// Tells whether drops wait to be announced.
    #[inline]
    pub(crate) fn owes(&self) -> bool {
        self.owes.get()
    }

    /// Takes what is to be announced.
    #[cold]
    pub(crate) fn take_owed(&self) -> Dropped {
        self.owes.set(false);
        self.owed.try_borrow_mut().map(|mut owed| std::mem::take(&mut *owed)).unwrap_or_default()
    }

    /// Takes a batch: the sink has it, or it waits, or its records are counted as dropped.
    pub(crate) fn take(&self, load: Load<'_>, mode: RetryMode) {
        let Ok(mut writer) = self.writer.try_borrow_mut() else {
            // A call that died inside the sink has it for ever.
            return self.refuse(&load);
        };
        let mut taken = Progress::default();
        if writer.drain(self, mode) {
            let Err(error) = writer.write(load, &mut taken) else { return };
            writer.fail(self, error);
            if taken.bytes == load.bytes.len() {
                return;
            }
        }
        let left = load.bytes.len() - taken.bytes;
        if taken.bytes == 0 && writer.waiting_bytes + left > BACKLOG_BYTES && !writer.waiting.is_empty() {
            drop(writer);
            return self.refuse(&load);
        }
        writer.waiting_bytes += load.bytes.len();
        writer.waiting.push_back(Waiting {
            bytes: load.bytes.into(),
            ends: load.ends.into(),
            news: load.news.into(),
            dropped: load.dropped,
            told: *load.told,
            taken,
        });
    }

    #[cold]
    fn refuse(&self, load: &Load<'_>) {
        for (at, end) in load.ends.iter().enumerate() {
            if !load.news.contains(&at) {
                self.count_dropped(end.level, DropReason::SinkFailed, 1);
            }
        }
        if let Ok(mut owed) = self.owed.try_borrow_mut() {
            // Counted already, but nobody has been told.
            owed.merge(load.told);
            self.owes.set(owed.total() > 0);
        }
    }

    /// Writes what waits, as long as the sink takes it.
    pub(crate) fn drain(&self, mode: RetryMode) {
        if let Ok(mut writer) = self.writer.try_borrow_mut() {
            writer.drain(self, mode);
        }
    }

    /// Has the sink pass on what it keeps back; returns how many records are left.
    pub(crate) fn flush(&self) -> usize {
        let Ok(mut writer) = self.writer.try_borrow_mut() else { return 0 };
        if let Err(error) = guarded(|| writer.sink.flush()) {
            writer.fail(self, error);
        }
        writer.waiting.iter().map(|waiting| waiting.load().records_from(waiting.taken.ends)).sum()
    }
}

impl SinkWriter {
    /// Writes what waits; true if nothing is left.
    fn drain(&mut self, queue: &SinkQueue, mode: RetryMode) -> bool {
        if let (RetryMode::Backoff, Some(at)) = (mode, self.retry_at) {
            let early = at - steady_millis();
            if early > EARLY_MILLIS {
                timer::arm_for_retry(early);
                return self.waiting.is_empty();
            }
        }
        while let Some(mut waiting) = self.waiting.pop_front() {
            let mut taken = waiting.taken;
            let result = self.write(waiting.load(), &mut taken);
            let whole = taken.bytes == waiting.bytes.len();
            if whole {
                self.waiting_bytes -= waiting.bytes.len();
            } else {
                waiting.taken = taken;
                self.waiting.push_front(waiting);
            }
            if let Err(error) = result {
                self.fail(queue, error);
                return self.waiting.is_empty();
            }
        }
        true
    }

    /// Hands over what is left of a load, and counts what the sink takes.
    fn write(&mut self, load: Load<'_>, taken: &mut Progress) -> Result<(), SinkError> {
        let shifted: Vec<RecordEnd>;
        let ends = if taken.bytes == 0 {
            load.ends
        } else {
            let rest = load.ends[taken.ends..].iter();
            shifted = rest.map(|end| RecordEnd { end: end.end - taken.bytes, ..*end }).collect();
            &shifted
        };
        let announcing = load.news.iter().filter(|&&at| at >= taken.ends).count();
        let batch =
            Batch::new(&load.bytes[taken.bytes..], ends).after_dropped(load.dropped).announcing(announcing);
        let result = guarded(|| self.sink.write(&batch));
        let accepted = match &result {
            Ok(()) => load.bytes.len(),
            Err(error) => (taken.bytes + error.accepted_bytes()).min(load.bytes.len()),
        };
        let counted = load.ends.partition_point(|end| end.end <= accepted);
        let written = load.records_from(taken.ends) - load.records_from(counted);
        COUNTERS.add_written(written, accepted - taken.bytes);
        *taken = Progress { bytes: accepted, ends: counted };
        if result.is_ok() && self.failing {
            self.failing = false;
            self.retry_at = None;
            self.retry_after = RETRY_FIRST_MILLIS;
        }
        result
    }

    #[cold]
    fn fail(&mut self, queue: &SinkQueue, error: SinkError) {
        COUNTERS.add_failure();
        self.retry_at = Some(steady_millis() + self.retry_after);
        timer::arm_for_retry(self.retry_after);
        self.retry_after = (self.retry_after * 2.0).min(RETRY_MOST_MILLIS);
        let known = std::mem::replace(&mut self.failing, true);
        if !known && error.kind() != SinkErrorKind::Retry {
            let limit = BACKLOG_BYTES >> 20;
            tell(&format!(
                "{} failed: {error}; records wait and are tried again, up to {limit} MiB",
                queue.name
            ));
        }
    }
}

impl Load<'_> {
    /// Returns how many records end at or after the end of this index.
    fn records_from(&self, at: usize) -> usize {
        let news = self.news.iter().filter(|&&news| news >= at).count();
        self.ends.len() - at - news
    }
}

impl Waiting {
    fn load(&self) -> Load<'_> {
        let Self { bytes, ends, news, dropped, told, .. } = self;
        Load { bytes, ends, news, dropped: *dropped, told }
    }
}

/// A destination that was replaced while its sink failed has a last chance;
/// what is left is counted, and told.
impl Drop for SinkQueue {
    fn drop(&mut self) {
        self.drain(RetryMode::Now);
        let Ok(writer) = self.writer.try_borrow_mut() else { return };
        let mut left = 0;
        for waiting in &writer.waiting {
            let ends = waiting.ends.iter().enumerate().skip(waiting.taken.ends);
            for (_, end) in ends.filter(|(at, _)| !waiting.news.contains(at)) {
                COUNTERS.add_dropped(end.level, DropReason::SinkFailed, 1);
                left += 1;
            }
        }
        if left > 0 {
            tell(&format!("{left} records for {} were dropped: it failed until it was replaced", self.name));
        }
    }
}

impl fmt::Debug for SinkQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkQueue").field("name", &self.name).finish_non_exhaustive()
    }
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

/// Sets who takes the news of failures.
pub(crate) fn set_on_error(handler: OnError) {
    let old = ON_ERROR.with(|current| current.try_borrow_mut().ok().and_then(|mut now| now.replace(handler)));
    drop(old);
}

/// Tells the operator. If nobody can be told `stats()` still counts.
pub(crate) fn tell(news: &str) {
    let handler = ON_ERROR.with(|handler| handler.try_borrow().ok().and_then(|handler| handler.clone()));
    match handler {
        // As in a sink: what it logs is not urgent.
        Some(handler) => in_sink(|| CatchPanic.run(&mut || handler(news))),
        None => in_sink(|| console_warn(&format!("kakashi: {news}")).is_ok()),
    };
}
