//! Where the records of a logger go: its pipeline and its endpoints.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::{Rc, Weak};
use std::sync::Arc;

use kakashi_core::{
    Clock, DropReason, Dropped, Encoder, Filter, Guard as _, LevelFilter, LogContext, LogRecord, Pipeline,
};

use crate::batcher::Batcher;
use crate::delivery::sink_queue::{Load, RetryMode, SinkQueue};
use crate::host::clock::now_nanos;
use crate::reentrancy::CatchPanic;

thread_local! {
    static ROOT: RefCell<Option<Rc<Dispatch>>> = const { RefCell::new(None) };
    static ROOT_ID: Cell<usize> = const { Cell::new(0) };
    static DISPATCHES: RefCell<Vec<Weak<Dispatch>>> = const { RefCell::new(Vec::new()) };
}

/// A destination as records reach it.
pub(crate) struct Endpoint {
    threshold: LevelFilter,
    filter: Option<Arc<dyn Filter>>,
    filling: RefCell<Filling>,
    queue: Rc<SinkQueue>,
}

/// The batch that fills.
struct Filling {
    batcher: Batcher,
    /// What the batcher owes, and what the batch tells of: to be owed again if
    /// nobody takes it.
    owed: Dropped,
    told: Dropped,
    /// Which of the batch's ends are announcements.
    news: Vec<usize>,
}

impl Endpoint {
    pub(crate) fn new(
        threshold: LevelFilter,
        filter: Option<Arc<dyn Filter>>,
        encoder: Arc<dyn Encoder>,
        batch_bytes: usize,
        queue: Rc<SinkQueue>,
    ) -> Self {
        let batcher = Batcher::new(encoder, batch_bytes);
        let filling =
            Filling { batcher, owed: Dropped::default(), told: Dropped::default(), news: Vec::new() };
        Self { threshold, filter, filling: RefCell::new(filling), queue }
    }

    /// Tells whether a record goes there; a filter that panics lets it pass.
    #[inline]
    fn takes(&self, record: &LogRecord<'_>) -> bool {
        if !self.threshold.enables(record.level) {
            return false;
        }
        self.filter.as_ref().is_none_or(|filter| {
            let mut passes = true;
            CatchPanic.run(&mut || passes = filter.passes(record));
            passes
        })
    }

    /// Takes a record; a batch that is whole is written.
    #[inline]
    fn put(&self, record: &LogRecord<'_>) {
        let Ok(mut filling) = self.filling.try_borrow_mut() else {
            // A call that died inside the encoder or the sink has it for ever.
            return self.queue.count_dropped(record.level, DropReason::EncoderFailed, 1);
        };
        if self.queue.owes() {
            filling.owe(&self.queue);
        }
        if let Err(reason) = filling.put(record) {
            self.queue.count_dropped(record.level, reason, 1);
        }
        if filling.batcher.is_full() {
            filling.write(&self.queue, RetryMode::Backoff);
        }
    }

    /// Writes the batch, whole or not, and what has waited before it.
    pub(crate) fn write(&self, mode: RetryMode) {
        if let Ok(mut filling) = self.filling.try_borrow_mut() {
            if self.queue.owes() {
                filling.owe(&self.queue);
            }
            if filling.batcher.owes() {
                let told = filling.announcing(|batcher| {
                    batcher.announce(kakashi_core::Timestamp::Wall(now_nanos()));
                });
                debug_assert!(told);
            }
            if filling.write(&self.queue, mode) {
                return;
            }
        }
        self.queue.drain(mode);
    }
}

impl Filling {
    #[cold]
    fn owe(&mut self, queue: &SinkQueue) {
        let owed = queue.take_owed();
        for level in kakashi_core::LogLevel::ALL {
            for reason in DropReason::ALL {
                let records = owed.counts[level.index()][reason.index()];
                if records > 0 {
                    self.batcher.owe(level, reason, records);
                }
            }
        }
        self.owed.merge(&owed);
    }

    #[inline]
    fn put(&mut self, record: &LogRecord<'_>) -> Result<(), DropReason> {
        if self.batcher.owes() {
            self.announcing(|batcher| batcher.announce(record.timestamp));
        }
        self.batcher.put(record)
    }

    /// Has the batcher announce what it owes; notes where, and of what.
    #[cold]
    fn announcing(&mut self, announce: impl FnOnce(&mut Batcher)) -> bool {
        let place = self.batcher.record_count() + self.news.len();
        announce(&mut self.batcher);
        let owed = std::mem::take(&mut self.owed);
        self.told.merge(&owed);
        self.news.push(place);
        !self.batcher.owes()
    }

    /// Hands the batch over, after what has waited before it; false if it is empty.
    fn write(&mut self, queue: &SinkQueue, mode: RetryMode) -> bool {
        if self.batcher.is_empty() {
            return false;
        }
        let batch = self.batcher.close();
        let load = Load {
            bytes: batch.bytes(),
            ends: batch.ends(),
            news: &self.news,
            dropped: batch.dropped(),
            told: &self.told,
        };
        queue.take(load, mode);
        self.batcher.clear();
        if !self.news.is_empty() {
            self.news.clear();
            self.told = Dropped::default();
        }
        true
    }
}

/// What a batch holds when its destination goes is written, or waits in the queue.
impl Drop for Endpoint {
    fn drop(&mut self) {
        crate::submit::apart(|| self.write(RetryMode::Now));
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint").field("queue", &self.queue).finish_non_exhaustive()
    }
}

/// What happens to a record, and where it goes.
pub(crate) struct Dispatch {
    /// No other dispatch ever has it.
    pub(crate) id: usize,
    pub(crate) pipeline: Pipeline,
    /// Lies under every other context.
    pub(crate) base: LogContext,
    /// None: the engine's own.
    pub(crate) clock: Option<Rc<dyn Clock>>,
    endpoints: Vec<Endpoint>,
}

impl Dispatch {
    pub(crate) fn new(
        pipeline: Pipeline,
        base: LogContext,
        clock: Option<Rc<dyn Clock>>,
        endpoints: Vec<Endpoint>,
    ) -> Rc<Self> {
        thread_local! {
            static LAST: Cell<usize> = const { Cell::new(0) };
        }
        let id = LAST.get() + 1;
        LAST.set(id);
        let dispatch = Rc::new(Self { id, pipeline, base, clock, endpoints });
        DISPATCHES.with_borrow_mut(|dispatches| {
            dispatches.retain(|dispatch| dispatch.strong_count() > 0);
            dispatches.push(Rc::downgrade(&dispatch));
        });
        dispatch
    }

    /// Takes a record as it comes out of the pipeline.
    #[inline]
    pub(crate) fn put(&self, record: &LogRecord<'_>) {
        for endpoint in &self.endpoints {
            if endpoint.takes(record) {
                endpoint.put(record);
            }
        }
    }

    /// Writes all that is in batches.
    pub(crate) fn write(&self, mode: RetryMode) {
        self.endpoints.iter().for_each(|endpoint| endpoint.write(mode));
    }

    /// Has the sinks pass on what they keep back; returns how many records are left.
    pub(crate) fn flush_sinks(&self) -> usize {
        self.endpoints.iter().map(|endpoint| endpoint.queue.flush()).sum()
    }

    /// Counts a record that none of the endpoints got.
    #[cold]
    pub(crate) fn count_dropped(&self, level: kakashi_core::LogLevel, reason: DropReason) {
        let takers = self.endpoints.iter().filter(|endpoint| endpoint.threshold.enables(level));
        takers.for_each(|endpoint| endpoint.queue.count_dropped(level, reason, 1));
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dispatch")
            .field("pipeline", &self.pipeline)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

/// Returns the dispatch of all loggers without one of their own; makes the default
/// one at first.
#[inline]
pub(crate) fn root() -> Rc<Dispatch> {
    root_if_made().unwrap_or_else(make_root)
}

#[cold]
fn make_root() -> Rc<Dispatch> {
    crate::configure::configure().apply();
    root_if_made().unwrap_or_else(|| Dispatch::new(Pipeline::default(), LogContext::new(), None, Vec::new()))
}

/// Returns the root dispatch if one has been made.
#[inline]
pub(crate) fn root_if_made() -> Option<Rc<Dispatch>> {
    ROOT.with(|root| root.try_borrow().ok().and_then(|root| root.clone()))
}

/// Returns the root dispatch's id, 0 before it is made.
#[inline]
pub(crate) fn root_id() -> usize {
    ROOT_ID.get()
}

/// Returns what lies under the contexts of a dispatch: a custom logger's records
/// tell the service's name too.
pub(crate) fn base_of(own: bool, dispatch: &Dispatch) -> LogContext {
    let root = if own { root_if_made() } else { None };
    root.map_or_else(|| dispatch.base.clone(), |root| root.base.clone())
}

/// Sends all records from now on to a new root dispatch; returns the old one.
pub(crate) fn replace_root(dispatch: Rc<Dispatch>) -> Option<Rc<Dispatch>> {
    ROOT_ID.set(dispatch.id);
    ROOT.with(|root| root.try_borrow_mut().ok().and_then(|mut root| root.replace(dispatch)))
}

/// Returns all dispatches that somebody logs on.
pub(crate) fn all() -> Vec<Rc<Dispatch>> {
    DISPATCHES.with_borrow(|dispatches| dispatches.iter().filter_map(Weak::upgrade).collect())
}
