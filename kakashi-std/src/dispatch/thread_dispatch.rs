//! One thread's way to the destinations: its buffers for each route.

use std::cell::OnceCell;
use std::sync::{Arc, MutexGuard};

use kakashi_core::{LogRecord, Scratch, wire};

use crate::dispatch::thread_buffer::LocalBuffer;
use crate::dispatch::thread_buffer::Next;
use crate::dispatch::thread_buffer::State;
use crate::delivery::sink_queue::Outlet;
use crate::dispatch;
use crate::dispatch::Route;
use crate::submit::CatchPanic;
use crate::lifecycle;
use crate::submit::deferred;

/// The routes that this thread logs on.
pub(crate) struct Roads {
    root: Option<LocalRoute>,
    /// Those of custom loggers.
    own: Vec<LocalRoute>,
    generation: usize,
}

/// Who writes the buffers that get full.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Writing {
    Here,
    /// This thread must not wait for a sink.
    ByOthers,
}

/// A route and this thread's buffers for it.
pub(crate) struct LocalRoute {
    pub(crate) route: Arc<Route>,
    /// Made when the first record goes in: a thread that only feeds the worker
    /// needs none.
    buffers: OnceCell<Vec<Arc<LocalBuffer>>>,
}

/// A thread that uses more custom loggers at once than this makes their
/// buffers anew now and then.
const MOST_OWN_ROUTES: usize = 32;

impl LocalRoute {
    fn new(route: Arc<Route>) -> Self {
        lifecycle::install();
        Self { route, buffers: OnceCell::new() }
    }

    #[inline]
    fn buffers(&self) -> &[Arc<LocalBuffer>] {
        self.buffers.get_or_init(|| {
            self.route.drivers.iter().map(|driver| LocalBuffer::new(driver.clone())).collect()
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
            if buffer.driver.outlet.has_work() {
                crate::threads::flusher::wake();
            }
        }
    }
}

impl Roads {
    pub(crate) const fn new() -> Self {
        Self { root: None, own: Vec::new(), generation: 0 }
    }

    #[inline]
    pub(crate) fn road(&mut self, route: Option<&Arc<Route>>) -> &LocalRoute {
        let generation = dispatch::generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        match route {
            None => self.root.get_or_insert_with(|| LocalRoute::new(dispatch::root())),
            Some(route) => self.own_road(route),
        }
    }

    fn own_road(&mut self, route: &Arc<Route>) -> &LocalRoute {
        let known = self.own.iter().position(|road| Arc::ptr_eq(&road.route, route));
        let at = known.unwrap_or_else(|| {
            if self.own.len() >= MOST_OWN_ROUTES {
                self.own.drain(..).for_each(LocalRoute::retire);
            }
            self.own.push(LocalRoute::new(route.clone()));
            self.own.len() - 1
        });
        &self.own[at]
    }

    /// Sends a record whose route was replaced while it was on it, to those
    /// outlets that it has not reached.
    #[cold]
    pub(crate) fn send_again(
        &mut self,
        route: Option<&Arc<Route>>,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        mut reached: Vec<Arc<Outlet>>,
    ) {
        // In wire form, so that no value's code runs again: what replaced the
        // route may have been just that.
        let block = deferred::block_of(record);
        let mut items = wire::Reader::new(block.as_deref().unwrap_or_default());
        let kept = items.find_map(|item| match item {
            wire::Item::Record(record) => Some(record),
            _ => None,
        });
        let record = kept.as_ref().unwrap_or(record);
        while let Some(more) = self.road(route).send(record, scratch, urgent, &reached) {
            reached.extend(more);
        }
    }

    /// Delivers the records that `feed` yields, which have been through the
    /// pipeline, by the root route.
    pub(crate) fn forward(&mut self, writing: Writing, feed: impl FnOnce(&mut dyn FnMut(&LogRecord<'_>))) {
        self.road(None);
        let Some(road) = self.root.take() else { return };
        let mut held = Vec::new();
        held.resize_with(road.buffers().len(), || None);
        feed(&mut |record| {
            if let Some(mut reached) = road.deliver_held(record, writing, &mut held) {
                // The route has been replaced: what it was is closed from now on.
                while let Some(more) = self.road(None).deliver(record, false, &reached) {
                    reached.extend(more);
                }
            }
        });
        drop(held);
        match self.root {
            None => self.root = Some(road),
            Some(_) => road.retire(),
        }
    }

    /// Queues what this thread has forwarded, for whoever writes.
    pub(crate) fn hand_over_forwarded(&self) {
        let buffers = self.root.iter().filter_map(|root| root.buffers.get()).flatten();
        buffers.for_each(|buffer| buffer.flush());
    }

    /// Writes what this thread has forwarded.
    pub(crate) fn write_forwarded(&self) {
        self.root.iter().for_each(LocalRoute::write_out);
    }

    /// Looks at the routes again: the root may be another, a fork may have
    /// made all buffers the parent's.
    #[cold]
    pub(crate) fn refresh(&mut self, generation: usize) {
        self.generation = generation;
        let current = dispatch::root_if_made();
        let is_current = |road: &LocalRoute| {
            !road.is_inherited() && current.as_ref().is_some_and(|route| Arc::ptr_eq(route, &road.route))
        };
        if let Some(road) = self.root.take_if(|road| !is_current(road)) {
            road.retire();
        }
        self.own.extract_if(.., |road| road.is_inherited()).for_each(LocalRoute::retire);
    }
}

impl Drop for Roads {
    fn drop(&mut self) {
        self.root.take().into_iter().chain(self.own.drain(..)).for_each(LocalRoute::retire);
    }
}

impl LocalRoute {
    /// Runs a record through the pipeline, then delivers it.
    #[inline]
    pub(crate) fn send(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        reached: &[Arc<Outlet>],
    ) -> Option<Vec<Arc<Outlet>>> {
        let run = self
            .route
            .pipeline
            .run(record, scratch, &CatchPanic, |record| self.deliver(record, urgent, reached));
        run.flatten()
    }

    /// Puts a record into the buffers of all destinations that take it, except
    /// those that it has reached. If the route is replaced meanwhile, says which
    /// more those are.
    #[inline]
    fn deliver(
        &self,
        record: &LogRecord<'_>,
        urgent: bool,
        reached: &[Arc<Outlet>],
    ) -> Option<Vec<Arc<Outlet>>> {
        for (at, buffer) in self.buffers().iter().enumerate() {
            let outlet = &buffer.driver.outlet;
            let before = !reached.is_empty() && reached.iter().any(|other| Arc::ptr_eq(other, outlet));
            if before || !buffer.driver.takes(record) {
                continue;
            }
            loop {
                match buffer.put(record, urgent) {
                    Next::Done => {}
                    Next::Reroute => return Some(self.outlets_before(at)),
                    Next::Help => {
                        Next::Help.act(&buffer.driver);
                        continue;
                    }
                    next => next.act(&buffer.driver),
                }
                break;
            }
        }
        None
    }

    /// As `deliver`, with the buffers' locks kept from one record to the next
    /// where nothing foreign runs in between.
    #[inline]
    fn deliver_held<'b>(
        &'b self,
        record: &LogRecord<'_>,
        writing: Writing,
        held: &mut [Option<MutexGuard<'b, State>>],
    ) -> Option<Vec<Arc<Outlet>>> {
        // The destinations whose buffers end with this record, by their bits.
        let mut just_put = 0_u64;
        for (at, buffer) in self.buffers().iter().enumerate() {
            let driver = &buffer.driver;
            if driver.filter.is_some() || driver.foreign_encoder {
                held.fill_with(|| None);
                just_put = 0;
            }
            if !driver.takes(record) {
                continue;
            }
            loop {
                let (before, here) = held.split_at_mut(at);
                let state = here[0].get_or_insert_with(|| buffer.lock());
                let same = driver.same_as.filter(|&same| same < 64 && just_put & 1 << same != 0);
                let next = match same.and_then(|same| before[same].as_ref()) {
                    Some(same) => buffer.put_copy(state, record, same.last()),
                    None => buffer.put_locked(state, record, false),
                };
                if next == Next::Done {
                    just_put |= 1_u64.checked_shl(at as u32).unwrap_or(0);
                    break;
                }
                just_put = 0;
                // Sinks may run now, and somebody may wait for any of them.
                held.fill_with(|| None);
                match (next, writing) {
                    (Next::Reroute, _) => return Some(self.outlets_before(at)),
                    (Next::Help, Writing::Here) => next.act(driver),
                    // Another buffer is made for it.
                    (Next::Help, Writing::ByOthers) => {}
                    (_, Writing::Here) => {
                        next.act(driver);
                        break;
                    }
                    (_, Writing::ByOthers) => break,
                }
            }
        }
        None
    }

    #[cold]
    fn outlets_before(&self, at: usize) -> Vec<Arc<Outlet>> {
        self.buffers()[..at].iter().map(|buffer| buffer.driver.outlet.clone()).collect()
    }

    /// Queues what this thread has buffered, and writes it.
    fn write_out(&self) {
        for buffer in self.buffers.get().into_iter().flatten() {
            buffer.flush();
            Next::Drain.act(&buffer.driver);
        }
    }
}
