//! What a thread keeps for logging, and the road of a record through it.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kakashi_core::{Guard, LogContext, LogRecord, LoggerEntry, Scratch, wire};

use crate::call::Call;
use crate::clock::ThreadClock;
use crate::local_buffer::{LocalBuffer, Next, is_urgent};
use crate::outlet::Outlet;
use crate::route::{self, Route};
use crate::{lifecycle, reentry, scope};

/// The process is ending: nothing stays in a buffer any more.
pub(crate) static EXITING: AtomicBool = AtomicBool::new(false);

/// What a logger is to the road of its records.
#[derive(Clone, Debug)]
pub(crate) struct LoggerCore {
    pub(crate) entry: Arc<LoggerEntry>,
    /// None: the root route, whichever it is.
    pub(crate) route: Option<Arc<Route>>,
    pub(crate) context: LogContext,
}

thread_local! {
    static LOCAL: RefCell<Local> = const { RefCell::new(Local::new()) };
    static IN_SINK: Cell<bool> = const { Cell::new(false) };
}

/// Catches the panic of foreign code.
pub(crate) struct CatchPanic;

impl Guard for CatchPanic {
    fn run(&self, code: &mut dyn FnMut()) -> bool {
        catch_unwind(AssertUnwindSafe(code)).is_ok()
    }
}

/// Runs a sink's code; what it logs takes the side road.
pub(crate) fn in_sink<R>(run: impl FnOnce() -> R) -> R {
    let before = IN_SINK.try_with(|flag| flag.replace(true)).unwrap_or(false);
    let result = run();
    let _ = IN_SINK.try_with(|flag| flag.set(before));
    result
}

/// Tells whether this thread is inside a sink's code, and so holds its lock.
pub(crate) fn is_in_sink() -> bool {
    IN_SINK.try_with(Cell::get).unwrap_or(false)
}

/// Tells whether this thread is inside a logging call or a sink.
pub(crate) fn is_busy() -> bool {
    is_in_sink() || LOCAL.try_with(|local| local.try_borrow_mut().is_err()).unwrap_or(false)
}

/// Takes a call's record down the road, with the time and the context of now.
#[inline]
pub(crate) fn submit(core: &LoggerCore, call: &Call<'_>) {
    let urgent = is_urgent(call.level) || EXITING.load(Ordering::Relaxed);
    if is_in_sink() {
        return reentry::keep(core, call);
    }
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => {
            local.log(core, call, urgent);
            true
        }
        Err(_) => false,
    });
    match taken {
        Ok(true) => {
            if reentry::is_pending() {
                reentry::replay();
            }
        }
        Ok(false) => reentry::keep(core, call),
        // The thread is being taken down: nothing may stay behind.
        Err(_) => Local::new().log(core, call, true),
    }
}

/// Takes a record that was kept aside, with its time and context, down the road.
///
/// What a sink has logged is not urgent, whatever its level: writing it at once
/// would make the sink log again.
pub(crate) fn submit_kept(route: Option<&Arc<Route>>, record: &LogRecord<'_>, of_sink: bool) {
    let urgent = (is_urgent(record.level) && !of_sink) || EXITING.load(Ordering::Relaxed);
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) => local.send(route, record, urgent),
        Err(_) => debug_assert!(false, "kept records are replayed outside of calls"),
    });
    if taken.is_err() {
        Local::new().send(route, record, true);
    }
}

/// Forgets, in the child of a fork, what this thread has buffered: the parent
/// writes it.
#[cfg(unix)]
pub(crate) fn abandon_inherited() {
    // If a call is under way in this very thread, it finds out by itself.
    let _ = LOCAL.try_with(|local| {
        if let Ok(mut local) = local.try_borrow_mut() {
            local.roads.refresh(route::generation());
        }
    });
}

struct Local {
    clock: ThreadClock,
    merged: MergedContext,
    scratch: Scratch,
    roads: Roads,
}

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

impl Local {
    const fn new() -> Self {
        Self {
            clock: ThreadClock::new(),
            merged: MergedContext::new(),
            scratch: Scratch::new(),
            roads: Roads { root: None, own: Vec::new(), generation: 0 },
        }
    }

    /// Sends a record with the time and the context of now.
    #[inline]
    fn log(&mut self, core: &LoggerCore, call: &Call<'_>, urgent: bool) {
        let Self { clock, merged, scratch, roads } = self;
        let road = roads.road(core.route.as_ref());
        let now = match &road.route.clock {
            None => clock.now(),
            Some(own) => {
                let mut told = None;
                CatchPanic.run(&mut || told = Some(own.now()));
                told.unwrap_or_else(|| clock.now())
            }
        };
        let context = merged.get(core.route.is_some(), &road.route, &core.context);
        let record = call.record(now, core.entry.name(), context.fields());
        if let Some(reached) = road.send(&record, scratch, urgent, &[]) {
            roads.send_again(core.route.as_ref(), &record, scratch, urgent, reached);
        }
    }

    /// Sends a record as it is.
    fn send(&mut self, route: Option<&Arc<Route>>, record: &LogRecord<'_>, urgent: bool) {
        if let Some(reached) = self.roads.road(route).send(record, &mut self.scratch, urgent, &[]) {
            self.roads.send_again(route, record, &mut self.scratch, urgent, reached);
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

/// The context that the last record had, and what it was merged of.
struct MergedContext {
    scope: usize,
    logger: usize,
    /// The route whose base and redaction count, and when.
    route: *const Route,
    generation: usize,
    context: LogContext,
}

impl MergedContext {
    const fn new() -> Self {
        Self { scope: 0, logger: 0, route: std::ptr::null(), generation: 0, context: LogContext::new() }
    }

    /// Returns the context of a record of now.
    #[inline]
    fn get(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext) -> &LogContext {
        let now = (scope::current_id(), logger.fields().id, Arc::as_ptr(route), route::generation());
        if now != (self.scope, self.logger, self.route, self.generation) {
            (self.scope, self.logger, self.route, self.generation) = now;
            self.merge(own, route, logger);
        }
        &self.context
    }

    #[cold]
    fn merge(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext) {
        let merged = route::base_of(own, route).merge(logger).merge(&scope::current_context());
        self.context = route.pipeline.redaction.context(&merged);
    }
}
