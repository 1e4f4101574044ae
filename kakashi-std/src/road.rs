//! One thread's way to the destinations: its buffers for each route.

use std::cell::OnceCell;
use std::sync::Arc;

use kakashi_core::{LogRecord, Scratch, wire};

use crate::local_buffer::{LocalBuffer, Next};
use crate::outlet::{Effort, Outlet};
use crate::route::{self, Route};
use crate::thread::CatchPanic;
use crate::{lifecycle, reentry};

/// The routes that this thread logs on.
struct Roads {
    root: Option<LocalRoute>,
    /// Those of custom loggers.
    own: Vec<LocalRoute>,
    generation: usize,
}

struct LocalRoute {
    route: Arc<Route>,
    buffers: Vec<Arc<LocalBuffer>>,
}

/// A thread that uses more custom loggers at once than this makes their
/// buffers anew now and then.
const MOST_OWN_ROUTES: usize = 32;

impl LocalRoute {
    fn new(route: Arc<Route>) -> Self {
        lifecycle::install();
        let buffers = route.drivers.iter().map(|driver| LocalBuffer::new(driver.clone())).collect();
        Self { route, buffers }
    }

    fn is_inherited(&self) -> bool {
        self.buffers.iter().any(|buffer| buffer.is_inherited())
    }

    /// Hands over what is buffered; the buffers are not used again.
    fn retire(self) {
        if self.is_inherited() {
            // The parent writes them; a lock in them may never be released.
            self.buffers.into_iter().for_each(std::mem::forget);
            return;
        }
        for buffer in &self.buffers {
            buffer.retire();
            if buffer.driver.outlet.has_work() {
                crate::flusher::wake();
            }
        }
    }
}

impl Roads {
    #[inline]
    fn road(&mut self, route: Option<&Arc<Route>>) -> &LocalRoute {
        let generation = route::generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        match route {
            None => self.root.get_or_insert_with(|| LocalRoute::new(route::root())),
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
    fn send_again(
        &mut self,
        route: Option<&Arc<Route>>,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        mut reached: Vec<Arc<Outlet>>,
    ) {
        // In wire form, so that no value's code runs again: what replaced the
        // route may have been just that.
        let block = reentry::block_of(record);
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

    /// Looks at the routes again: the root may be another, a fork may have
    /// made all buffers the parent's.
    #[cold]
    fn refresh(&mut self, generation: usize) {
        self.generation = generation;
        let current = route::root_if_made();
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
    /// Sends a record to all destinations that take it, except those that it
    /// has reached. If the route is replaced meanwhile, says which more those are.
    #[inline]
    fn send(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        reached: &[Arc<Outlet>],
    ) -> Option<Vec<Arc<Outlet>>> {
        let run = self.route.pipeline.run(record, scratch, &CatchPanic, |record| {
            for (at, buffer) in self.buffers.iter().enumerate() {
                let outlet = &buffer.driver.outlet;
                let before = !reached.is_empty() && reached.iter().any(|other| Arc::ptr_eq(other, outlet));
                if before || !buffer.driver.takes(record) {
                    continue;
                }
                loop {
                    match buffer.put(record, urgent) {
                        Next::Done => {}
                        Next::Reroute => return Some(at),
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
        });
        let reached = run.flatten()?;
        Some(self.buffers[..reached].iter().map(|buffer| buffer.driver.outlet.clone()).collect())
    }
}

