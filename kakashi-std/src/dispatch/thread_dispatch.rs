//! One thread's buffers for each dispatch that it logs through.

use std::sync::Arc;

use kakashi_core::{
    CatchPanic, DropReason, Guard as _, LogRecord, MAX_DEFERRED_BYTES, RecordCapture, Scratch,
    encode_deferred, wire,
};

use super::endpoint::Endpoint;
use super::root::{generation, root_if_made};
use super::thread_buffer::ThreadBuffer;
use super::{Dispatch, flush_signal, settings};
use crate::delivery::collect;
use crate::sync::fork_epoch::ForkEpoch;
use crate::sync::hook::Hook;

/// The dispatches that this thread logs through.
pub(crate) struct ThreadDispatches {
    root: Option<ThreadDispatch>,
    /// Those of custom loggers.
    own: Vec<ThreadDispatch>,
    generation: usize,
}

/// A dispatch and this thread's buffers for it.
pub(crate) struct ThreadDispatch {
    pub(crate) dispatch: Arc<Dispatch>,
    /// Made when the first record goes in: a thread that only feeds the worker
    /// needs none.
    buffers: Vec<ThreadBuffer>,
    epoch: ForkEpoch,
}

/// What a call must still do after it has published its record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum AfterPut {
    /// Nothing.
    Done,
    /// Collect: a chunk is full.
    HandOver,
    /// Have it written before the call returns.
    WriteThrough,
    /// Send it again: its dispatch was replaced during the call.
    Replaced,
}

/// A thread that uses more custom loggers at once than this makes their
/// buffers anew now and then.
const MAX_OWN: usize = 32;

/// How often a record is sent again whose dispatch is replaced meanwhile. A filter or an enricher
/// that changes the settings each time would go on for ever.
const MAX_ROUNDS: usize = 4;
/// Stands for any generation: a dispatch that was replaced during the call does, too.
const ANY_GENERATION: usize = usize::MAX;

/// Installs the panic hook before a thread's first record, and so after a hook that the
/// program sets when it begins.
pub(crate) static BEFORE_FIRST_RECORD: Hook<fn()> = Hook::new();

impl ThreadDispatch {
    fn new(dispatch: Arc<Dispatch>) -> Self {
        if let Some(install) = BEFORE_FIRST_RECORD.get() {
            install();
        }
        Self { dispatch, buffers: Vec::new(), epoch: ForkEpoch::current() }
    }

    #[cold]
    #[inline(never)]
    fn of_root() -> Self {
        Self::new(settings::root())
    }

    /// Tells whether it was made before a fork, and its buffers belong to the parent.
    fn is_inherited(&self) -> bool {
        self.epoch.is_past()
    }

    /// Tells whether its records should lie in a black box, and do not.
    fn is_outdated(&self) -> bool {
        self.buffers.iter().any(ThreadBuffer::is_outdated)
    }

    /// Ends the buffers; what is in them is collected.
    fn retire(self) {
        if self.is_inherited() {
            // The parent writes them.
            std::mem::forget(self.buffers);
            return;
        }
        let used = self.buffers.iter().any(ThreadBuffer::is_used);
        let is_over_limit = self.buffers.iter().any(|buffer| buffer.endpoint.queue.is_over_limit());
        drop(self.buffers);
        if !used {
            return;
        }
        if collect::note_end() || is_over_limit {
            // Without waiting: who joins the thread may not wait for its destructors, and
            // starts the next one.
            super::registry::hand_over(&mut Vec::new(), false);
        }
        flush_signal::wake_to_sweep();
    }

    /// Runs a record through the pipeline, then publishes it; calls `taken_by` with each endpoint
    /// that takes it, before it does.
    #[inline]
    pub(crate) fn send(
        &mut self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        tick: u64,
        generation: usize,
        mut taken_by: impl FnMut(&Endpoint),
    ) -> AfterPut {
        let Self { dispatch, buffers, epoch } = self;
        let dispatch = &**dispatch;
        let run = dispatch.pipeline.run(record, scratch, &CatchPanic, |record| {
            publish(dispatch, buffers, *epoch, record, tick, generation, &mut taken_by)
        });
        run.unwrap_or(AfterPut::Done)
    }
}

impl ThreadDispatch {
    /// Runs a record through the pipeline, then hands it to who captures it; a custom logger's
    /// own destinations get it too.
    #[cold]
    pub(crate) fn send_captured(
        &mut self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        tick: u64,
        generation: usize,
        capture: &dyn RecordCapture,
        is_own: bool,
    ) -> AfterPut {
        let Self { dispatch, buffers, epoch } = self;
        let dispatch = &**dispatch;
        let run = dispatch.pipeline.run(record, scratch, &CatchPanic, |record| {
            CatchPanic.run(&mut || capture.take(record));
            match is_own {
                true => publish(dispatch, buffers, *epoch, record, tick, generation, &mut |_| {}),
                false => AfterPut::Done,
            }
        });
        run.unwrap_or(AfterPut::Done)
    }
}

/// Publishes a record in the buffers of all endpoints that admit it. Nothing is done if
/// the value's own code has made the dispatch or the process another.
#[inline]
fn publish(
    dispatch: &Dispatch,
    buffers: &mut Vec<ThreadBuffer>,
    epoch: ForkEpoch,
    record: &LogRecord<'_>,
    tick: u64,
    made_at: usize,
    taken_by: &mut impl FnMut(&Endpoint),
) -> AfterPut {
    // Buffers of a replaced dispatch are still collected, but for a parent's in its child.
    if generation() != made_at && (made_at != ANY_GENERATION || epoch.is_past()) {
        return AfterPut::Replaced;
    }
    if buffers.len() != dispatch.endpoints.len() {
        // A vector's usual capacity is four, and they are large.
        buffers.reserve_exact(dispatch.endpoints.len());
        buffers.extend(dispatch.endpoints.iter().cloned().map(ThreadBuffer::new));
    }
    let mut after = AfterPut::Done;
    let mut counted_as = record.logger.counted_as();
    for buffer in buffers {
        if !buffer.endpoint.admits(record) {
            continue;
        }
        taken_by(&buffer.endpoint);
        let put = buffer.put(record, tick, counted_as);
        if put.published {
            // It is counted once for its logger.
            counted_as = 0;
        }
        if put.is_full && after == AfterPut::Done {
            after = AfterPut::HandOver;
        }
        if buffer.endpoint.writes_through {
            after = AfterPut::WriteThrough;
        }
    }
    flush_signal::arm();
    after
}

impl ThreadDispatches {
    pub(crate) const fn new() -> Self {
        Self { root: None, own: Vec::new(), generation: 0 }
    }

    #[inline]
    pub(crate) fn get(&mut self, dispatch: Option<&Arc<Dispatch>>) -> &mut ThreadDispatch {
        self.get_of_generation(dispatch).0
    }

    /// As [`get`](Self::get), with the generation that the dispatch is of.
    #[inline(always)]
    pub(crate) fn get_of_generation(
        &mut self,
        dispatch: Option<&Arc<Dispatch>>,
    ) -> (&mut ThreadDispatch, usize) {
        let generation = generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        let own = match dispatch {
            None => self.root.get_or_insert_with(ThreadDispatch::of_root),
            Some(dispatch) => self.get_own(dispatch),
        };
        (own, generation)
    }

    fn get_own(&mut self, dispatch: &Arc<Dispatch>) -> &mut ThreadDispatch {
        let found = self.own.iter().position(|own| Arc::ptr_eq(&own.dispatch, dispatch));
        let at = found.unwrap_or_else(|| {
            if self.own.len() >= MAX_OWN {
                self.own.drain(..).for_each(ThreadDispatch::retire);
            }
            self.own.push(ThreadDispatch::new(dispatch.clone()));
            self.own.len() - 1
        });
        &mut self.own[at]
    }

    /// Sends a record whose dispatch was replaced during the call to the new one, and returns
    /// that.
    #[cold]
    pub(crate) fn send_again(
        &mut self,
        dispatch: Option<&Arc<Dispatch>>,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        tick: u64,
        mut taken_by: impl FnMut(&Endpoint),
    ) -> (AfterPut, &Arc<Dispatch>) {
        // In wire form, so that no value's code runs again: that code may be what
        // replaced the dispatch.
        // A longer record is encoded from its values once more.
        let block = encode_deferred(record, &CatchPanic, MAX_DEFERRED_BYTES);
        let mut items = wire::Reader::new(block.as_deref().unwrap_or_default());
        let copy = items.find_map(|item| match item {
            wire::Item::Record(mut copy) => {
                // The name as it is counted.
                copy.logger = record.logger;
                Some(copy)
            }
            _ => None,
        });
        let record = copy.as_ref().unwrap_or(record);
        let mut sent = AfterPut::Replaced;
        for round in 1..=MAX_ROUNDS {
            let (own, generation) = self.get_of_generation(dispatch);
            let made_at = if round < MAX_ROUNDS { generation } else { ANY_GENERATION };
            sent = own.send(record, scratch, tick, made_at, &mut taken_by);
            if sent != AfterPut::Replaced {
                break;
            }
        }
        // Not refreshed: the one that it was sent to.
        let own = match dispatch {
            None => self.root.get_or_insert_with(ThreadDispatch::of_root),
            Some(dispatch) => self.get_own(dispatch),
        };
        if sent == AfterPut::Replaced {
            // Its pipeline forks each time.
            for endpoint in &own.dispatch.endpoints {
                endpoint.queue.count_dropped(record.level, DropReason::Reentrant);
            }
            sent = AfterPut::Done;
        }
        (sent, &own.dispatch)
    }

    /// Looks at the dispatches again: the root may be another, a fork may have made all
    /// buffers the parent's.
    #[cold]
    pub(crate) fn refresh(&mut self, generation: usize) {
        self.generation = generation;
        let current = root_if_made();
        let is_current = |root: &mut ThreadDispatch| {
            !root.is_inherited()
                && current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &root.dispatch))
        };
        if let Some(root) = self.root.take_if(|root| !is_current(root)) {
            root.retire();
        }
        let is_old = |own: &mut ThreadDispatch| own.is_inherited() || own.is_outdated();
        self.own.extract_if(.., is_old).for_each(ThreadDispatch::retire);
    }
}

impl ThreadDispatches {
    fn buffers(&self) -> impl Iterator<Item = &ThreadBuffer> {
        self.root.iter().chain(&self.own).flat_map(|dispatch| &dispatch.buffers)
    }

    /// Tells whether a record is in a buffer, or was a moment ago.
    pub(crate) fn has_records(&self) -> bool {
        self.buffers().any(ThreadBuffer::has_records)
    }

    /// Returns the bytes of memory that the buffers occupy.
    pub(crate) fn memory(&self) -> usize {
        self.buffers().map(ThreadBuffer::memory).sum()
    }
}

impl Drop for ThreadDispatches {
    fn drop(&mut self) {
        self.root.take().into_iter().chain(self.own.drain(..)).for_each(ThreadDispatch::retire);
    }
}
