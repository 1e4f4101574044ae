//! What a thread keeps for logging, and the road of a record through it.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use kakashi_core::{Guard, LogContext, LogRecord, LoggerEntry, Scratch};

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
pub(crate) fn submit(core: &LoggerCore, record: &mut LogRecord<'_>) {
    let urgent = is_urgent(record.level) || EXITING.load(Ordering::Relaxed);
    let taken = LOCAL.try_with(|local| match local.try_borrow_mut() {
        Ok(mut local) if !is_in_sink() => {
            local.log(core, record, urgent);
            true
        }
        _ => false,
    });
    match taken {
        Ok(true) => {
            if reentry::is_pending() {
                reentry::replay();
            }
        }
        Ok(false) => reentry::keep(core, record),
        // The thread is being taken down: nothing may stay behind.
        Err(_) => Local::new().log(core, record, true),
    }
}

/// Takes a record that was kept aside, with its time and context, down the road.
pub(crate) fn submit_kept(route: Option<&Arc<Route>>, record: &LogRecord<'_>) {
    let urgent = is_urgent(record.level) || EXITING.load(Ordering::Relaxed);
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
            local.refresh(route::generation());
        }
    });
}

struct Local {
    clock: ThreadClock,
    scratch: Scratch,
    merged: MergedContext,
    root: Option<LocalRoute>,
    /// Routes of custom loggers.
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
            scratch: Scratch::new(),
            merged: MergedContext::new(),
            root: None,
            own: Vec::new(),
            generation: 0,
        }
    }

    #[inline]
    fn log(&mut self, core: &LoggerCore, record: &mut LogRecord<'_>, urgent: bool) {
        let generation = route::generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        let Self { clock, scratch, merged, root, own, .. } = self;
        let local = match &core.route {
            None => root.get_or_insert_with(|| LocalRoute::new(route::root())),
            Some(route) => own_route(own, route),
        };
        record.timestamp = match &local.route.clock {
            None => clock.now(),
            Some(clock) => clock.now(),
        };
        let written = match merged.get(core.route.is_some(), &local.route, &core.context) {
            Some(context) => local.send(&record.with_context(context.fields()), scratch, urgent),
            None => local.send(record, scratch, urgent),
        };
        if let Some(written) = written {
            let context = self.merged.context.clone();
            self.send_again(core.route.as_ref(), &record.with_context(context.fields()), urgent, &written);
        }
    }

    /// Sends a record as it is.
    fn send(&mut self, route: Option<&Arc<Route>>, record: &LogRecord<'_>, urgent: bool) {
        let generation = route::generation();
        if generation != self.generation {
            self.refresh(generation);
        }
        let Self { scratch, root, own, .. } = self;
        let local = match route {
            None => root.get_or_insert_with(|| LocalRoute::new(route::root())),
            Some(route) => own_route(own, route),
        };
        if let Some(written) = local.send(record, scratch, urgent) {
            self.send_again(route, record, urgent, &written);
        }
    }

    /// Sends a record whose route was replaced while it was on it, to those
    /// outlets that it has not reached.
    #[cold]
    fn send_again(
        &mut self,
        route: Option<&Arc<Route>>,
        record: &LogRecord<'_>,
        urgent: bool,
        written: &[Arc<Outlet>],
    ) {
        let mut written = written.to_vec();
        loop {
            self.refresh(route::generation());
            let Self { scratch, root, own, .. } = self;
            let local = match route {
                None => root.get_or_insert_with(|| LocalRoute::new(route::root())),
                Some(route) => own_route(own, route),
            };
            match local.send_except(record, scratch, urgent, &written) {
                None => return,
                Some(more) => written.extend(more),
            }
        }
    }

    /// Looks at the routes again: the root may be another, a fork may have
    /// made all buffers the parent's.
    #[cold]
    fn refresh(&mut self, generation: usize) {
        self.generation = generation;
        self.merged = MergedContext::new();
        let current = route::root_if_made();
        let stale = |local: &LocalRoute| {
            local.is_inherited() || !current.as_ref().is_some_and(|route| Arc::ptr_eq(route, &local.route))
        };
        if let Some(local) = self.root.take_if(|local| stale(local)) {
            local.retire();
        }
        let inherited = |local: &mut LocalRoute| local.is_inherited();
        self.own.extract_if(.., inherited).for_each(LocalRoute::retire);
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        self.root.take().into_iter().chain(self.own.drain(..)).for_each(LocalRoute::retire);
    }
}

fn own_route<'l>(own: &'l mut Vec<LocalRoute>, route: &Arc<Route>) -> &'l mut LocalRoute {
    if let Some(at) = own.iter().position(|local| Arc::ptr_eq(&local.route, route)) {
        return &mut own[at];
    }
    if own.len() >= MOST_OWN_ROUTES {
        own.drain(..).for_each(LocalRoute::retire);
    }
    own.push(LocalRoute::new(route.clone()));
    let last = own.len() - 1;
    &mut own[last]
}

impl LocalRoute {
    /// Sends a record to all destinations that take it. If the route was
    /// replaced meanwhile, says which outlets the record has reached.
    #[inline]
    fn send(&self, record: &LogRecord<'_>, scratch: &mut Scratch, urgent: bool) -> Option<Vec<Arc<Outlet>>> {
        let run = self.route.pipeline.run(record, scratch, &CatchPanic, |record| {
            for (at, buffer) in self.buffers.iter().enumerate() {
                if buffer.driver.takes(record) {
                    match buffer.put(record, urgent) {
                        Next::Done => {}
                        Next::Reroute => return Some(at),
                        next => next.act(&buffer.driver),
                    }
                }
            }
            None
        });
        let reached = run.flatten()?;
        Some(self.buffers[..reached].iter().map(|buffer| buffer.driver.outlet.clone()).collect())
    }

    fn send_except(
        &self,
        record: &LogRecord<'_>,
        scratch: &mut Scratch,
        urgent: bool,
        except: &[Arc<Outlet>],
    ) -> Option<Vec<Arc<Outlet>>> {
        let mut reached = Vec::new();
        let run = self.route.pipeline.run(record, scratch, &CatchPanic, |record| {
            for buffer in &self.buffers {
                let outlet = &buffer.driver.outlet;
                if except.iter().any(|other| Arc::ptr_eq(other, outlet)) || !buffer.driver.takes(record) {
                    continue;
                }
                match buffer.put(record, urgent) {
                    Next::Reroute => return true,
                    next => next.act(&buffer.driver),
                }
                reached.push(outlet.clone());
            }
            false
        });
        (run == Some(true)).then_some(reached)
    }
}

/// The context that the last record had, and what it was merged of.
struct MergedContext {
    scope: usize,
    logger: usize,
    /// The route whose base and redaction count.
    route: *const Route,
    context: LogContext,
}

impl MergedContext {
    const fn new() -> Self {
        Self { scope: 0, logger: 0, route: std::ptr::null(), context: LogContext::new() }
    }

    /// Returns the context of a record of now; none if it is empty.
    #[inline]
    fn get(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext) -> Option<&LogContext> {
        let (scope, logger_id) = (scope::current_id(), logger.fields().id);
        let same = scope == self.scope && logger_id == self.logger && Arc::as_ptr(route) == self.route;
        if !same {
            self.merge(own, route, logger, scope);
        }
        (!self.context.is_empty()).then_some(&self.context)
    }

    #[cold]
    fn merge(&mut self, own: bool, route: &Arc<Route>, logger: &LogContext, scope: usize) {
        let merged = route::base_of(own, route).merge(logger).merge(&scope::current_context());
        self.context = route.pipeline.redaction.context(&merged);
        self.scope = scope;
        self.logger = logger.fields().id;
        self.route = Arc::as_ptr(route);
    }
}
