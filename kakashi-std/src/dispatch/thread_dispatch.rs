//! One thread's buffers for each dispatch that it logs through.

use std::cell::OnceCell;
use std::sync::{Arc, MutexGuard};

use kakashi_core::{CatchPanic, LogRecord, MAX_DEFERRED_BYTES, Scratch, encode_deferred, wire};

use super::root::{generation, root_if_made};
use super::thread_buffer::{AfterPut, BufferState, ThreadBuffer};
use super::{Dispatch, flush_signal, registry, settings};
use crate::delivery::sink_queue::SinkQueue;
use crate::sync::hook::Hook;

/// The dispatches that this thread logs through.
pub(crate) struct ThreadDispatches {
    root: Option<ThreadDispatch>,
    /// Those of custom loggers.
    own: Vec<ThreadDispatch>,
    generation: usize,
}

/// Which thread writes the buffers that get full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum WriteOn {
    ThisThread,
    /// This thread must not wait for a sink.
    OtherThreads,
}

/// A dispatch and this thread's buffers for it.
pub(crate) struct ThreadDispatch {
    pub(crate) dispatch: Arc<Dispatch>,
    /// Made when the first record goes in: a thread that only feeds the worker
    /// needs none.
    buffers: OnceCell<Vec<Arc<ThreadBuffer>>>,
}

/// A thread that uses more custom loggers at once than this makes their
/// buffers anew now and then.
const MAX_OWN: usize = 32;

/// Installs the panic hook before a thread's first record, and so after a hook that the
/// program sets when it begins.
pub(crate) static BEFORE_FIRST_RECORD: Hook<fn()> = Hook::new();

impl ThreadDispatch {
    fn new(dispatch: Arc<Dispatch>) -> Self {
        if let Some(install) = BEFORE_FIRST_RECORD.get() {
            install();
        }
        Self { dispatch, buffers: OnceCell::new() }
    }

    #[inline]
    fn buffers(&self) -> &[Arc<ThreadBuffer>] {
        self.buffers.get_or_init(|| {
            let endpoints = self.dispatch.endpoints.iter();
            endpoints
                .map(|endpoint| {
                    let buffer = ThreadBuffer::new(endpoint.clone());
                    registry::register_buffer(&buffer);
                    buffer
                })
                .collect()
        })
    }

    fn is_inherited(&self) -> bool {
        self.buffers.get().is_some_and(|buffers| buffers.iter().any(|buffer| buffer.is_inherited()))
    }

    /// Hands over what is buffered; the buffers are not used again.
    fn retire(self) {
        let inherited = self.is_inherited();
        let buffers = self.buffers.into_inner().unwrap_or_default();
        if inherited {
            // The parent writes them; a lock in them may never be released.
            buffers.into_iter().for_each(std::mem::forget);
            return;
        }
        for buffer in &buffers {
            buffer.retire();
            registry::forget_buffer(buffer);
            if buffer.endpoint.queue.has_work() {
                flush_signal::wake();
            }
        }
    }
}

impl ThreadDispatches {
    pub(crate) const fn new() -> Self {
        Self { root: None, own: Vec::new(), generation: 0 }
    }

    #[inline]
    pub(crate) fn get(&mut self, dispatch: Option<&Arc<Dispatch>>) -> &ThreadDispatch {
        let generation = generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        match dispatch {
            None => self.root.get_or_insert_with(|| ThreadDispatch::new(settings::root())),
            Some(dispatch) => self.get_own(dispatch),
        }
    }

    fn get_own(&mut self, dispatch: &Arc<Dispatch>) -> &ThreadDispatch {
        let found = self.own.iter().position(|own| Arc::ptr_eq(&own.dispatch, dispatch));
        let at = found.unwrap_or_else(|| {
            if self.own.len() >= MAX_OWN {
                self.own.drain(..).for_each(ThreadDispatch::retire);
            }
            self.own.push(ThreadDispatch::new(dispatch.clone()));
            self.own.len() - 1
        });
        &self.own[at]
    }

    /// Sends a record whose dispatch was replaced during the call to the new one's sinks,
    /// except for those that it has reached.
    #[cold]
    pub(crate) fn send_again(
        &mut self,
        dispatch: Option<&Arc<Dispatch>>,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        mut reached: Vec<Arc<SinkQueue>>,
    ) {
        // In wire form, so that no value's code runs again: that code may be what
        // replaced the dispatch.
        // A longer record is encoded from its values once more.
        let block = encode_deferred(record, &CatchPanic, MAX_DEFERRED_BYTES);
        let mut items = wire::Reader::new(block.as_deref().unwrap_or_default());
        let copy = items.find_map(|item| match item {
            wire::Item::Record(record) => Some(record),
            _ => None,
        });
        let record = copy.as_ref().unwrap_or(record);
        while let Some(more) = self.get(dispatch).send(record, scratch, urgent, &reached) {
            reached.extend(more);
        }
    }

    /// Delivers the records that `feed` yields, which have been through the pipeline,
    /// through the root dispatch.
    pub(crate) fn forward(&mut self, write_on: WriteOn, feed: impl FnOnce(&mut dyn FnMut(&LogRecord<'_>))) {
        self.get(None);
        let Some(root) = self.root.take() else { return };
        let mut locked = Vec::new();
        locked.resize_with(root.buffers().len(), || None);
        feed(&mut |record| {
            if let Some(mut reached) = root.deliver_locked(record, write_on, &mut locked) {
                // The dispatch has been replaced and its buffers are closed.
                while let Some(more) = self.get(None).deliver(record, false, &reached) {
                    reached.extend(more);
                }
            }
        });
        drop(locked);
        match self.root {
            None => self.root = Some(root),
            Some(_) => root.retire(),
        }
    }

    /// Appends what this thread has forwarded to the sinks' queues.
    pub(crate) fn hand_over_forwarded(&self) {
        let buffers = self.root.iter().filter_map(|root| root.buffers.get()).flatten();
        buffers.for_each(|buffer| buffer.flush());
    }

    /// Writes what this thread has forwarded.
    pub(crate) fn write_forwarded(&self) {
        self.root.iter().for_each(ThreadDispatch::write_out);
    }

    /// Looks at the dispatches again: the root may be another, a fork may have made all
    /// buffers the parent's.
    #[cold]
    pub(crate) fn refresh(&mut self, generation: usize) {
        self.generation = generation;
        let current = root_if_made();
        let is_current = |root: &ThreadDispatch| {
            !root.is_inherited()
                && current.as_ref().is_some_and(|current| Arc::ptr_eq(current, &root.dispatch))
        };
        if let Some(root) = self.root.take_if(|root| !is_current(root)) {
            root.retire();
        }
        self.own.extract_if(.., |own| own.is_inherited()).for_each(ThreadDispatch::retire);
    }
}

impl Drop for ThreadDispatches {
    fn drop(&mut self) {
        self.root.take().into_iter().chain(self.own.drain(..)).for_each(ThreadDispatch::retire);
    }
}

impl ThreadDispatch {
    /// Runs a record through the pipeline, then delivers it.
    #[inline]
    pub(crate) fn send(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        reached: &[Arc<SinkQueue>],
    ) -> Option<Vec<Arc<SinkQueue>>> {
        let run = self
            .dispatch
            .pipeline
            .run(record, scratch, &CatchPanic, |record| self.deliver(record, urgent, reached));
        run.flatten()
    }

    /// Puts a record into the buffers of all endpoints that admit it, except those whose
    /// sinks it has reached. If the dispatch is replaced meanwhile, returns the sinks
    /// that it has reached in this call.
    #[inline]
    fn deliver(
        &self,
        record: &LogRecord<'_>,
        urgent: bool,
        reached: &[Arc<SinkQueue>],
    ) -> Option<Vec<Arc<SinkQueue>>> {
        for (at, buffer) in self.buffers().iter().enumerate() {
            let queue = &buffer.endpoint.queue;
            let before = !reached.is_empty() && reached.iter().any(|other| Arc::ptr_eq(other, queue));
            if before || !buffer.endpoint.admits(record) {
                continue;
            }
            loop {
                match buffer.put(record, urgent) {
                    AfterPut::Done => {}
                    AfterPut::Replaced => return Some(self.queues_before(at)),
                    AfterPut::DrainAndRetry => {
                        AfterPut::DrainAndRetry.act(&buffer.endpoint);
                        continue;
                    }
                    after => after.act(&buffer.endpoint),
                }
                break;
            }
        }
        None
    }

    /// As [`deliver`](Self::deliver), with the buffers' locks held from one record to the
    /// next where no foreign code runs in between.
    #[inline]
    fn deliver_locked<'b>(
        &'b self,
        record: &LogRecord<'_>,
        write_on: WriteOn,
        locked: &mut [Option<MutexGuard<'b, BufferState>>],
    ) -> Option<Vec<Arc<SinkQueue>>> {
        // The endpoints whose buffers end with this record, a bit each.
        let mut last_put = 0_u64;
        for (at, buffer) in self.buffers().iter().enumerate() {
            let endpoint = &buffer.endpoint;
            if endpoint.filter.is_some() || endpoint.foreign_encoder {
                locked.fill_with(|| None);
                last_put = 0;
            }
            if !endpoint.admits(record) {
                continue;
            }
            loop {
                let (before, here) = locked.split_at_mut(at);
                let state = here[0].get_or_insert_with(|| buffer.lock());
                let same = endpoint.same_as.filter(|&same| same < 64 && last_put & 1 << same != 0);
                let after = match same.and_then(|same| before[same].as_ref()) {
                    Some(same) => buffer.put_copy(state, record, same.last()),
                    None => buffer.put_locked(state, record, false),
                };
                if after == AfterPut::Done {
                    last_put |= 1_u64.checked_shl(at as u32).unwrap_or(0);
                    break;
                }
                last_put = 0;
                // Sinks may run now, and other threads may wait for any of the locks.
                locked.fill_with(|| None);
                match (after, write_on) {
                    (AfterPut::Replaced, _) => return Some(self.queues_before(at)),
                    (AfterPut::DrainAndRetry, WriteOn::ThisThread) => after.act(endpoint),
                    // Another buffer is made for it.
                    (AfterPut::DrainAndRetry, WriteOn::OtherThreads) => {}
                    (_, WriteOn::ThisThread) => {
                        after.act(endpoint);
                        break;
                    }
                    (_, WriteOn::OtherThreads) => break,
                }
            }
        }
        None
    }

    #[cold]
    fn queues_before(&self, at: usize) -> Vec<Arc<SinkQueue>> {
        self.buffers()[..at].iter().map(|buffer| buffer.endpoint.queue.clone()).collect()
    }

    /// Appends what this thread has buffered to the sinks' queues, and writes it.
    fn write_out(&self) {
        for buffer in self.buffers.get().into_iter().flatten() {
            buffer.flush();
            AfterPut::Drain.act(&buffer.endpoint);
        }
    }
}
